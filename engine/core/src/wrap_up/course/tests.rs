use proptest::prelude::*;

use super::{Course, MOST};
use crate::wrap_up::Line;
use crate::wrap_up::promises::promises;
use crate::wrap_up::sentence::sentences;
use crate::wrap_up::tests::kit::facts;
use crate::wrap_up::tests::properties::line;
use sidetone_types::time::MediaTime;

/// Promises as a note has them, of the lines as a whole.
fn at_once(lines: &[Line]) -> Vec<String> {
    let facts = facts();
    let sentences = sentences(lines, &facts.lexicon);
    let promised = promises(&sentences, facts.began, &facts.lexicon);
    let standing = promised.iter().filter(|promise| promise.stands());
    standing
        .map(|promise| format!("{:?}", promise.note(&sentences)))
        .collect()
}

/// The same, where `new` has come last.
fn read_on(course: &mut Course, lines: &[Line], new: MediaTime) -> Vec<String> {
    let promised = course.promises(&facts(), lines.iter(), new);
    let standing = promised.iter().filter(|promise| promise.stands());
    standing
        .map(|promise| format!("{:?}", promise.note(course.sentences())))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_call_that_is_read_on_has_the_promises_of_one_that_is_read_at_once(
        lines in prop::collection::vec(line(), 2 * MOST..6 * MOST),
        (late, every) in (0_usize..2 * MOST, 1_usize..9),
    ) {
        let mut lines = lines;
        lines.sort_by_key(|line| (line.start, line.end));
        lines.dedup_by_key(|line| (line.start, line.end));
        let mut course = Course::default();
        let mut said: Vec<Line> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            said.push(line.clone());
            let mut new = line.start;
            if at % every == 0 && at >= late {
                // Words are put right, near by or long ago.
                let mended = &mut said[at - late];
                mended.text.push_str(" I will call you back on Friday.");
                new = new.min(mended.start);
            }
            prop_assert_eq!(read_on(&mut course, &said, new), at_once(&said));
        }
    }
}

#[test]
fn lines_that_begin_and_end_together_are_all_read() {
    let line = crate::wrap_up::tests::kit::lines("a: I will call you back on Thursday.").remove(0);
    let mut course = Course::default();
    let mut said = Vec::new();
    for _ in 0..2 * MOST {
        said.push(line.clone());
        assert_eq!(read_on(&mut course, &said, line.start), at_once(&said));
    }
    assert_eq!(course.sentences().len(), said.len());
}
