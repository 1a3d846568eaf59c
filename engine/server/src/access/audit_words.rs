//! Words of people in the audit: sealed, as what is kept of calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sidetone_audit::Entry;
use sidetone_vault::{DataKey, VaultError};

/// What was searched for is what somebody said, and details may quote it.
const SEARCHED: &str = "search";
/// What sealed text begins with.
const MARK: &str = "sealed:";

/// Seals the words of people in entries of the audit, and opens them.
#[derive(Clone, Debug)]
pub struct AuditWords(DataKey);

impl AuditWords {
    /// With that key.
    pub fn new(key: DataKey) -> Self {
        Self(key)
    }

    /// The entry as it is written: what was searched for, and its detail, are sealed.
    pub fn seal(&self, mut entry: Entry) -> Result<Entry, VaultError> {
        if entry.action == SEARCHED {
            entry.what = self.sealed("audit.what", &entry.what)?;
        }
        entry.detail = self.sealed("audit.detail", &entry.detail)?;
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
        let sealed = self.0.seal(place, text.as_bytes())?;
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
            ("search", "", "", true),
        ] {
            let before = entry(action, what, detail);
            let sealed = words.seal(before.clone()).expect("sealed");
            assert_eq!(sealed.what == what, stays, "{action}");
            assert_eq!(sealed.detail == detail, detail.is_empty());
            assert!(sealed.what.len() < 100 && !sealed.what.contains("divorce"));
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
}
