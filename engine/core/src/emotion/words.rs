//! What words add to how strained somebody is.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::MandarinWords;
use sidetone_language::negation;
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;
use sidetone_types::id::UtteranceId;
use sidetone_types::time::MediaTime;

use super::either;

/// What an angry word or a threat adds, in [0, 1]: alone it is just worth a look.
const ANGER: f32 = 0.4;
/// What a promise adds that was not kept.
const BROKEN: f32 = 0.25;
/// What it adds that this is not the first call.
const AGAIN: f32 = 0.2;
/// So many of one kind count in an utterance: who goes on and on is not angrier for each word.
const MOST: usize = 2;
/// A raised voice makes words weigh so much more at most.
const RAISED: f32 = 0.5;
/// Thanks leave so much of what was said before.
const RELIEVED: f32 = 0.5;
/// What was said weighs a third after this time.
const FADES_OVER: Duration = Duration::from_secs(60);
/// By then nothing worth counting is left of it.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);
/// A negation is looked for so many words back.
const NEGATED_WITHIN: usize = 16;

/// What an utterance has of each kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Signs {
    anger: usize,
    broken: usize,
    again: usize,
    relief: usize,
}

impl Signs {
    /// Those that are meant in what was said: nobody is "not angry", 不生气.
    pub fn of(lexicon: &Lexicon, text: &str) -> Self {
        let tokens = lexicon.tokenise(text);
        let lists = &lexicon.strain;
        let harmless = places(&lists.harmless, &tokens, |_| true);
        let mut words = None;
        let mut count = |phrases: &Phrases| {
            let meant = places(phrases, &tokens, |place| {
                let span = tokens[place.start].span.start..tokens[place.end - 1].span.end;
                let denied = || {
                    negation::is_denied(lexicon, &tokens, place.clone(), NEGATED_WITHIN, |_| false)
                };
                !harmless.iter().any(|words| words.contains(&place.start))
                    && !denied()
                    && !words
                        .get_or_insert_with(|| MandarinWords::of(text))
                        .are_cut_by(&span)
            });
            meant.len().min(MOST)
        };
        Self {
            anger: count(&lists.anger),
            broken: count(&lists.broken),
            again: count(&lexicon.risks.again).min(1),
            relief: count(&lists.relief),
        }
    }

    /// What they come to, in [0, 1], in a voice `raised` so much, in [0, 1] too.
    fn weight(&self, raised: f32) -> f32 {
        let louder = 1.0 + RAISED * raised;
        let kinds = [
            (self.anger, ANGER),
            (self.broken, BROKEN),
            (self.again, AGAIN),
        ];
        let each = kinds.into_iter().flat_map(|(count, weight)| {
            let weight = (weight * louder).min(1.0);
            std::iter::repeat_n(weight, count)
        });
        each.fold(0.0, either)
    }

    /// Thanks, and nothing that speaks against them: "thanks, but this is ridiculous".
    fn are_relief(&self) -> bool {
        self.relief > 0 && self.anger + self.broken + self.again == 0
    }

    /// By how much they make anger likelier and happiness less so than the voice alone, as the
    /// logarithm of odds.
    pub(super) fn tilt(&self) -> f32 {
        match self {
            _ if self.anger > 0 => 2.0,
            _ if self.broken + self.again > 0 => 1.0,
            _ if self.are_relief() => -1.0,
            _ => 0.0,
        }
    }
}

/// Where one of `phrases` fits and `is_meant`, none of which begins within another.
fn places(
    phrases: &Phrases,
    tokens: &[Token],
    mut is_meant: impl FnMut(&Range<usize>) -> bool,
) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let place = phrases.longest_at(tokens, at).map(|end| at..end);
        let place = place.filter(|place| is_meant(place));
        at = place.as_ref().map_or(at + 1, |place| place.end);
        places.extend(place);
    }
    places
}

/// What an utterance has told so far.
#[derive(Clone, Debug)]
struct Told {
    utterance: UtteranceId,
    at: MediaTime,
    signs: Signs,
    weight: f32,
}

/// The strain in what one side says.
///
/// Each sign adds a share of what is missing to 1, so that more of them mean more strain and never
/// too much. It fades with time, and is halved by thanks.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// The last utterances, in the order in which they were begun. Looks at one may come between
    /// those at another, and each counts once however often it is looked at.
    told: VecDeque<Told>,
}

