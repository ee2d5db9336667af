"""The prerequisite document as PDF, read back by the engine of a browser from the tags that screen readers use.

The tags say which words are the cells of which row of which table, so ids, counts and cells are held against the JSON of the same
run, and section titles against the bookmarks. A document that is damaged on purpose must be found out (`damaged`).
"""

import collections
import copy
import ctypes
import dataclasses
import json
import pathlib
import re
import shutil
import unicodedata

import pypdfium2
import pypdfium2.raw as pdfium

from reports import HOSTILE_TEXT
from shared import OUT, ROOT, printed_text

# A character that the page shows by its number.
NUMBERED = re.compile(r"\[U\+([0-9A-F]{4,6})\]")
# What a reader may lose: dashes at the end of a line, joiners, selectors of a look, pictograms.
NOT_SHOWN = ("Cf", "Cc", "Cn", "Pd", "Mn", "So")
# What is turned round among letters that are read from the right.
MIRRORED = str.maketrans(")[]{}<>", "(((((((")
TEAMS = ("firewall", "directory", "cloud", "proxy", "citrix")
# What breaks lines, pages and programs, in every place where a site has text.
LONG = "x" * 300
HOSTILE = f"{HOSTILE_TEXT} =cmd|'/C calc'!A0 a|b `tick` #eval(1) $x$ {LONG}"
HOSTILE_SITE = f"""
site "{HOSTILE}" {{ customer = "{HOSTILE}" release = "{HOSTILE}" owner = "=1+1" ticket = "@SUM(A1)" effective = 2026-01-10 }}
platform aws cloud {{ vpc = "{HOSTILE}" }}
segment inside on cloud {{ cidr = 10.0.0.0/24 }}
role web : windows-server on inside {{ owner = "+{HOSTILE}" }}
role users : client {{ cidr = 10.9.0.0/16, 2001:db8::/32 managed-by = "{LONG}" }}
role six : windows-server {{ cidr = 10.8.0.0/16, 2001:db8:1::/48 }}
allow front: users -> web : tcp/443 because "{HOSTILE}"
allow both: users -> six : tcp/443 because "-{HOSTILE}"
forbid no-rdp: users -> web : tcp/3389 because "{HOSTILE}" enforced-by config
need account "{HOSTILE}" {{ owner = "{HOSTILE}" detail = "{HOSTILE}" due = 2026-01-01 }}
need proxy "=1" {{ owner = "-1" }}
"""


@dataclasses.dataclass
class Row:
    """Words of the cells of a row, what stands below it included; a row that a page cuts is one."""

    cells: list[str]
    is_cut: bool = False


@dataclasses.dataclass
class Table:
    """A table as its tags say it."""

    caption: str
    rows: list[Row]


def bare(words: str) -> str:
    """Words without what a line break may take or add (a reader takes a hyphen there for a part of a broken word), and with the
    characters that stand by their number."""
    words = NUMBERED.sub(lambda found: chr(int(found[1], 16)), words)
    words = unicodedata.normalize("NFKC", words)
    return "".join(letter for letter in words if not letter.isspace() and unicodedata.category(letter) not in NOT_SHOWN)


def is_turned(words: str) -> bool:
    """True where letters are read from the right, so that a page has them in another order."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words)


def is_on(words: str, shown: str, is_cut: bool) -> bool:
    """True where a page shows some words; their letters in any order where the page can't have them in one piece."""
    if not is_cut and not is_turned(words):
        return words in shown
    wanted, found = (collections.Counter(text.translate(MIRRORED)) for text in (words, shown))
    return wanted <= found


