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
    """Findings that nobody reviewed, by framework."""
    found = {}
    for framework in FRAMEWORKS:
        options = ["--framework", framework, "--compact", "--quiet", "--skip-download", "-o", "json"]
        command = [str(PROGRAM), "-d", str(OUT), *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LOG_LEVEL": "ERROR"})
        found[framework] = findings(ran.stdout) if ran.stdout else [ran.stderr[-1000:]]
    return found


def findings(text: str) -> list[str]:
    """Failed checks that are not on the list, and files that checkov could not read."""
    reports = json.loads(text)
    reports = reports if isinstance(reports, list) else [reports]
    if not any("results" in report for report in reports):
        return ["nothing was checked"]
    errors = []
    for report in reports:
        errors += [f"{path}: can't be read" for path in report["results"]["parsing_errors"]]
        for failed in report["results"]["failed_checks"]:
            place = f"{failed['check_id']} {failed['file_path']} {failed['resource']}"
            if failed["check_id"] not in BASELINE:
                errors.append(f"{place}: {failed['check_name']}")
    return errors
