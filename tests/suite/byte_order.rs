//! Whether samples have their bytes the right way round is heard from them: of people who speak and of
//! music, and not of noise, in whatever order it comes.

use sidetone_media::audio::{ByteOrder, ByteSpread, Codec, OrderWatch, encode, resample};
use sidetone_tests::kit::recording;
use sidetone_tests::signals::{NON_SPEECH, over_the_phone};

/// What is concluded of samples, as they are and with their bytes exchanged.
fn orders(samples: &[f32]) -> [ByteOrder; 2] {
    let of = |swap: bool| {
        let words = samples.iter().map(|sample| (sample * 32_767.0) as i16);
        let words = words.map(|word| if swap { word.swap_bytes() } else { word });
        let read: Vec<f32> = words.map(|word| f32::from(word) / 32_768.0).collect();
        let mut watch = OrderWatch::default();
        watch.push(&read);
        watch.order()
    };
    [of(false), of(true)]
}

/// Whether samples, as they are sent over a telephone, look like something that is encrypted.
fn looks_encrypted(samples: &[f32]) -> bool {
    [Codec::Pcmu, Codec::Pcma].into_iter().any(|codec| {
        let mut spread = ByteSpread::default();
        // At any moment.
        encode(codec, samples).chunks(160).any(|packet| {
            spread.push(packet);
            spread.is_even()
        })
    })
}

#[test]
fn speech_tells_the_order_of_its_bytes() {
    for name in [
        "en-billing-dispute",
        "en-router-fault",
        "zh-double-charge",
        "zh-refund-complaint",
    ] {
        let call = recording(name);
        for channel in &call.channels {
            assert!(!looks_encrypted(channel), "{name}");
            // Both sides pause much of the time, and were quieter once.
            let sound = channel
                .iter()
                .map(|sample| sample * 0.25)
                .collect::<Vec<_>>();
            let wide = resample(&sound, call.rate_hz, 16_000);
            let expected = [ByteOrder::Right, ByteOrder::Swapped];
            for sound in [channel, &sound, &wide] {
                assert_eq!(orders(sound), expected, "{name}");
                let few = &sound[..sound.len().min(20 * call.rate_hz as usize)];
                assert_eq!(orders(few), expected, "{name}, its beginning");
            }
        }
    }
}

#[test]
fn noise_music_and_tones_are_never_taken_for_the_other_order() {
    for (name, signal) in NON_SPEECH {
        let wide = signal(20.0, 7);
        let telephone = over_the_phone(&wide);
        let narrow = resample(&telephone, 16_000, 8_000);
        for (band, sound) in [("wide", wide), ("telephone", telephone), ("narrow", narrow)] {
            let peak = sound
                .iter()
                .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            for loudness in [1.0, 0.95 / peak.max(1e-3), 0.01] {
                let sound: Vec<f32> = sound
                    .iter()
                    .map(|one| (one * loudness).clamp(-1.0, 1.0))
                    .collect();
                assert!(!looks_encrypted(&sound), "{name}, {band}, {loudness}");
                let [right, swapped] = orders(&sound);
                assert_ne!(right, ByteOrder::Swapped, "{name}, {band}, {loudness}");
                assert_ne!(swapped, ByteOrder::Right, "{name}, {band}, {loudness}");
            }
        }
    }
}
