//! What browsers are told about every answer, so that a page of ours does what it was made for and
//! nothing else.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Of the desk: parts of its own, and requests to the engine it comes from.
pub(super) const DESK: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; \
                               media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
/// Of all that is no page: if a browser shows it, it is text.
const NO_PAGE: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/// Which pages may show ours in a frame of theirs, as a policy has it.
#[derive(Clone)]
pub(super) struct Frames(Arc<str>);

impl Frames {
    /// Those of these origins alone.
    pub fn of(origins: &[String]) -> Self {
        let origins = match origins {
            [] => "'none'".to_owned(),
            some => some.join(" "),
        };
        Self(format!("; frame-ancestors {origins}").into())
    }

    /// Adds it to the policy of a page, if the answer is one.
    fn add(&self, headers: &mut HeaderMap) {
        let Some(policy) = headers.get_mut(header::CONTENT_SECURITY_POLICY) else {
            return;
        };
        let whole = [policy.as_bytes(), self.0.as_bytes()].concat();
        // Origins were looked at when the configuration was read.
        if let Ok(whole) = HeaderValue::from_bytes(&whole) {
            *policy = whole;
        }
    }
}

/// Sets what an answer has not set itself. Where a policy says who may frame a page, browsers leave `X-Frame-Options`
/// alone.
pub(super) async fn set(State(frames): State<Frames>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    frames.add(headers);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Words of calls stay in no cache.
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Of the page on which somebody logs in: its own style, and a form that goes to the engine.
pub(super) fn of_login_page(headers: &mut HeaderMap) {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let policy = POLICY.get_or_init(|| {
        let style = style(super::login_page::PAGE).unwrap_or_default();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action \
             'self'"
        );
        HeaderValue::from_str(&policy).expect("plain text")
    });
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
}

/// The text of the one style of a page.
fn style(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<style>")?;
    Some(rest.split_once("</style>")?.0)
}
