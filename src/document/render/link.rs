//! Addresses that a reader may follow.
//!
//! In: what a text says that it leads to. Out: the address as files hold it, or nothing.
//!
//! Invariant: only web addresses are links; all else stays text.

/// The longest address that spreadsheets take, in letters.
const LONGEST: usize = 2_000;

/// A web address with all that an address can't hold written as `%20`.
pub(super) fn address(link: &str) -> Option<String> {
    if !link.starts_with("https://") && !link.starts_with("http://") {
        return None;
    }
    let mut address = String::with_capacity(link.len());
    for byte in link.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    (address.len() <= LONGEST).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn only_web_addresses_are_links() {
        assert_eq!(
            address("https://a.example/x y\"<é"),
            Some("https://a.example/x%20y%22%3C%C3%A9".to_owned())
        );
        for link in
            ["javascript:alert(1)", "file:///etc/passwd", "", &format!("https://{}", "a".repeat(3_000))]
        {
            assert_eq!(address(link), None);
        }
    }
}
