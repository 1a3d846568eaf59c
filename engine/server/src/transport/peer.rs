//! Who has connected.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::sha256::sha256;

/// Who has connected. Each request carries it in its extensions, whichever protocol it came by, so that
/// whoever decides what may be asked for can look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Peer {
    /// From where; of IPv4 also where it came to a socket of IPv6.
    pub address: SocketAddr,
    /// Whether nobody on the way reads along.
    pub is_tls: bool,
    /// The names of the certificate that was shown, which an authority of `server.tls.client_ca` has
    /// signed: those of hosts, and `sha256:` with its fingerprint. None if none was shown.
    pub names: Arc<[String]>,
}

impl Peer {
    /// Whoever connects from there, and has shown nothing yet.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address: SocketAddr::new(address.ip().to_canonical(), address.port()),
            is_tls: false,
            names: Arc::default(),
        }
    }

    /// The same over TLS.
    pub fn over_tls(self, certificate: Option<CertificateDer<'static>>) -> Self {
        Self {
            is_tls: true,
            names: certificate.as_ref().map(names).unwrap_or_default(),
            ..self
        }
    }
}

fn names(certificate: &CertificateDer<'static>) -> Arc<[String]> {
    let parsed = EndEntityCert::try_from(certificate).ok();
    let hosts = parsed
        .iter()
        .flat_map(|certificate| certificate.valid_dns_names());
    let hosts: Vec<String> = hosts.map(str::to_ascii_lowercase).collect();
    let digest = sha256(certificate);
    hosts
        .into_iter()
        .chain([format!("sha256:{digest}")])
        .collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn a_certificate_is_known_by_its_hosts_and_its_fingerprint() {
        let hosts = ["PBX.example".to_owned(), "other.example".to_owned()];
        let made = CertificateParams::new(hosts).expect("names");
        let key = KeyPair::generate().expect("a key");
        let certificate = made.self_signed(&key).expect("made").der().clone();
        let names = names(&certificate);
        assert_eq!(names[..2], ["pbx.example", "other.example"]);
        assert!(names[2].starts_with("sha256:") && names[2].len() == 7 + 64);
        let peer = Peer::at("[::ffff:10.0.0.5]:7".parse().expect("an address"));
        assert_eq!(peer.address, SocketAddr::from(([10, 0, 0, 5], 7)));
        assert!(!peer.is_tls && peer.names.is_empty());
        assert!(peer.clone().over_tls(None).is_tls);
        assert_eq!(peer.over_tls(Some(certificate)).names.len(), 3);
    }
}
