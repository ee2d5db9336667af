//! The JSON Schema that editors use against the shapes that are read.
//!
//! For each struct: its keys are those that it names when it is given an unknown one; its required keys are those
//! that it misses, one after the other, from an empty entry.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::Managed;
use super::super::raw::*;

fn schema() -> Value {
    serde_json::from_str(include_str!("../data/catalogue.schema.json")).unwrap()
}

fn words_in_backticks(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A value that fits a property of the schema.
fn sample(schema: &Value, property: &Value) -> Value {
    if let Some(name) = property["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        let object = &schema["$defs"][name];
        let required = object["required"].as_array().cloned().unwrap_or_default();
        let pairs = required.iter().map(|key| {
            let key = key.as_str().unwrap();
            (key.to_owned(), sample(schema, &object["properties"][key]))
        });
        return Value::Object(pairs.collect());
    }
    if let Some(first) = property["enum"].get(0).or(property.get("const")) {
        return first.clone();
    }
    match property["type"].as_str() {
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("integer") => json!(1),
        _ => json!("word"),
    }
}

#[track_caller]
fn compare<T: DeserializeOwned>(schema: &Value, object: &Value) {
    let known: Vec<&String> = object["properties"].as_object().unwrap().keys().collect();
    let unknown = serde_yaml::from_str::<T>("{not-a-key: 1}").err().unwrap().to_string();
    let mut read = words_in_backticks(&unknown);
    assert_eq!(read.remove(0), "not-a-key", "{unknown}");
    assert_eq!(read.iter().collect::<Vec<_>>(), known, "keys");

    let mut entry = Map::new();
    while let Err(error) = serde_yaml::from_str::<T>(&Value::Object(entry.clone()).to_string()) {
        let message = error.to_string();
        assert!(message.contains("missing field"), "{message} in {entry:?}");
        let key = words_in_backticks(&message)[0].clone();
        entry.insert(key.clone(), sample(schema, &object["properties"][&key]));
    }
    let required: Vec<&str> =
        object["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert_eq!(entry.keys().map(String::as_str).collect::<Vec<_>>(), required, "required keys");
    assert_eq!(object["additionalProperties"], json!(false));

    for (key, property) in object["properties"].as_object().unwrap() {
        entry.insert(key.clone(), sample(schema, property));
        let text = Value::Object(entry.clone()).to_string();
        assert!(
            serde_yaml::from_str::<T>(&text).is_ok(),
            "`{key}` does not take what the schema says: {text}"
        );
    }
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = schema();
    compare::<RawFile>(&schema, &schema);
    let part = |name: &str| schema["$defs"][name].clone();
    compare::<RawRelease>(&schema, &part("release"));
    compare::<RawKind>(&schema, &part("kind"));
    compare::<RawManaged>(&schema, &part("managed"));
    compare::<RawCondition>(&schema, &part("condition"));
    compare::<RawFlow>(&schema, &part("flow"));
    compare::<RawIntent>(&schema, &part("intent"));
    compare::<RawOption>(&schema, &part("option"));
    compare::<RawRow>(&schema, &part("row"));
    compare::<RawPortFrom>(&schema, &part("port-from"));
    compare::<RawWarning>(&schema, &part("warning"));
    compare::<RawName>(&schema, &part("name"));
    compare::<RawPermissionSet>(&schema, &part("permission-set"));
    compare::<RawPermission>(&schema, &part("permission"));
    compare::<RawPrerequisite>(&schema, &part("prerequisite"));
    compare::<RawApplication>(&schema, &part("application"));
    compare::<RawRule>(&schema, &part("rule"));
    compare::<RawSequence>(&schema, &part("sequence"));
    compare::<RawParticipant>(&schema, &part("participant"));
    compare::<RawStep>(&schema, &part("step"));
    compare::<RawConsequence>(&schema, &part("consequence"));
    compare::<RawSource>(&schema, &part("source"));
    compare::<RawChange>(&schema, &part("change"));
    assert_eq!(schema["$defs"].as_object().unwrap().len(), 24, "a part of the schema is not compared");
}

#[test]
fn the_words_of_the_schema_are_those_that_are_read() {
    let schema = schema();
    let flow = &schema["$defs"]["flow"]["properties"];
    let words = |key: &str| flow[key]["enum"].as_array().unwrap().clone();
    for (key, read) in [
        ("transport", serde_json::from_value::<Vec<super::Transport>>(words("transport").into()).is_ok()),
        ("need", serde_json::from_value::<Vec<super::Need>>(words("need").into()).is_ok()),
        ("encryption", serde_json::from_value::<Vec<super::Encryption>>(words("encryption").into()).is_ok()),
        (
            "sensitivity",
            serde_json::from_value::<Vec<super::Sensitivity>>(words("sensitivity").into()).is_ok(),
        ),
        ("direction", serde_json::from_value::<Vec<super::Direction>>(words("direction").into()).is_ok()),
    ] {
        assert!(read, "{key}");
    }
}

#[test]
fn every_list_of_the_schema_fits_entries_of_the_facts() {
    let text = "schema: segc-catalogue/1
kinds:
- {kind: vda, title: V, what: W, tier: worker, citrix-managed: {daas: customer, daas-flex: n/a}}
conditions:
- {condition: cloud-aws, text: AWS, group: hosting}
flows:
- {id: ping, from: vda, to: vda, transport: icmp, icmp-type: echo-request, service: Ping, what: W., why: W., need: optional, local-only: true, direction: both, area: A, sources: [{title: T, date: 2023-02, says: S}], verified: true}
permission-sets:
- {set: aws-mcs, what: Actions, platform: aws}
permissions:
- {id: ec2-run, platform: aws, permission: 'ec2:RunInstances', what: Starts, stage: catalog, need: required, set: aws-mcs, resource: '*', sources: [{title: T, version: '1', says: S}], verified: true}
prerequisites:
- {id: redirect, platform: azure, what: A web redirect., sources: [{title: T, version: '1', says: S}], verified: true}
applications:
- {id: link, application-id: 00000000-0000-0000-0000-000000000000, what: Links., sources: [{title: T, version: '1', says: S}], verified: true}
rules:
- {id: wear, area: mcs-aws, severity: error, statement: S., check: C., kept-by: [design], platforms: [aws], when: [cloud-aws], flows: [ping], without-rule: {text: No, quoted: true}, sources: [{title: T, version: '1', says: S}], verified: true}
";
    let catalogue = super::load(&[("facts.yaml", text)]).unwrap();
    assert_eq!((catalogue.permissions().len(), catalogue.rules().len()), (1, 1));
    assert_eq!(catalogue.flow("ping").unwrap().icmp().unwrap().message_type, 8);
    let managed: &Managed = catalogue.kind("vda").unwrap().managed();
    assert_eq!((managed.daas(), managed.daas_flex()), ("customer", "n/a"));
}
