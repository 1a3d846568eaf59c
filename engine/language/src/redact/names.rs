//! What secrets are called.

use sidetone_types::secret::SecretKind;

use super::Topic;
use crate::lexicon::Redaction;
use crate::pattern::Phrases;
use crate::tokens::Token;

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
            SecretKind::Password => Some((&self.password_parts, topic)),
            _ => None,
        }
    }

    /// Short names of what is asked for, which tell nothing elsewhere: "the account's …", "born …".
    fn short_names(&self, asked: &[SecretKind]) -> Vec<(&Phrases, Topic)> {
        let of = |kind: &SecretKind| {
            let names = match kind {
                SecretKind::CardNumber => &self.short_card,
                SecretKind::CardSecurityCode => &self.short_security_code,
                SecretKind::AccountNumber => &self.short_account,
                SecretKind::IdentityNumber => &self.short_identity,
                SecretKind::Phone => &self.short_phone,
                SecretKind::OneTimeCode => &self.short_code,
                SecretKind::Password => &self.short_password,
                SecretKind::Birthday => &self.short_birthday,
                SecretKind::Address => &self.short_address,
                _ => return None,
            };
            Some((names, Topic::Secret(*kind)))
        };
        asked.iter().filter_map(of).collect()
    }

    /// Whether a part of what is expected is named at a token.
    pub(super) fn is_part(&self, tokens: &[Token], at: usize, expected: Option<Topic>) -> bool {
        let address = Topic::Secret(SecretKind::Address);
        let postcode = expected == Some(address) && self.postcode.longest_at(tokens, at).is_some();
        let parts = self.parts_of(expected);
        postcode || parts.is_some_and(|(names, _)| names.longest_at(tokens, at).is_some())
    }

    /// The longest name at a token, and what it names. Of equals the first kind.
    /// A postcode belongs to an address that is expected, and is none by itself.
    pub(super) fn named_at(
        &self,
        tokens: &[Token],
        at: usize,
        (expected, asked): (Option<Topic>, &[SecretKind]),
    ) -> Option<(usize, Topic)> {
        let address = Topic::Secret(SecretKind::Address);
        let postcode = match expected == Some(address) {
            true => address,
            false => Topic::Harmless,
        };
        let mut longest: Option<(usize, Topic)> = None;
        let secrets = SecretKind::ALL.map(|kind| (self.names(kind), Topic::Secret(kind)));
        let parts = self.parts_of(expected);
        let short = self.short_names(asked);
        for (names, topic) in secrets.into_iter().chain(parts).chain(short).chain([
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

    /// Where the name of a number ends that nobody knows, and that is none of a secret: "file number".
    pub(super) fn kind_of_number(&self, tokens: &[Token], at: usize) -> Option<usize> {
        let word = tokens.get(at)?;
        let noun = tokens.get(at + 1).filter(|noun| !noun.opens())?;
        let name = !word.is_han()
            && !word.is_figure()
            && word.text.len() > 1
            && !self.no_kind.have(&word.text)
            && self.kinds_of_numbers.have(&noun.text);
        name.then_some(at + 2)
    }

    /// Whether all of `tokens` begin a longer name of something.
    pub(super) fn may_become_name(&self, tokens: &[Token]) -> bool {
        let mut names = SecretKind::ALL.iter().map(|kind| self.names(*kind));
        names.any(|names| names.are_begun_by(tokens))
    }
}
