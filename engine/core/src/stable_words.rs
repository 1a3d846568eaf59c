//! What somebody has said, as far as it is settled: what rules, knowledge and summary work on.

use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::recognise::join;
use sidetone_types::time::MediaTime;

/// The settled words of one utterance.
///
/// It comes several times while the utterance goes on, each time with the words of before and
/// perhaps more, and once more when it is finished. Only then may it differ from what came before,
/// where words that were not settled yet join.
#[derive(Clone, Debug, PartialEq)]
pub struct StableWords {
    /// Which utterance.
    pub utterance: UtteranceId,
    /// Who speaks.
    pub side: Side,
    /// The language it is heard in.
    pub lang: Lang,
    /// Word by word; by character where words are written without spaces.
    pub words: Vec<TimedWord>,
    /// Whether nothing more comes.
    pub finished: bool,
}

impl StableWords {
    /// All words as one line.
    pub fn text(&self) -> String {
        join(self.words.iter().map(|word| word.spaced.as_str()))
    }

    /// Where the first word begins; the start of the call if there is none.
    pub fn start(&self) -> MediaTime {
        self.words
            .first()
            .map_or(MediaTime::ZERO, |word| word.start)
    }

    /// Where the last word ends; the start of the call if there is none.
    pub fn end(&self) -> MediaTime {
        self.words.last().map_or(MediaTime::ZERO, |word| word.end)
    }
}
