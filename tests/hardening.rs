//! Hostile and broken surroundings: inputs made to exhaust, foreign texts, odd files, full disks, kills, races.
//!
//! Every run has a limit of memory and of time, so that a hang or an explosion is a failure and not a full machine.

#![cfg(unix)]

use crate::support::command::{code, segc, text};
use crate::support::digest::sha256;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const BASE: &str = r#"
site "s" { effective = 2026-01-01 release = r1 }
platform aws cloud { vpc = "v" }
segment inside on cloud { cidr = 10.0.0.0/8 }
role web : windows-server on inside { }
role users : client { cidr = 10.9.0.0/16 }
"#;

const ALLOW: &str = "allow front: users -> web : tcp/443 because \"People read pages\"\n";

/// Most address space of a run, in KiB: 1 GiB.
const MEMORY: &str = "1048576";

/// Longest run in seconds, on a busy machine with a debug build.
const SECONDS: &str = "120";

/// segc in a folder behind some shell words that set limits.
fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> Output {
    let script = format!("ulimit -v {MEMORY}; {limits} exec timeout -s KILL {SECONDS} \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_segc")]).args(arguments).current_dir(folder);
    command.output().unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// Compiles a site within the limits: exit code, reports.
fn compile(site: impl AsRef<[u8]>) -> (i32, String) {
    let folder = folder(&[("site.seg", site.as_ref())]);
    let output = limited(folder.path(), "", &["compile", "site.seg", "-o", "out"]);
    (output.status.code().unwrap_or(-1), text(&output.stderr))
}

/// Asserts that a site is refused with a code, in a report that a person can read.
fn refused(site: impl AsRef<[u8]>, code: &str) {
    let (exit, report) = compile(site);
    assert_eq!(exit, 1, "{}", &report[..report.len().min(500)]);
    assert!(report.contains(code), "no {code} in: {}", &report[..report.len().min(500)]);
    assert!(report.len() < 500_000, "{} bytes of report", report.len());
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn huge_products_and_lists_are_refused_soon_and_in_little_memory() {
    let roles = |count: usize| -> String {
        let pair = |at: usize| {
            let (high, low) = (at / 256, at % 256);
            format!(
                "role a{at} : client {{ cidr = 11.{high}.{low}.1/32 }}\n\
                 role b{at} : windows-server on inside {{ cidr = 10.{high}.{low}.1/32 }}\n"
            )
        };
        (0..count).map(pair).collect()
    };
    let side = |name: &str, count| (0..count).map(|at| format!("{name}{at}")).collect::<Vec<_>>().join(", ");
    let count = 10_000;
    let (left, right) = (side("a", count), side("b", count));
    refused(format!("{BASE}{}allow x: {left} -> {right} : tcp/443 because \"x\"\n", roles(count)), "SEG1011");
    refused(
        format!("{BASE}{}allow x: {left} <-> {right} : tcp/443 because \"x\"\n", roles(count)),
        "SEG1011",
    );
    let addresses: Vec<String> =
        (0..100_001).map(|at| format!("12.{}.{}.{}/32", at / 65536, at / 256 % 256, at % 256)).collect();
    refused(format!("{BASE}role many : client {{ cidr = {} }}\n{ALLOW}", addresses.join(", ")), "SEG1011");
    let ports: Vec<String> = (0..100_001).map(|at| format!("tcp/{}", at % 60_000 + 1)).collect();
    refused(format!("{BASE}allow x: users -> web : {} because \"x\"\n", ports.join(", ")), "SEG1011");
}

#[test]
fn nesting_and_repetition_end_soon() {
    for habit in ["{", "{ a = ", "role x : client { cidr = { ", "[", "(", "\""] {
        refused(format!("{BASE}{}", habit.repeat(200_000 / habit.len())), "SEG1");
    }
    refused(format!("{BASE}role x : client {{ {} }}\n", "cidr = 10.0.0.0/8 ".repeat(20_000)), "SEG1010");
    assert_eq!(compile(format!("{}{BASE}{ALLOW}", "# x\n".repeat(200_000))).0, 0);
    assert_eq!(compile(format!("# {}\n{BASE}{ALLOW}", "# ".repeat(1_000_000))).0, 0);
}

#[test]
fn includes_are_limited_in_depth_and_number() {
    let chain = folder(&[("site.seg", b"include \"0.seg\"\n")]);
    for at in 0..100 {
        fs::write(chain.path().join(format!("{at}.seg")), format!("include \"{}.seg\"\n", at + 1)).unwrap();
    }
    let output = limited(chain.path(), "", &["check", "site.seg"]);
    assert!(code(&output) == 1 && text(&output.stdout).contains("SEG1011"), "{}", text(&output.stdout));
    let wide = folder(&[]);
    let mut site = BASE.to_owned();
    for at in 0..4100 {
        fs::write(wide.path().join(format!("{at}.seg")), "").unwrap();
        site += &format!("include \"{at}.seg\"\n");
    }
    fs::write(wide.path().join("site.seg"), site).unwrap();
    let output = limited(wide.path(), "", &["check", "site.seg"]);
    assert!(code(&output) == 1 && text(&output.stdout).contains("SEG1011"));
}

#[test]
fn yaml_can_not_explode() {
    let mut aliases = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='z').zip('a'..) {
        aliases += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", "));
    }
    let bombs =
        [aliases, "[".repeat(200_000), "a: {".repeat(100_000), "- ".repeat(200_000), "&a ".repeat(100_000)];
    for bomb in bombs {
        let site = BASE.replace("release = r1", "release = r1 catalogue-extra = \"own.yaml\"");
        let folder = folder(&[
            ("site.seg", site.as_bytes()),
            ("own.yaml", bomb.as_bytes()),
            ("plain.seg", format!("{BASE}{ALLOW}").as_bytes()),
        ]);
        let output = limited(folder.path(), "", &["check", "site.seg"]);
        assert!(code(&output) == 1 && text(&output.stdout).contains("[SEG3"), "{}", text(&output.stdout));
        let output = limited(folder.path(), "", &["test", "plain.seg", "--cases", "own.yaml"]);
        assert!(code(&output) == 1 && text(&output.stderr).contains("SEG0007"), "{}", text(&output.stderr));
    }
}

