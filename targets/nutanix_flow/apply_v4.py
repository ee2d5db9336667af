"""Makes what a segc v4 document has on a Prism Central, or changes what is there to what it says.

Usage: python3 apply_v4.py PRISM FILE [STATE]

STATE, such as MONITOR, stands for the state of every policy: with it nothing is blocked. The file of the release before rolls
back. `prism.py` stands beside it.
"""

import json
import sys
import time
import urllib.parse
import uuid

from prism import Prism, filled

CATEGORIES, TASKS = "/api/prism/v4.0/config/categories", "/api/prism/v4.0/config/tasks"
GROUPS, POLICIES = "/api/microseg/v4.0/config/address-groups", "/api/microseg/v4.0/config/policies"
PAGE = 100


def call(method: str, path: str, body: object = None, **headers: str) -> tuple:
    """The answer, and its ETag."""
    return PRISM.call(method, path, body, **{"NTNX-Request-Id": str(uuid.uuid4()), **headers})


def all_of(path: str) -> list:
    """Every object, from all pages."""
    found, more = [], True
    while more:
        answer, _ = call("GET", f"{path}?$limit={PAGE}&$page={len(found) // PAGE}")
        page = answer.get("data") or []
        found += page
        more = len(page) == PAGE
    return found


def done(answer: dict) -> None:
    """Waits for the task that an answer names."""
    task = (answer.get("data") or {}).get("extId", "")
    while ":" in task:
        status = call("GET", f"{TASKS}/{urllib.parse.quote(task)}")[0]["data"]["status"]
        if status == "SUCCEEDED":
            return
        if status not in ("QUEUED", "RUNNING"):
            sys.exit(f"task {task}: {status}")
        time.sleep(1)


def put(path: str, bodies: list) -> dict:
    """Makes or changes objects by their names. Their ids by name."""
    there = {one["name"]: one["extId"] for one in all_of(path)}
    for body in bodies:
        known = there.get(body["name"])
        if known:
            etag = call("GET", f"{path}/{known}")[1]
            done(call("PUT", f"{path}/{known}", body, **{"If-Match": etag})[0])
        else:
            done(call("POST", path, body)[0])
        print("changed" if known else "made", body["name"])
    return {one["name"]: one["extId"] for one in all_of(path)} if bodies else there


NAME, FILE, *STATE = sys.argv[1:]
PRISM = Prism(NAME)
DOCUMENT = json.load(open(FILE))
worn = {f"{one['key']}:{one['value']}": one["extId"] for one in all_of(CATEGORIES)}
for body in DOCUMENT["categories"]:
    if f"{body['key']}:{body['value']}" not in worn:
        done(call("POST", CATEGORIES, body)[0])
        print("made", body["key"], body["value"])
IDS = {f"category:{one['key']}:{one['value']}": one["extId"] for one in all_of(CATEGORIES)}
IDS |= {f"address-group:{name}": id_ for name, id_ in put(GROUPS, DOCUMENT["addressGroups"]).items()}
put(POLICIES, [{**filled(body, IDS), **({"state": STATE[0]} if STATE else {})} for body in DOCUMENT["policies"]])
