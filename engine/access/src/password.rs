//! Secrets of people: kept as Argon2id hashes (RFC 9106), in the PHC string format.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

/// What is kept of a password.
#[derive(Clone, Eq, PartialEq)]
pub struct PasswordHash(String);

/// A password cannot be taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// It would be guessed.
    #[error("a password has {SHORTEST} characters at least")]
    Short,
    /// So would one that is one sign over and over.
    #[error("a password has {FEWEST} different characters at least")]
    Plain,
    /// It would take too long to hash.
    #[error("a password has {LONGEST} bytes at most")]
    Long,
    /// The system gives no random numbers, or no memory.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// As NIST SP 800-63B (rev. 4) has it where a password is the only factor, less its longer minimum.
const SHORTEST: usize = 12;
const FEWEST: usize = 5;
const LONGEST: usize = 1_024;

impl PasswordHash {
    /// Hashes a password. Takes some 20 ms of one core and 19 MiB, as guessing it would each time.
    pub fn of(password: &str) -> Result<Self, PasswordError> {
        if password.chars().count() < SHORTEST {
            return Err(PasswordError::Short);
        }
        if password.len() > LONGEST {
            return Err(PasswordError::Long);
        }
        let different: BTreeSet<char> = password.chars().collect();
        if different.len() < FEWEST {
            return Err(PasswordError::Plain);
        }
        let hash: phc::PasswordHash = Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(|error| PasswordError::Hash(error.to_string()))?;
        Ok(Self(hash.to_string()))
    }

    /// As it was kept.
    pub fn of_text(text: String) -> Self {
        Self(text)
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the hash of that password. Takes as long as hashing does, whatever the answer.
    pub fn matches(&self, password: &str) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let Ok(hash) = phc::PasswordHash::new(&self.0) else {
            return false;
        };
        let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
        verified.is_ok()
    }

    /// The hash of a password that nobody has: what is compared for a user who does not exist, so
    /// that an answer does not tell by its time who does.
    pub fn nobodys() -> &'static Self {
        static NOBODYS: OnceLock<PasswordHash> = OnceLock::new();
        NOBODYS.get_or_init(|| {
            let random = getrandom::u64().unwrap_or_default();
            Self::of(&format!("nobody has this password {random}")).unwrap_or(Self(String::new()))
        })
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_hash_and_no_other_does() {
        let hash = PasswordHash::of("correct horse battery").expect("hashed");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let kept = PasswordHash::of_text(hash.as_str().to_owned());
        assert!(kept.matches("correct horse battery"));
        assert!(!kept.matches("correct horse batterz") && !kept.matches(""));
        assert!(!PasswordHash::of_text("nonsense".to_owned()).matches("nonsense"));
        assert!(!PasswordHash::nobodys().matches("correct horse battery"));
        let again = PasswordHash::of("correct horse battery").expect("hashed");
        assert_ne!(again, hash, "each has its own salt");
    }

    #[test]
    fn what_would_be_guessed_or_takes_too_long_is_refused() {
        assert_eq!(PasswordHash::of("short"), Err(PasswordError::Short));
        assert_eq!(
            PasswordHash::of("aaaaaaaaaaaaaa"),
            Err(PasswordError::Plain)
        );
        assert!(PasswordHash::of("十二个字的密码足够长了吧啊").is_ok());
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(PasswordHash::of(&long), Err(PasswordError::Long));
    }
}
