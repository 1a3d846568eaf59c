//! What a request says.

use std::net::SocketAddr;

use rsipstack::sip::param::Received;
use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};
use rsipstack::sip::{Error, Header, Host, Param, Request, StatusCode};
use rsipstack::transport::SipConnection;
use sidetone_doors::Fields;
use sidetone_doors::siprec::Body;
use tokio::time::Instant;

use super::answer::Refused;
use super::dialog::EXTENSIONS;
use super::headers::{parts, tokens, value};
use super::timer::{SHORTEST, SessionTimer};

/// Of what a peer requires, so many characters are repeated to it.
const LONGEST_TOLD: usize = 100;

pub(super) fn body(request: &Request) -> Body {
    let kind = value(&request.headers, &["content-type", "c"]);
    Body::read(kind.as_deref().unwrap_or_default(), &request.body)
}

pub(super) fn timer(request: &Request, now: Instant) -> Result<SessionTimer, Refused> {
    SessionTimer::of(request, now).map_err(|_| {
        let seconds = SHORTEST.as_secs().to_string();
        let status = StatusCode::SessionIntervalTooSmall;
        let refused = Refused::new(status, "the session is too short");
        refused.with(Header::Other("Min-SE".to_owned(), seconds))
    })
}

/// Refuses what has to be understood and is not (RFC 3261 §8.2.2.3).
pub(super) fn check_extensions(request: &Request) -> Result<(), Refused> {
    let required = tokens(&request.headers, &["require"]);
    let unknown = required.iter().map(String::as_str);
    let unknown: Vec<&str> = unknown
        .filter(|token| !EXTENSIONS.contains(token))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown: String = unknown.join(", ").chars().take(LONGEST_TOLD).collect();
    let why = format!("{unknown} is required and not understood");
    let refused = Refused::new(StatusCode::BadExtension, why);
    Err(refused.with(Header::Unsupported(unknown.as_str().into())))
}

/// What headers say of the call beside its body.
pub(super) fn said(request: &Request) -> Fields {
    /// Ids that products put beside their own.
    const IDS: [&str; 3] = ["user-to-user", "cisco-guid", "session-id"];
    let mut fields = Fields::default();
    let call_id = request.call_id_header().map(|id| id.value());
    fields.keep("sip_call_id", call_id.unwrap_or_default());
    for header in request.headers.iter() {
        let (name, value) = parts(header);
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-") || IDS.contains(&name.as_str()) {
            fields.keep(&name, &value);
        }
    }
    fields
}

/// Where a request came from, as its Via has it by now.
pub(super) fn source(request: &Request) -> Option<SocketAddr> {
    let via = request.via_header().ok()?;
    let (_, source) = SipConnection::parse_target_from_via(via).ok()?;
    let port = source.port.map_or(5_060, |port| port.value());
    match source.host {
        Host::IpAddr(ip) => Some(SocketAddr::new(ip, port)),
        Host::Domain(_) => None,
    }
}

/// Notes in a request's Via where it came from (RFC 3261 §18.2.1), with the port where that was asked
/// for (RFC 3581): others are answered at the port that they name.
pub(super) fn note_source(request: &mut Request, from: SocketAddr) -> Result<(), Error> {
    let via = request.via_header_mut()?;
    via.update_first_value(|via| {
        let mut typed = via.typed()?;
        let asks = typed.params.iter().any(|it| matches!(it, Param::Rport(_)));
        let noted = |it: &Param| matches!(it, Param::Rport(_) | Param::Received(_));
        typed.params.retain(|it| !noted(it));
        if asks || typed.uri.host_with_port.host != Host::IpAddr(from.ip()) {
            let received = Received::new(from.ip().to_string());
            typed.params.push(Param::Received(received));
        }
        if asks {
            typed.params.push(Param::Rport(Some(from.port())));
        }
        Ok(typed.into())
    })
}
