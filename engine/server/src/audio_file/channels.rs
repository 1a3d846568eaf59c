//! Which channel of a recording is whose, and whether two of them are one.

use std::fmt;
use std::str::FromStr;

use sidetone_types::party::Role;

/// Whose sound is on which channel, counted from 0: `agent=0,customer=1`, or one of them alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelMap {
    agent: Option<usize>,
    customer: Option<usize>,
}

/// What is no [`ChannelMap`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChannelMapError {
    /// It is written in another way.
    #[error("`{0}` does not say whose channel it is; write `agent=0,customer=1`")]
    Form(String),
    /// A side has two channels.
    #[error("the {} has two channels; name one", .0.as_str())]
    RoleTwice(Role),
    /// A channel belongs to both sides.
    #[error("channel {0} belongs to both sides; name one channel each")]
    ChannelTwice(usize),
}

impl ChannelMap {
    /// Who is listened to, if it is one side alone.
    pub fn only(&self) -> Option<Role> {
        match (self.agent, self.customer) {
            (Some(_), None) => Some(Role::Agent),
            (None, Some(_)) => Some(Role::Customer),
            _ => None,
        }
    }

    /// The channels that are named, the agent's first.
    pub fn in_order(&self) -> impl Iterator<Item = usize> {
        self.agent.into_iter().chain(self.customer)
    }
}

impl FromStr for ChannelMap {
    type Err = ChannelMapError;

    fn from_str(text: &str) -> Result<Self, ChannelMapError> {
        let (mut agent, mut customer) = (None, None);
        for item in text.split(',') {
            let form = || ChannelMapError::Form(item.to_owned());
            let (name, channel) = item.split_once('=').ok_or_else(form)?;
            let channel = channel.trim().parse().map_err(|_| form())?;
            let (role, side) = match name.trim() {
                "agent" => (Role::Agent, &mut agent),
                "customer" => (Role::Customer, &mut customer),
                _ => return Err(form()),
            };
            if side.replace(channel).is_some() {
                return Err(ChannelMapError::RoleTwice(role));
            }
        }
        match (agent, customer) {
            (Some(one), Some(other)) if one == other => Err(ChannelMapError::ChannelTwice(one)),
            _ => Ok(Self { agent, customer }),
        }
    }
}

/// How loud each channel of a recording is, for messages: `0: -21 dB, 1: silent`.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels(
    /// Root mean square of all samples, in dB of full scale.
    Vec<f32>,
);

/// Up to here nobody speaks: the smallest steps of G.711 are at -78 dB.
const SILENT_DB: f32 = -70.0;

impl Levels {
    pub(super) fn of(channels: &[Vec<f32>]) -> Self {
        Self(channels.iter().map(|samples| level_db(samples)).collect())
    }

    /// How many channels there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (channel, level) in self.0.iter().enumerate() {
            let comma = if channel > 0 { ", " } else { "" };
            match *level {
                db if db > SILENT_DB => write!(f, "{comma}{channel}: {db:.0} dB")?,
                _ => write!(f, "{comma}{channel}: silent")?,
            }
        }
        Ok(())
    }
}

fn level_db(samples: &[f32]) -> f32 {
    let energy: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    (10.0 * (energy / samples.len().max(1) as f64).log10()) as f32
}

/// One of two channels may come so much later than the other and still be its copy. An echo comes
/// later.
const LONGEST_LAG_MS: u32 = 40;
/// And it may be so much quieter, as a ratio of levels: 6 dB. An echo is quieter.
const LEAST_GAIN: f64 = 0.5;
/// How well each second of the copy fits, as a correlation. Two laws of G.711 and half a sample of
/// lag leave more.
const LEAST_CORRELATION: f64 = 0.8;
/// Seconds quieter than this are noise, and tell nothing: root mean square, as a part of the
/// loudest second's...
const QUIET: f64 = 0.01;
/// ... and of full scale: -60 dB.
const SILENT: f64 = 0.001;

