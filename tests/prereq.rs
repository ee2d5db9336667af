//! The prerequisite document, read back by readers that share no code with its writers.

use crate::support::command::{code, folder_with, segc, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The contract's columns of the matrix.
const MATRIX: [&str; 18] = [
    "id",
    "change",
    "source role",
    "source address",
    "destination role",
    "destination address",
    "protocol",
    "ports",
    "starts from",
    "enforced at",
    "purpose",
    "rationale",
    "encrypted",
    "owner",
    "ticket",
    "valid until",
    "status",
    "catalogue entry",
];

/// The contract's sections, in order.
const SECTIONS: [&str; 14] = [
    "cover",
    "overview",
    "checklist",
    "network",
    "firewall-matrix",
    "names",
    "names-time-directory",
    "accounts",
    "platforms",
    "certificates",
    "responsibilities",
    "risks",
    "first-checks",
    "sign-off",
];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn examples() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut sites: Vec<PathBuf> =
        folders.filter(|path| path.is_dir()).map(|path| path.join("site.seg")).collect();
    sites.retain(|path| path.is_file());
    sites.sort();
    sites
}

/// Every file below a folder, by path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The document of a site in every format that this file reads.
fn document(site: &Path, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let site = site.display().to_string();
    let mut arguments = vec!["prereq", site.as_str(), "-o", "out", "--format", "html,csv,md"];
    arguments.extend(more);
    let output = segc(folder.path(), &arguments);
    assert_eq!(code(&output), 0, "{site}: {}", text(&output.stderr));
    files(&folder.path().join("out"))
}

/// A table as a reader sees it: records of cells, the heading first.
pub(crate) type Records = Vec<Vec<String>>;

pub(crate) fn csv_tables(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Records> {
    let is_table = |path: &&String| path.ends_with(".csv");
    let read = |bytes: &[u8]| -> Records {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let name = |path: &String| path.rsplit('/').next().unwrap().trim_end_matches(".csv").to_owned();
    files.keys().filter(is_table).map(|path| (name(path), read(&files[path]))).collect()
}

/// Words of a piece of HTML: tags away, entities resolved.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for letter in html.replace("<br>", " ").chars() {
        match letter {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            _ if !is_tag => text.push(letter),
            _ => {}
        }
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, letter)| text.replace(entity, letter))
}

pub(crate) fn html_tables(page: &str) -> BTreeMap<String, Records> {
    let mut tables = BTreeMap::new();
    for table in page.split("<table id=\"t-").skip(1) {
        let (id, rest) = table.split_once('"').unwrap();
        let body = rest.split("</table>").next().unwrap();
        let rows = body.split("<tr").skip(1).map(|row| {
            let cells = row
                .split("<t")
                .skip(1)
                .filter(|cell| cell.starts_with(['d', 'h']) && !cell.starts_with("head"));
            cells
                .map(|cell| {
                    let inner = cell.split_once('>').unwrap().1;
                    let end = inner.find("</td>").or_else(|| inner.find("</th>")).unwrap();
                    words(&inner[..end])
                })
                .collect::<Vec<String>>()
        });
        tables.insert(id.to_owned(), rows.collect());
    }
    tables
}

/// Cells of a line of a Markdown table.
fn markdown_cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut letters = line.trim().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                cells.last_mut().unwrap().push(letter);
                cells.last_mut().unwrap().extend(letters.next());
            }
            '|' => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(letter),
        }
    }
    let count = cells.len();
    cells[1..count - 1].iter().map(|cell| cell.trim().to_owned()).collect()
}

pub(crate) fn markdown_tables(page: &str) -> BTreeMap<String, Records> {
    let mut tables = BTreeMap::new();
    for table in page.split("<a id=\"t-").skip(1) {
        let (id, rest) = table.split_once('"').unwrap();
        let lines = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
        let records: Records =
            lines.enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| markdown_cells(line)).collect();
        tables.insert(id.to_owned(), records);
    }
    tables
}

pub(crate) fn page(files: &BTreeMap<String, Vec<u8>>, end: &str) -> String {
    let path = files.keys().find(|path| path.ends_with(end)).unwrap();
    String::from_utf8(files[path].clone()).unwrap()
}

