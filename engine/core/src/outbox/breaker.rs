//! Keeps a thousand waiting notes from each finding out by themselves that the CRM is away.

use std::time::{Duration, Instant};

use super::RetryConfig;

/// So many different notes have to fail in a row: one alone may be its own fault.
const FAILURES: usize = 3;

/// The longest pause the CRM may ask for with one answer.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Closed, notes pass; open, they wait, and after a pause one of them is sent to look.
#[derive(Debug)]
pub struct Breaker {
    /// The first pause. It doubles while the CRM stays away.
    first: Duration,
    /// The longest pause of our own.
    longest: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The notes that have failed since the CRM last answered.
    Closed { failed: Vec<i64> },
    /// Nobody passes until then.
    Open { until: Instant, pause: Duration },
    /// One note is on its way to look.
    Probing { pause: Duration },
}

/// Whether a note may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permit {
    /// It may.
    Go,
    /// It may, and goes for all others. If there is none to send: [`Breaker::unused`].
    Probe,
    /// Not before so long.
    Wait(Duration),
}

impl Breaker {
    /// Pauses of the lengths that a note waits between its tries.
    pub fn new(retry: &RetryConfig) -> Self {
        Self {
            first: Duration::from_millis(retry.first_ms.into()),
            longest: Duration::from_millis(retry.longest_ms.into()),
            state: State::Closed { failed: Vec::new() },
        }
    }

    /// Asks for a note to be let through.
    pub fn permit(&mut self, now: Instant) -> Permit {
        match self.state {
            State::Closed { .. } => Permit::Go,
            State::Open { until, .. } if now < until => Permit::Wait(until - now),
            State::Open { pause, .. } => {
                self.state = State::Probing { pause };
                Permit::Probe
            }
            State::Probing { .. } => Permit::Wait(self.longest),
        }
    }

    /// Whether there is a pause.
    pub fn is_open(&self, now: Instant) -> bool {
        matches!(self.state, State::Open { until, .. } if now < until)
    }

    /// A [`Permit::Probe`] was not used: the next one may.
    pub fn unused(&mut self, now: Instant) {
        if let State::Probing { pause } = self.state {
            self.state = State::Open { until: now, pause };
        }
    }

    /// The CRM has answered, whatever it said. An answer to what was on its way before a pause does
    /// not end the pause.
    pub fn answered(&mut self) {
        if !matches!(self.state, State::Open { .. }) {
            self.state = State::Closed { failed: Vec::new() };
        }
    }

    /// The CRM was not there for `note`, or asked to be left alone for a while. Says whether that
    /// is news.
    pub fn failed(&mut self, now: Instant, note: i64, asked: Option<Duration>) -> bool {
        let asked = asked.map(|asked| asked.min(LONGEST_ASKED));
        let (pause, news) = match &mut self.state {
            State::Closed { failed } => {
                if !failed.contains(&note) {
                    failed.push(note);
                }
                if failed.len() < FAILURES && asked.is_none() {
                    return false;
                }
                (self.first, true)
            }
            State::Probing { pause } => ((*pause * 2).min(self.longest), false),
            // It was on its way when others found out.
            State::Open { .. } => return false,
        };
        let until = now + pause.max(asked.unwrap_or_default());
        self.state = State::Open { until, pause };
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(60);

    #[test]
    fn notes_wait_once_several_have_failed_and_one_looks_for_all() {
        let mut breaker = Breaker::new(&RetryConfig::default());
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        for note in [1, 2] {
            assert!(!breaker.failed(start, note, None));
            assert_eq!(breaker.permit(start), Permit::Go);
        }
        assert!(breaker.failed(start, 3, None), "now it is known");
        assert_eq!(breaker.permit(start), Permit::Wait(FIRST_PAUSE));
        assert_eq!(breaker.permit(at(1)), Permit::Probe);
        assert!(
            matches!(breaker.permit(at(1)), Permit::Wait(_)),
            "one looks"
        );
        breaker.failed(at(1), 1, None);
        assert_eq!(breaker.permit(at(1)), Permit::Wait(FIRST_PAUSE * 2));
        assert_eq!(breaker.permit(at(3)), Permit::Probe);
        breaker.answered();
        assert_eq!(breaker.permit(at(3)), Permit::Go);
    }

    #[test]
    fn one_note_that_always_fails_stops_nobody() {
        let mut breaker = Breaker::new(&RetryConfig::default());
        for _ in 0..100 {
            breaker.failed(Instant::now(), 7, None);
            assert_eq!(breaker.permit(Instant::now()), Permit::Go);
        }
    }

    #[test]
    fn a_crm_that_asks_for_a_pause_gets_it_at_once_but_not_for_ever() {
        let start = Instant::now();
        for (asked, expected) in [(5, 5), (100_000, 300)] {
            let mut breaker = Breaker::new(&RetryConfig::default());
            breaker.failed(start, 1, Some(Duration::from_secs(asked)));
            let expected = Permit::Wait(Duration::from_secs(expected));
            assert_eq!(breaker.permit(start), expected);
        }
    }

    #[test]
    fn an_answer_that_was_on_its_way_does_not_end_a_pause() {
        let start = Instant::now();
        let mut breaker = Breaker::new(&RetryConfig::default());
        breaker.failed(start, 1, Some(Duration::from_secs(5)));
        breaker.answered();
        let pause = Permit::Wait(Duration::from_secs(5));
        assert_eq!(breaker.permit(start), pause);
    }

    #[test]
    fn a_look_that_did_not_take_place_is_left_to_the_next() {
        let start = Instant::now();
        let mut breaker = Breaker::new(&RetryConfig::default());
        breaker.failed(start, 1, Some(Duration::ZERO));
        let later = start + FIRST_PAUSE;
        assert_eq!(breaker.permit(later), Permit::Probe);
        breaker.unused(later);
        assert_eq!(breaker.permit(later), Permit::Probe);
    }

    #[test]
    fn the_pauses_grow_to_a_bound() {
        let mut now = Instant::now();
        let mut breaker = Breaker::new(&RetryConfig::default());
        breaker.failed(now, 1, Some(Duration::ZERO));
        for _ in 0..20 {
            let Permit::Wait(pause) = breaker.permit(now) else {
                panic!("it waits");
            };
            assert!(pause <= LONGEST_PAUSE);
            now += pause;
            assert_eq!(breaker.permit(now), Permit::Probe);
            breaker.failed(now, 1, None);
        }
    }
}
