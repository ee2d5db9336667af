//! Numbers of headings and lists.
//!
//! In: how many numbered lists there are. Out: the part that defines them.

use super::MAIN;
use super::xml::Xml;

/// The number of the first numbered list; each has its own, so that it starts at 1.
pub(super) const FIRST_LIST: usize = 3;

/// A level: its style or none, form, text, indents in twentieths of a point.
struct Level {
    style: Option<&'static str>,
    form: &'static str,
    text: &'static str,
    left: &'static str,
    hanging: &'static str,
}

const HEADINGS: [Level; 2] = [
    Level { style: Some("Heading1"), form: "decimal", text: "%1", left: "567", hanging: "567" },
    Level { style: Some("Heading2"), form: "decimal", text: "%1.%2", left: "567", hanging: "567" },
];
const BULLETS: [Level; 1] = [Level { style: None, form: "bullet", text: "•", left: "360", hanging: "260" }];
const STEPS: [Level; 1] = [Level { style: None, form: "decimal", text: "%1.", left: "420", hanging: "420" }];

/// The part.
pub(super) fn part(lists: usize) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("w:numbering", &[("xmlns:w", MAIN)], |xml| {
        definition(xml, "0", "multilevel", &HEADINGS);
        definition(xml, "1", "hybridMultilevel", &BULLETS);
        definition(xml, "2", "hybridMultilevel", &STEPS);
        for number in 1..FIRST_LIST + lists {
            let form = (number - 1).min(2).to_string();
            xml.element("w:num", &[("w:numId", &number.to_string())], |xml| {
                xml.value("w:abstractNumId", &form);
                if number >= FIRST_LIST {
                    xml.element("w:lvlOverride", &[("w:ilvl", "0")], |xml| xml.value("w:startOverride", "1"));
                }
            });
        }
    });
    xml.finish()
}

fn definition(xml: &mut Xml, id: &str, kind: &str, levels: &[Level]) {
    xml.element("w:abstractNum", &[("w:abstractNumId", id)], |xml| {
        xml.value("w:multiLevelType", kind);
        for (index, level) in levels.iter().enumerate() {
            xml.element("w:lvl", &[("w:ilvl", &index.to_string())], |xml| {
                xml.value("w:start", "1");
                xml.value("w:numFmt", level.form);
                if let Some(style) = level.style {
                    xml.value("w:pStyle", style);
                }
                xml.value("w:suff", "tab");
                xml.value("w:lvlText", level.text);
                xml.value("w:lvlJc", "left");
                xml.element("w:pPr", &[], |xml| {
                    xml.empty("w:ind", &[("w:left", level.left), ("w:hanging", level.hanging)]);
                });
            });
        }
    });
}
