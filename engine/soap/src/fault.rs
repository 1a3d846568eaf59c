//! That something went wrong, and whose fault it is.

use std::fmt;

use crate::envelope::Version;
use crate::xml::{Element, Name, XML};

/// Whose fault it is, as far as that is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Code {
    /// That of whoever sent the message: sending it again will not help (`Client`, `Sender`).
    Sender,
    /// That of whoever received it: it may be taken another time (`Server`, `Receiver`).
    Receiver,
    /// The version of the message is not spoken there.
    VersionMismatch,
    /// A header that has to be understood is not.
    MustUnderstand,
    /// One that the service has thought of itself.
    Other(String),
}

/// That something went wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Whose fault it is.
    pub code: Code,
    /// What kind of fault, where that is said: what stands behind the dot (`Client.NoSuchCall`), or the innermost
    /// `Subcode`.
    pub kind: Option<String>,
    /// What is wrong, for people.
    pub reason: String,
    /// What is said of it for programs.
    pub detail: Vec<Element>,
}

/// `Client`, or `Client.NoSuchCall`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Code::Sender => f.write_str("Client")?,
            Code::Receiver => f.write_str("Server")?,
            Code::VersionMismatch => f.write_str("VersionMismatch")?,
            Code::MustUnderstand => f.write_str("MustUnderstand")?,
            Code::Other(code) => f.write_str(code)?,
        }
        match &self.kind {
            Some(kind) => write!(f, ".{kind}"),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// One with these words.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self {
            code,
            kind: None,
            reason: reason.into(),
            detail: Vec::new(),
        }
    }

    /// The names by which services tell their faults apart: the kind, and a code of their own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let own = match &self.code {
            Code::Other(code) => Some(code.as_str()),
            _ => None,
        };
        own.into_iter().chain(self.kind.as_deref())
    }

    /// Reads `Fault`. What it lacks is empty: services do not all keep to the letter.
    pub(crate) fn read(version: Version, fault: &Element) -> Self {
        let local = |element: &Element| {
            let text = element.text.trim();
            let (_, local) = text.rsplit_once(':').unwrap_or(("", text));
            local.to_owned()
        };
        match version {
            Version::V11 => {
                let part = |name: &str| {
                    let mut children = fault.children.iter();
                    children.find(|child| &*child.name.local == name)
                };
                let code = part("faultcode").map(local).unwrap_or_default();
                let (code, kind) = match code.split_once('.') {
                    Some((code, kind)) => (code.to_owned(), Some(kind.to_owned())),
                    None => (code, None),
                };
                let reason = part("faultstring").map(|part| part.text.trim().to_owned());
                Self {
                    code: Code::of(code),
                    kind,
                    reason: reason.unwrap_or_default(),
                    detail: part("detail")
                        .map(|detail| detail.children.clone())
                        .unwrap_or_default(),
                }
            }
            Version::V12 => {
                let space = version.space();
                let code = fault.first(space, "Code");
                let value = |code: &Element| code.first(space, "Value").map(local);
                let mut kind = None;
                let mut within = code.and_then(|code| code.first(space, "Subcode"));
                while let Some(subcode) = within {
                    kind = value(subcode).or(kind);
                    within = subcode.first(space, "Subcode");
                }
                let reasons = fault.first(space, "Reason");
                let mut texts: Vec<&Element> = reasons
                    .iter()
                    .flat_map(|reason| reason.all(space, "Text"))
                    .collect();
                // Words in English come first where there are several.
                texts.sort_by_key(|text| {
                    let lang = text.attribute_of(XML, "lang").unwrap_or_default();
                    !lang.starts_with("en")
                });
                let detail = fault.first(space, "Detail");
                Self {
                    code: Code::of(code.and_then(value).unwrap_or_default()),
                    kind,
                    reason: texts
                        .first()
                        .map(|text| text.text.trim().to_owned())
                        .unwrap_or_default(),
                    detail: detail
                        .map(|detail| detail.children.clone())
                        .unwrap_or_default(),
                }
            }
        }
    }

    /// The element that stands in the body of a message.
    pub fn write(&self, version: Version) -> Element {
        let space = version.space();
        let name = |local: &str| Name::new(space, local);
        let code = |code: &str| format!("soap:{code}");
        // An own code and kind stand in 1.1 behind a dot, in 1.2 below the code.
        let (standard, own) = match &self.code {
            Code::Sender => (["Client", "Sender"], None),
            Code::Receiver => (["Server", "Receiver"], None),
            Code::VersionMismatch => (["VersionMismatch"; 2], None),
            Code::MustUnderstand => (["MustUnderstand"; 2], None),
            Code::Other(own) => (["Server", "Receiver"], Some(own)),
        };
        let kind = self.kind.as_ref().or(own);
        let fault = Element::new(name("Fault"));
        match version {
            Version::V11 => {
                let value = match kind {
                    Some(kind) => code(&format!("{}.{kind}", standard[0])),
                    None => code(standard[0]),
                };
                let mut fault = fault.holding([
                    Element::of_text(Name::plain("faultcode"), value),
                    Element::of_text(Name::plain("faultstring"), self.reason.clone()),
                ]);
                if !self.detail.is_empty() {
                    let detail = Element::new(Name::plain("detail"));
                    fault = fault.holding([detail.holding(self.detail.iter().cloned())]);
                }
                fault
            }
            Version::V12 => {
                let mut whose = Element::new(name("Code"))
                    .holding([Element::of_text(name("Value"), code(standard[1]))]);
                if let Some(kind) = kind {
                    let value = Element::of_text(name("Value"), code(kind));
                    whose = whose.holding([Element::new(name("Subcode")).holding([value])]);
                }
                let text = Element::of_text(name("Text"), self.reason.clone())
                    .with(Name::new(XML, "lang"), "en");
                let mut fault =
                    fault.holding([whose, Element::new(name("Reason")).holding([text])]);
                if !self.detail.is_empty() {
                    let detail = Element::new(name("Detail"));
                    fault = fault.holding([detail.holding(self.detail.iter().cloned())]);
                }
                fault
            }
        }
    }
}

