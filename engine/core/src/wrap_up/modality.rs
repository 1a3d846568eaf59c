//! How words about an action are meant: as a promise, as a wish or proposal, or as neither.

use super::commitments::{ActionKind, Cue};
use super::scope::Scope;
use super::sentence::Sentence;
use super::when::{Time, Times};
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

/// How a cue is meant, with the time that belongs to it; `None` if it is no promise and will not
/// become one.
pub(super) fn modality(
    sentence: &Sentence,
    cue: &Cue,
    time: Option<&Time>,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Modality> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    let scope = Scope::of(sentence, cue, times, lexicon);
    let denied = || {
        lexicon
            .negation
            .denies(&lexicon.clauses, tokens, cue.tokens.start)
    };
    // "Is there anything else?" beside a promise makes no question of it.
    let asks_on = lexicon.promises.asks_on.find(&tokens[cue.tokens.end..]);
    let asks = sentence.question && asks_on.is_none();
    // "If I am to call you, would Monday do?" is about the day.
    let asks_day = asks
        && sentence.side == Side::Agent
        && (lexicon.promises.asks_when.are_in(tokens)
            || lexicon.promises.asks_which.are_in(tokens)
            || lexicon.promises.either.are_in(tokens));
    let is_not_sooner = time.is_some_and(|time| time.is_not_sooner(tokens, &lexicon.promises));
    if !asks_day && depends(sentence, cue, words)
        || words.doubted.are_in(&scope.all) && !(asks && sentence.side == Side::Customer)
        || !(times.contrast || is_not_sooner)
            && (denied() || is_beside_negation(sentence, cue, times, lexicon))
    {
        return None;
    }
    match sentence.side {
        Side::Agent if asks => is_offered(sentence, cue, times, lexicon),
        Side::Agent => is_given(sentence, &scope, cue, time, times, lexicon),
        Side::Customer => is_wanted(sentence, &scope, cue, time, times, lexicon),
    }
}

/// Whether a Mandarin negation stands beside it, or over light words and a time: 周日不上门, 不会周五到.
fn is_beside_negation(sentence: &Sentence, cue: &Cue, times: &Times, lexicon: &Lexicon) -> bool {
    let (words, tokens) = (&lexicon.negation, &sentence.tokens);
    let mut at = cue.tokens.start;
    while !sentence.question && at > 0 && tokens[at].is_han() && !tokens[at].opens() {
        if lexicon.clauses.link_at(tokens, at - 1).is_some() {
            return false; // 不过
        }
        if words.beside.longest_at(tokens, at - 1) == Some(at) {
            return true;
        }
        let time = times.live.iter().find(|time| time.tokens.end == at);
        let is_light = words.light.have(&tokens[at - 1].text);
        at = match time {
            Some(time) => time.tokens.start,
            None if is_light => at - 1,
            None => return false,
        };
    }
    false
}

/// So far before an action, in tokens, its subject is looked for.
const NEAR: usize = 14;

/// The words before a cue that may be its subject.
fn near<'a>(sentence: &'a Sentence, cue: &Cue) -> &'a [Token] {
    &sentence.tokens[cue.tokens.start.saturating_sub(NEAR)..cue.tokens.start]
}

/// Whether the other side is to send or call.
fn is_to_us(tokens: &[Token], cue: &Cue, words: &lexicon::Modality) -> bool {
    words.to_us.longest_at(tokens, cue.tokens.start).is_some()
        || words.to_us.are_in(&tokens[cue.tokens.clone()])
}

