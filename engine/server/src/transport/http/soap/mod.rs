//! SOAP: what REST offers to CRMs and telephone systems that speak nothing else.
//!
//! Whoever asks shows who they are as everywhere, by a bearer token or the certificate of their connection, or by
//! WS-Security: a UsernameToken with the name of a token and the token itself as `PasswordText`. A digest of it cannot be
//! checked, because tokens are kept as hashes.

mod contract;
mod faults;
mod operations;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use sidetone_access::{Identified, Principal};
use sidetone_soap::{
    Code, Element, Envelope, EnvelopeError, Fault, SecurityError, UsernameToken, Version,
    is_security, is_soap,
};

use self::contract::contract;
use self::faults::{Refusal, message};
use super::app::App;
use crate::access::{Credentials, Unknown};
use crate::api::{Api, ApiError};
use crate::transport::LONGEST_MESSAGE;
use crate::transport::peer::Peer;

/// Where SOAP is spoken.
pub(in crate::transport) const SOAP_PATH: &str = "/soap";

/// The door that is told of requests that cannot be read, and of strangers.
const DOOR: &str = "soap";

/// Headers of WS-Addressing say what the connection says anyway.
const ADDRESSING: [&str; 2] = [
    "http://www.w3.org/2005/08/addressing",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
];

/// The WSDL, which is the same for everybody and tells nothing of the site.
pub(super) async fn describe(request: Request) -> Response {
    let is_tls = is_tls(&request);
    let address = address(request.headers(), request.uri(), is_tls);
    let kind = [(header::CONTENT_TYPE, "text/xml; charset=utf-8")];
    (kind, contract().wsdl(&address)).into_response()
}

/// Answers a message.
pub(super) async fn answer(State(app): State<App>, request: Request) -> Response {
    let api = app.api.through(DOOR);
    let asker = Asker::of(&request);
    let refusal = match answered(&api, &asker, request).await {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    if refusal.is_of_unknown() {
        let why = asker.unknown.unwrap_or(Unknown::Invalid);
        if let Err(error) = api.tell_unknown(asker.from, SOAP_PATH, why).await {
            return Refusal::of_api(refusal.version(), &error).into_response();
        }
    }
    refusal.into_response()
}

async fn answered(api: &Api, asker: &Asker, request: Request) -> Result<Response, Refusal> {
    let envelope = read(api, asker, request).await?;
    let version = envelope.version;
    let who = asker.who(api, &envelope).await;
    let who = who.map_err(|why| Refusal::unknown(version, why))?;
    let asked = asked(&envelope).inspect_err(|refusal| api.refused(refusal.reason()))?;
    let operation = asked.0;
    let answer = operations::carry_out(api, &who, asked).await;
    let answer = answer.map_err(|error| Refusal::of_api(version, &error))?;
    let answer = contract().answer(operation, &answer);
    let answer = answer.map_err(|error| Refusal::of_api(version, &ApiError::internal(error)))?;
    let body = Envelope::write(version, [], [answer]);
    Ok(message(version, StatusCode::OK, body))
}

/// What is known of whoever asks before their message was read.
struct Asker {
    known: Option<Principal>,
    /// Why they are not known.
    unknown: Option<Unknown>,
    from: Option<IpAddr>,
}

impl Asker {
    fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let peer = extensions.get::<Peer>();
        Self {
            known: extensions.get::<Principal>().cloned(),
            unknown: extensions.get::<Unknown>().copied(),
            from: peer.map(|peer| peer.address.ip()),
        }
    }

    /// Who it is, or why that is not known.
    async fn who(&self, api: &Api, envelope: &Envelope) -> Result<Principal, String> {
        let token = envelope.headers.iter().find_map(UsernameToken::read);
        match (&self.known, token) {
            // A token says more than where somebody connects from, as it does in the headers of HTTP.
            (Some(who), Some(token)) if is_by_connection(who) => shown(api, token, self.from).await,
            (Some(who), _) => Ok(who.clone()),
            (None, Some(token)) if self.unknown != Some(Unknown::Invalid) => {
                shown(api, token, self.from).await
            }
            (None, _) => {
                let why = self.unknown.unwrap_or(Unknown::Nothing);
                Err(format!(
                    "{why}; SOAP may show a UsernameToken of WS-Security instead: the name of a token, and the \
                     token as its password"
                ))
            }
        }
    }
}

fn is_by_connection(who: &Principal) -> bool {
    matches!(
        who.identified(),
        Identified::Network | Identified::Certificate(_)
    )
}

