//! Who has connected.

use std::net::SocketAddr;

use tokio_rustls::rustls::pki_types::CertificateDer;

/// Who has connected. Each request carries it in its extensions, whichever protocol it came by, so that
/// whoever decides what may be asked for can look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Peer {
    /// From where; of IPv4 also where it came to a socket of IPv6.
    pub address: SocketAddr,
    /// The certificate that was shown, which an authority of `server.tls.client_ca` has signed. `None`
    /// if there was none, or no TLS.
    pub certificate: Option<CertificateDer<'static>>,
}

impl Peer {
    /// Whoever connects from there, and has shown nothing yet.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address: SocketAddr::new(address.ip().to_canonical(), address.port()),
            certificate: None,
        }
    }
}
