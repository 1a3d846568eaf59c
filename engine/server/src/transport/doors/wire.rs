//! What a connection is made of, whatever carries it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use sidetone_doors::audio_socket::GOODBYE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

/// A media server that takes none of its messages for so long is gone.
const READS_WITHIN: Duration = Duration::from_secs(10);
/// Longest reason that a close frame has room for, in bytes (RFC 6455 §5.5).
const LONGEST_REASON: usize = 123;
/// Bytes that are read at once.
const PIECE: usize = 4 * 1024;

/// What comes over a connection.
pub(super) enum Incoming {
    Text(String),
    Binary(Vec<u8>),
    /// Nothing that means anything.
    Nothing,
    /// The other side has ended it, in order.
    Closed,
    /// It broke.
    Broken,
}

/// A connection broke.
pub(super) struct Broken;

/// A connection.
pub(super) enum Wire {
    WebSocket(Box<WebSocket>),
    Tcp(TcpStream),
}

impl Wire {
    /// What comes next. Nothing is lost where this is dropped before it has come.
    pub async fn receive(&mut self) -> Incoming {
        match self {
            Self::WebSocket(socket) => match socket.recv().await {
                Some(Ok(Message::Text(text))) => Incoming::Text(text.to_string()),
                Some(Ok(Message::Binary(bytes))) => Incoming::Binary(bytes.into()),
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Nothing,
                Some(Ok(Message::Close(_))) => Incoming::Closed,
                Some(Err(error)) => {
                    debug!(%error, "a media server's message cannot be read");
                    Incoming::Broken
                }
                None => Incoming::Broken,
            },
            Self::Tcp(stream) => {
                let mut piece = [0; PIECE];
                match stream.read(&mut piece).await {
                    Ok(0) => Incoming::Closed,
                    Ok(bytes) => Incoming::Binary(piece[..bytes].to_vec()),
                    Err(_) => Incoming::Broken,
                }
            }
        }
    }

    /// Sends a text, where the connection has any.
    pub async fn send(&mut self, text: String) -> Result<(), Broken> {
        let Self::WebSocket(socket) = self else {
            return Ok(());
        };
        let sent = timeout(READS_WITHIN, socket.send(Message::text(text))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }

    /// Ends the connection. Why is told where there is a place for it.
    pub async fn close(&mut self, code: u16, why: &str) {
        let end = (0..=LONGEST_REASON.min(why.len())).rev();
        let end = end.into_iter().find(|end| why.is_char_boundary(*end));
        let reason = why[..end.unwrap_or(0)].into();
        let close = async {
            match self {
                Self::WebSocket(socket) => {
                    let close = Message::Close(Some(CloseFrame { code, reason }));
                    socket.send(close).await.map_err(|_| Broken)
                }
                Self::Tcp(stream) => {
                    stream.write_all(&GOODBYE).await.map_err(|_| Broken)?;
                    stream.shutdown().await.map_err(|_| Broken)
                }
            }
        };
        // The other side may have gone.
        let _ = timeout(READS_WITHIN, close).await;
    }
}
