//! Follows one call with all rules: raises an alert when one finds what it looks for, and clears it
//! when that has not been heard for a while.
//!
//! Each rule goes its own way through the call:
//!
//! ```text
//!         said once of many         said often enough            quiet for `hold`
//! calm ───────────────────► watching ───────────────► raised ───────────────────────► cooling ─► calm
//!                               ▲ │                     ▲ │                     for `cooldown`
//!                               └─┘ said again          └─┘ said again: it lasts longer
//! ```
//!
//! An utterance that goes on may turn out to say something else than it seemed to: "cancel my
//! contract? Never." What it had raised is withdrawn then, even if it has ended meanwhile.
//!
//! What is raised by one utterance is one situation, for which the gravest alert speaks.
//!
//! The end of a call clears nothing: what was raised by then remains for those who look at the call
//! later.

mod machine;
mod situations;
#[cfg(test)]
mod tests;
mod turns;
mod why;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::recording::RecordingOrder;
use crate::rules::{Found, Rule, RuleSet, Span, Voice};
use crate::stable_words::StableWords;
use machine::{Input, Limits, Match, Outcome, Sounded, State};
use sidetone_language::lexicon::AlertTexts;
use sidetone_types::assist::{AlertCleared, AlertRaised};
use sidetone_types::emotion::Emotion;
use sidetone_types::event::TimedWord;
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;
use sidetone_types::recognise::join;
use sidetone_types::time::MediaTime;
use situations::Situations;
use turns::Turns;

/// Utterances that may go on at the same time, more than both sides ever have. One that was given
/// up without an end is forgotten when so many newer ones have begun.
const OPEN_UTTERANCES: usize = 8;

/// An alert, and the words that raised it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Who said the last of them.
    pub side: Side,
    /// In which utterance.
    pub utterance: UtteranceId,
    /// Where the first word of it begins.
    pub start: MediaTime,
    /// Where the last word ends.
    pub end: MediaTime,
    /// What to tell.
    pub raised: AlertRaised,
}

/// What a stretch of an utterance sounds like.
#[derive(Clone, Copy, Debug)]
pub struct Felt {
    /// Whose voice.
    pub side: Side,
    /// The language it speaks.
    pub lang: Lang,
    /// Where the stretch begins.
    pub start: MediaTime,
    /// Where it ends.
    pub end: MediaTime,
    /// How it sounds, and which utterance it is of.
    pub emotion: Emotion,
}

/// All rules over one call.
pub struct Watch {
    rules: Arc<RuleSet>,
    languages: Vec<Lang>,
    /// One per rule.
    states: Vec<State>,
    /// Utterances that still grow, and how far each rule has heard them.
    open: Vec<Open>,
    /// How strained each side was, turn by turn.
    turns: Turns,
    /// Which alerts belong together.
    situations: Situations,
    /// Alerts raised so far.
    alerts: u64,
    /// Those that turned out wrong, until they are asked for.
    withdrawn: Vec<AlertCleared>,
}

/// What has been heard of an utterance already.
struct Open {
    utterance: UtteranceId,
    /// Rule, and the end of its last find, by the places of rules and words.
    heard: Vec<(usize, usize)>,
    /// What its voice was found to sound like.
    felt: Vec<Felt>,
}

impl Watch {
    /// Watches a call in which these languages may be spoken. Rules in others stay silent, whatever
    /// a single utterance was taken for.
    pub fn new(rules: Arc<RuleSet>, languages: &[Lang]) -> Self {
        let states = rules.rules().iter().map(|_| State::default()).collect();
        Self {
            rules,
            languages: languages.to_vec(),
            states,
            open: Vec::new(),
            turns: Turns::default(),
            situations: Situations::default(),
            alerts: 0,
            withdrawn: Vec::new(),
        }
    }

