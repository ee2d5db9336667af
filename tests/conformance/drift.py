"""What `segc drift` says about exports that are made from segc's own artefacts by this script, which shares no code with segc.

For every example and platform: an export that says the same in another order and spelling has no drift; one with a rule
added, one removed and one widened has exactly these three. Needs nothing but Python.

    python3 tests/conformance/drift.py [path of segc]
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, VPC = "111122223333", "vpc-0123456789abcdef0"
SUBSCRIPTION, RESOURCE_GROUP = "00000000-0000-4000-8000-000000000000", "RG-Net"

# A service that no example uses, between addresses that none has.
ADDED_PORT, ADDED_NET = 64999, "203.0.113.0/28"


def hashed(kind: str, name: str) -> str:
    """A made-up id of a platform."""
    return f"{kind}-0{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def uuid(name: str) -> str:
    """A made-up id of Prism Central."""
    text = hashlib.sha256(name.encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def stated(site: Path, platform: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What a site says of a platform: `key = value` in its block; and, by network security group, where its roles are."""
    addresses: dict[str, list[str]] = {}
    for role in manifest["roles"].values():
        group = ((role.get("identity") or {}).get("azure-nsg") or {}).get("nsg")
        addresses.setdefault(group, []).extend(role["addresses"])
    block = re.search(r"platform\s+\w+\s+" + re.escape(platform) + r"\s*\{([^}]*)\}", site.read_text(encoding="utf-8"))
    words = re.findall(r"([\w-]+)\s*=\s*(\"[^\"]*\"|[\w-]+)", block.group(1) if block else "")
    return {key: value.strip('"') for key, value in words} | {"addresses": addresses}


# AWS: the document of calls becomes the output of describe-security-groups.


def aws_export(document: dict[str, Any], _: int, said: dict[str, str]) -> list[Any]:
    """The two files that the AWS CLI would print."""
    groups, lists = [], {}
    vpc = said["vpc"] if said.get("vpc", "").startswith("vpc-0") else VPC
    account = said.get("account", ACCOUNT)
    for calls in document["groups"]:
        name = calls["CreateSecurityGroup"]["GroupName"]

        def permissions(call: str) -> list[Any]:
            found = copy.deepcopy(calls.get(call, {}).get("IpPermissions", []))
            for one in found:
                for pair in one.get("UserIdGroupPairs", []):
                    other = pair["GroupId"].removeprefix("{{security-group:").removesuffix("}}")
                    pair.update(GroupId=hashed("sg", other), UserId=account)
                for entry in one.get("PrefixListIds", []):
                    shown = entry["PrefixListId"].removeprefix("{{prefix-list:").removesuffix("}}")
                    lists[shown] = entry["PrefixListId"] = hashed("pl", shown)
            return found

        groups.append(
            {
                "GroupId": hashed("sg", name), "GroupName": name, "VpcId": vpc, "OwnerId": account,
                "Description": calls["CreateSecurityGroup"]["Description"],
                "Tags": calls["CreateSecurityGroup"].get("TagSpecifications", [{}])[0].get("Tags", []),
                "IpPermissions": permissions("AuthorizeSecurityGroupIngress"),
                "IpPermissionsEgress": permissions("AuthorizeSecurityGroupEgress"),
            }
        )  # fmt: skip
    for name in ["default", "Citrix.XenDesktop.IsolationGroup-1b671a64-40d5-491e-99b0-da01ff1f3341"]:
        groups.append({"GroupId": hashed("sg", name), "GroupName": name, "IpPermissions": [], "IpPermissionsEgress": []})
    described = [{"PrefixListId": id, "PrefixListName": name, "State": "create-complete"} for name, id in lists.items()]
    return [{"SecurityGroups": groups}, {"PrefixLists": described}]


