"""Gives one policy to aerleon and to segc, and prints what each took and the ratio.

Usage: compare.py FOLDER ACLGEN SEGC; `FOLDER` has `site.seg` and the same terms as `intents.json`. Each program runs three times,
and the smallest processor time of its whole process counts. Both write one list of rules; segc also proves it, and writes the
manifest. Fails when segc is not 50 times as fast.
"""

import json
import pathlib
import resource
import subprocess
import sys

ROUNDS = 3
# Design, section 9, and the wish of its issue.
LEAST_RATIO = 50


def policy(folder: pathlib.Path) -> list[str]:
    """Writes the terms as a policy of aerleon. The arguments that compile it."""
    terms = json.loads((folder / "intents.json").read_text())
    for name in ("definitions", "policies", "lists"):
        (folder / name).mkdir()
    networks = [f"  R{at}:\n    values:\n    - address: {net}\n" for at, net in enumerate(terms["networks"])]
    ports = sorted({port for _, _, port in terms["intents"]})
    services = [f"  P{port}:\n  - protocol: tcp\n    port: {port}\n" for port in ports]
    definitions = "networks:\n" + "".join(networks) + "services:\n" + "".join(services)
    (folder / "definitions" / "all.yaml").write_text(definitions)
    lines = [
        f"  - name: a{at}\n    comment: Reason {at}\n    source-address: R{from_}\n    destination-address: R{to}\n"
        f"    protocol: tcp\n    destination-port: P{port}\n    action: accept\n"
        for at, (from_, to, port) in enumerate(terms["intents"])
    ]
    header = "filters:\n- header:\n    targets:\n      cisco: bench extended\n  terms:\n"
    (folder / "policies" / "bench.yaml").write_text(header + "".join(lines))
    flags = {"policy_file": "policies/bench.yaml", "base_directory": "policies", "definitions_directory": "definitions"}
    flags["output_directory"] = "lists"
    return [word for key, value in flags.items() for word in (f"--{key}", str(folder / value))]


def seconds(words: list[str]) -> float:
    """Processor time of a process, with that of the system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> int:
    """1 when the ratio is too small."""
    folder, aclgen, segc = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    flags = policy(folder)
    peer = min(seconds([aclgen, *flags]) for _ in range(ROUNDS))
    written = (folder / "lists" / "bench.acl").read_text().count(" permit ")
    own = min(seconds([segc, "compile", str(folder / "site.seg"), "-o", str(folder / "out"), "--quiet"]) for _ in range(ROUNDS))
    terms = len(json.loads((folder / "intents.json").read_text())["intents"])
    print(f"{terms} terms: aerleon {peer:.2f} s, segc {own:.3f} s, ratio {peer / own:.0f} (at least {LEAST_RATIO})")
    if written < terms:
        print(f"aerleon wrote {written} rules only")
    return 0 if peer / own >= LEAST_RATIO and written >= terms else 1


if __name__ == "__main__":
    sys.exit(main())
