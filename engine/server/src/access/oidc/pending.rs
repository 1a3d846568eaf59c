//! Log-ins that wait for the provider's answer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use sidetone_access::{SecretHash, Token};

/// How long somebody may take at the provider.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// So many may be there at once; one more, and the oldest begins again.
const MOST: usize = 1_000;
/// Bytes that nobody guesses.
const RANDOM: usize = 32;

/// Log-ins that wait for the provider's answer, by what that will name them (`state`).
#[derive(Default)]
pub(super) struct Pending(HashMap<String, Waiting>);

struct Waiting {
    login: Login,
    /// Of the secret that the browser was given: another one's answer is not taken.
    browser: SecretHash,
    since: Instant,
}

/// What is kept of a log-in.
#[derive(Debug)]
pub(super) struct Login {
    /// Comes back in the token of the person.
    pub nonce: String,
    /// Shows the provider that whoever asks for the token is who has begun (PKCE, RFC 7636).
    pub verifier: String,
}

/// What a log-in begins with.
pub(super) struct Begun {
    pub state: String,
    pub nonce: String,
    /// The hash of what the provider will be shown.
    pub challenge: String,
    /// For the browser alone.
    pub browser: Token,
}

impl Pending {
    /// Somebody goes to the provider.
    pub fn begin(&mut self, now: Instant) -> Result<Begun, getrandom::Error> {
        let [state, nonce, verifier] = [random()?, random()?, random()?];
        let browser = Token::random()?;
        self.0
            .retain(|_, waiting| now.saturating_duration_since(waiting.since) < PATIENCE);
        if self.0.len() >= MOST
            && let Some((oldest, _)) = self.0.iter().min_by_key(|(_, waiting)| waiting.since)
        {
            let oldest = oldest.clone();
            self.0.remove(&oldest);
        }
        let begun = Begun {
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())),
            nonce: nonce.clone(),
            state: state.clone(),
            browser,
        };
        let waiting = Waiting {
            login: Login { nonce, verifier },
            browser: begun.browser.hash(),
            since: now,
        };
        self.0.insert(state, waiting);
        Ok(begun)
    }

    /// Somebody is back, with that secret of their browser. A log-in is taken once.
    pub fn take(&mut self, state: &str, browser: Option<&str>, now: Instant) -> Option<Login> {
        let waiting = self.0.remove(state)?;
        let browser = Token::parse(browser?).ok()?;
        let in_time = now.saturating_duration_since(waiting.since) < PATIENCE;
        (in_time && waiting.browser.matches(&browser)).then_some(waiting.login)
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_is_taken_once_in_time_by_the_browser_that_began_it() {
        let mut pending = Pending::default();
        let start = Instant::now();
        let begin = |pending: &mut Pending| {
            let begun = pending.begin(start).expect("random");
            let browser = begun.browser.reveal();
            (begun, browser)
        };
        let (begun, browser) = begin(&mut pending);
        let login = pending
            .take(&begun.state, Some(&browser), start)
            .expect("it waits");
        assert_eq!(login.nonce, begun.nonce);
        // RFC 7636 §4.2.
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(login.verifier.as_bytes()));
        assert_eq!(challenge, begun.challenge);
        assert!(login.verifier.len() >= 43);
        assert!(
            pending.take(&begun.state, Some(&browser), start).is_none(),
            "again"
        );
        let (other, others) = begin(&mut pending);
        assert_ne!((&other.state, &other.nonce), (&begun.state, &begun.nonce));
        for shown in [None, Some(""), Some(browser.as_str())] {
            let (begun, _) = begin(&mut pending);
            assert!(
                pending.take(&begun.state, shown, start).is_none(),
                "{shown:?}"
            );
        }
        assert!(pending.take("made up", Some(&others), start).is_none());
        assert!(
            pending
                .take(&other.state, Some(&others), start + PATIENCE)
                .is_none()
        );
    }

    #[test]
    fn many_who_begin_take_no_more_memory() {
        let mut pending = Pending::default();
        let start = Instant::now();
        let at = |n: usize| start + Duration::from_millis(n as u64);
        let first = pending.begin(at(0)).expect("random");
        for n in 1..=MOST {
            pending.begin(at(n)).expect("random");
        }
        assert_eq!(pending.0.len(), MOST);
        let shown = first.browser.reveal();
        assert!(pending.take(&first.state, Some(&shown), at(MOST)).is_none());
        pending.begin(start + 2 * PATIENCE).expect("random");
        assert_eq!(pending.0.len(), 1);
    }
}
