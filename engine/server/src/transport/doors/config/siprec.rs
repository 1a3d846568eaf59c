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
    /// The same for SIP over TLS, such as `10.0.0.5:5061`. It needs `certificate` and `key`, or those of
    /// `[server.tls]`.
    pub tls_listen: String,
    /// The certificate, and those between it and its authority, as a PEM file that is looked at every
    /// five seconds. If this and `key` are empty, all of `[server.tls]` holds here as well; with a
    /// certificate of its own, this port asks clients for none.
    #[schemars(with = "String")]
    pub certificate: PathBuf,
    /// Its private key, as a PEM file without a passphrase.
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
