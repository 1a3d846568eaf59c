//! The certificate of the TLS port.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore, ServerConfig};

/// Reads a certificate and its key.
pub(crate) fn acceptor(certificate: &Path, key: &Path) -> io::Result<TlsAcceptor> {
    let chain = chain(certificate)?;
    if is_encrypted(key) {
        let why = "the key is encrypted, and nobody could enter its passphrase: take it off with \
                   `openssl pkey -in KEY -out PLAIN`";
        return Err(of(key, &why));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| of(key, &error))?;
    if let Err(error) = ParsedCertificate::try_from(&chain[0]) {
        let why = match format!("{error:?}").contains("UnsupportedCertVersion") {
            true => {
                "it is a certificate of X.509 version 1 or 2: have one of version 3 made".to_owned()
            }
            false => error.to_string(),
        };
        return Err(of(certificate, &why));
    }
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| of(key, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Why clients do not trust a certificate at this time: its own begins later, or is over.
pub(crate) fn stale(certificate: &Path) -> io::Result<Option<String>> {
    let chain = chain(certificate)?;
    let Ok(own) = ParsedCertificate::try_from(&chain[0]) else {
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

/// The certificates of a file; there is one at least.
fn chain(certificate: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let chain =
        CertificateDer::pem_file_iter(certificate).map_err(|error| of(certificate, &error))?;
    let chain: Result<Vec<_>, _> = chain.collect();
    let chain = chain.map_err(|error| of(certificate, &error))?;
    match chain.is_empty() {
        true => Err(of(certificate, &"there is no certificate in it")),
        false => Ok(chain),
    }
}

/// Whether a key is one that a passphrase opens, as PKCS#8 or in the older way.
fn is_encrypted(key: &Path) -> bool {
    std::fs::read_to_string(key).is_ok_and(|text| {
        text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
    })
}

fn of(path: &Path, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!("`{}`: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

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
        let [certificate, key] =
            ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END RSA PRIVATE KEY-----\n",
        ] {
            std::fs::write(&key, text).expect("written");
            let why = acceptor(&certificate, &key).err().expect(text).to_string();
            assert!(why.contains("the key is encrypted"), "{why}");
        }
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        assert!(acceptor(&certificate, &key).is_ok());
    }
}
