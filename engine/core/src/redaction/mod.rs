//! Secrets are taken out of what was said before anything else sees it.
//!
//! [`Redactor`] follows one call: what was asked for, what has been said of a number that goes on,
//! on whichever side. Every word that the recogniser gives passes through it once on its way out:
//! words so far by [`Redactor::interim`], those of an utterance that is over by
//! [`Redactor::finish`], truer ones by [`Redactor::again`]. What secrets look like is in
//! [`sidetone_language::redact`].
//!
//! | module | its one reason to exist |
//! |---|---|
//! | here | what a call expects to hear |
//! | `config` | what becomes of each kind |
//! | `mask` | words with some of them hidden |
//! | `keys` | keys that are pressed |
//! | `typed` | what a person types |

mod config;
mod keys;
mod mask;
mod typed;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use sidetone_language::lexicon::Lexicon;
use sidetone_language::redact::{
    Around, Attributes, Before, Expected, Heard, Known, Scan, Takes, Topic, attributes, codes, scan,
};
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::join;
use sidetone_types::secret::{Redacted, SecretKind};
use sidetone_types::time::MediaTime;

pub use config::{Hiding, RedactionConfig, Treatment};
use keys::Keys;
use mask::Mask;
pub use typed::redact_typed;

/// What is expected is forgotten after so many utterances of which none has to do with it.
const PATIENCE: u32 = 8;
/// An answer in words has to come within so many.
const ANSWERED_WITHIN: u32 = 2;
/// A harmless number that was named so many utterances before is asked for no more.
const FORGOTTEN: u32 = 2;
/// So many numbers are remembered, to know them when they are said again.
const REMEMBERED: usize = 24;
/// Of so many utterances the words are remembered, for what is said next.
const SAID: usize = 8;
/// Of so many utterances it is remembered how they were read, to read them anew.
const UTTERANCES: usize = 512;

/// What a call expects to hear, and for how long already.
#[derive(Clone)]
struct Pending {
    expected: Expected,
    /// Who asked, or announced it.
    leg: usize,
    /// Who began to give it.
    giver: Option<usize>,
    /// Utterances since, of which none has to do with it.
    since: u32,
    /// Whether it was asked for, rather than announced.
    asked: bool,
}

impl Pending {
    /// Whether it is for whoever speaks on `leg` to tell it.
    fn is_given_by(&self, leg: usize) -> bool {
        self.giver.map_or(self.leg != leg, |giver| giver == leg)
    }
}

/// With what an utterance was read.
struct How {
    utterance: UtteranceId,
    expected: Option<Expected>,
    lead: String,
    known: Arc<[Known]>,
    /// Whether it may answer a question in which nothing was named.
    unnamed: bool,
    around: Around,
}

/// How a part of a line is hidden.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hidden {
    /// Its bytes in the line that the words make.
    pub span: Range<usize>,
    /// What it is; `None` while that shows yet.
    pub kind: Option<SecretKind>,
}

/// Words without their secrets.
#[derive(Clone, PartialEq)]
pub struct Told {
    /// The words that may be told. What is hidden is one word, or none.
    pub words: Vec<TimedWord>,
    /// How many of the first words no later look changes, if that many were settled.
    pub settled: usize,
    /// What is hidden of the line that the words made, in order.
    pub hidden: Vec<Hidden>,
    /// Where it was said.
    pub redacted: Vec<Redacted>,
}

sidetone_types::private_debug!(Told);

/// Takes the secrets out of the words of one call.
pub struct Redactor {
    config: RedactionConfig,
    lexicon: Arc<Lexicon>,
    pending: Option<Pending>,
    /// Who spoke last without naming anything, while no secret is expected.
    unnamed: Option<usize>,
    /// What those who speak right now seem to ask for, by leg.
    interim: BTreeMap<usize, Expected>,
    /// Who spoke last, and their last words.
    tail: (usize, String),
    /// Who said what last, the newest last.
    said: VecDeque<(usize, Heard)>,
    /// Shared with what is remembered of each utterance: it seldom changes.
    known: Arc<[Known]>,
    kept: Vec<SecretKind>,
    /// With what each of the last utterances was read.
    read: VecDeque<How>,
    keys: Keys,
    /// Whether the rules are all that is gone by.
    by_rules: bool,
}

impl Redactor {
    /// For a call of which nothing has been heard yet.
    pub fn new(config: RedactionConfig, lexicon: Arc<Lexicon>) -> Self {
        Self {
            kept: config.kept(),
            config,
            lexicon,
            pending: None,
            unnamed: None,
            interim: BTreeMap::new(),
            tail: (0, String::new()),
            said: VecDeque::new(),
            known: Arc::from([]),
            read: VecDeque::new(),
            keys: Keys::default(),
            by_rules: false,
        }
    }

