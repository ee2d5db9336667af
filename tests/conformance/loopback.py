"""A server on the loopback that stands in for one of a platform."""

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator

# From the method, path, body and headers of a request: the code, body and ETag of the answer.
Answers = Callable[[str, str, object, object], tuple[int, object, str]]


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands every request to the `answers` of its server."""

    def answer(self) -> None:
        """Answers whatever was asked."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        code, reply, etag = self.server.answers(self.command, self.path, body, self.headers)
        text = json.dumps(reply, default=str).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer  # noqa: N815: the names that the library asks for.

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def serving(answers: Answers) -> Iterator[int]:
    """The port of a server, for as long as it is needed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers = answers
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
