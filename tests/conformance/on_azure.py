"""Azure: templates against the schema of the target, the vendor's Python models, and the facts that both let pass.

The vendor's own schema and models take bad priorities, names, prefixes and tags; the service does not. `facts` has the
rules of the service. Source: Azure Resource Manager reference, Microsoft.Network/networkSecurityGroups 2024-05-01;
"Naming rules and restrictions for Azure resources"; "Azure networking limits"; read 2026-11.
"""

import ipaddress
import json
import pathlib
import re

from azure.mgmt.network import models

from shared import ROOT, schema_errors

SCHEMA = ROOT / "targets" / "azure_nsg" / "schema.json"
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
TAG = re.compile(r"[A-Z][A-Za-z]+(\.[A-Za-z0-9]+)?")
PROTOCOLS = {"Tcp", "Udp", "Icmp", "Esp", "Ah", "*"}
RULES, ASGS_OF_A_SIDE, ADDRESSES = 1000, 10, 4000


def schema_of_target(path: pathlib.Path) -> list[str]:
    """What the target's schema has against a template."""
    return schema_errors(json.loads(SCHEMA.read_text()), json.loads(path.read_text()))


def fact_errors(path: pathlib.Path) -> list[str]:
    """What the service has against the groups of a template."""
    errors = []
    for resource in json.loads(path.read_text())["resources"]:
        if not NAME.fullmatch(resource["name"]):
            errors.append(f"`{resource['name']}` is no name")
        rules = resource["properties"].get("securityRules", [])
        errors += [f"{resource['name']}: {error}" for error in group_errors(rules)]
    return errors


def group_errors(rules: list[dict]) -> list[str]:
    """What the service has against the rules of one group."""
    errors = []
    names = [rule["name"].lower() for rule in rules]
    numbers = [(rule["properties"]["direction"], rule["properties"]["priority"]) for rule in rules]
    errors += [f"two rules have the name `{name}`" for name in sorted({one for one in names if names.count(one) > 1})]
    errors += [f"two rules have the priority {one}" for one in sorted({one for one in numbers if numbers.count(one) > 1})]
    if len(rules) > RULES:
        errors.append(f"{len(rules)} rules")
    for side in ("source", "destination"):
        used = sum(len(prefixes(rule["properties"], side)) for rule in rules)
        errors += [f"{used} addresses as {side}"] if used > ADDRESSES else []
    for rule in rules:
        errors += [f"{rule['name']}: {error}" for error in rule_errors(rule["name"], rule["properties"])]
    return errors


def rule_errors(name: str, rule: dict) -> list[str]:
    """What the service has against one rule."""
    errors = [] if NAME.fullmatch(name) else ["is no name"]
    if not 100 <= rule["priority"] <= 4096:
        errors.append(f"the priority {rule['priority']}")
    if len(rule.get("description", "")) > 140:
        errors.append("the description is too long")
    words = (rule["direction"], rule["access"], rule["protocol"])
    if words[0] not in ("Inbound", "Outbound") or words[1] not in ("Allow", "Deny") or words[2] not in PROTOCOLS:
        errors.append(f"the words {words}")
    families = set()
    for side in ("source", "destination"):
        errors += side_errors(rule, side)
        families |= {net.version for net in networks(rule, side)}
        errors += port_errors(rule, side)
    return errors + ([f"addresses of {len(families)} families"] if len(families) > 1 else [])


def prefixes(rule: dict, side: str) -> list[str]:
    """The prefixes of one side, tags included."""
    one = rule.get(f"{side}AddressPrefix")
    return ([one] if one else []) + rule.get(f"{side}AddressPrefixes", [])


def networks(rule: dict, side: str) -> list:
    """The prefixes of one side that are networks; host bits are none."""
    found = []
    for prefix in prefixes(rule, side):
        try:
            found.append(ipaddress.ip_network(prefix))
        except ValueError:
            continue
    return found


def side_errors(rule: dict, side: str) -> list[str]:
    """What the service has against one side: one form, known prefixes that don't overlap, not too many groups."""
    several = rule.get(f"{side}AddressPrefixes", [])
    groups = rule.get(f"{side}ApplicationSecurityGroups", [])
    forms = [form for form in (rule.get(f"{side}AddressPrefix"), several, groups) if form]
    errors = [] if len(forms) == 1 else [f"{len(forms)} forms of the {side}"]
    if len(groups) > ASGS_OF_A_SIDE:
        errors.append(f"{len(groups)} groups as {side}")
    for prefix in prefixes(rule, side):
        is_word = prefix == "*" or TAG.fullmatch(prefix)
        try:
            ipaddress.ip_network(prefix)
            is_network = True
        except ValueError:
            is_network = False
        if not is_network and (not is_word or prefix in several):
            errors.append(f"`{prefix}` as {side}")
    nets = networks(rule, side)
    for at, net in enumerate(nets):
        errors += [f"{net} and {other} overlap" for other in nets[at + 1 :] if net.version == other.version and net.overlaps(other)]
    return errors


def port_errors(rule: dict, side: str) -> list[str]:
    """What the service has against the ports of one side."""
    one, several = rule.get(f"{side}PortRange"), rule.get(f"{side}PortRanges", [])
    errors = [] if bool(one) != bool(several) else [f"no {side} ports, or two lists of them"]
    for text in ([one] if one else []) + several:
        if text == "*":
            continue
        ends = text.split("-") if isinstance(text, str) else []
        is_range = 1 <= len(ends) <= 2 and all(end.isdigit() for end in ends)
        if not is_range or not int(ends[0]) <= int(ends[-1]) <= 65535:
            errors.append(f"the {side} ports {text!r}")
    return errors


def model_errors(path: pathlib.Path) -> list[str]:
    """What the vendor's Python models don't know of the groups of a template, and values that they would change."""
    errors = []
    for resource in json.loads(path.read_text())["resources"]:
        model = models.ApplicationSecurityGroup
        if resource["type"].endswith("/networkSecurityGroups"):
            model = models.NetworkSecurityGroup
        body = {key: value for key, value in resource.items() if key not in ("type", "apiVersion", "dependsOn")}
        errors += walk(model(body), body, resource["name"])
    return errors


def walk(model: object, body: dict, place: str) -> list[str]:
    """Unknown fields of a body and of what is in it, and values that the model reads as others."""
    known = {field._rest_name: attribute for attribute, field in type(model)._attr_to_rest_field.items()}
    errors = []
    for key, value in body.items():
        if key not in known:
            errors.append(f"{place}: the models have no `{key}`")
            continue
        read = getattr(model, known[key])
        parts = zip(read, value) if isinstance(value, list) else [(read, value)]
        for inner, part in parts:
            if hasattr(type(inner), "_attr_to_rest_field"):
                errors += walk(inner, part, f"{place}/{key}")
            elif inner != part or not isinstance(inner, type(part)):
                errors.append(f"{place}/{key}: {part!r} is read as {inner!r}")
    return errors


CHECKS = {"arm": {"schema": schema_of_target, "facts of the service": fact_errors, "azure-mgmt-network": model_errors}}
