//! The tree of one `.seg` file: what the author wrote, nothing resolved.
//!
//! In: the parser. Out: `model::resolve`, later the formatter and the language server.
//!
//! Invariant: every node has the span of its text; comments are kept in [`File::comments`]; a statement that could
//! not be parsed leaves no node but was reported.

use crate::source::{SourceId, Span};
use ipnet::IpNet;
use time::Date;

/// One parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The text it was parsed from.
    pub source: SourceId,
    /// Statements in the order of the text.
    pub statements: Vec<Statement>,
    /// Comments in the order of the text, from `#` to the end of the line without the line end.
    pub comments: Vec<Span>,
}

/// A name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A quoted text, escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text without quotes, `\"` and `\\` resolved.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `site "name" { ... }`
    Site(Site),
    /// `platform KIND name { ... }`
    Platform(Platform),
    /// `segment name on platform { ... }`
    Segment(Segment),
    /// `role name : kind [on place] { ... }`
    Role(Role),
    /// `service name = ports`
    Service(Service),
    /// `intent NAME a, b -> c, d [via r] [{ options }]`
    Intent(Intent),
    /// `allow [label:] a -> b : ports because "..."`
    Allow(Allow),
    /// `forbid label: a -> b : ports because "..." [enforced-by WHO]`
    Forbid(Forbid),
    /// `exception ID { ... }`
    Exception(Exception),
    /// `expect allow|deny a -> b : ports`
    Expect(Expect),
    /// `accept CODE [on a, b] because "..." [{ until = ... }]`
    Accept(Accept),
    /// `need KIND "name" { ... }`
    Need(Need),
    /// `rollout { ... }`
    Rollout(Rollout),
    /// `include "path"`
    Include(Include),
}

impl Statement {
    /// The whole statement.
    pub fn span(&self) -> Span {
        match self {
            Self::Site(site) => site.span,
            Self::Platform(platform) => platform.span,
            Self::Segment(segment) => segment.span,
            Self::Role(role) => role.span,
            Self::Service(service) => service.span,
            Self::Intent(intent) => intent.span,
            Self::Allow(allow) => allow.span,
            Self::Forbid(forbid) => forbid.span,
            Self::Exception(exception) => exception.span,
            Self::Expect(expect) => expect.span,
            Self::Accept(accept) => accept.span,
            Self::Need(need) => need.span,
            Self::Rollout(rollout) => rollout.span,
            Self::Include(include) => include.span,
        }
    }
}

/// `{ key = value ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Attributes in the order of the text; a key given twice was reported and the second one dropped.
    pub attributes: Vec<Attribute>,
    /// From `{` to `}`.
    pub span: Span,
}

/// `key = value, value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The key.
    pub key: Ident,
    /// One or more values.
    pub values: Vec<Value>,
    /// The whole attribute.
    pub span: Span,
}

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// `"text"`, escapes resolved.
    Text(String),
    /// `word`
    Word(String),
    /// `42`
    Number(u64),
    /// `2026-02-01`, a day of the Gregorian calendar.
    Date(Date),
    /// `10.0.0.0/8`, `10.0.0.1`, `fd00::/8`: prefix as written, host bits not checked; an address without a prefix
    /// is one host.
    Address(IpNet),
}

/// `site "name" { ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Name of the site.
    pub name: Text,
    /// Header attributes.
    pub block: Block,
    /// The whole statement.
    pub span: Span,
}

/// `platform KIND name { ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `aws`, `azure`, ...
    pub kind: Ident,
    /// Name of the platform in this site.
    pub name: Ident,
    /// Attributes.
    pub block: Block,
    /// The whole statement.
    pub span: Span,
}

/// `segment name on platform { ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Name.
    pub name: Ident,
    /// The platform.
    pub on: Ident,
    /// Attributes.
    pub block: Block,
    /// The whole statement.
    pub span: Span,
}

/// `role name : kind [on place] { ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Name.
    pub name: Ident,
    /// Kind as written, perhaps an alias.
    pub kind: Ident,
    /// Segment or platform, if any.
    pub on: Option<Ident>,
    /// Attributes.
    pub block: Block,
    /// The whole statement.
    pub span: Span,
}

/// `service name = ports`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Name.
    pub name: Ident,
    /// Ports.
    pub ports: Vec<Port>,
    /// The whole statement.
    pub span: Span,
}

/// One element of a port list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// What it is.
    pub kind: PortKind,
    /// Where it stands.
    pub span: Span,
}

