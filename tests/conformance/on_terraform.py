"""Terraform JSON: documents against what the providers know; for AWS, Terraform itself against a stand-in of EC2.

`provider-schemas.json` has the arguments of the three providers; `extract_schemas.py` says where they are from. Terraform and
the AWS provider are not in any package registry, so the second part runs only where both are installed, and says so where
they are not. The providers of Azure and Nutanix want an account or a server before they do anything.
"""

import glob
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess

from moto.server import ThreadedMotoServer

import on_aws
import terraform_forms
from shared import HOME, Site, compiled

# The stand-in's server prints a line for each call.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

TABLE = json.loads(pathlib.Path(__file__).with_name("provider-schemas.json").read_text())
TYPES = {"string": str, "number": int, "bool": bool, "list": list, "map": dict}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
META = {"lifecycle"}

# The most resources of a document that is applied.
MOST_APPLIED = 150


def document_errors(path: pathlib.Path) -> list[str]:
    """What the providers have against a document: unknown, missing and mistyped arguments, references to nowhere."""
    document = json.loads(path.read_text())
    errors = [f"`{key}` is no block" for key in document if key not in ("//", "terraform", "variable", "data", "resource")]
    for block in ("data", "resource"):
        for kind, labelled in document.get(block, {}).items():
            known = TABLE[block].get(kind)
            if known is None:
                errors.append(f"{block} `{kind}`: unknown")
                continue
            for label, body in labelled.items():
                place = f"{kind}.{label}"
                errors += [] if IDENTIFIER.fullmatch(label) else [f"{place}: the label is no identifier"]
                errors += body_errors(known, body, place)
                errors += [f"{place}: `{name}` is nowhere" for name in references(body) if not is_there(document, name)]
    return errors + twin_errors(document)


def body_errors(known: dict, body: dict, place: str) -> list[str]:
    """What a provider has against the arguments of one body."""
    errors = [f"{place}: no argument `{key}`" for key in body if key not in known and key not in META]
    for key, field in known.items():
        if key not in body:
            errors += [f"{place}: `{key}` is missing"] if field["required"] else []
            continue
        value = body[key]
        if field["type"] == "block":
            errors += [error for one in value for error in body_errors(field["fields"], one, f"{place}/{key}")]
        elif field["type"] in TYPES and type(value) is not TYPES[field["type"]]:
            errors.append(f"{place}/{key}: {value!r} is no {field['type']}")
    return errors


def references(value: object) -> list[str]:
    """What is looked up in a value, but for conditions of a block about itself."""
    if isinstance(value, dict):
        return [name for inner in value.values() for name in references(inner)]
    if isinstance(value, list):
        return [name for inner in value for name in references(inner)]
    text = value.replace("$${", "") if isinstance(value, str) else ""
    return [name for name in re.findall(r"\$\{([^}]*)\}", text) if "self." not in name]


def is_there(document: dict, name: str) -> bool:
    """Whether a reference leads to something in the document."""
    parts = name.split(".")
    if parts[0] == "var":
        return parts[1] in document["variable"]
    block = document.get("data", {}) if parts[0] == "data" else document["resource"]
    kind, label = parts[1:3] if parts[0] == "data" else parts[:2]
    return label in block.get(kind, {})


def twin_errors(document: dict) -> list[str]:
    """Resources that would be made twice, and rules of Azure with one priority."""
    errors, seen = [], {}
    for kind, labelled in document["resource"].items():
        for label, body in labelled.items():
            keys = [json.dumps({key: value for key, value in body.items() if key != "description"}, sort_keys=True)]
            if kind == "azurerm_network_security_rule":
                keys.append(f"{body['network_security_group_name']} {body['direction']} {body['priority']}")
            for key in keys:
                first = seen.setdefault((kind, key), label)
                errors += [f"{kind}.{label}: the same as `{first}`"] if first != label else []
    return errors


CHECKS = {
    "terraform": {
        "arguments of the providers": document_errors,
        "form of the API": terraform_forms.form_errors,
    }
}


def plugins() -> pathlib.Path | None:
    """The folder with the AWS provider, if there is one."""
    places = [os.environ.get("TF_PLUGIN_DIR", ""), str(pathlib.Path.home() / ".terraform.d" / "plugins")]
    places += ["/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", *sorted(glob.glob("/opt/*"))]
    for place in filter(None, places):
        if list(pathlib.Path(place).glob("*/hashicorp/aws/*/*/terraform-provider-aws*")):
            return pathlib.Path(place)
    return None


def missing() -> str | None:
    """Why Terraform can't be run here."""
    if shutil.which("terraform") is None:
        return "terraform absent"
    return None if plugins() else "provider hashicorp/aws absent"


