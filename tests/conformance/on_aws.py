"""AWS: templates in cfn-lint and in AWS's own validator; calls and templates made in a stand-in of EC2 and read back.

The stand-in is moto. What it does not know is said where it matters: `AWS::EC2::SecurityGroupEgress` is skipped by its
CloudFormation, and protocols by number want ports.
"""

import contextlib
import functools
import ipaddress
import json
import logging
import os
import pathlib
import re
import warnings
from collections.abc import Iterator

import boto3
import botocore.exceptions
import moto
from cloudformation_validate import CompositeEngine, CompositeEngineConfig

from shared import program_errors

# It names every resource that it does not know.
logging.getLogger("moto").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="moto")

SYMBOL = re.compile(r"\{\{([a-z-]+):(.*)\}\}")
REGION = "eu-west-1"

# A rule as a set has it: group, direction, protocol, ports, other end.
Rule = tuple[str, str, str, int | None, int | None, str]

# The egress rule that stands for none: nothing can be sent to this address.
NOWHERE = "127.0.0.1/32"

PROTOCOLS = {"tcp", "udp", "icmp", "icmpv6", "-1"}

# Lists of peers in a permission, the key of each entry, and whether the stand-in's CloudFormation knows them.
PEERS = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId", "PrefixListIds": "PrefixListId"}


@contextlib.contextmanager
def region() -> Iterator["Cloud"]:
    """An empty Region in memory."""
    os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION=REGION)
    with moto.mock_aws():
        yield Cloud(boto3.client("ec2", region_name=REGION))


class Cloud:
    """A VPC in which groups are made and described."""

    def __init__(self, ec2) -> None:
        self.ec2 = ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.lists: dict[str, str] = {}

    def prefix_list(self, name: str) -> str:
        """The id of a prefix list, which is made when it is first asked for."""
        if name not in self.lists:
            made = self.ec2.create_managed_prefix_list(PrefixListName=name, MaxEntries=1, AddressFamily="IPv4")
            self.lists[name] = made["PrefixList"]["PrefixListId"]
        return self.lists[name]

    def create(self, **call: object) -> str:
        """Makes a group."""
        return self.ec2.create_security_group(**call)["GroupId"]

    def close(self, group: str) -> None:
        """Takes away what a new group lets out."""
        everywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everywhere)

    def authorize(self, direction: str, group: str, permissions: list[dict]) -> None:
        """Adds rules. A protocol by number gets ports, which the stand-in wants and AWS ignores."""
        for permission in permissions:
            if permission["IpProtocol"].isdigit():
                permission.setdefault("FromPort", -1)
                permission.setdefault("ToPort", -1)
        call = getattr(self.ec2, f"authorize_security_group_{direction}")
        call(GroupId=group, IpPermissions=permissions)

    def described(self) -> tuple[set[str], set[Rule]]:
        """Names of the groups, and their rules, as an export has them."""
        pages = self.ec2.get_paginator("describe_security_groups").paginate(
            Filters=[{"Name": "vpc-id", "Values": [self.vpc]}]
        )
        groups = [group for page in pages for group in page["SecurityGroups"] if group["GroupName"] != "default"]
        names = {group["GroupId"]: group["GroupName"] for group in groups}
        lists = {id_: name for name, id_ in self.lists.items()}
        rules: set[Rule] = set()
        for group in groups:
            for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
                for permission in group[key]:
                    for peer in peers(permission):
                        end = names.get(peer, lists.get(peer, peer))
                        rules.add(rule(group["GroupName"], direction, permission, end))
        return set(names.values()), rules


def peers(permission: dict) -> Iterator[str]:
    """The other ends of a permission."""
    for key, entry in PEERS.items():
        for peer in permission.get(key, []):
            yield peer[entry]


def rule(group: str, direction: str, permission: dict, end: str) -> Rule:
    """A rule, with ports only where they mean something."""
    ports = (permission.get("FromPort"), permission.get("ToPort"))
    if permission["IpProtocol"] not in ("tcp", "udp") and ports in ((-1, -1), (None, None)):
        ports = (None, None)
    return (group, direction, permission["IpProtocol"], *ports, end)


# The document of calls


def api_rules(document: dict) -> set[Rule]:
    """The rules that a document of calls makes."""
    rules = set()
    for calls in document["groups"]:
        name = calls["CreateSecurityGroup"]["GroupName"]
        for direction in ("ingress", "egress"):
            call = calls.get(f"AuthorizeSecurityGroup{direction.title()}")
            for permission in call["IpPermissions"] if call else []:
                rules |= {rule(name, direction, permission, named(peer)) for peer in peers(permission)}
    return rules


