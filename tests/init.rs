//! `segc init`: every profile is a site that holds what it promises, and a file that exists is kept.

use crate::support::command::{code, segc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

/// The longest line of a profile.
const LONGEST_LINE: usize = 120;

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fresh() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn profiles_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/profiles")
}

/// The names of the table, as the program lists them.
fn names() -> Vec<String> {
    let listed = json(&segc(fresh().path(), &["init", "--format", "json"]));
    listed.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

/// A folder with the site of a profile, and its text.
fn written(profile: &str, more: &[&str]) -> (tempfile::TempDir, String) {
    let folder = fresh();
    let arguments = [&["init", "--profile", profile], more].concat();
    let output = segc(folder.path(), &arguments);
    assert_eq!(code(&output), 0, "{profile}: {}", err(&output));
    let text = std::fs::read_to_string(folder.path().join("site.seg")).unwrap();
    (folder, text)
}

/// Statements of a kind: from the line that its word starts to the next line that starts at the margin.
fn statements(text: &str, word: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with(&format!("{word} ")) {
            found.push(String::new());
            is_inside = true;
        } else if !line.starts_with([' ', '}']) {
            is_inside = false;
        }
        if let Some(last) = found.last_mut().filter(|_| is_inside) {
            last.push_str(line);
            last.push('\n');
        }
    }
    found
}

#[test]
fn table_and_folder_agree() {
    let files: BTreeSet<String> = std::fs::read_dir(profiles_folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed = names();
    assert_eq!(listed.iter().map(|name| format!("{name}.seg")).collect::<BTreeSet<_>>(), files);
    assert_eq!(listed.len(), files.len(), "a name stands once in the table");
    for name in listed {
        let (_folder, text) = written(&name, &[]);
        let file = std::fs::read_to_string(profiles_folder().join(format!("{name}.seg"))).unwrap();
        assert_eq!(text, file, "{name}");
        assert!(text.contains(&format!("\nsite \"new-{name}\" {{\n")), "{name}");
    }
}

/// `check` fails when an `expect` line does not hold; what it warns of is announced in the first lines.
#[test]
fn every_profile_checks_and_announces_its_warnings() {
    for name in names() {
        let (folder, text) = written(&name, &[]);
        let output = segc(folder.path(), &["check", "site.seg", "--format", "json"]);
        let report = json(&output);
        assert_eq!((code(&output), report["errors"].as_u64()), (0, Some(0)), "{name}: {report:#}");
        let warnings: Vec<&Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["severity"] == "warning")
            .collect();
        let widening = ["SEG6002", "SEG4017"];
        let code_of = |warning: &&Value| warning["code"].as_str().unwrap_or_default().to_owned();
        let codes: BTreeSet<String> = warnings.iter().map(code_of).collect();
        assert!(codes.iter().all(|code| widening.contains(&code.as_str())), "{name}: {warnings:#?}");
        let code = codes.into_iter().collect::<Vec<_>>().join(", ");
        let announced = match warnings.len() {
            0 => "No warning remains.".to_owned(),
            1 => format!("One warning ({code}) remains, which no line can take away:"),
            2 => format!("Two warnings ({code}) remain, which no line can take away:"),
            3 => format!("Three warnings ({code}) remain, which no line can take away:"),
            more => panic!("{name}: {more} warnings"),
        };
        assert!(text.contains(&announced), "{name} does not say `{announced}`");
    }
}

