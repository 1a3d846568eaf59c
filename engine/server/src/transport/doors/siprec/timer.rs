//! How long a session may go without a sign of life (RFC 4028).

use std::time::Duration;

use rsipstack::sip::{Header, Request, StatusCode, StatusCodeKind};
use tokio::time::Instant;

use super::headers::{tokens, value};

/// A session's time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SessionTimer {
    interval: Duration,
    pub refresher: Refresher,
    /// When the client last gave a sign of life.
    since: Instant,
    /// When it is asked again that has not given one.
    again: Option<Instant>,
}

/// Who keeps a session alive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refresher {
    Client,
    Us,
    /// Nobody has to: the client is asked from time to time whether it is there.
    Nobody,
}

/// Shorter ones are a burden to both sides.
pub(super) const SHORTEST: Duration = Duration::from_secs(90);
/// Of longer ones this much is agreed to.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// How often a client is asked that keeps no timer.
const ASKED: Duration = Duration::from_secs(300);
/// How long after one that was not answered well it is asked again.
const AGAIN: Duration = Duration::from_secs(10);

/// A session that a peer wants shorter than [`SHORTEST`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooShort;

impl SessionTimer {
    /// What a request asks for.
    pub fn of(request: &Request, now: Instant) -> Result<Self, TooShort> {
        let nobody = Self {
            interval: 2 * ASKED,
            refresher: Refresher::Nobody,
            since: now,
            again: None,
        };
        let supports = tokens(&request.headers, &["supported", "k", "require"]);
        let is_supported = supports.iter().any(|token| token == "timer");
        let asked = value(&request.headers, &["session-expires", "x"]);
        // One who does not know of timers cannot refresh.
        let Some(asked) = asked.filter(|_| is_supported) else {
            return Ok(nobody);
        };
        let mut parts = asked.split(';').map(str::trim);
        let Some(seconds) = parts.next().and_then(|seconds| seconds.parse::<u32>().ok()) else {
            return Ok(nobody);
        };
        let interval = Duration::from_secs(seconds.into()).min(LONGEST);
        if interval < SHORTEST {
            return Err(TooShort);
        }
        let is_ours = parts.any(|part| part.eq_ignore_ascii_case("refresher=uas"));
        Ok(Self {
            interval,
            refresher: if is_ours {
                Refresher::Us
            } else {
                Refresher::Client
            },
            ..nobody
        })
    }

    /// What an answer of ours says of it.
    pub fn in_answer(self) -> Vec<Header> {
        let mut headers = self.header(match self.refresher {
            Refresher::Client => "uac",
            Refresher::Us => "uas",
            Refresher::Nobody => return Vec::new(),
        });
        headers.push(Header::Require("timer".into()));
        headers
    }

    /// What a request of ours says of it, in which we are the client.
    pub fn in_request(self) -> Vec<Header> {
        self.header("uac")
    }

    fn header(self, refresher: &str) -> Vec<Header> {
        let said = format!("{};refresher={refresher}", self.interval.as_secs());
        vec![Header::Other("Session-Expires".to_owned(), said)]
    }

    /// When the client is to be asked; of one who refreshes by itself, when the session is over.
    pub fn deadline(self) -> Instant {
        match self.refresher {
            Refresher::Client => self.end(),
            Refresher::Us | Refresher::Nobody => {
                self.again.unwrap_or(self.since + self.interval / 2)
            }
        }
    }

    /// When the session is over without a sign of life.
    fn end(self) -> Instant {
        let margin = match self.refresher {
            Refresher::Client => (self.interval / 3).min(Duration::from_secs(32)),
            Refresher::Us | Refresher::Nobody => Duration::ZERO,
        };
        self.since + self.interval - margin
    }

    /// The client has given a sign of life.
    pub fn heard(&mut self, now: Instant) {
        if self.refresher == Refresher::Nobody {
            (self.since, self.again) = (now, None);
        }
    }