def named(text: str) -> str:
    """The name in a symbol; other texts stand for themselves."""
    symbol = SYMBOL.fullmatch(text)
    return symbol.group(2) if symbol else text


def replay(cloud: Cloud, document: dict) -> None:
    """Makes every call of a document, in the order of its README, with ids in place of symbols."""
    ids: dict[str, str] = {}

    def known(text: str) -> str:
        symbol = SYMBOL.fullmatch(text)
        if not symbol:
            return text
        kind, name = symbol.groups()
        return {"vpc": lambda: cloud.vpc, "prefix-list": lambda: cloud.prefix_list(name)}.get(kind, lambda: ids[name])()

    def filled(value: object) -> object:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return known(value) if isinstance(value, str) else value

    for calls in document["groups"]:
        create = filled(calls["CreateSecurityGroup"]) | {"VpcId": cloud.vpc}
        ids[create["GroupName"]] = cloud.create(**create)
    for calls in document["groups"]:
        for call in calls["RevokeSecurityGroupEgress"]:
            with contextlib.suppress(botocore.exceptions.ClientError):
                cloud.ec2.revoke_security_group_egress(**filled(call))
        for direction in ("ingress", "egress"):
            call = calls.get(f"AuthorizeSecurityGroup{direction.title()}")
            if call:
                call = filled(call)
                cloud.authorize(direction, call["GroupId"], call["IpPermissions"])


def replay_errors(path: pathlib.Path) -> list[str]:
    """What EC2 refuses of a document of calls, and where the groups described back differ from it."""
    document = json.loads(path.read_text())
    with region() as cloud:
        try:
            replay(cloud, document)
        except (botocore.exceptions.ClientError, botocore.exceptions.ParamValidationError, KeyError) as error:
            return [f"a call is refused: {error}"]
        return difference(api_rules(document), cloud.described()[1])


def fact_errors(rules: set[Rule]) -> list[str]:
    """What the service has against rules that the stand-in takes: protocols, ports, and networks that it would change.

    Source: EC2 API Reference, `IpPermission`; VPC User Guide, "Security group rules"; read 2026-11.
    """
    errors = []
    for one in sorted(rules, key=str):
        protocol, first, last, end = one[2:]
        is_number = protocol.isdigit() and int(protocol) <= 255
        if protocol not in PROTOCOLS and not is_number:
            errors.append(f"{one}: no protocol `{protocol}`")
        if protocol in ("tcp", "udp") and not 0 <= first <= last <= 65535:
            errors.append(f"{one}: the ports {first} to {last}")
        if "/" in end:
            try:
                ipaddress.ip_network(end)
            except ValueError as error:
                errors.append(f"{one}: {error}")
    return errors


def difference(compiled: set[Rule], described: set[Rule]) -> list[str]:
    """Rules that only one of two sets has."""
    missing = [f"compiled and not there: {one}" for one in sorted(compiled - described, key=str)]
    return missing + [f"there and not compiled: {one}" for one in sorted(described - compiled, key=str)]


# The template


