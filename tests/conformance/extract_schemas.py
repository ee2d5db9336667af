"""Writes provider-schemas.json: what the Terraform providers know of the resources that segc writes.

Run by hand when a provider changes; the result is committed. The schemas come from packages that others generate out of the
providers, and from the AWS provider itself:

    python3 -m venv target/schemas
    target/schemas/bin/pip install --no-deps cdktf-cdktf-provider-azurerm==14.23.1 pulumi-nutanix==0.18.0
    python3 tests/conformance/extract_schemas.py target/schemas/lib/python3.11/site-packages AWS.json

where AWS.json is what `terraform providers schema -json` prints beside a document for AWS. Only facts are taken: names of
arguments, their types, and whether they must be there.
"""

import ast
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
AZURE = ["application_security_group", "network_security_group", "network_security_rule"]
AWS = ["aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"]
# Arguments that Terraform has, not the provider.
META = {"self", "scope", "id_", "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}
# Lists that the package names in the plural, where the provider does not.
# Source: provider documentation 2.3.1, `nutanix_network_security_policy_v2`, read 2026-11.
SINGULAR = {
    "specs": "spec",
    "application_rule_specs": "application_rule_spec",
    "intra_entity_group_rule_specs": "intra_entity_group_rule_spec",
    "multi_env_isolation_rule_specs": "multi_env_isolation_rule_spec",
    "two_env_isolation_rule_specs": "two_env_isolation_rule_spec",
    "src_subnets": "src_subnet",
    "dest_subnets": "dest_subnet",
    "vpc_references": "vpc_reference",
}


def plain_type(text: str) -> str:
    """A type as Terraform calls it."""
    if "Sequence" in text:
        return "list"
    if "Mapping" in text:
        return "map"
    for word, name in (("bool", "bool"), ("Number", "number"), (".int", "number"), ("str", "string")):
        if word in text:
            return name
    return "block"


def azure(packages: pathlib.Path) -> dict:
    """Arguments of azurerm's resources, from the classes that cdktf generates."""
    found = {}
    for name in AZURE:
        tree = ast.parse((packages / "cdktf_cdktf_provider_azurerm" / name / "__init__.py").read_text())
        wanted = "".join(part.title() for part in name.split("_"))
        [made] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted]
        [init] = [node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
        fields = {}
        for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults):
            if argument.arg not in META:
                kind = plain_type(ast.unparse(argument.annotation))
                fields[argument.arg] = {"type": kind, "required": default is None}
        found[f"azurerm_{name}"] = fields
    return found


def nutanix_classes(packages: pathlib.Path) -> dict[str, ast.ClassDef]:
    """The classes of arguments that pulumi generates, by name."""
    tree = ast.parse((packages / "pulumi_nutanix" / "_inputs.py").read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def nutanix_fields(classes: dict[str, ast.ClassDef], name: str) -> dict:
    """The arguments of one class, those of blocks within included."""
    fields = {}
    for node in classes[name].body:
        if isinstance(node, ast.AnnAssign):
            text = ast.unparse(node.annotation)
            fields[SINGULAR.get(node.target.id, node.target.id)] = nutanix_field(classes, text, "NotRequired" not in text)
    return fields


def nutanix_field(classes: dict[str, ast.ClassDef], text: str, required: bool) -> dict:
    """One argument; a list of a class is a block."""
    inner = [name for name in classes if f"'{name}'" in text or f"{name}]" in text]
    if inner:
        name = inner[0] if inner[0].endswith("Dict") else f"{inner[0]}Dict"
        return {"type": "block", "required": required, "fields": nutanix_fields(classes, name)}
    return {"type": plain_type(text), "required": required}


def nutanix_resource(packages: pathlib.Path, module: str, name: str) -> dict:
    """The arguments of a resource."""
    classes = nutanix_classes(packages)
    tree = ast.parse((packages / "pulumi_nutanix" / f"{module}.py").read_text())
    [made] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    [init] = [node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    fields = {}
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults):
        field = nutanix_field(classes, ast.unparse(argument.annotation), default is None)
        fields[SINGULAR.get(argument.arg, argument.arg)] = field
    return fields


def nutanix_source(packages: pathlib.Path, module: str) -> dict:
    """The arguments of a data source."""
    tree = ast.parse((packages / "pulumi_nutanix" / f"{module}.py").read_text())
    name = module.removeprefix("_")
    [made] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    arguments = [argument for argument in made.args.args if argument.arg != "opts"]
    return {one.arg: {"type": plain_type(ast.unparse(one.annotation)), "required": False} for one in arguments}


def aws(path: pathlib.Path) -> dict:
    """The arguments of the resources of AWS, from the provider itself."""
    [provider] = json.loads(path.read_text())["provider_schemas"].values()
    found = {}
    for name in AWS:
        attributes = provider["resource_schemas"][name]["block"]["attributes"]
        fields = {}
        for key, attribute in attributes.items():
            if attribute.get("optional") or attribute.get("required"):
                kind = attribute["type"] if isinstance(attribute["type"], str) else attribute["type"][0]
                kind = "list" if kind in ("set", "list") else kind
                fields[key] = {"type": kind, "required": attribute.get("required", False)}
        found[name] = fields
    return found


def main() -> None:
    """Writes the file."""
    packages, from_aws = (pathlib.Path(word) for word in sys.argv[1:])
    table = {
        "sources": {
            "aws": "provider hashicorp/aws 5.100.0, `terraform providers schema -json`",
            "azurerm": "provider hashicorp/azurerm 4.55.0, package cdktf-cdktf-provider-azurerm 14.23.1",
            "nutanix": "provider nutanix/nutanix 2, package pulumi-nutanix 0.18.0",
        },
        "resource": {
            **aws(from_aws),
            **azure(packages),
            "nutanix_address_groups_v2": nutanix_resource(packages, "address_groups_v2", "AddressGroupsV2Args"),
            "nutanix_network_security_policy_v2": nutanix_resource(
                packages, "network_security_policy_v2", "NetworkSecurityPolicyV2Args"
            ),
        },
        "data": {
            "nutanix_categories_v2": nutanix_source(packages, "get_categories_v2"),
            "nutanix_address_groups_v2": nutanix_source(packages, "get_address_groups_v2"),
        },
    }
    path = ROOT / "tests" / "conformance" / "provider-schemas.json"
    path.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
