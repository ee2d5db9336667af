"""Makes the security groups of a segc `api` document, or changes those that are there to what it says.

Usage: python3 apply_api.py REGION VPC_ID FILE [SYMBOL=ID ...]

What is missing is authorized before what is too much is revoked, so nothing that stays is ever closed; a group that has no
room for both gets the rest afterwards. The file of the release before rolls back. Needs the AWS CLI.
"""

import json
import subprocess
import sys

PEERS = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId", "PrefixListIds": "PrefixListId"}


def ec2(command: str, must: bool = True, **call: object) -> dict:
    """The answer to a command of the AWS CLI, which may fail unless it must not."""
    words = ["aws", "ec2", command, "--region", REGION, "--output", "json", "--cli-input-json", json.dumps(call)]
    return json.loads(subprocess.run(words, check=must, stdout=subprocess.PIPE).stdout or b"{}")


def filled(value: object) -> object:
    """A value with ids in place of symbols."""
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    if not (isinstance(value, str) and value.startswith("{" "{")):
        return value
    return IDS.get(value[2:-2]) or sys.exit(f"{value[2:-2]} is not there: somebody keeps it, so it has to be made first")


def rules(permissions: list) -> dict:
    """Permissions with one peer each, by what they mean."""
    found = {}
    for one in permissions:
        ports = {key: one[key] for key in ("FromPort", "ToPort") if one.get(key) is not None and one["IpProtocol"] != "-1"}
        for kind, name in PEERS.items():
            for peer in one.get(kind) or []:
                kept = {key: peer[key] for key in (name, "Description") if peer.get(key)}
                key = (one["IpProtocol"], *ports.values(), kind, peer[name])
                found[key] = {"IpProtocol": one["IpProtocol"], **ports, kind: [kept]}
    return found


REGION, VPC, FILE, *SYMBOLS = sys.argv[1:]
GROUPS = json.load(open(FILE))["groups"]
IDS = dict(symbol.rsplit("=", 1) for symbol in SYMBOLS)
in_vpc = ec2("describe-security-groups", Filters=[{"Name": "vpc-id", "Values": [VPC]}])["SecurityGroups"]
there = {group["GroupName"]: group["GroupId"] for group in in_vpc}
for group in GROUPS:
    call = group["CreateSecurityGroup"]
    if call["GroupName"] not in there:
        there[call["GroupName"]] = ec2("create-security-group", **filled({**call, "VpcId": VPC}))["GroupId"]
        print("created", call["GroupName"])
IDS.update((f"security-group:{name}", id_) for name, id_ in there.items())
wanted = [(there[group["CreateSecurityGroup"]["GroupName"]], group) for group in GROUPS]
for turn, step in enumerate(("authorize", "revoke", "authorize")):
    described = ec2("describe-security-groups", GroupIds=[id_ for id_, _ in wanted])["SecurityGroups"]
    now = {group["GroupId"]: group for group in described}
    for id_, group in wanted:
        for way, key in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
            call = group.get(f"AuthorizeSecurityGroup{way}") or {"IpPermissions": []}
            ours, theirs = rules(filled(call)["IpPermissions"]), rules(now[id_][key])
            more, less = (ours, theirs) if step == "authorize" else (theirs, ours)
            changed = [permission for rule, permission in more.items() if rule not in less]
            if changed:
                ec2(f"{step}-security-group-{way.lower()}", must=turn > 0, GroupId=id_, IpPermissions=changed)
                print(step, len(changed), way.lower(), "rules of", group["CreateSecurityGroup"]["GroupName"])
