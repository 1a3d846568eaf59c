//! Who has connected, as the connection itself tells it.

use std::net::SocketAddr;

use tokio_rustls::rustls::pki_types::CertificateDer;

/// Who has connected. Among the extensions of each of their requests.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Where from.
    pub address: SocketAddr,
    /// Whether nobody between reads along.
    pub is_tls: bool,
    /// The certificate that they have shown, of a CA that is trusted.
    pub certificate: Option<CertificateDer<'static>>,
}
