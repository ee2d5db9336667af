"""The prerequisite document as people see it: opened in headless Chromium, on a wide, a small and a dark screen.

`browser/document.mjs` says what is looked at: content against the JSON of the same document, search, sorting and filters by
keyboard, what axe finds, text that is cut, and that nothing is asked of a network. The browser comes as a pinned package with its
libraries, so no machine needs one.
"""

import json
import os
import pathlib
import shutil
import subprocess

from shared import HOME, OUT, ROOT, Site, printed_text

BROWSER = HOME / "browser"
SCRIPT = "document.mjs"
# Longest run of the browser, in seconds.
LONGEST = 1200
# Without fonts of its own the browser waits for the machine's at each form control.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""


def written(site: Site, folder: pathlib.Path) -> dict[str, str]:
    """A site's document as a page and as JSON."""
    out = folder / site.name
    content = out.with_suffix(".json")
    out.mkdir(parents=True)
    answer = printed_text("prereq", site.source, "-o", out, "--format", "html,json")
    content.write_text(answer, encoding="utf-8")
    return {"name": site.name, "page": str(out / "prerequisites.html"), "content": str(content)}


def results(sites: list[Site]) -> dict[str, list[str]]:
    """What is wrong with the documents of some sites, by document and check."""
    folder = OUT / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked = folder / "unpacked"
    unpacked.mkdir(parents=True)
    documents = folder / "documents.json"
    documents.write_text(json.dumps([written(site, folder) for site in sites]))
    shutil.copy(ROOT / "tests" / "conformance" / "browser" / SCRIPT, BROWSER / SCRIPT)
    # The package unpacks its own libraries only where this says that the machine has none.
    fonts = unpacked / "fonts.conf"
    fonts.write_text(FONTS.format(folder=unpacked))
    environment = {"FONTCONFIG_FILE": str(fonts), "AWS_LAMBDA_JS_RUNTIME": "nodejs20.x", "TMPDIR": str(unpacked), "HOME": str(unpacked)}
    command = ["node", str(BROWSER / SCRIPT), str(documents)]
    ran = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=os.environ | environment, timeout=LONGEST, check=False
    )
    if ran.returncode:
        return {"browser": [ran.stderr[-2000:]]}
    return json.loads(ran.stdout)
