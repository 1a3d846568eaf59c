//! What can be promised or asked for, and the words that say so.

use std::ops::Range;

use super::coming::coming;
use super::sentence::Sentence;
use sidetone_language::lexicon::{Commitments, NoteTexts};
use sidetone_language::pattern::Phrases;
use sidetone_language::tokens::Token;
use sidetone_types::summary::FollowUpKind;

/// Something to be done for the customer. Finer than [`FollowUpKind`], so that a title can say it
/// well.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum ActionKind {
    /// Ring, or tell in another way.
    Callback,
    /// Send an offer.
    Offer,
    /// Send papers.
    Document,
    /// Pay money back, or out.
    Refund,
    /// Send somebody.
    Visit,
    /// Send a thing.
    Delivery,
    /// Find something out.
    Inquiry,
    /// Get something done.
    Other,
}

impl ActionKind {
    /// What the CRM calls it.
    pub const fn kind(self) -> FollowUpKind {
        match self {
            Self::Callback => FollowUpKind::Callback,
            Self::Offer => FollowUpKind::SendOffer,
            Self::Document => FollowUpKind::SendDocument,
            Self::Refund => FollowUpKind::Refund,
            Self::Visit | Self::Delivery => FollowUpKind::Visit,
            Self::Inquiry | Self::Other => FollowUpKind::Other,
        }
    }

    /// The first words of a task's title.
    pub fn label(self, labels: &NoteTexts) -> &str {
        match self {
            Self::Callback => &labels.callback,
            Self::Offer => &labels.offer,
            Self::Document => &labels.document,
            Self::Refund => &labels.refund,
            Self::Visit => &labels.visit,
            Self::Delivery => &labels.delivery,
            Self::Inquiry => &labels.inquiry,
            Self::Other => &labels.other,
        }
    }

    /// Whether it is something that is sent.
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Offer | Self::Document | Self::Delivery)
    }

    /// Whether it is done for the customer later, not while they listen.
    pub const fn is_later(self) -> bool {
        !matches!(self, Self::Refund | Self::Inquiry | Self::Other)
    }
}

/// Words that speak of a action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cue {
    /// Which words.
    pub tokens: Range<usize>,
    /// What is done; `None` where only a pronoun tells: `send it`.
    pub action: Option<ActionKind>,
    /// The noun that is sent, as it was said.
    pub object: Option<String>,
    /// Whether something is sent.
    pub sends: bool,
    /// Whether it is only named and nobody does it: `the appointment`.
    pub is_named: bool,
}

/// How far from its verb an object is looked for.
pub(super) const NEAR: usize = 12;

/// All cues of a sentence, in the order of the words. They do not overlap.
pub(super) fn cues(sentence: &Sentence, words: &Commitments) -> Vec<Cue> {
    let tokens = &sentence.tokens;
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let listed = verb(tokens, at, words);
        let listed = listed.or_else(|| word(sentence, at, words));
        // "A slot for the repair": it is only named.
        let listed = listed.filter(|_| !is_noun(tokens, at, words));
        let Some((action, end)) = listed.or_else(|| coming(sentence, at, words)) else {
            at += 1;
            continue;
        };
        let action = match action {
            // 钱给您打过去: money is not called.
            Verb::Is(ActionKind::Callback)
                if tokens[at].is_han() && moves_money(sentence, at, end, words) =>
            {
                Verb::Is(ActionKind::Refund)
            }
            action => action,
        };
        let from = cues.last().map_or(0, |cue: &Cue| cue.tokens.end);
        let (action, object, sends) = match action {
            // What arrives tells what that is: money, somebody, a thing.
            Verb::Is(ActionKind::Delivery) => {
                let (action, object) = object(tokens, from, at, end, words).unzip();
                let sends = action.is_none_or(ActionKind::is_sent);
                (action.or(Some(ActionKind::Delivery)), object, sends)
            }
            Verb::Is(action) => (Some(action), None, action.is_sent()),
            Verb::Sends => {
                let (action, object) = sent(tokens, from, at, end, words);
                (action, object, true)
            }
            Verb::Does => (None, None, false),
        };
        let cue = Cue {
            tokens: at..end,
            action,
            object,
            sends,
            is_named: false,
        };
        // `退款…到账`, "the refund will be with you" is one thing, and so is "he comes to fix it".
        let behind = from == at;
        let purpose = (behind || words.purposes.longest_at(tokens, from) == Some(at))
            && matches!(cue.action, Some(ActionKind::Other | ActionKind::Inquiry));
        let arrives = cue.action == Some(ActionKind::Delivery) && cue.object.is_none();
        if let Some(last) = cues.last_mut()
            && (last.action == Some(ActionKind::Refund)
                && (cue.action == Some(ActionKind::Refund) || arrives)
                || last.action == Some(ActionKind::Visit) && (arrives && behind || purpose))
        {
            last.tokens.end = end;
        } else {
            cues.push(cue);
        }
        at = end;
    }
    cues
}

