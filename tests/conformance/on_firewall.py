"""Firewall change requests: the table in a parser of CSV, each cell held to what a firewall's administrator can type."""

import csv
import ipaddress
import pathlib
import re

COLUMNS = [
    "id", "source role", "source address", "destination role", "destination address", "protocol", "ports", "starts from",
    "purpose", "rationale", "managed by", "valid until", "catalogue entry",
]  # fmt: skip
PORTS = re.compile(r"\d+(-\d+)?")
MESSAGES = re.compile(r"all|type \d+( codes? \d+(-\d+)?)?")
HOST = re.compile(r"[A-Za-z0-9*_.-]+")


def table_errors(path: pathlib.Path) -> list[str]:
    """What is wrong with a table: its shape, its addresses, its ports, lines that are twins."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file, strict=True))
    if not lines:
        return ["the table is empty"]
    header, rows = lines[0], lines[1:]
    errors = [] if header == COLUMNS else [f"the columns {header}"]
    errors += [f"line {at}: {len(row)} cells" for at, row in enumerate(rows, 2) if len(row) != len(header)]
    seen: dict[tuple[str, ...], int] = {}
    for at, row in enumerate(rows, 2):
        cells = dict(zip(header, row))
        errors += [f"line {at}: {error}" for error in row_errors(cells)]
        first = seen.setdefault(tuple(row), at)
        errors += [f"line {at}: the same as line {first}"] if first != at else []
    return errors


def row_errors(cells: dict[str, str]) -> list[str]:
    """What is wrong with one line."""
    places = (cells.get("source address", ""), cells.get("destination address", ""))
    errors = [f"`{place}` is no address" for place in places if not is_address(place)]
    protocol, ports = cells.get("protocol", ""), cells.get("ports", "")
    return errors if is_service(protocol, ports) else [*errors, f"`{ports}` are no ports of `{protocol}`"]


def is_address(text: str) -> bool:
    """A network without bits behind its prefix, or a name."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return not text[:1].isdigit() and HOST.fullmatch(text) is not None and text != "any"
    return True


def is_service(protocol: str, ports: str) -> bool:
    """Ports or messages that a protocol has."""
    if protocol in ("tcp", "udp"):
        ends = [int(end) for end in ports.split("-")] if PORTS.fullmatch(ports) else []
        return bool(ends) and ends[0] <= ends[-1] <= 65535
    if protocol in ("icmp", "icmpv6"):
        return MESSAGES.fullmatch(ports) is not None
    return re.fullmatch(r"ip/\d{1,3}", protocol) is not None and ports == "all"


CHECKS = {"csv": {"csv parser": table_errors}}
