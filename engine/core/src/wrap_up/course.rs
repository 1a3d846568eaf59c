//! The promises of a call that goes on, read on with each line rather than anew.
//!
//! What was said last may still change: an unfinished sentence goes on, the other side finishes a
//! line that began before, words are put right. So the last lines are read again each time, and
//! what was said before them is kept as it was understood.

use super::facts::{Facts, Line};
use super::promised::Promised;
use super::promises::Known;
use super::sentence::{Reader, Sentence};
use sidetone_types::time::MediaTime;

/// As many lines are read again each time, at most.
const MOST: usize = 16;
/// Of those, as many stay to be read again.
const LAST: usize = 8;

/// A call that goes on.
#[derive(Default)]
pub(super) struct Course {
    kept: Kept,
    sentences: Vec<Sentence>,
}

/// A call up to one of its lines.
#[derive(Clone, Default)]
struct Kept {
    /// Where that line begins and ends.
    line: Option<(MediaTime, MediaTime)>,
    reader: Reader,
    /// How many sentences there are.
    sentences: usize,
    promises: Known,
}

impl Course {
    /// The promises of a call in which `lines` were said, in any order. Up to `new`, these are the
    /// same as they were.
    pub fn promises<'a>(
        &mut self,
        facts: &Facts,
        lines: impl Iterator<Item = &'a Line>,
        new: MediaTime,
    ) -> Vec<Promised> {
        let lexicon = &*facts.lexicon;
        let place = |line: &Line| (line.start, line.end);
        if self.kept.line.is_some_and(|(start, _)| new <= start) {
            self.kept = Kept::default();
        }
        let kept = &mut self.kept;
        let all = &mut self.sentences;
        all.truncate(kept.sentences);
        let mut lines: Vec<&Line> = lines
            .filter(|line| kept.line.is_none_or(|last| place(line) > last))
            .collect();
        lines.sort_by_key(|line| place(line));
        if lines.len() > MOST {
            let from = lines.len() - LAST;
            let equal = |at: &usize| place(lines[*at]) == place(lines[from - 1]);
            let from = (from..lines.len()).take_while(equal).count() + from;
            for line in lines.drain(..from) {
                kept.reader.read(line, all, lexicon);
                kept.line = Some(place(line));
            }
            kept.promises = std::mem::take(&mut kept.promises).hear(all, facts.began, lexicon);
            kept.sentences = all.len();
        }
        let mut reader = kept.reader.clone();
        for line in lines {
            reader.read(line, all, lexicon);
        }
        reader.finish(all, lexicon);
        let known = kept.promises.clone();
        known.hear(all, facts.began, lexicon).in_order()
    }

    /// The sentences of the call as it was looked at last.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }
}

#[cfg(test)]
mod tests;
