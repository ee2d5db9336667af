"""A self test of the checks: artefacts are damaged by hand, one place at a time, and some check must find each damage."""

import copy
import json
import pathlib
import shutil
from collections.abc import Callable

from shared import OUT, Check, Site

Change = Callable[[dict], None]


def first(document: dict, kind: str) -> dict:
    """The properties of the first resource of a type in a template of CloudFormation that names a range."""
    for resource in document["Resources"].values():
        if resource["Type"] == kind and (kind.endswith("Group") or "CidrIp" in resource["Properties"]):
            return resource
    raise LookupError(kind)


INGRESS = "AWS::EC2::SecurityGroupIngress"


def template_rules(count: int) -> Change:
    """Adds rules to one group of a template, so that it has more than a group takes."""

    def change(document: dict) -> None:
        rule = first(document, INGRESS)
        for number in range(count):
            more = copy.deepcopy(rule)
            more["Properties"] |= {"CidrIp": f"203.0.113.{number}/32"}
            document["Resources"][f"More{number}"] = more

    return change


def renamed(value: dict, old: str, new: str) -> None:
    """Misspells a key."""
    value[new] = value.pop(old)


def set_in(place: Callable[[dict], dict], **values: object) -> Change:
    """Sets some values at a place."""
    return lambda document: place(document).update(values)


def twin(document: dict) -> None:
    """The first rule of a template once more, under another name."""
    document["Resources"]["Twin"] = copy.deepcopy(first(document, INGRESS))


def permission(document: dict) -> dict:
    """The first permission of a document of calls that names a range."""
    for calls in document["groups"]:
        for one in calls.get("AuthorizeSecurityGroupIngress", {}).get("IpPermissions", []):
            if one.get("IpRanges") and one["IpProtocol"] in ("tcp", "udp"):
                return one
    raise LookupError("a permission")


def many(document: dict) -> None:
    """More ranges than a group takes."""
    permission(document)["IpRanges"] += [{"CidrIp": f"203.0.113.{number}/32"} for number in range(61)]


def group(document: dict) -> dict:
    """The first network security group of a template of Azure."""
    return next(one for one in document["resources"] if len(one["properties"].get("securityRules", [])) > 2)["properties"]


def nsg_rule(document: dict) -> dict:
    """The first rule of a template of Azure with a range as its source."""
    rules = [rule for one in document["resources"] for rule in one["properties"].get("securityRules", [])]
    return next(rule for rule in rules if "sourceAddressPrefix" in rule["properties"])["properties"]


def same_priority(document: dict) -> None:
    """Two rules of one direction with one number."""
    rules = [rule["properties"] for rule in group(document)["securityRules"]]
    one, other = [rule for rule in rules if rule["direction"] == rules[0]["direction"]][:2]
    other["priority"] = one["priority"]


def nsg_twin(document: dict) -> None:
    """A rule of Azure once more."""
    rules = group(document)["securityRules"]
    rules.append(copy.deepcopy(rules[0]))


def flow_rule(document: dict) -> dict:
    """The first application rule of a v4 document."""
    rules = [rule for policy in document["policies"] for rule in policy["rules"]]
    return next(rule for rule in rules if rule["type"] == "APPLICATION")


def flow_subnet(document: dict) -> None:
    """A range with an impossible prefix in a v4 document."""
    spec = flow_rule(document)["spec"]
    for key in [key for key in spec if key.startswith(("src", "dest"))]:
        del spec[key]
    spec["srcSubnet"] = {"value": "10.0.0.0", "prefixLength": 40}


def flow_twin(document: dict) -> None:
    """A rule of a v4 document once more."""
    rules = document["policies"][0]["rules"]
    rules.append(copy.deepcopy(rules[-1]))


def flow_silent(document: dict) -> None:
    """A rule of a v4 document without services."""
    spec = flow_rule(document)["spec"]
    for key in [key for key in spec if key.endswith("Services")]:
        del spec[key]


def allow(document: dict) -> dict:
    """The first allow entry of a v3 document."""
    for one in document["network_security_rules"]:
        rule = one["spec"]["resources"]["app_rule"]
        for entry in rule["inbound_allow_list"] + rule["outbound_allow_list"]:
            return entry
    raise LookupError("an entry")


def v3_subnet(document: dict) -> None:
    """A range with an impossible prefix in a v3 document."""
    entry = allow(document)
    for key in ("filter", "address_group_inclusion_list"):
        entry.pop(key, None)
    entry |= {"peer_specification_type": "IP_SUBNET", "ip_subnet": {"ip": "10.0.0.0", "prefix_length": 40}}


def v3_twin(document: dict) -> None:
    """An entry of a v3 document once more."""
    for one in document["network_security_rules"]:
        rule = one["spec"]["resources"]["app_rule"]
        for key in ("inbound_allow_list", "outbound_allow_list"):
            if rule[key]:
                rule[key].append(copy.deepcopy(rule[key][0]))
                return
    raise LookupError("an entry")


