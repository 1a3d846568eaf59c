//! What is announced and asked for.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use super::described::described;
use crate::lexicon::Redaction;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// Before a name, so many words may tell that it is not asked for.
const FORBIDDING: usize = 6;

/// Between two that are not asked for there are no more words.
const ALONG: usize = 2;

/// Between "for" and what it is for there are no more words.
const BELONGING: usize = 2;

/// Between "my" and what it is of there are no more words.
const OWN: usize = 3;

/// A card that is named within so many words of something else is only what that belongs to.
const BESIDE: usize = 6;

/// What a line names.
#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub tokens: Range<usize>,
    pub topic: Topic,
    /// It is said that it is not to be told, or what has become of it: it is not asked for. Digits
    /// right behind it are what it names all the same.
    pub forbidden: bool,
    /// Only a card is named, beside which something else may be meant.
    pub weak: bool,
    /// It is asked for along with what is expected, of which it is a part.
    pub part: bool,
    /// Whoever speaks names their own: "my PIN".
    pub own: bool,
}

/// What is known before a line.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// What was asked for.
    pub expected: Option<Topic>,
    /// All secrets that were, where they have not been told.
    pub asked: &'a [SecretKind],
    /// What the other party has told, so that a part of it may be asked for again.
    pub again: Option<Topic>,
    /// Whether the number of a card has been told.
    pub card_told: bool,
    /// Whether what is expected has been told.
    pub told: bool,
}

/// What is named in a line, in order, none within another. The line itself begins at token `first`.
pub(super) fn cues(
    tokens: &[Token],
    lists: &Redaction,
    first: usize,
    About {
        expected,
        asked,
        again,
        card_told,
        told,
    }: About,
) -> Vec<Cue> {
    // What the other party has told is waited for no more.
    let expected_told = told;
    let waits = again.is_none() && expected.is_some_and(|topic| topic != Topic::Harmless);
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let near = |cue: &&Cue| cue.tokens.end + BESIDE >= at;
        let weak = || {
            let kinds = [
                (&lists.card, SecretKind::CardNumber),
                (&lists.perhaps_security_code, SecretKind::CardSecurityCode),
                (&lists.perhaps_code, SecretKind::OneTimeCode),
                (&lists.perhaps_expiry, SecretKind::CardExpiry),
                (&lists.perhaps_phone, SecretKind::Phone),
                (&lists.perhaps_account, SecretKind::AccountNumber),
            ];
            let (end, kind) = kinds
                .into_iter()
                .find_map(|(names, kind)| Some((names.longest_at(tokens, at)?, kind)))?;
            // Behind the number of a card, "the code" is that of the card.
            let kind = match (kind, expected) {
                (SecretKind::OneTimeCode, Some(Topic::AfterCard)) => SecretKind::CardSecurityCode,
                (kind, _) => kind,
            };
            let code = kind == SecretKind::CardSecurityCode;
            let free = cues
                .last()
                .filter(near)
                .is_none_or(|cue| code && is_of_card(cue.topic));
            let card =
                cues.iter().any(|cue| is_of_card(cue.topic)) || expected.is_some_and(is_of_card);
            let free = match kind {
                SecretKind::CardExpiry => card || card_told && free,
                SecretKind::Phone => free && (!waits || expected_told),
                SecretKind::AccountNumber => free && !waits,
                _ => free,
            };
            let better = (at + 1..end).any(|later| {
                let named = lists.named_at(tokens, later, (expected, asked));
                named.is_some_and(|(_, topic)| {
                    topic != Topic::Harmless || kind != SecretKind::CardExpiry
                })
            });
            (free && !better).then_some((end, Topic::Secret(kind)))
        };
        if let Some(end) = lists.no_names.longest_at(tokens, at) {
            at = end;
            continue;
        }
        let named = lists.named_at(tokens, at, (expected, asked));
        // Part of a number that somebody else told is asked for once more.
        let again = again.and_then(|topic| Some((lists.positions.longest_at(tokens, at)?, topic)));
        let again = again.filter(|_| matches!(named, None | Some((_, Topic::Harmless))));
        let is_weak = named.is_none() || again.is_some();
        let named = again.or(named);
        // "My Indian number", where a telephone was asked for.
        let phone = expected == Some(Topic::Secret(SecretKind::Phone))
            && tokens.get(at + 1).is_some_and(|noun| noun.text == "number")
            && is_own(tokens, at, lists);
        let unknown = || {
            let end = lists.kind_of_number(tokens, at).filter(|_| !phone)?;
            Some((end, Topic::Harmless))
        };
        let Some((end, topic)) = named.or_else(weak).or_else(unknown) else {
            at += 1;
            continue;
        };
        // 订单编号几号: which order, not which house.
        let behind = cues.last().is_some_and(|cue| {
            cue.topic == Topic::Harmless && cue.tokens.end == at && tokens[at].is_han()
        });
        if behind && topic != Topic::Harmless && lists.is_part(tokens, at, expected) {
            at = end;
            continue;
        }
        let secret = cues.iter().any(|cue| cue.topic != Topic::Harmless);
        let code = Topic::Secret(SecretKind::OneTimeCode);
        let channel = matches!(topic, Topic::Secret(SecretKind::Email | SecretKind::Phone))
            && (expected == Some(code) || cues.iter().any(|cue| cue.topic == code));
        // "Your date of birth as it is on the passport".
        let paper = matches!(
            topic,
            Topic::Secret(
                SecretKind::Passport | SecretKind::IdentityNumber | SecretKind::CardNumber
            )
        ) && secret
            && follows(tokens, at, &lists.on_paper);
        // 身份证上的: as it stands there.
        let upon = waits
            && expected != Some(topic)
            && matches!(
                topic,
                Topic::Secret(SecretKind::Passport | SecretKind::IdentityNumber)
            )
            && tokens.get(end).is_some_and(|token| token.text == "上");
        let aside = paper
            || upon
            || topic == Topic::Harmless
                && (secret || waits)
                && follows(tokens, at, &lists.belonging)
            || channel && follows(tokens, at, &lists.channels);
        if aside {
            at = end;
            continue;
        }
        // Other documents expire as well.
        let other = matches!(
            expected,
            Some(Topic::Secret(
                SecretKind::Passport | SecretKind::IdentityNumber
            ))
        );
        let topic = match topic {
            Topic::Secret(SecretKind::CardExpiry) if other => Topic::Harmless,
            // So do vouchers.
            Topic::Secret(SecretKind::CardExpiry)
                if !card_told
                    && !expected.is_some_and(is_of_card)
                    && !cues.iter().any(|cue| is_of_card(cue.topic))
                    && lists.dated.are_in(tokens) =>
            {
                Topic::Harmless
            }
            // "And four little digits on the front", once the number has been told.
            Topic::Secret(SecretKind::CardNumber)
                if card_told
                    && (at.saturating_sub(2)..end).any(|token| {
                        lists.short.have(&tokens[token].text)
                            || matches!(tokens[token].text.as_str(), "four" | "4")
                    })
                    && lists.on_front.are_in(&tokens[at..]) =>
            {
                Topic::Secret(SecretKind::CardSecurityCode)
            }
            Topic::Secret(SecretKind::CardNumber) if lists.other_lengths.are_in(tokens) => {
                Topic::Harmless
            }
            topic => topic,
        };
        // "Never ask for your PIN or your passcode."
        let along = cues.last().is_some_and(|cue| {
            let between = cue.tokens.end..at;
            cue.forbidden && between.len() <= ALONG && !tokens[between].iter().any(Token::opens)
        });
        let forbidden = topic != Topic::Harmless && (along || forbids(tokens, lists, first, at));
        cues.push(Cue {
            tokens: at..end,
            topic,
            forbidden,
            weak: is_weak,
            part: again.is_some() || lists.is_part(tokens, at, expected),
            own: is_own(tokens, at, lists),
        });
        at = end;
    }
    let card = card_told || expected.is_some_and(is_of_card);
    for described in described(tokens, lists, card) {
        let over = |cue: &Cue| {
            cue.tokens.start < described.tokens.end && described.tokens.start < cue.tokens.end
        };
        // The way on which a code is sent: "the number in that e-mail".
        let channel = |cue: &Cue| {
            let way = matches!(
                cue.topic,
                Topic::Secret(SecretKind::Email | SecretKind::Phone)
            );
            way && described.topic == Topic::Secret(SecretKind::OneTimeCode)
        };
        if cues
            .iter()
            .any(|cue| over(cue) && !cue.weak && !channel(cue))
        {
            continue;
        }
        cues.retain(|cue| !over(cue));
        cues.push(Cue {
            forbidden: forbids(tokens, lists, first, described.tokens.start),
            own: is_own(tokens, described.tokens.start, lists),
            ..described
        });
    }
    cues.sort_by_key(|cue| cue.tokens.start);
    cues
}

