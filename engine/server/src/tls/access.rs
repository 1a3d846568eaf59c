//! What a program that asks an engine trusts, and shows.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::files;

/// How a program that asks an engine knows it, and says who it is itself.
#[derive(Clone, Default)]
pub struct Access {
    /// Certificates (PEM) of authorities, one of which has signed the engine's; without any, the public
    /// ones count.
    pub authorities: Option<Vec<u8>>,
    /// A certificate and its key (PEM), shown where the engine asks for one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that the engine's certificate has to be for, where that is not the host of its address.
    pub name: Option<String>,
    /// Sent with each request, as `authorization: Bearer ..`.
    pub token: Option<String>,
}

/// Keys and tokens are nobody's business.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// TLS for whoever has that access. Where no authorities are named, and the engine's certificate lies in
/// the file `known`, that one is trusted alone, whoever has signed it and whatever it is called.
pub(crate) fn client(access: &Access, known: Option<&Path>) -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match (&access.authorities, known) {
        (None, Some(known)) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ThatOne::of(known)?)),
        (authorities, _) => builder.with_root_certificates(trusted(authorities.as_deref())?),
    };
    let Some((certificate, key)) = &access.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let wrong = |why: &dyn fmt::Display| {
        io::Error::other(format!("the certificate to be shown, or its key: {why}"))
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| wrong(&error))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| wrong(&error))
}

fn trusted(authorities: Option<&[u8]>) -> io::Result<RootCertStore> {
    let wrong =
        |why: &dyn fmt::Display| io::Error::other(format!("the authorities' certificates: {why}"));
    let mut trusted = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                trusted.add(certificate).map_err(|error| wrong(&error))?;
            }
            if trusted.is_empty() {
                return Err(wrong(&"there are none"));
            }
        }
        None => trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(trusted)
}

/// Trusts one certificate alone, of which the other side has to have the key.
#[derive(Debug)]
struct ThatOne {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ThatOne {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            certificate: files::own(path)?,
            algorithms: default_provider().signature_verification_algorithms,
        })
    }
}

impl ServerCertVerifier for ThatOne {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match *shown == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::General(
                "it shows another certificate than that of `server.tls.certificate`".to_owned(),
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
