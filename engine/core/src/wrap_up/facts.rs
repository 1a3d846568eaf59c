//! What the wrap-up is handed besides the alerts: what is known of the call, and what was said in
//! it.

use std::ops::Range;
use std::sync::Arc;

use jiff::civil::DateTime;
use sidetone_language::lexicon::Lexicon;

use crate::stable_words::StableWords;
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Side};
use sidetone_types::time::MediaTime;

/// What is known of a call without listening to it.
#[derive(Clone)]
pub struct Facts {
    /// When it began, on the clock of the people in it: what "tomorrow" is counted from.
    pub began: DateTime,
    /// Who called whom.
    pub direction: Direction,
    /// What the note is written in if the words do not tell.
    pub main_lang: Lang,
    /// The customer as the CRM knows them; empty if it does not.
    pub customer_name: String,
    /// Words and phrases that matter in this trade, as keywords to be preferred: names of products,
    /// tags of articles. May be empty.
    pub terms: Arc<[String]>,
    /// The word lists by which it is read.
    pub lexicon: Arc<Lexicon>,
}

/// One finished utterance.
#[derive(Clone, PartialEq)]
pub struct Line {
    /// Who spoke.
    pub side: Side,
    /// The language it was heard in.
    pub lang: Lang,
    /// Where it begins.
    pub start: MediaTime,
    /// Where it ends.
    pub end: MediaTime,
    /// The words as one line.
    pub text: String,
    /// Words of it that may well be wrong, in bytes, in order.
    pub doubtful: Vec<Range<usize>>,
}

impl From<&StableWords> for Line {
    fn from(said: &StableWords) -> Self {
        let text = said.text();
        let mut doubtful = Vec::new();
        let mut at = 0;
        for word in &said.words {
            let Some(found) = text[at..].find(&word.word) else {
                continue;
            };
            let place = at + found..at + found + word.word.len();
            at = place.end;
            if word.is_doubtful() {
                doubtful.push(place);
            }
        }
        Self {
            side: said.side,
            lang: said.lang,
            start: said.start(),
            end: said.end(),
            text,
            doubtful,
        }
    }
}

sidetone_types::private_debug!(Facts, Line);
