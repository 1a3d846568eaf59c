//! Phrases that an earlier look at an utterance heard, where its last text has something else.
//!
//! Each look hears more than the one before it, and now and then worse: "I was charged twice on my
//! invoice" becomes "charged right" once the sentence is over. What the same sound was once
//! understood as is a better reason to try a phrase than that it sounds alike.

use std::ops::Range;

use sidetone_language::phonetics::{SoundWord, sentences};
use sidetone_language::twins::twins;

use super::parts::{is_figure, is_light};
use super::{Doubt, Homophones, SAME};

/// Most words that a phrase may have been replaced by, beyond as many as it has.
const MOST_MORE: usize = 1;

/// The words of a text, all sentences in one line.
struct Line<'a> {
    text: &'a str,
    words: Vec<SoundWord>,
    lower: Vec<String>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        let words: Vec<SoundWord> = sentences(text).into_iter().flatten().collect();
        let lower = words
            .iter()
            .map(|word| text[word.place.clone()].to_lowercase());
        Self {
            lower: lower.collect(),
            words,
            text,
        }
    }

    /// Some of its words, in bytes.
    fn place(&self, words: &Range<usize>) -> Range<usize> {
        self.words[words.start].place.start..self.words[words.end - 1].place.end
    }
}

/// Where `text`, from its byte `from` on, has something else for a phrase of `lists` that `before`
/// has, which was heard of the same sound.
pub fn recalled<'a>(
    lists: impl Iterator<Item = &'a Homophones>,
    before: &str,
    text: &str,
    from: usize,
) -> Vec<Doubt> {
    let (before, now) = (Line::new(before), Line::new(text));
    let phrases = lists.flat_map(|list| list.spoken(&before.words, &before.lower));
    let mut doubts: Vec<Doubt> = Vec::new();
    for phrase in phrases {
        let Some((heard, meant)) = replaced(&before.lower, &now.lower, &phrase) else {
            continue;
        };
        let place = now.place(&heard);
        let figures = now.lower[heard].iter().any(|word| is_figure(word));
        let light = before.lower[meant.clone()]
            .iter()
            .all(|word| is_light(word));
        let doubt = Doubt {
            phrase: before.text[before.place(&meant)].to_owned(),
            patience: SAME,
            place,
        };
        let known = doubts.iter().any(|other| other.overlaps(&doubt));
        if doubt.place.start >= from && !figures && !light && !known {
            doubts.push(doubt);
        }
    }
    doubts.sort_by_key(|doubt| doubt.place.start);
    doubts
}

/// Which words of `now` stand where `before` has a `phrase`, and which words of it they replace:
/// those between words on either side that both have.
fn replaced(
    before: &[String],
    now: &[String],
    phrase: &Range<usize>,
) -> Option<(Range<usize>, Range<usize>)> {
    let twins = twins(now, before, |a, b| a == b);
    let kept = |twins: &[Option<usize>]| twins.iter().take_while(|twin| twin.is_some()).count();
    let first = phrase.start + kept(&twins[phrase.clone()]);
    let is_kept = |at: &usize| twins[*at].is_some();
    let last = phrase.clone().rev().take_while(is_kept).count();
    let meant = first..(phrase.end - last).max(first);
    let from = match meant.start.checked_sub(1) {
        Some(lead) => twins[lead]? + 1,
        None => 0,
    };
    // What follows the phrase need not have been said yet when it was heard.
    let to = match twins.get(meant.end) {
        Some(next) => (*next)?,
        None => from + meant.len(),
    };
    let fits =
        !meant.is_empty() && from < to && to <= now.len() && to - from <= meant.len() + MOST_MORE;
    fits.then_some((from..to, meant))
}
