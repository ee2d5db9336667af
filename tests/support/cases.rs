//! Case files (`cases.yaml`): text in, questions with their expected answers out.
//!
//! Invariant: an unknown key or an odd value is an error, so that a misspelt `level` never means the default.

use serde::Deserialize;

use super::service::Service;

/// Which of the two truths a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// What the file says.
    #[default]
    Intent,
    /// What the enforced ends let pass.
    Artefact,
}

/// The answer that a case expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expect {
    Allow,
    Deny,
}

/// One row of an acceptance table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) port: String,
    pub(crate) expect: Expect,
    #[serde(default)]
    pub(crate) level: Level,
    pub(crate) as_of: Option<String>,
    pub(crate) why: String,
}

impl Case {
    /// The packets that the case asks about.
    pub(crate) fn service(&self) -> Service {
        Service::parse(&self.port)
            .unwrap_or_else(|| panic!("case asks for `{}`, which is no port", self.port))
    }
}

/// An acceptance table of one release of a site.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    pub(crate) site: String,
    pub(crate) release: String,
    pub(crate) cases: Vec<Case>,
}

/// Reads a table; what is wrong with it as text.
pub(crate) fn parse(text: &str) -> Result<CaseFile, String> {
    let file: CaseFile = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    for (row, case) in file.cases.iter().enumerate() {
        let day = case.as_of.as_deref().unwrap_or("2000-01-01");
        if Service::parse(&case.port).is_none() {
            return Err(format!("case {}: `{}` is no port", row + 1, case.port));
        }
        if !is_day(day) {
            return Err(format!("case {}: `{day}` is no day", row + 1));
        }
        if case.why.trim().is_empty() {
            return Err(format!("case {}: no reason", row + 1));
        }
    }
    Ok(file)
}

/// `2026-03-09`: enough to catch a slip, the compiler checks the calendar.
fn is_day(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [4, 2, 2] && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

#[test]
fn a_table_is_read_with_its_defaults() {
    let text = "site: s\nrelease: r1\ncases:\n  - {src: a, dst: b, port: tcp/1, expect: deny, why: w}\n  \
                - {src: a, dst: b, port: icmp, expect: allow, level: artefact, as-of: 2026-03-09, why: w}\n";
    let file = parse(text).unwrap();
    assert_eq!((file.cases[0].level, file.cases[0].expect), (Level::Intent, Expect::Deny));
    assert_eq!((file.cases[1].level, file.cases[1].as_of.as_deref()), (Level::Artefact, Some("2026-03-09")));
}

#[test]
fn odd_rows_are_refused() {
    let row = |row: &str| parse(&format!("site: s\nrelease: r\ncases:\n  - {{{row}}}\n"));
    assert!(row("src: a, dst: b, port: tcp/1, expect: deny, why: w").is_ok());
    for odd in [
        "src: a, dst: b, port: tcp/1, expect: maybe, why: w",
        "src: a, dst: b, port: tcp/1, expect: deny, why: w, levle: artefact",
        "src: a, dst: b, port: tcp/99999, expect: deny, why: w",
        "src: a, dst: b, port: tcp/1, expect: deny, why: w, as-of: 9.3.2026",
        "src: a, dst: b, port: tcp/1, expect: deny, why: ''",
    ] {
        assert!(row(odd).is_err(), "{odd}");
    }
}
