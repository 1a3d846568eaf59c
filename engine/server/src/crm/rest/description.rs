//! The file that describes a CRM's HTTP interface, as it is written.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{self, Deserializer};
use toml::Spanned;

/// A description that cannot be used. Says where to look.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionFileError {
    /// The file cannot be read.
    #[error("cannot read the CRM's description {path}: {source}", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that cannot be used.
    #[error("{path}:{line}: {message}", path = path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// The environment lacks what it names.
    #[error("{path}: `{section}.env` names the environment variable {variable}, which is not set", path = path.display())]
    Variable {
        /// Which file.
        path: PathBuf,
        /// Which section of it.
        section: &'static str,
        /// Which variable.
        variable: String,
    },
    /// The file with the secret cannot be read.
    #[error("{path}: `{section}.file` names {file}, which cannot be used: {source}", path = path.display(), file = file.display())]
    Secret {
        /// Which description.
        path: PathBuf,
        /// Which section of it.
        section: &'static str,
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not said where the secret is.
    #[error("{path}: [{section}] takes either `env`, an environment variable, or `file`, a file with the secret", path = path.display())]
    Auth {
        /// Which description.
        path: PathBuf,
        /// Which section of it.
        section: &'static str,
    },
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// What the CRM is called in messages.
    pub name: String,
    /// What every path is added to: `https://crm.example.com/api/v2`.
    pub base_url: Option<Spanned<String>>,
    /// The service that requests with an `operation` go to.
    pub soap: Option<Soap>,
    /// Longest time for one request, connecting included.
    #[serde(default = "ten_seconds")]
    pub timeout_ms: u64,
    /// Notes that are written at once.
    #[serde(default = "four")]
    pub concurrency: usize,
    /// Values that all templates see as `vars.…`.
    #[serde(default)]
    pub vars: toml::Table,
    /// How we say who we are.
    pub auth: Option<Auth>,
    /// Sent with every request; templates.
    #[serde(default)]
    pub headers: BTreeMap<String, Spanned<String>>,
    /// Answers that mean "try again later".
    #[serde(default = "usual_statuses")]
    pub retry_statuses: Vec<Statuses>,
    /// Where a refusal stands in an answer that looks like a success (JSON-RPC): a JSON pointer.
    pub error: Option<Pointer>,
    /// Who has a number.
    pub find: Find,
    /// Who has an id; answered as `find` is.
    pub find_by_id: Option<Request>,
    /// Whose a number of a customer or an order is, or a name; answered as `find` is.
    pub find_by_clue: Option<Request>,
    /// All customers, to be kept here as well.
    pub sync: Option<super::pages::Sync>,
    /// Their open tickets.
    pub find_tickets: Option<Listing>,
    /// Their last contacts.
    pub find_contacts: Option<Listing>,
    /// A new ticket.
    pub create_ticket: Create,
    /// A new task.
    pub create_task: Create,
    /// A new entry in the customer's history; left out if the CRM has none.
    pub create_interaction: Option<Create>,
}

/// A secret header.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    #[serde(default = "authorization")]
    pub header: String,
    /// In front of the secret, with its space: `Bearer `.
    #[serde(default)]
    pub prefix: String,
    /// The environment variable that holds the secret.
    pub env: Option<String>,
    /// The file that holds it; it is read again when the CRM refuses the secret.
    pub file: Option<PathBuf>,
    /// Where the secret is shown to get tokens, which the header then has.
    pub oauth2: Option<OAuth2>,
}

/// An authorisation server. With a refresh token it is asked by that, else by our own name and secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OAuth2 {
    pub token_url: String,
    pub client_id: String,
    pub scope: Option<String>,
    /// The environment variable that holds the refresh token, or the file.
    pub refresh_env: Option<String>,
    pub refresh_file: Option<PathBuf>,
}

/// A service that speaks SOAP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Soap {
    /// The file with its WSDL; relative to the description.
    pub wsdl: Spanned<String>,
    /// Which of its ports, where there are several; else the first that has the operation.
    pub port: Option<String>,
    /// Where it is, if not where its WSDL says.
    pub address: Option<Spanned<String>>,
    /// How we say who we are, in WS-Security.
    pub security: Option<Security>,
    /// What its faults mean.
    #[serde(default)]
    pub faults: Faults,
}

/// A name and a secret, as WS-Security has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Security {
    pub username: String,
    /// The environment variable that holds the secret.
    pub env: Option<String>,
    /// The file that holds it; it is read again when the CRM refuses the secret.
    pub file: Option<PathBuf>,
    /// Whether a digest is sent instead of the secret.
    #[serde(default)]
    pub digest: bool,
}

/// What faults mean, by the names that the CRM gives them, where that is not what SOAP says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Faults {
    /// Try again later.
    pub later: Vec<String>,
    /// It will not take this.
    pub refused: Vec<String>,
    /// There is no such thing.
    pub nothing: Vec<String>,
}

/// One request, over HTTP as it is or over SOAP; path, headers and body are templates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// GET without a body, POST with one, unless it says otherwise.
    pub method: Option<Spanned<String>>,
    pub path: Option<Spanned<String>>,
    /// An operation of the WSDL, instead of a path.
    pub operation: Option<Spanned<String>>,
    #[serde(default)]
    pub headers: BTreeMap<String, Spanned<String>>,
    /// JSON.
    pub body: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Find {
    pub request: Request,
    /// Where the contacts are in the answer: a list, or the contact itself.
    #[serde(default)]
    pub list: Pointer,
    /// Fields of a customer, each with its place in the contact.
    pub fields: Fields<CustomerField>,
    /// Preferences by name, each with its place in the contact.
    #[serde(default)]
    pub preferences: BTreeMap<String, Pointer>,
}

