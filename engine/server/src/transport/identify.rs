//! Asks whoever sends a request who they are, before anything else looks at it.

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use sidetone_access::Principal;
use tonic::Status;

use super::http::{CALLBACK_PATH, Failure, LOGIN_PATH, LoginPage, SESSION_PATH, SOAP_PATH, Then};
use super::peer::Peer;
use super::probes;
use crate::access::{Credentials, Unknown};
use crate::api::{Api, ApiError};

/// Cookies of sessions that are looked at.
const MOST_SESSIONS: usize = 4;
/// The cookie of a session.
pub(super) const COOKIE: &str = "sidetone_session";

/// Lets requests through of which it is known who sends them, and those that nobody has to answer
/// for: probes, logging in, and the description of SOAP.
pub(super) async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if is_for_anybody(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>();
    let from = peer.map(|peer| peer.address.ip());
    let shown = Credentials {
        certificate: peer.map_or(&[], |peer| &peer.names),
        ..credentials(request.headers())
    };
    api.guard().prepare(shown).await;
    let identify = |shown| api.guard().identify(shown, from);
    // A browser sends the session of a frame beside one that is over: any of them will do.
    let known = identify(shown).or_else(|why| {
        let sessions = cookies(request.headers(), COOKIE)
            .take(MOST_SESSIONS)
            .skip(1);
        let shown = sessions.map(|session| Credentials {
            session: Some(session),
            ..shown
        });
        shown
            .filter_map(|shown| identify(shown).ok())
            .next()
            .ok_or(why)
    });
    match known {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        // A message of SOAP may show it itself.
        Err(why) if request.uri().path() == SOAP_PATH && request.method() == Method::POST => {
            request.extensions_mut().insert(why);
            next.run(request).await
        }
        Err(why) => {
            let asked = Asked::of(&request);
            if let Err(error) = api.tell_unknown(from, &asked.path, why).await {
                return Failure::from(error).into_response();
            }
            asked.refused(why, api.guard().single_sign_on().is_some())
        }
    }
}

fn is_for_anybody(method: &Method, path: &str) -> bool {
    let is_free = match path {
        SESSION_PATH => *method == Method::POST,
        LOGIN_PATH | CALLBACK_PATH | SOAP_PATH => *method == Method::GET,
        _ => false,
    };
    is_free || probes::PATHS.contains(&path)
}

/// What a client shows in its headers.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials<'_> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
    });
    Credentials {
        bearer,
        session: cookie(headers, COOKIE),
        certificate: &[],
    }
}

/// The first cookie of that name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &'a str) -> Option<&'a str> {
    cookies(headers, name).next()
}

/// The cookies of that name.
fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let cookies = cookies.flat_map(|value| value.split(';'));
    cookies.filter_map(move |pair| {
        let (its, secret) = pair.trim().split_once('=')?;
        (its == name).then_some(secret)
    })
}

/// What a request that is refused has asked for.
struct Asked {
    path: String,
    is_grpc: bool,
    /// For the page of the desk, by a browser.
    is_page: bool,
    /// What of the desk is asked for.
    then: Then,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let accepts = request.headers().get(header::ACCEPT);
        let accepts = accepts.and_then(|accepts| accepts.to_str().ok());
        let path = request.uri().path();
        Self {
            is_page: request.method() == Method::GET
                && path == "/"
                && accepts.is_some_and(|accepts| accepts.contains("text/html")),
            is_grpc: is_grpc(request.headers()),
            then: Then::of_query(request.uri().query()),
            path: path.to_owned(),
        }
    }

    fn refused(&self, why: Unknown, single_sign_on: bool) -> Response {
        if self.is_grpc {
            return Status::unauthenticated(why.to_string()).into_http();
        }
        if self.is_page {
            let page = LoginPage {
                root: "",
                single_sign_on,
                then: self.then.clone(),
            };
            return page.answer(StatusCode::UNAUTHORIZED, None);
        }
        let body = Json(json!({ "error": why.to_string() }));
        let scheme = [(header::WWW_AUTHENTICATE, "Bearer")];
        (StatusCode::UNAUTHORIZED, scheme, body).into_response()
    }
}

/// Whether a request is one of gRPC or gRPC-Web.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Who asks, for the handlers of requests that were let through.
pub(super) struct Who(pub Principal);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let who = parts.extensions.get::<Principal>().cloned();
        who.map(Self)
            .ok_or_else(|| Failure::from(ApiError::Forbidden("nobody".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_client_shows_is_found_in_its_headers() {
        let shown = |pairs: &[(header::HeaderName, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, HeaderValue::from_str(value).expect("a value"));
            }
            let shown = credentials(&headers);
            (
                shown.bearer.map(str::to_owned),
                shown.session.map(str::to_owned),
            )
        };
        let some = |text: &str| Some(text.to_owned());
        for (headers, expected) in [
            (&[][..], (None, None)),
            (
                &[(header::AUTHORIZATION, "Bearer abc")],
                (some("abc"), None),
            ),
            (
                &[(header::AUTHORIZATION, "bearer  abc ")],
                (some("abc"), None),
            ),
            (&[(header::AUTHORIZATION, "Basic abc")], (None, None)),
            (&[(header::AUTHORIZATION, "Bearer")], (None, None)),
            (
                &[(header::COOKIE, "a=b; sidetone_session=xyz; c=d")],
                (None, some("xyz")),
            ),
            (
                &[
                    (header::COOKIE, "a=b"),
                    (header::COOKIE, "sidetone_session=xyz"),
                ],
                (None, some("xyz")),
            ),
            (&[(header::COOKIE, "my_sidetone_session=xyz")], (None, None)),
        ] {
            assert_eq!(shown(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn probes_and_logging_in_alone_are_for_anybody() {
        for (method, path, anybody) in [
            (Method::GET, "/healthz", true),
            (Method::GET, "/readyz", true),
            (Method::POST, "/grpc.health.v1.Health/Check", true),
            (Method::POST, "/v1/session", true),
            (Method::DELETE, "/v1/session", false),
            (Method::GET, "/v1/oidc/login", true),
            (Method::GET, "/v1/oidc/callback", true),
            (Method::POST, "/v1/oidc/callback", false),
            (Method::GET, "/v1/oidc/callback/", false),
            (Method::GET, "/soap", true),
            (Method::POST, "/soap", false),
            (Method::GET, "/", false),
            (Method::GET, "/v1/calls", false),
            (Method::GET, "/healthz/", false),
            (Method::GET, "//healthz", false),
        ] {
            assert_eq!(is_for_anybody(&method, path), anybody, "{method} {path}");
        }
    }
}
