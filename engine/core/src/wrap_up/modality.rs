//! How words about a action are meant: as a promise, as a wish or proposal, or as neither.

use super::commitments::{ActionKind, Cue};
use super::sentence::Sentence;
use sidetone_language::dates::Mention;
use sidetone_language::lexicon::{self, Lexicon};
use sidetone_language::tokens::Token;
use sidetone_types::party::Side;

/// How a cue is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Modality {
    /// It will be done.
    Promised,
    /// It is asked for, or proposed.
    Open,
}

/// So far before a action, in tokens, a negation is looked for.
const NEGATED_WITHIN: usize = 8;

/// How a cue is meant; `None` if it is no promise and will not become one.
pub(super) fn modality(
    sentence: &Sentence,
    cue: &Cue,
    day: Option<&Mention>,
    lexicon: &Lexicon,
) -> Option<Modality> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    let before = &tokens[..cue.tokens.start];
    // A condition behind the cue holds for it as well: "I will pay if …".
    let denied = || {
        let start = cue.tokens.start;
        let negation = &lexicon.negation;
        negation.denies(tokens, start, NEGATED_WITHIN)
    };
    if depends(sentence, cue, words) || words.doubted.are_in(tokens) || denied() {
        return None;
    }
    let near = &tokens[cue.tokens.start.saturating_sub(14)..cue.tokens.start];
    match sentence.side {
        Side::Agent => {
            let proposed = words.proposed.are_in(tokens);
            if sentence.question || proposed && !words.settled.are_in(before) {
                return (proposed && !words.asks_what.are_in(before)).then_some(Modality::Open);
            }
            if words.yours.are_in(near) && !words.ours.are_in(near)
                || words.to_us.longest_at(tokens, cue.tokens.start).is_some()
                || words.to_us.are_in(&tokens[cue.tokens.clone()])
            {
                return None;
            }
            let ahead = day.is_some_and(|day| !day.at_once);
            let clause = &tokens[sentence.clause(cue.tokens.clone())];
            if words.over.are_in(clause) && !words.ahead.are_in(clause)
                || words.done.are_in(before) && !ahead
            {
                return None;
            }
            let han = tokens[cue.tokens.start].is_han();
            let going = is_going(tokens, cue);
            let said = han && !words.customers_doing.are_in(before)
                || going
                || words.will.are_in(near)
                || words.will.are_in(&tokens[cue.tokens.clone()])
                || words.happens.longest_at(tokens, cue.tokens.end).is_some()
                || words.takes.are_in(&tokens[cue.tokens.end..])
                    && cue.action == Some(ActionKind::Refund)
                || ahead
                    && cue
                        .action
                        .is_some_and(|action| action.is_later() || action == ActionKind::Refund);
            said.then_some(Modality::Promised)
        }
        Side::Customer => {
            if words.reported.are_in(before) {
                return None;
            }
            let own = words.own.are_in(near);
            if own && !sentence.question && !words.to_me.are_in(&tokens[cue.tokens.clone()]) {
                let useful = !matches!(
                    cue.action,
                    Some(ActionKind::Refund | ActionKind::Visit | ActionKind::Inquiry)
                );
                return useful.then_some(Modality::Promised);
            }
            let bare = cue.tokens.start == 0;
            let asked = bare || words.asked.are_in(&tokens[..cue.tokens.end]);
            let later = cue.action.is_none_or(ActionKind::is_later);
            (asked && later && !own).then_some(Modality::Open)
        }
    }
}

/// Whether it is done only if something happens.
///
/// A condition whose own clause says what follows from it ("if it does not come you can claim it, I
/// will call you tomorrow") leaves the later clauses of an agent alone.
fn depends(sentence: &Sentence, cue: &Cue, words: &lexicon::Modality) -> bool {
    let Some(at) = sentence.condition else {
        return false;
    };
    let own = sentence.clause(at..at + 1);
    let follows = words.consequences.are_in(&sentence.tokens[at..own.end]);
    let later = cue.tokens.start >= own.end;
    !(sentence.side == Side::Agent && later && follows)
}

/// "I am sending it": under way, and so good as promised.
fn is_going(tokens: &[Token], cue: &Cue) -> bool {
    cue.tokens.start > 0
        && tokens[cue.tokens.start].text.ends_with("ing")
        && matches!(tokens[cue.tokens.start - 1].text.as_str(), "am" | "are")
}
