//! What is announced and asked for.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use crate::lexicon::Redaction;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// Before a name, so many words may tell that it is not asked for.
const FORBIDDING: usize = 5;

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

impl Redaction {
    /// The names of a kind of secret.
    pub(super) const fn names(&self, kind: SecretKind) -> &Phrases {
        match kind {
            SecretKind::CardNumber => &self.card_number,
            SecretKind::CardSecurityCode => &self.card_security_code,
            SecretKind::CardExpiry => &self.card_expiry,
            SecretKind::Iban => &self.iban,
            SecretKind::AccountNumber => &self.account_number,
            SecretKind::IdentityNumber => &self.identity_number,
            SecretKind::Passport => &self.passport,
            SecretKind::Phone => &self.phone,
            SecretKind::Email => &self.email,
            SecretKind::Address => &self.address,
            SecretKind::Birthday => &self.birthday,
            SecretKind::Password => &self.password,
            SecretKind::OneTimeCode => &self.one_time_code,
        }
    }

    /// The names of what belongs to what is expected.
    const fn parts_of(&self, expected: Option<Topic>) -> Option<(&Phrases, Topic)> {
        let Some(topic @ Topic::Secret(kind)) = expected else {
            return None;
        };
        match kind {
            SecretKind::Address => Some((&self.address_parts, topic)),
            SecretKind::AccountNumber => Some((&self.account_parts, topic)),
            SecretKind::Birthday | SecretKind::CardExpiry => Some((&self.date_parts, topic)),
            _ => None,
        }
    }

    /// Whether a part of what is expected is named at a token.
    fn is_part(&self, tokens: &[Token], at: usize, expected: Option<Topic>) -> bool {
        let address = Topic::Secret(SecretKind::Address);
        let postcode = expected == Some(address) && self.postcode.longest_at(tokens, at).is_some();
        let parts = self.parts_of(expected);
        postcode || parts.is_some_and(|(names, _)| names.longest_at(tokens, at).is_some())
    }

    /// The longest name at a token, and what it names. Of equals the first kind.
    /// A postcode belongs to an address that is expected, and is none by itself.
    fn named_at(
        &self,
        tokens: &[Token],
        at: usize,
        expected: Option<Topic>,
    ) -> Option<(usize, Topic)> {
        let address = Topic::Secret(SecretKind::Address);
        let postcode = match expected == Some(address) {
            true => address,
            false => Topic::Harmless,
        };
        let mut longest: Option<(usize, Topic)> = None;
        let secrets = SecretKind::ALL.map(|kind| (self.names(kind), Topic::Secret(kind)));
        let parts = self.parts_of(expected);
        for (names, topic) in secrets.into_iter().chain(parts).chain([
            (&self.postcode, postcode),
            (&self.harmless, Topic::Harmless),
        ]) {
            if let Some(end) = names.longest_at(tokens, at)
                && longest.is_none_or(|(other, _)| other < end)
            {
                longest = Some((end, topic));
            }
        }
        longest
    }

    /// Whether all of `tokens` begin a longer name of something.
    pub(super) fn may_become_name(&self, tokens: &[Token]) -> bool {
        let mut names = SecretKind::ALL.iter().map(|kind| self.names(*kind));
        names.any(|names| names.are_begun_by(tokens))
    }
}

/// What is named in a line, in order, none within another. The line itself begins at token `first`;
/// `expected` is what was asked for before it.
pub(super) fn cues(
    tokens: &[Token],
    lists: &Redaction,
    first: usize,
    expected: Option<Topic>,
) -> Vec<Cue> {
    let waits = expected.is_some_and(|topic| topic != Topic::Harmless);
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
                SecretKind::CardExpiry => card,
                SecretKind::Phone => free && !waits,
                _ => free,
            };
            let better =
                (at + 1..end).any(|later| lists.named_at(tokens, later, expected).is_some());
            (free && !better).then_some((end, Topic::Secret(kind)))
        };
        let named = lists.named_at(tokens, at, expected);
        let is_weak = named.is_none();
        let Some((end, topic)) = named.or_else(weak) else {
            at += 1;
            continue;
        };
        let secret = cues.iter().any(|cue| cue.topic != Topic::Harmless);
        let code = Topic::Secret(SecretKind::OneTimeCode);
        let channel = matches!(topic, Topic::Secret(SecretKind::Email | SecretKind::Phone))
            && (expected == Some(code) || cues.iter().any(|cue| cue.topic == code));
        let aside =
            topic == Topic::Harmless && (secret || waits) && follows(tokens, at, &lists.belonging)
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
            topic => topic,
        };
        // What was said before the line asks for nothing in it.
        let from = at.saturating_sub(FORBIDDING).max(first);
        let forbids = |before: usize| {
            lists
                .forbidding
                .longest_at(&tokens[..at], before)
                .is_some_and(|end| end <= at && !tokens[end..=at].iter().any(Token::opens))
        };
        let forbidden = topic != Topic::Harmless && (from..at).any(forbids);
        cues.push(Cue {
            tokens: at..end,
            topic,
            forbidden,
            weak: is_weak,
            part: lists.is_part(tokens, at, expected),
            own: is_own(tokens, at, lists),
        });
        at = end;
    }
    cues
}

/// Whether a card is spoken of.
const fn is_of_card(topic: Topic) -> bool {
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
