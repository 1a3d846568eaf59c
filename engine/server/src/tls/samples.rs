//! Certificates for tests.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsConnector;

use super::{Access, Files, client};

/// An authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("made").pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Its own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate and its key, as PEM.
    pub fn signed(&self, name: &str) -> [String; 2] {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &self.issuer).expect("made");
        [made.pem(), key.serialize_pem()]
    }

    /// A certificate and its key in two files of a folder.
    pub fn server(&self, folder: &Path, name: &str) -> Files {
        let files = Files {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
            clients: None,
        };
        let [certificate, key] = self.signed(name);
        std::fs::write(&files.certificate, certificate).expect("written");
        std::fs::write(&files.key, key).expect("written");
        files
    }

    /// What a client trusts and shows: a certificate, or none.
    pub fn access(&self, shown: Option<[String; 2]>) -> Access {
        Access {
            authorities: Some(self.pem.clone().into_bytes()),
            identity: shown.map(|pem| pem.map(String::into_bytes).into()),
            ..Access::default()
        }
    }
}

/// A client with that access who speaks one of `protocols`.
pub(crate) fn connector(access: &Access, protocols: &[&[u8]]) -> TlsConnector {
    let mut config = client(access, None).expect("right");
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}
