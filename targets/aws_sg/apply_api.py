"""Makes the security groups of a segc `api` document, or changes those that are there to what it says.

Usage: python3 apply_api.py REGION VPC_ID FILE [SYMBOL=ID ...]

What is missing is authorized before what is too much is revoked, so nothing that stays is ever closed; a group that has no
room for both gets the rest afterwards. The file of the release before rolls back. Needs the AWS CLI.
"""

import json
import subprocess
import sys

# Source: EC2 API Reference, "Error codes for the Amazon EC2 API".
FULL = "RulesPerSecurityGroupLimitExceeded"
PEERS = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId", "PrefixListIds": "PrefixListId"}


def ec2(command: str, **call: object) -> dict | None:
    """The answer to a command of the AWS CLI; none where a group has no room. Whatever else fails ends the script."""
    words = ["aws", "ec2", command, "--region", REGION, "--output", "json", "--cli-input-json", json.dumps(call)]
    ran = subprocess.run(words, capture_output=True, text=True)
    if ran.returncode == 0:
        return json.loads(ran.stdout or "{}")
    return None if FULL in ran.stderr else sys.exit(ran.stderr)


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
                kept = {key: peer[key] for key in (name, "UserId", "Description") if peer.get(key)}
                key = (one["IpProtocol"], *ports.values(), kind, peer[name])
                found[key] = {"IpProtocol": one["IpProtocol"], **ports, kind: [kept]}
    return found


REGION, VPC, FILE, *SYMBOLS = sys.argv[1:]
GROUPS = json.load(open(FILE))["groups"]
IDS = dict(symbol.rsplit("=", 1) for symbol in SYMBOLS)
in_vpc = ec2("describe-security-groups", Filters=[{"Name": "vpc-id", "Values": [VPC]}])["SecurityGroups"]
there = {group["GroupName"]: group["GroupId"] for group in in_vpc}
tagged = {group["GroupId"]: {tag["Key"]: tag["Value"] for tag in group.get("Tags") or []} for group in in_vpc}
for group in GROUPS:
    call = group["CreateSecurityGroup"]
    if call["GroupName"] not in there:
        there[call["GroupName"]] = ec2("create-security-group", **filled({**call, "VpcId": VPC}))["GroupId"]
        print("created", call["GroupName"])
        continue
    tags = [tag for tag in call["TagSpecifications"][0]["Tags"] if tagged[there[call["GroupName"]]].get(tag["Key"]) != tag["Value"]]
    if tags:
        ec2("create-tags", Resources=[there[call["GroupName"]]], Tags=tags)
        print("tagged", call["GroupName"])
IDS.update((f"security-group:{name}", id_) for name, id_ in there.items())
wanted = [(there[group["CreateSecurityGroup"]["GroupName"]], group) for group in GROUPS]
for turn, step in enumerate(("authorize", "revoke", "authorize")):
    # Whom there is no room for in the first turn gets it in the last one.
    described = ec2("describe-security-groups", GroupIds=[id_ for id_, _ in wanted])["SecurityGroups"]
    now = {group["GroupId"]: group for group in described}
    for id_, group in wanted:
        for way, key in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
            call = group.get(f"AuthorizeSecurityGroup{way}") or {"IpPermissions": []}
            ours, theirs = rules(filled(call)["IpPermissions"]), rules(now[id_][key])
            more, less = (ours, theirs) if step == "authorize" else (theirs, ours)
            changed = [permission for rule, permission in more.items() if rule not in less]
            if changed:
                name = group["CreateSecurityGroup"]["GroupName"]
                answer = ec2(f"{step}-security-group-{way.lower()}", GroupId=id_, IpPermissions=changed)
                if answer is None and turn > 0:
                    sys.exit(f"{name} has no room for {len(changed)} more rules")
                print(step if answer is not None else "no room yet to " + step, len(changed), way.lower(), "rules of", name)