/// Ids of the rows of a table that has any.
pub(crate) fn ids(records: &Records) -> Vec<String> {
    records.iter().skip(1).map(|record| record[0].replace('\\', "")).collect()
}

#[test]
fn every_format_has_the_same_rows() {
    for site in examples() {
        let files = document(&site, &[]);
        let (csv, html, markdown) =
            (csv_tables(&files), html_tables(&page(&files, ".html")), markdown_tables(&page(&files, ".md")));
        let record: Value = serde_json::from_slice(&files["prerequisites.json"]).unwrap();
        let counted = record["tables"].as_array().unwrap();
        assert_eq!(counted.len(), csv.len(), "{}", site.display());
        for table in counted {
            let (id, rows) = (table["id"].as_str().unwrap(), table["rows"].as_u64().unwrap());
            let rows = usize::try_from(rows).unwrap();
            assert_eq!(csv[id].len(), rows + 1, "{id}");
            let expected = ids(&csv[id]);
            assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), rows, "ids of {id} are unique");
            if rows > 0 {
                assert_eq!(ids(&html[id]), expected, "{id} of {}", site.display());
                assert_eq!(ids(&markdown[id]), expected, "{id} of {}", site.display());
            }
            for records in [html.get(id), markdown.get(id)].into_iter().flatten() {
                // CSV alone has the column of changes where no row says any.
                let width = csv[id][0].len() - 1;
                assert!(records.iter().all(|record| record.len() == width), "{id} of {}", site.display());
            }
        }
    }
}

#[test]
fn cells_say_the_same_in_csv_and_html() {
    for site in examples() {
        let files = document(&site, &[]);
        let (csv, html) = (csv_tables(&files), html_tables(&page(&files, ".html")));
        let squeezed = |cell: &String| cell.split_whitespace().collect::<Vec<_>>().join(" ");
        let bare = |record: &Vec<String>| -> Vec<String> { record.iter().map(squeezed).collect() };
        let (one, other) = (&csv["firewall-matrix"], &html["firewall-matrix"]);
        for (csv, html) in one.iter().zip(other).skip(1) {
            let mut csv = bare(csv);
            csv.remove(1);
            assert_eq!(csv, bare(html), "{}", site.display());
        }
    }
}

#[test]
fn the_matrix_has_the_columns_of_the_contract_and_no_blank_reason() {
    for site in examples() {
        let matrix = csv_tables(&document(&site, &[])).remove("firewall-matrix").unwrap();
        assert_eq!(matrix[0], MATRIX);
        let mut seen = BTreeSet::new();
        for row in &matrix[1..] {
            for at in [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17] {
                assert!(!row[at].trim().is_empty(), "{}: {} of {}", site.display(), MATRIX[at], row[0]);
                assert_ne!(row[at], "any");
            }
            let is_standing = row[15].is_empty();
            let service: Vec<String> = row[2..8].to_vec();
            assert!(!is_standing || seen.insert(service), "{}: {row:?} twice", site.display());
            let is_v6 = |cell: &str| cell.contains(':') && !cell.contains("every");
            let is_v4 = |cell: &str| cell.split(", ").any(|one| one.parse::<ipnet::Ipv4Net>().is_ok());
            assert!(!(is_v4(&row[3]) && is_v6(&row[5])), "{row:?}");
        }
    }
}

#[test]
fn every_section_is_there_in_order_and_says_something() {
    for site in examples() {
        let html = page(&document(&site, &[]), ".html");
        let sections: Vec<&str> = html.split("<section id=\"").skip(1).collect();
        let ids: Vec<&str> = sections.iter().map(|section| section.split('"').next().unwrap()).collect();
        assert_eq!(ids, SECTIONS, "{}", site.display());
        for section in sections {
            let body = section.split("</h2>").nth(1).unwrap();
            assert!(words(body).trim().len() > 60, "{}: {}", site.display(), &section[..40]);
        }
    }
}