def nsg_many(document: dict) -> None:
    """More rules than a group takes."""
    rules = group(document)["securityRules"]
    for number in range(1001):
        more = copy.deepcopy(rules[0])
        more["name"] = f"more-{number}"
        more["properties"]["priority"] = 100 + number
        rules.append(more)


def flow_tf_twin(document: dict) -> None:
    """A rule of a policy in a Terraform document once more."""
    rules = resource(document, FLOW)["rules"]
    rules.append(copy.deepcopy(rules[-1]))


def resource(document: dict, kind: str) -> dict:
    """The first resource of a type in a Terraform document."""
    return next(iter(document["resource"][kind].values()))


def terraform_twin(kind: str) -> Change:
    """A resource of a Terraform document once more, under another label."""

    def change(document: dict) -> None:
        document["resource"][kind]["twin"] = copy.deepcopy(resource(document, kind))

    return change


def ranged(document: dict, kind: str) -> dict:
    """The first rule of a Terraform document that names a range."""
    return next(one for one in document["resource"][kind].values() if "cidr_ipv4" in one or "source_address_prefix" in one)


def terraform_many(document: dict) -> None:
    """More rules than a group takes."""
    rules = document["resource"][AWS_RULE]
    one = ranged(document, AWS_RULE)
    for number in range(61):
        rules[f"More{number}"] = one | {"cidr_ipv4": f"203.0.113.{number}/32"}


def terraform_priority(document: dict) -> None:
    """Two rules of one group and direction with one number."""
    seen: dict[tuple, dict] = {}
    for rule in document["resource"][NSG_RULE].values():
        first = seen.setdefault((rule["network_security_group_name"], rule["direction"]), rule)
        if first is not rule:
            rule["priority"] = first["priority"]
            return
    raise LookupError("two rules")


def terraform_subnet(document: dict) -> None:
    """A range with an impossible prefix in a policy."""
    specs = [rule["spec"][0] for policy in document["resource"][FLOW].values() for rule in policy["rules"]]
    spec = next(spec["application_rule_spec"][0] for spec in specs if "application_rule_spec" in spec)
    for key in [key for key in spec if key.startswith(("src", "dest"))]:
        del spec[key]
    spec["src_subnet"] = [{"value": "10.0.0.0", "prefix_length": 40}]


NOWHERE = "${aws_security_group.No.id}"
AWS_RULE, NSG_RULE = "aws_vpc_security_group_ingress_rule", "azurerm_network_security_rule"
FLOW = "nutanix_network_security_policy_v2"

# Damages by the end of an artefact's name.
DAMAGES: dict[str, dict[str, Change]] = {
    "security-groups.cloudformation.json": {
        "misspelt key": lambda document: renamed(first(document, INGRESS)["Properties"], "IpProtocol", "IpProtocl"),
        "bad CIDR": set_in(lambda document: first(document, INGRESS)["Properties"], CidrIp="10.0.0.0/40"),
        "duplicate rule": twin,
        "61st rule": template_rules(61),
        "bad enum": set_in(lambda document: first(document, INGRESS)["Properties"], IpProtocol="tpc"),
        "bad type": set_in(lambda document: first(document, INGRESS), Type="AWS::EC2::SecurityGroupIngres"),
        "no peer": lambda document: first(document, INGRESS)["Properties"].pop("CidrIp"),
    },
    "security-groups.api.json": {
        "misspelt key": lambda document: renamed(permission(document), "IpProtocol", "IpProtocl"),
        "bad CIDR": lambda document: permission(document)["IpRanges"][0].update(CidrIp="10.0.0.0/40"),
        "duplicate rule": lambda document: permission(document)["IpRanges"].append(permission(document)["IpRanges"][0]),
        "61st rule": many,
        "bad enum": lambda document: permission(document).update(IpProtocol="tpc"),
        "unknown group": lambda document: permission(document).update(UserIdGroupPairs=[{"GroupId": "sg-nobody"}]),
    },
    "security-groups.tf.json": {
        "misspelt key": lambda document: renamed(resource(document, AWS_RULE), "ip_protocol", "ip_protocl"),
        "duplicate rule": terraform_twin(AWS_RULE),
        "bad CIDR": lambda document: ranged(document, AWS_RULE).update(cidr_ipv4="10.0.0.0/40"),
        "61st rule": terraform_many,
        "bad enum": lambda document: resource(document, AWS_RULE).update(ip_protocol="tpc"),
        "bad type": lambda document: resource(document, AWS_RULE).update(from_port="443"),
        "reference to nowhere": lambda document: resource(document, AWS_RULE).update(security_group_id=NOWHERE),
    },
    "network-security-groups.arm.json": {
        "misspelt key": lambda document: renamed(nsg_rule(document), "protocol", "protocl"),
        "bad CIDR": set_in(nsg_rule, sourceAddressPrefix="10.0.0.0/40"),
        "host bits": set_in(nsg_rule, sourceAddressPrefix="10.0.0.1/8"),
        "misspelt tag": set_in(nsg_rule, sourceAddressPrefix="virtual network"),
        "duplicate rule": nsg_twin,
        "duplicate priority": same_priority,
        "1001st rule": nsg_many,
        "priority out of range": set_in(nsg_rule, priority=50),
        "priority as text": set_in(nsg_rule, priority="100"),
        "bad enum": set_in(nsg_rule, access="Permit"),
        "bad name": lambda document: group(document)["securityRules"][0].update(name="-in"),
    },
    "network-security-groups.tf.json": {
        "misspelt key": lambda document: renamed(resource(document, NSG_RULE), "protocol", "protocl"),
        "duplicate rule": terraform_twin(NSG_RULE),
        "bad CIDR": lambda document: ranged(document, NSG_RULE).update(source_address_prefix="10.0.0.0/40"),
        "duplicate priority": terraform_priority,
        "bad enum": lambda document: resource(document, NSG_RULE).update(access="Permit"),
        "bad type": lambda document: resource(document, NSG_RULE).update(priority="100"),
    },
    "flow-policies.v4.json": {
        "misspelt key": lambda document: renamed(flow_rule(document)["spec"], "securedGroupCategoryReferences", "securedGroups"),
        "bad CIDR": flow_subnet,
        "duplicate rule": flow_twin,
        "bad enum": lambda document: document["policies"][0].update(state="ENFORCED"),
        "text as id": lambda document: flow_rule(document)["spec"].update(securedGroupCategoryReferences=["AppTier"]),
        "no services": flow_silent,
        "two peers": lambda document: flow_rule(document)["spec"].update(srcAllowSpec="ALL", destAllowSpec="ALL"),
    },
    "flow-policies.v3.json": {
        "misspelt key": lambda document: renamed(allow(document), "protocol", "protocl"),
        "bad CIDR": v3_subnet,
        "duplicate rule": v3_twin,
        "bad enum": lambda document: allow(document).update(protocol="SCTP"),
    },
    "flow-policies.tf.json": {
        "misspelt key": lambda document: renamed(resource(document, FLOW), "state", "stat_e"),
        "duplicate rule": flow_tf_twin,
        "duplicate policy": terraform_twin(FLOW),
        "bad CIDR": terraform_subnet,
        "bad enum": lambda document: resource(document, FLOW).update(state="ENFORCED"),
        "bad type": lambda document: resource(document, FLOW).update(is_hitlog_enabled="true"),
    },
}