class Page:
    """One page: its tags and the words of each."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        # Both must outlive the tree.
        self.page, self.text = page, page.get_textpage()
        self.words: dict[int, str] = collections.defaultdict(str)
        for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=8):
            mark = pdfium.FPDFPageObj_GetMarkedContentID(piece.raw)
            self.words[mark] += self.words_of(piece)
        self.tree = pdfium.FPDF_StructTree_GetForPage(page.raw)

    def words_of(self, piece: pypdfium2.PdfObject) -> str:
        """The words of one object of text."""
        size = pdfium.FPDFTextObj_GetText(piece.raw, self.text.raw, None, 0)
        buffer = (ctypes.c_ushort * (size // 2 + 1))()
        pdfium.FPDFTextObj_GetText(piece.raw, self.text.raw, buffer, size)
        return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", errors="replace")

    def roots(self) -> list:
        """The outermost tags."""
        count = pdfium.FPDF_StructTree_CountChildren(self.tree)
        return [pdfium.FPDF_StructTree_GetChildAtIndex(self.tree, at) for at in range(count)]

    def inside(self, tag: object) -> str:
        """All words inside of a tag, in order."""
        words = ""
        for at in range(pdfium.FPDF_StructElement_CountChildren(tag)):
            child = pdfium.FPDF_StructElement_GetChildAtIndex(tag, at)
            if child:
                words += self.inside(child)
            else:
                words += self.words.get(pdfium.FPDF_StructElement_GetChildMarkedContentID(tag, at), "")
        return words


def kind(tag: object) -> str:
    """What a tag is."""
    size = pdfium.FPDF_StructElement_GetType(tag, None, 0)
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDF_StructElement_GetType(tag, buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le")


def children(tag: object) -> list:
    """The tags inside of a tag."""
    count = pdfium.FPDF_StructElement_CountChildren(tag)
    found = (pdfium.FPDF_StructElement_GetChildAtIndex(tag, at) for at in range(count))
    return [child for child in found if child]


def collect(page: Page, tag: object, tables: list[Table], captions: list[str]) -> None:
    """Appends the tables below a tag, each with the caption that waits for it; one without heading goes on from the page before."""
    name = kind(tag)
    if name == "Caption":
        captions += [words for words in [page.inside(tag)] if words.startswith("Table")]
    elif name == "Table":
        groups = children(tag)
        goes_on = not any(kind(group) == "THead" for group in groups)
        if not goes_on:
            tables.append(Table(captions.pop() if captions else "", []))
        rows = [row for group in groups if kind(group) == "TBody" for row in children(group)]
        for at, row in enumerate(rows):
            add_row(tables[-1].rows, [page.inside(cell) for cell in children(row)], goes_on and at == 0)
    else:
        for child in children(tag):
            collect(page, child, tables, captions)


def add_row(rows: list[Row], cells: list[str], is_first: bool) -> None:
    """Adds a row, or what belongs to the row above: words below it, and the rest of one that the page cut."""
    if rows and len(cells) == 1:
        rows[-1].cells += cells
        rows[-1].is_cut |= is_first
    elif rows and is_first and not bare(cells[0]):
        rows[-1].cells += cells
        rows[-1].is_cut = True
    else:
        rows.append(Row(cells))


def read(path: pathlib.Path) -> tuple[list[str], list[Table], str]:
    """Titles of sections, tables, and all words of a document."""
    document = pypdfium2.PdfDocument(path)
    tables: list[Table] = []
    captions: list[str] = []
    words = ""
    for number in range(len(document)):
        page = Page(document[number])
        if not page.text.count_chars():
            words += f"EMPTY PAGE {number + 1}"
        words += page.text.get_text_bounded()
        for root in page.roots():
            collect(page, root, tables, captions)
    titles = [mark.get_title() for mark in document.get_toc() if mark.level == 0]
    # Without the number of the section.
    return [title.split(" ", 1)[-1] for title in titles], tables, words


def said(words: list[dict]) -> str:
    """The words of a text of the JSON."""
    return "".join(part["words"] for part in words)


def row_errors(table: str, wanted: dict, found: Row) -> list[str]:
    """Cells of a row whose words are not on the page."""
    shown = bare("\n".join(found.cells))
    lost = {column: cell for column, cell in wanted["cells"].items() if not is_on(bare(cell), shown, found.is_cut)}
    return [f"{table}: `{column}` of `{wanted['id']}` is not there: {cell[:60]!r} in {shown[:200]!r}" for column, cell in lost.items()]


def is_id(wanted: str, found: str) -> bool:
    """True where two ids are the same."""
    return len(wanted) == len(found) and is_on(wanted, found, is_cut=False)


def table_errors(wanted: dict, found: Table) -> list[str]:
    """What differs between a table and its content."""
    name, rows = wanted["id"], found.rows
    if not wanted["rows"]:
        # One cell says that there are none.
        return [] if [len(row.cells) for row in rows] == [1] else [f"{name}: {len(rows)} rows in place of none"]
    ids = [bare(row.cells[0]) for row in rows]
    expected = [bare(row["id"]) for row in wanted["rows"]]
    if len(ids) != len(expected) or not all(map(is_id, expected, ids)):
        return [f"{name}: {len(ids)} rows {ids[:5]}... in place of {len(expected)} {expected[:5]}..."]
    if not is_on(bare(said(wanted["caption"])), bare(found.caption), is_cut=False):
        return [f"{name}: the caption is {found.caption!r}"]
    return [error for one, row in zip(wanted["rows"], rows, strict=True) for error in row_errors(name, one, row)]


def errors(document: dict, path: pathlib.Path) -> list[str]:
    """What differs between a PDF and the JSON of the same document."""
    titles, tables, words = read(path)
    sections = document["sections"]
    wanted = [block for section in sections for block in section["blocks"] if block["block"] == "table"]
    names = {block["id"] for block in wanted}
    # Checklists and signatures are tables too, without a caption.
    found = [table for table in tables if table.caption]
    problems = [f"page {number} is empty" for number in re.findall(r"EMPTY PAGE (\d+)", words)]
    if [bare(title) for title in titles] != [bare(section["title"]) for section in sections]:
        problems.append(f"the bookmarks are {titles}")
    if len(found) != len(wanted):
        return [*problems, f"{len(found)} tables in place of {len(wanted)}: {sorted(names)}"]
    for one, table in zip(wanted, found, strict=True):
        problems += table_errors(one, table)
    return problems


def written(source: pathlib.Path, folder: pathlib.Path, *more: object) -> tuple[dict, pathlib.Path]:
    """A site's document as JSON and as PDF."""
    shutil.rmtree(folder, ignore_errors=True)
    answer = json.loads(printed_text("prereq", source, "-o", folder, "--format", "pdf,json", *more))
    pages = next(one["path"] for one in answer["files"] if one["format"] == "pdf")
    return answer["document"], folder / pages