    /// Takes what is settled of an utterance. Words that were there before do not count again.
    pub fn observe_words(&mut self, said: &StableWords) -> Vec<Alert> {
        let found = self.rules.find(said, &self.languages);
        let open = self.open(said.utterance);
        if said.finished {
            self.unsay(open, &found);
        }
        if !said.words.is_empty() {
            self.turns.spoke(said.side);
        }
        let mut alerts = Vec::new();
        for found in self.by_gravity(&found) {
            let rule = found[0].rule;
            let voice = self.rules.rules()[rule].voice;
            let sounded =
                match voice.map(|voice| self.sounds(&voice, said.side, &self.open[open].felt)) {
                    None => None,
                    Some(Some(sounded)) => Some(sounded),
                    // It may turn out to, as long as the utterance goes on.
                    Some(None) => continue,
                };
            let known = self.open[open].known(rule);
            let new = || found.iter().filter(|found| end(found) > known);
            // What is told is the first of them, and of several that begin there the longest. The
            // last only lets an alert last longer: the utterance has been counted.
            let first = new().min_by_key(|found| (start(found), usize::MAX - end(found)));
            let last = new().max_by_key(|found| end(found));
            let (Some(first), Some(last)) = (first, last) else {
                continue;
            };
            self.open[open].heard_to(rule, end(last));
            alerts.extend(self.step(rule, heard(said, &first.spans, sounded.clone())));
            if end(first) < end(last) {
                alerts.extend(self.step(rule, heard(said, &last.spans, sounded)));
            }
        }
        if said.finished {
            self.open.remove(open);
        }
        alerts
    }