class Terraform:
    """A root module with one module for each site, against a stand-in of EC2."""

    def __init__(self, folder: pathlib.Path, port: int) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        own = {key: value for key, value in os.environ.items() if not key.startswith(("TF_", "AWS_"))}
        self.environment = own | {
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": "",
            "TF_IN_AUTOMATION": "1",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": on_aws.REGION,
        }
        address = f"http://127.0.0.1:{port}"
        self.root: dict = {
            "provider": {
                "aws": {
                    "region": on_aws.REGION,
                    "skip_credentials_validation": True,
                    "skip_metadata_api_check": "true",
                    "skip_region_validation": True,
                    "endpoints": [{"ec2": address, "sts": address}],
                }
            },
            "module": {},
        }

    def add(self, name: str, document: pathlib.Path, variables: dict[str, str]) -> None:
        """Puts a site's document into a module of its own."""
        module = self.folder / name
        module.mkdir(exist_ok=True)
        shutil.copy(document, module / document.name)
        self.root["module"][name] = {"source": f"./{name}", **variables}
        self.write()

    def write(self) -> None:
        """Writes the root module."""
        (self.folder / "main.tf.json").write_text(json.dumps(self.root))

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """Runs one command of Terraform."""
        command = ["terraform", f"-chdir={self.folder}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment)

    def errors(self, *words: str) -> list[str]:
        """What a command says when it fails."""
        result = self.run(*words)
        return [] if result.returncode == 0 else [(result.stdout + result.stderr)[-3000:]]

    def changes(self) -> list[tuple[str, str]]:
        """What a plan would change, without descriptions of groups and lists as peers, which the stand-in forgets."""
        self.run("plan", "-input=false", "-no-color", "-out=plan")
        shown = json.loads(self.run("show", "-json", "plan").stdout or "{}")
        found = []
        for change in shown.get("resource_changes", []):
            actions = "+".join(change["change"]["actions"])
            before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
            differing = {key for key in after if after[key] != before.get(key)}
            named = after.get("referenced_security_group_id") or after.get("prefix_list_id")
            if actions == "update" and differing == {"description"} and named:
                continue
            if actions != "no-op":
                found.append((actions, change["address"]))
        return found


def deployed(sites: list[Site]) -> dict[str, list[str]]:
    """Applies the documents of all sites with a platform on AWS, describes the groups, and plans again.

    Then one site gets one more rule: a plan must show that rule and nothing else.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        return of_server(sites, port)
    finally:
        server.stop()


def of_server(sites: list[Site], port: int) -> dict[str, list[str]]:
    """The same against a running stand-in."""
    os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION=on_aws.REGION)
    ec2 = on_aws.boto3.client("ec2", region_name=on_aws.REGION, endpoint_url=f"http://127.0.0.1:{port}")
    terraform = Terraform(HOME / "terraform", port)
    clouds = {}
    for site in sites:
        for document in site.artefacts("terraform"):
            if document.name != "security-groups.tf.json":
                continue
            name = f"{site.name}-{document.parent.name}"
            clouds[name] = (on_aws.Cloud(ec2), document)
            add(terraform, name, *clouds[name])
    results = {"init": terraform.errors("init", "-input=false", "-no-color", f"-plugin-dir={plugins()}")}
    results["validate"] = terraform.errors("validate", "-no-color")
    # Each rule is a call, so the large ones are validated only; their rules are made in EC2 by other checks.
    for name in [name for name, (_, document) in clouds.items() if count(document) > MOST_APPLIED]:
        del clouds[name], terraform.root["module"][name]
    terraform.write()
    results["apply"] = terraform.errors("apply", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")
    for name, (cloud, document) in clouds.items():
        template = json.loads(document.with_name("security-groups.cloudformation.json").read_text())
        lists = {variable(parameter): parameter for parameter in template["Parameters"]}
        described = {(*one[:-1], lists.get(one[-1], one[-1])) for one in cloud.described()[1]}
        results[f"{name} described back"] = on_aws.difference(on_aws.template_set(template), described)
    results["plan finds nothing"] = [f"{action} {address}" for action, address in terraform.changes()]
    results["plan shows one rule"] = one_rule(terraform, sites)
    return results


def add(terraform: Terraform, name: str, cloud: on_aws.Cloud, document: pathlib.Path) -> None:
    """Puts a document into a module, with the ids that its inputs want."""
    inputs = json.loads(document.read_text())["variable"]
    ids = {key: cloud.vpc if key == "vpc_id" else cloud.prefix_list(key) for key in inputs}
    terraform.add(name, document, ids)


def count(document: pathlib.Path) -> int:
    """How many resources a document has."""
    return sum(len(labelled) for labelled in json.loads(document.read_text())["resource"].values())


def variable(parameter: str) -> str:
    """The input of the same name as a parameter of the template."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", parameter).lower()


def one_rule(terraform: Terraform, sites: list[Site]) -> list[str]:
    """What a plan shows besides the rule that a site gets more."""
    [site] = [site for site in sites if site.name == "daas-aws"]
    more = site.folder.parent / "one-more.seg"
    more.write_text(site.source.read_text() + '\nallow one-more: users -> vda : tcp/4711 because "One more"\n')
    other = compiled(more, "one-more")
    [document] = [path for path in other.artefacts("terraform") if path.name == "security-groups.tf.json"]
    before = json.loads(document.read_text())
    [module] = [name for name in terraform.root["module"] if name.startswith("daas-aws-")]
    shutil.copy(document, terraform.folder / module / document.name)
    changes = terraform.changes()
    made = {f"module.{module}.{kind}.{label}" for kind, all_ in before["resource"].items() for label in all_ if "4711" in label}
    wrong = [f"{action} {address}" for action, address in changes if action != "create" or address not in made]
    return wrong if {address for _, address in changes} == made and made else [*wrong, f"{changes} in place of {made}"]