    /// The same, by the rules alone: the tagger is fitted to what they leave.
    pub fn by_rules(config: RedactionConfig, lexicon: Arc<Lexicon>) -> Self {
        Self {
            by_rules: true,
            ..Self::new(config, lexicon)
        }
    }

    /// What the tagger is told of the tokens of a line that is said on `leg` now, with the bytes of each.
    pub fn attributes(&self, leg: usize, line: &str) -> (Attributes, Vec<Range<usize>>) {
        let expected = self.expected(leg);
        let around = self.around(leg);
        let known = (&*self.known, self.is_unnamed(leg), &around);
        let before = self.before((leg, expected.as_ref(), self.lead(leg)), known, false);
        attributes(line, before, &self.lexicon)
    }

    /// What is expected to be said or keyed in next, if it is a secret that is not kept: a recording
    /// may pause meanwhile.
    pub fn expecting(&self) -> Option<SecretKind> {
        let kind = match self.pending.as_ref()?.expected.topic {
            Topic::Secret(kind) => kind,
            Topic::AfterCard => SecretKind::CardSecurityCode,
            Topic::Harmless => return None,
        };
        (!self.config.keeps(kind)).then_some(kind)
    }

    /// Takes the words so far of an utterance on `leg` that goes on, of which the first `settled` do
    /// not change any more. Digits that may become a secret are held back.
    pub fn interim(&mut self, leg: usize, lang: Lang, words: &[TimedWord], settled: usize) -> Told {
        let expected = self.expected(leg);
        let read = self.scan(
            &line(words),
            (leg, expected.as_ref(), self.lead(leg)),
            (&self.known, self.is_unnamed(leg), &self.around(leg)),
            true,
        );
        match &read.next {
            Some(next) => self.interim.insert(leg, next.clone()),
            None => self.interim.remove(&leg),
        };
        let mut hidden = self.hidden(&read);
        let held = read.held.into_iter();
        hidden.extend(held.map(|span| Hidden { span, kind: None }));
        Mask::new(&self.config, lang).apply(words, merged(hidden), settled, None)
    }

    /// Takes the words of an utterance on `leg` that is over, and was said from `start` to `end`.
    pub fn finish(
        &mut self,
        (leg, utterance): (usize, UtteranceId),
        lang: Lang,
        words: &[TimedWord],
        within: (MediaTime, MediaTime),
    ) -> Told {
        let expected = self.expected(leg);
        self.interim.remove(&leg);
        let lead = self.lead(leg).to_owned();
        let how = How {
            utterance,
            expected,
            lead,
            known: self.known.clone(),
            unnamed: self.is_unnamed(leg),
            around: self.around(leg),
        };
        let read = self.scan(
            &line(words),
            (leg, how.expected.as_ref(), &how.lead),
            (&self.known, how.unnamed, &how.around),
            false,
        );
        self.remember(&read, how);
        self.said.push_back((leg, read.heard.clone()));
        if self.said.len() > SAID {
            self.said.pop_front();
        }
        // Who agrees while somebody else tells a number does not interrupt.
        if !(read.agrees && self.tail.0 != leg) {
            self.tail = (leg, read.tail.clone());
        }
        self.move_on(leg, &read);
        if !read.agrees {
            let pending = self.pending.as_ref();
            let open = pending.is_none_or(|pending| {
                pending.expected.topic == Topic::Harmless && pending.since >= FORGOTTEN
            });
            let open = open && !read.tells;
            self.unnamed = open.then_some(leg);
        }
        let hidden = self.hidden(&read);
        Mask::new(&self.config, lang).apply(words, hidden, words.len(), Some(within))
    }

    /// Nothing was recognised of an utterance on `leg` after all. A second look may find words yet.
    pub fn nothing(&mut self, (leg, utterance): (usize, UtteranceId)) {
        let how = How {
            utterance,
            expected: self.expected(leg),
            lead: self.lead(leg).to_owned(),
            known: self.known.clone(),
            unnamed: self.is_unnamed(leg),
            around: self.around(leg),
        };
        self.interim.remove(&leg);
        self.keep(how);
    }

    /// What somebody seemed to ask for on `leg` in an utterance that is taken back counts no more.
    pub fn retracted(&mut self, leg: usize) {
        self.interim.remove(&leg);
    }