#[test]
fn json_can_not_nest_without_end() {
    let site = format!("{BASE}{ALLOW}");
    for bomb in ["[".repeat(1_000_000), "{\"a\":".repeat(200_000)] {
        let manifest = format!("{{\"schema\": \"segc/manifest/1\", \"facts\": {bomb}");
        let lock = format!("{{\"schema\": \"segc/lock/1\", \"numbers\": {bomb}");
        let nutanix = BASE
            .replace("platform aws cloud { vpc = \"v\" }", "platform nutanix cloud { category = \"App:S\" }");
        let nutanix = nutanix.replace("on inside { }", "on inside { tier = \"Web\" }") + ALLOW;
        let folder = folder(&[
            ("site.seg", site.as_bytes()),
            ("nutanix.seg", nutanix.as_bytes()),
            ("manifest.json", manifest.as_bytes()),
            ("deep.lock", lock.as_bytes()),
            ("deep.json", bomb.as_bytes()),
        ]);
        for (arguments, code_of) in [
            (["diff", "manifest.json", "manifest.json", "-q"].as_slice(), "SEG0050"),
            (&["compile", "site.seg", "--lock", "deep.lock", "-o", "out"], "SEG0005"),
            (&["compile", "nutanix.seg", "--categories", "deep.json", "-o", "out"], "SEG0008"),
        ] {
            let output = limited(folder.path(), "", arguments);
            let report = text(&output.stderr);
            assert!(code(&output) == 1 && report.contains(code_of), "{arguments:?}: {report}");
        }
    }
}

