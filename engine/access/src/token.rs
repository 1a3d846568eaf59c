//! Secrets of programs.
//!
//! A token is shown once, when it is made: `sidetone_7f3a91c2_…`. Its id is in it, so that it can be
//! told in lists and in the audit; of its secret only the SHA-256 is kept. That is enough for 256
//! random bits, which nobody guesses however fast they hash.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const PREFIX: &str = "sidetone";
/// Bytes of an id, and of a secret.
const ID: usize = 4;
const SECRET: usize = 32;

/// A token, or the secret of a session, as its bearer has it.
#[derive(Clone, Eq, PartialEq)]
pub struct Token {
    id: String,
    secret: String,
}

/// What is kept of a secret.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SecretHash([u8; 32]);

/// A text is no token of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is no token of this engine: they look like `sidetone_7f3a91c2_…`")]
pub struct TokenError;

impl Token {
    /// A new one.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; ID + SECRET];
        getrandom::fill(&mut bytes)?;
        let (id, secret) = bytes.split_at(ID);
        Ok(Self {
            id: hex(id),
            secret: hex(secret),
        })
    }

    /// Reads what a client has sent.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.split('_');
        let (prefix, id, secret) = (parts.next(), parts.next(), parts.next());
        let of = |text: Option<&str>, bytes: usize| {
            let digits = |text: &&str| {
                text.len() == 2 * bytes && text.bytes().all(|sign| sign.is_ascii_hexdigit())
            };
            text.filter(digits).map(str::to_owned).ok_or(TokenError)
        };
        match (prefix, parts.next()) {
            (Some(PREFIX), None) => Ok(Self {
                id: of(id, ID)?,
                secret: of(secret, SECRET)?,
            }),
            _ => Err(TokenError),
        }
    }

    /// Names it where its secret must not be told.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.as_bytes()).into())
    }

    /// As its bearer is shown it, once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, self.secret)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

impl SecretHash {
    /// As it is kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it was kept; `None` of what is none.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Whether it is the hash of that token's secret. Takes as long whatever differs.
    pub fn matches(&self, token: &Token) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_its_hash_is_its_own() {
        let [one, other] = [Token::random(), Token::random()].map(|token| token.expect("random"));
        let read = Token::parse(&one.reveal()).expect("ours");
        assert_eq!(read, one);
        assert!(one.hash().matches(&read) && !one.hash().matches(&other));
        let kept = SecretHash::of_bytes(one.hash().as_bytes()).expect("32 bytes");
        assert!(kept.matches(&one));
        assert!(SecretHash::of_bytes(b"short").is_none());
        let secret = one.reveal();
        let secret = secret.rsplit('_').next().expect("it has parts");
        assert!(!format!("{one:?} {:?}", one.hash()).contains(secret));
    }

    #[test]
    fn what_is_no_token_of_ours_is_refused() {
        let good = Token::random().expect("random").reveal();
        for text in [
            "",
            "sidetone__",
            "sidetone_7f3a91c2",
            "sidetone_7f3a91c2_00",
            &good.replace("sidetone", "other"),
            &good[..good.len() - 1],
            &format!("{good}_"),
            &format!("{good} "),
            &good.replace('_', "-"),
        ] {
            assert_eq!(Token::parse(text), Err(TokenError), "{text}");
        }
    }
}
