//! The report of `segc test` as JUnit XML, for the test reports of CI.
//!
//! In: a [`Report`]. Out: one `testsuites` with a suite for each case file, one for the expect lines, one for the
//! forbids.
//!
//! Invariant: well-formed XML 1.0 whatever the texts of the site hold; no times, so the same run gives the same bytes.

use super::super::visible::visible;
use super::report::{CaseResult, ForbidRow, ReasonRow, Report};

/// One test with its failure, if any: a line, and what decided.
struct Test {
    name: String,
    failure: Option<(String, Vec<String>)>,
}

/// The whole document.
pub(super) fn document(report: &Report) -> String {
    let mut suites: Vec<(String, Vec<Test>)> = Vec::new();
    for cases in report.cases.chunk_by(|a, b| a.place.path == b.place.path) {
        let name = cases.first().map(|case| case.place.path.clone()).unwrap_or_default();
        suites.push((name, cases.iter().map(case_test).collect()));
    }
    suites.push(("expect lines".to_owned(), report.expects.cases.iter().map(case_test).collect()));
    suites.push(("forbids".to_owned(), report.forbids.iter().map(forbid_test).collect()));
    let (tests, failures) = suites
        .iter()
        .fold((0, 0), |(tests, failures), (_, suite)| (tests + suite.len(), failures + failed(suite)));
    let name = escape(&format!("segc test {} {}", report.site, report.as_of));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    ));
    for (name, suite) in &suites {
        add_suite(&mut text, name, suite);
    }
    text.push_str("</testsuites>\n");
    text
}

fn failed(suite: &[Test]) -> usize {
    suite.iter().filter(|test| test.failure.is_some()).count()
}

fn add_suite(text: &mut String, name: &str, suite: &[Test]) {
    let (name, tests, failures) = (escape(name), suite.len(), failed(suite));
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"");
    text.push_str(&format!("  <testsuite name=\"{name}\" {counts}>\n"));
    for test in suite {
        let opening = format!("    <testcase name=\"{}\" classname=\"{name}\"", escape(&test.name));
        match &test.failure {
            None => text.push_str(&format!("{opening}/>\n")),
            Some((message, decided)) => {
                let decided: Vec<String> = decided.iter().map(|line| escape(line)).collect();
                text.push_str(&format!(
                    "{opening}>\n      <failure message=\"{}\" type=\"failure\">{}</failure>\n    </testcase>\n",
                    escape(message),
                    decided.join("\n")
                ));
            }
        }
    }
    text.push_str("  </testsuite>\n");
}

fn case_test(case: &CaseResult) -> Test {
    let failure = (!case.pass).then(|| {
        let why = case.why.as_ref().map(|why| format!(" - {why}")).unwrap_or_default();
        (format!("{}{why}", case.verdict()), case.reasons.iter().map(ReasonRow::line).collect())
    });
    Test { name: format!("{}: {}", case.place.origin, case.question()), failure }
}

fn forbid_test(forbid: &ForbidRow) -> Test {
    let failure = (!forbid.pass).then(|| {
        let message = format!("{}; {}", forbid.intent_text(), forbid.artefact_text());
        (message, vec![format!("{} ({})", forbid.text, forbid.place.origin)])
    });
    Test { name: format!("{}: forbid {}", forbid.place.origin, forbid.name), failure }
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
