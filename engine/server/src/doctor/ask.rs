//! Asks a running engine what has come in at its doors, in plain text or over TLS.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sidetone_core::reception::Report;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, Error as TlsError};

use super::{Silence, Who};
use crate::readiness::STARTING;
use crate::tls::{Access, client};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// No report is longer, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// What an engine says of its doors, or why it says nothing. Where `access` names no authorities, and the
/// engine's certificate lies in the file `known`, that one is trusted.
pub(super) fn engine(url: &str, access: &Access, known: Option<&Path>) -> Result<Report, Silence> {
    let told = |why: String, who| Silence { why, who };
    let stranger = |why: &str| told(why.to_owned(), Who::Stranger);
    let (status, text) = asked(url, access, known).map_err(|error| {
        let who = match tls_error(&error) {
            Some(_) => Who::Guarded,
            None => Who::Nobody,
        };
        told(explained(&error), who)
    })?;
    match status {
        200 => match serde_json::from_str::<Report>(&text) {
            // Fields of other versions may be missing, but each says which one it is and when it began.
            Ok(report) if !report.version.is_empty() && report.since_ms > 0 => Ok(report),
            _ => Err(stranger(
                "what answers there is no engine, or of another version",
            )),
        },
        401 | 403 => Err(told(
            format!("it does not let us ask ({status}): {}", shortened(&text)),
            Who::Guarded,
        )),
        404 => Err(stranger(
            "what answers there knows no `/v1/doors`: an older engine, or none",
        )),
        // As an engine says it (`Readiness`).
        503 if text.contains(&format!("the engine is {STARTING}")) => {
            Err(told("it is starting".to_owned(), Who::Starts))
        }
        status => Err(stranger(&format!(
            "what answers there says {status}: {}",
            shortened(&text)
        ))),
    }
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(200).collect()
}

/// Status and text of what is answered to the question.
fn asked(url: &str, access: &Access, known: Option<&Path>) -> io::Result<(u16, String)> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 2 s");
        timeout(PATIENCE, ask(url, access, known))
            .await
            .map_err(late)?
    })
}

async fn ask(url: &str, access: &Access, known: Option<&Path>) -> io::Result<(u16, String)> {
    let url: Uri = url.parse().map_err(|_| no_url(url))?;
    let (Some(authority), Some(host)) = (url.authority(), url.host()) else {
        return Err(no_url(&url.to_string()));
    };
    let bare = host.trim_matches(['[', ']']);
    let is_tls = match url.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(no_url(&url.to_string())),
    };
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let path = format!("{}/v1/doors", url.path().trim_end_matches('/'));
    let mut request = Request::get(path).header(header::HOST, authority.as_str());
    if let Some(token) = &access.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).map_err(io::Error::other)?;
    let stream = TcpStream::connect((bare, port)).await?;
    if !is_tls {
        return exchange(stream, request).await;
    }
    let connector = TlsConnector::from(Arc::new(client(access, known)?));
    let name = access.name.as_deref().unwrap_or(bare).to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    exchange(connector.connect(name, stream).await?, request).await
}

async fn exchange<S>(stream: S, request: Request<Body>) -> io::Result<(u16, String)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(io::Error::other)?;
    let answer = async {
        let answer = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        let body = to_bytes(Body::new(answer.into_body()), LONGEST).await;
        let text = String::from_utf8_lossy(&body.map_err(io::Error::other)?).into_owned();
        Ok((status, text))
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        // What broke the connection says more than that no answer came.
        biased;
        Err(broken) = &mut connection => Err(io::Error::other(broken)),
        answer = &mut answer => answer,
    }
}

fn no_url(url: &str) -> io::Error {
    io::Error::other(format!(
        "`{url}` is no address of an engine: write http://HOST:PORT or https://HOST:PORT"
    ))
}

/// What went wrong with TLS, if that did, however deep it lies.
fn tls_error(error: &io::Error) -> Option<&TlsError> {
    causes(error).find_map(|cause| {
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref());
        inner.or_else(|| cause.downcast_ref())
    })
}

fn explained(error: &io::Error) -> String {
    match tls_error(error) {
        Some(TlsError::AlertReceived(AlertDescription::CertificateRequired)) => {
            "it wants to be shown a certificate".to_owned()
        }
        Some(error) => error.to_string(),
        // The last one says most: of hyper's, the first is that there was an error.
        None => causes(error)
            .last()
            .map_or_else(String::new, ToString::to_string),
    }
}

/// An error, and what it came of.
fn causes<'a>(error: &'a io::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    let first: &'a (dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source())
}
