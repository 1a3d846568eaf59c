//! Who is let in.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::oidc::OidcConfig;

/// Who is let in, and how they show who they are.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessConfig {
    /// Whether whoever asks has to show who they are.
    pub mode: Mode,
    /// A file of the site's own roles, of its teams, and of media servers that are known by where they
    /// connect from; empty means the roles that come with the program. It is read again when it
    /// changes.
    pub policy: PathBuf,
    /// Names under which browsers reach an open engine, beside `localhost` and plain addresses: those
    /// of a proxy before it, for instance. A page of another name is refused, which could be anybody's
    /// whose name is made to lead here (DNS rebinding).
    pub hosts: Vec<String>,
    /// How long somebody stays logged in at a desk.
    #[schemars(range(min = 5, max = 43_200), extend("unit" = "min"))]
    pub session_min: u32,
    /// People and programs that a provider of the site's own knows (OpenID Connect: Keycloak, Entra ID, Okta
    /// and the like), beside `sidetone users` and `sidetone tokens`. Needs `access.mode = "secure"`.
    pub oidc: OidcConfig,
}

/// Whether whoever asks has to show who they are.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody has to, and everybody may do everything: for one machine alone. `server.listen` is on
    /// loopback only; doors let in whoever reaches them, to open calls of their own.
    #[default]
    Open,
    /// The same, for everybody who reaches the engine over the network. Only where nobody else does.
    OpenToAll,
    /// Everybody has to but probes of health: people log in (`sidetone users`, `[access.oidc]`), programs
    /// bring tokens (`sidetone tokens`), media servers come from where `access.policy` says.
    Secure,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Open,
            policy: PathBuf::new(),
            hosts: Vec::new(),
            session_min: 720,
            oidc: OidcConfig::default(),
        }
    }
}
