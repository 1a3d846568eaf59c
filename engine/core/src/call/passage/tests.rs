//! Which utterances are heard again as one, and which words each gets of it.

use proptest::prelude::*;

use super::*;
use sidetone_types::party::Role;

fn heard(number: u64, start_ms: u64, voice_ms: u64) -> Heard {
    let audio = vec![0.0; voice_ms as usize * 16];
    let spurt = Spurt {
        audio_start: MediaTime::from_millis(start_ms),
        start: MediaTime::from_millis(start_ms),
        end: MediaTime::from_millis(start_ms + voice_ms),
        audio: audio.into(),
    };
    let party = Party::of_role(Role::Customer);
    Heard::new(
        (UtteranceId(number), &party),
        &spurt,
        (None, Vec::new()),
        false,
    )
}

proptest! {
    #[test]
    fn every_utterance_is_in_one_passage_and_none_is_too_long(
        parts in prop::collection::vec((200_u64..20_000, 0_u64..4_000), 1..30),
    ) {
        let join = Duration::from_millis(1_500);
        let (mut passage, mut at, mut seen) = (Passage::default(), 0, Vec::new());
        let mut take = |passage: &mut Passage, over| {
            while let Some(whole) = passage.take_whole(join, over) {
                let first = whole.audio_start();
                let length = whole.0.last().map(|last| last.audio_end().since(first));
                assert!(whole.0.len() == 1 || length <= Some(LONGEST), "{length:?}");
                assert!(whole.0.windows(2).all(|pair| pair[1].start.since(pair[0].end) <= join));
                seen.extend(whole.0.iter().map(|heard| heard.utterance.0));
            }
        };
        for (number, (voice, pause)) in (0..).zip(&parts) {
            passage.add(heard(number, at, *voice));
            at += voice + pause;
            take(&mut passage, false);
            prop_assert!(passage.0.iter().map(|heard| heard.audio.len()).sum::<usize>() <= 16_000 * 20);
        }
        take(&mut passage, true);
        prop_assert_eq!(seen, (0..parts.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn lines_that_differ_in_marks_and_capitals_have_the_same_words() {
    for (a, b, same) in [
        (
            "Yes. I was charged twice.",
            "yes, I was charged twice",
            true,
        ),
        ("a nice", "an ice", false),
        ("是的，我要退款。", "是的我要退款", true),
        ("", "w0", false),
    ] {
        assert_eq!(same_words(a, b), same, "{a} / {b}");
    }
}

#[test]
fn an_utterance_without_words_keeps_two_languages_apart() {
    let party = Party::of_role(Role::Customer);
    let utterance = |number: u64, lang: Option<Lang>| {
        let start = MediaTime::from_millis(2_000 * number);
        let spurt = Spurt {
            audio_start: start,
            start,
            end: MediaTime::from_millis(2_000 * number + 1_000),
            audio: vec![0.0; 16_000].into(),
        };
        let said = lang.map(|lang| StableWords {
            utterance: UtteranceId(number),
            side: Role::Customer.side(),
            lang,
            words: Vec::new(),
            finished: true,
        });
        Heard::new(
            (UtteranceId(number), &party),
            &spurt,
            (said, Vec::new()),
            false,
        )
    };
    let mut passage = Passage::default();
    for (number, lang) in [(0, Some(Lang::EN)), (1, None), (2, Some(Lang::ZH))] {
        passage.add(utterance(number, lang));
    }
    let mut taken = Vec::new();
    while let Some(whole) = passage.take_whole(Duration::from_secs(5), true) {
        taken.push(whole.0.len());
    }
    assert_eq!(taken, [2, 1]);
}

/// Words of 300 ms each that end at these times, of this confidence.
fn timed(words: &[(&str, u64)], confidence: f32) -> Vec<TimedWord> {
    let word = |(word, end): &(&str, u64)| TimedWord {
        word: (*word).to_owned(),
        spaced: format!(" {word}"),
        start: MediaTime::from_millis(end - 300),
        end: MediaTime::from_millis(*end),
        confidence,
    };
    words.iter().map(word).collect()
}

/// Utterances of 2 s and pauses of as long, with these words.
fn passage(lines: &[&str]) -> Passage {
    let mut passage = Passage::default();
    for (number, text) in (0..).zip(lines) {
        let start = 4_000 * number;
        let mut heard = heard(number, start, 2_000);
        let words: Vec<&str> = text.split_whitespace().collect();
        let times = (1..).map(|i| start + 350 * i);
        let words: Vec<(&str, u64)> = words.into_iter().zip(times).collect();
        heard.said = Some(StableWords {
            utterance: UtteranceId(number),
            side: Role::Customer.side(),
            lang: Lang::EN,
            words: timed(&words, 0.8),
            finished: true,
        });
        passage.add(heard);
    }
    passage
}

/// Which utterances get which words.
fn told(passage: &Passage, words: Vec<TimedWord>) -> Option<Vec<(u64, String)>> {
    let truer = passage.truer(words)?;
    let told = truer.iter().map(|(heard, words)| {
        let inside = |word: &TimedWord| word.start >= heard.start && word.end <= heard.end;
        assert!(words.iter().all(inside), "words lie in their utterance");
        (heard.utterance.0, line(words))
    });
    Some(told.collect())
}

#[test]
fn words_stay_with_their_utterance_whatever_their_times_are() {
    let passage = passage(&["I drive a", "tesla model three"]);
    let mut words = timed(
        &[
            ("I", 400),
            ("drive", 800),
            ("an", 1_200),
            ("old", 1_700),
            ("tesla", 4_400),
            ("model", 4_800),
            ("three", 5_200),
        ],
        0.8,
    );
    words[4].start = MediaTime::from_millis(1_700);
    let expected = vec![(0, "I drive an old".to_owned())];
    assert_eq!(told(&passage, words), Some(expected));
}

#[test]
fn a_word_with_a_pause_in_it_stays_on_the_side_where_it_was_said() {
    let passage = passage(&["in real-time", "absolutely yes"]);
    for (case, start, end, expected) in [
        (
            "the pause behind it",
            1_200,
            3_900,
            ["in real time", "absolutely yes"],
        ),
        (
            "the pause in front of it",
            2_000,
            4_300,
            ["in real", "time absolutely yes"],
        ),
        (
            "within the pause, near its end",
            2_500,
            3_600,
            ["in real", "time absolutely yes"],
        ),
    ] {
        let words = [
            ("in", 400),
            ("real", 1_000),
            ("time", end),
            ("absolutely", 4_400),
            ("yes", 5_000),
        ];
        let mut words = timed(&words, 0.8);
        words[2].start = MediaTime::from_millis(start);
        words[3].start = MediaTime::from_millis(4_350);
        let shares = passage.shared_out(words);
        let lines: Vec<String> = shares.iter().map(|words| line(words)).collect();
        assert_eq!(lines, expected, "{case}");
    }
}

#[test]
fn live_words_are_believed_rather_than_worse_ones() {
    let live = passage(&["it is 415 555 0117", "this is unacceptable"]);
    let same = [("this", 4_400), ("is", 4_800), ("unacceptable", 5_200)];
    for (case, first, confidence, believed) in [
        (
            "another figure",
            &[
                ("it", 400),
                ("is", 800),
                ("415", 1_200),
                ("555", 1_500),
                ("0118", 1_900),
            ][..],
            0.8,
            true,
        ),
        (
            "a figure is lost",
            &[
                ("it", 400),
                ("is", 800),
                ("415", 1_200),
                ("555", 1_500),
                ("011", 1_900),
            ][..],
            0.8,
            false,
        ),
        (
            "unlikelier words",
            &[
                ("it", 400),
                ("is", 800),
                ("415", 1_200),
                ("555", 1_500),
                ("0118", 1_900),
            ][..],
            0.7,
            false,
        ),
        (
            "made up words",
            &[
                ("it", 400),
                ("is", 800),
                ("415", 1_200),
                ("555", 1_500),
                ("0117", 1_700),
                ("and", 1_800),
                ("that", 1_850),
                ("is", 1_870),
                ("all", 1_900),
                ("of", 1_950),
                ("it", 1_990),
            ][..],
            0.8,
            false,
        ),
        (
            "a few letters less",
            &[("415", 1_200), ("555", 1_500), ("0117", 1_900)][..],
            0.8,
            true,
        ),
        ("none is left", &[][..], 0.8, false),
    ] {
        let words = [first, &same].concat();
        let told = told(&live, timed(&words, confidence));
        assert_eq!(told.is_some(), believed, "{case}: {told:?}");
    }
}
