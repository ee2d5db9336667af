//! Names of sheets.
//!
//! In: ids of tables. Out: names that a workbook takes.
//!
//! Invariant: no two names are the same but for capitals, none is longer than 31 letters, none has a letter that a
//! formula would read.

use crate::document::text::fixed;

/// The longest name, in UTF-16 units.
const LONGEST: usize = 31;
/// A name that spreadsheets keep to themselves.
const RESERVED: &str = "history";

/// A name for each table, in order.
pub(super) fn sheet_names<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let fixed = [fixed().sheet_cover, fixed().sheet_text, fixed().sheet_long_texts];
    let mut taken: Vec<String> = fixed.iter().map(|name| name.to_lowercase()).collect();
    taken.push(RESERVED.to_owned());
    ids.map(|id| {
        let name = free(&legal(id), &taken);
        taken.push(name.to_lowercase());
        name
    })
    .collect()
}

/// A name without letters that can't be in one.
fn legal(id: &str) -> String {
    let name: String = id
        .chars()
        .map(|letter| {
            let odd =
                letter.is_control() || "[]:*?/\\'".contains(letter) || u32::from(letter) & 0xfffe == 0xfffe;
            if odd { '-' } else { letter }
        })
        .collect();
    if name.trim().is_empty() { fixed().table.to_owned() } else { shortened(&name, LONGEST) }
}

/// The beginning of a name, not longer than some UTF-16 units.
fn shortened(name: &str, longest: usize) -> String {
    let mut units = 0;
    name.chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= longest
        })
        .collect()
}

/// The name, or the name with the first number that makes it another than all before.
fn free(name: &str, taken: &[String]) -> String {
    let is_free = |name: &str| !taken.contains(&name.to_lowercase());
    if is_free(name) {
        return name.to_owned();
    }
    let mut number = 2_usize;
    loop {
        let ending = format!("-{number}");
        let numbered = format!("{}{ending}", shortened(name, LONGEST - ending.len()));
        if is_free(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::sheet_names;

    #[test]
    fn names_are_legal_and_unique() {
        let long = "x".repeat(40);
        let ids = [
            "firewall-matrix",
            "Firewall-Matrix",
            "a/b[c]:'*?\\",
            "",
            "History",
            "Cover",
            &long,
            &long,
            "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
        ];
        let names = sheet_names(ids.into_iter());
        assert_eq!(names.len(), ids.len());
        assert_eq!(names[1], "Firewall-Matrix-2");
        assert_eq!(names[2], "a-b-c------");
        for (index, name) in names.iter().enumerate() {
            assert!(name.encode_utf16().count() <= 31 && !name.is_empty(), "{name}");
            assert!(names[..index].iter().all(|other| other.to_lowercase() != name.to_lowercase()), "{name}");
        }
        assert_ne!(names[4].to_lowercase(), "history");
    }
}