def aws_flat(files: list[Any]) -> list[Any]:
    """The same as `describe-security-group-rules` says it: a rule for each end, ports of -1 where there are none."""
    rules = []
    ends = {
        "IpRanges": lambda one: {"CidrIpv4": one["CidrIp"]}, "Ipv6Ranges": lambda one: {"CidrIpv6": one["CidrIpv6"]},
        "PrefixListIds": lambda one: {"PrefixListId": one["PrefixListId"]},
        "UserIdGroupPairs": lambda one: {"ReferencedGroupInfo": {"GroupId": one["GroupId"], "UserId": one.get("UserId")}},
    }  # fmt: skip
    for group in files[0]["SecurityGroups"]:
        for key, is_egress in [("IpPermissions", False), ("IpPermissionsEgress", True)]:
            for permission in group[key] or []:
                for peers, end in ends.items():
                    for one in permission.get(peers) or []:
                        rule = {
                            "SecurityGroupRuleId": f"sgr-{len(rules):017x}", "GroupId": group["GroupId"], "IsEgress": is_egress,
                            "GroupOwnerId": ACCOUNT, "IpProtocol": permission["IpProtocol"], "Tags": [],
                            "FromPort": permission.get("FromPort", -1), "ToPort": permission.get("ToPort", -1),
                        }  # fmt: skip
                        rules.append(rule | end(one) | ({"Description": one["Description"]} if "Description" in one else {}))
    return [{"SecurityGroupRules": rules}, *files[1:]]


def aws_binds(files: list[Any]) -> list[str]:
    """The flat form has no names, so a person gives them."""
    groups = [group for group in files[0]["SecurityGroups"] if group["GroupName"].lower().startswith("seg-")]
    return [f"--bind={group['GroupName'].lower()}={group['GroupId']}" for group in groups]


def aws_disguise(files: list[Any]) -> None:
    """Other case, other order, null for empty lists."""
    files[0]["SecurityGroups"].reverse()
    for group in files[0]["SecurityGroups"]:
        group["GroupName"] = group["GroupName"].upper()
        for key in ["IpPermissions", "IpPermissionsEgress"]:
            group[key] = list(reversed(group[key])) or None
            for one in group[key] or []:
                for peers in ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"]:
                    one[peers] = list(reversed(one.get(peers) or [])) or None
                one["IpProtocol"] = {"6": "tcp", "17": "udp"}.get(one["IpProtocol"], one["IpProtocol"]).upper()


def aws_rules(files: list[Any]) -> Iterator[tuple[list[Any], int, dict[str, Any]]]:
    """Every range of TCP ports to or from IPv4 addresses: its permission's list, its position, and the permission."""
    for group in files[0]["SecurityGroups"]:
        for key in ["IpPermissions", "IpPermissionsEgress"]:
            for one in group[key] or []:
                for at in range(len(one.get("IpRanges") or [])):
                    if one["IpProtocol"].lower() == "tcp":
                        yield one["IpRanges"], at, one


def aws_add(files: list[Any]) -> None:
    group = next(one for one in files[0]["SecurityGroups"] if one["GroupName"].lower().startswith("seg-"))
    new = {"IpProtocol": "tcp", "FromPort": ADDED_PORT, "ToPort": ADDED_PORT, "IpRanges": [{"CidrIp": ADDED_NET}]}
    group["IpPermissions"] = [*(group["IpPermissions"] or []), new]


def aws_remove(files: list[Any]) -> None:
    where, at, _ = list(aws_rules(files))[0]
    del where[at]


def aws_widen(files: list[Any]) -> None:
    where, at, permission = list(aws_rules(files))[-1]
    address, length = where[at]["CidrIp"].split("/")
    where[at]["CidrIp"] = wider(address, int(length))


