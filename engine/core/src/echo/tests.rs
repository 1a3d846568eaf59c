//! Two legs that hear themselves, each other, or both.

use std::sync::Arc;

use sidetone_types::prng::SplitMix64;

use super::*;

/// Frames of silence before anybody speaks.
const BEFORE: usize = 50;

/// A voice: harmonics of a pitch that wanders under an envelope of syllables, and some breath.
fn voice(seed: u64, frames: usize) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed);
    let mut samples = vec![0.0; BEFORE * FRAME];
    let (mut phase, mut pitch) = (0.0_f32, 110.0 + 90.0 * rng.share());
    let mut colours = [0.0_f32; 12];
    let (mut loud, mut aim, mut left) = (0.0_f32, 0.0_f32, 0);
    for _ in 0..frames * FRAME {
        if left == 0 {
            left = 1_200 + rng.below(2_400);
            aim = if rng.below(4) == 0 {
                0.002
            } else {
                0.05 + 0.1 * rng.share()
            };
            pitch = (pitch * (0.85 + 0.3 * rng.share())).clamp(90.0, 260.0);
            colours = std::array::from_fn(|_| rng.share());
        }
        left -= 1;
        loud += (aim - loud) * 0.004;
        phase += std::f32::consts::TAU * pitch / 16_000.0;
        let tone: f32 = colours
            .iter()
            .zip(1_u8..)
            .map(|(c, n)| c * (f32::from(n) * phase).sin())
            .sum();
        samples.push(loud * (0.4 * tone + 0.5 * (rng.share() - 0.5)));
    }
    samples
}

/// `sound`, so many milliseconds later and so much weaker.
fn echo(sound: &[f32], late_ms: usize, gain: f32) -> Vec<f32> {
    let late = late_ms * 16;
    let earlier = std::iter::repeat_n(&0.0, late).chain(sound);
    earlier.take(sound.len()).map(|s| gain * s).collect()
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    let a = a.iter().copied().chain(std::iter::repeat(0.0));
    let b = b.iter().copied().chain(std::iter::repeat(0.0));
    a.zip(b)
        .take((BEFORE + 250) * FRAME)
        .map(|(a, b)| a + b)
        .collect()
}

/// Two legs side by side, the first one first, with some noise. Gives the frames of the second
/// one's voice, and those of them that were taken for voices at once.
fn listen(first: &[f32], second: &[f32]) -> (EchoDetector, Vec<usize>, Vec<usize>) {
    let mut rng = SplitMix64::new(9);
    let mut detector = EchoDetector::new(true);
    let (mut voiced, mut taken) = (Vec::new(), Vec::new());
    for i in 0..first.len().min(second.len()) / FRAME {
        for (leg, sound) in [(0, first), (1, second)] {
            let mut frame = [0.0; FRAME];
            for (to, from) in frame.iter_mut().zip(&sound[i * FRAME..]) {
                *to = from + 0.000_3 * (rng.share() - 0.5);
            }
            let loud = frame.iter().map(|s| s * s).sum::<f32>() > 1e-5 * FRAME as f32;
            let at = MediaTime::from_samples((i * FRAME) as u64);
            let own = detector.push(leg, at, &frame, loud);
            if leg == 1 && loud {
                voiced.push(i);
                taken.extend(own.then_some(i));
            }
        }
    }
    (detector, voiced, taken)
}

/// All that was said on the second leg, as one utterance.
fn spurt(sound: &[f32], voiced: &[usize]) -> Spurt {
    let at = |frame: usize| MediaTime::from_samples((frame * FRAME) as u64);
    Spurt {
        audio_start: at(0),
        start: at(voiced[0]),
        end: at(voiced[voiced.len() - 1] + 1),
        audio: Arc::from(&sound[..sound.len() / FRAME * FRAME]),
    }
}