#[test]
fn foreign_texts_are_read_or_refused_in_words() {
    let site = format!("{BASE}{ALLOW}");
    assert_eq!(compile(format!("\u{feff}{site}")).0, 0);
    refused(format!("{BASE}\u{feff}{ALLOW}"), "SEG1003");
    refused(site.replace("read", "re\0ad"), "SEG1003");
    refused(format!("{BASE}\0{ALLOW}"), "SEG1003");
    // Returns alone are space; a comment would swallow the rest of the file unseen.
    assert_eq!(compile(site.replace('\n', "\r")).0, 0);
    refused(format!("# who\n{site}").replace('\n', "\r"), "SEG1003");
    refused(site.replace("read", "re\u{202e}ad"), "SEG1003");
    let bytes = |big: bool, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(site.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    refused(bytes(false, true), "SEG0003");
    refused(bytes(true, true), "SEG0003");
    refused(bytes(false, false), "SEG1");
    refused([BASE.as_bytes(), b"# caf\xe9\n"].concat(), "SEG0003");

    // Line ends change no artefact.
    let folder =
        folder(&[("site.seg", site.as_bytes()), ("windows/site.seg", site.replace('\n', "\r\n").as_bytes())]);
    for (from, to) in [("site.seg", "unix"), ("windows/site.seg", "dos")] {
        assert_eq!(code(&segc(folder.path(), &["compile", from, "-o", to])), 0);
    }
    let artefacts =
        |name: &str| files(&folder.path().join(name).join("cloud")).into_values().collect::<Vec<_>>();
    assert_eq!(artefacts("unix"), artefacts("dos"));
}

#[test]
fn long_names_and_lines_are_taken_and_reported_in_short() {
    let name = "w".repeat(1_000_000);
    let site = format!("{BASE}{ALLOW}");
    assert_eq!(compile(site.replace("web", &name)).0, 0);
    assert_eq!(compile(site.replace('\n', " ")).0, 0);
    let (exit, report) = compile(format!("{BASE}{} nonsense\n", " ".repeat(1_000_000)));
    assert_eq!(exit, 1);
    assert!(report.len() < 2000, "{} bytes", report.len());
    assert!(report.contains("site.seg:7:1000002"), "{report}");
    refused(format!("{BASE}{ALLOW}{name}: x\n"), "SEG1");
    refused(site.replace("443", &"9".repeat(100_000)), "SEG1007");
}

#[test]
fn included_files_are_ordinary_files_of_the_folder() {
    let outside =
        folder(&[("secret.seg", b"role secret : client { cidr = 10.1.0.0/16 }\n"), ("own.yaml", b"x: 1\n")]);
    let folder = folder(&[("inside/real.seg", b""), ("folder/x", b"")]);
    let root = folder.path();
    symlink(outside.path().join("secret.seg"), root.join("link.seg")).unwrap();
    symlink(outside.path(), root.join("linked")).unwrap();
    symlink(outside.path().join("own.yaml"), root.join("own.yaml")).unwrap();
    symlink("inside/real.seg", root.join("alias.seg")).unwrap();
    symlink("loop.seg", root.join("loop.seg")).unwrap();
    symlink("/dev/zero", root.join("zero.seg")).unwrap();
    assert!(Command::new("mkfifo").arg(root.join("fifo.seg")).status().unwrap().success());
    for (path, code_of) in [
        ("link.seg", "SEG2113"),
        ("linked/secret.seg", "SEG2113"),
        ("../secret.seg", "SEG2113"),
        ("inside/../../secret.seg", "SEG2113"),
        ("/etc/passwd", "SEG2113"),
        ("zero.seg", "SEG2113"),
        ("fifo.seg", "SEG0002"),
        ("folder", "SEG0002"),
        ("loop.seg", "SEG0002"),
        ("missing.seg", "SEG0002"),
        ("", "SEG2113"),
    ] {
        fs::write(root.join("site.seg"), format!("{BASE}include \"{path}\"\n{ALLOW}")).unwrap();
        let output = limited(root, "", &["compile", "site.seg", "-o", "out"]);
        let report = text(&output.stderr);
        assert!(code(&output) == 1 && report.contains(code_of), "{path}: {report}");
        assert!(!report.contains("secret :"), "{path}: {report}");
        let extra = BASE.replace("release = r1", &format!("release = r1 catalogue-extra = \"{path}\""));
        fs::write(root.join("extra.seg"), extra).unwrap();
        let output = limited(root, "", &["compile", "extra.seg", "-o", "out"]);
        assert!(code(&output) == 1 && text(&output.stderr).contains(code_of), "{path} as a catalogue");
    }
    fs::write(root.join("site.seg"), format!("{BASE}include \"alias.seg\"\n{ALLOW}")).unwrap();
    assert_eq!(code(&limited(root, "", &["compile", "site.seg", "-o", "out"])), 0);
    for site in [".", "folder", "/dev/zero", "/dev/null"] {
        assert_eq!(code(&limited(root, "", &["check", site])), 1, "{site}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_output() {
    let folder = folder(&[("site.seg", format!("{BASE}{ALLOW}").as_bytes())]);
    let root = folder.path();
    // Files can't grow beyond a block: writing fails as it does on a full disk.
    let full = "trap '' XFSZ; ulimit -f 1;";
    let output = limited(root, full, &["compile", "site.seg", "-o", "out"]);
    assert!(code(&output) == 1 && text(&output.stderr).contains("SEG0004"), "{}", text(&output.stderr));
    assert!(!root.join("out").exists());
    assert_eq!(code(&segc(root, &["compile", "site.seg", "-o", "out"])), 0);
    let before = files(&root.join("out"));
    fs::write(root.join("site.seg"), format!("{BASE}{}", ALLOW.replace("443", "444"))).unwrap();
    assert_eq!(code(&limited(root, full, &["compile", "site.seg", "-o", "out"])), 1);
    assert_eq!(files(&root.join("out")), before);
    for place in ["/proc/segc", "/dev/null/out", "site.seg/out"] {
        let output = limited(root, "", &["compile", "site.seg", "-o", place]);
        assert!(code(&output) == 1 && text(&output.stderr).contains("SEG0004"), "{place}");
    }
}

/// True when every artefact that the manifest of a folder lists has the digest that it gives.
fn is_whole(folder: &Path) -> bool {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    manifest["artifacts"].as_array().unwrap().iter().all(|artifact| {
        let bytes = fs::read(folder.join(artifact["path"].as_str().unwrap())).unwrap();
        sha256(&bytes) == artifact["sha256"].as_str().unwrap()
    })
}

#[test]
fn a_kill_at_any_moment_leaves_whole_files() {
    let folder = folder(&[
        ("one/site.seg", format!("{BASE}{ALLOW}").as_bytes()),
        ("two/site.seg", format!("{BASE}{}", ALLOW.replace("443", "8443")).as_bytes()),
    ]);
    let root = folder.path();
    let mut known: BTreeMap<PathBuf, Vec<Vec<u8>>> = BTreeMap::new();
    for site in ["one", "two"] {
        assert_eq!(code(&segc(root, &["compile", &format!("{site}/site.seg"), "-o", "out"])), 0);
        for (path, bytes) in files(&root.join("out")) {
            known.entry(path).or_default().push(bytes);
        }
    }
    let mut killed = 0;
    for round in 0..40_u64 {
        let site = if round % 2 == 0 { "one/site.seg" } else { "two/site.seg" };
        let mut child = Command::new(env!("CARGO_BIN_EXE_segc"))
            .current_dir(root)
            .args(["compile", site, "-o", "out", "-q"])
            .spawn()
            .unwrap();
        // Spread over the length of a run, more densely than it writes.
        std::thread::sleep(Duration::from_micros(round * 7919 % 60_000));
        let _ = child.kill();
        killed += usize::from(!child.wait().unwrap().success());
        for (path, bytes) in files(&root.join("out")) {
            if !path.file_name().unwrap().to_string_lossy().starts_with(".segc-") {
                assert!(known[&path].contains(&bytes), "{} is neither old nor new", path.display());
            }
        }
    }
    assert!(killed > 5, "only {killed} runs were killed");
    assert_eq!(code(&segc(root, &["compile", "one/site.seg", "-o", "out"])), 0);
    assert!(is_whole(&root.join("out")));
    let left: Vec<PathBuf> = files(&root.join("out")).into_keys().collect();
    assert_eq!(left, known.keys().cloned().collect::<Vec<_>>(), "what killed runs left is removed");
}

#[test]
fn two_at_once_leave_what_one_of_them_wrote() {
    let azure = "platform azure weu { region = westeurope vnet = \"n\" resource-group = \"g\" }\n\
        segment az on weu { cidr = 10.1.0.0/24 }\nrole db : windows-server on az { }\n";
    let site = |port: &str| {
        let base = BASE.replace("10.0.0.0/8", "10.0.0.0/24");
        format!("{base}{azure}allow front: users -> web, db : tcp/{port} because \"People read pages\"\n")
    };
    let folder = folder(&[("one.seg", site("443").as_bytes()), ("two.seg", site("8443").as_bytes())]);
    let root = folder.path();
    for round in 0..15 {
        let start = |name: &str| {
            Command::new(env!("CARGO_BIN_EXE_segc"))
                .current_dir(root)
                .args(["compile", name, "-o", "out", "--lock", "both.lock", "-q"])
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        for child in [start("one.seg"), start("two.seg")] {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "round {round}: {}", text(&output.stderr));
        }
        assert!(is_whole(&root.join("out")), "round {round}");
        let lock: Value = serde_json::from_slice(&fs::read(root.join("both.lock")).unwrap()).unwrap();
        assert_eq!(lock["schema"], "segc/lock/1", "round {round}");
    }
    let names = files(&root.join("out")).into_keys();
    assert_eq!(names.filter(|path| path.display().to_string().contains(".segc-")).count(), 0);
}

#[test]
fn closed_and_full_streams_are_no_crash() {
    let folder = folder(&[("site.seg", format!("{BASE}{ALLOW}").as_bytes())]);
    let run = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_segc")]).current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(!text(&output.stderr).contains("SEG0001"), "{script}: {}", text(&output.stderr));
        code(&output)
    };
    // The exit code of segc, not of the reader that goes away.
    assert_eq!(run("{ \"$0\" catalogue list; echo $? > code; } | head -c 0; exit $(cat code)"), 0);
    assert_eq!(
        run(
            "{ \"$0\" compile site.seg -o out --format json; echo $? > code; } | head -c 0; exit $(cat code)"
        ),
        0
    );
    assert_eq!(run("\"$0\" compile site.seg -o out --format json > /dev/full"), 1);
    assert_eq!(run("\"$0\" compile site.seg -o out >&- 2>&-"), 0);
    assert_eq!(run("\"$0\" check missing.seg >&- 2>&-"), 1);
    assert_eq!(run("\"$0\" check missing.seg 2> /dev/full"), 1);
    assert_eq!(run("\"$0\" nonsense 2>&-"), 64);
    assert_eq!(run("\"$0\" check - <&-"), 1);
}

#[test]
fn days_and_surroundings_may_be_odd() {
    let folder = folder(&[("site.seg", format!("{BASE}{ALLOW}").as_bytes())]);
    let long = "9".repeat(100_000);
    for day in ["0000-00-00", "-1", "999999999-01-01", "2026-02-30", "2026-1-1", "", "+2026-01-01", &long] {
        let output =
            limited(folder.path(), "", &["compile", "site.seg", "-o", "out", &format!("--as-of={day}")]);
        assert_eq!(code(&output), 64, "{}", &day[..day.len().min(20)]);
    }
    for day in ["0001-01-01", "9999-12-31"] {
        let output = limited(folder.path(), "", &["compile", "site.seg", "-o", "out", "--as-of", day]);
        assert_eq!(code(&output), 0, "{day}: {}", text(&output.stderr));
    }
    let bare = Command::new(env!("CARGO_BIN_EXE_segc"))
        .current_dir(folder.path())
        .env_clear()
        .env("TMPDIR", "/nonexistent")
        .args(["compile", "site.seg", "-o", "bare"])
        .output()
        .unwrap();
    assert_eq!(code(&bare), 0, "{}", text(&bare.stderr));
    let gone = Command::new("sh")
        .args([
            "-c",
            "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" check site.seg",
            env!("CARGO_BIN_EXE_segc"),
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&gone), 1, "{}", text(&gone.stderr));
}