impl Code {
    fn of(code: String) -> Self {
        match code.as_str() {
            "Client" | "Sender" => Self::Sender,
            "Server" | "Receiver" => Self::Receiver,
            "VersionMismatch" => Self::VersionMismatch,
            "MustUnderstand" => Self::MustUnderstand,
            _ => Self::Other(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Envelope;

    fn read(text: &str) -> Fault {
        let read = Envelope::read(text.as_bytes(), None).expect("a message");
        read.body.expect_err("a fault")
    }

    #[test]
    fn both_shapes_say_the_same() {
        let of_11 = read(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>\
             <faultcode>s:Client.TooLong</faultcode><faultstring> The subject is too long </faultstring>\
             <detail><e xmlns='urn:crm'>42</e></detail></s:Fault></s:Body></s:Envelope>",
        );
        let of_12 = read(
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><s:Fault>\
             <s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>crm:TooLong</s:Value></s:Subcode></s:Code>\
             <s:Reason><s:Text xml:lang='de'>Zu lang</s:Text><s:Text xml:lang='en'>The subject is too long</s:Text></s:Reason>\
             <s:Detail><e xmlns='urn:crm'>42</e></s:Detail></s:Fault></s:Body></s:Envelope>",
        );
        for fault in [of_11, of_12] {
            assert_eq!(
                (fault.code.clone(), fault.to_string()),
                (Code::Sender, "Client.TooLong".to_owned())
            );
            assert_eq!(fault.names().collect::<Vec<_>>(), ["TooLong"]);
            assert_eq!(fault.reason, "The subject is too long");
            assert_eq!(fault.detail[0].text, "42");
        }
    }

    #[test]
    fn a_code_of_its_own_and_a_fault_that_says_nothing_are_read_too() {
        let own = read(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>\
             <faultcode>sf:INVALID_LOGIN</faultcode></s:Fault></s:Body></s:Envelope>",
        );
        assert_eq!(own.code, Code::Other("INVALID_LOGIN".to_owned()));
        assert_eq!(
            (own.names().collect::<Vec<_>>(), &*own.reason),
            (vec!["INVALID_LOGIN"], "")
        );
        let empty = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><s:Fault/></s:Body></s:Envelope>";
        assert_eq!(read(empty).code, Code::Other(String::new()));
    }

    #[test]
    fn what_is_written_is_read_back_in_both_versions() {
        for version in [Version::V11, Version::V12] {
            let fault = Fault {
                kind: Some("not_found".to_owned()),
                detail: vec![Element::of_text(Name::new("urn:x", "call"), "a")],
                ..Fault::new(Code::Sender, "no call `a` <is> open")
            };
            let again = read(&Envelope::write(version, [], [fault.write(version)]));
            assert_eq!((again.code, again.kind), (fault.code, fault.kind));
            assert_eq!((again.reason, again.detail.len()), (fault.reason, 1));
        }
    }
}
