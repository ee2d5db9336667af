//! `segc diff` of git revisions: what is read, from where, and what is said when it can't be.

use crate::support::command::{code, text};
use crate::support::repository::{Repository, alone};
use std::process::Output;

const SITE: &str = r#"
site "s" { effective = 2026-01-01 }
platform aws cloud { vpc = "v" }
segment inside on cloud { cidr = 10.0.0.0/24 }
role web : windows-server on inside { }
role users : client { cidr = 10.9.0.0/16 }
allow front: users -> web : tcp/443 because "People read pages"
"#;

fn opened() -> String {
    format!("{SITE}allow also: users -> web : tcp/8443 because \"People read other pages\"\n")
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// A repository with the site at `v1` and one line more at `v2`.
fn two_revisions(path: &str) -> Repository {
    let repository = Repository::new();
    repository.write(path, SITE);
    repository.commit("v1");
    repository.write(path, opened());
    repository.commit("v2");
    repository
}

fn assert_code(output: &Output, expected: i32, words: &str) {
    assert_eq!(code(output), expected, "{}", said(output));
    assert!(said(output).contains(words), "no `{words}` in\n{}", said(output));
}

#[test]
fn revisions_are_named_in_every_way_of_git() {
    let repository = two_revisions("site.seg");
    for (words, expected) in [
        (&["v1", "v2", "site.seg"][..], 2),
        (&["v2", "v1", "site.seg"], 1),
        (&["HEAD~1", "HEAD", "./site.seg"], 2),
        (&["v1..v2", "site.seg"], 2),
        (&["v1..", "site.seg"], 2),
        (&["v1...v2", "site.seg"], 2),
        (&["v1", "site.seg"], 2),
        (&["HEAD", "site.seg"], 0),
        (&["site.seg", "v1"], 1),
        (&["v1:site.seg", "v2:./site.seg"], 2),
        (&["v1:site.seg", "site.seg"], 2),
        (&[":/v1", "HEAD^{/v2}", "site.seg"], 2),
        (&["v2", "v2", "site.seg"], 0),
    ] {
        let output = repository.segc(&[&["diff"], words].concat());
        assert_eq!(code(&output), expected, "{words:?}\n{}", said(&output));
    }
}

#[test]
fn the_work_tree_has_no_say_in_a_revision() {
    let repository = two_revisions("site.seg");
    std::fs::remove_file(repository.path().join("site.seg")).unwrap();
    assert_code(&repository.segc(&["diff", "v1", "v2", "site.seg"]), 2, "");
    repository.write("site.seg", "nonsense");
    assert_code(&repository.segc(&["diff", "v1", "v2", "site.seg"]), 2, "");
    let before = repository.git(&["status", "--porcelain"]);
    assert_code(&repository.segc(&["diff", "HEAD", "site.seg"]), 1, "SEG1");
    assert_eq!(before, repository.git(&["status", "--porcelain"]));
}

#[test]
fn sites_are_found_in_sub_folders_bare_repositories_and_work_trees() {
    let repository = two_revisions("a b/ü/site.seg");
    assert_code(&repository.segc(&["diff", "v1", "v2", "a b/ü/site.seg"]), 2, "");
    assert_code(&repository.segc_in("a b", &["diff", "v1", "v2", "ü/../ü/site.seg"]), 2, "");
    let file = repository.path().join("a b/ü/site.seg");
    assert_code(&repository.segc_in("a b/ü", &["diff", "v1", "v2", file.to_str().unwrap()]), 2, "");
    // The folder is gone by now.
    repository.git(&["rm", "-q", "-r", "a b"]);
    assert_code(&repository.segc(&["diff", "v1", "v2", "a b/ü/site.seg"]), 2, "");
    assert_code(&repository.segc(&["diff", "v1", "v2", "site.seg"]), 1, "SEG0048");

    repository.git(&["worktree", "add", "-q", "../tree", "v1"]);
    assert_code(&repository.segc_in("../tree", &["diff", "v1", "v2", "a b/ü/site.seg"]), 2, "");
    repository.git(&["worktree", "remove", "../tree"]);
    repository.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    assert_code(&repository.segc_in("bare.git", &["diff", "v1", "v2", "a b/ü/site.seg"]), 2, "");
    assert_code(&repository.segc(&["diff", "v1", "v2", "bare.git/a b/ü/site.seg"]), 2, "");
}

#[test]
fn a_hook_of_another_repository_does_not_lead_astray() {
    let repository = two_revisions("site.seg");
    let other = Repository::new();
    let output = alone(env!("CARGO_BIN_EXE_segc"), other.path())
        .args(["diff", "v1", "v2"])
        .arg(repository.path().join("site.seg"))
        .env("GIT_DIR", other.path().join(".git"))
        .env("GIT_WORK_TREE", other.path())
        .env("GIT_INDEX_FILE", "nowhere")
        .output()
        .unwrap();
    assert_code(&output, 2, "");
}

#[test]
fn includes_catalogue_files_and_locks_come_from_the_revision() {
    let repository = Repository::new();
    repository.write("conf/site.seg", format!("{SITE}include \"more/parts.seg\"\n"));
    repository.write("conf/more/parts.seg", "");
    repository.commit("v1");
    repository.write("conf/more/parts.seg", "allow also: users -> web : tcp/81 because \"More\"\n");
    repository.write("conf/site.seg.lock", "not a lock");
    repository.commit("v2");
    assert_code(
        &repository.segc(&["diff", "v1", "v2", "conf/site.seg"]),
        1,
        "`v2:conf/site.seg.lock` can't be used",
    );
    repository.git(&["rm", "-q", "conf/site.seg.lock"]);
    repository.commit("v3");
    assert_code(&repository.segc(&["diff", "v1", "v3", "conf/site.seg"]), 2, "");
    repository.git(&["rm", "-q", "-r", "conf/more"]);
    repository.commit("v4");
    let output = repository.segc(&["diff", "v1", "v4", "conf/site.seg"]);
    assert_code(&output, 1, "v4:conf/site.seg:8");
    assert_code(&output, 1, "revision `v4` does not have it");
}

#[test]
#[cfg(unix)]
fn links_are_followed_in_the_revision_and_not_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let repository = Repository::new();
    repository.write("secret.seg", "");
    repository.write("r1/site.seg", SITE);
    repository.write("r2/site.seg", opened());
    symlink("r1", repository.path().join("current")).unwrap();
    repository.commit("v1");
    std::fs::remove_file(repository.path().join("current")).unwrap();
    symlink("r2", repository.path().join("current")).unwrap();
    repository.commit("v2");
    assert_code(&repository.segc(&["diff", "v1", "v2", "current/site.seg"]), 2, "");

    let include = |target: &str, tag: &str| {
        let link = repository.path().join("r1/part.seg");
        let _ = std::fs::remove_file(&link);
        symlink(target, &link).unwrap();
        repository.write("r1/site.seg", format!("{SITE}include \"part.seg\"\n"));
        repository.commit(tag);
    };
    include("../secret.seg", "out");
    assert_code(&repository.segc(&["diff", "v1", "out", "r1/site.seg"]), 1, "SEG2113");
    include("/etc/passwd", "absolute");
    assert_code(&repository.segc(&["diff", "v1", "absolute", "r1/site.seg"]), 1, "SEG2113");
    include("../../../etc/passwd", "above");
    assert_code(&repository.segc(&["diff", "v1", "above", "r1/site.seg"]), 1, "SEG2113");
    include("part.seg", "itself");
    assert_code(&repository.segc(&["diff", "v1", "itself", "r1/site.seg"]), 1, "too many symbolic links");
    repository.write("r1/sub/real.seg", "");
    include("./sub//real.seg", "inside");
    assert_code(&repository.segc(&["diff", "v1", "inside", "r1/site.seg"]), 0, "");
}

