"""Nutanix Flow: documents against the schemas of the target, the vendor's v4 client, and a server on the loopback.

The vendor's client rejects nothing by itself: unknown fields are put aside, and its checks run only when an attribute is
set. So each model is walked, each attribute is set once more, and what was put aside is an error.
"""

import copy
import json
import pathlib
import re
import uuid
from collections.abc import Iterator

import ntnx_microseg_py_client as client
from ntnx_microseg_py_client.models.microseg.v4 import config

from loopback import serving
from shared import ROOT, schema_errors

SCHEMA = json.loads((ROOT / "targets" / "nutanix_flow" / "schema.json").read_text())
SYMBOL = re.compile(r"\{\{[^}]*\}\}")
ANY_UUID = "00000000-0000-4000-8000-000000000000"
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
KINDS = {
    "v4": {"policies": "v4Policy", "addressGroups": "v4AddressGroup"},
    "v3": {"network_security_rules": "v3Rule", "address_groups": "v3AddressGroup"},
}
MODELS = {"policies": "microseg.v4.config.NetworkSecurityPolicy", "addressGroups": "microseg.v4.config.AddressGroup"}
TASK = {
    "data": {"extId": f"ZXJnb24=:{ANY_UUID}", "$objectType": "prism.v4.config.TaskReference"},
    "$objectType": "microseg.v4.config.CreateNetworkSecurityPolicyApiResponse",
}


def filled(path: pathlib.Path) -> dict:
    """A document with an id in place of each symbol, which stands for one that only Prism knows."""
    return json.loads(SYMBOL.sub(lambda symbol: str(uuid.uuid5(uuid.NAMESPACE_URL, symbol[0])), path.read_text()))


def schema_of_target(path: pathlib.Path) -> list[str]:
    """What the target's schema has against each body of a document."""
    return schema_errors_of(filled(path), "v3" if path.name.endswith(".v3.json") else "v4")


def schema_errors_of(document: dict, api: str) -> list[str]:
    """The same of a document that was read."""
    kinds = KINDS[api]
    errors = [] if document.get(next(iter(kinds))) else ["holds no policy"]
    for key, definition in kinds.items():
        for item in document.get(key, []):
            errors += schema_errors({**SCHEMA, "$ref": f"#/$defs/{definition}"}, item)
    for item in document.get("network_security_rules", []):
        errors += twin_errors(item["spec"])
    return errors


def twin_errors(spec: dict) -> list[str]:
    """Entries of a v3 rule that say the same twice, which no schema sees."""
    errors, seen = [], set()
    for key in ("inbound_allow_list", "outbound_allow_list"):
        for at, entry in enumerate(spec["resources"]["app_rule"][key]):
            twin = key + json.dumps({name: value for name, value in entry.items() if name != "description"}, sort_keys=True)
            errors += [f"{spec['name']}/{key}/{at}: the same rule twice"] if twin in seen else []
            seen.add(twin)
    return errors


def bodies(document: dict) -> Iterator[tuple[str, dict, object]]:
    """Each body of a document with what the client makes of it."""
    reader = client.ApiClient(client.Configuration())
    for key, model in MODELS.items():
        for body in document.get(key, []):
            # The client takes apart what it reads.
            yield key, body, reader.deserialize(copy.deepcopy(body), model)


def model_errors(path: pathlib.Path) -> list[str]:
    """What the client's models have against the bodies of a document."""
    return model_errors_of(filled(path))


def model_errors_of(document: dict) -> list[str]:
    """The same of a document that was read."""
    errors = []
    for _, body, model in bodies(document):
        place = body.get("name", "a body")
        errors += walk(model, place)
        errors += rule_errors(body, place)
    return errors


def walk(model: object, place: str) -> list[str]:
    """What is wrong with a model and with the models in it."""
    if isinstance(model, list):
        return [error for at, one in enumerate(model) for error in walk(one, f"{place}/{at}")]
    if isinstance(model, dict):
        return [f"{place}: no model is for {model}"] if model else []
    if not hasattr(model, "swagger_types"):
        return []
    errors = [f"{place}: unknown field `{key}`" for key in model.get_unknown_fields() or {}]
    for attribute, kind in model.swagger_types.items():
        if attribute.startswith("_"):
            continue
        value = getattr(model, attribute)
        try:
            # The client checks a value when it is set.
            if value is not None or is_required(model, attribute):
                setattr(model, attribute, value)
        except ValueError as error:
            errors.append(f"{place}/{attribute}: {error}")
            continue
        errors += value_errors(value, kind, f"{place}/{attribute}")
    return errors


