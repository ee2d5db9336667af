"""Checkov over all templates and Terraform documents, its findings held to a reviewed list.

Checkov pins packages that the other checks need in other releases, so it has an environment of its own.
"""

import json
import os
import pathlib
import subprocess

from shared import HOME, OUT

BASELINE = json.loads(pathlib.Path(__file__).with_name("checkov-baseline.json").read_text())
PROGRAM = HOME / "checkov" / "bin" / "checkov"
FRAMEWORKS = ["cloudformation", "arm", "terraform_json"]


def results() -> dict[str, list[str]]:
    """Findings that nobody reviewed, by framework, and reviewed ones that are found no more."""
    found, seen = {}, set()
    for framework in FRAMEWORKS:
        options = ["--framework", framework, "--compact", "--quiet", "--skip-download", "-o", "json"]
        command = [str(PROGRAM), "-d", str(OUT), *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LOG_LEVEL": "ERROR"})
        found[framework] = findings(ran.stdout, seen) if ran.stdout else [ran.stderr[-1000:]]
    found["reviewed findings"] = [f"{check}: nothing has this finding any more" for check in BASELINE.keys() - seen]
    return found


def findings(text: str, seen: set[str]) -> list[str]:
    """Failed checks that are not on the list, and files that checkov could not read; adds those on the list to `seen`."""
    reports = json.loads(text)
    reports = reports if isinstance(reports, list) else [reports]
    reports = [report for report in reports if "results" in report]
    if not any(report["summary"]["passed"] for report in reports):
        return ["nothing was checked"]
    errors = []
    for report in reports:
        unread = report["summary"]["parsing_errors"]
        errors += [f"{unread} files can't be read"] if unread else []
        for failed in report["results"]["failed_checks"]:
            place = f"{failed['check_id']} {failed['file_path']} {failed['resource']}"
            if is_reviewed(failed):
                seen.add(failed["check_id"])
            else:
                errors.append(f"{place}: {failed['check_name']}")
    return errors


def is_reviewed(failed: dict) -> bool:
    """Whether the list has a finding: for any resource, or for those without the arguments that would make it a true one."""
    known = BASELINE.get(failed["check_id"])
    if known is None or not known["absent"]:
        return known is not None
    path = OUT / failed["file_path"].lstrip("/")
    # Checkov names a resource of Terraform JSON by its label alone.
    label = failed["resource"].rsplit(".", 1)[-1]
    kinds = json.loads(path.read_text()).get("resource", {})
    bodies = [labelled[label] for labelled in kinds.values() if label in labelled]
    return bool(bodies) and not any(key in body for body in bodies for key in known["absent"])
