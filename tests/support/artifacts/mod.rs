//! The output folder: its manifest and artefacts in, an answer at each enforced end for any question out.

pub(crate) mod arm;
pub(crate) mod cloudformation;
pub(crate) mod flow;
pub(crate) mod flow_v3;
pub(crate) mod flow_v4;
pub(crate) mod rows;
pub(crate) mod terraform;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::judge::{Direction, Rules, Verdict, judge};
use super::manifest::{self, Manifest};
use super::service::Service;
use super::{json, site};
use arm::Arm;
use cloudformation::CloudFormation;
use flow::Flow;
use rows::Rows;

/// One file as read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) platform: String,
    pub(crate) spelling: Spelling,
    pub(crate) bytes: Vec<u8>,
    /// None for files that are no JSON.
    pub(crate) value: Option<Value>,
}

/// The spellings that the reader knows by the end of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spelling {
    CloudFormation,
    Arm,
    FlowV4,
    FlowV3,
    Terraform,
    Csv,
    /// Held to its digest and to JSON, but not asked.
    Other,
}

impl Spelling {
    /// The spelling's name in a manifest.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Spelling::CloudFormation => "cloudformation",
            Spelling::Arm => "arm",
            Spelling::FlowV4 => "v4",
            Spelling::FlowV3 => "v3",
            Spelling::Terraform => "terraform",
            Spelling::Csv => "csv",
            Spelling::Other => "",
        }
    }

    fn of(path: &str) -> Spelling {
        let known = [
            (".cloudformation.json", Spelling::CloudFormation),
            (".arm.json", Spelling::Arm),
            (".v4.json", Spelling::FlowV4),
            (".v3.json", Spelling::FlowV3),
            (".tf.json", Spelling::Terraform),
            (".csv", Spelling::Csv),
        ];
        known.iter().find(|(end, _)| path.ends_with(end)).map_or(Spelling::Other, |(_, spelling)| *spelling)
    }
}

/// What one file says at one end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndVerdict {
    pub(crate) direction: Direction,
    pub(crate) platform: String,
    pub(crate) spelling: Spelling,
    pub(crate) verdict: Verdict,
}

/// What all enforced ends say; no ends at all means that nothing here enforces the question.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) ends: Vec<EndVerdict>,
}

impl Answer {
    /// Neither end has an artefact: the file's word stands.
    pub(crate) fn is_unenforced(&self) -> bool {
        self.ends.is_empty()
    }

    /// What all ends together let pass.
    pub(crate) fn together(&self) -> Verdict {
        if self.ends.iter().all(|end| end.verdict == Verdict::Allow) {
            Verdict::Allow
        } else if self.ends.iter().any(|end| end.verdict == Verdict::Deny) {
            Verdict::Deny
        } else {
            Verdict::Partial
        }
    }

    /// The spellings of one end that say something else than its first spelling.
    pub(crate) fn contradictions(&self) -> Vec<&EndVerdict> {
        let first = |end: &EndVerdict| self.ends.iter().find(|other| other.direction == end.direction);
        self.ends.iter().filter(|end| first(end).is_some_and(|other| other.verdict != end.verdict)).collect()
    }
}

/// A compiled site, read back.
pub(crate) struct Output {
    pub(crate) manifest: Manifest,
    pub(crate) files: Vec<File>,
    pub(crate) readers: BTreeMap<(String, Spelling), Box<dyn Reader>>,
    /// Everything that could not be read as the formats demand.
    pub(crate) faults: Vec<String>,
}

/// A reader of one platform in one spelling.
pub(crate) trait Reader: Rules {
    /// Whether the role is one that the rules can know at all, by group, category or address.
    fn knows(&self, role: &manifest::Role) -> bool;
}

impl Output {
    /// Reads a folder; `site` is the text of the site that was compiled.
    pub(crate) fn load(folder: &Path, site: &str) -> Result<Output, String> {
        let read = |path: &str| fs::read(folder.join(path)).map_err(|error| format!("{path}: {error}"));
        Output::gather(&read, site)
    }

    fn gather(read: &dyn Fn(&str) -> Result<Vec<u8>, String>, site: &str) -> Result<Output, String> {
        let bytes = read("manifest.json")?;
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        let mut manifest =
            manifest::read(&json::parse(&text).map_err(|error| format!("manifest.json: {error}"))?);
        site::name_roles(&mut manifest, site);
        let mut files = Vec::new();
        for entry in &manifest.artifacts {
            files.push(read_file(&entry.path, &entry.platform, read(&entry.path)?)?);
        }
        Ok(Output::new(manifest, files))
    }

    /// Reads the files of a compile that were never written; `site` is the text of the site.
    pub(crate) fn of_files(files: &[(&str, &[u8])], site: &str) -> Result<Output, String> {
        let all: BTreeMap<&str, &[u8]> = files.iter().copied().collect();
        let read = |path: &str| all.get(path).map(|bytes| bytes.to_vec()).ok_or(format!("{path}: missing"));
        Output::gather(&read, site)
    }

