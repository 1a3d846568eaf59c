//! Messages: what is said, and what is said beside it.

use crate::fault::Fault;
use crate::xml::{Bounds, Element, Name, XmlError, decode};

/// The versions of SOAP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// SOAP 1.1.
    V11,
    /// SOAP 1.2.
    V12,
}

impl Version {
    /// The namespace of its messages.
    pub const fn space(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The `content-type` of its messages, with the action where that stands there.
    pub fn content_type(self, action: &str) -> String {
        match (self, action) {
            (Self::V11, _) => "text/xml; charset=utf-8".to_owned(),
            (Self::V12, "") => "application/soap+xml; charset=utf-8".to_owned(),
            (Self::V12, action) => {
                let action = action.replace(['"', '\\', '\r', '\n'], "");
                format!("application/soap+xml; charset=utf-8; action=\"{action}\"")
            }
        }
    }

    fn name(self, local: &str) -> Name {
        Name::new(self.space(), local)
    }
}

/// Whether a `content-type` is that of a message of some version.
pub fn is_soap(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    ["text/xml", "application/soap+xml", "application/xml"]
        .iter()
        .any(|one| kind.eq_ignore_ascii_case(one))
}

/// A message.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// In which version.
    pub version: Version,
    /// What is said beside it.
    pub headers: Vec<Element>,
    /// What is said, unless it is that something went wrong. `None` if there is nothing.
    pub body: Result<Option<Element>, Fault>,
}

/// What is no message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no document.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is another document: a page, for instance.
    #[error("it is no SOAP message but <{0}>")]
    Other(String),
    /// It is of a version that nobody knows.
    #[error("its version of SOAP is not known: the namespace of its envelope is `{0}`")]
    Version(String),
    /// It has no body.
    #[error("it has no Body")]
    NoBody,
    /// It comes in several parts.
    #[error("it comes with attachments (MTOM, SwA), which are not taken: have them left out")]
    Attachments,
}

impl Envelope {
    /// Writes a message: what is said, and what is said beside it.
    pub fn write(
        version: Version,
        headers: impl IntoIterator<Item = Element>,
        body: impl IntoIterator<Item = Element>,
    ) -> String {
        let mut envelope = Element::new(version.name("Envelope"));
        let header = Element::new(version.name("Header")).holding(headers);
        if !header.children.is_empty() {
            envelope = envelope.holding([header]);
        }
        envelope
            .holding([Element::new(version.name("Body")).holding(body)])
            .document()
    }

    /// Reads a message; `charset` is that of the HTTP header, where it has one.
    ///
    /// # Errors
    ///
    /// It is none, or goes beyond the bounds.
    pub fn read(bytes: &[u8], charset: Option<&str>) -> Result<Self, EnvelopeError> {
        // A body of several parts begins with its boundary (RFC 2046 §5.1.1).
        if bytes.trim_ascii_start().starts_with(b"--") {
            return Err(EnvelopeError::Attachments);
        }
        let root = Element::read(&decode(bytes, charset)?, Bounds::MESSAGE)?;
        if &*root.name.local != "Envelope" {
            return Err(EnvelopeError::Other(root.name.local.to_string()));
        }
        let versions = [Version::V11, Version::V12];
        let version = versions
            .into_iter()
            .find(|version| version.space() == &*root.name.space)
            .ok_or_else(|| EnvelopeError::Version(root.name.space.to_string()))?;
        let space = version.space();
        let header = root.first(space, "Header").cloned();
        let body = root.first(space, "Body").ok_or(EnvelopeError::NoBody)?;
        let body = match body.children.first() {
            Some(said) if said.name.is(space, "Fault") => Err(Fault::read(version, said)),
            said => Ok(said.cloned()),
        };
        Ok(Self {
            version,
            headers: header.map(|header| header.children).unwrap_or_default(),
            body,
        })
    }

    /// The names of headers that somebody has to understand, and that are not for others on the way.
    pub fn to_be_understood(&self) -> impl Iterator<Item = &Element> {
        let space = self.version.space();
        self.headers.iter().filter(move |header| {
            let is = header.attribute_of(space, "mustUnderstand");
            let for_whom = ["actor", "role"]
                .iter()
                .find_map(|name| header.attribute_of(space, name));
            let for_us = for_whom.is_none_or(|role| {
                role.is_empty() || role.ends_with("/next") || role.ends_with("/ultimateReceiver")
            });
            matches!(is, Some("1" | "true")) && for_us
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_is_read_back_in_its_version() {
        for version in [Version::V11, Version::V12] {
            let said = Element::of_text(Name::new("urn:crm", "Ping"), "退款");
            let beside = Element::new(Name::new("urn:x", "Session"))
                .with(Name::new(version.space(), "mustUnderstand"), "1");
            let elsewhere = beside.clone().with(
                Name::new(
                    version.space(),
                    if version == Version::V11 {
                        "actor"
                    } else {
                        "role"
                    },
                ),
                "urn:other",
            );
            let text = Envelope::write(version, [beside, elsewhere], [said]);
            let read = Envelope::read(text.as_bytes(), Some("utf-8")).expect("a message");
            assert_eq!(read.version, version);
            assert_eq!(read.headers.len(), 2);
            assert_eq!(read.to_be_understood().count(), 1);
            let body = read.body.expect("no fault").expect("something");
            assert_eq!(
                (body.name, &*body.text),
                (Name::new("urn:crm", "Ping"), "退款")
            );
        }
    }

    #[test]
    fn what_is_no_message_is_told_in_words() {
        for (text, told) in [
            ("<html><body/></html>", "it is no SOAP message but <html>"),
            (
                "<!DOCTYPE html><html/>",
                "it has a DTD (`<!DOCTYPE`), which is not taken: leave it out",
            ),
            (
                "<e:Envelope xmlns:e='urn:soap3'/>",
                "its version of SOAP is not known: the namespace of its envelope is `urn:soap3`",
            ),
            (
                "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'/>",
                "it has no Body",
            ),
            (
                "{\"error\": 1}",
                "it is no well-formed XML: there is text outside of its element",
            ),
            ("", "it is empty"),
            (
                "--MIME_boundary\r\n",
                "it comes with attachments (MTOM, SwA), which are not taken: have them left out",
            ),
        ] {
            assert_eq!(
                Envelope::read(text.as_bytes(), None)
                    .expect_err(text)
                    .to_string(),
                told
            );
        }
    }

    #[test]
    fn messages_say_their_version_in_their_content_type() {
        assert_eq!(
            Version::V11.content_type("urn:do"),
            "text/xml; charset=utf-8"
        );
        let kind = Version::V12.content_type("urn:\"do\"");
        assert_eq!(
            kind,
            "application/soap+xml; charset=utf-8; action=\"urn:do\""
        );
        assert!(is_soap(&kind) && is_soap("TEXT/XML") && !is_soap("text/html; charset=utf-8"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Envelope::read(&bytes, None);
        }

        #[test]
        fn reading_what_looks_like_a_message_never_panics(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<", ">", "/", "</", "/>", "e:Envelope", "e:Body", "e:Fault", "faultcode", "Code", "Value", "a",
                " xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'", " xmlns='urn:a'", "=", "'", "\"", "&amp;", "&#65;",
                "&#x110000;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml ?>", "<!DOCTYPE a>", " ", "退", "xsi:nil",
            ]), 0..40),
        ) {
            let _ = Envelope::read(parts.concat().as_bytes(), None);
            let whole = format!(
                "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>{}</e:Body></e:Envelope>",
                parts.concat()
            );
            let _ = Envelope::read(whole.as_bytes(), None);
        }
    }
}
