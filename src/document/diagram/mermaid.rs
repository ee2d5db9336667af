//! A picture as Mermaid text.
//!
//! In: a picture. Out: a `flowchart` with a subgraph for each platform and segment.
//!
//! Invariant: ids are numbers of ours, and every text is quoted with what Mermaid or HTML could take for markup as
//! numeric entities, so that no name changes the chart.

use std::fmt::Write;

use super::picture::{Picture, Place, Shape, Style};
use super::text::clean;

/// The chart of a picture.
pub(super) fn flowchart(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, group) in picture.groups.iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{at}[\"{}\"]", quoted(&[&group.name, &group.note]));
        for (place, segment) in group.segments.iter().enumerate() {
            let _ =
                writeln!(out, "    subgraph g{at}s{place}[\"{}\"]", quoted(&[&segment.name, &segment.note]));
            write_nodes(&mut out, picture, Place::Segment(at, place), "      ");
            out.push_str("    end\n");
        }
        write_nodes(&mut out, picture, Place::Group(at), "    ");
        out.push_str("  end\n");
    }
    write_nodes(&mut out, picture, Place::Outside, "  ");
    for arrow in &picture.arrows {
        let names = arrow.purposes.iter().filter_map(|at| picture.purposes.get(*at));
        let names: Vec<String> = names.map(|purpose| quote(&purpose.name)).collect();
        let line = match arrow.style {
            Style::Protected => "-->",
            Style::Clear => "-.->",
            Style::Exception => "==>",
        };
        let label = if names.is_empty() { String::new() } else { format!("|\"{}\"|", names.join("<br/>")) };
        let _ = writeln!(out, "  n{} {line}{label} n{}", arrow.from, arrow.to);
    }
    out
}

fn write_nodes(out: &mut String, picture: &Picture, place: Place, indent: &str) {
    for at in picture.nodes_at(place) {
        let Some(node) = picture.nodes.get(at) else { continue };
        let text = quoted(&[&node.name, &node.kind, &node.note]);
        let (open, close) = match node.shape {
            Shape::Role => ("[", "]"),
            Shape::Foreign => ("([", "])"),
            Shape::Several => ("[[", "]]"),
        };
        let _ = writeln!(out, "{indent}n{at}{open}\"{text}\"{close}");
    }
}

/// Texts below one another.
fn quoted(texts: &[&str]) -> String {
    let lines = texts.iter().map(|text| quote(text)).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("<br/>")
}

/// A text in which only letters, digits and a few harmless signs stand for themselves.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for letter in clean(text).chars() {
        let is_harmless =
            letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '.' | ',' | ':' | '/' | '(' | ')');
        if is_harmless {
            quoted.push(letter);
        } else {
            let _ = write!(quoted, "#{};", u32::from(letter));
        }
    }
    quoted
}