#[test]
fn an_echo_is_no_utterance_however_late_and_weak_it_is() {
    for (case, (late_ms, gain)) in [(20, 0.7), (120, 0.2), (300, 0.1), (60, 0.5)]
        .into_iter()
        .enumerate()
    {
        let agent = voice(case as u64 + 1, 200);
        let customer = echo(&agent, late_ms, gain);
        let (mut detector, voiced, taken) = listen(&agent, &customer);
        assert!(voiced.len() > 80, "{case}: {}", voiced.len());
        assert!(taken.len() < 40, "{case}: {taken:?}");
        let own = detector.own_part(1, spurt(&customer, &voiced));
        assert!(own.is_none(), "{late_ms} ms, {gain}");
        let agents = detector.own_part(0, spurt(&agent, &voiced));
        assert!(
            agents.is_some_and(|own| own.audio[..] == agent[..]),
            "the source is none"
        );
    }
}

#[test]
fn two_who_speak_at_once_are_heard_whole() {
    for seed in 20..30 {
        let (agent, customer) = (voice(seed, 200), voice(seed + 100, 200));
        let (mut detector, voiced, taken) = listen(&agent, &customer);
        assert_eq!(taken, voiced, "{seed}");
        let before = spurt(&customer, &voiced);
        let own = detector.own_part(1, before.clone()).expect("a voice");
        assert!(Arc::ptr_eq(&own.audio, &before.audio), "{seed}");
    }
}

#[test]
fn of_an_utterance_that_follows_an_echo_the_echo_is_silenced() {
    let agent = sum(&voice(3, 100), &[]);
    let answer = [vec![0.0; 110 * FRAME], voice(4, 80)].concat();
    let customer = sum(&echo(&agent, 80, 0.4), &answer);
    let (mut detector, voiced, _) = listen(&agent, &customer);
    let own = detector
        .own_part(1, spurt(&customer, &voiced))
        .expect("an answer");
    let begins = own.start.samples() as usize / FRAME;
    assert!((BEFORE + 100..BEFORE + 125).contains(&begins), "{begins}");
    assert!(
        own.audio[..(BEFORE + 90) * FRAME]
            .iter()
            .all(|s| s.abs() < 0.01),
        "silenced"
    );
    let answered = (BEFORE + 125) * FRAME;
    assert_eq!(own.audio[answered..], customer[answered..own.audio.len()]);
}

#[test]
fn two_legs_with_one_sound_are_one_and_it_is_told_once() {
    for (case, late_ms) in [(0, 0), (1, 100), (2, 280)] {
        let mono = [voice(60 + case, 240), voice(70 + case, 240)].concat();
        for (kept, first, second) in [
            (0, mono.clone(), echo(&mono, late_ms, 0.95)),
            (1, echo(&mono, late_ms, 0.95), mono.clone()),
        ] {
            if late_ms == 0 && kept == 1 {
                continue;
            }
            let (mut detector, voiced, _) = listen(&first, &second);
            let sounds = [&first, &second];
            for (leg, sound) in sounds.into_iter().enumerate() {
                let own = detector.own_part(leg, spurt(sound, &voiced));
                assert_eq!(own.is_some(), leg == kept, "{late_ms} ms, leg {leg}");
                assert_eq!(detector.copy_changed(leg), (leg != kept).then_some(true));
                assert_eq!(detector.copy_changed(leg), None, "once");
            }
        }
    }
}

#[test]
fn a_steady_tone_is_its_own_legs() {
    let tone: Vec<f32> = (0..200 * FRAME)
        .map(|i| if i / 8 % 2 == 0 { 0.3 } else { -0.3 })
        .collect();
    let silence = vec![0.0; tone.len()];
    let (mut detector, voiced, taken) = listen(&silence, &tone);
    assert_eq!(voiced, taken);
    let before = spurt(&tone, &voiced);
    let own = detector.own_part(1, before.clone()).expect("a tone");
    assert!(Arc::ptr_eq(&own.audio, &before.audio));
}
