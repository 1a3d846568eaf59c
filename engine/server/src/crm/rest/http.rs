//! Sends requests, and says what became of them: done, worth another try, or refused.

use std::io;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use ureq::http;
use ureq::{Agent, Timeout};

use super::auth::Auth;
use super::description::{Pointer, Statuses};
use super::templates::Filled;
use crate::crm::CrmError;

/// The longest answer that is read.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// As much of what the CRM says about a failure is kept.
const EXCERPT: usize = 300;

/// An answer that need not be a failure.
pub(super) enum Answer {
    /// It was done; null if the answer was empty.
    Json(Value),
    /// Status 404, with the beginning of what the CRM said. Good news to some questions.
    NotFound(String),
}

impl Answer {
    /// The JSON of what was done.
    pub fn json(self) -> Result<Value, CrmError> {
        match self {
            Self::Json(value) => Ok(value),
            Self::NotFound(answer) => Err(CrmError::Rejected {
                reason: "the CRM answered 404 Not Found".to_owned(),
                answer,
                maybe_written: false,
            }),
        }
    }
}

/// Speaks HTTP to one CRM.
pub(super) struct Client {
    agent: Agent,
    base_url: String,
    auth: Option<Auth>,
    retry_statuses: Vec<Statuses>,
    error: Option<Pointer>,
}

/// A request as it goes out.
pub(super) struct Outgoing<'a> {
    pub method: &'a str,
    pub url: String,
    pub headers: &'a [(String, String)],
    /// What kind of body, and the body.
    pub body: Option<(&'a str, String)>,
}

/// What came back.
pub(super) struct Received {
    pub status: http::StatusCode,
    pub retry_after: Option<Duration>,
    location: Option<String>,
    /// `utf-8`, where the header says so.
    pub charset: Option<String>,
    pub body: Result<Vec<u8>, ureq::Error>,
}

impl Client {
    /// What every path is added to.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn new(
        base_url: &str,
        timeout: Duration,
        auth: Option<Auth>,
        retry_statuses: Vec<Statuses>,
        error: Option<Pointer>,
    ) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A connection that the CRM has just closed because it was idle would look like a lost
            // answer.
            .max_idle_connections(0)
            .user_agent(concat!("sidetone/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Self {
            agent: config.new_agent(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            auth,
            retry_statuses,
            error,
        }
    }

    /// Sends a request whose body and answer are JSON.
    pub fn send(&self, method: &str, filled: &Filled) -> Result<Answer, CrmError> {
        let received = self.exchange(&Outgoing {
            method,
            url: format!("{}{}", self.base_url, filled.path),
            headers: &filled.headers,
            body: filled.body.clone().map(|body| ("application/json", body)),
        })?;
        self.read(received)
    }

    /// Sends a request; a second time, if the CRM no longer knows the secret and there is a new
    /// one.
    pub fn exchange(&self, outgoing: &Outgoing<'_>) -> Result<Received, CrmError> {
        let received = self.exchange_once(outgoing)?;
        let refused = received.status == http::StatusCode::UNAUTHORIZED;
        match refused && self.auth.as_ref().is_some_and(Auth::renew) {
            true => self.exchange_once(outgoing),
            false => Ok(received),
        }
    }

    fn exchange_once(&self, outgoing: &Outgoing<'_>) -> Result<Received, CrmError> {
        let mut request = http::Request::builder()
            .method(outgoing.method)
            .uri(&outgoing.url);
        for (header, value) in outgoing.headers {
            request = request.header(header, value);
        }
        if let Some(auth) = &self.auth {
            request = request.header(&auth.header, auth.value(&self.agent)?);
        }
        let sent = match &outgoing.body {
            Some((kind, body)) => request
                .header("Content-Type", *kind)
                .body(body.clone())
                .map(|request| self.agent.run(request)),
            None => request.body(()).map(|request| self.agent.run(request)),
        };
        let response = sent
            // The message names no value.
            .map_err(|error| CrmError::rejected(format!("the request cannot be made: {error}")))?
            .map_err(|error| not_sent(&outgoing.url, &error))?;
        Ok(Received::of(response))
    }

    /// What an answer means by its status alone, where that says that it was not done, or not for sure.
    pub fn not_done(&self, received: &Received) -> Option<CrmError> {
        let status = received.status;
        let code = status.as_u16();
        let later = self.retry_statuses.iter();
        let not_now = |reason, maybe_written| received.not_now(reason, maybe_written);
        if later.into_iter().any(|statuses| statuses.contain(code)) {
            // By their definition these say that nothing was done (RFC 9110 §15.5.2, §15.6.4;
            // RFC 6585 §4; RFC 8470 §5.2).
            let maybe_written = !matches!(code, 401 | 425 | 429 | 503);
            return Some(not_now(format!("the CRM answered {status}"), maybe_written));
        }
        if status.is_redirection() {
            let reason = match &received.location {
                Some(location) => {
                    format!("the CRM answered {status}: it wants to be spoken to at {location}")
                }
                None => format!("the CRM answered {status}"),
            };
            // These ask for the same request elsewhere (RFC 9110 §15.4.2, §15.4.8, §15.4.9); others
            // may come after it was carried out.
            return Some(not_now(reason, !matches!(code, 301 | 307 | 308)));
        }
        match &received.body {
            Ok(_) => None,
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                let most = MAX_ANSWER / 1024 / 1024;
                let reason = format!("the CRM's answer is longer than {most} MiB and was not read");
                Some(not_now(reason, true))
            }
            Err(error) => Some(not_now(
                format!("the CRM's answer broke off: {error}"),
                true,
            )),
        }
    }

    /// Says what an answer means. A note is refused only where the CRM itself speaks, in JSON, of
    /// what it was sent. A login page, a proxy or a CRM that talks nonsense say nothing of the
    /// note: it waits.
    fn read(&self, received: Received) -> Result<Answer, CrmError> {
        if let Some(error) = self.not_done(&received) {
            return Err(error);
        }
        let status = received.status;
        let body = received.bytes();
        let is_empty = body.trim_ascii().is_empty();
        let json = serde_json::from_slice::<Value>(body).ok();
        if !status.is_success() {
            let reason = format!("the CRM answered {status}");
            if json.is_none() && !is_empty {
                let reason = format!("{reason} with something that is no JSON");
                return Err(received.not_now(reason, false));
            }
            let answer = received.excerpt();
            return match status {
                http::StatusCode::NOT_FOUND => Ok(Answer::NotFound(answer)),
                _ => Err(CrmError::Rejected {
                    reason,
                    answer,
                    maybe_written: false,
                }),
            };
        }
        if is_empty {
            return Ok(Answer::Json(Value::Null));
        }
        let Some(answer) = json else {
            let reason = format!("the CRM answered {status} with something that is no JSON");
            return Err(received.not_now(reason, true));
        };
        self.unless_refused(status, answer)
    }

    /// An answer that looks like a success, unless it says itself that it is none.
    pub fn unless_refused(
        &self,
        status: http::StatusCode,
        answer: Value,
    ) -> Result<Answer, CrmError> {
        let refusal = self.error.as_ref().and_then(|at| answer.pointer(&at.0));
        match refusal {
            None | Some(Value::Null | Value::Bool(false)) => Ok(Answer::Json(answer)),
            Some(Value::String(nothing)) if nothing.is_empty() => Ok(Answer::Json(answer)),
            Some(refusal) => Err(CrmError::Rejected {
                reason: format!("the CRM answered {status} with an error"),
                answer: excerpt(&refusal.to_string()),
                maybe_written: false,
            }),
        }
    }
}