    /// Takes other words of an utterance that has been told: read as it was then. Of one so long ago
    /// that this is forgotten, all that may be part of a code is hidden.
    pub fn again(
        &self,
        (leg, utterance): (usize, UtteranceId),
        lang: Lang,
        words: &[TimedWord],
        within: (MediaTime, MediaTime),
    ) -> Told {
        let mut read = self.read.iter().rev();
        let then = read.find(|how| how.utterance == utterance);
        let text = line(words);
        let hidden = match then {
            Some(then) => {
                let before = (leg, then.expected.as_ref(), then.lead.as_str());
                self.hidden(&self.scan(
                    &text,
                    before,
                    (&then.known, then.unnamed, &then.around),
                    false,
                ))
            }
            None => {
                let read = self.scan(
                    &text,
                    (leg, None, ""),
                    (&self.known, false, &Around::default()),
                    false,
                );
                let mut hidden = self.hidden(&read);
                let codes = codes(&text, &self.lexicon).into_iter();
                hidden.extend(codes.map(|span| Hidden { span, kind: None }));
                merged(hidden)
            }
        };
        Mask::new(&self.config, lang).apply(words, hidden, words.len(), Some(within))
    }

    /// Hides the same parts of the line in words that make it, but have other times.
    pub fn hide(&self, lang: Lang, words: &[TimedWord], hidden: &[Hidden]) -> Vec<TimedWord> {
        let mask = Mask::new(&self.config, lang);
        mask.apply(words, hidden.to_vec(), words.len(), None).words
    }

    /// What a key is told as that was pressed at `at`: `?` if it is a secret.
    pub fn key(&mut self, leg: usize, key: char, at: MediaTime) -> char {
        let expecting = self.expecting().is_some();
        self.keys.told((leg, key), at, expecting)
    }

    fn expected(&self, leg: usize) -> Option<Expected> {
        let others = self.interim.iter().filter(|(other, _)| **other != leg);
        let of_others = others.map(|(_, expected)| expected);
        // Who is asked begins to answer before the question is over.
        let secret = of_others
            .into_iter()
            .find(|expected| expected.topic != Topic::Harmless);
        let pending = self.pending.as_ref().map(|pending| &pending.expected);
        let carried = pending.filter(|pending| !pending.carried.is_empty());
        let mut expected = carried.or(secret).or(pending).cloned()?;
        expected.open &= self.tail.0 == leg;
        let asker = self.pending.as_ref().map(|pending| pending.leg);
        expected.asked &= asker != Some(leg);
        // Who asked for it does not tell it.
        let asks = self.pending.as_ref().is_some_and(|pending| {
            pending.asked && pending.leg == leg && pending.expected.carried.is_empty()
        });
        if asks && expected.takes == Takes::All {
            expected.takes = Takes::Long;
        }
        Some(expected)
    }

    /// What somebody on `leg` said right before, if nobody else spoke since.
    fn lead(&self, leg: usize) -> &str {
        match self.tail.0 == leg {
            true => &self.tail.1,
            false => "",
        }
    }

    /// Whether somebody else spoke last, and named nothing.
    fn is_unnamed(&self, leg: usize) -> bool {
        self.unnamed.is_some_and(|other| other != leg)
    }

    /// What was said around what somebody on `leg` says now.
    fn around(&self, leg: usize) -> Around {
        let of = |own: bool| {
            let said = self.said.iter().rev();
            said.filter(move |(other, _)| (*other == leg) == own)
                .map(|(_, heard)| heard)
        };
        let mut theirs = of(false);
        let theirs = (theirs.next(), theirs.next());
        Around {
            theirs: theirs
                .0
                .map_or_else(Arc::default, |heard| heard.theirs.clone()),
            earlier: theirs
                .1
                .map_or_else(Arc::default, |heard| heard.earlier.clone()),
            own: of(true)
                .next()
                .map_or_else(Arc::default, |heard| heard.own.clone()),
        }
    }

