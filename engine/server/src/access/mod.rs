//! Who is let in: users, tokens and sessions, and the guard at every door that asks for them. What
//! they may do then is decided by [`sidetone_access`].
//!
//! | file | its one reason to exist |
//! |---|---|
//! | `audit` | where it is written down who asked for what |
//! | `audit_words` | words of people in it, sealed |
//! | `change` | what was changed of who is let in |
//! | `config` | what can be set |
//! | `directory` | users, tokens and sessions, kept in a file beside the store |
//! | `guard` | credentials to principals |
//! | `oidc` | people and programs that a provider of the site's own knows |
//! | `reference` | who may do what, for the docs |
//! | `snapshot` | all who are known, as of the last look |
//! | `subject` | what is kept of people and programs |

mod audit;
mod audit_words;
mod change;
mod config;
mod directory;
mod guard;
mod oidc;
mod reference;
mod snapshot;
mod subject;

pub use audit::{AuditConfig, OpenAuditError, Write};
pub use audit_words::AuditWords;
pub use change::Change;
pub use config::{AccessConfig, Mode};
pub use directory::{Directory, DirectoryError};
pub(crate) use guard::opens_calls;
pub use guard::{AccessError, Credentials, Guard, LoginError, Unknown, check_roles, policy};
pub(crate) use oidc::{Answer, Begun, LOGIN_PATIENCE};
pub use oidc::{FileProblem, OidcConfig, OidcError, TokenProblem};
pub use reference::reference;
pub use subject::{Subject, TokenRecord, User};
