//! `compile --next-steps`: what the READMEs of the targets say, with the names of the compile in commands that a shell takes.

use std::path::Path;
use std::process::Command;

use segc::target::steps::section;
use segc::targets::TARGETS;

/// The commands in a printed text: what stands between fences.
fn commands(text: &str) -> String {
    text.split("\n```\n").skip(1).step_by(2).map(|block| format!("{block}\n")).collect()
}

/// What a compile of a site into a folder prints.
fn printed(folder: &Path, site: &str, out: &str) -> String {
    std::fs::write(folder.join("site.seg"), site).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
        .current_dir(folder)
        .args(["compile", "site.seg", "-o", out, "--next-steps"])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Whether a shell can read some commands.
fn is_read_by_a_shell(folder: &Path, commands: &str) -> bool {
    let script = folder.join("steps.sh");
    std::fs::write(&script, commands).unwrap();
    Command::new("sh").arg("-n").arg(script).status().unwrap().success()
}

#[test]
fn every_spelling_has_its_notes() {
    for info in TARGETS.iter().map(|target| target.info()) {
        for spelling in info.spellings {
            let notes = section(info.notes, spelling.id);
            let notes = notes.unwrap_or_else(|| panic!("{}: no notes for `{}`", info.id, spelling.id));
            assert!(notes.contains("Check") && notes.contains("Roll back"), "{} {}", info.id, spelling.id);
            assert!(notes.contains("{FILE}") || notes.contains("{FOLDER}") || spelling.id == "api");
        }
    }
}

const SITE: &str = r#"
site "it's $HOME, {FILE} `x`" { effective = 2026-02-01 }
platform aws cloud { vpc = "the 'main' vpc; rm -rf"  region = "eu-west-1" }
platform azure hub { resource-group = "rg (net)" }
platform nutanix dc1 { category = "AppType:Citrix"  prism = "pc'1.example" }
segment a on cloud { cidr = 10.1.0.0/24 }
segment b on hub { cidr = 10.2.0.0/24 }
role x : windows-server on a { cidr = 10.1.0.0/24 }
role y : windows-server on b { cidr = 10.2.0.0/24 }
role z : windows-server on dc1 { cidr = 10.3.0.0/24 }
role s3 : gateway-endpoint { service = s3  prefix-list = "com.amazonaws.eu-west-1.s3" }
allow one: x -> y : tcp/443 because "One"
allow three: x -> z : tcp/443 because "Three"
allow two: x -> s3 : tcp/443 because "Two"
"#;

#[test]
fn commands_name_this_compile_and_are_safe_in_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let out = "o ut's";
    let text = printed(folder.path(), SITE, out);
    let files = [
        "cloud/security-groups.tf.json",
        "hub/network-security-groups.arm.json",
        "dc1/flow-policies.v4.json",
    ];
    for file in files {
        assert!(text.contains(&format!("== {out}/{file}")), "{file}:\n{text}");
    }
    let commands = commands(&text);
    assert!(is_read_by_a_shell(folder.path(), &commands), "{commands}");
    // Everything that the site or the user chose stands in quotes.
    for quoted in [
        r"'o ut'\''s/cloud/security-groups.cloudformation.json'",
        r"'Name=tag:Name,Values=the '\''main'\'' vpc; rm -rf'",
        "RESOURCE_GROUP='rg (net)'",
        r"PRISM='pc'\''1.example'",
        "PREFIX_LIST_S3=$(aws ec2 describe-managed-prefix-lists --region eu-west-1",
        r#"-var "prefix_list_s3=$PREFIX_LIST_S3""#,
    ] {
        assert!(commands.contains(quoted), "{quoted} is not in\n{commands}");
    }
    let is_blank = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    // Scripts have words in braces of their own.
    let without_script = |part: &str| part.split("\nPY\n").last().unwrap_or_default().to_owned();
    let lines: String = commands.split("<<'PY'\n").map(without_script).collect();
    let blank = lines.split('{').skip(1).filter_map(|rest| rest.split('}').next()).find(|word| {
        // The site's own name has one, in quotes.
        is_blank(word) && *word != "FILE"
    });
    assert_eq!(blank, None, "{commands}");
}

#[test]
fn nothing_is_printed_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.seg"), SITE).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
        .current_dir(folder.path())
        .args(["compile", "site.seg", "-o", "out"])
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&ran.stdout).contains("terraform -chdir"));
}
