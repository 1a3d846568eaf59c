//! What comes out.

use std::ops::Range;

use super::ask::Wanted;
use super::line::Line;
use super::words::words;

/// Longest snippet, in characters.
const LONGEST: usize = 200;
/// Characters shown before the first marked word of a longer line.
const BEFORE: usize = 40;

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// In the order asked for.
    pub found: Vec<Found>,
    /// How many lines fit altogether.
    pub total: usize,
}

/// A line that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The line.
    pub line: Line,
    /// Where the part of its text lies that is worth showing, in bytes: at most 200 characters.
    pub snippet: Range<usize>,
    /// The words that were looked for, in bytes of the line's text, in order and apart from each
    /// other. Those beyond the snippet are left out.
    pub marks: Vec<Range<usize>>,
}

impl Found {
    pub(super) fn new(line: Line, wanted: &Wanted) -> Self {
        let mut marks = marks(&line.text, wanted);
        let first = marks.first().map_or(0, |mark| mark.start);
        let snippet = snippet(&line.text, first);
        marks.retain(|mark| snippet.start <= mark.start && mark.end <= snippet.end);
        Self {
            line,
            snippet,
            marks,
        }
    }

    /// The marked words.
    #[must_use]
    pub fn marked(&self) -> Vec<&str> {
        self.marks
            .iter()
            .map(|mark| &self.line.text[mark.clone()])
            .collect()
    }

    /// The part worth showing.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.line.text[self.snippet.clone()]
    }
}

/// Where the phrases stand. The characters of a Mandarin word are one mark.
fn marks(text: &str, wanted: &Wanted) -> Vec<Range<usize>> {
    let words = words(text);
    let mut is_marked = vec![false; words.len()];
    for phrase in &wanted.0 {
        for start in 0..(words.len() + 1).saturating_sub(phrase.len()) {
            let here = &words[start..start + phrase.len()];
            if here.iter().map(|(word, _)| word).eq(phrase) {
                is_marked[start..start + phrase.len()].fill(true);
            }
        }
    }
    let mut marks: Vec<Range<usize>> = Vec::new();
    for ((_, range), _) in words
        .into_iter()
        .zip(is_marked)
        .filter(|(_, marked)| *marked)
    {
        match marks.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => marks.push(range),
        }
    }
    marks
}

fn snippet(text: &str, first: usize) -> Range<usize> {
    if text.chars().count() <= LONGEST {
        return 0..text.len();
    }
    let before = text[..first].char_indices().rev();
    let start = before.take(BEFORE).last().map_or(first, |(at, _)| at);
    let end = text[start..].char_indices().nth(LONGEST);
    start..end.map_or(text.len(), |(at, _)| start + at)
}
