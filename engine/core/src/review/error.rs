//! Why a review is not taken.

/// A review that is not taken. Each names the field; none quotes words of the note.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReviewError {
    /// Nobody reads so much.
    #[error("`{field}` has {characters} characters; at most {most} are taken")]
    TooLong {
        /// Which field.
        field: String,
        /// Its length.
        characters: usize,
        /// The bound.
        most: usize,
    },
    /// Nobody reads so many.
    #[error("`{field}` has {count} items; at most {most} are taken")]
    TooMany {
        /// Which field.
        field: String,
        /// How many.
        count: usize,
        /// The bound.
        most: usize,
    },
    /// An item of a list says nothing.
    #[error("`{0}` is empty: write something, or leave it out")]
    Empty(String),
    /// It is no line of text.
    #[error(
        "`{0}` holds a line break, or a character that controls, turns the direction of writing or is \
         not seen: leave it out"
    )]
    NotALine(String),
    /// It is no day.
    #[error("`{field}` is `{given}`, which is no day: write it like 2026-05-07, or leave it out")]
    NoDay {
        /// Which field.
        field: String,
        /// What it was.
        given: String,
    },
    /// It is no time of day.
    #[error(
        "`{field}` is `{given}`, which is no time of day: write it like 15:30, or leave it out"
    )]
    NoTime {
        /// Which field.
        field: String,
        /// What it was.
        given: String,
    },
    /// A time of no day.
    #[error("`{0}` is a time without a day: set `due` too, or leave it out")]
    TimeWithoutDay(String),
    /// It is none of those that are offered.
    #[error(
        "`disposition` is `{given}`, which is none of {offered}: take one of them, or leave it empty"
    )]
    Disposition {
        /// What it was.
        given: String,
        /// Those that are.
        offered: String,
    },
    /// The CRM has it, or may have it.
    #[error(
        "the CRM has {0} already, or may have it, and nothing takes that back: leave it as it was"
    )]
    Written(String),
}

impl ReviewError {
    /// Whether the note is in the way, and not what was typed.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Written(_))
    }
}