/// What an agent asks: whether to do something, or when.
fn is_offered(
    sentence: &Sentence,
    cue: &Cue,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Modality> {
    let (words, promises) = (&lexicon.modality, &lexicon.promises);
    let tokens = &sentence.tokens;
    let before = &tokens[..cue.tokens.start];
    let asks_day = promises.asks_when.are_in(tokens) || !times.live.is_empty();
    let offered = words.proposed.are_in(tokens) && !words.asks_what.are_in(before);
    let later = cue.action.is_some_and(ActionKind::is_later);
    let theirs = words.customers_doing.are_in(before);
    let over = words
        .over
        .are_in(&tokens[sentence.clause(cue.tokens.clone())]);
    let told = words.told_you.are_in(tokens);
    let to_us = is_to_us(tokens, cue, words);
    (!told && !to_us && (offered || asks_day && later && !theirs && !over))
        .then_some(Modality::Open)
}

/// What an agent says without asking.
fn is_given(
    sentence: &Sentence,
    scope: &Scope<'_>,
    cue: &Cue,
    time: Option<&Time>,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Modality> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    let Scope { before, all, .. } = scope;
    let takes =
        words.takes.are_in(&tokens[cue.tokens.start..]) && cue.action == Some(ActionKind::Refund);
    let moved = (times.moved || times.corrected) && time.is_some();
    if scope.has(all, &words.proposed) && !words.settled.are_in(before) {
        return (!words.asks_what.are_in(before)).then_some(Modality::Open);
    }
    if scope.is_yours(lexicon)
        || is_to_us(tokens, cue, words)
        || scope.is_of_strangers(lexicon)
        || scope.has(all, &words.hypothetical) && !moved && !takes
        || scope.has(all, &words.general) && !moved
    {
        return None;
    }
    // 今天早上已经退了: a time before "already" lies behind.
    let is_behind = |time: &Time| {
        let between = time.tokens.end..cue.tokens.start.max(time.tokens.end);
        tokens[cue.tokens.start].is_han() && words.done.are_in(&tokens[between])
    };
    let ahead = time.is_some_and(|time| time.is_ahead() && !is_behind(time));
    // "I am putting you on hold and will come back to you."
    if cue.action == Some(ActionKind::Callback) && !ahead && words.holding.are_in(tokens) {
        return None;
    }
    if !moved
        && (scope.has(all, &words.over) && !words.ahead.are_in(all)
            || (words.done.are_in(before) || cue.sends && scope.ends_with(&words.completed))
                && !ahead)
    {
        return None;
    }
    // What is to be confirmed need not be so.
    if cue.is_named && !moved {
        return ahead.then_some(Modality::Open);
    }
    let han = tokens[cue.tokens.start].is_han();
    let said = moved
        || han && !words.customers_doing.are_in(before)
        || is_going(tokens, cue) && (ahead || cue.action != Some(ActionKind::Callback))
        || words.will.are_in(before)
        || words.will.are_in(&tokens[cue.tokens.clone()])
        || words.happens.longest_at(tokens, cue.tokens.end).is_some()
        || takes
        || ahead
            && cue
                .action
                .is_some_and(|action| action.is_later() || action == ActionKind::Refund);
    said.then_some(Modality::Promised)
}

/// What a customer promises, or asks for.
fn is_wanted(
    sentence: &Sentence,
    scope: &Scope<'_>,
    cue: &Cue,
    time: Option<&Time>,
    times: &Times,
    lexicon: &Lexicon,
) -> Option<Modality> {
    let words = &lexicon.modality;
    let tokens = &sentence.tokens;
    if words.reported.are_in(&tokens[..cue.tokens.start]) {
        return None;
    }
    let ahead = time.is_some_and(Time::is_ahead);
    // "It has just been delivered."
    let clause = sentence.clause(cue.tokens.clone());
    if !sentence.question && !ahead && words.done.are_in(&tokens[clause.start..cue.tokens.end]) {
        return None;
    }
    let own = words.own.are_in(near(sentence, cue)) || ahead && scope.is_by_speaker(lexicon);
    if own && !sentence.question && !words.to_me.are_in(&tokens[cue.tokens.clone()]) {
        let useful = match cue.action {
            Some(ActionKind::Callback) if words.to_others.are_in(&tokens[cue.tokens.clone()]) => {
                false
            }
            Some(ActionKind::Visit | ActionKind::Inquiry) => false,
            Some(ActionKind::Refund) => !times.live.is_empty(),
            _ => true,
        };
        return useful.then_some(Modality::Promised);
    }
    let over = words
        .over
        .are_in(&tokens[sentence.clause(cue.tokens.clone())]);
    // 我女儿明天会给我打电话
    if !sentence.question && scope.is_of_family(lexicon) {
        return None;
    }
    let is_due = time.is_some_and(|time| time.is_deadline(tokens, &lexicon.promises));
    let later = is_due || cue.action.is_none_or(ActionKind::is_later);
    let when =
        sentence.question && (lexicon.promises.asks_when.are_in(tokens) || !times.live.is_empty());
    let asked = cue.tokens.start == 0
        || words.asked.are_in(&tokens[..cue.tokens.end])
        || tokens[cue.tokens.start].is_han() && words.asked.are_in(&scope.all)
        || lexicon.promises.replaces.are_in(tokens)
        || when && !over;
    let whenever = when && !over && cue.action == Some(ActionKind::Refund);
    (asked && (later || whenever) && !own).then_some(Modality::Open)
}

/// Whether it is done only if something happens.
///
/// A condition whose own clause says what follows from it ("if it does not come you can claim it, I
/// will call you tomorrow") leaves the later clauses of an agent alone.
fn depends(sentence: &Sentence, cue: &Cue, words: &lexicon::Modality) -> bool {
    let Some(at) = sentence.condition else {
        return false;
    };
    let own = sentence.part(at..at + 1);
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