/// A list that belongs to a customer. Its fields depend on what is listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    pub request: Request,
    #[serde(default)]
    pub list: Pointer,
    pub fields: BTreeMap<String, Pointer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    pub request: Request,
    /// Where the new record's id is in the answer.
    pub id: Pointer,
    /// What to do about a request whose answer was lost.
    pub lost_answer: Spanned<LostAnswer>,
    /// How to find a record by the key it was written with.
    pub look_up: Option<LookUp>,
}

/// What to do about a request whose answer was lost.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum LostAnswer {
    /// Send it again: the CRM knows the key and answers with what is there.
    Repeat,
    /// Look for the key first.
    LookUp,
    /// Leave it to a person.
    Stop,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookUp {
    pub request: Request,
    #[serde(default)]
    pub list: Pointer,
    pub id: Pointer,
}

pub(super) type Fields<K> = BTreeMap<K, Places>;

/// One place, or several whose texts stand one after the other: a given name, and a family name.
#[derive(Debug)]
pub(super) struct Places(pub Vec<Pointer>);

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Places;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON pointer, or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Places, E> {
                let pointer = Pointer::deserialize(de::value::StrDeserializer::new(text))?;
                Ok(Places(vec![pointer]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut all: A) -> Result<Places, A::Error> {
                let mut places = Vec::new();
                while let Some(pointer) = all.next_element()? {
                    places.push(pointer);
                }
                Ok(Places(places))
            }
        }
        d.deserialize_any(Visitor)
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub(super) enum CustomerField {
    CustomerId,
    Name,
    Tier,
    Email,
}

/// A JSON pointer (RFC 6901); empty means all of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Pointer(pub String);

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.is_empty() || text.starts_with('/') {
            Ok(Self(text))
        } else {
            Err(de::Error::custom(format!(
                "`{text}` is no JSON pointer: those begin with `/`, like `/data/0/id`"
            )))
        }
    }
}

/// One status, `429`, or a hundred of them, `"5xx"`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Statuses {
    first: u16,
    last: u16,
}

impl Statuses {
    pub fn contain(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }

    const fn one(status: u16) -> Self {
        Self {
            first: status,
            last: status,
        }
    }

    const fn hundred(digit: u16) -> Self {
        Self {
            first: digit * 100,
            last: digit * 100 + 99,
        }
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Statuses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status like 429, or \"5xx\"")
            }

            fn visit_i64<E: de::Error>(self, status: i64) -> Result<Statuses, E> {
                match u16::try_from(status) {
                    Ok(status @ 100..=599) => Ok(Statuses::one(status)),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(status), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Statuses, E> {
                match text.strip_suffix("xx").and_then(|digit| digit.parse().ok()) {
                    Some(digit @ 3..=5) => Ok(Statuses::hundred(digit)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        d.deserialize_any(Visitor)
    }
}

fn ten_seconds() -> u64 {
    10_000
}

fn four() -> usize {
    4
}

fn authorization() -> String {
    "Authorization".to_owned()
}

/// 401 among them: it is about us and not about the note, and the notes wait while a person renews
/// the secret.
fn usual_statuses() -> Vec<Statuses> {
    let mut statuses: Vec<Statuses> = [401, 408, 425, 429].map(Statuses::one).to_vec();
    statuses.push(Statuses::hundred(5));
    statuses
}

/// Whether an address is one that is spoken HTTP to.
pub(super) fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// A description's text, for messages that name a line of it.
pub(super) struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Source<'_> {
    /// Reads it.
    pub fn parse(&self) -> Result<Description, DescriptionFileError> {
        let description: Description = toml::from_str(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, 0, error.message())
        })?;
        let address = description
            .soap
            .as_ref()
            .and_then(|soap| soap.address.as_ref());
        for (key, url) in [
            ("base_url", description.base_url.as_ref()),
            ("address", address),
        ] {
            if let Some(url) = url.filter(|url| !is_http(url.get_ref())) {
                let what = format!("`{key}` begins with neither http:// nor https://");
                return Err(self.error(url.span().start, 0, what));
            }
        }
        Ok(description)
    }

    /// Something is wrong `lines` below byte `at`.
    pub fn error(
        &self,
        at: usize,
        lines: usize,
        message: impl Into<String>,
    ) -> DescriptionFileError {
        let above = self.text.as_bytes().iter().take(at);
        DescriptionFileError::Line {
            path: self.path.to_owned(),
            line: 1 + lines + above.filter(|byte| **byte == b'\n').count(),
            message: message.into(),
        }
    }

    /// Something is wrong in line `line` (from 1) of the template `template`.
    pub fn template_error(
        &self,
        template: &Spanned<String>,
        line: usize,
        message: impl Into<String>,
    ) -> DescriptionFileError {
        let span = template.span();
        let quoted = self.text.get(span.clone()).unwrap_or_default();
        // A multi-line string may begin in the line below its quotes.
        let below = quoted
            .trim_start_matches(['"', '\''])
            .starts_with(['\n', '\r']);
        self.error(
            span.start,
            usize::from(below) + line.saturating_sub(1),
            message,
        )
    }
}
