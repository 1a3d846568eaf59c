use proptest::prelude::*;

use super::*;

fn run(config: &SegmentConfig, voice: impl IntoIterator<Item = bool>) -> Vec<Cue> {
    let mut segmenter = Segmenter::new(config.clone());
    let mut cues: Vec<Cue> = voice
        .into_iter()
        .enumerate()
        .flat_map(|(i, voiced)| {
            // Each frame carries its own number, so that a test can tell what was kept.
            segmenter.push(&[i as f32 / 1e6; FRAME], voiced, MediaTime::ZERO)
        })
        .collect();
    cues.extend(segmenter.flush());
    cues
}

fn ends(cues: &[Cue]) -> Vec<(u64, u64)> {
    cues.iter()
        .filter_map(|cue| match cue {
            Cue::End(spurt) => Some((spurt.start.as_millis(), spurt.end.as_millis())),
            _ => None,
        })
        .collect()
}

fn voice(pattern: &[(bool, usize)]) -> Vec<bool> {
    pattern
        .iter()
        .flat_map(|&(voiced, ms)| vec![voiced; ms / 20])
        .collect()
}

#[test]
fn spurts_begin_and_end_where_voice_does() {
    let config = SegmentConfig::default();
    for (case, pattern, expected) in [
        (
            "one word",
            vec![(false, 1000), (true, 400), (false, 1000)],
            vec![(1000, 1400)],
        ),
        (
            "a short pause stays inside",
            vec![(true, 400), (false, 300), (true, 400), (false, 800)],
            vec![(0, 1100)],
        ),
        (
            "a long pause splits",
            vec![(true, 400), (false, 700), (true, 400)],
            vec![(0, 400), (1100, 1500)],
        ),
        (
            "a click is nothing",
            vec![(false, 500), (true, 40), (false, 1000)],
            vec![],
        ),
        (
            "a blip is dropped",
            vec![(false, 500), (true, 80), (false, 1000)],
            vec![],
        ),
        (
            "call ends while speaking",
            vec![(false, 200), (true, 600)],
            vec![(200, 800)],
        ),
    ] {
        assert_eq!(ends(&run(&config, voice(&pattern))), expected, "{case}");
    }
}

#[test]
fn sound_before_and_after_the_voice_is_kept() {
    let config = SegmentConfig::default();
    let cues = run(&config, voice(&[(false, 1000), (true, 400), (false, 1000)]));
    let Some(Cue::End(spurt)) = cues.last() else {
        panic!("no utterance")
    };
    assert_eq!(spurt.audio_start.as_millis(), 1000 - 240);
    assert_eq!(spurt.audio.len(), (240 + 400 + 200) * 16);
    assert_eq!(spurt.audio[0], 38.0 / 1e6, "the frame at 760 ms");
}

#[test]
fn a_look_at_the_pause_hears_exactly_what_the_final_does() {
    let config = SegmentConfig::default();
    let mut segmenter = Segmenter::new(config);
    let mut looked = None;
    for (i, voiced) in voice(&[(false, 400), (true, 600), (false, 800)])
        .into_iter()
        .enumerate()
    {
        for cue in segmenter.push(&[i as f32 / 1e6; FRAME], voiced, MediaTime::ZERO) {
            match cue {
                Cue::Pause => looked = segmenter.so_far(),
                Cue::End(spurt) => {
                    let look = looked.take().expect("a pause comes before the end");
                    assert_eq!(look.audio, spurt.audio);
                    return;
                }
                _ => {}
            }
        }
    }
    panic!("no end");
}

#[test]
fn endless_speech_is_cut_at_its_quietest_place_and_not_in_promised_words() {
    let config = SegmentConfig::default();
    for (confirmed_s, expected_cut_ms) in [(0, 13_000), (15, 17_000)] {
        let mut segmenter = Segmenter::new(config.clone());
        let mut cut = None;
        for i in 0..2000_u64 {
            let quiet = (13_000 / 20 - 2..13_000 / 20 + 3).contains(&i)
                || (17_000 / 20 - 2..17_000 / 20 + 3).contains(&i);
            let level = match (quiet, i < 700) {
                (true, true) => 0.001,
                (true, false) => 0.002,
                (false, _) => 0.1,
            };
            let cues = segmenter.push(
                &[level; FRAME],
                true,
                MediaTime::from_millis(confirmed_s * 1000),
            );
            if let Some(Cue::End(spurt)) = cues.into_iter().find(|cue| matches!(cue, Cue::End(_))) {
                cut = Some(spurt);
                break;
            }
        }
        let end = cut.expect("a cut").end.as_millis();
        assert!(
            end.abs_diff(expected_cut_ms) <= 40,
            "cut at {end} ms, expected {expected_cut_ms}"
        );
    }
}

#[test]
fn a_long_speech_ends_at_the_first_pause_past_the_soft_limit() {
    let config = SegmentConfig::default();
    let cues = run(
        &config,
        voice(&[(true, 13_000), (false, 220), (true, 1000), (false, 1000)]),
    );
    assert_eq!(ends(&cues), [(0, 13_000), (13_220, 14_220)]);
}

proptest! {
    #[test]
    fn spurts_are_in_order_bounded_and_begin_before_they_end(
        voice in prop::collection::vec(prop::bool::weighted(0.6), 0..4000),
    ) {
        let config = SegmentConfig::default();
        let mut open = false;
        let mut last_end = MediaTime::ZERO;
        for cue in run(&config, voice) {
            match cue {
                Cue::Begin(_) => { prop_assert!(!open); open = true; }
                Cue::Pause => prop_assert!(open),
                Cue::Dropped(_) => { prop_assert!(open); open = false; }
                Cue::End(spurt) => {
                    prop_assert!(open);
                    open = false;
                    prop_assert!(spurt.audio_start <= spurt.start && spurt.start < spurt.end);
                    prop_assert!(last_end <= spurt.start);
                    prop_assert!(spurt.audio.len() <= 28 * SAMPLE_RATE as usize);
                    last_end = spurt.end;
                }
            }
        }
        prop_assert!(!open);
    }
}
