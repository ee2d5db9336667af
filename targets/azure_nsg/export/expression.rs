//! Expressions of exported templates, as far as exports have them.
//!
//! In: a template. Out: the same with every expression that depends on nothing but default values of parameters in its place.
//!
//! An export names its own groups by parameters, whose default values are their names, and refers to others by
//! `resourceId(...)` or by a parameter with the whole path.
//! Source: Azure Resource Manager documentation, "Template functions" (`concat`, `format`, `parameters`, `resourceId`) and
//! "Export template", read 2026-11.
//!
//! Invariant: an expression that is not understood stays as it is, brackets included, so that whoever reads it refuses it.

use serde_json::{Map, Value};

/// Deepest nesting of calls that is followed.
const DEEPEST: usize = 16;

/// A template without the expressions that are understood.
pub(super) fn resolved(template: &Value) -> Value {
    let parameters = template.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut resolved = template.clone();
    if let Some(resources) = resolved.get_mut("resources") {
        replace(resources, &parameters);
    }
    resolved
}

/// True for a text that stands for another one.
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']')
}

fn replace(value: &mut Value, parameters: &Map<String, Value>) {
    match value {
        Value::String(text) if is_expression(text) => {
            let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
            if let Some(found) = whole(inside, parameters) {
                *value = found;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| replace(one, parameters)),
        Value::Object(all) => all.values_mut().for_each(|one| replace(one, parameters)),
        _ => {}
    }
}

/// What an expression stands for.
fn whole(text: &str, parameters: &Map<String, Value>) -> Option<Value> {
    let mut reader = Reader { rest: text.trim(), parameters };
    let value = reader.value(DEEPEST)?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    parameters: &'t Map<String, Value>,
}

impl<'t> Reader<'t> {
    /// A text in quotes, or a call.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('\'') {
            return self.quoted().map(Value::String);
        }
        let end = self.rest.find(|character: char| !character.is_ascii_alphanumeric())?;
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix('(')?;
        let arguments = self.arguments(depth.checked_sub(1)?)?;
        call(name, &arguments, self.parameters)
    }

    /// A text; two quotes in it stand for one.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.rest = self.rest.strip_prefix('\'')?;
        loop {
            let (before, after) = self.rest.split_once('\'')?;
            text.push_str(before);
            self.rest = after;
            match after.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    self.rest = more;
                }
                None => return Some(text),
            }
        }
    }

    fn arguments(&mut self, depth: usize) -> Option<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                return Some(all);
            }
            if !all.is_empty() {
                self.rest = self.rest.strip_prefix(',')?;
            }
            all.push(self.value(depth)?);
        }
    }
}

fn call(name: &str, arguments: &[Value], parameters: &Map<String, Value>) -> Option<Value> {
    let texts: Option<Vec<&str>> = arguments.iter().map(Value::as_str).collect();
    match (name.to_ascii_lowercase().as_str(), texts?.as_slice()) {
        ("parameters", [key]) => {
            let found = parameters.get(*key)?.get("defaultValue")?;
            // A default value may be an expression itself, which only a deployment knows.
            let is_plain = found.as_str().is_none_or(|text| !is_expression(text));
            is_plain.then(|| found.clone())
        }
        ("concat", texts) => Some(texts.concat().into()),
        ("format", [pattern, texts @ ..]) => format(pattern, texts).map(Value::String),
        ("resourceid", texts) => resource_id(texts).map(Value::String),
        _ => None,
    }
}

/// `{0}/{1}` with texts in place of numbers.
fn format(pattern: &str, texts: &[&str]) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (number, behind) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(texts.get(number.parse::<usize>().ok()?)?);
        rest = behind;
    }
    text.push_str(rest);
    (!text.contains('}')).then_some(text)
}

/// The path of a resource: `Provider/type/subtype` and a name for each type. Before them may stand a resource group, and a
/// subscription before that; without them the resource is where the template goes.
fn resource_id(texts: &[&str]) -> Option<String> {
    let at = texts.iter().position(|text| text.contains('/') && !text.starts_with('/'))?;
    let (place, rest) = texts.split_at_checked(at)?;
    let (kind, names) = rest.split_first()?;
    let (provider, types) = kind.split_once('/')?;
    let types: Vec<&str> = types.split('/').collect();
    if types.len() != names.len() {
        return None;
    }
    let mut path = match place {
        [] => String::new(),
        [group] => format!("/resourceGroups/{group}"),
        [subscription, group] => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
        _ => return None,
    };
    path.push_str("/providers/");
    path.push_str(provider);
    for (kind, name) in types.iter().zip(names) {
        path.push_str(&format!("/{kind}/{name}"));
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::resolved;
    use serde_json::{Value, json};

    fn told(text: &str) -> Value {
        let template = json!({"parameters": {"g": {"defaultValue": "web", "type": "String"}, "none": {"type": "String"},
            "again": {"defaultValue": "[resourceGroup().name]"}}, "resources": [{"name": text}]});
        resolved(&template)["resources"][0]["name"].clone()
    }

    #[test]
    fn what_an_export_has_is_resolved() {
        for (text, expected) in [
            ("[parameters('g')]", "web"),
            ("[concat(parameters('g'), '/it''s')]", "web/it's"),
            ("[format('{0}/{1}-{0}', parameters('g'), 'x')]", "web/x-web"),
            ("[resourceId('Microsoft.Network/a', parameters('g'))]", "/providers/Microsoft.Network/a/web"),
            (
                "[resourceId('rg', 'Microsoft.Network/a/b', 'x', 'y')]",
                "/resourceGroups/rg/providers/Microsoft.Network/a/x/b/y",
            ),
        ] {
            assert_eq!(told(text), json!(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_stays() {
        for text in [
            "[parameters('none')]",
            "[parameters('again')]",
            "[parameters('other')]",
            "[variables('g')]",
            "[concat('a'",
            "[if(true, 'a', 'b')]",
            "[resourceId('Microsoft.Network/a/b', 'x')]",
            "[format('{1}', 'a')]",
            "[concat('a') b]",
            "[[plain]",
            "[]",
        ] {
            assert_eq!(told(text), json!(text));
        }
        let deep = format!("[{}'a'{}]", "concat(".repeat(99), ")".repeat(99));
        assert_eq!(told(&deep), json!(deep));
    }
}