def is_required(model: object, attribute: str) -> bool:
    """Whether the client's own text says that an attribute must be there."""
    return re.search(rf":type {attribute}: required", type(model).__doc__ or "") is not None


def value_errors(value: object, kind: str, place: str) -> list[str]:
    """What is wrong with one value of a declared kind: words, ids, types, models within."""
    if value is None:
        return []
    enumeration = getattr(config, kind.rsplit(".", 1)[-1], None) if kind.startswith("microseg.v4.config.") else None
    words = words_of(enumeration)
    if words:
        return [] if value in words else [f"{place}: `{value}` is none of {sorted(words)}"]
    plain = {"str": str, "int": int, "bool": bool}.get(kind)
    if plain and type(value) is not plain:
        return [f"{place}: {value!r} is no {kind}"]
    if kind == "list[str]" and place.endswith("references"):
        return [f"{place}: `{one}` is no id" for one in value if not UUID.fullmatch(one)]
    return walk(value, place)


def words_of(module: object) -> set[str]:
    """The words of an enumeration, whose module has a class of the same name with a constant for each."""
    name = getattr(module, "__name__", "").rsplit(".", 1)[-1]
    words = getattr(module, name, module)
    constants = {key: value for key, value in vars(words).items() if key.isupper() and isinstance(value, str)} if words else {}
    return {word for key, word in constants.items() if key == word} - {"UNKNOWN", "REDACTED"}


def rule_errors(body: dict, place: str) -> list[str]:
    """What no model sees: rules and their forms, one peer, services, ports in their order, rules that are twins."""
    forms = {"INTRA_GROUP": "IntraEntityGroupRuleSpec", "APPLICATION": "ApplicationRuleSpec"}
    errors, seen = [], set()
    for at, rule in enumerate(body.get("rules", [])):
        spec, here = rule.get("spec", {}), f"{place}/rules/{at}"
        if not str(spec.get("$objectType")).endswith(f".{forms.get(rule.get('type'))}"):
            errors.append(f"{here}: a rule of type {rule.get('type')} has the form {spec.get('$objectType')}")
        if rule.get("type") == "APPLICATION":
            sides = [key for key in spec if key.startswith(("src", "dest"))]
            services = [key for key in spec if key.endswith("Services") or key == "isAllProtocolAllowed"]
            errors += [] if len(sides) == 1 else [f"{here}: the peers {sides}"]
            errors += [] if services else [f"{here}: no services"]
        for ports in spec.get("tcpServices", []) + spec.get("udpServices", []):
            if ports["startPort"] > ports["endPort"]:
                errors.append(f"{here}: the ports {ports} run backwards")
        twin = json.dumps(spec, sort_keys=True)
        errors += [f"{here}: the same rule twice"] if twin in seen else []
        seen.add(twin)
    return errors


def post_errors(path: pathlib.Path) -> list[str]:
    """Sends every body with the vendor's client, and looks at what arrives: what was written, and nothing less."""
    errors = []
    taken = []

    def answers(_: str, where: str, body: object, __: object) -> tuple[int, dict, str]:
        taken.append((where, body))
        return 202, TASK, ""

    with serving(answers) as port:
        configuration = client.Configuration()
        configuration.scheme, configuration.host, configuration.port = "http", "127.0.0.1", port
        configuration.username, configuration.password = "nobody", "nothing"
        sender = client.ApiClient(configuration, allow_version_negotiation=False)
        policies, groups = client.NetworkSecurityPoliciesApi(sender), client.AddressGroupsApi(sender)
        calls = {"policies": policies.create_network_security_policy, "addressGroups": groups.create_address_group}
        for key, body, model in bodies(filled(path)):
            try:
                calls[key](model)
            except Exception as error:  # noqa: BLE001: whatever the client raises is a refusal.
                errors.append(f"{body.get('name')}: not sent: {error!r}"[:400])
                continue
            _, arrived = taken[-1]
            if plain(arrived) != plain(body):
                errors.append(f"{body.get('name')}: another body arrives: {arrived}"[:400])
    return errors


def plain(value: object) -> object:
    """A body without what the client adds to each object."""
    if isinstance(value, dict):
        kept = {key: plain(inner) for key, inner in value.items() if key not in ("$reserved", "$unknownFields")}
        return {key: inner for key, inner in kept.items() if key != "$objectType"}
    return [plain(one) for one in value] if isinstance(value, list) else value


CHECKS = {
    "v4": {"schema": schema_of_target, "v4 client": model_errors, "sent to a server": post_errors},
    "v3": {"schema": schema_of_target},
}
