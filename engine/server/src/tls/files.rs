//! Certificate, key and authorities: read from their files, and what is wrong with them.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig};

use super::ClientCertificates;

/// The files of a port that speaks TLS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Files {
    /// The certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities of clients, if those are asked for certificates.
    pub clients: Option<(PathBuf, ClientCertificates)>,
}

/// What was in them at one time.
#[derive(Hash)]
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    clients: Vec<u8>,
}

impl Files {
    /// Reads and checks them.
    pub fn check(&self) -> io::Result<()> {
        self.config(&self.read()?, super::SIP).map(drop)
    }

    /// What is in them now.
    pub(super) fn read(&self) -> io::Result<Contents> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| of(path, &error));
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            clients: match &self.clients {
                Some((path, _)) => read(path)?,
                None => Vec::new(),
            },
        })
    }

    /// What connections are served with that speak one of `protocols` (ALPN).
    pub(super) fn config(
        &self,
        contents: &Contents,
        protocols: &[&[u8]],
    ) -> io::Result<ServerConfig> {
        let chain = certificates(&self.certificate, &contents.certificate)?;
        let private = self.private(&contents.key)?;
        if let Err(error) = ParsedCertificate::try_from(&chain[0]) {
            let why = match format!("{error:?}").contains("UnsupportedCertVersion") {
                true => "it is a certificate of X.509 version 1 or 2: have one of version 3 made"
                    .to_owned(),
                false => error.to_string(),
            };
            return Err(of(&self.certificate, &why));
        }
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = match self.verifier(&contents.clients)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder
            .with_single_cert(chain, private)
            .map_err(|error| of(&self.key, &error))?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }

    fn private(&self, pem: &[u8]) -> io::Result<PrivateKeyDer<'static>> {
        if is_encrypted(pem) {
            let why = "the key is encrypted, and nobody could enter its passphrase: take it off with \
                       `openssl pkey -in KEY -out PLAIN`";
            return Err(of(&self.key, &why));
        }
        PrivateKeyDer::from_pem_slice(pem).map_err(|error| of(&self.key, &error))
    }

    /// Who looks at the certificates of clients, if they are asked for one.
    fn verifier(&self, pem: &[u8]) -> io::Result<Option<Arc<dyn ClientCertVerifier>>> {
        let Some((path, needed)) = &self.clients else {
            return Ok(None);
        };
        let mut authorities = RootCertStore::empty();
        for certificate in certificates(path, pem)? {
            authorities
                .add(certificate)
                .map_err(|error| of(path, &error))?;
        }
        let provider = Arc::new(default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
        let builder = match needed {
            ClientCertificates::Required => builder,
            ClientCertificates::Optional => builder.allow_unauthenticated(),
        };
        let verifier = builder.build().map_err(|error| of(path, &error))?;
        Ok(Some(verifier))
    }
}

/// Why clients do not trust a certificate at this time: its own begins later, or is over.
pub(crate) fn stale(certificate: &Path) -> io::Result<Option<String>> {
    let own = own(certificate)?;
    let Ok(own) = ParsedCertificate::try_from(&own) else {
        return Ok(None);
    };
    // Its time is looked at before who has signed it, which is for clients to judge.
    let nobody = RootCertStore::empty();
    let algorithms = default_provider().signature_verification_algorithms.all;
    let now = UnixTime::now();
    let verified = verify_server_cert_signed_by_trust_anchor(&own, &nobody, &[], now, algorithms);
    let day = |time: UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).map_or_else(|_| "?".to_owned(), |time| time.to_string())
    };
    Ok(match verified {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(format!("has expired on {}", day(not_after)))
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before, ..
        })) => Some(format!("is not valid before {}", day(not_before))),
        _ => None,
    })
}

/// The certificate of a file, without those between it and its authority.
pub(super) fn own(path: &Path) -> io::Result<CertificateDer<'static>> {
    let pem = std::fs::read(path).map_err(|error| of(path, &error))?;
    Ok(certificates(path, &pem)?.swap_remove(0))
}

/// The certificates of a file; there is one at least.
fn certificates(path: &Path, pem: &[u8]) -> io::Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| of(path, &error))?;
    match found.is_empty() {
        true => Err(of(path, &"there is no certificate in it")),
        false => Ok(found),
    }
}

/// Whether a key is one that a passphrase opens, as PKCS#8 or in the older way.
fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn of(path: &Path, why: &dyn Display) -> io::Error {
    io::Error::other(format!("`{}`: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::super::samples::Authority;
    use super::*;

    #[test]
    fn a_certificate_whose_time_is_not_now_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = folder.path().join("certificate.pem");
        for (years, why) in [
            ([2020, 2100], None),
            ([2020, 2021], Some("has expired on 2021-01-01")),
            ([2098, 2100], Some("is not valid before 2098-01-01")),
        ] {
            let mut made = CertificateParams::new(["localhost".to_owned()]).expect("a name");
            [made.not_before, made.not_after] = years.map(|year| date_time_ymd(year, 1, 1));
            let key = KeyPair::generate().expect("a key");
            let pem = made.self_signed(&key).expect("made").pem();
            std::fs::write(&certificate, pem).expect("written");
            let told = stale(&certificate).expect("a certificate");
            assert_eq!(told.is_some(), why.is_some(), "{told:?}");
            for (told, why) in told.iter().zip(why) {
                assert!(told.starts_with(why), "{told}");
            }
        }
    }

    #[test]
    fn a_key_with_a_passphrase_is_told_as_that() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Authority::new("ours").server(folder.path(), "localhost");
        let right = std::fs::read(&files.key).expect("written");
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END RSA PRIVATE KEY-----\n",
        ] {
            std::fs::write(&files.key, text).expect("written");
            let why = files.check().expect_err(text).to_string();
            assert!(why.contains("the key is encrypted"), "{why}");
        }
        std::fs::write(&files.key, right).expect("written");
        files.check().expect("a certificate and its key");
    }

    #[test]
    fn what_is_wrong_names_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new("ours");
        let mut files = authority.server(folder.path(), "localhost");
        let ca = folder.path().join("clients.pem");
        files.clients = Some((ca.clone(), ClientCertificates::Required));
        let told = |files: &Files| files.check().expect_err("wrong").to_string();

        let missing = told(&files);
        assert!(missing.contains("clients.pem"), "{missing}");
        std::fs::write(&ca, "no certificate\n").expect("written");
        let empty = told(&files);
        assert!(
            empty.contains("clients.pem`: there is no certificate"),
            "{empty}"
        );
        std::fs::write(&ca, authority.pem()).expect("written");
        files.check().expect("all are right");

        let other = folder.path().join("other");
        std::fs::create_dir(&other).expect("writable");
        files.key = authority.server(&other, "localhost").key;
        let foreign = told(&files);
        assert!(foreign.contains("other/key.pem"), "{foreign}");
    }
}
