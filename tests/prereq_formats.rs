//! Every format of the prerequisite document has the same tables, rows and ids, whatever the site; each is read back by a
//! reader that shares no code with its writer. And what a comparison with an earlier release marks.

use crate::prereq::{csv_tables, examples, files, hostile, html_tables, ids, markdown_tables, page, root};
use crate::support::command::{code, folder_with, segc, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// All formats that this build has.
const FORMATS: &str = if cfg!(all(feature = "docs", feature = "pdf")) {
    "html,csv,md,docx,xlsx,pdf"
} else if cfg!(feature = "docs") {
    "html,csv,md,docx,xlsx"
} else {
    "html,csv,md"
};

/// A table of the JSON of a document.
#[derive(Debug)]
struct Table {
    id: String,
    ids: Vec<String>,
}

/// Files of a document by path.
type Files = BTreeMap<String, Vec<u8>>;

/// All files of a document, and its content as JSON.
fn written(site: &Path, more: &[&str]) -> (Files, Value) {
    let folder = tempfile::tempdir().unwrap();
    let formats = format!("{FORMATS},json");
    let site = site.display().to_string();
    let mut arguments = vec!["prereq", &site, "-o", "out", "--format", &formats];
    arguments.extend(more);
    let output = segc(folder.path(), &arguments);
    assert_eq!(code(&output), 0, "{site}: {}", text(&output.stderr));
    (files(&folder.path().join("out")), serde_json::from_slice(&output.stdout).unwrap())
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn tables(answer: &Value) -> Vec<Table> {
    let blocks = list(&answer["document"]["sections"]).iter().flat_map(|section| list(&section["blocks"]));
    let found = blocks.filter(|block| block["block"] == "table").map(|table| Table {
        id: table["id"].as_str().unwrap().to_owned(),
        ids: list(&table["rows"]).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect(),
    });
    found.collect()
}

/// Holds every file against the JSON of the content.
fn check(files: &Files, answer: &Value) {
    let tables = tables(answer);
    let counted: Vec<(String, u64)> = list(&answer["tables"])
        .iter()
        .map(|table| (table["id"].as_str().unwrap().to_owned(), table["rows"].as_u64().unwrap()))
        .collect();
    let wanted: Vec<(String, u64)> =
        tables.iter().map(|table| (table.id.clone(), u64::try_from(table.ids.len()).unwrap())).collect();
    assert_eq!(counted, wanted, "the record counts what the content has");
    let (csv, html, markdown) =
        (csv_tables(files), html_tables(&page(files, ".html")), markdown_tables(&page(files, ".md")));
    assert_eq!(csv.len(), tables.len());
    for table in &tables {
        let own: Vec<String> = table.ids.iter().map(|id| neutral(id)).collect();
        assert_eq!(ids(&csv[&table.id]), own, "{} in CSV", table.id);
        for (format, read) in [("HTML", html.get(&table.id)), ("Markdown", markdown.get(&table.id))] {
            let read = read.map(ids).unwrap_or_default();
            let read: Vec<String> =
                read.iter().map(|id| id.replace("&lt;", "<").replace("&gt;", ">")).collect();
            assert_eq!(read, table.ids, "{} in {format}", table.id);
        }
    }
    #[cfg(feature = "docs")]
    office(files, &tables);
    #[cfg(feature = "pdf")]
    pdf(files, answer);
}

/// An id as CSV has it: never a formula.
fn neutral(id: &str) -> String {
    if id.starts_with(['=', '+', '-', '@']) { format!("'{id}") } else { id.to_owned() }
}

#[cfg(feature = "docs")]
fn office(files: &Files, tables: &[Table]) {
    use crate::office::{docx, xlsx};
    let file = |end: &str| files.iter().find(|(path, _)| path.ends_with(end)).unwrap().1;
    let all: Vec<&String> = tables.iter().flat_map(|table| &table.ids).collect();
    let page = docx::part(file(".docx"), "word/document.xml");
    let xml = roxmltree::Document::parse(&page).unwrap();
    let read = docx::table_rows(&xml, tables.len());
    assert_eq!(read.iter().map(|row| &row[0]).collect::<Vec<_>>(), all, "DOCX");
    let mut book = xlsx::open(file(".xlsx"));
    let names = calamine::Reader::sheet_names(&book);
    for (table, name) in tables.iter().zip(&names[2..]) {
        let read: Vec<String> =
            xlsx::sheet(&mut book, name).iter().skip(1).map(|row| row[0].clone()).collect();
        assert_eq!(read, table.ids, "{} in XLSX", table.id);
    }
}

/// What can be told without a reader of PDF: it is one, tagged, and not of another day. The conformance tests read its cells.
#[cfg(feature = "pdf")]
fn pdf(files: &Files, answer: &Value) {
    let (_, bytes) = files.iter().find(|(path, _)| path.ends_with(".pdf")).unwrap();
    let page = String::from_utf8_lossy(bytes);
    assert!(page.starts_with("%PDF-") && page.trim_end().ends_with("%%EOF"));
    for words in ["StructTreeRoot", "/Outlines", answer["document"]["date"].as_str().unwrap()] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn all_formats_of_all_sites_have_the_same_rows_and_ids() {
    for site in examples() {
        let (files, answer) = written(&site, &[]);
        check(&files, &answer);
    }
}

#[test]
fn hostile_texts_and_removed_rows_are_in_every_format() {
    let folder = folder_with(&hostile());
    let old = folder.path().join("old.seg");
    let more = "allow gone: six -> web : tcp/8443 because \"<b>|=1+1\"\n";
    std::fs::write(&old, hostile() + more).unwrap();
    let (files, answer) = written(&folder.path().join("site.seg"), &["--since", old.to_str().unwrap()]);
    check(&files, &answer);
    let csv = &csv_tables(&files)["firewall-matrix"];
    let removed: Vec<&Vec<String>> = csv.iter().filter(|row| row[1] == "removed").collect();
    assert_eq!(removed.len(), 1, "{csv:?}");
    assert_eq!((removed[0][2].as_str(), removed[0][4].as_str()), ("six", "web"));
    assert_eq!(
        csv.iter().filter(|row| row[1].is_empty()).count(),
        csv.len() - 2,
        "the others are as they were"
    );
    assert!(page(&files, ".html").contains("<tr class=\"removed\">"));
}

/// How many rows of the matrix have each mark.
fn marks(files: &Files) -> BTreeMap<String, usize> {
    let mut marks = BTreeMap::new();
    for row in csv_tables(files)["firewall-matrix"].iter().skip(1) {
        *marks.entry(row[1].clone()).or_default() += 1;
    }
    marks
}

#[test]
fn rows_are_marked_by_file_and_by_manifest_alike() {
    let [earlier, site] =
        ["r1", "r2"].map(|name| root().join(format!("examples/three-platforms-{name}/site.seg")));
    let earlier = earlier.to_str().unwrap();
    let (whole, answer) = written(&site, &["--since", earlier]);
    check(&whole, &answer);
    assert_eq!(answer["since"], "r1");
    let found = marks(&whole);
    assert!(["", "new", "changed", "removed"].iter().all(|mark| found.contains_key(*mark)), "{found:?}");
    // What is removed is what the earlier document had and this one hasn't.
    let (before, _) = written(Path::new(earlier), &[]);
    let known = ids(&csv_tables(&before)["firewall-matrix"]);
    for row in csv_tables(&whole)["firewall-matrix"].iter().skip(1) {
        match row[1].as_str() {
            "removed" | "" => assert!(known.contains(&row[0]), "{row:?}"),
            "new" => assert!(!known.contains(&row[0]), "{row:?}"),
            _ => {}
        }
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&segc(folder.path(), &["compile", earlier, "-o", "out", "-q"])), 0);
    let manifest = folder.path().join("out/manifest.json");
    let (again, _) = written(&site, &["--since", manifest.to_str().unwrap()]);
    assert_eq!(csv_tables(&again)["firewall-matrix"], csv_tables(&whole)["firewall-matrix"]);
    assert_eq!(csv_tables(&again)["changes"], csv_tables(&whole)["changes"]);
}

#[test]
fn without_an_earlier_release_there_is_no_mark_and_the_document_says_why() {
    let (files, answer) = written(&root().join("examples/three-platforms-r2/site.seg"), &[]);
    assert_eq!(answer["since"], Value::Null);
    let markdown = page(&files, ".md").replace('\\', "");
    assert!(markdown.contains("made without a comparison with it"));
    assert!(!markdown_tables(&markdown)["firewall-matrix"][0].contains(&"Change".to_owned()));
    assert_eq!(marks(&files).keys().collect::<Vec<_>>(), [""]);
}

/// Two releases of a small site; the second has a row more, and says what it follows.
fn two_releases(follows: &str) -> [String; 2] {
    let rest = "platform aws cloud { }\nsegment inside on cloud { cidr = 10.0.0.0/24 }\n\
        role web : windows-server on inside { }\nrole users : client { cidr = 10.9.0.0/16 }\n\
        allow front: users -> web : tcp/443 because \"pages\"\n";
    let site = |head: &str| format!("site \"s\" {{ effective = 2026-01-01 {head} }}\n{rest}");
    let more = "allow more: users -> web : tcp/8443 because \"more pages\"\n";
    [site("release = one"), site(&format!("release = two follows = {follows}")) + more]
}

/// The page of `site.seg` in a folder, as words, and how many rows are marked as new.
fn page_of(folder: &Path) -> (String, usize) {
    let output = segc(folder, &["prereq", "site.seg", "-o", "out", "--format", "md,csv"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let files = files(&folder.join("out"));
    (page(&files, ".md").replace('\\', ""), marks(&files).get("new").copied().unwrap_or_default())
}

#[test]
fn what_a_site_follows_is_a_file_beside_it() {
    let [earlier, site] = two_releases("\"releases/one.seg\"");
    let folder = folder_with(&site);
    assert_eq!(page_of(folder.path()).1, 0, "there is no such file");
    std::fs::create_dir(folder.path().join("releases")).unwrap();
    std::fs::write(folder.path().join("releases/one.seg"), &earlier).unwrap();
    let (page, new) = page_of(folder.path());
    assert_eq!(new, 1);
    assert!(page.contains("was compared with *one*, as it was on"), "{page}");
    assert!(!page.contains("Compared with another release"));
    // A name of the site leads nowhere else.
    let [_, outside] = two_releases("\"../one.seg\"");
    std::fs::write(folder.path().join("releases/site.seg"), outside).unwrap();
    std::fs::write(folder.path().join("one.seg"), &earlier).unwrap();
    assert_eq!(page_of(&folder.path().join("releases")).1, 0);
}

#[test]
fn what_a_site_follows_is_a_revision_of_it() {
    let [earlier, site] = two_releases("v1");
    let folder = folder_with(&earlier);
    crate::support::repository::commit_some(folder.path(), &["site.seg"]);
    std::fs::write(folder.path().join("site.seg"), site).unwrap();
    let (page, new) = page_of(folder.path());
    assert_eq!(new, 1, "{page}");
    assert!(page.contains("Compared with another release"), "release `one` is not called v1");
    let [_, site] = two_releases("absent");
    std::fs::write(folder.path().join("site.seg"), site).unwrap();
    let (page, new) = page_of(folder.path());
    assert_eq!(new, 0);
    for words in
        ["follows release *absent*", "made without a comparison", "segc prereq SITE -o FOLDER --since OLD"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
}

#[test]
fn the_same_release_has_no_changes() {
    let site = root().join("examples/cvad-nutanix/site.seg");
    let (files, _) = written(&site, &["--since", site.to_str().unwrap()]);
    assert_eq!(marks(&files).keys().collect::<Vec<_>>(), [""]);
    assert!(page(&files, ".md").contains("don't differ"));
}

#[test]
fn what_is_no_earlier_release_is_refused() {
    let folder = folder_with(&hostile());
    let run = |since: &str| segc(folder.path(), &["prereq", "site.seg", "-o", "out", "--since", since]);
    assert_eq!(code(&run("absent.seg")), 1);
    assert!(!folder.path().join("out").exists(), "nothing was written");
    let streamed = segc(folder.path(), &["prereq", "-", "-o", "out", "--since", "-"]);
    assert_eq!(code(&streamed), 64, "{}", text(&streamed.stderr));
}

#[test]
fn all_formats_are_the_same_bytes_again() {
    let site = root().join("examples/daas-aws/site.seg");
    assert!(written(&site, &[]).0 == written(&site, &[]).0);
}
