//! The way of one leg's voice into another leg, if there is one.

use super::history::History;
use super::least_squares::{EARLY, Filter, LATEST, TAPS, energy, search};

/// Sound that is judged at once, in samples at 8 kHz: 300 ms.
pub const WINDOW: u64 = 2_400;
/// A way is found once this share of a window is explained. Two voices explain at most 0.7 of each
/// other.
const FOUND: f32 = 0.85;
/// What one factor has to explain before a filter is looked for: of two voices, 99 % explain less.
const HINT: f32 = 0.12;
/// The newest part of a window, in samples: 100 ms.
const FRESH: usize = 800;
/// A filter of which less is left there is as good as a new one.
const SETTLED: f32 = 0.1;
/// A way that explains less than this is looked for anew.
const DOUBTFUL: f32 = 0.5;
/// Quieter is silence: mean square, -60 dB of full scale.
const SILENCE: f32 = 1e-6;
/// An echo that is later than this may be louder than its source, since it cannot be the source: 15
/// ms.
const CAUSAL: usize = 120;
/// By how much at most: 6 dB.
const LOUDEST: f32 = 4.0;
/// What comes with less delay is crosstalk, and weaker than its source by this at least: 3 dB.
const CROSSTALK: f32 = 0.5;

/// Which of two legs with the same sound may be taken for the echo of the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Twin {
    /// This one, also where both are at the same time.
    This,
    /// This one if it is later.
    Later,
    /// The other one is already.
    Other,
}

/// How one leg's voice comes into another.
#[derive(Default)]
pub struct Path {
    found: Option<Found>,
    /// Windows that were looked at since the last search.
    waited: u32,
}

struct Found {
    lag: usize,
    filter: Filter,
    /// Of energies, echo to source.
    gain: f32,
}

/// What of a window is not explained by the other leg.
pub struct Judged {
    /// Sample by sample, up to the end of the window.
    pub residual: Vec<f32>,
    /// Whether the way has only been found now.
    pub new: bool,
    /// The other leg's voice is as loud there.
    pub same: bool,
}

impl Path {
    /// Up to where the other leg has to be known, to judge what ends at `end`.
    pub fn needs(&self, end: u64) -> u64 {
        let lag = self.found.as_ref().map_or(0, |found| found.lag);
        (end + EARLY as u64).saturating_sub(lag as u64)
    }

    /// Whether there is a way, as far as is known.
    pub fn is_found(&self) -> bool {
        self.found.is_some()
    }

    /// Judges `own`, a window that ends at `end`. A way that is not known yet is looked for where
    /// `whole`: where there is voice in most of the window. `None` where nothing can be said, or
    /// nothing is explained.
    pub fn judge(
        &mut self,
        own: &[f32],
        theirs: &History,
        end: u64,
        (whole, twin): (bool, Twin),
    ) -> Option<Judged> {
        let sounds = |samples: &[f32]| energy(samples) > SILENCE * samples.len() as f32;
        if let Some(found) = &self.found {
            let source = source(theirs, own.len(), end, found.lag)?;
            if !sounds(source) {
                return None;
            }
            // As long as it explains what is new, it need not be looked for.
            let fresh = own.len() - FRESH;
            let residual = minus(&own[fresh..], &found.filter.apply(&source[fresh..]));
            if energy(&residual) < SETTLED * energy(&own[fresh..]) {
                let (new, same) = (false, found.is_same());
                return Some(Judged {
                    residual,
                    new,
                    same,
                });
            }
            let (found, residual, explained) = Found::fitted(own, source, found.lag)?;
            if explained >= DOUBTFUL {
                let (new, same) = (false, found.is_same());
                self.found = Some(found.centred());
                self.waited = 0;
                return Some(Judged {
                    residual,
                    new,
                    same,
                });
            }
        }
        if !whole {
            return None;
        }
        self.waited += 1;
        if self.waited.is_multiple_of(2) {
            return None;
        }
        let from = end.checked_sub((own.len() + LATEST) as u64)?;
        let around = theirs.between(from, end)?;
        if !sounds(around) {
            return None;
        }
        let (lag, fit) = search(own, around);
        if fit < HINT {
            return None;
        }
        let source = source(theirs, own.len(), end, lag)?;
        let (found, residual, explained) = Found::fitted(own, source, lag)?;
        if explained < FOUND || !found.is_echo(twin) {
            return None;
        }
        let same = found.is_same();
        self.found = Some(found.centred());
        let new = true;
        Some(Judged {
            residual,
            new,
            same,
        })
    }

    /// The energy that the way that is known leaves of `own`, which ends at `end`. `None` if there
    /// is none.
    pub fn left(&self, own: &[f32], theirs: &History, end: u64) -> Option<f32> {
        let found = self.found.as_ref()?;
        let source = source(theirs, own.len(), end, found.lag)?;
        let residual = minus(own, &found.filter.apply(source));
        Some(energy(&residual))
    }
}

/// What `length` samples up to `end` would be the echo of at `lag`, as [`Filter`] takes it.
fn source(theirs: &History, length: usize, end: u64, lag: usize) -> Option<&[f32]> {
    let until = (end + EARLY as u64).checked_sub(lag as u64)?;
    let from = until.checked_sub((length + TAPS - 1) as u64)?;
    theirs.between(from, until)
}

fn minus(own: &[f32], echo: &[f32]) -> Vec<f32> {
    own.iter().zip(echo).map(|(own, echo)| own - echo).collect()
}

impl Found {
    /// With what is left of `own`, and the share that is explained.
    fn fitted(own: &[f32], source: &[f32], lag: usize) -> Option<(Self, Vec<f32>, f32)> {
        let filter = Filter::fitted(own, source)?;
        let echo = filter.apply(source);
        let residual = minus(own, &echo);
        let explained = 1.0 - energy(&residual) / energy(own).max(f32::MIN_POSITIVE);
        let gain = energy(&echo) / energy(&source[TAPS - 1..]).max(f32::MIN_POSITIVE);
        Some((Self { lag, filter, gain }, residual, explained))
    }

    /// Whether it can be one: the source is earlier, or else louder.
    fn is_echo(&self, twin: Twin) -> bool {
        let least = match twin {
            Twin::This => 0,
            Twin::Later => EARLY + 1,
            Twin::Other => CAUSAL + 1,
        };
        self.gain
            <= if self.lag >= least {
                LOUDEST
            } else {
                CROSSTALK
            }
    }

    /// Whether both are as loud, within 2 dB.
    fn is_same(&self) -> bool {
        (0.63..=1.6).contains(&self.gain)
    }

    /// Follows clocks that drift apart.
    fn centred(mut self) -> Self {
        let main = self.filter.main_tap();
        if main.abs_diff(EARLY) > EARLY / 2 && main < TAPS / 2 {
            self.lag = (self.lag + main).saturating_sub(EARLY).min(LATEST);
        }
        self
    }
}
