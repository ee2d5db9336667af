"""Compiles every example and generated sites, and hands each artefact to programs that segc's authors did not write.

One file a platform says who looks at its artefacts. Besides: what segc prints is held to its schemas (`outputs.py`), what was
deployed into a stand-in of EC2 and described back must equal what was compiled, the prerequisite document is read back by readers of
each format (`on_documents.py`, `on_pdf.py`), checkov's findings must be known, and
artefacts that are damaged by hand must be refused (`damage.py`), the scripts of the deploy notes must make what was compiled
(`on_steps.py`), and exports made from artefacts have the drift that was put into
them (`drift.py`). Prints one line for each check, and fails when any finds
anything, or when a tool is missing that is not on the list of optional ones.
"""

import pathlib
import shutil
import sys

import checkov_run
import damage
import drift
import on_aws
import on_azure
import on_browser
import on_documents
import on_firewall
import on_nutanix
import on_pdf
import on_steps
import on_terraform
import outputs
import sites
from shared import OUT, ROOT, SEGC, Check, Site, compiled

CHECKS = {
    spelling: checks
    for module in (on_aws, on_azure, on_nutanix, on_firewall, on_terraform)
    for spelling, checks in module.CHECKS.items()
}

# Tools that no package registry has; without them their checks are skipped, and said to be.
OPTIONAL = {
    "LibreOffice on the documents": on_documents.missing,
    "terraform with hashicorp/aws": on_terraform.missing,
    "terraform with hashicorp/azurerm": lambda: "its provider does nothing without an account",
    "terraform with nutanix/nutanix": lambda: "its provider does nothing without a server",
}


def artefact_results(site: Site) -> dict[str, list[str]]:
    """What the checks of each artefact of a site find."""
    results = {}
    for artefact in site.manifest["artifacts"]:
        for name, check in CHECKS[artefact["spelling"]].items():
            results[f"{artefact['path']} ({name})"] = guarded(check, site.folder / artefact["path"])
    for calls in site.artefacts("api"):
        template = calls.with_name("security-groups.cloudformation.json")
        results[f"{calls.parent.name}: two spellings"] = on_aws.spellings_agree(template, calls)
    return results


def guarded(check: Check, path: pathlib.Path) -> list[str]:
    """What a check finds; a document that a check can't go on with is wrong too."""
    try:
        return check(path)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"the check can't go on: {error!r}"]


class Report:
    """Counts results and prints them as they come."""

    def __init__(self) -> None:
        self.checked = self.failed = 0

    def add(self, group: str, results: dict[str, list[str]]) -> None:
        """Prints the results of a group; a group without any fails."""
        for name, errors in (results or {"nothing": ["nothing was checked"]}).items():
            self.checked += 1
            self.failed += bool(errors)
            print(f"{'FAILED' if errors else 'ok    '} {group}/{name}", flush=True)
            for error in errors:
                print(f"       {error}")


def main() -> int:
    """Checks everything; 1 when anything has an error."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    report = Report()
    report.add("data", outputs.data_errors())
    report.add("catalogue", outputs.catalogue_outputs())
    report.add("hostile", outputs.hostile_results())
    examples = [compiled(source, source.parent.name) for source in sorted(ROOT.glob("examples/*/site.seg"))]
    generated = [compiled(source, source.parent.name) for source in sites.written(OUT.parent / "sites")]
    report.add("comparisons", outputs.comparison_results(examples))
    report.add("fleet", outputs.fleet_results(examples))
    report.add("drift", drift.results(SEGC, outputs.answer_errors, [site.source for site in generated]))
    for site in examples:
        report.add(site.name, outputs.outputs(site))
        report.add(f"{site.name}/document", on_documents.results(site))
    report.add("deploy scripts", on_steps.results(examples))
    report.add("pdf", on_pdf.results([site.source for site in examples]))
    report.add("browser", on_browser.results(examples))
    for site in examples + generated:
        report.add(site.name, artefact_results(site))
    report.add("checkov", checkov_run.results())
    report.add("damaged", damage.results(examples, CHECKS, guarded))
    if on_terraform.missing() is None:
        report.add("terraform", on_terraform.deployed(examples + generated))
    for tool, missing in OPTIONAL.items():
        if missing():
            print(f"not run: {tool}: {missing()}")
    print(f"{report.checked - report.failed} passed, {report.failed} failed")
    return 1 if report.failed or not report.checked else 0


if __name__ == "__main__":
    sys.exit(main())
