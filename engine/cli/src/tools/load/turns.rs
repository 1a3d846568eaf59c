//! Who speaks when: single utterances put one after the other so that each leg speaks its share.

use sidetone_types::prng::SplitMix64;

/// An utterance as a stretch of packets, in packets of 20 ms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Length {
    /// Sound before the voice.
    pub before: usize,
    /// The voice.
    pub voice: usize,
    /// Sound after the voice.
    pub after: usize,
}

impl Length {
    /// All of it.
    pub fn packets(self) -> usize {
        self.before + self.voice + self.after
    }
}

/// An utterance in its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Turn {
    /// The packet it begins with.
    pub at: usize,
    /// Which of its side's utterances it is.
    pub utterance: usize,
}

/// At the end of a run nobody speaks, so that the last words come before the call is closed: 1 s.
const SILENT_END: usize = 50;

/// The turns of both sides in a call of `packets`. The sides take turns; each speaks `share` of the
/// time, above a half both at once. `sides` tells how long each side's utterances are, in order;
/// each has some.
///
/// The same seed gives the same turns. Others begin with other utterances, at another time.
pub fn plan(sides: [&[Length]; 2], share: f64, packets: usize, seed: u64) -> [Vec<Turn>; 2] {
    let mut rng = SplitMix64::new(seed);
    let mut next = sides.map(|side| rng.below(side.len()));
    let mut speaker = rng.below(2);
    let first = sides[speaker][next[speaker]];
    // In packets; not rounded, or the share would drift.
    let mut at = rng.below(pause(first, share) as usize + 1) as f64;
    let mut turns = [Vec::new(), Vec::new()];
    let mut free = [0, 0];
    loop {
        let utterance = next[speaker];
        let length = sides[speaker][utterance];
        let begin = (at as usize)
            .saturating_sub(length.before)
            .max(free[speaker]);
        let end = begin + length.packets();
        if end + SILENT_END > packets {
            return turns;
        }
        turns[speaker].push(Turn {
            at: begin,
            utterance,
        });
        free[speaker] = end;
        at += pause(length, share);
        next[speaker] = (utterance + 1) % sides[speaker].len();
        speaker = 1 - speaker;
    }
}

/// From the beginning of an utterance to that of the other side's next.
fn pause(length: Length, share: f64) -> f64 {
    length.voice as f64 / (2.0 * share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(voices: &[usize]) -> Vec<Length> {
        let length = |voice: &usize| Length {
            before: 12,
            voice: *voice,
            after: 10,
        };
        voices.iter().map(length).collect()
    }

    #[test]
    fn calls_do_not_march_in_step_and_are_the_same_each_time() {
        let (agent, customer) = (lengths(&[100, 150, 80]), lengths(&[120, 60]));
        let call = |seed| plan([&agent, &customer], 0.5, 3_000, seed);
        assert_eq!(call(1), call(1));
        let begins: Vec<[usize; 2]> = (0..20)
            .map(|seed| call(seed).map(|turns| turns[0].at))
            .collect();
        let mut different = begins.clone();
        different.sort_unstable();
        different.dedup();
        assert!(different.len() > 15, "{begins:?}");
    }

    #[test]
    fn what_does_not_fit_before_the_end_is_not_said() {
        let long = lengths(&[1_000]);
        let turns = plan([&long, &long], 0.5, 1_000, 7);
        assert!(turns.iter().all(Vec::is_empty));
    }

    proptest! {
        #[test]
        fn each_leg_speaks_its_share_and_never_over_itself(
            agent in proptest::collection::vec(40_usize..400, 1..8),
            customer in proptest::collection::vec(40_usize..400, 1..8),
            share in 0.1_f64..=0.5,
            seed in any::<u64>(),
        ) {
            // Both say as much on the whole, or one would have the larger share.
            let mut voices = [agent, customer];
            let said: usize = voices.iter().flatten().sum();
            for side in &mut voices {
                let mine: usize = side.iter().sum();
                let mean = (said as f64 / 2.0 / mine as f64 * 200.0) as usize;
                side.iter_mut().for_each(|voice| *voice = mean.clamp(40, 400));
            }
            let sides = [lengths(&voices[0]), lengths(&voices[1])];
            let packets = 200_000;
            let turns = plan([&sides[0], &sides[1]], share, packets, seed);
            let mut spoken = 0;
            for (turns, side) in turns.iter().zip(&sides) {
                for pair in turns.windows(2) {
                    prop_assert!(pair[0].at + side[pair[0].utterance].packets() <= pair[1].at);
                }
                spoken += turns.iter().map(|turn| side[turn.utterance].voice).sum::<usize>();
                prop_assert!(turns.iter().all(|turn| turn.at + side[turn.utterance].packets() <= packets));
            }
            let got = spoken as f64 / (2 * packets) as f64;
            // Where a short answer leaves a leg no time between two long turns, the next one waits.
            prop_assert!((0.75 * share..=1.02 * share).contains(&got), "{got} of {share}");
        }
    }
}