    /// What each rule found, that of the gravest first.
    fn by_gravity<'a>(&self, found: &'a [Found]) -> Vec<&'a [Found]> {
        let mut by_rule: Vec<_> = found.chunk_by(|a, b| a.rule == b.rule).collect();
        by_rule.sort_by_key(|found| Reverse(self.rules.rules()[found[0].rule].severity));
        by_rule
    }

    /// Gives up what was found while an utterance went on and is not `found` now that it is over.
    fn unsay(&mut self, open: usize, found: &[Found]) {
        let Open {
            utterance, heard, ..
        } = &mut self.open[open];
        let utterance = *utterance;
        let is_unsaid = |(rule, _): &mut (usize, usize)| !found.iter().any(|one| one.rule == *rule);
        let unsaid: Vec<usize> = heard
            .extract_if(.., is_unsaid)
            .map(|(rule, _)| rule)
            .collect();
        self.withdraw(utterance, unsaid);
    }

    /// Has the rules no longer count that they were heard in an utterance.
    fn withdraw(&mut self, utterance: UtteranceId, unsaid: Vec<usize>) {
        for rule in unsaid {
            let (state, rule) = (&mut self.states[rule], &self.rules.rules()[rule]);
            if let Some(Outcome::Withdraw { alert }) =
                state.step(rule.into(), Input::Unsaid(utterance))
            {
                self.situations.over(alert);
                let texts = &self.rules.lexicon().texts(rule.lang).alert;
                self.withdrawn.push(AlertCleared {
                    alert,
                    rule: rule.name.clone(),
                    severity: rule.severity,
                    why: texts.withdrawn.to_string(),
                    withdrawn: true,
                });
            }
        }
    }

    /// What becomes of the recording of the call when the rule of that name raises an alert.
    pub fn recording(&self, rule: &str) -> Option<RecordingOrder> {
        let mut rules = self.rules.rules().iter();
        rules.find(|known| known.name == rule)?.recording
    }

    /// The alerts that turned out wrong since this was last asked.
    pub fn withdrawn(&mut self) -> Vec<AlertCleared> {
        std::mem::take(&mut self.withdrawn)
    }

    /// Takes words that replace those of utterances that are finished: of a passage, what was heard
    /// `live` of each, and the `record` of those that have other words now. Words move over the
    /// cuts between them, so that a rule counts only where it is in more utterances than it was.
    /// What it heard in error stays raised.
    pub fn observe_revised<'a>(
        &mut self,
        live: impl Iterator<Item = (UtteranceId, Option<&'a StableWords>)>,
        record: &[StableWords],
    ) -> Vec<Alert> {
        let mut kept_live: HashMap<usize, usize> = HashMap::new();
        for (utterance, said) in live {
            let rules = said.map(|said| self.rules_in(said)).unwrap_or_default();
            for rule in rules {
                // Where the words have changed, what was heard in them may be used up.
                let changed = record.iter().any(|said| said.utterance == utterance);
                *kept_live.entry(rule).or_default() += usize::from(changed);
            }
        }
        let mut alerts = Vec::new();
        for said in record {
            let found = self.rules.find(said, &self.languages);
            for found in self.by_gravity(&found) {
                let rule = found[0].rule;
                match kept_live.get_mut(&rule) {
                    Some(counted) if *counted > 0 => *counted -= 1,
                    // What a voice sounded like is not kept for so long.
                    _ if self.rules.rules()[rule].voice.is_some() => {}
                    _ => alerts.extend(self.step(rule, heard(said, &found[0].spans, None))),
                }
            }
        }
        alerts
    }

    /// Takes what was `said` in an utterance that is finished, where something else was `heard`.
    /// Rules that heard it in error count that no longer.
    pub fn observe_correction(&mut self, heard: &StableWords, said: &StableWords) -> Vec<Alert> {
        let found = self.rules_in(said);
        let mut unsaid = self.rules_in(heard);
        unsaid.retain(|rule| !found.contains(rule));
        self.withdraw(said.utterance, unsaid);
        let live = [(heard.utterance, Some(heard))];
        self.observe_revised(live.into_iter(), std::slice::from_ref(said))
    }

    /// The rules that find something in `said`, each once.
    fn rules_in(&self, said: &StableWords) -> Vec<usize> {
        let found = self.rules.find(said, &self.languages);
        let rules = found.chunk_by(|a, b| a.rule == b.rule);
        rules.map(|found| found[0].rule).collect()
    }

    /// Takes what the voice of an utterance sounds like, before [`Self::observe_words`] is told
    /// that it is finished.
    pub fn observe_emotion(&mut self, felt: &Felt) -> Vec<Alert> {
        let open = self.open(felt.emotion.utterance);
        self.open[open].felt.push(*felt);
        self.turns.felt(felt.side, felt.start, felt.emotion.strain);
        let rules = Arc::clone(&self.rules);
        let mut alerts = Vec::new();
        for (i, rule) in rules.rules().iter().enumerate() {
            let Some(voice) = rule.voice.filter(|_| rule.phrases.is_empty()) else {
                continue;
            };
            if rule.lang != felt.lang || rule.side.is_some_and(|side| side != felt.side) {
                continue;
            }
            if let Some(sounded) = self.sounds(&voice, felt.side, &[*felt]) {
                let start = sounded.since.unwrap_or(felt.start);
                alerts.extend(self.step(
                    i,
                    Match {
                        utterance: felt.emotion.utterance,
                        side: felt.side,
                        start,
                        end: felt.end,
                        triggers: Vec::new(),
                        meant: Vec::new(),
                        sounded: Some(sounded),
                    },
                ));
            }
        }
        alerts
    }

    /// What is to be told of a voice that sounds as `voice` asks in one of the stretches `felt`;
    /// `None` if it does not.
    fn sounds(&self, voice: &Voice, side: Side, felt: &[Felt]) -> Option<Sounded> {
        let mut sounded = Sounded::default();
        if let Some((mood, above)) = voice.mood {
            let voices = felt.iter().filter_map(|felt| felt.emotion.voice);
            let likely = voices.map(|voice| voice.moods.probability(mood));
            let most = likely.fold(0.0, f32::max);
            if most <= above {
                return None;
            }
            sounded.mood = Some((mood, most));
        }
        if let Some(strain) = voice.strain {
            let (since, turns) = self.turns.strained(side, &strain)?;
            sounded.since = Some(since);
            sounded.strained = Some((turns, strain.of));
        }
        Some(sounded)
    }

    /// Lets time pass. Tells which alerts have ended, and when they did.
    pub fn tick(&mut self, now: MediaTime) -> Vec<(MediaTime, AlertCleared)> {
        let mut cleared = Vec::new();
        let lexicon = self.rules.lexicon();
        for (rule, state) in self.rules.rules().iter().zip(&mut self.states) {
            let limits = Limits::from(rule);
            if let Some(Outcome::Clear { alert, at }) = state.step(limits, Input::Time(now)) {
                self.situations.over(alert);
                let event = AlertCleared {
                    alert,
                    rule: rule.name.clone(),
                    severity: rule.severity,
                    why: why::cleared(&lexicon.texts(rule.lang).alert, limits),
                    withdrawn: false,
                };
                cleared.push((at, event));
            }
        }
        cleared.sort_by_key(|(at, _)| *at);
        cleared
    }

    /// When [`Self::tick`] will next have something to tell, if nothing is said until then.
    pub fn next_clear(&self) -> Option<MediaTime> {
        let rules = self.rules.rules().iter().zip(&self.states);
        rules
            .filter_map(|(rule, state)| state.clears_at(rule.into()))
            .min()
    }

    fn step(&mut self, rule: usize, heard: Match) -> Option<Alert> {
        let alert = self.alerts + 1;
        let state = &mut self.states[rule];
        let rule = &self.rules.rules()[rule];
        let (side, utterance, start, end) = (heard.side, heard.utterance, heard.start, heard.end);
        match state.step(rule.into(), Input::Matched { heard, alert })? {
            Outcome::Raise(heard) => {
                self.alerts = alert;
                let texts = &self.rules.lexicon().texts(rule.lang).alert;
                let (situation, folded) = self.situations.raise(utterance, alert, rule.severity);
                let raised = AlertRaised {
                    situation,
                    folded,
                    ..raised(rule, alert, &heard, texts)
                };
                Some(Alert {
                    side,
                    utterance,
                    start,
                    end,
                    raised,
                })
            }
            Outcome::Clear { .. } | Outcome::Withdraw { .. } => None,
        }
    }

    /// The place of an utterance among the open ones.
    fn open(&mut self, utterance: UtteranceId) -> usize {
        if let Some(place) = self
            .open
            .iter()
            .position(|open| open.utterance == utterance)
        {
            return place;
        }
        if self.open.len() == OPEN_UTTERANCES {
            self.open.remove(0);
        }
        self.open.push(Open {
            utterance,
            heard: Vec::new(),
            felt: Vec::new(),
        });
        self.open.len() - 1
    }
}

