//! The script of `examples/ci` as CI runs it: a repository, a change on a branch, a comment.

use crate::support::command::{code, text};
use crate::support::repository::{Repository, alone};
use std::path::Path;
use std::process::Output;

const SITE: &str = "site \"s\" { effective = 2026-01-01 }\nplatform aws cloud { vpc = \"v\" }\n\
    segment inside on cloud { cidr = 10.0.0.0/24 }\nrole web : windows-server on inside { }\n\
    role users : client { cidr = 10.9.0.0/16 }\n";
const FRONT: &str = "allow front: users -> web : tcp/443 because \"People read pages\"\n";
const ALSO: &str = "allow also: users -> web : tcp/8443 because \"People read other pages\"\n";

/// A repository with a site on `main`, and a branch `change`.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.write("network/site.seg", format!("{SITE}{FRONT}"));
    repository.commit("start");
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository
}

/// Runs the script; its exit code and the comment.
fn check(repository: &Repository, sites: &[&str], environment: &[(&str, &str)]) -> (Output, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci/check-access.sh");
    let output = alone("bash", repository.path())
        .arg(script)
        .args(sites)
        .env("SEGC", env!("CARGO_BIN_EXE_segc"))
        .env("BASE", "main")
        .env("COMMENT", "comment.md")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let comment = std::fs::read_to_string(repository.path().join("comment.md")).unwrap_or_default();
    (output, comment)
}

#[test]
fn the_exit_code_tells_what_a_change_does() {
    let repository = repository();
    let cases = [
        (format!("# A remark\n{SITE}{FRONT}"), 0, "no change of access"),
        (SITE.to_owned(), 0, "1 closed"),
        (format!("{SITE}{FRONT}{ALSO}"), 2, "1 opened"),
        (format!("{SITE}{FRONT}rol x"), 1, "    error[SEG1004]"),
    ];
    for (site, expected, words) in cases {
        repository.write("network/site.seg", site);
        repository.git(&["commit", "-q", "-a", "--allow-empty", "-m", "change"]);
        let (output, comment) = check(&repository, &["network/site.seg"], &[]);
        assert_eq!(code(&output), expected, "{comment}{}", text(&output.stderr));
        assert!(comment.starts_with("<!-- segc diff -->\n") && comment.contains(words), "{comment}");
    }
}

#[test]
fn an_approved_change_passes_and_stays_in_the_comment() {
    let repository = repository();
    repository.write("network/site.seg", format!("{SITE}{FRONT}{ALSO}"));
    repository.commit("opens");
    let (output, comment) = check(&repository, &["network/site.seg"], &[("APPROVED", "true")]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(comment.contains("1 opened") && !comment.contains("fails until"), "{comment}");
}

#[test]
fn only_the_change_counts_and_not_what_happened_meanwhile() {
    let repository = repository();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("network/site.seg", format!("{SITE}{FRONT}{ALSO}"));
    repository.commit("meanwhile");
    repository.git(&["checkout", "-q", "change"]);
    repository.write("README", "words");
    repository.commit("words");
    let (output, comment) = check(&repository, &["network/site.seg"], &[]);
    assert_eq!(code(&output), 0, "{comment}");
}

#[test]
fn new_sites_and_missing_ones_are_told() {
    let repository = repository();
    repository.write("network/new.seg", format!("{SITE}{FRONT}"));
    repository.commit("new");
    let (output, comment) = check(&repository, &["network/site.seg", "network/new.seg"], &[]);
    assert_eq!(code(&output), 2, "{comment}");
    assert!(comment.contains("new site") && comment.contains("no change of access"), "{comment}");
    let (output, comment) = check(&repository, &["network/absent.seg"], &[]);
    assert_eq!(code(&output), 1, "{comment}");
    assert!(comment.contains("SEG0048"), "{comment}");
    assert_eq!(code(&check(&repository, &[], &[]).0), 1);
}
