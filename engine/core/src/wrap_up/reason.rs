//! Why the customer called: their own sentence that states the matter.
//!
//! It is chosen, not written: what follows when the agent asks what it is about, early, with a problem
//! or a wish in it, not a greeting, a number or a yes; and rather one whose words are certain.

use super::sentence::Sentence;
use super::text::shorten;
use sidetone_language::lexicon::{Lexicon, Reason};
use sidetone_language::numbers::number;
use sidetone_types::party::{Direction, Side};

/// Longest reason, in characters.
const LENGTH: usize = 160;
/// What a sentence loses of its score if all of it is doubtful: more than one sign of the matter.
const DOUBT: f32 = 15.0;
/// The sentences among which an agent who calls says why.
const AGENT_EARLY: usize = 8;
/// What a sentence gains that follows when the agent asks what it is about, and for each time that
/// they had asked before: then it was not told.
const INVITED: i32 = 15;
const INVITED_AGAIN: i32 = 8;
/// The customer's sentences among which the matter is looked for.
const EARLY: usize = 14;

/// The reason of a call in one line; empty if nobody gave one.
pub(super) fn reason(sentences: &[Sentence], direction: Direction, lexicon: &Lexicon) -> String {
    let words = &lexicon.reason;
    if direction != Direction::Inbound {
        let early = sentences.iter().take(AGENT_EARLY);
        let mut told = early.filter(|s| s.side == Side::Agent && !s.question);
        let says_why = |s: &&Sentence| words.agent_reasons.are_in(&s.tokens);
        let tells = |s: &&Sentence| {
            direction == Direction::Outbound && matter(s, lexicon) && score(s, lexicon) > 0
        };
        let why = told.clone().find(says_why).or_else(|| told.find(tells));
        if let Some(why) = why {
            return tidy(why, words);
        }
    }
    let customer: Vec<&Sentence> = sentences
        .iter()
        .filter(|s| s.side == Side::Customer)
        .take(EARLY)
        .collect();
    let mut best: Option<(usize, i32)> = None;
    let invitations = invitations(sentences, lexicon);
    for (at, sentence) in customer.iter().enumerate() {
        let asked = invitations
            .iter()
            .position(|turn| turn + 1 == sentence.turn);
        let invited = asked.map_or(0, |before| INVITED + INVITED_AGAIN * before as i32);
        let score = score(sentence, lexicon) - 4 * at as i32 + invited;
        if (matter(sentence, lexicon) || asked.is_some() && says_something(sentence, lexicon))
            && best.is_none_or(|(_, most)| score > most)
        {
            best = Some((at, score));
        }
    }
    let best = best.map(|(at, _)| repaired(at, &customer, sentences, lexicon));
    let Some(at) = best else {
        return plain(&customer, lexicon)
            .map(|sentence| tidy(sentence, words))
            .unwrap_or_default();
    };
    let mut told = tidy(customer[at], words);
    // The sentence beside it often says the rest: what happened, and what is wanted.
    for beside in [at.checked_sub(1), Some(at + 1)].into_iter().flatten() {
        let Some(other) = customer.get(beside) else {
            continue;
        };
        let room = told.chars().count() + other.text.chars().count() < LENGTH;
        let tells = score(other, lexicon) > 0
            || beside > at && score(other, lexicon) == 0 && !other.question;
        if other.turn == customer[at].turn && says_something(other, lexicon) && tells && room {
            let gap = if other.is_han() { "" } else { " " };
            told = if beside < at {
                format!("{}{gap}{told}", tidy(other, words))
            } else {
                format!("{told}{gap}{}", tidy(other, words))
            };
            break;
        }
    }
    told
}

/// Which sentence puts right what the agent took for the matter: "The bill from May?" "No, the other
/// one, you have charged me for a flat that I have left." `at` itself if none does.
fn repaired(at: usize, customer: &[&Sentence], sentences: &[Sentence], lexicon: &Lexicon) -> usize {
    let (words, answers) = (&lexicon.reason, &lexicon.answers);
    let turn = customer[at].turn + 1;
    let guesses = |s: &Sentence| {
        let first = lexicon.sentence.fillers.skip(&s.tokens, 0);
        let asks = lexicon.sentence.asking_first.longest_at(&s.tokens, first);
        s.turn == turn && s.question && (asks.is_none() || words.guesses.are_in(&s.tokens))
    };
    let reply = customer.iter().position(|s| s.turn == turn + 1);
    let Some(reply) = reply.filter(|_| sentences.iter().any(guesses)) else {
        return at;
    };
    let first = customer[reply];
    let denied = answers.no.longest_at(&first.tokens, 0).is_some()
        && answers.kind.longest_at(&first.tokens, 0).is_none();
    let vague = !words.problems.are_in(&customer[at].tokens);
    let tells =
        |next: &usize| customer[*next].turn == turn + 1 && says_something(customer[*next], lexicon);
    // "No, not the bill. The meter …": the denial alone is not the matter.
    let tells = (reply + 1..customer.len())
        .find(tells)
        .or(Some(reply).filter(tells));
    match tells {
        Some(next) if denied && vague => repaired(next, customer, sentences, lexicon),
        _ => at,
    }
}