    /// Builds the readers of files already in memory.
    pub(crate) fn new(manifest: Manifest, files: Vec<File>) -> Output {
        let (mut readers, mut faults) = (BTreeMap::new(), Vec::new());
        let mut groups: BTreeMap<(String, Spelling), Vec<&File>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.spelling != Spelling::Other) {
            groups.entry((file.platform.clone(), file.spelling)).or_default().push(file);
        }
        for ((platform, spelling), group) in groups {
            let mut own_faults = Vec::new();
            let reader = build(spelling, &group, &mut own_faults);
            faults.extend(own_faults.into_iter().map(|fault| format!("{platform}, {spelling:?}: {fault}")));
            readers.insert((platform, spelling), reader);
        }
        Output { manifest, files, readers, faults }
    }

    /// What each enforced end says of `asked` from `src` to `dst`.
    pub(crate) fn ask(&self, src: &str, dst: &str, asked: Service) -> Result<Answer, String> {
        let role = |name: &str| {
            self.manifest.roles.get(name).ok_or_else(|| format!("the manifest has no role `{name}`"))
        };
        let (src, dst) = (role(src)?, role(dst)?);
        let mut answer = Answer::default();
        for (direction, own, peer) in [(Direction::Egress, src, dst), (Direction::Ingress, dst, src)] {
            for ((platform, spelling), reader) in &self.readers {
                if own.platform.as_ref() != Some(platform) {
                    continue;
                }
                if !reader.knows(own) {
                    return Err(format!("{platform}, {spelling:?}: nothing identifies role `{}`", own.name));
                }
                let verdict = judge(reader.as_ref(), direction, own, peer, asked);
                let (platform, spelling) = (platform.clone(), *spelling);
                answer.ends.push(EndVerdict { direction, platform, spelling, verdict });
            }
        }
        Ok(answer)
    }

    /// The Nutanix states that apply to a role (`ENFORCE`, `MONITOR`, ...), by spelling.
    pub(crate) fn flow_states(&self, role: &str) -> Vec<(Spelling, String)> {
        let Some(role) = self.manifest.roles.get(role) else { return Vec::new() };
        let flows = self.files.iter().filter(|file| match file.spelling {
            Spelling::FlowV4 | Spelling::FlowV3 => true,
            Spelling::Terraform => file.path.ends_with(FLOW_TERRAFORM),
            _ => false,
        });
        let states = flows.flat_map(|file| {
            let flow = read_flow(file.spelling, &[file], &mut Vec::new());
            flow.states(role).into_iter().map(|state| (file.spelling, state)).collect::<Vec<_>>()
        });
        states.collect()
    }
}

/// One file of a platform; only JSON and tables are known.
pub(crate) fn read_file(path: &str, platform: &str, bytes: Vec<u8>) -> Result<File, String> {
    let value = if path.ends_with(".json") {
        let text = std::str::from_utf8(&bytes).map_err(|error| format!("{path}: {error}"))?;
        Some(json::parse(text).map_err(|error| format!("{path}: {error}"))?)
    } else {
        None
    };
    let (path, platform) = (path.to_owned(), platform.to_owned());
    Ok(File { spelling: Spelling::of(&path), path, platform, bytes, value })
}

/// The end of the name of Nutanix's Terraform documents.
const FLOW_TERRAFORM: &str = "flow-policies.tf.json";

fn values<'a>(files: &[&'a File]) -> Vec<&'a Value> {
    files.iter().filter_map(|file| file.value.as_ref()).collect()
}

fn read_flow(spelling: Spelling, files: &[&File], faults: &mut Vec<String>) -> Flow {
    match spelling {
        Spelling::FlowV3 => flow_v3::read(&values(files), faults),
        Spelling::Terraform => {
            flow_v4::read(&carried(files, terraform::as_flow_v4).iter().collect::<Vec<_>>(), faults)
        }
        _ => flow_v4::read(&values(files), faults),
    }
}

/// What a provider sends for some Terraform documents.
fn carried(files: &[&File], send: fn(&Value) -> Value) -> Vec<Value> {
    values(files).into_iter().map(send).collect()
}

fn read_terraform(files: &[&File], faults: &mut Vec<String>) -> Box<dyn Reader> {
    let is_for = |end: &str| files.iter().all(|file| file.path.ends_with(end));
    if is_for(FLOW_TERRAFORM) {
        return Box::new(read_flow(Spelling::Terraform, files, faults));
    }
    if is_for("network-security-groups.tf.json") {
        let sent = carried(files, terraform::as_arm);
        return Box::new(Arm::read(&sent.iter().collect::<Vec<_>>(), faults));
    }
    let sent = carried(files, terraform::as_cloudformation);
    Box::new(CloudFormation::read(&sent.iter().collect::<Vec<_>>(), faults))
}

fn build(spelling: Spelling, files: &[&File], faults: &mut Vec<String>) -> Box<dyn Reader> {
    match spelling {
        Spelling::CloudFormation => Box::new(CloudFormation::read(&values(files), faults)),
        Spelling::Arm => Box::new(Arm::read(&values(files), faults)),
        Spelling::FlowV4 | Spelling::FlowV3 => Box::new(read_flow(spelling, files, faults)),
        Spelling::Terraform => read_terraform(files, faults),
        Spelling::Csv | Spelling::Other => {
            let tables: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
            Box::new(Rows::read(&tables, faults))
        }
    }
}
