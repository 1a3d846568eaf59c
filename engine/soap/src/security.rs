//! WS-Security 1.1: UsernameToken and Timestamp (OASIS, wss-v1.1-spec-os-UsernameTokenProfile).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use crate::envelope::Version;
use crate::xml::{Element, Name};

const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const PROFILE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// Who sends a message, as they show it.
#[derive(Clone)]
pub struct Credentials<'a> {
    /// Their name.
    pub username: &'a str,
    /// Their secret.
    pub password: &'a str,
    /// Whether a digest of the secret is sent instead of it.
    pub digest: bool,
}

/// What makes a message one that cannot be sent again: times are as `xs:dateTime` in UTC.
#[derive(Clone, Copy, Debug)]
pub struct Freshness<'a> {
    /// Bytes that come once.
    pub nonce: &'a [u8],
    /// When it is sent.
    pub created: &'a str,
    /// Until when it may be taken.
    pub expires: &'a str,
}

/// Who has sent a message, as they say.
#[derive(Clone, Eq, PartialEq)]
pub struct UsernameToken {
    /// Their name.
    pub username: String,
    /// Their secret.
    pub password: String,
    /// Until when the message may be taken, as `xs:dateTime`; empty if that is not said.
    pub expires: String,
}

/// Why it is not known who has sent a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecurityError {
    /// A digest can be checked only by who keeps secrets as they are.
    #[error(
        "PasswordDigest cannot be checked here, where secrets are kept as hashes: send PasswordText, over TLS"
    )]
    Digest,
    /// It shows something else.
    #[error("the Security header has no UsernameToken with Username and Password")]
    Incomplete,
}

fn wsse(local: &str) -> Name {
    Name::new(WSSE, local)
}

fn wsu(local: &str) -> Name {
    Name::new(WSU, local)
}

/// Whether a header is one of WS-Security.
pub fn is_security(header: &Element) -> bool {
    header.name.is(WSSE, "Security")
}

/// `Base64(SHA-1(nonce + created + password))`, §3.1 of the profile.
fn password_digest(nonce: &[u8], created: &str, password: &str) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in [nonce, created.as_bytes(), password.as_bytes()] {
        context.update(part);
    }
    STANDARD.encode(context.finish())
}

impl Credentials<'_> {
    /// The header that shows them.
    pub fn header(&self, version: Version, fresh: &Freshness<'_>) -> Element {
        let kind = |kind: &str| format!("{PROFILE}#{kind}");
        let created = || Element::of_text(wsu("Created"), fresh.created);
        let (kind, password) = match self.digest {
            true => (
                kind("PasswordDigest"),
                password_digest(fresh.nonce, fresh.created, self.password),
            ),
            false => (kind("PasswordText"), self.password.to_owned()),
        };
        let token = Element::new(wsse("UsernameToken")).holding([
            Element::of_text(wsse("Username"), self.username),
            Element::of_text(wsse("Password"), password).with(Name::plain("Type"), kind),
            Element::of_text(wsse("Nonce"), STANDARD.encode(fresh.nonce))
                .with(Name::plain("EncodingType"), BASE64),
            created(),
        ]);
        let until = Element::of_text(wsu("Expires"), fresh.expires);
        let time = Element::new(wsu("Timestamp")).holding([created(), until]);
        Element::new(wsse("Security"))
            .with(Name::new(version.space(), "mustUnderstand"), "1")
            .holding([time, token])
    }
}

impl UsernameToken {
    /// What a header shows; `None` if it is none of WS-Security.
    ///
    /// # Errors
    ///
    /// It shows something that cannot be looked into.
    pub fn read(header: &Element) -> Option<Result<Self, SecurityError>> {
        if !is_security(header) {
            return None;
        }
        let token = header.first(WSSE, "UsernameToken");
        let part = |name| token?.first(WSSE, name);
        let (Some(username), Some(password)) = (part("Username"), part("Password")) else {
            return Some(Err(SecurityError::Incomplete));
        };
        let kind = password.attribute("Type").unwrap_or_default();
        if kind.ends_with("#PasswordDigest") {
            return Some(Err(SecurityError::Digest));
        }
        let time = header.first(WSU, "Timestamp");
        let expires = time.and_then(|time| time.first(WSU, "Expires"));
        Some(Ok(Self {
            username: username.text.trim().to_owned(),
            password: password.text.trim().to_owned(),
            expires: expires
                .map(|until| until.text.trim().to_owned())
                .unwrap_or_default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Freshness<'_> = Freshness {
        nonce: b"0123456789abcdef",
        created: "2026-05-04T10:20:30Z",
        expires: "2026-05-04T10:25:30Z",
    };

    #[test]
    fn a_digest_is_that_of_nonce_time_and_secret() {
        // printf '0123456789abcdef2026-05-04T10:20:30Zsecret' | openssl sha1 -binary | base64
        let digest = password_digest(FRESH.nonce, FRESH.created, "secret");
        assert_eq!(digest, "Mx3b8/nLpsIieQQHrFRz0NBsC/s=");
        let shown = Credentials {
            username: "crm",
            password: "secret",
            digest: true,
        };
        let header = shown.header(Version::V11, &FRESH);
        let text = header.document();
        assert!(
            text.contains(&digest) && !text.contains("secret<"),
            "{text}"
        );
        assert_eq!(
            UsernameToken::read(&header).map(Result::err),
            Some(Some(SecurityError::Digest))
        );
    }

    #[test]
    fn a_secret_that_is_sent_as_it_is_is_read_back() {
        let shown = Credentials {
            username: "crm",
            password: "s<e>cret",
            digest: false,
        };
        let header = shown.header(Version::V12, &FRESH);
        let read = UsernameToken::read(&header)
            .expect("of WS-Security")
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&*read.username, &*read.password), ("crm", "s<e>cret"));
        assert_eq!(read.expires, FRESH.expires);
        let other = Element::new(Name::new(WSSE, "Security"));
        assert_eq!(
            UsernameToken::read(&other).map(Result::err),
            Some(Some(SecurityError::Incomplete))
        );
        assert!(UsernameToken::read(&Element::new(Name::plain("Security"))).is_none());
    }
}
