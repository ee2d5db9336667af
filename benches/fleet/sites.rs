//! Sites of any size, the same for the same size on every machine.
//!
//! Every line permits one role to reach another one on a port of its own; roles have a segment or share one, and as many lines
//! as is asked for.

use crate::dice::Dice;
use std::fmt::Write;

/// What a site has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The kind of its platform.
    pub(crate) platform: &'static str,
    /// Lines that permit something.
    pub(crate) intents: usize,
    /// Lines from each role, on average: few make a sparse site, many a dense one.
    pub(crate) of_each: usize,
}

/// The attributes of a platform.
fn platform(kind: &str) -> &'static str {
    match kind {
        "nutanix" => "category = \"AppType:Citrix\"",
        "azure" => "resource-group = \"rg\"  region = westeurope",
        _ => "",
    }
}

/// The roles of a shape.
pub(crate) fn roles(shape: Shape) -> usize {
    (shape.intents / shape.of_each).max(4)
}

/// The addresses of a role: a /28 of its own.
pub(crate) fn network(role: usize) -> String {
    format!("10.{}.{}.{}/28", role >> 12 & 255, role >> 4 & 255, (role & 15) * 16)
}

/// Who reaches whom, on which port, in the order of the lines.
pub(crate) fn intents(shape: Shape) -> impl Iterator<Item = (usize, usize, usize)> {
    let roles = u32::try_from(roles(shape)).unwrap_or(u32::MAX);
    let mut dice = Dice(shape.intents as u64);
    (0..shape.intents).map(move |_| {
        let from = dice.below(roles);
        let other = dice.below(roles - 1);
        let to = other + u32::from(other >= from);
        (from as usize, to as usize, 1024 + dice.below(20_000) as usize)
    })
}

/// The text of a site.
pub(crate) fn site(name: &str, shape: Shape) -> String {
    let mut text = format!(
        "site \"{name}\" {{ effective = 2026-03-01 }}\nplatform {} main {{ {} }}\n",
        shape.platform,
        platform(shape.platform)
    );
    // Writing into a string can't fail.
    for role in 0..roles(shape) {
        let net = network(role);
        let _ = writeln!(text, "segment s{role} on main {{ cidr = {net} }}");
        let _ = writeln!(text, "role r{role} : member-server on s{role} {{ count = 2 }}");
    }
    for (at, (from, to, port)) in intents(shape).enumerate() {
        let _ = writeln!(text, "allow a{at}: r{from} -> r{to} : tcp/{port} because \"Reason {at}\"");
    }
    text
}
