//! The digits that are dialled behind the number of a telephone.

use std::ops::Range;

use sidetone_types::secret::SecretKind;

use super::line::Line;

/// An extension has no more digits.
const MOST: usize = 6;

impl Line<'_> {
    /// Makes the extension behind a telephone number part of it: 0571-28027735转206.
    pub(super) fn find_extensions(&mut self) {
        let phones: Vec<Range<usize>> = self
            .hits
            .iter()
            .filter(|hit| hit.kind == SecretKind::Phone)
            .map(|hit| hit.units.clone())
            .collect();
        for phone in phones {
            if let Some(end) = self.extension_behind(phone.end) {
                // The extension may have been taken for a number of its own.
                self.hits
                    .retain(|hit| hit.units.start < phone.start || hit.units.end > end);
                self.take(SecretKind::Phone, phone.start..end);
            }
        }
    }

    /// Where an extension ends that is named at a unit.
    fn extension_behind(&self, unit: usize) -> Option<usize> {
        let token = self.units.get(unit)?.tokens.start;
        let names = &self.lexicon.redaction.extensions;
        let behind = names.longest_at(&self.tokens, token)?;
        if self.tokens[token].opens() {
            return None;
        }
        let start = self.unit_at(behind);
        let digits = self
            .units
            .get(start..)?
            .iter()
            .take_while(|unit| unit.is_digits());
        let end = start + digits.count();
        let length = self.code(start..end).len();
        (1..=MOST).contains(&length).then_some(end)
    }
}
