"""Makes what a segc v3 document has on a Prism Central, or changes what is there to what it says.

Usage: python3 apply_v3.py PRISM FILE [ACTION]

ACTION, such as MONITOR, stands for the action of every rule: with it nothing is blocked. The file of the release before rolls
back. `prism.py` stands beside it.
"""

import json
import sys
import time
import urllib.error
import urllib.parse

from prism import Prism, filled

API, PAGE = "/api/nutanix/v3", 100


def call(method: str, path: str, body: object = None) -> dict:
    """The answer."""
    return PRISM.call(method, API + path, body)[0]


def is_there(path: str) -> bool:
    """Whether the server knows a thing."""
    try:
        call("GET", path)
    except urllib.error.HTTPError as missing:
        if missing.code != 404:
            raise
        return False
    return True


def all_of(kind: str) -> list:
    """Every object of a kind, from all pages."""
    found, more = [], True
    while more:
        page = call("POST", f"/{kind}s/list", {"kind": kind, "length": PAGE, "offset": len(found)}).get("entities") or []
        found += page
        more = len(page) == PAGE
    return found


def done(answer: dict) -> None:
    """Waits for the task that an answer names."""
    task = ((answer.get("status") or {}).get("execution_context") or {}).get("task_uuid")
    while task:
        status = call("GET", f"/tasks/{task}")["status"]
        if status == "SUCCEEDED":
            return
        if status not in ("QUEUED", "RUNNING", "PENDING"):
            sys.exit(f"task {task}: {status}")
        time.sleep(1)


def groups_by_name() -> dict:
    """Ids of address groups."""
    return {one["address_group"]["name"]: one["uuid"] for one in all_of("address_group")}


NAME, FILE, *ACTION = sys.argv[1:]
PRISM = Prism(NAME)
DOCUMENT = json.load(open(FILE))
for body in DOCUMENT["categories"]:
    key, value = (urllib.parse.quote(body[part], safe="") for part in ("key", "value"))
    for path, content in ((key, {"name": body["key"]}), (f"{key}/{value}", {"value": body["value"]})):
        if not is_there(f"/categories/{path}"):
            call("PUT", f"/categories/{path}", content)
            print("made", *content.values())
there = groups_by_name()
for body in DOCUMENT["address_groups"]:
    known = there.get(body["name"])
    call(*(("PUT", f"/address_groups/{known}") if known else ("POST", "/address_groups")), body)
    print("changed" if known else "made", body["name"])
IDS = {f"address-group:{name}": id_ for name, id_ in groups_by_name().items()}
rules = {one["spec"]["name"]: one["metadata"] for one in all_of("network_security_rule")}
for body in filled(DOCUMENT["network_security_rules"], IDS):
    name = body["spec"]["name"]
    if ACTION:
        body["spec"]["resources"]["app_rule"]["action"] = ACTION[0]
    known = rules.get(name)
    if known:
        done(call("PUT", f"/network_security_rules/{known['uuid']}", {**body, "metadata": known}))
    else:
        done(call("POST", "/network_security_rules", body))
    print("changed" if known else "made", name)