/// Whether it is told before a token that what is named there is not asked for. What was said before
/// the line asks for nothing in it.
fn forbids(tokens: &[Token], lists: &Redaction, first: usize, at: usize) -> bool {
    let from = at.saturating_sub(FORBIDDING).max(first);
    (from..at).any(|before| {
        let end = lists.forbidding.longest_at(&tokens[..at], before);
        end.is_some_and(|end| {
            // "I have reset it, your new PIN is …"
            let has_object = tokens
                .get(end)
                .is_some_and(|object| lists.objects.have(&object.text));
            end <= at
                && !has_object
                && !tokens[end..=at].iter().any(Token::opens)
                && (tokens[at].is_han() || !lists.question_words.are_in(&tokens[end..at]))
        })
    })
}

/// Whether a card is spoken of.
pub(super) const fn is_of_card(topic: Topic) -> bool {
    use SecretKind::{CardExpiry, CardNumber, CardSecurityCode};
    matches!(
        topic,
        Topic::AfterCard | Topic::Secret(CardNumber | CardExpiry | CardSecurityCode)
    )
}

/// Whether what is named at a token belongs to whoever speaks.
fn is_own(tokens: &[Token], at: usize, lists: &Redaction) -> bool {
    let begins = tokens
        .get(at)
        .is_some_and(|token| lists.own.have(&token.text));
    let before = (at.saturating_sub(OWN)..at).rev();
    begins
        || before
            .take_while(|before| !tokens[before + 1].opens())
            .any(|before| lists.own.have(&tokens[before].text))
}

/// Whether one of `words` stands right before what is named at a token: "the card number for the
/// order".
fn follows(tokens: &[Token], at: usize, words: &Phrases) -> bool {
    let from = at.saturating_sub(BELONGING);
    (from..at).any(|before| {
        words
            .longest_at(&tokens[..at], before)
            .is_some_and(|end| !tokens[end..=at].iter().any(Token::opens))
    })
}