/// What a sentence without a verb of that kind speaks of: `the appointment`, `a call`.
pub(super) fn named(tokens: &[Token], words: &Commitments) -> Option<Cue> {
    let nouns = [
        (ActionKind::Visit, &words.named_visits),
        (ActionKind::Callback, &words.named_calls),
        (ActionKind::Visit, &words.people),
    ];
    nouns.into_iter().find_map(|(action, nouns)| {
        Some(Cue {
            tokens: find_named(tokens, nouns, words)?,
            action: Some(action),
            object: None,
            sends: false,
            is_named: true,
        })
    })
}

/// Whether somebody's visit is named: `the survey`, 量房.
pub(super) fn names_visit(tokens: &[Token], words: &Commitments) -> bool {
    find_named(tokens, &words.named_visits, words).is_some()
}

fn find_named(tokens: &[Token], nouns: &Phrases, words: &Commitments) -> Option<Range<usize>> {
    (0..tokens.len()).find_map(|at| {
        let end = nouns.longest_at(tokens, at)?;
        let other = words.no_visits.longest_at(tokens, at).is_some();
        (!other).then_some(at..end)
    })
}

/// Whether a visit is named there, and no verb: "the repair".
fn is_noun(tokens: &[Token], at: usize, words: &Commitments) -> bool {
    let named = at
        .checked_sub(1)
        .and_then(|before| words.named_visits.longest_at(tokens, before));
    named.is_some_and(|end| end > at) && !tokens[at].is_han()
}

/// What a verb does.
pub(super) enum Verb {
    /// This.
    Is(ActionKind),
    /// What is sent, its object tells.
    Sends,
    /// What is done, the words before tell.
    Does,
}

/// Whether something that can be promised is done from token `at` on.
pub(super) fn is_verb(tokens: &[Token], at: usize, words: &Commitments) -> bool {
    verb(tokens, at, words).is_some()
}

/// The action whose words fit best from token `at` on: the longest, the more telling of two as
/// long.
fn verb(tokens: &[Token], at: usize, words: &Commitments) -> Option<(Verb, usize)> {
    let mut best: Option<(Verb, usize)> = None;
    for (verb, patterns) in [
        (Verb::Is(ActionKind::Callback), &*words.calls),
        (Verb::Is(ActionKind::Visit), &*words.visits),
        (Verb::Is(ActionKind::Delivery), &*words.deliveries),
        (Verb::Sends, &*words.sends),
        (Verb::Is(ActionKind::Refund), &*words.refunds),
        (Verb::Is(ActionKind::Inquiry), &*words.inquiries),
        (Verb::Is(ActionKind::Other), &*words.others),
        (Verb::Does, &*words.does),
    ] {
        if let Some(end) = patterns.longest_at(tokens, at)
            && best.as_ref().is_none_or(|(_, longest)| end > *longest)
        {
            best = Some((verb, end));
        }
    }
    best
}

/// A Mandarin verb of one character, alone or with where it goes: 发, 打来.
fn word(sentence: &Sentence, at: usize, words: &Commitments) -> Option<(Verb, usize)> {
    let tokens = &sentence.tokens;
    let mut end = sentence.word_end(at)?;
    let first = &tokens[at].text;
    let verb = [
        (Verb::Is(ActionKind::Callback), &words.call_words),
        (Verb::Sends, &words.send_words),
        (Verb::Is(ActionKind::Visit), &words.visit_words),
        (Verb::Is(ActionKind::Delivery), &words.delivery_words),
        (Verb::Is(ActionKind::Refund), &words.refund_words),
        (Verb::Is(ActionKind::Other), &words.other_words),
    ];
    let (verb, _) = verb.into_iter().find(|(_, verbs)| verbs.have(first))?;
    let goes = |at: usize| words.complements.longest_at(tokens, at);
    if (at + 1..end).any(|at| goes(at).is_none()) {
        return None;
    }
    while let Some(next) = goes(end) {
        end = next;
    }
    // 送不到
    let fails = words.fails.longest_at(tokens, end).is_some();
    (!fails).then_some((verb, end))
}

/// Whether what is called or sent is money: named before the verb in its clause, or right behind.
fn moves_money(sentence: &Sentence, at: usize, end: usize, words: &Commitments) -> bool {
    let clause = sentence.clause(at..end);
    let behind = clause.end.min(end + 4);
    words.money.are_in(&sentence.tokens[clause.start..at])
        || words.money.are_in(&sentence.tokens[end..behind.max(end)])
}

