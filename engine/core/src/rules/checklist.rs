//! What must be said, as the rule files have it.

use sidetone_types::lang::Lang;

use super::condition::Condition;
use super::error::Place;

/// Something that an agent must say, in one language. Items of one name in several languages are
/// one.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub at: Place,
    /// What `text` and its phrases are in.
    pub lang: Lang,
    /// What it is, for people.
    pub text: String,
    /// It must be said once one of these rules has raised an alert, or one of these items was
    /// said.
    pub after: Vec<String>,
    /// Whether it must be said once certain words are heard.
    pub has_when: bool,
    /// How its phrases are looked for.
    pub(super) condition: Condition,
}

impl Item {
    /// Whether it must be said in every call.
    pub fn is_always(&self) -> bool {
        self.after.is_empty() && !self.has_when
    }
}

/// Which phrases of an item these are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Those that tick it.
    Said,
    /// Those after which it must be said.
    When,
}

/// The place of an item's phrases in the finder.
pub(super) const fn place(item: usize, part: Part) -> usize {
    match part {
        Part::Said => 2 * item,
        Part::When => 2 * item + 1,
    }
}

/// Which item and part a place is.
pub(super) const fn of_place(place: usize) -> (usize, Part) {
    match place % 2 {
        0 => (place / 2, Part::Said),
        _ => (place / 2, Part::When),
    }
}
