//! The report of `segc test` as JUnit XML, for the test reports of CI.
//!
//! In: a [`Report`], or what kept segc from making one. Out: one `testsuites` with a suite for each case file, one for
//! the expect lines, one for the forbids, and one for errors where there are any.
//!
//! Invariant: well-formed XML 1.0 whatever the texts of the site hold; no times, so the same run gives the same bytes.

use super::super::visible::visible;
use super::report::{CaseResult, ForbidRow, ReasonRow, Report};
use crate::diagnostic::json::JsonFinding;

/// One test with what is wrong, if anything.
struct Test {
    name: String,
    problem: Option<Problem>,
}

/// Why a test does not pass.
struct Problem {
    /// The element: `failure` where an answer is wrong, `error` where there is none.
    element: &'static str,
    kind: String,
    message: String,
    /// What decided, or what to do.
    lines: Vec<String>,
}

/// The name of a suite with its tests.
type Suite = (String, Vec<Test>);

/// The whole document.
pub(super) fn document(report: &Report<'_>) -> String {
    let mut suites: Vec<Suite> = Vec::new();
    for cases in report.cases.chunk_by(|a, b| a.place.path == b.place.path) {
        let name = cases.first().map(|case| case.place.path.clone()).unwrap_or_default();
        suites.push((name, cases.iter().map(case_test).collect()));
    }
    suites.push(("expect lines".to_owned(), report.expects.cases.iter().map(case_test).collect()));
    suites.push(("forbids".to_owned(), report.forbids.iter().map(forbid_test).collect()));
    if !report.findings.is_empty() {
        suites.push(errors(&report.findings));
    }
    written(&format!("segc test {} {}", report.site, report.as_of), &suites)
}

/// The document of a run that could not ask anything.
pub(super) fn refused(findings: &[JsonFinding<'_>]) -> String {
    written("segc test", &[errors(findings)])
}

fn errors(findings: &[JsonFinding<'_>]) -> Suite {
    ("errors".to_owned(), findings.iter().map(error_test).collect())
}

fn written(name: &str, suites: &[Suite]) -> String {
    let all: Vec<&Test> = suites.iter().flat_map(|(_, suite)| suite).collect();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"{}\" {}>\n", escape(name), counts(&all)));
    for (name, suite) in suites {
        let tests: Vec<&Test> = suite.iter().collect();
        let name = escape(name);
        text.push_str(&format!("  <testsuite name=\"{name}\" {}>\n", counts(&tests)));
        for test in suite {
            add_test(&mut text, &name, test);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn counts(suite: &[&Test]) -> String {
    let of = |element| {
        let problems = suite.iter().filter_map(|test| test.problem.as_ref());
        problems.filter(|problem| problem.element == element).count()
    };
    format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", suite.len(), of("failure"), of("error"))
}

fn add_test(text: &mut String, class: &str, test: &Test) {
    let opening = format!("    <testcase name=\"{}\" classname=\"{class}\"", escape(&test.name));
    let Some(Problem { element, kind, message, lines }) = &test.problem else {
        text.push_str(&format!("{opening}/>\n"));
        return;
    };
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    text.push_str(&format!(
        "{opening}>\n      <{element} message=\"{}\" type=\"{kind}\">{}</{element}>\n    </testcase>\n",
        escape(message),
        lines.join("\n")
    ));
}

fn failure(kind: &str, message: String, lines: Vec<String>) -> Problem {
    Problem { element: "failure", kind: kind.to_owned(), message, lines }
}

fn case_test(case: &CaseResult) -> Test {
    let problem = (!case.pass).then(|| {
        let why = case.why.as_ref().map(|why| format!(" - {why}")).unwrap_or_default();
        let example = case.example.iter().map(|example| format!("for example: {example}"));
        let lines = case.reasons.iter().map(ReasonRow::line).chain(example).collect();
        failure("verdict", format!("{}{why}", case.verdict()), lines)
    });
    Test { name: format!("{}: {}", case.place.origin, case.question()), problem }
}

fn forbid_test(forbid: &ForbidRow) -> Test {
    let problem = (!forbid.pass).then(|| {
        let message = format!("{}; {}", forbid.intent_text(), forbid.artefact_text());
        failure("forbid", message, vec![format!("{} ({})", forbid.text, forbid.place.origin)])
    });
    Test { name: format!("{}: forbid {}", forbid.place.origin, forbid.name), problem }
}

fn error_test(finding: &JsonFinding<'_>) -> Test {
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let lines = notes.chain(finding.help.iter().map(|help| format!("help: {help}"))).collect();
    let place = finding.labels.first().map(|label| format!("{}:{}: ", label.path, label.line));
    Test {
        name: format!("{}{}", place.unwrap_or_default(), finding.code),
        problem: Some(Problem {
            element: "error",
            kind: finding.code.clone(),
            message: finding.message.to_owned(),
            lines,
        }),
    }
}

/// A text in an attribute or an element.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn no_text_ends_its_element() {
        assert_eq!(escape("]]></failure><a b=\"&\u{0}"), "]]&gt;&lt;/failure&gt;&lt;a b=&quot;&amp;\\u{0}");
    }
}