/// What is sent: told by the object, behind the verb or before it.
fn sent(
    tokens: &[Token],
    from: usize,
    at: usize,
    end: usize,
    words: &Commitments,
) -> (Option<ActionKind>, Option<String>) {
    let found = object(tokens, from, at, end, words);
    let pronoun = words.pronouns.longest_at(tokens, end).is_some()
        || tokens[at..end]
            .iter()
            .any(|token| words.pronouns_within.have(&token.text));
    match found {
        Some((action, noun)) if !pronoun || action != ActionKind::Document => {
            (Some(action), Some(noun))
        }
        _ if pronoun || tokens[at].is_han() => (None, None),
        _ => (Some(ActionKind::Document), None),
    }
}

fn object(
    tokens: &[Token],
    from: usize,
    at: usize,
    end: usize,
    words: &Commitments,
) -> Option<(ActionKind, String)> {
    let last = tokens.len().min(end + NEAR);
    let apart = |at: &usize| tokens[*at].opens() || words.apart.longest_at(tokens, *at).is_some();
    let last = (end..last).find(apart).unwrap_or(last);
    let behind = (at + 1..last).find_map(|at| noun(tokens, at, words));
    behind.or_else(|| {
        (from.max(at.saturating_sub(NEAR))..at)
            .rev()
            .find_map(|before| noun(tokens, before, words).filter(|_| before < at))
    })
}

/// The noun that begins at token `at`. Of two in a row the last is what is meant: `order
/// confirmation`.
pub(super) fn noun(
    tokens: &[Token],
    at: usize,
    words: &Commitments,
) -> Option<(ActionKind, String)> {
    let single = |at: usize| {
        [
            (ActionKind::Offer, &words.offers),
            (ActionKind::Visit, &words.people),
            (ActionKind::Delivery, &words.things),
            (ActionKind::Document, &words.papers),
            (ActionKind::Refund, &words.money),
        ]
        .into_iter()
        .filter_map(|(action, nouns)| Some((action, nouns.longest_at(tokens, at)?)))
        .max_by_key(|(_, end)| *end)
    };
    let (mut action, mut end) = single(at)?;
    let mut from = at;
    while let Some((next, after)) = single(end).filter(|_| !tokens[end].opens()) {
        (action, from, end) = (next, end, after);
    }
    let text = tokens[from..end].iter().map(|t| t.text.as_str()).collect();
    Some((action, text))
}

/// The first noun of a sentence that names something to send.
pub(super) fn sendable(tokens: &[Token], words: &Commitments) -> Option<(ActionKind, String)> {
    (0..tokens.len())
        .find_map(|at| noun(tokens, at, words))
        .filter(|(action, _)| action.is_sent())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrap_up::facts::Line;
    use crate::wrap_up::sentence::sentences;
    use sidetone_language::lexicon::Lexicon;
    use sidetone_types::lang::Lang;
    use sidetone_types::party::Side;
    use sidetone_types::time::MediaTime;

    fn cues_of(text: &str) -> Vec<Cue> {
        let lexicon = Lexicon::built_in();
        let line = Line {
            side: Side::Agent,
            lang: Lang::EN,
            start: MediaTime::ZERO,
            end: MediaTime::ZERO,
            text: text.to_owned(),
            doubtful: Vec::new(),
        };
        cues(&sentences(&[line], &lexicon)[0], &lexicon.commitments)
    }

    #[test]
    fn words_tell_what_is_to_be_done() {
        for (text, expected) in [
            (
                "I will call you back on Thursday",
                Some(ActionKind::Callback),
            ),
            ("I will give you a quick call", Some(ActionKind::Callback)),
            ("I will get back to you", Some(ActionKind::Callback)),
            ("I will send you an offer by email", Some(ActionKind::Offer)),
            ("we will send the claim form", Some(ActionKind::Document)),
            (
                "we will send you an order confirmation",
                Some(ActionKind::Document),
            ),
            ("we will send an adjuster", Some(ActionKind::Visit)),
            ("we will send you a new card", Some(ActionKind::Delivery)),
            ("the parcel will be redelivered", Some(ActionKind::Delivery)),
            ("the refund takes five days", Some(ActionKind::Refund)),
            ("I will send it today", None),
            ("我们会派师傅上门", Some(ActionKind::Visit)),
            ("星期四我会给您回电话确认", Some(ActionKind::Callback)),
            ("请把资料发到我的邮箱", Some(ActionKind::Document)),
            ("理赔资料我发您短信", Some(ActionKind::Document)),
            ("我给您发一份报价", Some(ActionKind::Offer)),
            ("明天重新派送", Some(ActionKind::Delivery)),
            ("稍后发送给您", None),
            ("我们会调查这件事", Some(ActionKind::Inquiry)),
        ] {
            let cues = cues_of(text);
            assert_eq!(
                cues.first().map(|c| c.action),
                Some(expected),
                "{text}: {cues:?}"
            );
        }
    }

    #[test]
    fn other_words_tell_nothing() {
        for text in [
            "good morning",
            "你发现了什么",
            "祝您生活愉快",
            "what is your name",
            "出发了吗",
        ] {
            let cues = cues_of(text);
            assert_eq!(cues, [], "{text}");
        }
    }
}
