"""What the scripts that apply a document share: a Prism Central, and ids in place of symbols.

User and password come from ~/.netrc; a certificate of your own authority from SSL_CERT_FILE.
"""

import base64
import json
import netrc
import sys
import urllib.parse
import urllib.request


class Prism:
    """A Prism Central by its name, or by its whole address."""

    def __init__(self, name: str) -> None:
        self.server = name if "://" in name else f"https://{name}:9440"
        host = urllib.parse.urlsplit(self.server).hostname
        user, _, password = netrc.netrc().authenticators(host) or sys.exit(f"~/.netrc has no entry for {host}")
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple:
        """The answer, and its ETag."""
        headers = {"Content-Type": "application/json", "Authorization": self.login, **headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"{}"), answer.headers.get("ETag", "")


def filled(value: object, ids: dict) -> object:
    """A value with ids in place of symbols."""
    if isinstance(value, dict):
        return {key: filled(one, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    if not (isinstance(value, str) and value.startswith("{" "{")):
        return value
    return ids.get(value[2:-2]) or sys.exit(f"{value[2:-2]} is not there: somebody keeps it, so it has to be made first")
