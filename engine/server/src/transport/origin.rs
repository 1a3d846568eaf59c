//! Keeps other people's web pages from asking the engine for anything in their visitor's name.
//!
//! A page may send simple requests to any address that its visitor reaches, and open WebSockets,
//! though it reads no answer of the former. Browsers say which site's page it is; programs that are
//! no browsers say nothing, and are let through.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::api::Api;

/// Refuses for `api` what changes something, or opens a socket, and is asked for by a page of another site.
pub(super) async fn own_pages_alone(
    State(api): State<Api>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if api.guard().is_open() && is_of_another_name(headers, request.uri(), api.hosts()) {
        let why = "the engine is not reached under this name: if it is yours, set `access.hosts`";
        api.refused(why);
        let body = Json(json!({ "error": why }));
        return (StatusCode::MISDIRECTED_REQUEST, body).into_response();
    }
    let changes = !request.method().is_safe() || headers.contains_key(header::UPGRADE);
    if changes && is_of_another_site(headers, request.uri()) {
        let why = "a web page of another site may not ask for this; if it is one of ours behind a proxy, \
                   have the proxy pass the header `Host` on";
        api.refused(why);
        return (StatusCode::FORBIDDEN, Json(json!({ "error": why }))).into_response();
    }
    next.run(request).await
}

/// Whether an open engine is asked under a name that anybody could make lead to it, so that a page of
/// theirs is one of ours to the browser that shows it.
fn is_of_another_name(headers: &HeaderMap, asked: &Uri, ours: &[String]) -> bool {
    let host = headers.get(header::HOST);
    let host = host.map(|host| host.to_str().unwrap_or_default());
    let Some(host) = host.or(asked.authority().map(Authority::as_str)) else {
        return false;
    };
    let Ok(host) = host.parse::<Authority>() else {
        return true;
    };
    let host = host.host().trim_end_matches('.').to_ascii_lowercase();
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let is_local = host == "localhost" || host.ends_with(".localhost");
    let is_ours = ours.iter().any(|name| name.eq_ignore_ascii_case(&host));
    !(is_address || is_local || is_ours)
}

/// Whether a browser says so: by the site that its page is of, or by that page's host.
fn is_of_another_site(headers: &HeaderMap, asked: &Uri) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    let origin = origin.split_once("://").map(|(_, host)| host);
    let host = text("host").or(asked.authority().map(Authority::as_str));
    // Some media servers name the host without its port.
    let name = |host: &str| Some(host.parse::<Authority>().ok()?.host().to_ascii_lowercase());
    origin
        .and_then(name)
        .is_none_or(|origin| host.and_then(name) != Some(origin))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn an_open_engine_is_asked_by_its_address_or_a_name_of_its_own() {
        let ours = ["desk.example".to_owned()];
        for (host, other) in [
            ("127.0.0.1:7600", false),
            ("[::1]:7600", false),
            ("10.0.0.5", false),
            ("localhost:7600", false),
            ("LOCALHOST", false),
            ("Desk.Example:443", false),
            ("evil.example", true),
            ("127.0.0.1.evil.example", true),
            ("desk.example.evil", true),
            ("localhost.evil.example:7600", true),
            ("a b", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            let asked = Uri::from_static("/");
            assert_eq!(is_of_another_name(&headers, &asked, &ours), other, "{host}");
        }
        assert!(!is_of_another_name(
            &HeaderMap::new(),
            &Uri::from_static("/"),
            &ours
        ));
    }

    #[test]
    fn a_browser_says_whose_page_it_is_and_others_say_nothing() {
        let of_another_site = |said: &[(&'static str, &'static str)]| {
            let said = said.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            is_of_another_site(&said.collect(), &Uri::from_static("/v1/calls"))
        };
        let host = ("host", "10.0.0.5:7600");
        for (said, expected) in [
            (&[host][..], false),
            (&[host, ("origin", "http://10.0.0.5:7600")], false),
            (&[host, ("origin", "http://10.0.0.5")], false),
            (&[host, ("origin", "http://evil.example")], true),
            (&[host, ("origin", "null")], true),
            (&[("origin", "http://10.0.0.5:7600")], true),
            (&[host, ("sec-fetch-site", "cross-site")], true),
            (&[host, ("sec-fetch-site", "same-site")], true),
            (
                &[
                    host,
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "http://desk.example"),
                ],
                false,
            ),
            (&[host, ("sec-fetch-site", "none")], false),
        ] {
            assert_eq!(of_another_site(said), expected, "{said:?}");
        }
    }
}
