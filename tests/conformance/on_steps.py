"""The scripts of the deploy notes against stand-ins of the platforms: EC2 in memory, and a Prism Central on the loopback.

Each is run on what an example compiles to, then again, when it must change nothing that counts; after that somebody adds a rule
or changes a policy, and it is run once more. What is there in the end must be what `segc drift` takes for the compiled site.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import uuid

import botocore.exceptions

import on_aws
from loopback import serving
from shared import ROOT, SEGC, Site

SCRIPTS = {"api": "aws_sg/apply_api.py", "v4": "nutanix_flow/apply_v4.py", "v3": "nutanix_flow/apply_v3.py"}

# The AWS CLI, as far as the script uses it: the stand-in of EC2 makes the call.
AWS_CLI = f"""#!{sys.executable}
import os, sys, urllib.error, urllib.request
words = sys.argv[1:]
assert words[0] == "ec2" and words[words.index("--output") + 1] == "json", words
call = words[words.index("--cli-input-json") + 1].encode()
try:
    print(urllib.request.urlopen(os.environ["STAND_IN"] + "/" + words[1], call).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
"""


def run(script: str, *words: object, **environment: str) -> str:
    """What a script prints."""
    command = [sys.executable, str(ROOT / "targets" / SCRIPTS[script]), *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    if ran.returncode:
        raise ValueError(f"the script fails: {ran.stderr[-600:]}")
    return ran.stdout


def drift_errors(site: Site, exports: dict[str, object], *more: str) -> list[str]:
    """What `segc drift` has against what is there in the end."""
    with tempfile.TemporaryDirectory() as folder:
        words = [str(SEGC), "drift", str(site.source), "--format", "json", *more]
        for name, value in exports.items():
            path = pathlib.Path(folder, f"{name}.json")
            path.write_text(json.dumps(value, default=str))
            words += ["--export", str(path)]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
    answer = json.loads(ran.stdout or "{}")
    told = [f"{one['kind']} of {one['point']}: {one['note'] or one['opened'] or one['closed']}" for one in answer.get("drifts", [])]
    told += [one for one in answer.get("not_compared", []) if "no export of it" not in one]
    return told if answer.get("compared") else [f"nothing was compared: {ran.stderr[-400:]}"]


# AWS


def aws_errors(site: Site, path: pathlib.Path) -> list[str]:
    """Runs the script of the calls."""
    document = json.loads(path.read_text())
    lists = set(re.findall(r"\{\{(prefix-list:[^}]*)\}\}", path.read_text()))
    with on_aws.region() as cloud, tempfile.TemporaryDirectory() as folder:

        def answers(_: str, where: str, call: dict, __: object) -> tuple[int, dict, str]:
            name = where.strip("/").replace("-", "_")
            try:
                if name.startswith("authorize"):
                    return 200, cloud.authorize(name.rsplit("_", 1)[1], call["GroupId"], call["IpPermissions"]) or {}, ""
                return 200, getattr(cloud.ec2, name)(**call), ""
            except botocore.exceptions.ClientError as error:
                return 400, {"error": str(error)}, ""

        cli = pathlib.Path(folder, "aws")
        cli.write_text(AWS_CLI)
        cli.chmod(0o755)
        symbols = [f"{one}={cloud.prefix_list(one.split(':', 1)[1])}" for one in sorted(lists)]
        words = [document.get("region") or on_aws.REGION, cloud.vpc, path, *symbols]
        with serving(answers) as port:
            environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "STAND_IN": f"http://127.0.0.1:{port}"}
            run("api", *words, **environment)
            errors = on_aws.difference(on_aws.api_rules(document), cloud.described()[1])
            again = run("api", *words, **environment)
            errors += [f"a second run is no repetition: {again}"] if again else []
            ours = [{"Name": "tag-key", "Values": ["segc:site"]}]
            groups = cloud.ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
            group = next(one for one in groups if one["IpPermissions"])
            taken = {key: one for key, one in group["IpPermissions"][0].items() if one}
            cloud.ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[taken])
            added = {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
            cloud.ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[added])
            run("api", *words, **environment)
        errors += on_aws.difference(on_aws.api_rules(document), cloud.described()[1])
        exports = {
            "groups": {"SecurityGroups": cloud.ec2.describe_security_groups()["SecurityGroups"]},
            "lists": {"PrefixLists": [{"PrefixListId": id_, "PrefixListName": name} for name, id_ in cloud.lists.items()]},
        }
    # The stand-in's VPC and account are not the site's.
    for one in exports["groups"]["SecurityGroups"]:
        for key in ("VpcId", "OwnerId", "SecurityGroupArn"):
            one.pop(key, None)
    return errors + drift_errors(site, exports, "--platform", document["platform"])


# Nutanix


class Prism:
    """A Prism Central that keeps what it is sent, in both of its APIs."""

    def __init__(self, api: str, text: str) -> None:
        self.kept: dict[str, dict[str, dict]] = {"categories": {}, "address-groups": {}, "policies": {}}
        self.make_kept_groups(api, text)
        self.values: set[str] = set()
        self.versions: dict[str, int] = {}

    def make_kept_groups(self, api: str, text: str) -> None:
        """The address groups that a document names and leaves to somebody else."""
        document = json.loads(text)
        own = {body["name"] for body in document.get("addressGroups", document.get("address_groups"))}
        for name in sorted(set(re.findall(r"\{\{address-group:([^}]*)\}\}", text)) - own):
            id_ = str(uuid.uuid4())
            body = {"name": name, "description": "kept by somebody"}
            classic = {"uuid": id_, "address_group": {**body, "ip_address_block_list": []}}
            self.kept["address-groups"][id_] = classic if api == "v3" else {**body, "ipv4Addresses": []}

    def answers(self, method: str, where: str, body: object, headers: dict) -> tuple[int, object, str]:
        """The answer to a request."""
        if not headers.get("Authorization", "").startswith("Basic "):
            return 401, {}, ""
        place = urllib.parse.urlsplit(where)
        return (self.classic if "/nutanix/v3/" in where else self.current)(method, place, body, headers)

    def current(self, method: str, place: urllib.parse.SplitResult, body: object, headers: dict) -> tuple[int, object, str]:
        """API v4."""
        steps = place.path.split("/config/")[1].split("/")
        if steps[0] == "tasks":
            return 200, {"data": {"status": "SUCCEEDED"}}, ""
        kept = self.kept[steps[0]]
        if method == "POST":
            if any(one.get("name", 0) == body.get("name") for one in kept.values()):
                return 409, {}, ""
            kept[str(uuid.uuid4())] = body
            return 202, {"data": {"extId": "ZXJnb24=:1"}}, ""
        if len(steps) == 2:
            etag = json.dumps(self.versions.get(steps[1], 0))
            if method == "GET":
                return 200, {"data": {**kept[steps[1]], "extId": steps[1]}}, etag
            if headers.get("If-Match") != etag:
                return 412, {}, ""
            kept[steps[1]] = body
            self.versions[steps[1]] = self.versions.get(steps[1], 0) + 1
            return 202, {"data": {"extId": "ZXJnb24=:1"}}, ""
        query = {key: int(one) for key, one in urllib.parse.parse_qsl(place.query)}
        start = query["$limit"] * query["$page"]
        page = [{**one, "extId": id_} for id_, one in kept.items()][start : start + query["$limit"]]
        return 200, {"data": page, "metadata": {"totalAvailableResults": len(kept)}}, ""

    def classic(self, method: str, place: urllib.parse.SplitResult, body: object, _: dict) -> tuple[int, object, str]:
        """API v3."""
        what, *rest = [urllib.parse.unquote(step) for step in place.path.split("/v3/")[1].split("/")]
        if what == "tasks":
            return 200, {"status": "SUCCEEDED"}, ""
        if what == "categories":
            if method == "GET":
                return (200 if "/".join(rest) in self.values else 404), {}, ""
            self.values.add("/".join(rest))
            return 200, {}, ""
        kept = self.kept["policies" if what == "network_security_rules" else "address-groups"]
        if rest == ["list"]:
            return 200, {"entities": list(kept.values())[body["offset"] : body["offset"] + body["length"]]}, ""
        id_ = rest[0] if rest else str(uuid.uuid4())
        if what == "address_groups":
            kept[id_] = {"uuid": id_, "address_group": body}
            return 200, {"uuid": id_}, ""
        version = self.versions.get(id_, -1)
        if rest and body["metadata"].get("spec_version") != version:
            return 409, {}, ""
        self.versions[id_] = version + 1
        kept[id_] = {"spec": body["spec"], "metadata": {**body["metadata"], "uuid": id_, "spec_version": version + 1}}
        return 202, {"status": {"execution_context": {"task_uuid": "1"}}}, ""


def nutanix_errors(site: Site, path: pathlib.Path) -> list[str]:
    """Runs the script of a document of bodies."""
    api = "v3" if path.name.endswith(".v3.json") else "v4"
    prism = Prism(api, path.read_text())
    with serving(prism.answers) as port, tempfile.TemporaryDirectory() as home:
        pathlib.Path(home, ".netrc").write_text("machine 127.0.0.1 login u password p\n")
        pathlib.Path(home, ".netrc").chmod(0o600)
        address = f"http://127.0.0.1:{port}"
        run(api, address, path, HOME=home)
        count = {kind: len(kept) for kind, kept in prism.kept.items()}
        stopped = run(api, address, path, "MONITOR", HOME=home)
        errors = [f"a second run makes more: {stopped}"] if count != {kind: len(kept) for kind, kept in prism.kept.items()} else []
        if "ENFORCE" in json.dumps(prism.kept["policies"]):
            errors.append("something is enforced after all was stopped")
        run(api, address, path, HOME=home)
    if api == "v3":
        exports = {"rules": {"entities": list(prism.kept["policies"].values())}}
        exports["groups"] = {"entities": list(prism.kept["address-groups"].values())}
    else:
        exports = {kind: {"data": [{**one, "extId": id_} for id_, one in kept.items()]} for kind, kept in prism.kept.items()}
    kept = {kind: value for kind, value in exports.items() if value.get("data") or value.get("entities")}
    return errors + drift_errors(site, kept, "--platform", path.parent.name)


def results(examples: list[Site]) -> dict[str, list[str]]:
    """What is wrong with each script on each example."""
    found = {}
    for site in examples:
        for spelling in SCRIPTS:
            for path in site.artefacts(spelling):
                check = aws_errors if spelling == "api" else nutanix_errors
                try:
                    found[f"{site.name}/{path.parent.name} ({spelling})"] = check(site, path)
                except (ValueError, LookupError, OSError) as error:
                    found[f"{site.name}/{path.parent.name} ({spelling})"] = [f"the check can't go on: {error!r}"]
    return found