/// Of two channels that carry the same sound, the one that is louder: 0 or 1.
///
/// They do if each second in which anybody is heard is the same on both but for one delay and one
/// gain. Two people on two channels differ wherever either speaks, however much of the other is
/// heard behind.
pub(super) fn same_sound(one: &[f32], other: &[f32], rate_hz: u32) -> Option<usize> {
    let second = rate_hz as usize;
    let loudest = one
        .chunks(second)
        .enumerate()
        .max_by(|(_, a), (_, b)| energy(a).total_cmp(&energy(b)))
        .map(|(n, _)| n * second)?;
    let longest = (rate_hz * LONGEST_LAG_MS / 1_000) as isize;
    let lag = (-longest..=longest)
        .map(|lag| (lag, Match::of(one, other, loudest, second, lag)))
        .max_by(|(_, a), (_, b)| a.correlation().total_cmp(&b.correlation()))
        .map(|(lag, _)| lag)?;
    let seconds: Vec<Match> = (0..one.len())
        .step_by(second)
        .map(|from| Match::of(one, other, from, second, lag))
        .collect();
    let floor = seconds.iter().map(Match::level).fold(0.0, f64::max) * QUIET;
    let mut heard = seconds
        .iter()
        .filter(|second| second.level() > floor.max(SILENT))
        .peekable();
    heard.peek()?;
    let mut whole = Match::default();
    for second in heard {
        if second.correlation() < LEAST_CORRELATION {
            return None;
        }
        whole.one += second.one;
        whole.other += second.other;
    }
    let gain = (whole.one.min(whole.other) / whole.one.max(whole.other)).sqrt();
    (gain >= LEAST_GAIN).then_some(usize::from(whole.other > whole.one))
}

fn energy(samples: &[f32]) -> f64 {
    samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum()
}

/// How a stretch of one channel and of the other compare: energies, and the product of both.
#[derive(Clone, Copy, Debug, Default)]
struct Match {
    one: f64,
    other: f64,
    product: f64,
    samples: usize,
}

impl Match {
    /// Compares `one[from..from + len]` with what is `lag` samples later in `other`, as far as
    /// there is something.
    fn of(one: &[f32], other: &[f32], from: usize, len: usize, lag: isize) -> Self {
        let from_one = from.max(lag.min(0).unsigned_abs());
        let until = (from + len).min(one.len());
        let from_other = from_one.saturating_add_signed(lag);
        let one = one.get(from_one..until).unwrap_or_default();
        let other = other.get(from_other..).unwrap_or_default();
        let mut sum = Self {
            samples: one.len().min(other.len()),
            ..Self::default()
        };
        for (&a, &b) in one.iter().zip(other) {
            let (a, b) = (f64::from(a), f64::from(b));
            sum.one += a * a;
            sum.other += b * b;
            sum.product += a * b;
        }
        sum
    }

    /// In [0, 1]: inverted polarity does not matter.
    fn correlation(&self) -> f64 {
        let both = (self.one * self.other).sqrt();
        if both > 0.0 {
            self.product.abs() / both
        } else {
            0.0
        }
    }