#[test]
fn one_site_gives_the_same_bytes_again() {
    let site = root().join("examples/daas-aws/site.seg");
    assert_eq!(document(&site, &[]), document(&site, &[]));
}

#[test]
fn an_mcs_site_on_aws_states_what_its_teams_must_know() {
    let files = document(&root().join("examples/daas-aws/site.seg"), &[]);
    let markdown = page(&files, ".md").replace('\\', "");
    let csv = csv_tables(&files);
    let has = |table: &str, words: &[&str]| {
        csv[table].iter().any(|row| words.iter().all(|word| row.iter().any(|cell| cell.contains(word))))
    };
    // Registration starts from both ends.
    assert!(has("firewall-matrix", &["vda", "connector", "80", "vda-connector-registration"]));
    assert!(has("firewall-matrix", &["connector", "vda", "80", "connector-vda-control"]));
    assert!(markdown.contains("opened from both ends"));
    // The two endpoints, and why.
    assert!(has("endpoints", &["ec2-api", "AWS interface endpoint"]));
    assert!(has("endpoints", &["s3-api", "com.amazonaws.us-gov-west-1.s3"]));
    assert!(markdown.contains("must be reached over a gateway endpoint"));
    assert!(markdown.contains("must be reached over an interface endpoint"));
    // The prefix list.
    assert!(has("firewall-matrix", &["temp-worker", "com.amazonaws.us-gov-west-1.s3", "mcs-temp-s3"]));
    assert!(markdown.contains("should name the prefix list"));
    // The shared group with its widenings.
    assert!(has("shared-groups", &["temp-worker", "vda", "W-1"]));
    assert!(has("widenings", &["W-1", "tcp/443", "connector"]));
    // Proxy limits of the helper instances, and the hosting proxy.
    assert!(markdown.contains("cannot use a proxy"));
    assert!(markdown.contains("proxy of the hosting connection is a setting of its own"));
    // Names for the helpers, and the record for the endpoint.
    assert!(has("directory-use", &["temp-worker", "dc", "tcp/53, udp/53"]));
    assert!(has("dns-records", &["ec2.us-gov-west-1.amazonaws.com", "10.20.10.64/28"]));
    // IAM actions, also as a policy.
    assert!(has("permissions", &["ec2:RunInstances", "required"]));
    let policy: Value =
        serde_json::from_slice(&files["prerequisites-files/aws-mcs-baseline.iam-policy.json"]).unwrap();
    assert!(policy["Statement"][0]["Action"].as_array().unwrap().contains(&"ec2:RunInstances".into()));
    // First checks for the volume service's error.
    assert!(markdown.contains("A volume service instance could not be launched in your cloud connection."));
    assert!(has("checks", &["aws-worker-inbound-443", "r-"]));
}

#[test]
fn the_permissions_of_azure_are_a_custom_role() {
    let files = document(&root().join("examples/three-platforms-r1/site.seg"), &[]);
    let role: Value =
        serde_json::from_slice(&files["prerequisites-files/azure-mcs-minimum.custom-role.json"]).unwrap();
    assert_eq!(role["IsCustom"], true);
    assert!(role["Actions"].as_array().unwrap().len() > 50);
    let files = document(&root().join("examples/cvad-nutanix/site.seg"), &[]);
    assert!(!files.keys().any(|path| path.ends_with("custom-role.json")), "only what the site uses");
}

#[test]
fn names_for_a_proxy_are_a_list_and_a_table() {
    let files = document(&root().join("examples/daas-aws/site.seg"), &[]);
    let list = text(&files["prerequisites-tables/names.txt"]);
    let names: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(names.contains(&"*.cloud.us"), "{list}");
    let table = csv_tables(&files).remove("names-to-allow").unwrap();
    assert_eq!(table.len(), names.len() + 1);
    assert!(table.iter().any(|row| row.contains(&"web-proxy".to_owned())));
}

