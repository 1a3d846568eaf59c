//! How long a session may go without a sign of life (RFC 4028).

use std::time::Duration;

use rsipstack::sip::{Header, Request};
use tokio::time::Instant;

use super::headers::{tokens, value};

/// A session timer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SessionTimer {
    interval: Duration,
    /// Whether it is we who refresh it.
    pub is_ours: bool,
    /// When it was last refreshed.
    since: Instant,
}

/// Shorter ones are a burden to both sides.
pub(super) const SHORTEST: Duration = Duration::from_secs(90);

/// A session that a peer wants shorter than [`SHORTEST`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooShort;

impl SessionTimer {
    /// What a request asks for. No timer without one: we ask for none.
    pub fn of(request: &Request, now: Instant) -> Result<Option<Self>, TooShort> {
        let Some(asked) = value(&request.headers, &["session-expires", "x"]) else {
            return Ok(None);
        };
        let mut parts = asked.split(';').map(str::trim);
        let Some(seconds) = parts.next().and_then(|seconds| seconds.parse::<u32>().ok()) else {
            return Ok(None);
        };
        let interval = Duration::from_secs(seconds.into());
        let supports = tokens(&request.headers, &["supported", "k", "require"]);
        let is_supported = supports.iter().any(|token| token == "timer");
        if interval < SHORTEST {
            // One who does not know of timers cannot ask again.
            return if is_supported {
                Err(TooShort)
            } else {
                Ok(None)
            };
        }
        let is_ours = parts.any(|part| part.eq_ignore_ascii_case("refresher=uas"));
        Ok(is_supported.then_some(Self {
            interval,
            is_ours,
            since: now,
        }))
    }

    /// What an answer says of it.
    pub fn headers(self) -> Vec<Header> {
        let refresher = if self.is_ours { "uas" } else { "uac" };
        let seconds = self.interval.as_secs();
        vec![
            Header::Other(
                "Session-Expires".to_owned(),
                format!("{seconds};refresher={refresher}"),
            ),
            Header::Require("timer".into()),
        ]
    }

    /// When it is to be refreshed if it is ours, and else when the session is over.
    pub fn deadline(self) -> Instant {
        let margin = (self.interval / 3).min(Duration::from_secs(32));
        match self.is_ours {
            true => self.since + self.interval / 2,
            false => self.since + self.interval - margin,
        }
    }

    /// It has been refreshed.
    pub fn refresh(&mut self, now: Instant) {
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &str) -> Request {
        let text = format!("INVITE sip:a@h SIP/2.0\r\n{headers}\r\n\r\n");
        Request::try_from(text.as_bytes()).expect("a request")
    }

    #[tokio::test]
    async fn timers_are_taken_as_they_are_asked_for() {
        let now = Instant::now();
        for (headers, interval, is_ours, deadline) in [
            (
                "Session-Expires: 1800;refresher=uac\r\nSupported: timer",
                1_800,
                false,
                1_768,
            ),
            (
                "Supported: 100rel,timer\r\nx: 90 ; refresher=uas",
                90,
                true,
                45,
            ),
            (
                "Session-Expires: 120\r\nRequire: siprec, timer",
                120,
                false,
                88,
            ),
        ] {
            let timer = SessionTimer::of(&request(headers), now);
            let timer = timer.expect("long enough").expect("one is asked for");
            let seconds = Duration::from_secs;
            assert_eq!(
                (timer.interval, timer.is_ours),
                (seconds(interval), is_ours),
                "{headers}"
            );
            assert_eq!(timer.deadline(), now + seconds(deadline), "{headers}");
            let said = timer.headers()[0].to_string();
            let refresher = if is_ours { "uas" } else { "uac" };
            assert_eq!(
                said,
                format!("Session-Expires: {interval};refresher={refresher}")
            );
        }
        for headers in [
            "Supported: timer",
            "Session-Expires: soon\r\nSupported: timer",
            "Session-Expires: 30",
            "Session-Expires: 1800",
        ] {
            assert_eq!(
                SessionTimer::of(&request(headers), now),
                Ok(None),
                "{headers}"
            );
        }
        let short = request("Session-Expires: 89\r\nSupported: timer");
        assert_eq!(SessionTimer::of(&short, now), Err(TooShort));
    }
}