/// The turns of the agent whose answer tells what it is about: they ask for it, or had asked, and the
/// customer did not come to it: "How can I help?" "Can you hear me?" "I can."
fn invitations(sentences: &[Sentence], lexicon: &Lexicon) -> Vec<usize> {
    let mut turns: Vec<usize> = Vec::new();
    for sentence in sentences.iter().filter(|s| s.side == Side::Agent) {
        let turn = sentence.turn;
        let before = sentences.iter().filter(|s| s.turn + 1 == turn);
        let asked = turns.iter().any(|asked| asked + 2 == turn);
        let still = || asked && before.clone().all(|s| is_preamble(s, lexicon));
        if (lexicon.reason.invitations.are_in(&sentence.tokens) || still())
            && turns.last() != Some(&turn)
        {
            turns.push(turn);
        }
    }
    turns
}

/// No more tokens than this has a question for who is called.
const SHORT: usize = 8;

/// Whether a customer's sentence tells nothing yet: it is about the call itself, or about who is
/// called: "you are my last hope", "is that the helpline?".
fn is_preamble(sentence: &Sentence, lexicon: &Lexicon) -> bool {
    !says_something(sentence, lexicon) || is_about_call(sentence, lexicon)
}

fn is_about_call(sentence: &Sentence, lexicon: &Lexicon) -> bool {
    let words = &lexicon.reason;
    let tokens = &sentence.tokens;
    let signs = words.problems.are_in(tokens) || words.wishes.are_in(tokens);
    let first = words.fillers.skip(tokens, 0);
    let you = || {
        let first = tokens.get(first);
        first.is_some_and(|token| lexicon.reading.listener.have(&token.text))
    };
    let asks_line = || {
        sentence.question
            && tokens.len() <= first + SHORT
            && words.asks_line.longest_at(tokens, first).is_some()
    };
    words.small_talk.are_in(tokens) || !signs && (you() || asks_line())
}

/// Ten for each sign of a problem or a wish, more where both come together, less where the words
/// may well be wrong.
fn score(sentence: &Sentence, lexicon: &Lexicon) -> i32 {
    let words = &lexicon.reason;
    let problems = words.problems.count_in(&sentence.tokens).min(3) as i32;
    let wishes = words.wishes.count_in(&sentence.tokens).min(2) as i32;
    let both = i32::from(problems > 0 && wishes > 0);
    let threat = i32::from(sentence.condition.is_some());
    let small = i32::from(is_about_call(sentence, lexicon));
    let asks = i32::from(sentence.question && problems + wishes == 0);
    let doubt = (DOUBT * sentence.doubt()) as i32;
    10 * problems + 10 * wishes + 5 * both - 15 * threat - 12 * small - 6 * asks - doubt
}

/// Whether a sentence says something of its own, not just a number, a name or a yes.
fn says_something(sentence: &Sentence, lexicon: &Lexicon) -> bool {
    let mut others = 0;
    let mut at = lexicon.reason.fillers.skip(&sentence.tokens, 0);
    let mut numbers = 0;
    while at < sentence.tokens.len() {
        if let Some((_, end)) = number(&sentence.tokens, at, lexicon.numbers.all()) {
            numbers += end - at;
            at = end;
        } else {
            others += 1;
            at += 1;
        }
    }
    others >= if sentence.is_han() { 4 } else { 3 } && numbers < others
}

fn matter(sentence: &Sentence, lexicon: &Lexicon) -> bool {
    let words = &lexicon.reason;
    says_something(sentence, lexicon)
        && (words.problems.are_in(&sentence.tokens) || words.wishes.are_in(&sentence.tokens))
}

/// Without any sign of a matter: the first sentence that says something at all.
fn plain<'a>(customer: &[&'a Sentence], lexicon: &Lexicon) -> Option<&'a Sentence> {
    customer
        .iter()
        .find(|s| says_something(s, lexicon) && !lexicon.reason.small_talk.are_in(&s.tokens))
        .copied()
}

fn filler_end(sentence: &Sentence, words: &Reason) -> usize {
    let from = words.fillers.skip(&sentence.tokens, 0);
    if from == sentence.tokens.len() {
        0
    } else {
        from
    }
}

/// The sentence without its greeting, with a capital and a full stop.
fn tidy(sentence: &Sentence, words: &Reason) -> String {
    let from = filler_end(sentence, words);
    let start = sentence.tokens[from].span.start;
    let told = shorten(sentence.told(start).trim(), LENGTH);
    let mut chars = told.chars();
    let mut tidy: String = chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default();
    if !tidy.ends_with(['.', '!', '?', '。', '！', '？', '…']) {
        while tidy.ends_with([',', '，', '、', ';', '；']) {
            tidy.pop();
        }
        tidy.push(if sentence.is_han() { '。' } else { '.' });
    }
    tidy
}
