//! The settings of TLS, and which of them hold for which port.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Files;
use crate::config::Config;

/// What ports show that speak TLS, and what they ask for.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate, and those between it and its authority, as a PEM file. Empty means that there
    /// is no TLS, and that nobody but this machine is listened to unless `server.plain_text` says so.
    #[schemars(with = "String")]
    pub certificate: PathBuf,
    /// Its private key, as a PEM file without a passphrase.
    #[schemars(with = "String")]
    pub key: PathBuf,
    /// Authorities of clients, as a PEM file of their certificates: whoever connects is asked for a
    /// certificate that one of them has signed. Empty means that clients are asked for none.
    #[schemars(with = "String")]
    pub client_ca: PathBuf,
    /// Whether whoever is asked for a certificate has to have one.
    pub client_certificates: ClientCertificates,
}

/// Whether whoever is asked for a certificate has to have one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificates {
    /// Whoever has none is not connected, probes and browsers neither.
    #[default]
    Required,
    /// Whoever has none is connected all the same. One that is shown has to be right.
    Optional,
}

impl TlsConfig {
    /// The files, if there is TLS.
    pub(crate) fn files(&self) -> Option<Files> {
        if self.certificate.as_os_str().is_empty() {
            return None;
        }
        let asked = !self.client_ca.as_os_str().is_empty();
        Some(Files {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            clients: asked.then(|| (self.client_ca.clone(), self.client_certificates)),
        })
    }
}

impl Config {
    /// What the WebSocket door shows, if it speaks TLS.
    pub(crate) fn websocket_tls(&self) -> Option<Files> {
        self.server.tls.files().filter(|_| self.doors.websocket.tls)
    }

    /// What the TLS port of SIPREC shows: its own certificate, or else that of the server. Also the key
    /// that names it. `None` where there is neither.
    pub(crate) fn siprec_tls(&self) -> Option<(&'static str, Files)> {
        let siprec = &self.doors.siprec;
        if siprec.certificate.as_os_str().is_empty() && siprec.key.as_os_str().is_empty() {
            let files = self.server.tls.files()?;
            return Some(("server.tls.certificate", files));
        }
        let files = Files {
            certificate: siprec.certificate.clone(),
            key: siprec.key.clone(),
            clients: None,
        };
        Some(("doors.siprec.certificate", files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_shows_its_own_certificate_or_else_that_of_the_server() {
        let mut config = Config::default();
        assert_eq!(config.server.tls.files(), None);
        assert_eq!(config.websocket_tls(), None);
        assert_eq!(config.siprec_tls(), None);

        config.server.tls = TlsConfig {
            certificate: "c".into(),
            key: "k".into(),
            client_ca: "ca".into(),
            client_certificates: ClientCertificates::Optional,
        };
        let of_the_server = Files {
            certificate: "c".into(),
            key: "k".into(),
            clients: Some(("ca".into(), ClientCertificates::Optional)),
        };
        assert_eq!(config.server.tls.files().as_ref(), Some(&of_the_server));
        assert_eq!(config.websocket_tls().as_ref(), Some(&of_the_server));
        let shown = config.siprec_tls();
        assert_eq!(shown, Some(("server.tls.certificate", of_the_server)));

        config.doors.websocket.tls = false;
        assert_eq!(config.websocket_tls(), None);
        config.doors.siprec.certificate = "own".into();
        config.doors.siprec.key = "own-key".into();
        let own = Files {
            certificate: "own".into(),
            key: "own-key".into(),
            clients: None,
        };
        assert_eq!(config.siprec_tls(), Some(("doors.siprec.certificate", own)));
    }
}
