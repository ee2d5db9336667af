//! Addresses, days and numbers, read from the text of their tokens.
//!
//! In: the text of one token. Out: the value, or a [`Fault`] that says why it is none.
//!
//! Invariant: a fault names the part that is wrong, not only that something is.

use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use time::{Date, Month};

/// Why a text is not a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    code: codes::Code,
    why: String,
    help: Option<String>,
}

impl Fault {
    fn new(code: codes::Code, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The fault as a report about the token at `span`.
    pub(super) fn diagnostic(self, span: Span) -> Diagnostic {
        let report = Diagnostic::new(self.code, self.why).label(span, "");
        match self.help {
            Some(help) => report.help(help),
            None => report,
        }
    }
}

fn bad_address(why: impl Into<String>) -> Fault {
    Fault::new(codes::BAD_ADDRESS, why)
}

/// A whole number.
pub(super) fn read_number(text: &str) -> Result<u64, Fault> {
    text.parse().map_err(|_| {
        Fault::new(codes::BAD_NUMBER, format!("`{text}` is larger than the largest number, {}", u64::MAX))
    })
}

/// A day, written year, month, day with four, two and two digits.
pub(super) fn read_date(text: &str) -> Result<Date, Fault> {
    let fault = |why: String| Fault::new(codes::BAD_DATE, why);
    let parts: Vec<&str> = text.split('-').collect();
    let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let ([year, month, day], true, [4, 2, 2]) = (parts.as_slice(), digits, widths.as_slice()) else {
        let form = "a date has a year of four digits, a month of two and a day of two: `2026-02-01`";
        return Err(fault(format!("`{text}` is not a date")).help(form));
    };
    let month = month
        .parse::<u8>()
        .ok()
        .and_then(|number| Month::try_from(number).ok())
        .ok_or_else(|| fault(format!("`{text}` is not a date: there is no month `{month}`")))?;
    let (year, day) = (year.parse::<i32>().unwrap_or(0), day.parse::<u8>().unwrap_or(0));
    Date::from_calendar_date(year, month, day).map_err(|_| {
        let days = month.length(year);
        fault(format!("`{text}` is not a date: {month} {year} has the days 1 to {days}"))
    })
}

/// An address or a range with its prefix; host bits are kept.
pub(super) fn read_address(text: &str) -> Result<IpNet, Fault> {
    let (host, prefix) = match text.split_once('/') {
        Some((host, prefix)) => (host, Some(prefix)),
        None => (text, None),
    };
    let (address, longest) = match host.bytes().filter(|byte| *byte == b':').count() {
        0 => (IpAddr::V4(read_ipv4(text, host)?), 32),
        1 => {
            let fault = bad_address(format!("`{text}` is not an address: a port has no place in it"));
            return Err(fault.help("ports stand behind the colon of a flow: `a -> b : tcp/443`"));
        }
        _ => (IpAddr::V6(read_ipv6(text, host)?), 128),
    };
    let length = prefix.map_or(Ok(longest), |prefix| read_prefix(text, prefix, longest))?;
    IpNet::new(address, length).map_err(|_| bad_address(format!("`{text}` is not an address range")))
}

/// The number behind the slash.
fn read_prefix(text: &str, prefix: &str, longest: u8) -> Result<u8, Fault> {
    let family = if longest == 32 { "IPv4" } else { "IPv6" };
    let not_a_range = |why: String| bad_address(format!("`{text}` is not an address range: {why}"));
    if prefix.is_empty() {
        return Err(not_a_range(format!("the prefix length after `/` is missing, 0 to {longest}")));
    }
    if let Ok(mask) = prefix.parse::<Ipv4Addr>() {
        let fault = not_a_range("a mask stands where a prefix length is needed".to_owned());
        let help = ipnet::ipv4_mask_to_prefix(mask).map(|length| format!("write `/{length}`"));
        return Err(help.map_or(fault.clone(), |help| fault.help(help)));
    }
    if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_a_range(format!("the prefix length `{prefix}` is not a number")));
    }
    if prefix.len() > 1 && prefix.starts_with('0') {
        return Err(not_a_range(format!("the prefix length `{prefix}` has a leading zero")));
    }
    prefix.parse::<u8>().ok().filter(|length| *length <= longest).ok_or_else(|| {
        not_a_range(format!("the prefix length `{prefix}` is larger than {longest}, the most for {family}"))
    })
}

