//! Where recording clients reach us.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_doors::Forked;
use sidetone_doors::siprec::{Agents, AgentsError, Sides};

/// SIPREC: session border controllers and PBXs that record calls over SIP.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiprecConfig {
    /// Address and port for SIP over UDP and TCP, such as `10.0.0.5:5060`; empty means that nobody is
    /// listened to there.
    pub listen: String,
    /// The same for SIP over TLS, such as `10.0.0.5:5061`. It needs `certificate` and `key`.
    pub tls_listen: String,
    /// The certificate, and those between it and its authority, as PEM.
    #[schemars(with = "String")]
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    #[schemars(with = "String")]
    pub key: PathBuf,
    /// Whose side calls, where `agents` does not tell who is who.
    pub caller: Forked,
    /// By whose address an agent is known: `1???` for extensions of four digits, or
    /// `*@agents.example.org`. Where one of a call's participants is one, all others are customers.
    pub agents: Vec<String>,
}

impl SiprecConfig {
    /// Who is who.
    pub fn sides(&self) -> Result<Sides, AgentsError> {
        Ok(Sides {
            caller: self.caller,
            agents: Agents::read(&self.agents)?,
        })
    }
}