impl Received {
    fn of(mut response: http::Response<ureq::Body>) -> Self {
        let location = response.headers().get(http::header::LOCATION);
        let kind = response.headers().get(http::header::CONTENT_TYPE);
        Self {
            status: response.status(),
            retry_after: retry_after(response.headers(), SystemTime::now()),
            location: location.and_then(|location| Some(location.to_str().ok()?.to_owned())),
            charset: kind.and_then(|kind| charset(kind.to_str().ok()?)),
            body: response
                .body_mut()
                .with_config()
                .limit(MAX_ANSWER)
                .read_to_vec(),
        }
    }

    /// The body; empty if it broke off.
    pub fn bytes(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The beginning of the body, as one line.
    pub fn excerpt(&self) -> String {
        // A character takes four bytes at most, and white space is left out.
        let start = self.bytes().iter().take(EXCERPT * 16).copied();
        excerpt(&String::from_utf8_lossy(&start.collect::<Vec<u8>>()))
    }

    /// That it says nothing of what was sent.
    pub fn not_now(&self, reason: String, maybe_written: bool) -> CrmError {
        CrmError::Unavailable {
            reason,
            answer: self.excerpt(),
            retry_after: self.retry_after,
            maybe_written,
        }
    }
}

/// The `charset` of a `content-type`.
fn charset(kind: &str) -> Option<String> {
    let mut parameters = kind.split(';').skip(1);
    let found = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })?;
    Some(found.trim().trim_matches('"').to_owned()).filter(|charset| !charset.is_empty())
}

/// No answer came.
fn not_sent(url: &str, error: &ureq::Error) -> CrmError {
    use io::ErrorKind as Kind;
    let maybe_written = match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::ConnectProxyFailed(_) => false,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            return CrmError::rejected(format!("the request cannot be made: {error}"));
        }
        ureq::Error::Io(error) => !matches!(
            error.kind(),
            Kind::ConnectionRefused
                | Kind::HostUnreachable
                | Kind::NetworkUnreachable
                | Kind::AddrNotAvailable
        ),
        _ => true,
    };
    // Paths tell of customers.
    let origin = origin(url);
    CrmError::Unavailable {
        reason: match maybe_written {
            true => format!("no answer from the CRM at {origin}: {error}"),
            false => format!("cannot reach the CRM at {origin}: {error}"),
        },
        answer: String::new(),
        retry_after: None,
        maybe_written,
    }
}

/// Scheme and authority of an address.
fn origin(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at + 3);
    let end = url[from..].find('/').map_or(url.len(), |at| from + at);
    &url[..end]
}

/// The wait that an answer asks for, in seconds or until a date (RFC 9110 §10.2.3).
fn retry_after(headers: &http::HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// The beginning of `text`, as one line.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_may_be_asked_for_in_seconds_or_until_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        for (value, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Thu, 01 Jan 1970 00:20:00 GMT", Some(200)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert("retry-after", value.parse().expect("a header"));
            let wait = retry_after(&headers, now);
            assert_eq!(wait, expected.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn an_excerpt_is_one_short_line_in_any_script() {
        assert_eq!(excerpt(" a\n  b\t"), "a b");
        let long = excerpt(&"退款".repeat(1_000));
        assert_eq!(long.chars().count(), EXCERPT + 1);
    }
}
