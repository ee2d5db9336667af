"""Terraform documents in the forms of the APIs behind them, so that what knows those forms can look at them too.

A provider sends what a document says under other names. The names are put back here and references looked up, and the
checks of the API's own form do the rest: rules made in a stand-in of EC2, the facts of Azure, the vendor's v4 client.
"""

import json
import pathlib
import re
import uuid

import on_aws
import on_azure
import on_nutanix

REFERENCE = re.compile(r"\$\{([^}]*)\}")
AWS_FIELDS = {
    "ip_protocol": "IpProtocol",
    "from_port": "FromPort",
    "to_port": "ToPort",
    "cidr_ipv4": "CidrIp",
    "cidr_ipv6": "CidrIpv6",
}


def resources(document: dict, kind: str) -> dict[str, dict]:
    """The resources of a type by label."""
    return document["resource"].get(kind, {})


def referred(text: str) -> str:
    """The label or input that a reference names: `${TYPE.LABEL.id}`, `${var.NAME}`."""
    return REFERENCE.fullmatch(text)[1].split(".")[1]


def camel(name: str) -> str:
    """A name of Terraform as an API writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


# AWS


def parameter(name: str) -> str:
    """The parameter of the template that an input stands for."""
    return "".join(word.title() for word in name.split("_"))


def as_template(document: dict) -> dict:
    """A template of the same groups and rules."""
    found: dict[str, dict] = {}
    # The provider takes away what a new group lets out.
    nowhere = [{"IpProtocol": "-1", "CidrIp": on_aws.NOWHERE}]
    for label, one in resources(document, "aws_security_group").items():
        own = {"GroupName": one["name"], "GroupDescription": one["description"], "SecurityGroupEgress": nowhere}
        found[label] = {"Type": "AWS::EC2::SecurityGroup", "Properties": own}
    for direction, side in (("ingress", "Source"), ("egress", "Destination")):
        for label, one in resources(document, f"aws_vpc_security_group_{direction}_rule").items():
            properties = {own: one[key] for key, own in AWS_FIELDS.items() if key in one}
            names = {"security_group_id": "GroupId", "referenced_security_group_id": f"{side}SecurityGroupId"}
            for key in names.keys() & one.keys():
                properties[names[key]] = {"Fn::GetAtt": [referred(one[key]), "GroupId"]}
            if "prefix_list_id" in one:
                properties[f"{side}PrefixListId"] = {"Ref": parameter(referred(one["prefix_list_id"]))}
            found[label] = {"Type": f"AWS::EC2::SecurityGroup{direction.title()}", "Properties": properties}
    return {"Parameters": {parameter(name): {} for name in document["variable"]}, "Resources": found}


def on_ec2(document: dict, path: pathlib.Path) -> list[str]:
    """What EC2 refuses of the rules, and where they differ from those of the template of the same platform."""
    template = as_template(document)
    beside = path.with_name("security-groups.cloudformation.json")
    errors = on_aws.made_errors(template) + on_aws.fact_errors(on_aws.template_set(template))
    if beside.exists():
        errors += on_aws.difference(on_aws.template_set(json.loads(beside.read_text())), on_aws.template_set(template))
    return errors


# Azure


def as_groups(document: dict) -> dict[str, list[dict]]:
    """The rules of each network security group as the API has them, by the group's label."""
    groups: dict[str, list[dict]] = {label: [] for label in resources(document, "azurerm_network_security_group")}
    for one in resources(document, "azurerm_network_security_rule").values():
        own = referred(one["network_security_group_name"])
        ids = "_application_security_group_ids"
        properties = {}
        for key in one.keys() - {"name", "resource_group_name", "network_security_group_name"}:
            value = [{"id": id_} for id_ in one[key]] if key.endswith(ids) else one[key]
            properties[camel(key.replace(ids, "_application_security_groups"))] = value
        groups[own].append({"name": one["name"], "properties": properties})
    return groups


def of_azure(document: dict, _: pathlib.Path) -> list[str]:
    """What the service has against names and rules."""
    kinds = ("azurerm_application_security_group", "azurerm_network_security_group")
    names = [one["name"] for kind in kinds for one in resources(document, kind).values()]
    errors = [f"`{name}` is no name" for name in names if not on_azure.NAME.fullmatch(name)]
    for label, rules in as_groups(document).items():
        errors += [f"{label}: {error}" for error in on_azure.group_errors(rules)]
    return errors


# Nutanix


def as_v4(value: object) -> object:
    """A value of a document as the v4 API has it: names in camel case, an id for each reference, no lists of one block."""
    if isinstance(value, dict):
        inner = {camel(key): as_v4(one) for key, one in value.items()}
        for form in ("intraEntityGroupRuleSpec", "applicationRuleSpec"):
            if form in inner:
                return inner[form][0] | {"$objectType": f"microseg.v4.config.{form[0].upper()}{form[1:]}"}
        return {key: one[0] if key in ("spec", "srcSubnet", "destSubnet") else one for key, one in inner.items()}
    if isinstance(value, list):
        return [as_v4(one) for one in value]
    is_reference = isinstance(value, str) and REFERENCE.fullmatch(value)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, value)) if is_reference else value


def of_nutanix(document: dict, _: pathlib.Path) -> list[str]:
    """What the vendor's v4 client and the target's schema have against policies and address groups."""
    kinds = {"policies": "nutanix_network_security_policy_v2", "addressGroups": "nutanix_address_groups_v2"}
    document = {key: list(as_v4(resources(document, kind)).values()) for key, kind in kinds.items()}
    return on_nutanix.schema_errors_of(document, "v4") + on_nutanix.model_errors_of(document)


FORMS = {
    "security-groups.tf.json": on_ec2,
    "network-security-groups.tf.json": of_azure,
    "flow-policies.tf.json": of_nutanix,
}


def form_errors(path: pathlib.Path) -> list[str]:
    """What the API behind a document has against what it says."""
    return FORMS[path.name](json.loads(path.read_text()), path)
