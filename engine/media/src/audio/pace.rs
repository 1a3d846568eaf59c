//! How fast sound comes, compared with how long it lasts and with how it is stamped.

use std::time::{Duration, Instant};

/// Time from one piece to the next that is no pause.
const LONGEST_WAIT: Duration = Duration::from_millis(1_500);
/// So much has to have come before anything is concluded.
const ENOUGH: Duration = Duration::from_secs(4);
/// A stamp that leaps by more than this many times the sound before it, while as much time passes,
/// is behind a pause.
const PAUSE: u32 = 3;

/// Adds up what comes without a pause: how long it took to arrive, how long it lasts as it is
/// described, and how long by its stamps.
#[derive(Debug, Default)]
pub struct Pace {
    latest: Option<(Instant, Duration)>,
    arrived: Duration,
    sound: Duration,
    stamped: Duration,
}

impl Pace {
    /// Takes a piece that lasts `sound`, as it is described, and arrived at `at`. By its stamp it began
    /// `stamped` after the one before it; `None` where they do not follow each other.
    pub fn push(&mut self, at: Instant, sound: Duration, stamped: Option<Duration>) {
        // Of pieces that overtake each other, the later ones have waited.
        let at = self.latest.map_or(at, |(latest, _)| at.max(latest));
        let last = self.latest.replace((at, sound));
        let (Some((arrived, lasted)), Some(stamped)) = (last, stamped) else {
            return;
        };
        let waited = at.saturating_duration_since(arrived);
        let pause = stamped > lasted * PAUSE && waited > lasted * 2;
        if waited < LONGEST_WAIT && !pause {
            self.arrived += waited;
            self.sound += lasted;
            self.stamped += stamped;
        }
    }

    /// How long the sound lasts of which a second arrives; 1 in a live call that is described as it is.
    pub fn speed(&self) -> Option<f32> {
        let known = self.arrived >= ENOUGH && self.sound > Duration::ZERO;
        known.then(|| self.sound.as_secs_f32() / self.arrived.as_secs_f32())
    }

    /// How far stamps go in a second of sound; 1 where they count at the rate that is described.
    pub fn steps(&self) -> Option<f32> {
        let known = self.sound >= ENOUGH;
        known.then(|| self.stamped.as_secs_f32() / self.sound.as_secs_f32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Of ten seconds of pieces of 20 ms, the figures: how long they are said to last, and how far
    /// their stamps go.
    fn figures(sound: Duration, stamped: Duration) -> [Option<i32>; 2] {
        let (start, mut pace) = (Instant::now(), Pace::default());
        for n in 0..500 {
            // Every tenth is late, and those behind it hurry.
            let late = if n % 10 == 0 { 90 } else { 0 };
            // And a pause.
            let pause = if n > 200 { 1_000 } else { 0 };
            let after = if n == 201 { 1_000 } else { 0 };
            pace.push(
                start + MS * (20 * n + late + pause),
                sound,
                Some(stamped + MS * after),
            );
        }
        [pace.speed(), pace.steps()].map(|figure| Some((figure? * 10.0).round() as i32))
    }

    #[test]
    fn wrong_rates_show_and_jitter_and_pauses_do_not() {
        assert_eq!(figures(20 * MS, 20 * MS), [Some(10), Some(10)]);
        // 16 kHz, and only the stamps are described as 8 kHz.
        assert_eq!(figures(20 * MS, 40 * MS), [Some(10), Some(20)]);
        // The sound is as well.
        assert_eq!(figures(40 * MS, 40 * MS), [Some(20), Some(10)]);
        // 8 kHz, described as 16 kHz.
        assert_eq!(figures(10 * MS, 10 * MS), [Some(5), Some(10)]);
    }

    #[test]
    fn a_little_says_nothing() {
        let (now, mut pace) = (Instant::now(), Pace::default());
        for n in 0..100 {
            pace.push(now + 10 * MS * n, 20 * MS, Some(20 * MS));
        }
        assert_eq!((pace.speed(), pace.steps()), (None, None));
    }
}
