"""Checks of what segc prints: JSON against the schemas in src/cli/schemas, reports by parsers, the catalogue's data."""

import json
import pathlib

import yaml

import reports
from shared import OUT, ROOT, Site, printed, printed_text, schema_errors

SCHEMAS = ROOT / "src" / "cli" / "schemas"
DATA = ROOT / "src" / "catalogue" / "data"


def address_of(manifest: dict) -> str:
    """The first address of a role of a site."""
    ranges = [net for role in manifest["roles"].values() for net in role["addresses"]]
    return ranges[0].split("/")[0]


def output_errors(command: str, *arguments: object) -> list[str]:
    """What the schema of a command's JSON output has against what the command prints."""
    schema = SCHEMAS / f"{command.replace(' ', '-')}.schema.json"
    return schema_errors(json.loads(schema.read_text()), printed(command, *arguments))


def outputs(site: Site) -> dict[str, list[str]]:
    """The errors of every JSON output of one site, by name."""
    source, manifest = site.source, site.manifest
    roles = sorted(manifest["roles"])
    schema = json.loads((SCHEMAS / "manifest.schema.json").read_text())
    cases = source.with_name("cases.yaml")
    return {
        "manifest.json": schema_errors(schema, manifest),
        "check": output_errors("check", source),
        "test": output_errors("test", source, *(["--cases", cases] if cases.exists() else [])),
        "why": output_errors("why", source, roles[0], roles[-1], "tcp/443", "--level", "artefact"),
        "why address": output_errors("why", source, address_of(manifest), roles[-1], "any"),
        "reach": output_errors("reach", source, roles[0], "--level", "artefact"),
        "matrix": output_errors("matrix", source, "--level", "artefact"),
        "search": output_errors("search", source, "--level", "artefact"),
        "search widened": output_errors("search", source, "--verdict", "widened"),
        "search forbidden": output_errors("search", source, "--verdict", "forbidden", "--limit", "5"),
        "diff": output_errors("diff", source, "--catalogue", "legacy..2026.11"),
        "explain": output_errors("explain", "SEG6002"),
        "prereq": output_errors("prereq", source, "-o", OUT / "prereq" / site.name, "--format", "csv"),
        **report_outputs(source),
    }


def report_outputs(source) -> dict[str, list[str]]:
    """The errors of the reports of one site for CI and auditors."""
    cases = ["--cases", source.with_name("cases.yaml")] if source.with_name("cases.yaml").exists() else []
    junit = printed_text("test", source, *cases, "--format", "junit")
    page = printed_text("test", source, *cases, "--format", "html")
    return {
        "sarif": reports.sarif_errors(printed_text("check", source, "--format", "sarif")),
        "junit": reports.junit_errors(junit, printed("test", source, *cases)),
        "html": reports.html_errors(page),
    }


def hostile_results() -> dict[str, list[str]]:
    """The errors of the reports of a site whose texts try to leave their places, and of one that does not compile."""
    folder = OUT / "hostile"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "site.seg"
    source.write_text(reports.HOSTILE_SITE, encoding="utf-8")
    source.with_name("cases.yaml").write_text(reports.HOSTILE_CASES, encoding="utf-8")
    broken = folder / "broken ü.seg"
    broken.write_text(reports.HOSTILE_SITE + "role x : vdaa { }\n", encoding="utf-8")
    results = report_outputs(source)
    results["test"] = output_errors("test", source, "--cases", source.with_name("cases.yaml"))
    for name, path in (("sarif of a mistake", broken), ("sarif of nothing", folder / "absent.seg")):
        results[name] = reports.sarif_errors(printed_text("check", path, "--format", "sarif"))
    refused = printed_text("test", broken, "--format", "junit")
    results["junit of a mistake"] = reports.junit_errors(refused, printed("test", broken))
    return results


def diff_outputs(before: pathlib.Path, after: pathlib.Path) -> dict[str, list[str]]:
    """The errors of the forms of one comparison."""
    answer = printed("diff", before, after)
    return {
        "diff json": output_errors("diff", before, after),
        "diff csv": reports.request_errors(printed_text("diff", before, after, "--format", "csv"), answer),
        "diff html": reports.html_errors(printed_text("diff", before, after, "--format", "html")),
    }


def comparison_results(examples: list[Site]) -> dict[str, list[str]]:
    """The errors of comparisons: two releases, both ways round, by file and by manifest, and hostile texts."""
    sites = [site for site in examples if site.name.startswith("three-platforms-r")]
    releases = [site.source for site in sites]
    hostile = OUT / "hostile" / "later.seg"
    added = f'allow later: users -> web : tcp/8443 because "{reports.HOSTILE_TEXT}"\n'
    hostile.write_text(reports.HOSTILE_SITE.replace("forbid broken", added + "forbid broken"), encoding="utf-8")
    pairs = {
        "files": releases,
        "reverse": releases[::-1],
        "manifests": [site.folder / "manifest.json" for site in sites],
        "hostile": [hostile.with_name("site.seg"), hostile],
        "nothing": releases[:1] * 2,
    }
    results = {}
    for name, (before, after) in pairs.items():
        results |= {f"{name}: {form}": errors for form, errors in diff_outputs(before, after).items()}
    return results


def catalogue_outputs() -> dict[str, list[str]]:
    """The errors of the JSON of `segc catalogue`: whole, each section alone, and some entries of each kind."""
    results = {"list": output_errors("catalogue list"), "diff": output_errors("catalogue diff", "legacy", "2026.11")}
    for section, entries in printed("catalogue list").items():
        if section == "release":
            continue
        if section != "permission_sets":
            results[f"list {section}"] = output_errors("catalogue list", section)
        for entry in entries[:: max(1, len(entries) // 5)]:
            name = entry.get("id", entry.get("name"))
            results[f"show {name}"] = output_errors("catalogue show", name)
    return results


def data_errors() -> dict[str, list[str]]:
    """What the schema of the catalogue's files has against each of them."""
    schema = json.loads((DATA / "catalogue.schema.json").read_text())
    files = sorted(DATA.rglob("*.yaml"))
    return {str(path.relative_to(DATA)): schema_errors(schema, yaml.safe_load(path.read_text())) for path in files}