#[test]
fn an_extract_has_its_own_rows_only() {
    let roles_of = |matrix: &Records| -> Vec<(String, String, String)> {
        matrix[1..].iter().map(|row| (row[0].clone(), row[2].clone(), row[4].clone())).collect()
    };
    let site = root().join("examples/daas-aws/site.seg");
    let whole = csv_tables(&document(&site, &[]));
    let all: BTreeSet<String> = ids(&whole["firewall-matrix"]).into_iter().collect();
    let mut together = BTreeSet::new();
    let mut needs = BTreeSet::new();
    for team in ["firewall", "directory", "cloud", "proxy", "citrix"] {
        let files = document(&site, &["--for", team]);
        assert!(files.contains_key(&format!("prerequisites-{team}.html")));
        let tables = csv_tables(&files);
        let rows = tables.get("firewall-matrix").map(roles_of).unwrap_or_default();
        assert!(!rows.is_empty(), "{team}");
        for (id, from, to) in &rows {
            assert!(all.contains(id));
            let is = |names: &[&str]| names.contains(&from.as_str()) || names.contains(&to.as_str());
            match team {
                "proxy" => assert!(is(&["web-proxy"]), "{from} {to}"),
                "directory" => assert!(is(&["dc"]), "{from} {to}"),
                "cloud" => assert!(is(&["connector", "vda", "temp-worker", "volume-worker", "ec2-api"])),
                "firewall" => assert!(!(from == "connector" && to == "vda"), "stays inside of the VPC"),
                _ => {}
            }
        }
        together.extend(rows.into_iter().map(|(id, ..)| id));
        needs.extend(tables.get("needs").map(ids).unwrap_or_default());
    }
    assert_eq!(together, all, "every row is somebody's");
    assert_eq!(needs, ids(&whole["needs"]).into_iter().collect(), "every need is somebody's");
}

/// A site whose every text attacks somebody.
pub(crate) fn hostile() -> String {
    let bad = "<script>alert(1)</script> =cmd|' /C calc'!A0 | pipe `tick` *star* [x](javascript:1) \u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{1F469}\u{200D}\u{1F680}";
    let long = "x".repeat(400);
    format!(
        "site \"{bad}\" {{ customer = \"{bad}\" release = \"{bad}\" owner = \"=1+1\" ticket = \"@SUM(A1)\" \
         effective = 2026-01-01 model = daas }}\n\
         platform aws cloud {{ vpc = \"{bad}\" }}\n\
         segment inside on cloud {{ cidr = 10.0.0.0/24 }}\n\
         role web : windows-server on inside {{ managed-by = \"{bad}\" owner = \"+{bad}\" }}\n\
         role users : client {{ cidr = 10.9.0.0/16, 2001:db8::/32 managed-by = \"{long}\" }}\n\
         role six : windows-server {{ cidr = 10.8.0.0/16, 2001:db8:1::/48 }}\n\
         allow front: users -> web : tcp/443 because \"{bad} {long}\"\n\
         allow both: users -> six : tcp/443 because \"-{bad}\"\n\
         forbid no: users -> web : tcp/3389 because \"{bad}\" enforced-by config\n\
         exception EX-1 {{ allow users -> web : tcp/3389 pierces no because \"{bad}\" ticket = \"{bad}\" owner = \"{bad}\" \
         starts = 2026-01-01 expires = 2026-01-03 }}\n\
         need account \"{bad}\" {{ owner = \"{bad}\" detail = \"{bad} {long}\" due = 2026-01-01 }}\n\
         need proxy \"=1\" {{ owner = \"\u{FF1D}1\" }}\n"
    )
}