/// Four numbers with dots between.
fn read_ipv4(text: &str, host: &str) -> Result<Ipv4Addr, Fault> {
    let not_an_address = |why: String| bad_address(format!("`{text}` is not an address: {why}"));
    let parts: Vec<&str> = host.split('.').take(6).collect();
    for part in &parts {
        if part.is_empty() {
            return Err(not_an_address("a number is missing beside a dot".to_owned()));
        }
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            let fault = not_an_address(format!("`{part}` is not a number"));
            return Err(fault.help("text with dots, such as a host name, stands in quotes"));
        }
        if part.len() > 1 && part.starts_with('0') {
            let help = "write it without the zero; some programs would read it as an octal number";
            return Err(not_an_address(format!("`{part}` has a leading zero")).help(help));
        }
        if parts.len() == 4 && part.parse::<u8>().is_err() {
            return Err(not_an_address(format!("`{part}` is larger than 255")));
        }
    }
    host.parse().map_err(|_| {
        let fault = not_an_address("an IPv4 address has four numbers".to_owned());
        fault.help("addresses are written `10.0.0.1` or `10.0.0.0/8`, days `2026-02-01`")
    })
}

/// Groups of hexadecimal digits with colons between.
fn read_ipv6(text: &str, host: &str) -> Result<Ipv6Addr, Fault> {
    host.parse().map_err(|_| {
        let why = ipv6_fault(host);
        bad_address(format!("`{text}` is not an address: {why}"))
    })
}

fn ipv6_fault(host: &str) -> String {
    if let Some((_, zone)) = host.split_once('%') {
        return format!("the zone `%{zone}` means nothing outside one machine");
    }
    let groups: Vec<&str> = host.split(':').take(20).collect();
    for group in groups.iter().filter(|group| !group.contains('.')) {
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return format!("`{group}` is not a group of hexadecimal digits");
        }
        if group.len() > 4 {
            return format!("the group `{group}` has more than four digits");
        }
    }
    if host.contains(":::") || host.matches("::").count() > 1 {
        return "`::` may stand in it only once".to_owned();
    }
    "an IPv6 address has eight groups, or fewer and `::` in place of the rest".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why_address(text: &str) -> String {
        read_address(text).expect_err(text).why
    }

    #[test]
    fn addresses_of_both_families_keep_their_host_bits() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1", "10.0.0.1/32"),
            ("10.0.0.1/8", "10.0.0.1/8"),
            ("fd00::/8", "fd00::/8"),
            ("::", "::/128"),
            ("2001:db8::5", "2001:db8::5/128"),
        ] {
            assert_eq!(read_address(text).expect(text).to_string(), expected);
        }
    }

    #[test]
    fn an_address_fault_says_what_is_wrong() {
        for (text, why) in [
            ("10.0.0.300", "`300` is larger than 255"),
            ("10.0.0", "four numbers"),
            ("10.0.0.", "a number is missing"),
            ("10.0.0.1.2", "four numbers"),
            ("10.00.0.1", "leading zero"),
            ("10.0.0.0/33", "`33` is larger than 32"),
            ("10.0.0.0/999", "`999` is larger than 32"),
            ("10.0.0.0/", "missing"),
            ("10.0.0.0/255.0.0.0", "a mask"),
            ("10.0.0.0/08", "leading zero"),
            ("10.0.0.1:80", "a port has no place"),
            ("10.a.0.1", "`a` is not a number"),
            ("fd00::12345", "more than four digits"),
            ("fd00::1::2", "only once"),
            ("fd00::xy", "`xy` is not a group"),
            ("1:2:3", "eight groups"),
            ("fe80::1%eth0", "zone"),
            ("fd00::/129", "`129` is larger than 128"),
        ] {
            assert!(why_address(text).contains(why), "{text}: {}", why_address(text));
        }
    }

    #[test]
    fn a_date_fault_says_what_is_wrong() {
        assert!(read_date("2028-02-29").is_ok());
        for (text, why) in [
            ("2026-02-29", "February 2026 has the days 1 to 28"),
            ("2026-13-01", "no month `13`"),
            ("2026-00-01", "no month `00`"),
            ("2026-01-00", "days 1 to 31"),
            ("2026-2-1", "is not a date"),
            ("02-01-2026", "is not a date"),
            ("2026-02-01T10", "is not a date"),
            ("2026-02-01-05", "is not a date"),
        ] {
            let fault = read_date(text).expect_err(text);
            assert!(fault.why.contains(why), "{text}: {}", fault.why);
        }
    }

    #[test]
    fn a_number_must_fit() {
        assert_eq!(read_number("18446744073709551615"), Ok(u64::MAX));
        assert!(read_number("18446744073709551616").is_err());
    }
}
