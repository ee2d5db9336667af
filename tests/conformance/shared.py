"""What the checks of all platforms use: where things are, how segc is run, JSON Schema, and artefacts as files."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target" / "conformance"
OUT = HOME / "out"
SEGC = ROOT / "target" / "debug" / "segc"

# A check of one artefact: a file in, what is wrong with it out.
Check = Callable[[pathlib.Path], list[str]]


@dataclasses.dataclass(frozen=True)
class Site:
    """A compiled site."""

    name: str
    source: pathlib.Path
    folder: pathlib.Path
    manifest: dict

    def artefacts(self, spelling: str) -> list[pathlib.Path]:
        """Its files of one spelling."""
        return [self.folder / one["path"] for one in self.manifest["artifacts"] if one["spelling"] == spelling]


def compiled(source: pathlib.Path, name: str) -> Site:
    """Compiles one site into a folder of its own, without its lock."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    lock = OUT / f"{name}.lock"
    lock.unlink(missing_ok=True)
    command = [SEGC, "compile", source, "-o", folder, "--quiet", "--lock", lock]
    subprocess.run([str(word) for word in command], check=True)
    return Site(name, source, folder, json.loads((folder / "manifest.json").read_text()))


def printed_text(command: str, *arguments: object) -> str:
    """What a command of segc prints."""
    words = [str(SEGC), *command.split(), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False).stdout


def printed(command: str, *arguments: object) -> object:
    """The JSON that a command of segc prints."""
    return json.loads(printed_text(command, *arguments, "--format", "json"))


def schema_errors(schema: dict, document: object) -> list[str]:
    """What a schema has against a document, with the place."""
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def program_errors(program: str, *arguments: object) -> list[str]:
    """What a program of this environment says when it fails."""
    path = pathlib.Path(sys.executable).with_name(program)
    command = [str(path), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if result.returncode == 0 else [result.stdout + result.stderr]
