//! The table of codes: number, name, default severity, one-line title.
//!
//! Blocks: 0 tool and files, 1 syntax, 2 names and types, 3 catalogue data, 4 design findings (finding FC-06 is
//! SEG4006), 5 promises, 6 target limits, widening, loss.
//!
//! Invariant: a code is never renumbered or reused; a retired one keeps its page with a note.

use super::Severity;

/// Where the block of design findings starts: FC-06 is SEG4006.
const FINDINGS_START: u16 = 4000;

/// The numbers of findings that have a name `FC-nn`.
const FINDINGS: std::ops::RangeInclusive<u16> = 4001..=4024;

/// A diagnostic code, `SEG` and four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Short name in kebab case, for people and file names.
    pub name: &'static str,
    /// Weight when nothing else is said.
    pub severity: Severity,
    /// One line: what the code is about.
    pub title: &'static str,
    /// The page that `segc explain` prints, Markdown.
    pub page: &'static str,
}

impl Code {
    /// The line of the table for this code.
    pub fn info(self) -> Option<&'static CodeInfo> {
        TABLE.iter().find(|info| info.code == self)
    }

    /// Default weight.
    pub fn severity(self) -> Severity {
        self.info().map_or(Severity::Error, |info| info.severity)
    }

    /// The design finding `FC-nn` that a code of block 4 stands for, for example `FC-06` for SEG4006.
    pub fn finding(self) -> Option<String> {
        FINDINGS.contains(&self.0).then(|| format!("FC-{:02}", self.0 - FINDINGS_START))
    }

    /// True where a site may live with what the code reports, given a reason: design findings, and warnings that
    /// leave the artefacts exact.
    pub fn is_acceptable(self) -> bool {
        let is_design = (FINDINGS_START..FINDINGS_START + 1000).contains(&self.0) && self != ANY_IN_ALLOW;
        is_design || [WIDENING, WIDE_DEFAULT, EXCLUSIVE_MODES].contains(&self)
    }

    /// The code written `SEGnnnn` (any case, the letters may be left out) or `FC-nn`, if the table has it.
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        let number = match upper.strip_prefix("FC-") {
            Some(finding) => {
                let number = FINDINGS_START.checked_add(finding.parse().ok()?)?;
                FINDINGS.contains(&number).then_some(number)?
            }
            None => upper.strip_prefix("SEG").unwrap_or(&upper).parse::<u16>().ok()?,
        };
        TABLE.iter().map(|info| info.code).find(|code| code.0 == number)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SEG{:04}", self.0)
    }
}

/// True for a code that only a catalogue file brings about.
pub fn is_catalogue_mistake(code: Code) -> bool {
    [CATALOGUE_SYNTAX, CATALOGUE_DUPLICATE, CATALOGUE_REFERENCE, CATALOGUE_VALUE, CATALOGUE_NAMESPACE]
        .contains(&code)
}

macro_rules! codes {
    ($($number:literal $digits:literal $constant:ident $severity:ident $name:literal $title:literal;)*) => {
        $(
            #[doc = $title]
            pub const $constant: Code = Code($number);
        )*

        /// Every code, in order of number.
        pub const TABLE: &[CodeInfo] = &[
            $(CodeInfo {
                code: $constant,
                name: $name,
                severity: Severity::$severity,
                title: $title,
                page: include_str!(concat!("pages/SEG", $digits, ".md")),
            },)*
        ];
    };
}

include!("table.rs");
