//! SOAP 1.1 and 1.2 without I/O: messages, faults, who sends them, and the services that WSDL 1.1 describes.
//!
//! A client reads a [`Wsdl`], takes an [`Operation`] of it, and has JSON written as the message that the service
//! wants; what comes back becomes JSON again. A server says in a [`Contract`] what it does, publishes that as WSDL,
//! and reads and checks messages by it. Both share [`Schema`] and what makes elements of values.
//!
//! Nothing here waits, fetches or knows the time. Documents are read within [`Bounds`]; one with a DTD is refused, so
//! that no entity is ever expanded.

mod contract;
mod envelope;
mod fault;
mod schema;
mod security;
mod value;
mod wsdl;
mod xml;

pub use contract::{Contract, Described};
pub use envelope::{Envelope, EnvelopeError, Version, is_soap};
pub use fault::{Code, Fault};
pub use schema::{Field, Of, Schema};
pub use security::{Credentials, Freshness, SecurityError, UsernameToken, is_security};
pub use value::{Unknown, ValueError};
pub use wsdl::{Operation, Wsdl, WsdlError};
pub use xml::{Bounds, Element, Name, XmlError, decode};