def damaged(document: dict, path: pathlib.Path) -> dict[str, list[str]]:
    """Differences that are put into the content and not found."""
    def tables(content: dict) -> list[dict]:
        blocks = [block for section in content["sections"] for block in section["blocks"]]
        return [block for block in blocks if block["block"] == "table" and len(block["rows"]) > 1]

    damages = {
        "a row less": lambda content: tables(content)[0]["rows"].pop(),
        "a row more": lambda content: tables(content)[-1]["rows"].append(tables(content)[-1]["rows"][0]),
        "other order": lambda content: tables(content)[0]["rows"].reverse(),
        "other id": lambda content: tables(content)[-1]["rows"][0].update(id="r-none"),
        "other words": lambda content: tables(content)[0]["rows"][0]["cells"].update(extra="words of nobody"),
        "a section less": lambda content: content["sections"].pop(),
        "another title": lambda content: content["sections"][0].update(title="Another"),
        "a table less": lambda content: content["sections"][-1]["blocks"].append(tables(content)[0]),
    }
    found = {}
    for name, damage in damages.items():
        other = copy.deepcopy(document)
        damage(other)
        found[f"damaged: {name}"] = [] if errors(other, path) else ["nothing was found"]
    return found


def results(sources: list[pathlib.Path]) -> dict[str, list[str]]:
    """The errors of the PDF of some sites, of a hostile one, of a comparison and of each team's extract."""
    folder = OUT / "pdf"
    folder.mkdir(parents=True)
    hostile = folder / "hostile.seg"
    hostile.write_text(HOSTILE_SITE, encoding="utf-8")
    older = folder / "older.seg"
    older.write_text(HOSTILE_SITE + 'allow gone: six -> web : tcp/8443 because "<b>|=1+1"\n', encoding="utf-8")
    found = {source.parent.name: errors(*written(source, folder / source.parent.name)) for source in sources}
    found["hostile"] = errors(*written(hostile, folder / "hostile"))
    found["hostile with changes"] = errors(*written(hostile, folder / "changes", "--since", older))
    seed = ROOT / "examples" / "daas-aws" / "site.seg"
    for team in TEAMS:
        found[f"for {team}"] = errors(*written(seed, folder / team, "--for", team))
    document, path = written(seed, folder / "seed")
    again = path.read_bytes()
    written(seed, folder / "seed")
    found["the same bytes again"] = [] if path.read_bytes() == again else ["other bytes"]
    return found | damaged(document, path)
