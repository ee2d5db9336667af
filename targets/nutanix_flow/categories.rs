//! Categories and their ids, which only Prism Central knows.
//!
//! In: the text of `--categories FILE`, if there is one. Out: for each category its id, or a symbol in its place.
//!
//! Invariant: no id is ever invented; what stands in a document is from the file or is a marked symbol.

use super::limits::category_fault;
use crate::diagnostic::{Diagnostic, codes};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A key with one of its values; virtual machines wear it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Category {
    /// The key, for example `AppTier`.
    pub(crate) key: String,
    /// The value, for example `StoreFront`.
    pub(crate) value: String,
}

impl Category {
    /// The category written `Key:Value`.
    ///
    /// # Errors
    /// What is wrong, to be put behind the text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((key, value)) = text.split_once(':') else {
            return Err("it has no `:` between key and value".to_owned());
        };
        match (category_fault(key), category_fault(value)) {
            (Some(fault), _) => Err(format!("its key can't be: {fault}")),
            (None, Some(fault)) => Err(format!("its value can't be: {fault}")),
            (None, None) => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.key, self.value)
    }
}

/// Where the ids of categories come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CategoryIds {
    /// Nowhere: a symbol stands for each.
    Symbols,
    /// From the file.
    Known {
        /// Ids by category.
        ids: BTreeMap<Category, String>,
        /// How many categories the server said it has, when the file is only a page of them.
        of: Option<u64>,
    },
}

impl CategoryIds {
    /// The ids of a file: Prism's list of categories or a flat object.
    ///
    /// # Errors
    /// SEG0008 when it is neither, names a category twice, or has an id that is none.
    pub(crate) fn read(file: Option<&str>) -> Result<Self, Diagnostic> {
        let Some(text) = file else { return Ok(Self::Symbols) };
        read_entries(text).map_err(|why| {
            Diagnostic::new(codes::BAD_CATEGORIES, format!("the categories file can't be used: {why}"))
                .help("save the answer of `GET /api/prism/v4.0/config/categories`, all pages in one `data` list")
                .help("or write `{\"Key:Value\": \"id\"}` with one entry for each category")
        })
    }

    /// What stands for a category in a document.
    pub(crate) fn id(&self, category: &Category) -> String {
        match self {
            Self::Known { ids, .. } => ids.get(category).cloned(),
            Self::Symbols => None,
        }
        .unwrap_or_else(|| format!("{{{{category:{category}}}}}"))
    }

    /// True when the file was given and lacks the category.
    pub(crate) fn lacks(&self, category: &Category) -> bool {
        matches!(self, Self::Known { ids, .. } if !ids.contains_key(category))
    }
}

/// The entries of a JSON object in the order of the text, repetitions included.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// What segc reads of one category in Prism's list; the rest is of no interest.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    key: String,
    value: String,
    ext_id: String,
}

fn read_entries(text: &str) -> Result<CategoryIds, String> {
    let Entries(entries) = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let list = entries.iter().find_map(|(key, value)| match value {
        Value::Array(items) if key == "data" => Some(items),
        _ => None,
    });
    let mut ids = BTreeMap::new();
    let Some(items) = list else {
        for (name, id) in &entries {
            // Categories that others made may have names that a new one may not have.
            let (key, value) =
                name.split_once(':').ok_or_else(|| format!("`{}` is no `Key:Value`", name.escape_debug()))?;
            let category = Category { key: key.to_owned(), value: value.to_owned() };
            let id = id.as_str().ok_or_else(|| format!("the id of `{name}` is not text"))?;
            insert(&mut ids, category, id)?;
        }
        return Ok(CategoryIds::Known { ids, of: None });
    };
    for (at, item) in items.iter().enumerate() {
        let listed = Listed::deserialize(item).map_err(|error| format!("`data`, entry {at}: {error}"))?;
        insert(&mut ids, Category { key: listed.key, value: listed.value }, &listed.ext_id)?;
    }
    let total = entries.iter().find(|(key, _)| key == "metadata");
    let total = total.and_then(|(_, metadata)| metadata.get("totalAvailableResults")).and_then(Value::as_u64);
    let listed = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(CategoryIds::Known { ids, of: total.filter(|total| *total > listed) })
}

