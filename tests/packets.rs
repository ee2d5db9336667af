//! Random packets against every example: what the artefacts permit is what the text says, and the listed widenings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::support::artifacts::Output;
use crate::support::catalogue::{self, Yaml};
use crate::support::intent::Site;
use crate::support::packets;
use crate::support::site::{block, tokens};

/// Packets for each day of an example; `SEGC_PACKETS` asks for more or fewer.
const PACKETS: usize = 100_000;

pub(crate) fn packets_or(count: usize) -> usize {
    env::var("SEGC_PACKETS").map_or(count, |text| text.parse().expect("SEGC_PACKETS is a number"))
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|folder| folder.join("site.seg").exists());
    found.sort();
    found
}

/// A site's text with everything that it includes.
fn whole_text(path: &Path) -> String {
    let mut text = fs::read_to_string(path).unwrap();
    for pair in tokens(&text.clone()).windows(2).filter(|pair| pair[0] == "include") {
        text += &whole_text(&path.parent().unwrap().join(&pair[1]));
    }
    text
}

/// The day that the text states, and the first days of its exceptions.
fn days(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let said = tokens
        .windows(3)
        .filter(|three| three[1] == "=" && ["effective", "starts"].contains(&three[0].as_str()));
    said.map(|three| three[2].clone()).collect()
}

/// The product's catalogue and the site's own file.
fn read_catalogue(folder: &Path, text: &str) -> Yaml {
    let mut yaml = catalogue::read_yaml();
    for file in block(&tokens(text), 0).get("catalogue-extra").into_iter().flatten() {
        yaml.add(&fs::read_to_string(folder.join(file)).unwrap());
    }
    yaml
}

/// Reads back what `compile` writes on a day; none when an expired exception stands in the way.
fn compile(folder: &Path, day: &str, text: &str) -> Option<Output> {
    let out = tempfile::tempdir().unwrap();
    let site = tempfile::tempdir().unwrap();
    // `compile` writes the lock beside the site, so it works on a copy.
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), site.path().join(entry.file_name())).unwrap();
    }
    let (path, to) = (site.path().join("site.seg"), out.path().join("out"));
    let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["compile", path.to_str().unwrap(), "-o", to.to_str().unwrap(), "--as-of", day])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    if !ran.status.success() && said.contains("SEG5003") {
        return None;
    }
    assert!(ran.status.success(), "{} as of {day}:\n{said}", folder.display());
    Some(Output::load(&to, text).unwrap())
}

#[test]
fn every_example_permits_what_it_says() {
    let count = packets_or(PACKETS);
    let examples = examples();
    assert!(examples.len() >= 6, "{examples:?}");
    let mut faults = Vec::new();
    for folder in examples {
        let text = whole_text(&folder.join("site.seg"));
        let yaml = read_catalogue(&folder, &text);
        let (days, mut compiled) = (days(&text), 0);
        for (at, day) in days.iter().enumerate() {
            let Some(output) = compile(&folder, day, &text) else { continue };
            compiled += 1;
            // The whole number is for the first day; later ones differ in their exceptions only.
            let count = if compiled == 1 { count } else { count / 10 };
            let tally = packets::attack(&Site::read(&text, day, &yaml), &output, count, at as u64);
            eprintln!(
                "{} on {day}: {} of {count} packets asked, {} meant, {} widened",
                folder.display(),
                tally.asked,
                tally.meant,
                tally.widened
            );
            assert!(
                tally.asked > count / 2 && tally.meant > tally.asked / 20,
                "too few packets say anything"
            );
            if !tally.faults.is_empty() {
                faults.push(tally.report(&format!("{} as of {day}", folder.display())));
            }
        }
        assert!(compiled > 0, "{} compiles on no day", folder.display());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
