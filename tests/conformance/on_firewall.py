"""Firewall change requests: the table in a parser of CSV, each cell held to what a firewall's administrator can type."""

import csv
import ipaddress
import pathlib

import re

WORDS = {"any"}
HOST = re.compile(r"[A-Za-z0-9*_.-]+")


def table_errors(path: pathlib.Path) -> list[str]:
    """What is wrong with a table: its shape, its addresses, its ports, lines that are twins."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file, strict=True))
    if not lines:
        return ["the table is empty"]
    header, rows = lines[0], lines[1:]
    errors = [f"line {at}: {len(row)} cells" for at, row in enumerate(rows, 2) if len(row) != len(header)]
    seen: dict[tuple[str, ...], int] = {}
    for at, row in enumerate(rows, 2):
        cells = dict(zip(header, row))
        errors += [f"line {at}: {error}" for error in row_errors(cells)]
        first = seen.setdefault(tuple(row), at)
        errors += [f"line {at}: the same as line {first}"] if first != at else []
    return errors


def row_errors(cells: dict[str, str]) -> list[str]:
    """What is wrong with one line."""
    errors = []
    for key in (key for key in cells if "address" in key.lower()):
        errors += [f"`{part}` is no address" for part in parts(cells[key]) if not is_address(part)]
    for key in (key for key in cells if key.lower() in ("port", "ports")):
        errors += [f"`{part}` are no ports" for part in parts(cells[key]) if not is_ports(part)]
    return errors


def parts(cell: str) -> list[str]:
    """The values of a cell."""
    return [part for part in re.split(r"[;, ]+", cell) if part]


def is_address(text: str) -> bool:
    """A network without bits behind its prefix, a host, or a word."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return text in WORDS or (not text[0].isdigit() and "/" not in text and HOST.fullmatch(text) is not None)
    return True


def is_ports(text: str) -> bool:
    """A port, a range, or a word."""
    ends = text.split("-")
    if text in WORDS or not ends[0].isdigit():
        return True
    return len(ends) <= 2 and all(end.isdigit() for end in ends) and int(ends[0]) <= int(ends[-1]) <= 65535


CHECKS = {"csv": {"csv parser": table_errors}}