#[test]
fn every_profile_compiles_as_written() {
    for name in names() {
        let (folder, _) = written(&name, &[]);
        let output = segc(folder.path(), &["compile", "site.seg", "-o", "out"]);
        assert_eq!(code(&output), 0, "{name}: {}", err(&output));
        assert!(out(&output).contains("proved for 2027-02-01"), "{name}");
        let manifest = std::fs::read(folder.path().join("out/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert!(!manifest["artifacts"].as_array().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn every_profile_has_what_a_first_site_needs() {
    for name in names() {
        let (_folder, text) = written(&name, &[]);
        for word in ["platform", "role", "intent", "forbid", "need"] {
            assert!(!statements(&text, word).is_empty(), "{name} has no `{word}`");
        }
        let expects = statements(&text, "expect");
        for verdict in ["expect allow", "expect deny"] {
            assert!(expects.iter().any(|expect| expect.starts_with(verdict)), "{name} has no `{verdict}`");
        }
        let header = statements(&text, "site").concat();
        for key in ["customer", "release", "model", "hardening", "owner", "ticket", "effective", "review-by"]
        {
            assert!(header.contains(&format!("\n  {key} ")), "{name} has no `{key}`");
        }
        for flow in statements(&text, "allow") {
            let reason = flow.split_once("because \"").map_or("", |(_, reason)| reason);
            assert!(reason.len() > 20, "{name}: a raw port without a reason: {flow}");
        }
        assert_eq!(!statements(&text, "rollout").is_empty(), text.contains("\nplatform nutanix"), "{name}");
        assert!(
            statements(&text, "role")
                .iter()
                .all(|role| !role.contains(": vda ") || role.contains("delivery"))
        );
    }
}

/// The first lines of a profile say what to type; the question among them has an answer.
#[test]
fn the_commands_of_every_profile_work() {
    for name in names() {
        let (folder, text) = written(&name, &[]);
        let commands: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#   segc "))
            .filter_map(|line| line.split("   ").next())
            .collect();
        assert_eq!(commands.len(), 3, "{name}: {commands:?}");
        for command in commands {
            let arguments: Vec<&str> = command.split_whitespace().collect();
            let output = segc(folder.path(), &arguments);
            assert_eq!(code(&output), 0, "{name}: segc {command}: {}", err(&output));
        }
    }
}

/// Options of each intent with the words that they take, as the catalogue's files have them.
fn options() -> BTreeMap<(String, String), Vec<String>> {
    let mut found = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/data/intents");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let file: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        for intent in file["intents"].as_sequence().unwrap() {
            for (option, about) in intent["options"].as_mapping().into_iter().flatten() {
                let values = about["values"].as_sequence().into_iter().flatten();
                let words = values.map(|value| value.as_str().unwrap().to_owned()).collect();
                let intent = intent["intent"].as_str().unwrap().to_owned();
                found.insert((intent, option.as_str().unwrap().to_owned()), words);
            }
        }
    }
    found
}

/// Each text that differs from a profile in the value of one option, with what was changed.
fn other_choices(text: &str, options: &BTreeMap<(String, String), Vec<String>>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("intent ")) {
        let intent = line.split_whitespace().nth(1).unwrap();
        for ((_, option), words) in options.iter().filter(|((of, _), _)| of == intent) {
            let written = |word: &str| format!(" {option} = {word} ");
            let Some(now) = words.iter().find(|word| line.contains(&written(word))) else { continue };
            for word in words.iter().filter(|word| *word != now) {
                let changed = line.replacen(&written(now), &written(word), 1);
                found.push((format!("{intent} {option} = {word}"), text.replacen(line, &changed, 1)));
            }
        }
    }
    found
}

