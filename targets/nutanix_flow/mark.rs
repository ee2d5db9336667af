//! The mark of segc on policies and address groups: the end of their descriptions.
//!
//! In: what a thing is, its site and its platform; or a description that is deployed. Out: the description; or for whom segc
//! wrote it.
//!
//! Invariant: what a thing is gets cut before the mark does, so that the mark is the same on all things of a platform. Two
//! sites never have one mark: a name that had to be changed ends with a hash of it.

use super::limits::POLICY_DESCRIPTION;
use crate::target::export::Claim;
use crate::target::text::{self, TextLimit};

const MARK: &str = "Written by segc for ";
const OF_SITE: &str = " of site ";
/// Most characters of a name in the mark.
const NAME: usize = 200;

/// What is written for a platform of a site.
pub(super) fn description(what: &str, platform: &str, site: &str) -> String {
    let mark = format!("{MARK}{}{OF_SITE}{}", marked(platform), marked(site));
    let what = text::clean(what, POLICY_DESCRIPTION.allowed);
    let room = POLICY_DESCRIPTION.length.saturating_sub(mark.chars().count() + 2);
    let what: String = what.chars().take(room).collect();
    if what.is_empty() { mark } else { format!("{what}. {mark}") }
}

/// A name as the mark has it.
fn marked(name: &str) -> String {
    text::marked(name, TextLimit { length: NAME, ..POLICY_DESCRIPTION })
}

/// What the mark says on things of a platform of a site.
pub(super) fn claim(platform: &str, site: &str) -> Claim {
    Claim { site: marked(site).to_lowercase(), platform: marked(platform).to_lowercase() }
}

/// For whom segc wrote something with a description.
pub(super) fn claim_in(description: &str) -> Option<Claim> {
    // Names of platforms have no spaces.
    let (platform, site) = description.rsplit_once(MARK)?.1.split_once(OF_SITE)?;
    Some(Claim { site: site.trim().to_lowercase(), platform: platform.trim().to_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_read_back_however_long_the_rest_is() {
        let long = "long ".repeat(400);
        let sites = ["acme", "Köln / West", "東京", "大阪", &long, "a of site b"];
        for (what, site) in ["Tier Web: web", &"role ".repeat(400), ""]
            .into_iter()
            .flat_map(|what| sites.map(|site| (what.to_owned(), site.to_owned())))
        {
            let text = description(&what, "dc1", &site);
            assert!(text.chars().count() <= POLICY_DESCRIPTION.length, "{text}");
            assert_eq!(claim_in(&text), Some(claim("dc1", &site)), "{text}");
        }
        for (at, one) in sites.iter().enumerate() {
            assert!(sites.iter().skip(at + 1).all(|other| claim("dc1", one) != claim("dc1", other)), "{one}");
        }
        assert_eq!(claim_in("somebody's policy"), None);
    }
}
