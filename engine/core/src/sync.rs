//! How far the customers of a CRM have been read: page by page, then what has changed since.
//!
//! Times are the CRM's own, so that a clock that is off here or there changes nothing. What was changed at the very
//! time from which the next pass reads on is read once more: others may have been changed in the same moment. Where
//! pages come in the order of changes, that is the last change that was read. In any other order somebody on a page
//! that was read may have changed since, before somebody on a later page: then it is the last change on the first
//! page, which lies before everything that has happened during the pass.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// How far it has come. Kept with what was read, in one step: whoever is killed goes on from there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Progress {
    /// Which CRM was read; of another one all is read anew.
    source: String,
    /// What is asked for was changed at this time or later, as the CRM writes it; empty for all.
    since: String,
    /// Which page is next, as the CRM says; empty for the first.
    cursor: String,
    /// From where the next pass reads on, as far as this one can tell: comparable, and as the CRM writes it.
    onward: Option<(i64, String)>,
    /// Whether all was read once.
    whole: bool,
}

/// In which order a CRM lists its customers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// By when they were changed, the last one last.
    Changed,
    /// By their ids, or in none.
    #[default]
    Id,
}

/// What a page says of the way on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRead {
    /// The next page; none behind the last.
    pub next: Option<String>,
    /// The last change on it: comparable, and as the CRM writes it.
    pub newest: Option<(i64, String)>,
}

/// What keeps a pass from coming to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SyncError {
    /// It would go on for ever.
    #[error(
        "the CRM's list of customers comes to a page that was read before: is `next` right in the description?"
    )]
    Circle,
}

/// Pages that this pass has read.
#[derive(Debug, Default)]
pub struct Pass(HashSet<String>);

impl Progress {
    /// Nothing of a CRM was read yet.
    pub fn of(source: String) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    /// Which CRM it is of.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is asked for: changed since when, and which page.
    pub fn wanted(&self) -> (&str, &str) {
        (&self.since, &self.cursor)
    }

    /// Whether all was read once.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// What stands once a page was read; the pass is over if it was the last.
    ///
    /// # Errors
    ///
    /// The next page was read before. The pass begins anew.
    pub fn after(
        &self,
        page: PageRead,
        order: ListOrder,
        pass: &mut Pass,
    ) -> Result<(Self, bool), SyncError> {
        let counts = order == ListOrder::Changed || self.cursor.is_empty();
        let onward = self.onward.clone().max(page.newest.filter(|_| counts));
        let next = page.next.filter(|next| !next.is_empty());
        if let Some(next) = next {
            if next == self.cursor || !pass.0.insert(next.clone()) {
                return Err(SyncError::Circle);
            }
            let after = Self {
                cursor: next,
                onward,
                ..self.clone()
            };
            return Ok((after, false));
        }
        pass.0.clear();
        let since = onward.as_ref().map_or(&self.since, |(_, written)| written);
        let after = Self {
            since: since.clone(),
            cursor: String::new(),
            onward,
            whole: true,
            source: self.source.clone(),
        };
        Ok((after, true))
    }

    /// The pass begins anew.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self {
            cursor: String::new(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(next: Option<&str>, newest: i64) -> PageRead {
        PageRead {
            next: next.map(str::to_owned),
            newest: Some((newest, format!("at {newest}"))),
        }
    }

    #[test]
    fn pages_are_read_to_the_last_and_then_what_has_changed_since() {
        let mut pass = Pass::default();
        let begin = Progress::default();
        assert_eq!(begin.wanted(), ("", ""));
        let (one, over) = begin
            .after(page(Some("p2"), 7), ListOrder::Changed, &mut pass)
            .expect("on");
        assert_eq!(
            (one.wanted(), over, one.is_whole()),
            (("", "p2"), false, false)
        );
        let (two, over) = one
            .after(page(None, 5), ListOrder::Changed, &mut pass)
            .expect("on");
        assert_eq!(
            (two.wanted(), over, two.is_whole()),
            (("at 7", ""), true, true)
        );
        let (nothing, over) = two
            .after(PageRead::default(), ListOrder::Changed, &mut pass)
            .expect("on");
        assert_eq!((nothing, over), (two, true), "nothing has changed");
    }

    #[test]
    fn what_changes_behind_the_pass_is_read_by_the_next_one() {
        let mut pass = Pass::default();
        let mut after = |progress: &Progress, page| {
            let after = progress.after(page, ListOrder::Id, &mut pass);
            after.expect("on").0
        };
        // Somebody on the first page changes at 6, while the second has a change at 9.
        let one = after(&Progress::default(), page(Some("100"), 5));
        let two = after(&one, page(None, 9));
        assert_eq!(two.wanted(), ("at 5", ""), "the change at 6 is read");
        let three = after(&two, page(None, 9));
        assert_eq!(three.wanted(), ("at 9", ""));
    }

    #[test]
    fn pages_in_a_circle_are_told_and_not_read_for_ever() {
        let mut pass = Pass::default();
        let (one, _) = Progress::default()
            .after(page(Some("a"), 1), ListOrder::Changed, &mut pass)
            .expect("on");
        let (two, _) = one
            .after(page(Some("b"), 1), ListOrder::Changed, &mut pass)
            .expect("on");
        assert_eq!(
            two.after(page(Some("a"), 1), ListOrder::Changed, &mut pass),
            Err(SyncError::Circle)
        );
        assert_eq!(two.anew().wanted(), ("", ""));
    }
}
