//! Why an alert was raised or cleared, in the words of its rule's language.

use std::time::Duration;

use super::machine::{Limits, Match, Sounded};
use sidetone_language::lexicon::AlertTexts;
use sidetone_types::emotion::Mood;
use sidetone_types::party::Side;
use sidetone_types::time::MediaTime;

/// `customer said "cancel my contract" at 00:35`; `客户在 00:35 说“投诉到工信部”`.
pub(super) fn raised(texts: &AlertTexts, heard: &[Match], limits: Limits) -> String {
    let one = |heard: &Match| {
        let who = match heard.side {
            Side::Agent => &texts.agent,
            Side::Customer => &texts.customer,
        };
        let at = clock(heard.start);
        let said = heard.triggers.join(" … ");
        let meant = heard.meant.join(" … ");
        let sounded = heard.sounded.as_ref().map(|sounded| sounds(texts, sounded));
        let sounded = sounded.unwrap_or_default();
        if said.is_empty() {
            return texts
                .sounded
                .fill(&[("who", who), ("at", &at), ("sounded", &sounded)]);
        }
        let told = if meant.is_empty() {
            texts
                .said
                .fill(&[("who", who), ("said", &said), ("at", &at)])
        } else {
            texts.said_like.fill(&[
                ("who", who),
                ("said", &said),
                ("meant", &meant),
                ("at", &at),
            ])
        };
        match sounded.is_empty() {
            true => told,
            false => texts
                .said_and_sounded
                .fill(&[("told", &told), ("sounded", &sounded)]),
        }
    };
    let all: Vec<String> = heard.iter().map(one).collect();
    match all.len() {
        1 => all.join(""),
        times => texts.repeated.fill(&[
            ("all", &all.join(&texts.comma)),
            ("times", &times.to_string()),
            ("span", &span(texts, limits.window)),
        ]),
    }
}

/// `sounded angry (72 %), was strained in 3 of the last 5 turns`; `听起来愤怒（72%），最近 5 轮中有 3 轮紧张`.
fn sounds(texts: &AlertTexts, sounded: &Sounded) -> String {
    let mood = sounded.mood.map(|(mood, likely)| {
        let percent = (100.0 * likely).round().to_string();
        let name = mood_in(texts, mood);
        texts.mood.fill(&[("mood", name), ("percent", &percent)])
    });
    let strained = sounded.strained.map(|(turns, of)| match of {
        1 => texts.strained.to_string(),
        _ => texts
            .strained_turns
            .fill(&[("turns", &turns.to_string()), ("of", &of.to_string())]),
    });
    let all: Vec<String> = mood.into_iter().chain(strained).collect();
    all.join(&texts.comma)
}

fn mood_in(texts: &AlertTexts, mood: Mood) -> &str {
    match mood {
        Mood::Neutral => &texts.calm,
        Mood::Anger => &texts.angry,
        Mood::Sadness => &texts.sad,
        Mood::Happiness => &texts.happy,
        Mood::Other => &texts.upset,
    }
}

/// `not heard again for 2 min`; `2 分钟内没有再出现`.
pub(super) fn cleared(texts: &AlertTexts, limits: Limits) -> String {
    let quiet = span(texts, limits.hold);
    texts.cleared.fill(&[("span", &quiet)])
}

/// `00:35`, `1:02:03`.
fn clock(at: MediaTime) -> String {
    let seconds = at.as_millis() / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Whole minutes where they are whole, otherwise seconds.
fn span(texts: &AlertTexts, duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds > 0 && seconds.is_multiple_of(60) {
        true => texts.minutes.fill(&[("n", &(seconds / 60).to_string())]),
        false => texts.seconds.fill(&[("n", &seconds.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_language::lexicon::Lexicon;
    use sidetone_types::lang::Lang;

    #[test]
    fn times_are_told_as_people_do() {
        for (ms, expected) in [(0, "00:00"), (35_999, "00:35"), (3_723_000, "1:02:03")] {
            assert_eq!(clock(MediaTime::from_millis(ms)), expected);
        }
        for (lang, seconds, expected) in [
            (Lang::EN, 600, "10 min"),
            (Lang::EN, 90, "90 s"),
            (Lang::ZH, 120, "2 分钟"),
            (Lang::ZH, 0, "0 秒"),
        ] {
            let lexicon = Lexicon::built_in();
            let texts = &lexicon.texts(lang).alert;
            assert_eq!(span(texts, Duration::from_secs(seconds)), expected);
        }
    }
}