/// The message of a request. What cannot be read is told at the door as well: it may be a client that is set up
/// wrongly.
async fn read(api: &Api, asker: &Asker, request: Request) -> Result<Envelope, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    // Until the message has said in which version it is.
    let version = match kind.starts_with("application/soap+xml") {
        true => Version::V12,
        false => Version::V11,
    };
    let unread = |status, why: String| {
        api.refused(&why);
        match asker.known.is_some() {
            true => Refusal::of_sender(version, "unreadable", why).with_status(status),
            false => Refusal::unknown(version, format!("{}; {why}", Unknown::Nothing)),
        }
    };
    if !is_soap(&kind) {
        let why = "a message of SOAP has to say so: `content-type: text/xml` for 1.1, `application/soap+xml` \
                   for 1.2";
        return Err(unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, why.to_owned()));
    }
    let bytes = Bytes::from_request(request, &()).await;
    let bytes = bytes.map_err(|why| match why.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            let most = LONGEST_MESSAGE / 1024;
            let why = format!("the message is longer than {most} KiB, the most that is read");
            unread(status, why)
        }
        status => unread(status, why.body_text()),
    })?;
    let mut parameters = kind.split(';').skip(1);
    let charset = parameters.find_map(|part| part.trim().strip_prefix("charset="));
    let charset = charset.map(|charset| charset.trim_matches('"'));
    Envelope::read(&bytes, charset).map_err(|error| match error {
        EnvelopeError::Version(_) => {
            let why = format!("{error}; send SOAP 1.1 or 1.2");
            api.refused(&why);
            Refusal::new(version, Fault::new(Code::VersionMismatch, why))
        }
        error => {
            let why = format!("the message cannot be read: {error}");
            unread(StatusCode::BAD_REQUEST, why)
        }
    })
}

/// What a message asks for.
fn asked(envelope: &Envelope) -> Result<(&'static str, Value), Refusal> {
    let version = envelope.version;
    let mut headers = envelope.to_be_understood();
    if let Some(header) = headers.find(|header| !is_understood(header)) {
        let name = &header.name;
        let why = format!("the header {name} has to be understood, and is not: leave it out");
        return Err(Refusal::new(version, Fault::new(Code::MustUnderstand, why)));
    }
    let invalid = |why: String| Refusal::of_sender(version, "invalid", why);
    let said = match &envelope.body {
        Ok(Some(said)) => said,
        Ok(None) => {
            let why =
                "the Body of the message is empty: it has to have the element of an operation";
            return Err(invalid(why.to_owned()));
        }
        Err(_) => {
            let why = "the message is a Fault, which asks for nothing";
            return Err(invalid(why.to_owned()));
        }
    };
    contract()
        .asked(said)
        .map_err(|error| invalid(error.to_string()))
}

/// Who has sent a message, as its header of WS-Security shows.
async fn shown(
    api: &Api,
    token: Result<UsernameToken, SecurityError>,
    from: Option<IpAddr>,
) -> Result<Principal, String> {
    let token = token.map_err(|error| error.to_string())?;
    if is_over(&token.expires)? {
        return Err(
            "the message has expired: its Timestamp says so; are the clocks right?".to_owned(),
        );
    }
    let shown = Credentials {
        bearer: Some(&token.password),
        ..Credentials::default()
    };
    api.guard().prepare(shown).await;
    let who = api.guard().identify(shown, from);
    let who = who.map_err(|why: Unknown| why.to_string())?;
    match who.name() == token.username {
        true => Ok(who),
        false => Err(Unknown::Invalid.to_string()),
    }
}

/// Whether that time has passed; nothing has none.
fn is_over(expires: &str) -> Result<bool, String> {
    if expires.is_empty() {
        return Ok(false);
    }
    let until: jiff::Timestamp = expires.parse().map_err(|_| {
        format!("Expires is `{expires}`, which is no time in UTC: `2026-05-04T10:20:30Z`")
    })?;
    Ok(SystemTime::from(until) < SystemTime::now())
}

fn is_understood(header: &Element) -> bool {
    is_security(header) || ADDRESSING.contains(&&*header.name.space)
}

/// Whether nobody on the way reads along; behind a proxy that ends TLS the connection itself is plain.
fn is_tls(request: &Request) -> bool {
    let forwarded = request.headers().get("x-forwarded-proto");
    let peer = request.extensions().get::<Peer>();
    forwarded.is_some_and(|proto| proto.as_bytes() == b"https")
        || peer.is_some_and(|peer| peer.is_tls)
}

/// Where whoever asks has reached us.
fn address(headers: &HeaderMap, asked: &Uri, is_tls: bool) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or(asked.authority().map(Authority::as_str));
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    let scheme = if is_tls { "https" } else { "http" };
    match host {
        Some(host) => format!("{scheme}://{host}{SOAP_PATH}"),
        None => format!("{scheme}://localhost{SOAP_PATH}"),
    }
}
