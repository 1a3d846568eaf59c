//! What numbers stand for.

use serde::{Deserialize, Serialize};

/// What a number stands for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// How many: `twenty five people`, `四十八小时`.
    Cardinal,
    /// Which one: `twenty first`, `第二十五`.
    Ordinal,
    /// An amount of money.
    Money,
    /// A share of a hundred.
    Percent,
    /// A day, a month or a year, or several of them.
    Date,
    /// A time of day.
    Time,
    /// Digits told one by one: numbers of telephones, accounts and orders.
    Digits,
}

impl NumberKind {
    /// A label, the same in JSON and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cardinal => "cardinal",
            Self::Ordinal => "ordinal",
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Time => "time",
            Self::Digits => "digits",
        }
    }
}