#[test]
fn hostile_text_is_shown_as_text() {
    let folder = folder_with(&hostile());
    let output = segc(folder.path(), &["prereq", "site.seg", "-o", "out", "--format", "html,csv,md"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let files = files(&folder.path().join("out"));
    let html = page(&files, ".html");
    assert_eq!(html.matches("<script").count(), 1, "our own only");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!html.contains("javascript:1\""));
    let markdown = page(&files, ".md");
    assert!(!markdown.contains("<script"));
    for page in [&html, &markdown] {
        assert!(page.contains("\u{5E9}\u{5DC}\u{5D5}\u{5DD}"), "letters of every direction");
        assert!(page.contains("\u{1F469}\u{200D}\u{1F680}"));
    }
    let csv = csv_tables(&files);
    let (of_html, of_markdown) = (html_tables(&html), markdown_tables(&markdown));
    for (id, records) in &csv {
        let formula = ['=', '+', '-', '@', '\u{FF1D}'];
        for cell in records.iter().flatten() {
            assert!(!cell.trim_start().starts_with(formula), "{id}: {cell}");
        }
        if records.len() > 1 {
            assert_eq!(ids(&of_html[id]), ids(records), "{id}");
            assert_eq!(of_markdown[id].len(), records.len(), "{id}");
            let width = of_markdown[id][0].len();
            assert!(of_markdown[id].iter().all(|record| record.len() == width), "{id}");
        }
    }
    // IPv4 and IPv6 are rows of their own.
    let both = csv["firewall-matrix"].iter().filter(|row| row[4] == "six").count();
    assert_eq!(both, 2);
}

#[test]
fn ids_stay_when_lines_are_added_and_ports_change() {
    let base = "site \"s\" { effective = 2026-01-01 }\nplatform aws cloud { }\nsegment inside on cloud { cidr = 10.0.0.0/24 }\n\
        role vda : vda on inside { delivery = hosted-shared }\nrole dc : domain-controller { cidr = 10.9.0.1/32 }\n\
        role web : windows-server { cidr = 10.9.0.9/32 }\nintent domain-member vda -> dc\n\
        allow web: vda -> web : tcp/443 because \"x\"\n";
    let rows = |site: &str| {
        let folder = folder_with(site);
        let output = segc(folder.path(), &["prereq", "site.seg", "-o", "out", "--format", "csv"]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        ids(&csv_tables(&files(&folder.path().join("out")))["firewall-matrix"])
    };
    let before: BTreeSet<String> = rows(base).into_iter().collect();
    let changed = base.replace("tcp/443", "tcp/8443") + "allow more: vda -> web : tcp/80 because \"y\"\n";
    let after: BTreeSet<String> = rows(&changed).into_iter().collect();
    assert!(before.is_subset(&after));
    assert_eq!(after.len(), before.len() + 1);
}

#[test]
fn only_files_of_its_own_are_replaced_and_old_ones_are_told() {
    let site = std::fs::read_to_string(root().join("examples/cvad-nutanix/site.seg")).unwrap();
    let folder = folder_with(&site);
    let run = |formats: &str| segc(folder.path(), &["prereq", "site.seg", "-o", "out", "--format", formats]);
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/prerequisites.md"), "mine").unwrap();
    let refused = run("html,md");
    assert_eq!(code(&refused), 1);
    assert!(text(&refused.stderr).contains("SEG0055"), "{}", text(&refused.stderr));
    assert_eq!(files(&folder.path().join("out")).len(), 1, "nothing was written");
    std::fs::remove_file(folder.path().join("out/prerequisites.md")).unwrap();
    assert_eq!(code(&run("html,md")), 0);
    assert_eq!(code(&run("html,md")), 0, "its own files are replaced");
    let narrower = run("html");
    assert!(text(&narrower.stderr).contains("SEG0010"), "{}", text(&narrower.stderr));
    assert_eq!(code(&run("html,md")), 0, "what it left over is still its own");
    let before = files(&folder.path().join("out"));
    std::fs::write(folder.path().join("site.seg"), site + "allow x: users -> nobody : tcp/1 because \"x\"\n")
        .unwrap();
    assert_eq!(code(&run("html,md")), 1);
    assert_eq!(files(&folder.path().join("out")), before, "a failed run leaves everything");
}

#[test]
fn several_formats_are_for_the_document_only() {
    let folder = folder_with("site \"s\" { effective = 2026-01-01 }\n");
    assert_eq!(code(&segc(folder.path(), &["check", "site.seg", "--format", "text,json"])), 64);
    assert_eq!(code(&segc(folder.path(), &["check", "site.seg", "--format", "docx"])), 64);
    let output = segc(folder.path(), &["prereq", "site.seg", "-o", "out", "--format", "html,json"]);
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record["schema"], "segc/prereq/1");
    assert_eq!(record["files"].as_array().unwrap().len(), 1);
}