#[test]
fn what_can_not_be_read_says_why_and_where() {
    let repository = two_revisions("site.seg");
    let ask = |words: &[&str], wanted: &str| {
        assert_code(&repository.segc(&[&["diff"], words].concat()), 1, wanted);
    };
    ask(&["nowhere", "HEAD", "site.seg"], "git knows no revision `nowhere` here");
    ask(&["@{u}", "HEAD", "site.seg"], "SEG0047");
    ask(&["HEAD@{upstream}", "HEAD", "site.seg"], "git says: ");
    ask(&["--", "-nowhere", "HEAD", "site.seg"], "git knows no revision `-nowhere` here");
    ask(&["--", "--batch-all-objects", "HEAD", "site.seg"], "SEG0047");
    ask(&["v1\nv2", "HEAD", "site.seg"], "SEG0047");
    ask(&["", "HEAD", "site.seg"], "SEG0047");
    ask(&["v1:site.seg", "HEAD", "site.seg"], "SEG0047");
    ask(&["v1", "HEAD", "absent.seg"], "`v1:absent.seg` can't be read: revision `v1` does not have it");
    ask(&["v1", "HEAD", "../elsewhere.seg"], "SEG0046");
    ask(&["absent.seg", "site.seg"], "SEG0002");
    ask(&["v1:../site.seg", "site.seg"], "SEG0046");

    repository.write("site.seg", "site \"s\" { effective = 2026-01-01 }\nrol web : client { }\n");
    repository.commit("broken");
    ask(&["v1", "broken", "site.seg"], "broken:site.seg:2:1");
    ask(&["v1", "broken", "site.seg"], "SEG1004");
    repository.write("site.seg", [0xff, 0xfe, 0x00]);
    repository.commit("binary");
    ask(&["v1", "binary", "site.seg"], "`binary:site.seg` can't be read: it is not UTF-8 text");
    repository.write("site.seg", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    repository.commit("lfs");
    ask(&["v1", "lfs", "site.seg"], "Git LFS");
    repository.git(&["rm", "-q", "site.seg"]);
    repository.write("site.seg/x", "");
    repository.commit("folder");
    ask(&["v1", "folder", "site.seg"], "it is a folder");
}

#[test]
fn another_repository_inside_is_not_entered() {
    let inner = two_revisions("site.seg");
    let repository = two_revisions("site.seg");
    let url = inner.path().to_str().unwrap();
    repository.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", url, "inner"]);
    repository.commit("v3");
    // Where it is checked out it is a repository of its own.
    assert_code(&repository.segc(&["diff", "v1", "v2", "inner/site.seg"]), 2, "");
    assert_code(&repository.segc(&["diff", "v3", "v3", "inner/site.seg"]), 1, "SEG0047");
    repository.git(&["submodule", "deinit", "-q", "-f", "inner"]);
    assert_code(&repository.segc(&["diff", "v3", "v3", "inner/site.seg"]), 1, "submodule");
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let repository = two_revisions("site.seg");
    let clone = Repository::new();
    let url = format!("file://{}", repository.path().display());
    clone.git(&["clone", "-q", "--depth", "1", "--no-tags", &url, "shallow"]);
    let output = clone.segc_in("shallow", &["diff", "HEAD~1", "HEAD", "site.seg"]);
    assert_code(&output, 1, "git fetch --unshallow");
    clone.git(&["-C", "shallow", "checkout", "-q", "--detach"]);
    clone.git(&["-C", "shallow", "branch", "-q", "-D", "main"]);
    assert_code(
        &clone.segc_in("shallow", &["diff", "main", "HEAD", "site.seg"]),
        1,
        "did you mean `origin/main`?",
    );
}

#[test]
fn without_repository_or_git_it_says_so() {
    let folder = crate::support::command::folder_with(SITE);
    let run = |path: Option<&str>| {
        let mut command = alone(env!("CARGO_BIN_EXE_segc"), folder.path());
        command.args(["diff", "HEAD", "site.seg"]).envs(path.map(|path| ("PATH", path)));
        command.output().unwrap()
    };
    assert_code(&run(None), 1, "`site.seg` is in no repository that git can use: there is none");
    assert_code(
        &run(Some("/nowhere")),
        1,
        "error[SEG0045]: the program `git` can't be run: there is no such",
    );
}

#[test]
fn a_damaged_repository_says_so() {
    let repository = two_revisions("site.seg");
    let tree = repository.git(&["rev-parse", "v1^{tree}"]);
    let (folder, name) = tree.split_at(2);
    std::fs::remove_file(repository.path().join(".git/objects").join(folder).join(name)).unwrap();
    assert_code(&repository.segc(&["diff", "v1", "v2", "site.seg"]), 1, "SEG0049");
}

#[test]
fn manifests_are_compared_at_revisions_too() {
    let repository = two_revisions("site.seg");
    for tag in ["v1", "v2"] {
        repository.git(&["checkout", "-q", tag]);
        assert_code(&repository.segc(&["compile", "site.seg", "-o", "out", "-q"]), 0, "");
        repository.commit(&format!("{tag}-out"));
    }
    let output = repository.segc(&["diff", "v1-out", "v2-out", "out/manifest.json", "--format", "json"]);
    assert_code(&output, 2, "\"not_compared\": []");
    assert_code(&repository.segc(&["diff", "v2:site.seg", "v2-out:out/manifest.json"]), 0, "");
}

#[test]
fn line_ends_and_attributes_change_nothing() {
    let repository = Repository::new();
    repository.write("site.seg", SITE);
    repository.commit("v1");
    repository.write("site.seg", SITE.replace('\n', "\r\n"));
    repository.commit("v2");
    assert_code(&repository.segc(&["diff", "v1", "v2", "site.seg"]), 0, "");
}

#[test]
fn a_file_named_like_a_revision_is_the_file() {
    let repository = two_revisions("v1");
    repository.write("other", SITE);
    assert_code(&repository.segc(&["diff", "v1", "other"]), 1, "");
    assert_code(&repository.segc(&["diff", "v1", "v2", "v1"]), 2, "");
}

#[test]
fn the_hash_of_a_repository_may_be_a_long_one() {
    let repository = Repository::new();
    std::fs::remove_dir_all(repository.path().join(".git")).unwrap();
    repository.git(&["init", "-q", "--object-format=sha256"]);
    repository.write("a/site.seg", SITE);
    repository.commit("v1");
    repository.write("a/site.seg", opened());
    repository.commit("v2");
    repository.git(&["tag", "-a", "-m", "annotated", "release", "v1"]);
    assert_code(&repository.segc(&["diff", "release", "v2", "a/site.seg"]), 2, "");
}
