"""Compiles every example and hands each artefact to a checker that segc's authors did not write.

CloudFormation goes to cfn-lint; ARM templates and Nutanix Flow documents to JSON Schemas of the targets; the manifest
and the JSON of the other commands to the schemas in src/cli/schemas; SARIF to the schema of its standard; JUnit and
HTML reports to parsers, hostile texts included; the catalogue's YAML files to the schema beside them. Prints one line
for each and fails when any of them finds anything.
"""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

import reports

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "target" / "conformance" / "out"
SEGC = ROOT / "target" / "debug" / "segc"
AZURE_SCHEMA = ROOT / "targets" / "azure_nsg" / "schema.json"
NUTANIX_SCHEMA = ROOT / "targets" / "nutanix_flow" / "schema.json"
OUTPUT_SCHEMAS = ROOT / "src" / "cli" / "schemas"
DATA = ROOT / "src" / "catalogue" / "data"
SYMBOL = re.compile(r"\{\{[^}]*\}\}")
ANY_UUID = "00000000-0000-4000-8000-000000000000"


def compile_example(site: pathlib.Path) -> pathlib.Path:
    """Compiles one site into a folder of its own, without a lock, and gives the folder."""
    folder = OUT / site.parent.name
    command = [SEGC, "compile", site, "-o", folder, "--quiet", "--lock", OUT / f"{site.parent.name}.lock"]
    subprocess.run([str(word) for word in command], check=True)
    return folder


def schema_errors(schema: dict, document: object) -> list[str]:
    """What a schema has against a document, with the place."""
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def nutanix_errors(text: str, spelling: str) -> list[str]:
    """Checks every policy and group of a Flow document; symbols stand for ids that only Prism knows."""
    schema = json.loads(NUTANIX_SCHEMA.read_text())
    document = json.loads(SYMBOL.sub(ANY_UUID, text))
    kinds = {
        "v4": {"policies": "v4Policy", "addressGroups": "v4AddressGroup"},
        "v3": {"network_security_rules": "v3Rule", "address_groups": "v3AddressGroup"},
    }[spelling]
    errors = []
    for key, definition in kinds.items():
        for item in document.get(key, []):
            errors += schema_errors({**schema, "$ref": f"#/$defs/{definition}"}, item)
    if not document.get(next(iter(kinds))):
        errors.append("holds no policy")
    return errors


