//! One promise: who does what by when, and where it stands.

use jiff::civil::{Date, Time as Clock};

use super::commitments::ActionKind;
use super::sentence::Sentence;
use sidetone_types::party::Side;
use sidetone_types::summary::Promise;

/// A promise, with what its task is made of.
#[derive(Clone)]
pub(super) struct Promised {
    /// Who does it.
    pub side: Side,
    /// Which of the call's sentences spoke of it first, from 0.
    pub sentence: usize,
    /// Which one moved it last.
    pub settled: usize,
    /// What.
    pub action: ActionKind,
    /// The noun that is sent, as it was said.
    pub object: Option<String>,
    /// By when, if a time was named.
    pub when: Option<When>,
    /// The words that say best what is to be done.
    pub gist: String,
    /// Whether it is only what usually happens: `a refund takes five days`.
    pub expected: bool,
    /// What somebody has written in its place.
    pub edited: Option<String>,
    /// Where it stands.
    pub life: Life,
}

/// A time as it was said, and which day that is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct When {
    /// The words: `Thursday`, `after the holidays`.
    pub said: String,
    /// The day by which it is done; `None` where the words do not tell.
    pub day: Option<Date>,
    /// At what time of that day, if one was named.
    pub clock: Option<Clock>,
    /// Whether no day was named beside it: it is then another time of the same day.
    pub only_clock: bool,
}

impl When {
    /// A day that nobody has said, but written.
    pub fn written(day: Date) -> Self {
        Self {
            said: String::new(),
            day: Some(day),
            clock: None,
            only_clock: false,
        }
    }

    /// The words, where it was said.
    pub fn said(&self) -> Option<String> {
        Some(self.said.clone()).filter(|said| !said.is_empty())
    }

    /// Whether it is the same day, and no other time of it.
    pub fn is_at(&self, other: &Self) -> bool {
        self.day == other.day && (self.clock == other.clock || other.clock.is_none())
    }
}

/// Where a promise stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Life {
    /// Asked for or proposed, and not yet answered.
    Proposed {
        /// Who did; the other side answers in the next turn, or never.
        by: Side,
        turn: usize,
        /// Whether a yes is no answer: `when can we call you?`.
        needs_day: bool,
        /// The promise that it takes the place of.
        instead: Option<usize>,
    },
    /// It will be done.
    Agreed,
    /// Taken back, refused, done, or replaced.
    Over,
}

impl Promised {
    /// Whether it is still to be done.
    pub fn stands(&self) -> bool {
        self.life == Life::Agreed
    }

    /// As the note has it: where it has moved, with the sentence that says so.
    pub fn note(&self, sentences: &[Sentence]) -> Promise {
        let mut text = sentences[self.sentence].told(0);
        if self.settled != self.sentence {
            text = format!("{text} … {}", sentences[self.settled].told(0));
        }
        if let Some(edited) = &self.edited {
            text.clone_from(edited);
        }
        let when = self.when.as_ref();
        Promise {
            side: self.side,
            text,
            kind: self.action.kind(),
            said: when.and_then(When::said),
            due: when.and_then(|when| Some(when.day?.to_string())),
        }
    }

    /// Whether the other side's answer to a proposal is heard in that turn.
    pub fn waits_for(&self, sentence: &Sentence) -> bool {
        matches!(self.life, Life::Proposed { by, turn, .. }
            if by != sentence.side && turn + 1 == sentence.turn)
    }

    /// Taken back, refused, done or replaced by the sentence at `at`.
    pub fn end(&mut self, at: usize) {
        (self.life, self.settled) = (Life::Over, at);
    }

    /// With another time, in its title as well.
    pub fn move_to(&mut self, mut when: When, at: usize, prepositions: &[String]) {
        if let Some(old) = &self.when
            && when.only_clock
        {
            when.day = old.day;
        }
        if self.when.as_ref().is_some_and(|old| old.is_at(&when)) {
            return;
        }
        if let Some(old) = &self.when {
            self.gist = with_time(&self.gist, &old.said, &when.said, prepositions);
        }
        self.when = Some(when);
        self.settled = at;
    }
}

/// A title with another time: "call you on Monday" with "After five" is "call you after five".
fn with_time(title: &str, old: &str, new: &str, prepositions: &[String]) -> String {
    let Some(at) = title.to_ascii_lowercase().find(&old.to_ascii_lowercase()) else {
        return title.to_owned();
    };
    let (before, behind) = (&title[..at], &title[at + old.len()..]);
    let first = new.split(' ').next().unwrap_or_default();
    let leads = |word: &str| {
        prepositions
            .iter()
            .any(|one| one.eq_ignore_ascii_case(word))
    };
    if at == 0 || !leads(first) {
        return format!("{before}{new}{behind}");
    }
    let head = before.trim_end();
    let word = head.rsplit(' ').next().unwrap_or_default();
    let kept = if leads(word) {
        &head[..head.len() - word.len()]
    } else {
        before
    };
    format!(
        "{kept}{}{behind}",
        new.replacen(first, &first.to_ascii_lowercase(), 1)
    )
}

sidetone_types::private_debug!(Promised);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_the_new_time_and_no_longer_the_old_one() {
        let prepositions = ["on", "after"].map(str::to_owned);
        for (title, old, new, expected) in [
            (
                "Call you on Monday",
                "Monday",
                "Friday",
                "Call you on Friday",
            ),
            (
                "Call you on Monday",
                "Monday",
                "After five on Friday",
                "Call you after five on Friday",
            ),
            (
                "Tomorrow I will call",
                "tomorrow",
                "Friday",
                "Friday I will call",
            ),
            ("Call you", "Monday", "Friday", "Call you"),
            ("周一给您回电话", "周一", "周二", "周二给您回电话"),
        ] {
            assert_eq!(with_time(title, old, new, &prepositions), expected);
        }
    }
}