def referred(template: dict, value: object) -> str:
    """What a value of a template names: a group by name, a list by parameter."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return template["Resources"][value["Fn::GetAtt"][0]]["Properties"]["GroupName"]
    return value["Ref"] if isinstance(value, dict) else value


def template_rules(template: dict) -> list[tuple[str, str, dict, str]]:
    """Every rule of a template: group, direction, permission with its other end, and the end's name."""
    found = []
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            for direction in ("Ingress", "Egress"):
                for one in properties.get(f"SecurityGroup{direction}", []):
                    found.append((properties["GroupName"], direction.lower(), one))
        else:
            direction = "ingress" if resource["Type"].endswith("Ingress") else "egress"
            found.append((referred(template, properties["GroupId"]), direction, properties))
    side = {"ingress": "Source", "egress": "Destination"}
    rules = []
    for group, direction, properties in found:
        keys = ["CidrIp", "CidrIpv6", f"{side[direction]}SecurityGroupId", f"{side[direction]}PrefixListId"]
        [key] = [key for key in keys if key in properties]
        permission = {name: properties[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in properties}
        rules.append((group, direction, permission, key, referred(template, properties[key])))
    return rules


def template_set(template: dict) -> set[Rule]:
    """The rules of a template as a set, without those that stand for none."""
    rules = template_rules(template)
    return {rule(group, direction, permission, end) for group, direction, permission, _, end in rules if end != NOWHERE}


def make_template(cloud: Cloud, template: dict) -> None:
    """Makes the calls that CloudFormation makes for a template."""
    ids = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            own = resource["Properties"]
            call = {"GroupName": own["GroupName"], "Description": own["GroupDescription"], "VpcId": cloud.vpc}
            ids[own["GroupName"]] = cloud.create(**call)
            if own.get("SecurityGroupEgress"):
                cloud.close(ids[own["GroupName"]])
    for group, direction, permission, key, end in template_rules(template):
        entry = {"CidrIp": "IpRanges", "CidrIpv6": "Ipv6Ranges"}.get(key)
        if entry:
            permission[entry] = [{key: end}]
        elif key.endswith("PrefixListId"):
            permission["PrefixListIds"] = [{"PrefixListId": cloud.prefix_list(end)}]
        else:
            permission["UserIdGroupPairs"] = [{"GroupId": ids[end]}]
        cloud.authorize(direction, ids[group], [permission])


def template_errors(path: pathlib.Path) -> list[str]:
    """What EC2 refuses of a template's rules, and where the groups described back differ from it."""
    return made_errors(json.loads(path.read_text()))


def made_errors(template: dict) -> list[str]:
    """The same of a template that was read."""
    with region() as cloud:
        try:
            make_template(cloud, template)
            described = {one for one in cloud.described()[1] if one[-1] != NOWHERE}
            return difference(template_set(template), described)
        except (botocore.exceptions.ClientError, botocore.exceptions.ParamValidationError, KeyError, ValueError) as error:
            return [f"a rule is refused: {error!r}"]


def stack_errors(path: pathlib.Path) -> list[str]:
    """Deploys a template as a stack. The stand-in makes groups and ingress; it knows no list and drops IPv6."""
    template = json.loads(path.read_text())
    with region() as cloud:
        parameters = [
            {"ParameterKey": name, "ParameterValue": cloud.vpc if name == "VpcId" else cloud.prefix_list(name)}
            for name in template["Parameters"]
        ]
        stacks = boto3.client("cloudformation", region_name=REGION)
        try:
            stacks.create_stack(StackName="site", TemplateBody=path.read_text(), Parameters=parameters)
            [stack] = stacks.describe_stacks(StackName="site")["Stacks"]
        except (botocore.exceptions.ClientError, KeyError, ValueError) as error:
            return [f"the stack is refused: {error!r}"]
        if stack["StackStatus"] != "CREATE_COMPLETE":
            return [f"the stack ends as {stack['StackStatus']}"]
        names, rules = cloud.described()
        wanted = {one["Properties"]["GroupName"] for one in template["Resources"].values() if "GroupName" in one["Properties"]}
        ingress = {one for one in template_set(template) if one[1] == "ingress"}
        seen = {one for one in ingress if ":" not in one[-1] and one[-1] not in template["Parameters"]}
        if names != wanted:
            return [f"groups {sorted(names)} in place of {sorted(wanted)}"]
        return difference(seen, {one for one in rules if one[1] == "ingress"})


def cfn_lint_errors(path: pathlib.Path) -> list[str]:
    """What cfn-lint says of a template, warnings included."""
    return program_errors("cfn-lint", "--non-zero-exit-code", "warning", "-t", path)


@functools.cache
def engine() -> CompositeEngine:
    """AWS's validator, which takes a while to start."""
    return CompositeEngine(CompositeEngineConfig())


def validator_errors(path: pathlib.Path) -> list[str]:
    """What AWS's own validator says of a template, warnings included."""
    found = engine().validate_template(str(path)).diagnostics
    return [str(one) for one in found if one.severity.name in ("FATAL", "ERROR", "WARN")]


CHECKS = {
    "cloudformation": {
        "cloudformation-validate": validator_errors,
        "made in EC2": template_errors,
        "facts of the service": lambda path: fact_errors(template_set(json.loads(path.read_text()))),
        "stack": stack_errors,
        "cfn-lint": cfn_lint_errors,
    },
    "api": {
        "made in EC2": replay_errors,
        "facts of the service": lambda path: fact_errors(api_rules(json.loads(path.read_text()))),
    },
}


def spellings_agree(template: pathlib.Path, calls: pathlib.Path) -> list[str]:
    """Where the two documents of a platform make different rules."""
    document, other = json.loads(template.read_text()), json.loads(calls.read_text())
    lists = {
        name: re.search(r"(com\.amazonaws\.\S+|pl-[0-9a-f]+)", json.dumps(parameter))
        for name, parameter in document["Parameters"].items()
    }

    def by_name(one: Rule) -> Rule:
        found = lists.get(one[-1])
        return (*one[:-1], found.group(1).rstrip('",.') if found else one[-1])

    return difference({by_name(one) for one in template_set(document)}, api_rules(other))