impl Words {
    /// Takes all that is known of an utterance up to `at`; without `signs`, what was known of it
    /// stands.
    pub fn observe(
        &mut self,
        utterance: UtteranceId,
        at: MediaTime,
        signs: Option<Signs>,
        raised: f32,
    ) {
        let place = self.told.partition_point(|told| told.utterance < utterance);
        if self
            .told
            .get(place)
            .is_none_or(|told| told.utterance != utterance)
        {
            let told = Told {
                utterance,
                at,
                signs: Signs::default(),
                weight: 0.0,
            };
            self.told.insert(place, told);
        }
        if let Some(told) = self.told.get_mut(place) {
            told.at = told.at.max(at);
            told.signs = signs.unwrap_or(told.signs);
            told.weight = told.signs.weight(raised);
        }
        self.told
            .retain(|told| at.since(told.at.min(at)) < FORGOTTEN_AFTER);
    }

    /// What is known of an utterance.
    pub fn signs(&self, utterance: UtteranceId) -> Signs {
        let told = self.told.iter().find(|told| told.utterance == utterance);
        told.map_or_else(Signs::default, |told| told.signs)
    }

    /// How strained the words are by now.
    pub fn strain(&self) -> f32 {
        let mut told = self.told.iter();
        let Some(first) = told.next() else { return 0.0 };
        let next = |(strain, before): (f32, MediaTime), told: &Told| {
            let passed = told.at.since(before.min(told.at));
            let faded = strain * (-passed.as_secs_f32() / FADES_OVER.as_secs_f32()).exp();
            let relieved = match told.signs.are_relief() {
                true => RELIEVED,
                false => 1.0,
            };
            (either(faded * relieved, told.weight), before.max(told.at))
        };
        told.fold((first.weight, first.at), next).0
    }