def cfn_lint_errors(path: pathlib.Path) -> list[str]:
    """What cfn-lint says of a template, warnings included."""
    program = pathlib.Path(sys.executable).with_name("cfn-lint")
    command = [str(program), "--non-zero-exit-code", "warning", "-t", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if result.returncode == 0 else [result.stdout + result.stderr]


def artefact_errors(path: pathlib.Path, spelling: str) -> list[str] | None:
    """The errors of one artefact; None where no outside checker knows its form."""
    if spelling == "cloudformation":
        return cfn_lint_errors(path)
    if spelling == "arm":
        return schema_errors(json.loads(AZURE_SCHEMA.read_text()), json.loads(path.read_text()))
    if spelling in ("v3", "v4"):
        return nutanix_errors(path.read_text(), spelling)
    return None


def printed_text(command: str, *arguments: object) -> str:
    """What a command prints."""
    words = [str(SEGC), *command.split(), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False).stdout


def printed(command: str, *arguments: object) -> object:
    """The JSON that a command prints."""
    return json.loads(printed_text(command, *arguments, "--format", "json"))


def address_of(manifest: dict) -> str:
    """The first address of a role of a site."""
    ranges = [net for role in manifest["roles"].values() for net in role["addresses"]]
    return ranges[0].split("/")[0]


def output_errors(command: str, *arguments: object) -> list[str]:
    """What the schema of a command's JSON output has against what the command prints."""
    schema = OUTPUT_SCHEMAS / f"{command.replace(' ', '-')}.schema.json"
    return schema_errors(json.loads(schema.read_text()), printed(command, *arguments))


def outputs(site: pathlib.Path, manifest: dict) -> dict[str, list[str]]:
    """The errors of every JSON output of one site, by name."""
    roles = sorted(manifest["roles"])
    schema = json.loads((OUTPUT_SCHEMAS / "manifest.schema.json").read_text())
    return {
        "manifest.json": schema_errors(schema, manifest),
        "check": output_errors("check", site),
        "test": output_errors("test", site, "--cases", site.with_name("cases.yaml")),
        "why": output_errors("why", site, roles[0], roles[-1], "tcp/443", "--level", "artefact"),
        "why address": output_errors("why", site, address_of(manifest), roles[-1], "any"),
        "reach": output_errors("reach", site, roles[0], "--level", "artefact"),
        "matrix": output_errors("matrix", site, "--level", "artefact"),
        "search": output_errors("search", site, "--level", "artefact"),
        "search widened": output_errors("search", site, "--verdict", "widened"),
        "search forbidden": output_errors("search", site, "--verdict", "forbidden", "--limit", "5"),
        "diff": output_errors("diff", site, "--catalogue", "legacy..2026.11"),
        "explain": output_errors("explain", "SEG6002"),
        **report_outputs(site),
    }


def report_outputs(site: pathlib.Path) -> dict[str, list[str]]:
    """The errors of the reports of one site for CI and auditors."""
    cases = ["--cases", site.with_name("cases.yaml")] if site.with_name("cases.yaml").exists() else []
    junit = printed_text("test", site, *cases, "--format", "junit")
    page = printed_text("test", site, *cases, "--format", "html")
    return {
        "sarif": reports.sarif_errors(printed_text("check", site, "--format", "sarif")),
        "junit": reports.junit_errors(junit, printed("test", site, *cases)),
        "html": reports.html_errors(page),
    }


def hostile_results() -> dict[str, list[str]]:
    """The errors of the reports of a site whose texts try to leave their places, and of one that does not compile."""
    folder = OUT / "hostile"
    folder.mkdir(parents=True, exist_ok=True)
    site = folder / "site.seg"
    site.write_text(reports.HOSTILE_SITE, encoding="utf-8")
    site.with_name("cases.yaml").write_text(reports.HOSTILE_CASES, encoding="utf-8")
    broken = folder / "broken ü.seg"
    broken.write_text(reports.HOSTILE_SITE + "role x : vdaa { }\n", encoding="utf-8")
    results = report_outputs(site)
    results["test"] = output_errors("test", site, "--cases", site.with_name("cases.yaml"))
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


def comparison_results() -> dict[str, list[str]]:
    """The errors of comparisons: two releases, both ways round, by file and by manifest, and hostile texts."""
    releases = [ROOT / "examples" / f"three-platforms-r{number}" / "site.seg" for number in (1, 2)]
    manifests = [compile_example(site) / "manifest.json" for site in releases]
    hostile = OUT / "hostile" / "later.seg"
    added = f'allow later: users -> web : tcp/8443 because "{reports.HOSTILE_TEXT}"\n'
    hostile.write_text(reports.HOSTILE_SITE.replace("forbid broken", added + "forbid broken"), encoding="utf-8")
    pairs = {
        "files": releases,
        "reverse": releases[::-1],
        "manifests": manifests,
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


def example_results(site: pathlib.Path) -> dict[str, list[str]]:
    """The errors of everything that one example gives."""
    folder = compile_example(site)
    manifest = json.loads((folder / "manifest.json").read_text())
    results = outputs(site, manifest)
    for artefact in manifest["artifacts"]:
        errors = artefact_errors(folder / artefact["path"], artefact["spelling"])
        if errors is not None:
            results[artefact["path"]] = errors
    return results


def main() -> int:
    """Checks the catalogue and all examples; 1 when anything has an error."""
    groups = {"data": data_errors(), "catalogue": catalogue_outputs(), "hostile": hostile_results()}
    groups["comparisons"] = comparison_results()
    for site in sorted(ROOT.glob("examples/*/site.seg")):
        groups[site.parent.name] = example_results(site)
    failed = checked = 0
    for group, results in groups.items():
        failed += not results
        for name, errors in results.items():
            checked += 1
            failed += bool(errors)
            print(f"{'FAILED' if errors else 'ok    '} {group}/{name}")
            for error in errors:
                print(f"       {error}")
    print(f"{checked - failed} passed, {failed} failed")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
