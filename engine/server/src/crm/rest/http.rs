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

    /// Sends a request; a second time, if the CRM no longer knows the secret and there is a new
    /// one.
    pub fn send(&self, method: &str, filled: &Filled) -> Result<Answer, CrmError> {
        let response = self.send_once(method, filled)?;
        let refused = response.status() == http::StatusCode::UNAUTHORIZED;
        if refused && self.auth.as_ref().is_some_and(Auth::renew) {
            return self.read(self.send_once(method, filled)?);
        }
        self.read(response)
    }

    fn send_once(
        &self,
        method: &str,
        filled: &Filled,
    ) -> Result<http::Response<ureq::Body>, CrmError> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{}", self.base_url, filled.path));
        for (header, value) in &filled.headers {
            request = request.header(header, value);
        }
        if let Some(auth) = &self.auth {
            request = request.header(&auth.header, auth.value());
        }
        let sent = match &filled.body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.clone())
                .map(|request| self.agent.run(request)),
            None => request.body(()).map(|request| self.agent.run(request)),
        };
        sent
            // The message names no value.
            .map_err(|error| CrmError::rejected(format!("the request cannot be made: {error}")))?
            .map_err(|error| self.not_sent(&error))
    }

    /// Says what an answer means. A note is refused only where the CRM itself speaks, in JSON, of
    /// what it was sent. A login page, a proxy or a CRM that talks nonsense say nothing of the
    /// note: it waits.
    fn read(&self, mut response: http::Response<ureq::Body>) -> Result<Answer, CrmError> {
        let status = response.status();
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let location = response.headers().get(http::header::LOCATION);
        let location = location.and_then(|location| Some(location.to_str().ok()?.to_owned()));
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string();
        let code = status.as_u16();
        let not_now = |reason: String, body: &str, maybe_written: bool| CrmError::Unavailable {
            reason,
            answer: excerpt(body),
            retry_after,
            maybe_written,
        };
        if self
            .retry_statuses
            .iter()
            .any(|statuses| statuses.contain(code))
        {
            // By their definition these say that nothing was done (RFC 9110 §15.5.2, §15.6.4;
            // RFC 6585 §4; RFC 8470 §5.2).
            let maybe_written = !matches!(code, 401 | 425 | 429 | 503);
            let reason = format!("the CRM answered {status}");
            return Err(not_now(reason, &body.unwrap_or_default(), maybe_written));
        }
        if status.is_redirection() {
            let reason = match location {
                Some(location) => {
                    format!("the CRM answered {status}: it wants to be spoken to at {location}")
                }
                None => format!("the CRM answered {status}"),
            };
            // These ask for the same request elsewhere (RFC 9110 §15.4.2, §15.4.8, §15.4.9); others
            // may come after it was carried out.
            let maybe_written = !matches!(code, 301 | 307 | 308);
            return Err(not_now(reason, &body.unwrap_or_default(), maybe_written));
        }
        let body = body
            .map_err(|error| not_now(format!("the CRM's answer broke off: {error}"), "", true))?;
        let json = serde_json::from_str::<Value>(&body).ok();
        if !status.is_success() {
            let reason = format!("the CRM answered {status}");
            if json.is_none() && !body.trim().is_empty() {
                let reason = format!("{reason} with something that is no JSON");
                return Err(not_now(reason, &body, false));
            }
            let answer = excerpt(&body);
            return match status {
                http::StatusCode::NOT_FOUND => Ok(Answer::NotFound(answer)),
                _ => Err(CrmError::Rejected {
                    reason,
                    answer,
                    maybe_written: false,
                }),
            };
        }
        if body.trim().is_empty() {
            return Ok(Answer::Json(Value::Null));
        }
        let Some(answer) = json else {
            let reason = format!("the CRM answered {status} with something that is no JSON");
            return Err(not_now(reason, &body, true));
        };
        let refusal = self.error.as_ref().and_then(|at| answer.pointer(&at.0));
        match refusal {
            None | Some(Value::Null | Value::Bool(false)) => Ok(Answer::Json(answer)),
            Some(refusal) => Err(CrmError::Rejected {
                reason: format!("the CRM answered {status} with an error"),
                answer: excerpt(&refusal.to_string()),
                maybe_written: false,
            }),
        }
    }

    /// No answer came.
    fn not_sent(&self, error: &ureq::Error) -> CrmError {
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
        let base_url = &self.base_url;
        CrmError::Unavailable {
            reason: match maybe_written {
                true => format!("no answer from the CRM at {base_url}: {error}"),
                false => format!("cannot reach the CRM at {base_url}: {error}"),
            },
            answer: String::new(),
            retry_after: None,
            maybe_written,
        }
    }
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
fn excerpt(text: &str) -> String {
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