/// Whoever takes the other choice of an option has at most to change an `expect`.
#[test]
fn the_other_choices_of_every_profile_are_sites_too() {
    let options = options();
    let mut tried = 0;
    for name in names() {
        let (folder, text) = written(&name, &[]);
        for (what, text) in other_choices(&text, &options) {
            // With Rendezvous it is the desktops that go out, as the comment says.
            let text = if what.contains("rendezvous") {
                text.replace("connector -> gateway ", "vda -> gateway ")
            } else {
                text
            };
            std::fs::write(folder.path().join("site.seg"), text).unwrap();
            let report = json(&segc(folder.path(), &["check", "site.seg", "--format", "json"]));
            let errors: Vec<&Value> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["severity"] == "error" && finding["code"] != "SEG5002")
                .collect();
            assert!(errors.is_empty(), "{name} with {what}: {errors:#?}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} choices");
}

#[test]
fn every_profile_is_formatted_like_the_rest() {
    for name in names() {
        let (_folder, text) = written(&name, &[]);
        assert!(text.ends_with("}\n") && !text.contains("\n\n\n"), "{name}");
        for (at, line) in text.lines().enumerate() {
            let is_fine =
                !line.contains('\t') && line.trim_end() == line && line.chars().count() <= LONGEST_LINE;
            assert!(is_fine && line.is_ascii(), "{name}, line {}: {line}", at + 1);
        }
    }
}

#[test]
fn without_a_profile_the_profiles_are_listed() {
    let folder = fresh();
    for arguments in [&["init"][..], &["init", "--list"]] {
        let output = segc(folder.path(), arguments);
        assert_eq!(code(&output), 0);
        let lines: Vec<String> = out(&output).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), names().len());
        assert!(lines.iter().zip(names()).all(|(line, name)| line.starts_with(&format!("{name} "))));
    }
    let listed = json(&segc(folder.path(), &["init", "--list", "--format", "json"]));
    assert_eq!(listed[0]["name"], "daas-aws");
    assert!(listed[0]["title"].as_str().unwrap().contains("AWS"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a list writes nothing");
}

#[test]
fn a_file_that_exists_is_kept() {
    let folder = fresh();
    let path = folder.path().join("site.seg");
    std::fs::write(&path, "mine").unwrap();
    let output = segc(folder.path(), &["init", "--profile", "flex"]);
    assert_eq!((code(&output), out(&output)), (1, String::new()));
    assert!(err(&output).contains("error[SEG0004]: `site.seg` can't be written: it exists already"));
    assert!(err(&output).contains("`--force`"));
    let report = json(&segc(folder.path(), &["init", "--profile", "flex", "--format", "json"]));
    assert_eq!(
        (report["findings"][0]["code"].as_str(), report["errors"].as_u64()),
        (Some("SEG0004"), Some(1))
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

    let output = segc(folder.path(), &["init", "--profile", "flex", "--force"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(std::fs::read_to_string(&path).unwrap().contains("site \"new-flex\""));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_kept() {
    let folder = fresh();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("site.seg")).unwrap();
    assert_eq!(code(&segc(folder.path(), &["init", "--profile", "flex"])), 1);
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn what_stands_in_the_way_is_named() {
    let folder = fresh();
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for force in [&[][..], &["--force"]] {
        for (path, why) in [("folder", "it is a folder"), ("file/site.seg", "a part of its path is a file")] {
            let output = segc(folder.path(), &[&["init", "--profile", "flex", "-o", path], force].concat());
            assert_eq!(code(&output), 1);
            assert!(err(&output).contains(why) && !err(&output).contains("`--force`"), "{}", err(&output));
        }
    }
    assert_eq!(std::fs::read_dir(folder.path().join("folder")).unwrap().count(), 0);
}

#[test]
fn a_file_may_be_named_and_its_folder_is_made() {
    let folder = fresh();
    let output = segc(folder.path(), &["init", "--profile", "daas-aws", "-o", "new/a b.seg"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("wrote `new/a b.seg` from the profile `daas-aws`"));
    assert!(out(&output).contains("segc check 'new/a b.seg'"));
    assert_eq!(code(&segc(folder.path(), &["check", "new/a b.seg"])), 0);
    let arguments = ["init", "--profile", "daas-aws", "-o", "two.seg", "--format", "json"];
    let report = json(&segc(folder.path(), &arguments));
    assert_eq!(report, serde_json::json!({"profile": "daas-aws", "path": "two.seg"}));
    let output = segc(folder.path(), &["init", "--profile", "daas-aws", "-o", "three.seg", "--quiet"]);
    assert_eq!((code(&output), out(&output)), (0, String::new()));
}

#[test]
fn a_site_goes_to_standard_output() {
    let folder = fresh();
    let file = std::fs::read_to_string(profiles_folder().join("cvad-aws.seg")).unwrap();
    let output = segc(folder.path(), &["init", "--profile", "cvad-aws", "-o", "-"]);
    assert_eq!((code(&output), out(&output), err(&output)), (0, file.clone(), String::new()));
    let arguments = ["init", "--profile", "cvad-aws", "-o", "-", "--format", "json"];
    let report = json(&segc(folder.path(), &arguments));
    assert_eq!(report, serde_json::json!({"profile": "cvad-aws", "path": null, "text": file}));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_odd_name_gives_a_site_that_still_compiles() {
    let odd = [
        "Contoso",
        "Contoso, \"West\" wing",
        "back\\slash\\",
        "\" { } forbid x: any -> any : any because \"",
        "Müller & Söhne (Zürich) #1",
        "東京 🏢",
        "  spaces  around  ",
        "{{category:A:B}} ${x} $(x) '; <b>",
        &"long ".repeat(60),
    ];
    for profile in ["daas-aws", "daas-azure", "daas-nutanix", "daas-vsphere", "flex"] {
        for name in odd {
            let (folder, _) = written(profile, &["--name", name]);
            let output = segc(folder.path(), &["compile", "site.seg", "-o", "out", "--format", "json"]);
            assert_eq!(code(&output), 0, "{profile}, {name}: {}", err(&output));
            assert_eq!(json(&output)["site"], *name, "{profile}");
        }
    }
}

#[test]
fn a_name_that_no_text_can_say_is_refused() {
    let folder = fresh();
    for name in ["", "  ", "two\nlines", "bell\u{7}", "turned \u{202e}round"] {
        let output = segc(folder.path(), &["init", "--profile", "daas-aws", "--name", name]);
        assert_eq!(code(&output), 64, "{name:?}");
        assert!(err(&output).contains("can't be the name of a site"), "{}", err(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_command_line_says_what_was_meant() {
    let folder = fresh();
    let output = segc(folder.path(), &["init", "--profile", "daas-awz"]);
    assert_eq!(code(&output), 64);
    assert!(
        err(&output).contains("there is no profile `daas-awz`")
            && err(&output).contains("did you mean `daas-aws`?")
    );
    let output = segc(folder.path(), &["init", "--profile", "mainframe"]);
    assert_eq!(code(&output), 64);
    assert!(err(&output).contains("`segc init` lists all profiles"));
    for arguments in [&["-o", "x.seg"][..], &["--force"], &["--name", "x"], &["--list", "--profile", "flex"]]
    {
        assert_eq!(code(&segc(folder.path(), &[&["init"], arguments].concat())), 64, "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
