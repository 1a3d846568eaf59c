//! Somebody or something that comes, where a noun and what it does tell that together.

use super::commitments::{ActionKind, NEAR, Verb, noun};
use super::sentence::Sentence;
use sidetone_language::lexicon::Commitments;
use sidetone_language::pattern::Phrases;

/// Somebody or something that comes: "the plumber is booked for Thursday", "the part is coming on
/// Thursday", 水表工明天上午过去.
pub(super) fn coming(sentence: &Sentence, at: usize, words: &Commitments) -> Option<(Verb, usize)> {
    let tokens = &sentence.tokens;
    match tokens[at].is_han() {
        true => coming_in_mandarin(sentence, at, words),
        false => {
            // Of "a card reader" the last word tells what it is.
            let is_sent = || noun(tokens, at, words).is_some_and(|(action, _)| action.is_sent());
            let comes =
                |who: &Phrases, how: &Phrases| how.longest_at(tokens, who.longest_at(tokens, at)?);
            let somebody = comes(&words.people, &words.motions);
            let thing = || comes(&words.things, &words.motions).filter(|_| is_sent());
            let leaves = || {
                let what = [&words.things, &words.papers, &words.pronouns_within];
                what.into_iter().find_map(|what| comes(what, &words.leaves))
            };
            somebody
                .map(|end| (Verb::Is(ActionKind::Visit), end))
                .or_else(|| Some((Verb::Is(ActionKind::Delivery), thing()?)))
                .or_else(|| Some((Verb::Sends, leaves()?)))
        }
    }
}

fn coming_in_mandarin(
    sentence: &Sentence,
    at: usize,
    words: &Commitments,
) -> Option<(Verb, usize)> {
    let tokens = &sentence.tokens;
    let visitor = words.visitors.longest_at(tokens, at);
    let (verb, how, who) = match visitor {
        Some(who) => (Verb::Is(ActionKind::Visit), &words.motions, who),
        None => {
            let thing = words.things.longest_at(tokens, at)?;
            (Verb::Is(ActionKind::Delivery), &words.leaves, thing)
        }
    };
    // 工 ends 水表工, and begins 工作日.
    if sentence.word_end(at).is_some_and(|end| end > who) {
        return None;
    }
    let last = sentence.part(at..who).end.min(who + NEAR);
    // 新卡到营业厅领: it comes where nothing is done behind it.
    let is_whole = |end: usize| visitor.is_some() || end == last;
    let goes = |from: usize| {
        let end = how.longest_at(tokens, from)?;
        // 来取 is two words.
        let closes = || end == last && sentence.words.ends_at(tokens[end - 1].span.end);
        let is_word = sentence
            .word_end(from)
            .is_some_and(|word| word == end || closes());
        (is_word && is_whole(end)).then_some(end)
    };
    let end = (who..last).find_map(goes)?;
    Some((verb, end))
}