fn insert(ids: &mut BTreeMap<Category, String>, category: Category, id: &str) -> Result<(), String> {
    if !is_uuid(id) {
        return Err(format!("the id of `{category}` is `{}`, not a UUID", id.escape_debug()));
    }
    let twin = ids.iter().find(|(other, known)| **other != category && known.eq_ignore_ascii_case(id));
    if let Some((other, _)) = twin {
        return Err(format!("`{category}` and `{other}` have one id, `{id}`"));
    }
    match ids.get(&category) {
        Some(known) if known != id => Err(format!("`{category}` has two ids, `{known}` and `{id}`")),
        _ => {
            ids.insert(category, id.to_owned());
            Ok(())
        }
    }
}

/// Source: ntnx-microseg-py-client 4.3.2, pattern of every `extId`, read 2026-11-22.
fn is_uuid(text: &str) -> bool {
    let mut lengths = [8, 4, 4, 4, 12].into_iter();
    let parts_fit = text
        .split('-')
        .all(|part| Some(part.len()) == lengths.next() && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    parts_fit && lengths.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_for_two_categories_is_refused() {
        let text = format!(r#"{{"AppType:Citrix": "{A}", "AppTier:Web": "{A}"}}"#);
        assert!(CategoryIds::read(Some(&text)).is_err());
    }

    const A: &str = "11111111-0000-4000-8000-000000000001";
    const B: &str = "11111111-0000-4000-8000-000000000002";

    fn category(text: &str) -> Category {
        Category::parse(text).unwrap()
    }

    #[test]
    fn both_forms_of_the_file_give_the_same_ids() {
        let list = format!(
            r#"{{"data":[{{"key":"AppType","value":"Citrix","extId":"{A}","type":"USER"}},
                        {{"key":"AppTier","value":"VDA","extId":"{B}"}}]}}"#
        );
        let flat = format!(r#"{{"AppType:Citrix":"{A}","AppTier:VDA":"{B}"}}"#);
        let ids = CategoryIds::read(Some(&list)).unwrap();
        assert_eq!(ids, CategoryIds::read(Some(&flat)).unwrap());
        assert_eq!(ids.id(&category("AppTier:VDA")), B);
        assert!(ids.lacks(&category("AppTier:SQL")));
    }

    #[test]
    fn without_a_file_a_symbol_stands_for_each_id() {
        let ids = CategoryIds::read(None).unwrap();
        assert_eq!(ids.id(&category("AppTier:VDA")), "{{category:AppTier:VDA}}");
        assert!(!ids.lacks(&category("AppTier:VDA")));
    }

    #[test]
    fn a_page_of_a_longer_list_is_noticed() {
        let page = format!(
            r#"{{"data":[{{"key":"k","value":"v","extId":"{A}"}}],"metadata":{{"totalAvailableResults":150}}}}"#
        );
        assert!(matches!(CategoryIds::read(Some(&page)), Ok(CategoryIds::Known { of: Some(150), .. })));
    }

    #[test]
    fn names_of_foreign_categories_do_not_matter() {
        let file = format!(r#"{{"ADGroup:CN=Users,DC=corp":"{A}","AppType:Citrix":"{B}"}}"#);
        assert_eq!(CategoryIds::read(Some(&file)).unwrap().id(&category("AppType:Citrix")), B);
    }

    #[test]
    fn bad_files_are_refused_with_the_entry() {
        let deep = format!("{{\"a:b\":{}", "[".repeat(100_000));
        let twice = format!(r#"{{"a:b":"{A}","a:b":"{B}"}}"#);
        let cases = [
            ("", "EOF"),
            ("[]", "an object"),
            (r#"{"a:b":"not-an-id"}"#, "`a:b`"),
            (r#"{"a:b":7}"#, "not text"),
            (r#"{"ab":"x"}"#, "`ab`"),
            (r#"{"data":[{"key":"a"}]}"#, "entry 0"),
            (deep.as_str(), "recursion"),
            (twice.as_str(), "two ids"),
        ];
        for (file, word) in cases {
            let report = CategoryIds::read(Some(file)).unwrap_err();
            assert_eq!(report.code, codes::BAD_CATEGORIES);
            assert!(report.message.contains(word), "{}", report.message);
        }
    }
}