impl Open {
    fn known(&self, rule: usize) -> usize {
        let heard = self.heard.iter().find(|(of, _)| *of == rule);
        heard.map_or(0, |(_, end)| *end)
    }

    fn heard_to(&mut self, rule: usize, end: usize) {
        match self.heard.iter_mut().find(|(of, _)| *of == rule) {
            Some((_, known)) => *known = end,
            None => self.heard.push((rule, end)),
        }
    }
}

fn raised(rule: &Rule, alert: u64, heard: &[Match], texts: &AlertTexts) -> AlertRaised {
    AlertRaised {
        alert,
        situation: alert,
        folded: false,
        rule: rule.name.clone(),
        severity: rule.severity,
        action: rule.action,
        message: rule.message.clone(),
        script: rule.script.clone(),
        why: why::raised(texts, heard, rule.into()),
        triggers: heard
            .iter()
            .flat_map(|heard| heard.triggers.clone())
            .collect(),
    }
}

fn start(found: &Found) -> usize {
    found
        .spans
        .iter()
        .map(|span| span.words.start)
        .min()
        .unwrap_or(0)
}

fn end(found: &Found) -> usize {
    found
        .spans
        .iter()
        .map(|span| span.words.end)
        .max()
        .unwrap_or(0)
}

fn heard(said: &StableWords, spans: &[Span], sounded: Option<Sounded>) -> Match {
    let words = || spans.iter().map(|span| &said.words[span.words.clone()]);
    Match {
        utterance: said.utterance,
        side: said.side,
        start: words()
            .flatten()
            .map(|word| word.start)
            .min()
            .unwrap_or(said.start()),
        end: words()
            .flatten()
            .map(|word| word.end)
            .max()
            .unwrap_or(said.end()),
        triggers: words().map(quote).collect(),
        meant: spans
            .iter()
            .filter_map(|span| span.meant.as_deref().map(str::to_owned))
            .collect(),
        sounded,
    }
}

/// Words as one line, without the punctuation at its ends.
fn quote(words: &[TimedWord]) -> String {
    let line = join(words.iter().map(|word| word.spaced.as_str()));
    line.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}
