//! How a connection begins: with a handshake where TLS is spoken, and with a word to whoever speaks the
//! other of both, TLS or plain text.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::tls::Reloading;

/// A connection over which HTTP is spoken, in plain text or over TLS.
pub(super) type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// Why a connection does not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// Somebody has looked whether we are here, and gone.
    #[error("nothing was said")]
    Silent,
    #[error("plain text came to a port of TLS")]
    Plain,
    #[error("TLS came to a port of plain text: set `server.tls`, or use http://")]
    Tls,
    #[error("no TLS was agreed on: {0}")]
    Handshake(io::Error),
}

impl Refused {
    /// Whether nobody wanted anything: one who looks whether somebody is here says nothing, or begins
    /// and is gone.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Silent => true,
            Self::Plain | Self::Tls => false,
            Self::Handshake(error) => matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
            ),
        }
    }
}

/// What each record of a handshake begins with (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
/// What whoever speaks plain text to a port of TLS is told.
const USE_HTTPS: &str = "this port speaks TLS: use https://, or wss:// for a WebSocket\n";
/// And whoever speaks TLS to one of plain text: no client shows it, but all of them say then what they
/// always say at such a port (`wrong version number`, `corrupt message`).
const USE_HTTP: &str = "this port speaks plain text: use http://, or ws:// for a WebSocket\n";
/// Somebody who is told that something is wrong may send so much more, for so long.
const REST: u64 = 64 * 1024;
const REST_TIME: Duration = Duration::from_secs(1);

/// Begins a connection. Takes as long as the other side likes.
pub(super) async fn begin(mut stream: TcpStream, tls: Option<&Reloading>) -> Result<Wire, Refused> {
    let mut first = [0; 3];
    let length = match stream.peek(&mut first).await {
        Ok(0) | Err(_) => return Err(Refused::Silent),
        Ok(length) => length,
    };
    let Some(tls) = tls else {
        return match first[0] {
            HANDSHAKE => {
                tell(&mut stream, &bad_request(USE_HTTP)).await;
                Err(Refused::Tls)
            }
            _ => Ok(Either::Left(stream)),
        };
    };
    // A method of HTTP, or what HTTP/2 begins with. All else is for TLS to refuse.
    if first[0].is_ascii_uppercase() {
        let answer = match &first[..length] {
            b"PRI" => goaway(),
            _ => bad_request(USE_HTTPS),
        };
        tell(&mut stream, &answer).await;
        return Err(Refused::Plain);
    }
    match tls.acceptor().accept(stream).await {
        Ok(stream) => Ok(Either::Right(stream)),
        Err(error) => Err(Refused::Handshake(error)),
    }
}

/// The certificate that the other side has shown.
pub(super) fn shown(wire: &Wire) -> Option<CertificateDer<'static>> {
    match wire {
        Either::Left(_) => None,
        Either::Right(stream) => stream.get_ref().1.peer_certificates()?.first().cloned(),
    }
}

/// Sends an answer and the end, and reads what was on its way: a connection that is closed with something
/// unread is reset, and its answer lost.
async fn tell(stream: &mut TcpStream, answer: &[u8]) {
    let told = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(REST), &mut tokio::io::sink()).await
    };
    // Who does not listen is not told.
    let _ = timeout(REST_TIME, told).await;
}

fn bad_request(why: &str) -> Vec<u8> {
    let length = why.len();
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{why}"
    )
    .into_bytes()
}

/// The same for HTTP/2 (RFC 9113 §6.5, §6.8): no settings, and that all is over for want of security,
/// with the reason in words, which clients of gRPC tell.
fn goaway() -> Vec<u8> {
    const INADEQUATE_SECURITY: u8 = 12;
    let said = USE_HTTPS.trim_end().as_bytes();
    let length = u8::try_from(8 + said.len()).expect("a short line");
    let mut frames = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
    frames.extend([0, 0, length, 7, 0, 0, 0, 0, 0]);
    frames.extend([0, 0, 0, 0, 0, 0, 0, INADEQUATE_SECURITY]);
    frames.extend(said);
    frames
}
