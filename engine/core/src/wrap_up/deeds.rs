//! What can be promised or asked for, and the words that say so.

use std::ops::Range;

use sidetone_language::lexicon::{Deeds, NoteTexts};
use sidetone_language::tokens::Token;
use sidetone_types::summary::FollowUpKind;

/// Something to be done for the customer. Finer than [`FollowUpKind`], so that a title can say it well.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Deed {
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

impl Deed {
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

/// Words that speak of a deed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cue {
    /// Which words.
    pub tokens: Range<usize>,
    /// What is done; `None` where only a pronoun tells: `send it`.
    pub deed: Option<Deed>,
    /// The noun that is sent, as it was said.
    pub object: Option<String>,
    /// Whether something is sent.
    pub sends: bool,
}

/// How far from its verb an object is looked for.
const NEAR: usize = 12;

/// All cues of a sentence, in the order of the words. They do not overlap.
pub(super) fn cues(tokens: &[Token], words: &Deeds) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((deed, end)) = verb(tokens, at, words) else {
            at += 1;
            continue;
        };
        let from = cues.last().map_or(0, |cue: &Cue| cue.tokens.end);
        let cue = match deed {
            Verb::Is(deed) => Cue {
                tokens: at..end,
                deed: Some(deed),
                object: (deed == Deed::Delivery)
                    .then(|| object(tokens, from, at, end, words))
                    .flatten()
                    .map(|(_, noun)| noun),
                sends: deed.is_sent(),
            },
            Verb::Sends => sent(tokens, from, at, end, words),
            Verb::Does => Cue {
                tokens: at..end,
                deed: None,
                object: None,
                sends: false,
            },
        };
        // `退款…到账` is one thing.
        if let Some(last) = cues.last_mut()
            && last.deed == Some(Deed::Refund)
            && cue.deed == Some(Deed::Refund)
        {
            last.tokens.end = end;
        } else {
            cues.push(cue);
        }
        at = end;
    }
    cues
}

enum Verb {
    Is(Deed),
    /// What is sent, its object tells.
    Sends,
    /// What is done, the words before tell.
    Does,
}

/// The deed whose words fit best from token `at` on: the longest, the more telling of two as long.
fn verb(tokens: &[Token], at: usize, words: &Deeds) -> Option<(Verb, usize)> {
    let mut best: Option<(Verb, usize)> = None;
    for (verb, patterns) in [
        (Verb::Is(Deed::Callback), &words.calls),
        (Verb::Is(Deed::Visit), &words.visits),
        (Verb::Is(Deed::Delivery), &words.deliveries),
        (Verb::Sends, &words.sends),
        (Verb::Is(Deed::Refund), &words.refunds),
        (Verb::Is(Deed::Inquiry), &words.inquiries),
        (Verb::Is(Deed::Other), &words.others),
        (Verb::Does, &words.does),
    ] {
        if let Some(end) = patterns.longest_at(tokens, at)
            && best.as_ref().is_none_or(|(_, longest)| end > *longest)
        {
            best = Some((verb, end));
        }
    }
    best
}

/// What is sent: told by the object, behind the verb or before it.
fn sent(tokens: &[Token], from: usize, at: usize, end: usize, words: &Deeds) -> Cue {
    let found = object(tokens, from, at, end, words);
    let pronoun = words.pronouns.longest_at(tokens, end).is_some()
        || tokens[at..end]
            .iter()
            .any(|token| words.pronouns_within.have(&token.text));
    let han = tokens[at].is_han();
    let (deed, object) = match found {
        Some((deed, noun)) if !pronoun || deed != Deed::Document => (Some(deed), Some(noun)),
        _ if pronoun || han => (None, None),
        _ => (Some(Deed::Document), None),
    };
    Cue {
        tokens: at..end,
        deed,
        object,
        sends: true,
    }
}

fn object(
    tokens: &[Token],
    from: usize,
    at: usize,
    end: usize,
    words: &Deeds,
) -> Option<(Deed, String)> {
    let behind = (end..tokens.len().min(end + NEAR)).find_map(|at| noun(tokens, at, words));
    behind.or_else(|| {
        (from.max(at.saturating_sub(NEAR))..at)
            .rev()
            .find_map(|before| noun(tokens, before, words).filter(|_| before < at))
    })
}

/// The noun that begins at token `at`. Of two in a row the last is what is meant: `order confirmation`.
fn noun(tokens: &[Token], at: usize, words: &Deeds) -> Option<(Deed, String)> {
    let single = |at: usize| {
        [
            (Deed::Offer, &words.offers),
            (Deed::Visit, &words.people),
            (Deed::Delivery, &words.things),
            (Deed::Document, &words.papers),
        ]
        .into_iter()
        .filter_map(|(deed, nouns)| Some((deed, nouns.longest_at(tokens, at)?)))
        .max_by_key(|(_, end)| *end)
    };
    let (mut deed, mut end) = single(at)?;
    let mut from = at;
    while let Some((next, after)) = single(end).filter(|_| !tokens[end].opens()) {
        (deed, from, end) = (next, end, after);
    }
    let text = tokens[from..end].iter().map(|t| t.text.as_str()).collect();
    Some((deed, text))
}

/// The first noun of a sentence that names something to send.
pub(super) fn sendable(tokens: &[Token], words: &Deeds) -> Option<(Deed, String)> {
    (0..tokens.len())
        .find_map(|at| noun(tokens, at, words))
        .filter(|(deed, _)| matches!(deed, Deed::Offer | Deed::Document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_language::lexicon::Lexicon;
    use sidetone_language::tokens::tokenise;

    #[test]
    fn words_tell_what_is_to_be_done() {
        for (text, expected) in [
            ("I will call you back on Thursday", Some(Deed::Callback)),
            ("I will give you a quick call", Some(Deed::Callback)),
            ("I will get back to you", Some(Deed::Callback)),
            ("I will send you an offer by email", Some(Deed::Offer)),
            ("we will send the claim form", Some(Deed::Document)),
            (
                "we will send you an order confirmation",
                Some(Deed::Document),
            ),
            ("we will send an adjuster", Some(Deed::Visit)),
            ("we will send you a new card", Some(Deed::Delivery)),
            ("the parcel will be redelivered", Some(Deed::Delivery)),
            ("the refund takes five days", Some(Deed::Refund)),
            ("I will send it today", None),
            ("我们会派师傅上门", Some(Deed::Visit)),
            ("星期四我会给您回电话确认", Some(Deed::Callback)),
            ("请把资料发到我的邮箱", Some(Deed::Document)),
            ("理赔资料我发您短信", Some(Deed::Document)),
            ("我给您发一份报价", Some(Deed::Offer)),
            ("明天重新派送", Some(Deed::Delivery)),
            ("稍后发送给您", None),
            ("我们会调查这件事", Some(Deed::Inquiry)),
        ] {
            let cues = cues(&tokenise(text), &Lexicon::built_in().deeds);
            assert_eq!(
                cues.first().map(|c| c.deed),
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
            assert_eq!(
                cues(&tokenise(text), &Lexicon::built_in().deeds),
                [],
                "{text}"
            );
        }
    }
}
