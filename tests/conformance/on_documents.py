"""The prerequisite document: CSV, XLSX and DOCX read back by readers of others, and opened by LibreOffice where it is there.

Each format must have every table with the ids of its rows, as the JSON of the same run says them.
"""

import csv
import json
import pathlib
import shutil
import subprocess

import docx
import openpyxl

from shared import OUT, Site, printed_text

# Sheets to one file each, comma, quotes, UTF-8.
SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def missing() -> str | None:
    """Why LibreOffice can't be asked."""
    return None if shutil.which("soffice") else "soffice absent"


def wanted(answer: dict) -> dict[str, list[str]]:
    """The ids of the rows by table."""
    blocks = [block for section in answer["document"]["sections"] for block in section["blocks"]]
    return {block["id"]: [row["id"] for row in block["rows"]] for block in blocks if block["block"] == "table"}


def not_there(tables: dict[str, list[str]], words: set[str]) -> list[str]:
    """Rows whose id is nowhere."""
    return [f"{table}: no row `{row}`" for table, rows in tables.items() for row in rows if row not in words]


def csv_errors(tables: dict[str, list[str]], folder: pathlib.Path) -> list[str]:
    """What a CSV parser has against the tables: rows of other lengths, other ids, tables without a file."""
    errors = []
    for table, rows in tables.items():
        path = folder / f"{table}.csv"
        if not path.exists():
            errors.append(f"{table}: no file")
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *found = csv.reader(file, strict=True)
        errors += [f"{table}: a row of {len(row)} cells" for row in found if len(row) != len(header)]
        if [row[0] for row in found] != rows:
            errors.append(f"{table}: rows {[row[0] for row in found][:5]}... in place of {rows[:5]}...")
    return errors


def xlsx_errors(tables: dict[str, list[str]], path: pathlib.Path) -> list[str]:
    """What a reader of XLSX has against the workbook: rows that are missing, and cells that run."""
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    runs = [f"{cell.parent.title}!{cell.coordinate} is a formula" for cell in cells if cell.data_type == "f"]
    return runs + not_there(tables, {str(cell.value) for cell in cells})


def docx_errors(tables: dict[str, list[str]], path: pathlib.Path) -> list[str]:
    """Rows that a reader of DOCX does not find in the document's tables."""
    document = docx.Document(str(path))
    words: set[str] = set()
    for table in document.tables:
        # By the elements, because the reader builds a row anew for each cell that is asked for.
        for cell in table._tbl.iter_tcs():
            words.update(part for text in cell.itertext() for part in (text, *text.split()))
    return not_there(tables, words)


def office_errors(tables: dict[str, list[str]], folder: pathlib.Path) -> list[str]:
    """What LibreOffice does not find in the two files."""
    profile = f"-env:UserInstallation=file://{(OUT / 'office').resolve()}"
    for name, form in (("prerequisites.docx", "txt:Text (encoded):UTF8"), ("prerequisites.xlsx", SHEETS)):
        out = folder / "opened" / name
        command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(out), str(folder / name)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        opened = sorted(out.glob("*"))
        if ran.returncode or not opened:
            return [f"{name}: not opened: {ran.stderr[:300]}"]
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in opened)
        errors = not_there(tables, set(text.replace('"', " ").replace(",", " ").split()))
        if errors:
            return [f"{name}: {error}" for error in errors]
    return []


def results(site: Site) -> dict[str, list[str]]:
    """The errors of the document of one site, by format."""
    folder = OUT / "documents" / site.name
    shutil.rmtree(folder, ignore_errors=True)
    tables = wanted(json.loads(printed_text("prereq", site.source, "-o", folder, "--format", "csv,docx,xlsx,json")))
    found = {
        "csv": csv_errors(tables, folder / "prerequisites-tables"),
        "xlsx": xlsx_errors(tables, folder / "prerequisites.xlsx"),
        "docx": docx_errors(tables, folder / "prerequisites.docx"),
    }
    return found if missing() else found | {"libreoffice": office_errors(tables, folder)}