# Damages of a table: what stands in place of the header and the first line.
TABLE: dict[str, Callable[[str, str], list[str]]] = {
    "misspelt key": lambda header, line: [header.replace("protocol", "protocl"), line],
    "bad CIDR": lambda header, line: [header, line.replace("/", "/4", 1)],
    "duplicate rule": lambda header, line: [header, line, line],
    "bad enum": lambda header, line: [header, line.replace('"tcp"', '"tpc"').replace('"udp"', '"upd"')],
    "a cell less": lambda header, line: [header, line.rsplit(",", 1)[0]],
}


def damaged_files(path: pathlib.Path, folder: pathlib.Path):
    """Each damage of an artefact with the damaged file."""
    copy_of = folder / path.name
    if path.suffix == ".csv":
        lines = path.read_text().split("\n")
        for what, change in TABLE.items():
            copy_of.write_text("\n".join([*change(*lines[:2]), *lines[2:]]))
            yield what, copy_of
        return
    for what, change in DAMAGES[path.name].items():
        document = json.loads(path.read_text())
        change(document)
        copy_of.write_text(json.dumps(document))
        yield what, copy_of


def untouched(
    path: pathlib.Path,
    folder: pathlib.Path,
    checks: dict[str, Check],
    found_by: Callable[[Check, pathlib.Path], list[str]],
) -> list[str]:
    """What the checks find in a copy without a damage, so that nothing but a damage can be what they find."""
    folder.mkdir(parents=True)
    copied = shutil.copy(path, folder / path.name)
    return [error for check in checks.values() for error in found_by(check, pathlib.Path(copied))]


def results(
    sites: list[Site],
    checks: dict[str, dict[str, Check]],
    found_by: Callable[[Check, pathlib.Path], list[str]],
) -> dict[str, list[str]]:
    """Damages that no check finds, for the smallest artefact of each kind."""
    smallest: dict[str, tuple[int, pathlib.Path, str]] = {}
    for site in sites:
        for artefact in site.manifest["artifacts"]:
            path = site.folder / artefact["path"]
            one = (path.stat().st_size, path, artefact["spelling"])
            smallest[path.name] = min(one, smallest.get(path.name, one))
    found = {}
    for name, (_, path, spelling) in smallest.items():
        folder, own = OUT / "damaged" / name, checks[spelling]
        found[f"{name} as it was"] = untouched(path, folder, own, found_by)
        for what, damaged in damaged_files(path, folder):
            caught = any(found_by(check, damaged) for check in own.values())
            found[f"{name} {what}"] = [] if caught else ["no check finds it"]
    return found | {name: ["no site has this artefact"] for name in DAMAGES.keys() - smallest.keys()}