    /// The level of the louder channel: root mean square.
    fn level(&self) -> f64 {
        (self.one.max(self.other) / self.samples.max(1) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use sidetone_media::audio::{Codec, decode, encode};

    use super::*;
    use crate::audio_file::Recording;

    const RATE: u32 = 8_000;

    /// Agent and customer of a call: each is silent while the other speaks.
    fn call() -> [Vec<f32>; 2] {
        const CALL: &[u8] = include_bytes!("../../../../tests/calls/en-billing-dispute.flac");
        let recording = Recording::from_bytes("call.flac", CALL).expect("a recording of ours");
        recording.channels.try_into().expect("two channels")
    }

    fn mixed([agent, customer]: &[Vec<f32>; 2]) -> Vec<f32> {
        agent.iter().zip(customer).map(|(a, b)| a + b).collect()
    }

    /// The sound `ms` later and `gain` times as loud, as long as it was.
    fn later(sound: &[f32], ms: usize, gain: f32) -> Vec<f32> {
        let mut later = vec![0.0; ms * RATE as usize / 1_000];
        later.extend(sound.iter().map(|sample| gain * sample));
        later.truncate(sound.len());
        later
    }

    #[test]
    fn a_recording_of_one_channel_that_was_saved_as_two_is_found_out() {
        let mono = mixed(&call());
        let coarse = |sound: &[f32]| decode(Codec::Pcmu, &encode(Codec::Pcmu, sound));
        let turned: Vec<f32> = mono.iter().map(|sample| -sample).collect();
        // Which one is left does not matter where both are alike.
        for (case, one, other, louder) in [
            ("the same", mono.clone(), mono.clone(), None),
            ("right later", mono.clone(), later(&mono, 15, 1.0), None),
            ("left later", later(&mono, 30, 1.0), mono.clone(), None),
            ("right quieter", mono.clone(), later(&mono, 0, 0.7), Some(0)),
            (
                "left later, quieter",
                later(&mono, 7, 0.6),
                mono.clone(),
                Some(1),
            ),
            (
                "coded",
                coarse(&mono),
                coarse(&later(&mono, 3, 0.8)),
                Some(0),
            ),
            ("inverted polarity", mono.clone(), turned, None),
            (
                "one longer",
                mono.clone(),
                mono[..mono.len() - 900].to_vec(),
                None,
            ),
        ] {
            let found = same_sound(&one, &other, RATE);
            assert!(found.is_some(), "{case}");
            assert!(louder.is_none() || found == louder, "{case}: {found:?}");
        }
    }

    #[test]
    fn two_sides_of_a_call_are_two_whatever_leaks() {
        let [agent, customer] = call();
        let mono = mixed(&[agent.clone(), customer.clone()]);
        let nothing = vec![0.0; agent.len()];
        let leaky = |own: &[f32], other: &[f32]| -> Vec<f32> {
            own.iter()
                .zip(other)
                .map(|(own, other)| own + 0.5 * other)
                .collect()
        };
        // One word of somebody else, in one of the channels.
        let mut word = mono.clone();
        for (n, sample) in word[80_000..88_000].iter_mut().enumerate() {
            *sample += 0.2 * (n as f32 * 0.3).sin();
        }
        for (case, one, other) in [
            ("a call", agent.clone(), customer.clone()),
            ("leaks", leaky(&agent, &customer), leaky(&customer, &agent)),
            ("an echo", agent.clone(), later(&agent, 120, 0.7)),
            ("a quiet echo", agent.clone(), later(&agent, 20, 0.2)),
            ("one side", agent, nothing.clone()),
            ("one word more", mono, word),
            ("nobody", nothing.clone(), nothing),
            ("no sound", Vec::new(), Vec::new()),
        ] {
            assert_eq!(same_sound(&one, &other, RATE), None, "{case}");
        }
    }

    #[test]
    fn channels_are_named_by_whose_they_are() {
        for (text, order, only) in [
            ("agent=0,customer=1", vec![0, 1], None),
            ("customer=0,agent=1", vec![1, 0], None),
            ("agent=3, customer=1", vec![3, 1], None),
            ("customer=2", vec![2], Some(Role::Customer)),
            ("agent=0", vec![0], Some(Role::Agent)),
        ] {
            let map: ChannelMap = text.parse().expect(text);
            assert_eq!(map.in_order().collect::<Vec<_>>(), order, "{text}");
            assert_eq!(map.only(), only, "{text}");
        }
        let form = |item: &str| ChannelMapError::Form(item.to_owned());
        for (text, error) in [
            ("", form("")),
            ("0,1", form("0")),
            ("agent=left", form("agent=left")),
            ("agent=-1", form("agent=-1")),
            ("boss=0", form("boss=0")),
            ("agent=0,agent=1", ChannelMapError::RoleTwice(Role::Agent)),
            ("agent=1,customer=1", ChannelMapError::ChannelTwice(1)),
        ] {
            assert_eq!(text.parse::<ChannelMap>(), Err(error), "{text}");
        }
    }

    #[test]
    fn levels_tell_silent_channels_from_others() {
        let channels = [vec![0.1; 100], vec![1e-4; 100], vec![0.5; 100]];
        let levels = Levels::of(&channels);
        assert_eq!(levels.to_string(), "0: -20 dB, 1: silent, 2: -6 dB");
    }
}
