//! What was searched for, in the audit: it is what somebody said, and sealed as that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sidetone_audit::Entry;
use sidetone_vault::{DataKey, VaultError};

const SEARCHED: &str = "search";
/// Bytes of text that are kept: sealed, they fit into a field of the log.
const LONGEST: usize = 340;
/// What sealed text begins with.
const MARK: &str = "sealed:";

/// Seals the words of people in entries of the audit, and opens them.
#[derive(Clone, Debug)]
pub struct AuditWords(DataKey);

impl AuditWords {
    /// What it is called that calls which are over were listed.
    pub const LISTED: &'static str = "list_past_calls";

    /// Whether who asks for that says words of people, or who they are.
    pub fn are_of(action: &str) -> bool {
        [SEARCHED, Self::LISTED].contains(&action)
    }

    /// With that key.
    pub fn new(key: DataKey) -> Self {
        Self(key)
    }

    /// The entry as it is written: of a search or a list, what was looked for is sealed. All else says who did what
    /// to which call, and is no word of anybody.
    pub fn seal(&self, mut entry: Entry) -> Result<Entry, VaultError> {
        if Self::are_of(&entry.action) {
            entry.what = self.sealed("audit.what", &entry.what)?;
            entry.detail = self.sealed("audit.detail", &entry.detail)?;
        }
        Ok(entry)
    }

    /// The entry as it was. What cannot be opened stays as it is.
    pub fn open(&self, mut entry: Entry) -> Entry {
        entry.what = self.opened("audit.what", entry.what);
        entry.detail = self.opened("audit.detail", entry.detail);
        entry
    }

    fn sealed(&self, place: &str, text: &str) -> Result<String, VaultError> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let mut ends = (0..=text.len().min(LONGEST)).rev();
        let end = ends.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let sealed = self.0.seal(place, &text.as_bytes()[..end])?;
        Ok(format!("{MARK}{}", BASE64.encode(sealed)))
    }

    fn opened(&self, place: &str, text: String) -> String {
        let sealed = text
            .strip_prefix(MARK)
            .and_then(|text| BASE64.decode(text).ok());
        let opened = sealed.and_then(|sealed| self.0.open(place, &sealed).ok());
        let opened = opened.and_then(|opened| String::from_utf8(opened.to_vec()).ok());
        opened.unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_for_and_details_are_sealed_and_what_says_which_call_is_not() {
        let words = AuditWords::new(DataKey::random().expect("random"));
        let entry = |action: &str, what: &str, detail: &str| Entry {
            action: action.to_owned(),
            what: what.to_owned(),
            detail: detail.to_owned(),
            ..Entry::default()
        };
        for (action, what, detail, stays) in [
            ("search", "my divorce", "", false),
            ("read_calls", "c-1", "", true),
            ("user_added", "ann", "ann: agent, agent 7", true),
            ("search", "charged", "agent=7", false),
            ("list_past_calls", "customer:my divorce lawyer", "", false),
            ("search", "", "", true),
        ] {
            let before = entry(action, what, detail);
            let sealed = words.seal(before.clone()).expect("sealed");
            assert_eq!(sealed.what == what, stays, "{action}");
            assert_eq!(sealed.detail == detail, stays || detail.is_empty());
            assert!(!sealed.what.contains("divorce"));
            let opened = words.open(sealed.clone());
            assert_eq!(
                (opened.what.as_str(), opened.detail.as_str()),
                (what, detail)
            );
            let other = AuditWords::new(DataKey::random().expect("random"));
            assert_eq!(
                other.open(sealed.clone()).what,
                sealed.what,
                "another key opens nothing"
            );
        }
    }

    #[test]
    fn a_long_question_is_cut_so_that_it_opens() {
        let words = AuditWords::new(DataKey::random().expect("random"));
        let entry = Entry {
            action: SEARCHED.to_owned(),
            what: "重复扣款".repeat(100),
            ..Entry::default()
        };
        let sealed = words.seal(entry).expect("sealed");
        assert!(sealed.what.len() <= 512, "{}", sealed.what.len());
        let opened = words.open(sealed).what;
        assert!(opened.starts_with("重复扣款重复") && opened.len() > 300);
    }
}
