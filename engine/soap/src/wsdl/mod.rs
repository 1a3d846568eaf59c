//! What services say of themselves: WSDL 1.1 with bindings to SOAP over HTTP.

mod read;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::envelope::Version;
use crate::schema::{Field, Of, Schema};
use crate::value::{Unknown, ValueError};
use crate::xml::{Element, Name, XmlError};

/// The namespace of WSDL 1.1.
pub(crate) const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// Those of its bindings to SOAP 1.1 and 1.2.
pub(crate) const BINDING: [(&str, Version); 2] = [
    ("http://schemas.xmlsoap.org/wsdl/soap/", Version::V11),
    ("http://schemas.xmlsoap.org/wsdl/soap12/", Version::V12),
];

/// What cannot be used of a description of a service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WsdlError {
    /// It, or a file that it names, is no document.
    #[error("{file}: {problem}")]
    Xml {
        /// Which file; `the WSDL` for itself.
        file: String,
        /// Why.
        problem: XmlError,
    },
    /// It is another document.
    #[error("it is no WSDL 1.1 but <{0}>")]
    Other(String),
    /// It is of another version.
    #[error(
        "it is WSDL 2.0, which is not taken: most services publish WSDL 1.1 beside it (`?wsdl`)"
    )]
    Version2,
    /// It names another file that cannot be had.
    #[error("it names `{location}`, which cannot be had: {why}")]
    Import {
        /// As it stands there.
        location: String,
        /// Why.
        why: String,
    },
    /// It goes on and on.
    #[error("it names more than {0} other files")]
    Files(usize),
    /// It has nothing that can be used.
    #[error("it has no port with a binding to SOAP over HTTP")]
    NoPort,
    /// It has no such port.
    #[error("it has no port `{name}` with a binding to SOAP over HTTP; it has {known}")]
    Port {
        /// Which.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// It has no such operation.
    #[error("it has no operation `{name}`; it has {known}")]
    Operation {
        /// Which.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// The operation is of a kind that is not taken.
    #[error("the operation `{name}` cannot be used: {why}")]
    Untaken {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}

/// A service, as it describes itself.
#[derive(Clone, Debug)]
pub struct Wsdl {
    schema: Schema,
    ports: Vec<Port>,
}

/// Where a service is, and how it is spoken to there.
#[derive(Clone, Debug)]
struct Port {
    name: String,
    version: Version,
    address: String,
    operations: Vec<Bound>,
}

/// An operation as a port has it.
#[derive(Clone, Debug)]
struct Bound {
    name: String,
    action: String,
    /// Request and answer; why not, if it cannot be used.
    messages: Result<[Option<Field>; 2], String>,
}

/// Something that a service can be asked to do.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In which version it is asked.
    pub version: Version,
    /// Where.
    pub address: String,
    /// Its `SOAPAction`; may be empty.
    pub action: String,
    request: Option<Field>,
    answer: Option<Field>,
}

impl Operation {
    /// The same at another address.
    #[must_use]
    pub fn at(self, address: String) -> Self {
        Self { address, ..self }
    }
}

impl Wsdl {
    /// An operation of the first port that has it, or of the one that is named.
    ///
    /// # Errors
    ///
    /// There is none, or it is of a kind that is not taken.
    pub fn operation(&self, name: &str, port: Option<&str>) -> Result<Operation, WsdlError> {
        let is_asked = |one: &&Port| port.is_none_or(|port| one.name == port);
        let asked: Vec<&Port> = self.ports.iter().filter(is_asked).collect();
        if let (true, Some(name)) = (asked.is_empty(), port) {
            let known = listed(self.ports.iter().map(|port| port.name.as_str()));
            let name = name.to_owned();
            return Err(WsdlError::Port { name, known });
        }
        let found = asked.iter().find_map(|port| {
            let mut operations = port.operations.iter();
            Some((port, operations.find(|one| one.name == name)?))
        });
        let Some((port, bound)) = found else {
            let all = asked.iter().flat_map(|port| &port.operations);
            return Err(WsdlError::Operation {
                name: name.to_owned(),
                known: listed(all.map(|one| one.name.as_str())),
            });
        };
        let messages = bound.messages.clone();
        let [request, answer] = messages.map_err(|why| WsdlError::Untaken {
            name: name.to_owned(),
            why,
        })?;
        Ok(Operation {
            version: port.version,
            address: port.address.clone(),
            action: bound.action.clone(),
            request,
            answer,
        })
    }

    /// The names of all operations, each once.
    pub fn operations(&self) -> Vec<&str> {
        let all = self.ports.iter().flat_map(|port| &port.operations);
        let mut names: Vec<&str> = all.map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What is said to ask for an operation, with what `value` says.
    ///
    /// # Errors
    ///
    /// `value` is not what the operation takes.
    pub fn request(
        &self,
        operation: &Operation,
        value: &Value,
    ) -> Result<Option<Element>, ValueError> {
        let Some(field) = &operation.request else {
            return Ok(None);
        };
        let said = self.schema.write(field, value, Unknown::Refused);
        let said = said.map_err(|error| ValueError {
            path: match error.path.as_str() {
                "" => field.name.local.to_string(),
                path => path.to_owned(),
            },
            ..error
        })?;
        Ok(Some(said))
    }

    /// What was answered, as JSON: what stands in the element that was said.
    pub fn answer(&self, operation: &Operation, said: Option<&Element>) -> Value {
        let Some(said) = said else {
            return Value::Null;
        };
        let expected = operation.answer.as_ref();
        let of = expected.filter(|field| field.name.local == said.name.local);
        self.schema
            .read(said, of.map_or(&Of::Anything, |field| &field.of))
    }
}

/// Names in an order that a reader finds theirs in, each once.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.sort_unstable();
    names.dedup();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

/// An element of parts without a namespace, as an operation of style `rpc` has it.
fn rpc(name: Name, parts: Vec<Field>) -> Field {
    Field::new(name, Of::elements(parts))
}
