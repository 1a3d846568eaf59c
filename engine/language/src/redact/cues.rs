//! What is announced and asked for.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::Topic;
use crate::lexicon::Redaction;
use crate::pattern::Phrases;
use crate::tokens::Token;

/// Before a name, so many words may tell that it is not asked for.
const FORBIDDING: usize = 5;

/// A card that is named within so many words of something else is only what that belongs to.
const BESIDE: usize = 6;

/// What a line names.
#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub tokens: Range<usize>,
    pub topic: Topic,
    /// It is said that it is not to be told, or what has become of it.
    pub forbidden: bool,
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

    /// The longest name at a token, and what it names. Of equals the first kind.
    fn named_at(&self, tokens: &[Token], at: usize) -> Option<(usize, Topic)> {
        let mut longest: Option<(usize, Topic)> = None;
        let secrets = SecretKind::ALL.map(|kind| (self.names(kind), Topic::Secret(kind)));
        for (names, topic) in secrets
            .into_iter()
            .chain([(&self.harmless, Topic::Harmless)])
        {
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

/// What is named in a line, in order, none within another.
pub(super) fn cues(tokens: &[Token], lists: &Redaction) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let near = |cue: &&Cue| cue.tokens.end + BESIDE >= at;
        let weak = || {
            let end = lists.card.longest_at(tokens, at)?;
            let free = cues.last().filter(near).is_none();
            free.then_some((end, Topic::Secret(SecretKind::CardNumber)))
        };
        let Some((end, topic)) = lists.named_at(tokens, at).or_else(weak) else {
            at += 1;
            continue;
        };
        let from = at.saturating_sub(FORBIDDING);
        let forbids = |before: usize| {
            lists
                .forbidding
                .longest_at(&tokens[..at], before)
                .is_some_and(|end| end <= at && !tokens[end..at].iter().any(Token::opens))
        };
        let forbidden = topic != Topic::Harmless && (from..at).any(forbids);
        cues.push(Cue {
            tokens: at..end,
            topic,
            forbidden,
        });
        at = end;
    }
    cues
}