    /// Takes what the client has answered, if it has; whether the session goes on.
    pub fn asked(&mut self, answer: Option<&StatusCode>, now: Instant) -> bool {
        let is_well = answer.is_some_and(|status| match (self.refresher, status) {
            // Somebody on the way has waited for the client in vain.
            (_, StatusCode::RequestTimeout) => false,
            (Refresher::Nobody, _) => true,
            _ => status.kind() == StatusCodeKind::Successful,
        });
        match answer {
            // One that does not know its own session has ended it.
            Some(StatusCode::CallTransactionDoesNotExist) => false,
            Some(_) if is_well => {
                (self.since, self.again) = (now, None);
                true
            }
            _ => {
                self.again = Some(now + AGAIN);
                now + AGAIN < self.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &str) -> Request {
        let text = format!("INVITE sip:a@h SIP/2.0\r\n{headers}\r\n\r\n");
        Request::try_from(text.as_bytes()).expect("a request")
    }

    const ASKS: &str = "Supported: 100rel,timer\r\nx: 90 ; refresher=uas";

    #[tokio::test]
    async fn timers_are_taken_as_they_are_asked_for() {
        let now = Instant::now();
        for (headers, refresher, deadline, said) in [
            (
                "Session-Expires: 1800;refresher=uac\r\nSupported: timer",
                Refresher::Client,
                1_768,
                Some("Session-Expires: 1800;refresher=uac"),
            ),
            (
                ASKS,
                Refresher::Us,
                45,
                Some("Session-Expires: 90;refresher=uas"),
            ),
            (
                "Session-Expires: 120\r\nRequire: siprec, timer",
                Refresher::Client,
                88,
                Some("Session-Expires: 120;refresher=uac"),
            ),
            ("Supported: timer", Refresher::Nobody, 300, None),
            (
                "Session-Expires: soon\r\nSupported: timer",
                Refresher::Nobody,
                300,
                None,
            ),
            ("Session-Expires: 30", Refresher::Nobody, 300, None),
        ] {
            let timer = SessionTimer::of(&request(headers), now).expect("long enough");
            assert_eq!(timer.refresher, refresher, "{headers}");
            assert_eq!(
                timer.deadline(),
                now + Duration::from_secs(deadline),
                "{headers}"
            );
            let answered = timer.in_answer().first().map(ToString::to_string);
            assert_eq!(answered.as_deref(), said, "{headers}");
        }
        let short = request("Session-Expires: 89\r\nSupported: timer");
        assert_eq!(SessionTimer::of(&short, now), Err(TooShort));
    }

    #[tokio::test]
    async fn whoever_does_not_answer_is_asked_again_until_the_time_is_up() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let timer = SessionTimer::of(&request(ASKS), start).expect("long enough");
        let said = timer.in_request()[0].to_string();
        assert_eq!(
            said, "Session-Expires: 90;refresher=uac",
            "the client is we"
        );
        for (answer, goes_on, deadline) in [
            (Some(StatusCode::OK), true, 45 + 45),
            (Some(StatusCode::ServiceUnavailable), true, 45 + 10),
            (Some(StatusCode::RequestTimeout), true, 45 + 10),
            (None, true, 45 + 10),
            (Some(StatusCode::CallTransactionDoesNotExist), false, 45),
        ] {
            let mut timer = timer;
            assert_eq!(
                timer.asked(answer.as_ref(), after(45)),
                goes_on,
                "{answer:?}"
            );
            assert_eq!(timer.deadline(), after(deadline), "{answer:?}");
        }
        let mut timer = timer;
        assert!(timer.asked(None, after(75)));
        assert!(!timer.asked(None, after(85)));
        // Of one who keeps no timer each answer is a sign of life, and each request.
        let mut timer = SessionTimer::of(&request("Allow: INVITE"), start).expect("none");
        assert!(timer.asked(Some(&StatusCode::MethodNotAllowed), after(300)));
        assert_eq!(timer.deadline(), after(600));
        timer.heard(after(400));
        assert_eq!(timer.deadline(), after(700));
        assert!(timer.asked(Some(&StatusCode::RequestTimeout), after(700)));
        assert_eq!(timer.deadline(), after(710));
        assert!(!timer.asked(None, after(995)));
    }
}
