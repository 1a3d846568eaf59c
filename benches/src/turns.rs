//! What somebody says in the recorded calls of `tests/calls`.

use std::path::Path;
use std::sync::Arc;

use sidetone::audio_file::{AudioFileError, Recording};

const SAMPLES_PER_MS: usize = 16;

/// The channel of a recording that a side of the call is on.
#[derive(Clone, Copy, Debug)]
pub enum Channel {
    /// Left.
    Agent,
    /// Right.
    Customer,
}

/// The turns of `en-billing-dispute` that the benches listen to.
///
/// Each is cut to whole seconds, with the silence around it that the engine would leave too. The
/// turns' times are in the `.json` beside the recording.
pub struct Turns {
    agent: Vec<f32>,
    customer: Vec<f32>,
}

impl Turns {
    /// Reads the recording.
    pub fn open() -> Result<Self, AudioFileError> {
        let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/calls");
        let recording = Recording::open(&calls.join("en-billing-dispute.flac"))?.at_rate(16_000);
        let [agent, customer] = recording
            .channels
            .try_into()
            .expect("the agent is on the left and the customer on the right");
        Ok(Self { agent, customer })
    }

    /// 2 s: "All right. Thank you, goodbye."
    pub fn two_seconds(&self) -> Arc<[f32]> {
        self.cut(Channel::Customer, 47_250, 2_000).into()
    }

    /// Four turns of 5 s, two of each side.
    pub fn five_seconds(&self) -> [Arc<[f32]>; 4] {
        [
            (Channel::Customer, 5_450), // "Hi. I was charged twice on my invoice this month .."
            (Channel::Agent, 400),      // "Thank you for calling Northwind Telecom .."
            (Channel::Customer, 24_700), // "Yes, and this is the third time I have called .."
            (Channel::Agent, 30_100),   // "I understand your frustration. I will start a refund .."
        ]
        .map(|(channel, start_ms)| self.cut(channel, start_ms, 5_000).into())
    }

    /// 10 s: two turns of the agent, with no more than a breath between them.
    pub fn ten_seconds(&self) -> Arc<[f32]> {
        [(30_200, 4_800), (41_250, 5_200)]
            .map(|(start_ms, ms)| self.cut(Channel::Agent, start_ms, ms))
            .concat()
            .into()
    }

    fn cut(&self, channel: Channel, start_ms: usize, ms: usize) -> &[f32] {
        let pcm = match channel {
            Channel::Agent => &self.agent,
            Channel::Customer => &self.customer,
        };
        &pcm[start_ms * SAMPLES_PER_MS..][..ms * SAMPLES_PER_MS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rms(pcm: &[f32]) -> f32 {
        (pcm.iter().map(|sample| sample * sample).sum::<f32>() / pcm.len() as f32).sqrt()
    }

    #[test]
    fn turns_are_as_long_as_they_are_called_and_cut_where_nobody_speaks() {
        const EDGE: usize = 40 * SAMPLES_PER_MS;
        let turns = Turns::open().expect("the repository holds the recording");
        let fives = turns.five_seconds().map(|turn| (5, turn));
        let others = [(2, turns.two_seconds()), (10, turns.ten_seconds())];
        for (seconds, turn) in others.into_iter().chain(fives) {
            assert_eq!(turn.len(), seconds * 16_000);
            let voice = rms(&turn);
            for (edge, pcm) in [
                ("start", &turn[..EDGE]),
                ("end", &turn[turn.len() - EDGE..]),
            ] {
                let level = rms(pcm);
                assert!(
                    level < voice / 5.0,
                    "{seconds} s, {edge}: {level} of {voice}"
                );
            }
        }
    }
}
