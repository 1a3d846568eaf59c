//! What becomes of each kind of secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_types::secret::SecretKind;

/// What becomes of a kind of secret in all that is told of a call.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// It is told as it was said.
    Keep,
    /// Its name stands in its place: `[card number]`.
    Mask,
    /// Nothing stands in its place.
    Drop,
}

/// The same of what must not be kept.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", try_from = "Treatment")]
#[schemars(!try_from)]
pub enum Hiding {
    /// Its name stands in its place.
    Mask,
    /// Nothing stands in its place.
    Drop,
}

impl TryFrom<Treatment> for Hiding {
    type Error = &'static str;

    fn try_from(treatment: Treatment) -> Result<Self, &'static str> {
        match treatment {
            Treatment::Mask => Ok(Self::Mask),
            Treatment::Drop => Ok(Self::Drop),
            Treatment::Keep => Err(
                "it cannot be `keep`: PCI DSS forbids to store security codes of cards, not even encrypted; write `mask` or `drop`",
            ),
        }
    }
}

impl From<Hiding> for Treatment {
    fn from(hiding: Hiding) -> Self {
        match hiding {
            Hiding::Mask => Self::Mask,
            Hiding::Drop => Self::Drop,
        }
    }
}

/// What becomes of secrets that are said in a call: `keep` tells them as they are, `mask` puts a
/// name in their place (`[card number]`, `[卡号]`), `drop` leaves them out. It holds for all that
/// leaves a call: words so far, finals, alerts, cards, summary, CRM note, search. What is kept out
/// is not in logs either, and cannot be had back.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedactionConfig {
    /// Numbers of payment cards, whoever reads them out.
    pub card_number: Treatment,
    /// Security codes of cards (CVV, CVC). They cannot be kept.
    pub card_security_code: Hiding,
    /// Until when cards are valid.
    pub card_expiry: Treatment,
    /// International account numbers.
    pub iban: Treatment,
    /// Numbers of accounts with banks, and of banks.
    pub account_number: Treatment,
    /// Numbers that states give to people: social security, 居民身份证.
    pub identity_number: Treatment,
    /// Numbers of passports, with their letters.
    pub passport: Treatment,
    /// Telephone numbers. Agents and the CRM mostly need them.
    pub phone: Treatment,
    /// Addresses of mail, written or spelt.
    pub email: Treatment,
    /// Where people live, and their postcodes.
    pub address: Treatment,
    /// When people were born, with or without the year.
    pub birthday: Treatment,
    /// Passwords, PINs, and answers that open accounts.
    pub password: Treatment,
    /// Codes for one use, as they come by SMS.
    pub one_time_code: Treatment,
}

impl Default for RedactionConfig {
    fn default() -> Self {
        Self {
            card_number: Treatment::Mask,
            card_security_code: Hiding::Mask,
            card_expiry: Treatment::Mask,
            iban: Treatment::Mask,
            account_number: Treatment::Mask,
            identity_number: Treatment::Mask,
            passport: Treatment::Mask,
            phone: Treatment::Keep,
            email: Treatment::Keep,
            address: Treatment::Keep,
            birthday: Treatment::Keep,
            password: Treatment::Mask,
            one_time_code: Treatment::Mask,
        }
    }
}

impl RedactionConfig {
    /// With every kind masked.
    pub fn mask_all() -> Self {
        Self {
            phone: Treatment::Mask,
            email: Treatment::Mask,
            address: Treatment::Mask,
            birthday: Treatment::Mask,
            ..Self::default()
        }
    }

    /// What becomes of a kind.
    pub fn of(&self, kind: SecretKind) -> Treatment {
        match kind {
            SecretKind::CardNumber => self.card_number,
            SecretKind::CardSecurityCode => self.card_security_code.into(),
            SecretKind::CardExpiry => self.card_expiry,
            SecretKind::Iban => self.iban,
            SecretKind::AccountNumber => self.account_number,
            SecretKind::IdentityNumber => self.identity_number,
            SecretKind::Passport => self.passport,
            SecretKind::Phone => self.phone,
            SecretKind::Email => self.email,
            SecretKind::Address => self.address,
            SecretKind::Birthday => self.birthday,
            SecretKind::Password => self.password,
            SecretKind::OneTimeCode => self.one_time_code,
        }
    }

    /// The kinds that are told as they are.
    pub fn kept(&self) -> Vec<SecretKind> {
        let kinds = SecretKind::ALL.into_iter();
        kinds.filter(|kind| self.keeps(*kind)).collect()
    }

    /// Whether a kind is told as it is.
    pub fn keeps(&self, kind: SecretKind) -> bool {
        self.of(kind) == Treatment::Keep
    }
}