    fn before<'a>(
        &'a self,
        (leg, expected, lead): (usize, Option<&'a Expected>, &'a str),
        (known, unnamed, around): (&'a [Known], bool, &'a Around),
        goes_on: bool,
    ) -> Before<'a> {
        Before {
            expected,
            lead,
            known,
            goes_on,
            unnamed,
            kept: &self.kept,
            around: Some(around),
            by_rules: self.by_rules,
            repeats: self
                .pending
                .as_ref()
                .is_some_and(|pending| pending.giver.is_some_and(|giver| giver != leg)),
        }
    }

    fn scan<'a>(
        &'a self,
        line: &str,
        expected: (usize, Option<&'a Expected>, &'a str),
        known: (&'a [Known], bool, &'a Around),
        goes_on: bool,
    ) -> Scan {
        scan(line, self.before(expected, known, goes_on), &self.lexicon)
    }

    fn hidden(&self, read: &Scan) -> Vec<Hidden> {
        let found = read
            .found
            .iter()
            .filter(|found| !self.config.keeps(found.kind));
        let hidden = found.map(|found| Hidden {
            span: found.span.clone(),
            kind: Some(found.kind),
        });
        hidden.collect()
    }

    fn remember(&mut self, read: &Scan, how: How) {
        // What is kept anyhow says nothing about digits that are like it.
        let said = read
            .said
            .iter()
            .filter(|known| known.kind.is_none_or(|kind| !self.kept.contains(&kind)));
        let new: Vec<Known> = said
            .filter(|known| !self.known.contains(known))
            .cloned()
            .collect();
        if !new.is_empty() {
            let all = [&*self.known, &new].concat();
            self.known = all[all.len().saturating_sub(REMEMBERED)..].into();
        }
        self.keep(how);
    }

    fn keep(&mut self, how: How) {
        self.read.push_back(how);
        if self.read.len() > UTTERANCES {
            self.read.pop_front();
        }
    }

    /// What is expected after an utterance on `leg`.
    fn move_on(&mut self, leg: usize, read: &Scan) {
        if let Some(next) = &read.next {
            let asker = self.pending.as_ref().map(|pending| pending.leg);
            let waits = |pending: &Pending| {
                matches!(pending.expected.topic, Topic::Secret(_) | Topic::AfterCard)
            };
            let waits = self.pending.as_ref().is_some_and(waits);
            // Who is asked for one thing and names a harmless one has not answered yet.
            let evades = next.topic == Topic::Harmless
                && !(next.asked && self.pending.as_ref().is_some_and(|pending| !pending.asked))
                && read.found.is_empty()
                && self
                    .pending
                    .as_ref()
                    .is_some_and(|pending| pending.is_given_by(leg));
            if !(waits && evades) {
                let speaker = leg;
                let gave_code = read
                    .found
                    .iter()
                    .any(|found| found.kind == SecretKind::CardSecurityCode);
                // Who asks back is asked all the same.
                let same = !read.asks
                    && self.pending.as_ref().is_some_and(|pending| {
                        pending.asked && pending.expected.topic == next.topic
                    });
                let leg = match read.found.is_empty() && !same {
                    true => leg,
                    false => asker.unwrap_or(leg),
                };
                let given = self
                    .pending
                    .as_ref()
                    .filter(|pending| !pending.expected.carried.is_empty());
                let giver = given.and_then(|pending| pending.giver).or(Some(speaker));
                self.pending = Some(Pending {
                    expected: next.clone(),
                    leg,
                    giver: giver.filter(|_| !next.carried.is_empty()),
                    asked: next.asked && read.questions,
                    // A security code is mostly the last; it may be said again, or corrected.
                    since: match next.topic == Topic::AfterCard && gave_code {
                        true => PATIENCE / 2,
                        false => 0,
                    },
                });
                return;
            }
        }
        if let Some(pending) = &mut self.pending {
            if read.renews
                && read.found.is_empty()
                && pending.giver.is_some_and(|giver| giver != leg)
            {
                let expected = &mut pending.expected;
                expected.carried.clear();
                (expected.asked, expected.takes) = (true, Takes::All);
                (pending.leg, pending.giver, pending.since) = (leg, None, 0);
                return;
            }
            if read.prompts && read.found.is_empty() && pending.giver != Some(leg) {
                pending.leg = leg;
                pending.expected.asked |= pending.expected.carried.is_empty();
                return;
            }
            if read.agrees {
                return;
            }
            // The other party speaks of something else.
            if !pending.is_given_by(leg) && read.found.is_empty() {
                let expected = &mut pending.expected;
                let waits = pending.asked && expected.carried.is_empty();
                expected.takes = match expected.takes {
                    Takes::All => Takes::Answers,
                    Takes::Answers if waits => Takes::Answers,
                    Takes::Answers | Takes::Long | Takes::Corrections => Takes::Corrections,
                };
            }
            pending.since = if read.found.is_empty() {
                pending.since + 1
            } else {
                0
            };
            pending.expected.asked &= pending.since < ANSWERED_WITHIN;
            if pending.since > PATIENCE {
                self.pending = None;
            }
        }
    }
}

/// The line that words make.
fn line(words: &[TimedWord]) -> String {
    join(words.iter().map(|word| word.spaced.as_str()))
}

/// Spans in order, none within another; one that is named wins.
fn merged(mut hidden: Vec<Hidden>) -> Vec<Hidden> {
    hidden.sort_by_key(|hidden| (hidden.span.start, hidden.span.end));
    let mut merged: Vec<Hidden> = Vec::new();
    for next in hidden {
        match merged
            .last_mut()
            .filter(|last| next.span.start < last.span.end)
        {
            Some(last) => {
                last.span.end = last.span.end.max(next.span.end);
                last.kind = None;
            }
            None => merged.push(next),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
