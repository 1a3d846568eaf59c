//! Whether something was said to be *not* so.
//!
//! A negation reaches what follows it over light words only: in "I do not want to cancel" over "want to",
//! in "it is not fixed, cancel it" over nothing, because "fixed" is what it speaks of. Nor does it reach
//! over punctuation. The lists hold what people put between "not" and the thing: wishes, plans, sayings.

use crate::spoken::{Form, Spoken};

const NEGATIONS: &[&str] = &[
    "not", "never", "no", "without", "neither", "nor", "nobody", "none",
];

/// In a question these follow the negation at once: "can't I", "why don't you". It denies nothing then.
const ASKED: &[&str] = &["i", "you", "we", "he", "they"];

const LIGHT: &[&str] = &[
    "about",
    "am",
    "any",
    "anyone",
    "are",
    "ask",
    "asking",
    "be",
    "been",
    "call",
    "calling",
    "consider",
    "considering",
    "even",
    "ever",
    "for",
    "going",
    "had",
    "have",
    "here",
    "i",
    "in",
    "intend",
    "interested",
    "is",
    "it",
    "like",
    "looking",
    "mean",
    "mention",
    "my",
    "need",
    "now",
    "of",
    "plan",
    "planning",
    "plans",
    "reason",
    "right",
    "said",
    "say",
    "saying",
    "speak",
    "suggesting",
    "talk",
    "talking",
    "that",
    "there",
    "think",
    "thinking",
    "this",
    "to",
    "today",
    "trying",
    "us",
    "want",
    "wanting",
    "was",
    "we",
    "will",
    "wish",
    "would",
    "yet",
    "your",
    "complain",
    "complaining",
    "complaint",
    "contact",
    "file",
    "filing",
    "go",
    "hire",
    "make",
    "report",
    "with",
];

/// 不, 没, 没有, 别, 无, 未, 非, 勿 and their traditional forms.
const HAN_NEGATIONS: &str = "不没沒别別无無未非勿";

const HAN_LIGHT: &str = "是要想会會打算准备準備需用必说說来來去找跟对對在真有意思再为為到过過叫我你您们們投诉訴举舉报報";

/// Before a negating character these make another word of it: 要不 (or else), 受不了 (cannot bear it),
/// 得不 (cannot but), 大不了 (if need be), 特别, 分别.
const HAN_OTHER_WORD: &str = "要受忘免少得差大特区區分级級性告";

/// And after one: 没用 (it is no use), 不对 (that is wrong), 不过 (however).
const HAN_OTHER_PAIR: &[(char, char)] = &[
    ('没', '用'),
    ('沒', '用'),
    ('不', '对'),
    ('不', '對'),
    ('不', '过'),
    ('不', '過'),
];

/// Whether the token at `start` is reached by a negation no more than `within` tokens before it.
/// `own` tells which tokens belong to what was found: a negation among those is part of it.
pub fn is_negated(
    text: &[Spoken],
    start: usize,
    within: usize,
    own: impl Fn(usize) -> bool,
) -> bool {
    for place in (start.saturating_sub(within)..start).rev() {
        if text[place + 1].opens() {
            return false;
        }
        if own(place) {
            continue;
        }
        let (negates, light) = match &text[place].form {
            Form::Word { .. } => {
                let raw = text[place].token.text.as_str();
                (
                    NEGATIONS.contains(&raw) && !is_asked(text, place),
                    LIGHT.contains(&raw),
                )
            }
            Form::Han(c) => (
                HAN_NEGATIONS.contains(*c) && !is_other_word(text, place),
                HAN_LIGHT.contains(*c),
            ),
            Form::Digit(_) => (false, false),
        };
        if negates {
            return true;
        }
        if !light {
            return false;
        }
    }
    false
}

fn is_asked(text: &[Spoken], place: usize) -> bool {
    let next = text.get(place + 1);
    next.is_some_and(|next| ASKED.contains(&next.token.text.as_str()))
}

/// Part of another word, or of a question of the kind of 是不是, 要不要.
fn is_other_word(text: &[Spoken], place: usize) -> bool {
    let han = |place: Option<usize>| match &text.get(place?)?.form {
        Form::Han(c) => Some(*c),
        Form::Word { .. } | Form::Digit(_) => None,
    };
    let (before, after) = (han(place.checked_sub(1)), han(Some(place + 1)));
    let asks = before.is_some() && before == after;
    let joins = before.is_some_and(|c| HAN_OTHER_WORD.contains(c));
    let pair = han(Some(place)).zip(after);
    asks || joins || pair.is_some_and(|pair| HAN_OTHER_PAIR.contains(&pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spoken::spoken;

    #[test]
    fn a_negation_reaches_over_light_words() {
        for (text, thing, expected) in [
            ("I don't want to cancel", "cancel", true),
            ("I'm not going to cancel", "cancel", true),
            ("I do not think I will cancel", "cancel", true),
            ("I never said I would cancel", "cancel", true),
            ("there is no need to cancel", "cancel", true),
            ("I want to cancel", "cancel", false),
            ("It is not fixed, cancel", "cancel", false),
            (
                "if it is not fixed by friday I will cancel",
                "cancel",
                false,
            ),
            ("this is not fair cancel", "cancel", false),
            ("not only will I cancel", "cancel", false),
            ("don't make me cancel", "cancel", false),
            ("I can't wait to cancel", "cancel", false),
            ("I won't hesitate to cancel", "cancel", false),
            ("why don't you cancel", "cancel", false),
            ("why can't I cancel", "cancel", false),
            ("No. I want to cancel", "cancel", false),
            ("no I want to cancel", "cancel", false),
            ("我不是要投诉", "投诉", true),
            ("我不想投诉", "投诉", true),
            ("没说要投诉", "投诉", true),
            ("不用投诉", "投诉", true),
            ("别投诉", "投诉", true),
            ("我要投诉", "投诉", false),
            ("再不解决我就要投诉", "投诉", false),
            ("不行我要投诉", "投诉", false),
            ("不，我要投诉", "投诉", false),
            ("是不是要投诉", "投诉", false),
            ("要不要投诉", "投诉", false),
            ("要不我投诉", "投诉", false),
            ("我不得不投诉", "投诉", false),
            ("受不了我要投诉", "投诉", false),
            ("不光要投诉", "投诉", false),
            ("没人管我要投诉", "投诉", false),
            ("特别想投诉", "投诉", false),
            ("没用我要投诉", "投诉", false),
            ("不对我要投诉", "投诉", false),
            ("不是要投诉到工信部", "工信部", true),
        ] {
            let thing = spoken([thing]).remove(0).form;
            let text_tokens = spoken([text]);
            let place = text_tokens.iter().position(|token| token.form == thing);
            let place = place.expect("the thing is said");
            assert_eq!(
                is_negated(&text_tokens, place, 6, |_| false),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_negation_too_far_away_or_of_its_own_does_not_count() {
        let text = spoken(["I do not want to cancel"]);
        assert!(!is_negated(&text, 5, 2, |_| false));
        assert!(!is_negated(&text, 5, 0, |_| false));
        assert!(!is_negated(&text, 5, 6, |place| place == 2));
    }
}
