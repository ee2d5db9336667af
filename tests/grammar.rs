//! The grammar file and the parser say the same.
//!
//! Each production of `grammar/seg.ebnf` stands, word by word, in the doc comment of a function of its name; and each
//! production in a doc comment of the parser or the lexer stands in the grammar.

use std::collections::BTreeMap;
use std::path::Path;

const GRAMMAR: &str = include_str!("../grammar/seg.ebnf");

/// Productions by name, white space made single.
type Productions = BTreeMap<String, String>;

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The grammar without its comments.
fn without_comments(grammar: &str) -> String {
    let mut text = String::new();
    let mut rest = grammar;
    while let Some((before, comment)) = rest.split_once("(*") {
        text.push_str(before);
        rest = comment.split_once("*)").expect("a comment of the grammar is closed").1;
    }
    text + rest
}

/// Productions of the grammar file, split at `;` at the end of a line.
fn of_grammar() -> Productions {
    let text = without_comments(GRAMMAR);
    let mut productions = Productions::new();
    for production in text.split(";\n").map(single_spaced).filter(|text| !text.is_empty()) {
        let (name, _) = production.split_once(" = ").expect("a production has a name");
        let twice = productions.insert(name.to_owned(), production.clone());
        assert!(twice.is_none(), "`{name}` is defined twice");
    }
    productions
}

/// Productions of the doc comments in one source: the first paragraph, when it is code with ` = ` in it, and the name
/// of the function below.
fn of_source(path: &Path, productions: &mut Productions) {
    let source = std::fs::read_to_string(path).expect("a source can be read");
    let mut docs: Vec<&str> = Vec::new();
    for line in source.lines() {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
            continue;
        }
        let function = line.split_once("fn ").map(|(_, rest)| rest);
        let production = production_of(&docs);
        docs.clear();
        if let (Some(function), Some(production)) = (function, production) {
            let name = function.split(['(', '<']).next().unwrap_or("").to_owned();
            assert!(
                production.starts_with(&format!("{name} = ")),
                "{}: function `{name}` carries `{production}`",
                path.display()
            );
            let twice = productions.insert(name.clone(), production);
            assert!(twice.is_none(), "two functions carry the production `{name}`");
        }
    }
}

fn production_of(docs: &[&str]) -> Option<String> {
    let first: Vec<&str> = docs.iter().copied().take_while(|line| !line.is_empty()).collect();
    let text = single_spaced(&first.join(" "));
    let code = match text.strip_prefix("```text ").and_then(|rest| rest.strip_suffix(" ```")) {
        Some(code) => code,
        None => text.strip_prefix('`')?.strip_suffix('`')?,
    };
    code.contains(" = ").then(|| code.to_owned())
}

fn of_parser() -> Productions {
    let syntax = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax");
    let mut productions = Productions::new();
    of_source(&syntax.join("lex.rs"), &mut productions);
    for entry in std::fs::read_dir(syntax.join("parse")).expect("the parser's folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            of_source(&path, &mut productions);
        }
    }
    productions
}

#[test]
fn grammar_and_parser_have_the_same_productions() {
    let (grammar, parser) = (of_grammar(), of_parser());
    assert_eq!(grammar, parser);
    assert!(grammar.len() > 30, "only {} productions were found", grammar.len());
}

#[test]
fn every_production_that_is_used_is_defined() {
    let productions = of_grammar();
    for (name, production) in &productions {
        for word in words_of(production) {
            assert!(productions.contains_key(word), "`{name}` uses `{word}`, which is not defined");
        }
    }
}

#[test]
fn the_words_of_the_grammar_are_the_words_of_the_parser() {
    use segc::syntax::keyword;
    let text = without_comments(GRAMMAR);
    for word in keyword::STATEMENTS.iter().chain(keyword::CLAUSES).chain(keyword::PORT_WORDS) {
        assert!(text.contains(&format!("\"{word}\"")), "the grammar lacks \"{word}\"");
    }
}

/// Names of productions in the text of one: what stands outside quotes and question marks.
fn words_of(production: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = production;
    loop {
        let end = rest.find(['"', '?', '\'']).unwrap_or(rest.len());
        let names =
            rest[..end].split(|character: char| !(character.is_ascii_alphabetic() || character == '_'));
        words.extend(names.filter(|name| !name.is_empty()));
        let Some(sign) = rest[end..].chars().next() else { return words };
        let inside = &rest[end + 1..];
        let close = inside.find(sign).expect("quotes and question marks stand in pairs");
        rest = &inside[close + 1..];
    }
}
