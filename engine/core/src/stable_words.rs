//! What somebody has said, as far as it is settled: what rules, knowledge and summary work on.

use std::borrow::Cow;

use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::recognise::join;
use sidetone_types::secret::without_labels;
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
    /// The same to look for words in: without the labels of secrets, which nobody said.
    pub fn without_labels(&self) -> Cow<'_, Self> {
        let labelled = |word: &TimedWord| matches!(without_labels(&word.word), Cow::Owned(_));
        if !self.words.iter().any(labelled) {
            return Cow::Borrowed(self);
        }
        let mut said = self.clone();
        for word in &mut said.words {
            word.word = without_labels(&word.word).into_owned();
            word.spaced = without_labels(&word.spaced).into_owned();
        }
        Cow::Owned(said)
    }

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
