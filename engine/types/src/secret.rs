//! What is secret in speech, and where it was said.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::lang::Lang;
use crate::time::MediaTime;

/// A kind of secret that people say.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// The number of a payment card.
    CardNumber,
    /// The three or four digits on the back of a card (CVV, CVC).
    CardSecurityCode,
    /// Until when a card is valid.
    CardExpiry,
    /// An international account number.
    Iban,
    /// The number of an account with a bank, or of the bank: sort code, routing number.
    AccountNumber,
    /// A number that states give to people: social security, 居民身份证.
    IdentityNumber,
    /// The number of a passport.
    Passport,
    /// A telephone number.
    Phone,
    /// An address of mail.
    Email,
    /// Where somebody lives, or its postcode.
    Address,
    /// When somebody was born.
    Birthday,
    /// A password, a PIN, or an answer that opens accounts.
    Password,
    /// A code for one use, as it comes by SMS.
    OneTimeCode,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::CardNumber,
        Self::CardSecurityCode,
        Self::CardExpiry,
        Self::Iban,
        Self::AccountNumber,
        Self::IdentityNumber,
        Self::Passport,
        Self::Phone,
        Self::Email,
        Self::Address,
        Self::Birthday,
        Self::Password,
        Self::OneTimeCode,
    ];

    /// Its name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardNumber => "card_number",
            Self::CardSecurityCode => "card_security_code",
            Self::CardExpiry => "card_expiry",
            Self::Iban => "iban",
            Self::AccountNumber => "account_number",
            Self::IdentityNumber => "identity_number",
            Self::Passport => "passport",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Address => "address",
            Self::Birthday => "birthday",
            Self::Password => "password",
            Self::OneTimeCode => "one_time_code",
        }
    }

    /// What stands in its place in a transcript.
    pub fn label(self, lang: Lang) -> &'static str {
        if lang == Lang::ZH {
            match self {
                Self::CardNumber => "[卡号]",
                Self::CardSecurityCode => "[安全码]",
                Self::CardExpiry => "[有效期]",
                Self::Iban => "[国际账号]",
                Self::AccountNumber => "[账号]",
                Self::IdentityNumber => "[证件号]",
                Self::Passport => "[护照号]",
                Self::Phone => "[电话]",
                Self::Email => "[邮箱]",
                Self::Address => "[地址]",
                Self::Birthday => "[生日]",
                Self::Password => "[密码]",
                Self::OneTimeCode => "[验证码]",
            }
        } else {
            match self {
                Self::CardNumber => "[card number]",
                Self::CardSecurityCode => "[security code]",
                Self::CardExpiry => "[expiry date]",
                Self::Iban => "[IBAN]",
                Self::AccountNumber => "[account number]",
                Self::IdentityNumber => "[identity number]",
                Self::Passport => "[passport number]",
                Self::Phone => "[phone number]",
                Self::Email => "[e-mail address]",
                Self::Address => "[address]",
                Self::Birthday => "[date of birth]",
                Self::Password => "[password]",
                Self::OneTimeCode => "[one-time code]",
            }
        }
    }
}

/// What stands for a label where words are looked for: nobody said them.
pub const NO_WORDS: &str = "[…]";

/// A line without the labels that stand in the place of secrets, to look for words in it.
pub fn without_labels(line: &str) -> Cow<'_, str> {
    let mut line = Cow::Borrowed(line);
    if line.contains('[') {
        let kinds = SecretKind::ALL.into_iter();
        for label in kinds.flat_map(|kind| [kind.label(Lang::EN), kind.label(Lang::ZH)]) {
            if line.contains(label) {
                line = Cow::Owned(line.replace(label, NO_WORDS));
            }
        }
    }
    line
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No kind of secret is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no kind of secret: card_number, card_security_code and so on")]
pub struct UnknownSecret(pub String);

impl FromStr for SecretKind {
    type Err = UnknownSecret;

    fn from_str(text: &str) -> Result<Self, UnknownSecret> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownSecret(text.to_owned()))
    }
}

/// Where a secret was said that the words do not show.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Redacted {
    /// What it is. That one was said is no secret.
    pub kind: SecretKind,
    /// Where its sound begins on the call's timeline.
    #[serde(rename = "start_ms", with = "crate::wire::media_millis")]
    pub start: MediaTime,
    /// Where it ends.
    #[serde(rename = "end_ms", with = "crate::wire::media_millis")]
    pub end: MediaTime,
}