    /// Whether `signs` of an utterance, looked at once more, change it.
    pub fn are_moved_by(&self, utterance: UtteranceId, signs: Signs) -> bool {
        let counts = signs.weight(0.0) > 0.0 || (signs.are_relief() && self.strain() > 0.0);
        counts && signs != self.signs(utterance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::STRAINED;

    /// How strained the words of the customer are after each turn of a scripted call, and whether the
    /// script has them angry there.
    fn course_of(script: &str) -> Vec<(bool, f32)> {
        let script: serde_json::Value = serde_json::from_str(script).expect("a script");
        let turns = script["turns"].as_array().expect("turns").iter();
        let own = turns.filter(|turn| turn["speaker"] == "customer");
        let mut words = Words::default();
        let strains = own.zip(1..).map(|(turn, utterance)| {
            let end = 1000.0 * turn["end_s"].as_f64().expect("seconds");
            let signs = signs(turn["text"].as_str().expect("words"));
            let at = MediaTime::from_millis(end as u64);
            words.observe(UtteranceId(utterance), at, Some(signs), 0.0);
            (turn["mood"] == "angry", words.strain())
        });
        strains.collect()
    }

    #[test]
    fn scripted_calls_are_strained_where_somebody_is_angry_and_nowhere_else() {
        for (call, script) in [
            (
                "en-billing-dispute",
                include_str!("../../../../tests/calls/en-billing-dispute.json"),
            ),
            (
                "en-duplicate-payment",
                include_str!("../../../../tests/calls/en-duplicate-payment.json"),
            ),
            (
                "en-engineer-visit",
                include_str!("../../../../tests/calls/en-engineer-visit.json"),
            ),
            (
                "en-router-fault",
                include_str!("../../../../tests/calls/en-router-fault.json"),
            ),
            (
                "zh-broadband-upgrade",
                include_str!("../../../../tests/calls/zh-broadband-upgrade.json"),
            ),
            (
                "zh-double-charge",
                include_str!("../../../../tests/calls/zh-double-charge.json"),
            ),
            (
                "zh-moving-house",
                include_str!("../../../../tests/calls/zh-moving-house.json"),
            ),
            (
                "zh-refund-complaint",
                include_str!("../../../../tests/calls/zh-refund-complaint.json"),
            ),
        ] {
            let course = course_of(script);
            let highest = course.iter().fold(0.0, |most, (_, of)| f32::max(most, *of));
            let is_angry = course.iter().any(|(angry, _)| *angry);
            assert_eq!(highest >= STRAINED, is_angry, "{call} {course:?}");
            for (angry, strain) in &course {
                assert!(!angry || *strain > 0.1, "{call} {course:?}");
            }
            let (_, last) = course.last().expect("turns");
            assert!(*last < highest || !is_angry, "{call} {course:?}");
        }
    }

    fn signs(text: &str) -> Signs {
        Signs::of(&Lexicon::built_in(), text)
    }

    #[test]
    fn words_are_signs_where_they_are_meant() {
        for (text, anger, broken, again, relief) in [
            (
                "This is unacceptable, I will go to the regulator.",
                2,
                0,
                0,
                0,
            ),
            ("This is the third time I have called.", 0, 0, 1, 0),
            (
                "You promised last week, and nobody called me back.",
                0,
                2,
                0,
                0,
            ),
            ("I'm not angry, I just want to know.", 0, 0, 0, 0),
            ("Nobody was rude, I am not fed up with you.", 0, 0, 0, 0),
            ("That's not good enough.", 1, 0, 0, 0),
            ("Thank you, that's great.", 0, 0, 0, 2),
            ("Thanks for nothing, this is ridiculous.", 2, 0, 0, 1),
            ("It came on Friday, as you promised. Thanks.", 0, 0, 0, 1),
            ("I was charged twice on my invoice.", 0, 0, 0, 0),
            ("When is the rubbish collection?", 0, 0, 0, 0),
            ("这太过分了，我要投诉到工信部！", 2, 0, 0, 0),
            ("我已经打过三次电话了。", 0, 0, 1, 0),
            ("你们上周答应过我，到现在还没人联系。", 0, 2, 0, 0),
            ("三天了，到现在都没有人回复我们。", 0, 1, 0, 0),
            ("再不退我就去工信部投诉。", 1, 0, 0, 0),
            ("我没有生气，就是问一下。", 0, 0, 0, 0),
            ("我不是要投诉，就是咨询一下。", 0, 0, 0, 0),
            ("我收到很多垃圾短信。", 0, 0, 0, 0),
            ("好的，谢谢你，太好了。", 0, 0, 0, 2),
            ("我想改一下套餐。", 0, 0, 0, 0),
        ] {
            let expected = Signs {
                anger,
                broken,
                again,
                relief,
            };
            assert_eq!(signs(text), expected, "{text}");
        }
    }

    #[test]
    fn more_signs_and_a_raised_voice_mean_more_strain_and_never_too_much() {
        let all = (0..=MOST).flat_map(|a| (0..=MOST).map(move |b| (a, b)));
        for (anger, broken) in all {
            for again in 0..=1 {
                let of = |anger, broken, again| Signs {
                    anger,
                    broken,
                    again,
                    relief: 0,
                };
                let weight = of(anger, broken, again).weight(0.0);
                assert!((0.0..1.0).contains(&weight));
                assert!(of(anger + 1, broken, again).weight(0.0) > weight);
                assert!(of(anger, broken + 1, again).weight(0.0) > weight);
                let louder = of(anger, broken, again).weight(1.0);
                assert!((weight..1.0).contains(&louder), "{louder} {weight}");
            }
        }
    }

    #[test]
    fn what_was_said_fades_and_is_halved_by_thanks_but_not_while_it_is_being_said() {
        let at = |second: u64| MediaTime::from_millis(1000 * second);
        let mut words = Words::default();
        let mut say = |utterance, second, text| {
            words.observe(UtteranceId(utterance), at(second), Some(signs(text)), 0.0);
            words.strain()
        };
        let angry = say(1, 10, "This is unacceptable.");
        assert!((angry - ANGER).abs() < 1e-6);
        assert_eq!(say(1, 13, "This is unacceptable."), angry, "it goes on");
        let more = say(1, 14, "This is unacceptable, you promised.");
        assert!(more > angry);
        let later = say(2, 74, "My number is five.");
        assert!(later > 0.0 && later < 0.4 * more, "{later}");
        let thanked = say(3, 74, "Thank you.");
        assert!((thanked - 0.5 * later).abs() < 1e-6);
        assert_eq!(say(3, 74, "Thank you."), thanked, "once");
        assert_eq!(say(4, 74, "Bye."), thanked);
    }

    #[test]
    fn an_utterance_counts_once_though_another_one_is_looked_at_in_between() {
        let at = |second: u64| MediaTime::from_millis(1000 * second);
        let mut words = Words::default();
        let (angry, calm) = (signs("This is unacceptable."), signs("My number is five."));
        words.observe(UtteranceId(1), at(10), Some(angry), 0.0);
        assert!(!words.are_moved_by(UtteranceId(1), angry));
        words.observe(UtteranceId(2), at(11), Some(calm), 0.0);
        let once = words.strain();
        words.observe(UtteranceId(1), at(10), Some(angry), 0.0);
        words.observe(UtteranceId(2), at(11), Some(calm), 0.0);
        assert_eq!(words.strain(), once);
        assert!(!words.are_moved_by(UtteranceId(1), angry));
        assert!(words.are_moved_by(UtteranceId(3), angry));
    }
}