/// The transports that have ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The forms of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortKind {
    /// `tcp/80`, `udp/1024-2048`: both ends included, `low <= high` was checked.
    Ports {
        /// TCP or UDP.
        transport: Transport,
        /// First port.
        low: u16,
        /// Last port, included.
        high: u16,
    },
    /// `icmp`, `icmp/8`, `icmp/8/0`, and the same with `icmpv6`.
    Icmp {
        /// True for `icmpv6`.
        v6: bool,
        /// Type, all types when absent.
        icmp_type: Option<u8>,
        /// Code, all codes when absent.
        icmp_code: Option<u8>,
    },
    /// The name of a `service`.
    Named(String),
}

/// What stands behind the colon of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// `any`
    Any(Span),
    /// A list of at least one.
    List(Vec<Port>),
}

/// Who may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrow {
    /// `->`
    Forward,
    /// `<->`
    Both,
}

/// `[label:] a, b -> c, d : ports`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Label, if any.
    pub label: Option<Ident>,
    /// Left side, at least one name; `any` and `internet` are names here.
    pub from: Vec<Ident>,
    /// The arrow.
    pub arrow: Arrow,
    /// Where the arrow stands.
    pub arrow_span: Span,
    /// Right side, at least one name.
    pub to: Vec<Ident>,
    /// Ports.
    pub ports: Ports,
    /// From the label to the last port.
    pub span: Span,
}

/// `intent NAME a, b -> c, d [via r] [{ options }]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Name of the catalogue's intent.
    pub name: Ident,
    /// Left side.
    pub from: Vec<Ident>,
    /// Right side.
    pub to: Vec<Ident>,
    /// The role in between.
    pub via: Option<Ident>,
    /// Options.
    pub block: Option<Block>,
    /// The whole statement.
    pub span: Span,
}

/// `allow [label:] a -> b : ports because "..."`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The flow.
    pub flow: Flow,
    /// Why.
    pub because: Text,
    /// The whole statement.
    pub span: Span,
}

/// `forbid label: a -> b : ports because "..." [enforced-by WHO]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbid {
    /// The flow; its label is required.
    pub flow: Flow,
    /// Why.
    pub because: Text,
    /// `network`, `citrix` or `config` as written.
    pub enforced_by: Option<Ident>,
    /// The whole statement.
    pub span: Span,
}

/// `exception ID { allow ... pierces F because "..." key = value ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Id.
    pub name: Ident,
    /// The `allow` lines; each may carry a label.
    pub flows: Vec<Flow>,
    /// Names of forbids.
    pub pierces: Vec<Ident>,
    /// Why.
    pub because: Option<Text>,
    /// The other attributes: ticket, owner, starts, expires.
    pub attributes: Vec<Attribute>,
    /// From `{` to `}`.
    pub block_span: Span,
    /// The whole statement.
    pub span: Span,
}

/// What an `expect` line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything it names is permitted.
    Allow,
    /// Nothing it names is permitted.
    Deny,
}

/// `expect allow|deny a -> b : ports`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The expected verdict.
    pub verdict: Verdict,
    /// The flow.
    pub flow: Flow,
    /// The whole statement.
    pub span: Span,
}

/// `accept CODE [on a, b] because "..." [{ until = ... }]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The finding: `FC-08` or `SEG4008`.
    pub code: Ident,
    /// The roles that it is accepted for; empty for all.
    pub on: Vec<Ident>,
    /// Why.
    pub because: Text,
    /// until, owner, ticket.
    pub block: Option<Block>,
    /// The whole statement.
    pub span: Span,
}

/// `need KIND "name" { ... }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Kind of prerequisite as written.
    pub kind: Ident,
    /// What is needed.
    pub name: Text,
    /// owner, due, detail.
    pub block: Block,
    /// The whole statement.
    pub span: Span,
}

/// `rollout { start = ... observe = ... enforce roles from date }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// start, observe.
    pub attributes: Vec<Attribute>,
    /// `enforce` lines.
    pub enforce: Vec<Enforce>,
    /// From `{` to `}`.
    pub block_span: Span,
    /// The whole statement.
    pub span: Span,
}

/// `enforce a, b from 2026-03-02`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforce {
    /// Role names.
    pub roles: Vec<Ident>,
    /// First day of enforcement.
    pub from: Date,
    /// Where the date stands.
    pub from_span: Span,
    /// The whole line.
    pub span: Span,
}

/// `include "path"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Path as written.
    pub path: Text,
    /// The whole statement.
    pub span: Span,
}