def wider(address: str, length: int) -> str:
    """A range that holds a range, four times as large."""
    bits = 0
    for part in address.split("."):
        bits = bits * 256 + int(part)
    length = max(length - 2, 0)
    bits &= (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
    return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"


# Azure: the template becomes the output of az network nsg list.


def azure_export(template: dict[str, Any], form: int, said: dict[str, Any]) -> list[Any]:
    """The list as the CLI prints it, or as the REST API answers."""
    groups, addresses = [], said.get("addresses", {})
    place = f"/subscriptions/{said.get('subscription', SUBSCRIPTION)}/resourceGroups/{said.get('resource-group', RESOURCE_GROUP)}"
    provider = f"{place}/providers/Microsoft.Network"
    for resource in template["resources"]:
        if not resource["type"].endswith("networkSecurityGroups"):
            continue
        path = f"{provider}/networkSecurityGroups/{resource['name']}"
        rules = []
        for rule in copy.deepcopy(resource["properties"]["securityRules"]):
            fields = rule["properties"] | {"provisioningState": "Succeeded"}
            for side in ["source", "destination"]:
                for group in fields.get(f"{side}ApplicationSecurityGroups", []):
                    name = group["id"].split("', '")[1].removesuffix("')]")
                    group["id"] = f"{provider}/applicationSecurityGroups/{name}"
            head = {"name": rule["name"], "id": f"{path}/securityRules/{rule['name']}", "etag": 'W/"1"'}
            rules.append(head | fields if form == 0 else head | {"properties": fields})
        body = {"securityRules": rules, "defaultSecurityRules": [], "provisioningState": "Succeeded"}
        head = {"name": resource["name"], "id": path, "location": "westeurope", "tags": {"a": "b"}, "etag": 'W/"1"'}
        groups.append(head | body if form == 0 else head | {"properties": body})
    return [groups if form == 0 else {"value": groups}, azure_networks(groups, addresses, form)]


def azure_networks(groups: list[Any], addresses: dict[str, list[str]], form: int) -> list[Any]:
    """The network with a subnet behind each group, as the CLI prints it, or as the REST API answers."""
    network = groups[0]["id"].replace("networkSecurityGroups", "virtualNetworks") if groups else "/virtualNetworks/none"
    subnets = []
    for group in groups:
        path = f"{network}/subnets/{group['name']}"
        ranges = sorted(addresses.get(group["name"], []))
        body = {"addressPrefixes": ranges, "networkSecurityGroup": {"id": group["id"].upper()}, "provisioningState": "Succeeded"}
        subnets.append({"name": group["name"], "id": path} | (body if form == 0 else {"properties": body}))
        inner(group)["subnets"] = [{"id": path.upper()}]
    found = {"name": "vnet", "id": network, "location": "westeurope"}
    return [found | ({"subnets": subnets} if form == 0 else {"properties": {"subnets": subnets}})]


def azure_groups(files: list[Any]) -> list[Any]:
    return files[0] if isinstance(files[0], list) else files[0]["value"]


def inner(thing: dict[str, Any]) -> dict[str, Any]:
    return thing.get("properties", thing)


def azure_disguise(files: list[Any]) -> None:
    azure_groups(files).reverse()
    for group in azure_groups(files):
        group["name"], group["id"] = group["name"].upper(), group["id"].upper()
        inner(group)["securityRules"].reverse()
        inner(group)["defaultSecurityRules"] = None
        for rule in inner(group)["securityRules"]:
            rule["name"] = rule["name"].upper()
            fields = inner(rule)
            for key in ["protocol", "direction", "access"]:
                fields[key] = fields[key].lower()
            for side in ["source", "destination"]:
                one, many = f"{side}AddressPrefix", f"{side}AddressPrefixes"
                if many in fields:
                    fields[many].reverse()
                    fields[one] = ""
                elif "/" in fields.get(one, "") or fields.get(one, "")[:1].isdigit():
                    fields[many] = [fields.pop(one)]
                else:
                    fields[many] = None
                    if one in fields:
                        fields[one] = fields[one].lower()
                fields.setdefault(f"{side}PortRanges", None)
                for asg in fields.setdefault(f"{side}ApplicationSecurityGroups", None) or []:
                    asg["id"] = asg["id"].upper()


def azure_rules(files: list[Any]) -> Iterator[tuple[list[Any], int, dict[str, Any]]]:
    for group in azure_groups(files):
        for at, rule in enumerate(inner(group)["securityRules"]):
            fields = inner(rule)
            if fields["access"].lower() == "allow" and fields["protocol"].lower() == "tcp":
                yield inner(group)["securityRules"], at, fields


def azure_add(files: list[Any]) -> None:
    where, _, _ = next(azure_rules(files))
    fields = {
        "priority": 4000, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*",
        "sourceAddressPrefix": ADDED_NET, "destinationAddressPrefix": "*", "destinationPortRange": str(ADDED_PORT),
    }  # fmt: skip
    taken = {inner(rule)["priority"] for rule in where}
    while fields["priority"] in taken:
        fields["priority"] -= 1
    where.append({"name": "Added", "properties": fields} if "properties" in where[0] else {"name": "Added"} | fields)


def azure_remove(files: list[Any]) -> None:
    where, at, _ = next(azure_rules(files))
    del where[at]


def azure_widen(files: list[Any]) -> None:
    _, _, fields = list(azure_rules(files))[-1]
    ports = fields.pop("destinationPortRange", None)
    fields["destinationPortRanges"] = [*(fields.get("destinationPortRanges") or [ports]), "64000-64010"]


# Nutanix: the bodies become lists of the APIs.


def named(symbol: str) -> str:
    return symbol.split(":", 1)[1].removesuffix("}}")


def v4_export(document: dict[str, Any], _: int, said: dict[str, str]) -> list[Any]:
    policies, groups, names, kept = [], [], set(), set()
    for group in document.get("addressGroups") or []:
        groups.append(group | {"extId": uuid(group["name"])})
    for policy in copy.deepcopy(document["policies"]):
        for rule in policy["rules"]:
            for key, ids in rule["spec"].items():
                if key.endswith("CategoryReferences"):
                    names.update(named(id) for id in ids)
                    rule["spec"][key] = [uuid(named(id)) for id in ids]
                elif key.endswith("AddressGroupReferences"):
                    rule["spec"][key] = [uuid(named(id)) for id in ids]
                    kept.update(named(id) for id in ids)
            rule["extId"] = uuid(json.dumps(rule))
        policies.append(policy | {"extId": uuid(policy["name"]), "isSystemDefined": False, "links": None, "securedGroups": []})
    # What somebody else keeps has whatever he put in.
    for name in sorted(kept - {group["name"] for group in groups}):
        groups.append({"name": name, "extId": uuid(name), "ipv4Addresses": [{"value": "198.51.100.0", "prefixLength": 24}]})
    known = [{"key": name.split(":", 1)[0], "value": name.split(":", 1)[1], "extId": uuid(name)} for name in sorted(names)]
    total = {"totalAvailableResults": len(policies)}
    return [{"data": policies, "metadata": total}, {"data": known}, {"data": groups}]


def v4_disguise(files: list[Any]) -> None:
    for policy in files[0]["data"]:
        policy["name"] = policy["name"].upper()
        # Within a group comes first whatever the order.
        policy["rules"].reverse()
        for rule in policy["rules"]:
            spec = rule["spec"]
            for key in list(spec):
                if key.endswith("References"):
                    spec[key] = [id.upper() for id in reversed(spec[key])]
            for key in ["tcpServices", "udpServices", "icmpServices", "srcAddressGroupReferences", "destSubnet"]:
                spec.setdefault(key, None)
    for one in files[1]["data"]:
        one["key"], one["value"] = one["key"].lower(), one["value"].upper()


def v4_rules(files: list[Any]) -> Iterator[tuple[list[Any], int, dict[str, Any]]]:
    for policy in files[0]["data"]:
        for at, rule in enumerate(policy["rules"]):
            ports = rule["spec"].get("tcpServices")
            if rule["type"] == "APPLICATION" and ports and all(one["endPort"] < 64000 for one in ports):
                yield policy["rules"], at, rule["spec"]


def v4_add(files: list[Any]) -> None:
    where, _, spec = next(v4_rules(files))
    address, length = ADDED_NET.split("/")
    new = {
        "$objectType": "microseg.v4.config.ApplicationRuleSpec",
        "securedGroupCategoryReferences": spec["securedGroupCategoryReferences"],
        "srcSubnet": {"value": address, "prefixLength": int(length)},
        "tcpServices": [{"startPort": ADDED_PORT, "endPort": ADDED_PORT}],
    }
    where.append({"type": "APPLICATION", "description": "Added by hand", "spec": new})


def v4_remove(files: list[Any]) -> None:
    where, at, _ = next(v4_rules(files))
    del where[at]


def v4_widen(files: list[Any]) -> None:
    _, _, spec = list(v4_rules(files))[-1]
    spec["tcpServices"].append({"startPort": 64000, "endPort": 64010})


def v3_export(document: dict[str, Any], _: int, said: dict[str, str]) -> list[Any]:
    entities, kept = [], set()
    groups = [group | {"uuid": uuid(group["name"])} for group in document.get("address_groups") or []]
    for body in copy.deepcopy(document["network_security_rules"]):
        body["metadata"] |= {"uuid": uuid(json.dumps(body)), "spec_version": 3}
        for key in ["inbound_allow_list", "outbound_allow_list"]:
            for at, allow in enumerate(body["spec"]["resources"]["app_rule"][key]):
                allow["rule_id"] = at
                for group in allow.get("address_group_inclusion_list", []):
                    kept.add(named(group["uuid"]))
                    group["uuid"] = uuid(named(group["uuid"]))
        entities.append(body | {"status": {"state": "COMPLETE"}})
    for name in sorted(kept - {group["name"] for group in groups}):
        groups.append({"name": name, "uuid": uuid(name), "ip_address_block_list": [{"ip": "198.51.100.0", "prefix_length": 24}]})
    return [{"api_version": "3.1.0", "metadata": {"total_matches": len(entities)}, "entities": entities}, {"entities": groups}]


def v3_disguise(files: list[Any]) -> None:
    files[0]["entities"].reverse()
    for policy in files[0]["entities"]:
        policy["spec"]["name"] = policy["spec"]["name"].upper()
        rule = policy["spec"]["resources"]["app_rule"]
        for key in ["inbound_allow_list", "outbound_allow_list"]:
            rule[key] = list(reversed(rule[key])) or None
            for allow in rule[key] or []:
                allow.setdefault("icmp_type_code_list", None)
                allow.setdefault("address_group_inclusion_list", None)


def v3_rules(files: list[Any]) -> Iterator[tuple[list[Any], int, dict[str, Any]]]:
    for policy in files[0]["entities"]:
        rule = policy["spec"]["resources"]["app_rule"]
        for key in ["inbound_allow_list", "outbound_allow_list"]:
            for at, allow in enumerate(rule[key] or []):
                ports = allow.get("tcp_port_range_list")
                if ports and all(one["end_port"] < 64000 for one in ports):
                    yield rule[key], at, allow


def v3_add(files: list[Any]) -> None:
    address, length = ADDED_NET.split("/")
    new = {
        "peer_specification_type": "IP_SUBNET", "ip_subnet": {"ip": address, "prefix_length": int(length)},
        "protocol": "TCP", "tcp_port_range_list": [{"start_port": ADDED_PORT, "end_port": ADDED_PORT}],
    }  # fmt: skip
    where, _, _ = next(v3_rules(files))
    where.append(new)


def v3_remove(files: list[Any]) -> None:
    where, at, _ = next(v3_rules(files))
    del where[at]


def v3_widen(files: list[Any]) -> None:
    _, _, allow = list(v3_rules(files))[-1]
    allow["tcp_port_range_list"].append({"start_port": 64000, "end_port": 64010})


Check = Callable[[str, Any], list[str]]

KINDS: dict[str, tuple[Callable[..., Any], ...]] = {
    "security-groups.api.json": (aws_export, aws_disguise, aws_rules, aws_add, aws_remove, aws_widen),
    "network-security-groups.arm.json": (azure_export, azure_disguise, azure_rules, azure_add, azure_remove, azure_widen),
    "flow-policies.v4.json": (v4_export, v4_disguise, v4_rules, v4_add, v4_remove, v4_widen),
    "flow-policies.v3.json": (v3_export, v3_disguise, v3_rules, v3_add, v3_remove, v3_widen),
}


def drift(segc: Path, site: Path, platform: str, files: list[Any], form: int) -> tuple[int, Any, str]:
    """Exit code, answer and reports. The second form of a file has a mark before it, as some tools write."""
    mark, binds = (b"\xef\xbb\xbf" if form else b""), []
    if form and "SecurityGroups" in files[0]:
        files, binds = aws_flat(files), aws_binds(files)
    with tempfile.TemporaryDirectory() as folder:
        for at, file in enumerate(files):
            text = json.dumps(file, indent=at or None).encode()
            (Path(folder) / f"{at}.json").write_bytes(mark + text)
        command = [segc, "drift", site, "--export", folder, "--platform", platform, "--format", "json", *binds]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        return ran.returncode, json.loads(ran.stdout or "{}"), ran.stderr


def check_one(segc: Path, site: Path, artefact: Path, check: Check) -> list[str]:
    """What is wrong with the answers for one artefact, in words."""
    export, disguise, rules, add, remove, widen = KINDS[artefact.name]
    wrong = []
    told = stated(site, artefact.parent.name, json.loads((artefact.parent.parent / "manifest.json").read_text()))
    for form in [0, 1]:
        files = export(json.loads(artefact.read_text()), form, told)
        disguise(files)
        code, answer, said = drift(segc, site, artefact.parent.name, files, form)
        wrong += check("drift", answer)
        if code != 0 or answer.get("drifts") != []:
            wrong.append(f"unchanged: exit {code}, {json.dumps(answer.get('drifts'))[:600]} {said[:600]}")
        if len(list(rules(files))) < 3:
            continue
        remove(files), widen(files), add(files)
        code, answer, said = drift(segc, site, artefact.parent.name, files, form)
        wrong += check("drift", answer)
        kinds = sorted(one["kind"] for one in answer.get("drifts", []))
        if code != 2 or kinds != ["extra", "missing", "widened"]:
            wrong.append(f"three changes: exit {code}, {kinds} {json.dumps(answer.get('drifts'))[:1500]} {said[:600]}")
    files = export(json.loads(artefact.read_text()), 0, told)
    disguise(files)
    return wrong + check_import(segc, artefact, files, check)


def check_import(segc: Path, artefact: Path, files: list[Any], check: Check) -> list[str]:
    """What is wrong with the import of an export, and with the drift of the site that is written of it."""
    kind = {"sec": "aws", "net": "azure", "flo": "nutanix"}[artefact.name[:3]]
    with tempfile.TemporaryDirectory() as folder:
        for at, file in enumerate(files):
            (Path(folder) / f"{at}.json").write_text(json.dumps(file))
        command = [segc, "import", kind, folder, "--format", "json"]
        command += ["--write", f"{folder}/first.seg", "--as-of", "2026-02-01"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            return [f"import: exit {ran.returncode} {ran.stderr[:600]}"]
        answer = json.loads(ran.stdout)
        wrong = check("import", answer)
        if answer["not_understood"]:
            wrong.append(f"import: not understood {answer['not_understood'][:3]}")
        # All or nothing within a group is what no line gives, and v3 has nothing else.
        unsaid = [one for one in answer["site"]["unsaid"] if "its members" not in one["what"]]
        if unsaid:
            return [*wrong, f"import: said by no line {unsaid[:3]}"]
        if answer["site"]["unsaid"]:
            return wrong
        of_role = {"aws": "seg-imported", "azure": "asg-imported"}.get(kind)
        binds = [f"--bind={of_role}-{one['role']}={one['id']}" for one in answer["site"]["roles"] if of_role]
        binds += [f"--bind=nsg-imported-{one['segment']}={one['id']}" for one in answer["site"]["segments"]]
        command = [segc, "drift", f"{folder}/first.seg", "--export", folder, *binds, "--format", "json"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode != 0 or json.loads(ran.stdout)["drifts"]:
            wrong.append(f"import: the site drifts: exit {ran.returncode} {ran.stdout[:1500]} {ran.stderr[:800]}")
        return wrong


def results(segc: Path, check: Check = lambda _command, _answer: [], more: Iterable[Path] = ()) -> dict[str, list[str]]:
    """Compiles every example, and more sites, and checks each artefact: faults by name. `check` holds an answer to its schema."""
    found = {}
    for site in [*sorted(ROOT.glob("examples/*/site.seg")), *more]:
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([segc, "compile", site, "-o", out, "--quiet"], check=True)
            for artefact in sorted(path for path in Path(out).glob("*/*") if path.name in KINDS):
                name = f"{site.parent.name}/{artefact.parent.name}/{artefact.name}"
                found[name] = check_one(segc, site, artefact, check)
    return found


def main() -> int:
    """Checks everything; 1 when anything has a fault."""
    segc = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/segc").resolve()
    found = results(segc)
    faults = [f"{name}: {fault}" for name, all in found.items() for fault in all]
    print("\n".join([*faults, f"{len(found)} artefacts, {len(faults)} faults"]))
    return 1 if faults or not found else 0


if __name__ == "__main__":
    sys.exit(main())
