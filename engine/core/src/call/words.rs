//! What the recogniser is asked, and what becomes of its answers.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::told_words::as_told;
use super::utterance::{Closing, Interim, Open, on_timeline};
use super::{Call, Output, leg};
use crate::emotion::Heard;
use crate::finals::finalise_by;
use crate::segment::{FADED, Spurt};
use crate::stable_words::StableWords;
use sidetone_types::event::{Event, EventKind};
use sidetone_types::id::JobId;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::{
    Beginning, Hypothesis, Job, LeftContext, Purpose, RecogniseError, Rejection, Vocabulary,
};
use sidetone_types::time::{Stretch, samples_to_duration};

/// Why an utterance has no words that was spoken in a language that the call does not allow.
const OTHER_LANGUAGE: &str = "it was spoken in another language than those of the call";

/// Why an utterance has no words in which there is voice: those that were heard were too unlikely.
pub const NO_LIKELY_WORDS: &str = "its words were too unlikely";
/// Voice without words is told if it is at least so long.
const NO_WORDS: Duration = Duration::from_secs(2);
/// The same behind words, which end in part of it.
const NO_MORE_WORDS: Duration = Duration::from_secs(1);

impl Call {
    /// Asks for the words of an utterance that is over, or takes those of an interim decoding that
    /// heard it all. One that is the echo of another leg alone is taken back.
    pub(super) fn close(&mut self, i: usize, open: Open, heard: Spurt, now: Instant) {
        let (end, audio) = (heard.end, heard.audio.clone());
        let Some(spurt) = self.echo.own_part(i, heard) else {
            self.cancel_interim(&open);
            let kind = EventKind::Retracted { utterance: open.id };
            self.emit(leg::event(&open.party, open.start, end, None, kind));
            return;
        };
        // What was heard of it before may have been the echo.
        let as_heard = Arc::ptr_eq(&audio, &spurt.audio);
        let place = self.release.open(spurt.end);
        let whole = open
            .interim
            .as_ref()
            .is_some_and(|interim| as_heard && spurt.is_heard_in(interim.samples));
        let mut closing = Closing {
            leg: i,
            open,
            spurt,
            place,
            since: now,
            stretch: None,
        };
        match closing.open.interim.take() {
            Some(Interim {
                answer: Some(hypothesis),
                stretch,
                ..
            }) if whole => {
                closing.stretch = stretch;
                self.finish(closing, Ok(hypothesis), now);
            }
            Some(Interim { job, stretch, .. }) if whole => {
                closing.stretch = stretch;
                self.interims.remove(&job);
                self.closing.insert(job, closing);
                self.outputs.push_back(Output::Promote(job));
            }
            interim => {
                if let Some(interim) = interim {
                    closing.open.interim = Some(interim);
                    self.cancel_interim(&closing.open);
                }
                self.ask_final(closing, now);
            }
        }
    }

    fn ask_final(&mut self, mut closing: Closing, now: Instant) {
        let (open, spurt) = (&closing.open, &closing.spurt);
        closing.stretch = self.stretch(closing.leg, open, spurt, Purpose::Final);
        let job = self.ask(
            (closing.leg, open),
            Purpose::Final,
            spurt,
            closing.stretch,
            now,
        );
        self.closing.insert(job, closing);
    }

    pub(super) fn cancel_interim(&mut self, open: &Open) {
        if let Some(Interim {
            job, answer: None, ..
        }) = open.interim
        {
            self.interims.remove(&job);
            self.outputs.push_back(Output::Cancel(job));
        }
    }

    pub(super) fn decode_interim_if_due(&mut self, i: usize, now: Instant) {
        let leg = &self.legs[i];
        let Some(open) = &leg.open else { return };
        let heard = leg.segmenter.position().since(open.start);
        if !self.partials || !open.interim_due(heard, &self.config.partials, self.pace) {
            return;
        }
        let silence = leg.segmenter.silence();
        if silence.is_zero() {
            let why = match open.shown() {
                true => Purpose::Partial,
                false => Purpose::First,
            };
            self.decode_interim(i, why, now);
        } else if silence >= FADED {
            // Since it is to be decoded anyway: this may be the end.
            self.decode_interim(i, Purpose::Pause, now);
        }
        // Otherwise it soon turns out which of the two it is.
    }

    /// Asks for the words so far, unless such a question is still open.
    pub(super) fn decode_interim(&mut self, i: usize, why: Purpose, now: Instant) {
        let leg = &mut self.legs[i];
        let Some(open) = leg.open.as_mut().filter(|open| !open.is_waiting()) else {
            return;
        };
        let Some(spurt) = leg
            .segmenter
            .so_far()
            .filter(|spurt| !open.has_heard(spurt))
            .and_then(|spurt| self.echo.own_part(i, spurt))
        else {
            return;
        };
        let samples = spurt.audio.len();
        let heard = leg.segmenter.position().since(open.start);
        let job = JobId(self.last_job + 1);
        let before = open.clone();
        let stretch = self.stretch(i, &before, &spurt, why);
        if let Some(open) = &mut self.legs[i].open {
            open.interim = Some(Interim {
                job,
                purpose: why,
                audio_start: spurt.audio_start,
                samples,
                stretch,
                answer: None,
            });
            open.decoded_at = heard;
        }
        if why == Purpose::Pause {
            self.hold_end(i);
        }
        self.interims.insert(job, i);
        self.ask((i, &before), why, &spurt, stretch, now);
    }

    fn ask(
        &mut self,
        (leg, open): (usize, &Open),
        purpose: Purpose,
        spurt: &Spurt,
        stretch: Option<Stretch>,
        now: Instant,
    ) -> JobId {
        self.last_job += 1;
        let id = JobId(self.last_job);
        let samples = spurt.audio.len();
        let job = Job {
            purpose,
            due: now + self.config.due(purpose),
            audio: spurt.audio.clone(),
            voice: stretch.map(|stretch| stretch.within(spurt.audio_start, samples)),
            languages: self.languages.clone(),
            script: self.script,
            confirmed: open.agreement.promise(),
            expected: open.agreement.expectation(),
            before: self.legs[leg].said_before(open.start),
            left_context: self.left_context(leg, purpose, spurt),
            kept: open.kept.clone(),
            vocabulary: match purpose {
                // A moment of sound may begin any phrase, and what is taken for one is too unlikely
                // to be shown: the first words come sooner as they are.
                Purpose::First => Vocabulary::default(),
                _ => self.vocabulary.clone(),
            },
        };
        self.outputs.push_back(Output::Recognise(id, job));
        id
    }

    /// What an utterance on a leg goes on from that is `spurt`: only its last words are worth to hear
    /// that again.
    fn left_context(&self, leg: usize, purpose: Purpose, spurt: &Spurt) -> Option<LeftContext> {
        let said = self.legs[leg].said()?;
        let of_leg = self.closing.values().filter(|closing| closing.leg == leg);
        let mut between = of_leg.filter(|closing| closing.spurt.end > said.end());
        (purpose.may_be_last() && between.next().is_none())
            .then(|| said.context_of(spurt, self.config.left_context()))?
    }

    pub(super) fn answered(
        &mut self,
        job: JobId,
        answer: Result<Hypothesis, RecogniseError>,
        now: Instant,
    ) {
        if let Some(closing) = self.closing.remove(&job) {
            self.finish(closing, answer, now);
        } else if let Some(passage) = self.second_pass.answered(job) {
            // Of one that failed the live words stand.
            if let Ok(hypothesis) = answer {
                self.revise(passage, hypothesis);
            }
        } else if let Some(i) = self.interims.remove(&job) {
            // An interim decoding that failed says nothing; the final will.
            self.interim_answered(i, job, answer.ok(), now);
            self.judge_pause(i, now);
        }
    }

    /// When the words that have been waited for the longest are given up.
    pub(super) fn finals_time_out(&self) -> Option<Instant> {
        let oldest = self.closing.values().map(|closing| closing.since).min()?;
        Some(oldest + self.config.final_timeout())
    }

    /// Tells the utterances as unrecognised whose words have been waited for since `until` or
    /// longer.
    pub(super) fn give_up_finals(&mut self, until: Instant, why: &str, now: Instant) {
        let late = self.closing.iter();
        let late = late.filter(|(_, closing)| closing.since <= until);
        let mut late: Vec<JobId> = late.map(|(job, _)| *job).collect();
        late.sort_unstable();
        for job in late {
            self.outputs.push_back(Output::Cancel(job));
            self.answered(job, Err(RecogniseError(why.to_owned())), now);
        }
    }

    pub(super) fn shed(&mut self, job: JobId, now: Instant) {
        if let Some(closing) = self.closing.remove(&job) {
            // It became a final in the very moment in which it was given up.
            self.ask_final(closing, now);
        } else if let Some(i) = self.interims.remove(&job) {
            self.interim_answered(i, job, None, now);
            self.judge_pause(i, now);
        }
    }

    fn interim_answered(
        &mut self,
        i: usize,
        job: JobId,
        hypothesis: Option<Hypothesis>,
        now: Instant,
    ) {
        let leg = &mut self.legs[i];
        let Some(open) = &mut leg.open else { return };
        let Some(interim) = open.interim.take_if(|interim| interim.job == job) else {
            return;
        };
        let Some(mut hypothesis) = hypothesis else {
            return;
        };
        open.kept = hypothesis.kept.take().or(open.kept.take());
        if !self.partials {
            // It was asked for the sake of the pause alone.
            open.interim = Some(Interim {
                answer: Some(hypothesis),
                ..interim
            });
            return;
        }
        // What is left in it becomes that of the final, if this was the last decoding.
        let long = |stretch: &Stretch| stretch.length() >= self.config.emotion.every();
        let voice = match interim.stretch.filter(long) {
            Some(stretch) => hypothesis.voice.take().map(|voice| (stretch, voice)),
            None => None,
        };
        if let Some((stretch, _)) = voice {
            open.read_until = stretch.end;
        }
        let (id, lang) = (open.id, hypothesis.lang);
        let party = open.party.clone();
        let heard = samples_to_duration(interim.samples as u64);
        let until = interim.audio_start + heard;
        open.agreement.update(hypothesis.clone(), heard);
        open.interim = Some(Interim {
            answer: Some(hypothesis),
            ..interim
        });
        let (words, settled) = open.words(interim.audio_start);
        let told = self.redactor.interim(i, lang, &words, settled);
        let partial = open.tell(told.words, told.settled);
        let said = open.said();
        if let Some(partial) = partial {
            let start = open.start;
            let latency = leg.latency(until, now);
            let event = leg::event(&party, start, until, latency, EventKind::Partial(partial));
            self.emit(event);
        }
        if let Some((stretch, voice)) = voice {
            let heard = Heard {
                utterance: id,
                start: stretch.start,
                end: stretch.end,
                voice: Some(&voice),
                level: None,
                signs: said.as_ref().and_then(|said| self.signs(i, said)),
            };
            let event = self.observe_emotion((i, &party), lang, heard, now);
            self.outputs.extend(event.map(Output::Emit));
        }
        if let Some(said) = said {
            self.apply_rules((i, &party), &said, now);
        }
        // Voice may have paused while the answer was on its way.
        if self.legs[i].segmenter.pausing() {
            self.decode_interim(i, Purpose::Pause, now);
        }
    }

    /// Tells the words of an utterance once its turn has come.
    fn finish(
        &mut self,
        closing: Closing,
        answer: Result<Hypothesis, RecogniseError>,
        now: Instant,
    ) {
        let Closing {
            leg: i,
            open,
            spurt,
            place,
            stretch,
            ..
        } = closing;
        // A second pass over noise or another language would make words up.
        let may_hold_words = match &answer {
            Ok(heard) => !heard.words.is_empty() || heard.rejected == Some(Rejection::Unlikely),
            Err(_) => true,
        };
        let failed = answer.is_err();
        let expected = self.redactor.expecting().is_some();
        let leg = &mut self.legs[i];
        // What was said as it may be told, and as it was heard.
        let (mut said, mut heard) = (None, None);
        let mut tokens = Vec::new();
        let mut voice = None;
        let mut unrecognised = Vec::new();
        let kind = match answer {
            Ok(hypothesis) if !hypothesis.words.is_empty() => {
                leg.count_speech(spurt.end.since(spurt.start));
                let words = on_timeline(&hypothesis.words, spurt.audio_start);
                tokens = Beginning::of(hypothesis.lang, &hypothesis.words).tokens;
                let close = self.config.left_context();
                leg.keep_said(&spurt, hypothesis.lang, &hypothesis.words, close);
                let stable = StableWords {
                    utterance: open.id,
                    side: open.party.role.side(),
                    lang: hypothesis.lang,
                    words: words.clone(),
                    finished: true,
                };
                voice = stretch.zip(hypothesis.voice);
                let (lang, confidence) = (hypothesis.lang, hypothesis.confidence);
                let within = (spurt.start, spurt.end);
                let redacted = self.redactor.finish((i, open.id), lang, &words, within);
                said = Some(StableWords {
                    words: redacted.words,
                    ..stable.clone()
                });
                heard = Some(stable);
                let words = as_told(words, within);
                let words = self.redactor.hide(lang, &words, &redacted.hidden);
                let mut told = finalise_by(&self.lexicon, open.id, lang, confidence, words);
                told.redacted = redacted.redacted;
                let holes = hypothesis.unrecognised.iter();
                unrecognised = holes
                    .filter_map(|hole| without_words(hole, &spurt))
                    .collect();
                told.unrecognised.clone_from(&unrecognised);
                EventKind::Final(told)
            }
            Ok(hypothesis) => {
                self.outputs
                    .extend(hypothesis.rejected.map(Output::Rejected));
                match hypothesis.rejected {
                    Some(Rejection::OtherLanguage) => EventKind::Unrecognised {
                        utterance: open.id,
                        reason: OTHER_LANGUAGE.to_owned(),
                        lang: Some(hypothesis.lang),
                    },
                    // It is voice, and too much of it for a cough.
                    Some(Rejection::Unlikely | Rejection::Loop)
                        if spurt.end.since(spurt.start) >= NO_WORDS =>
                    {
                        EventKind::Unrecognised {
                            utterance: open.id,
                            reason: NO_LIKELY_WORDS.to_owned(),
                            lang: None,
                        }
                    }
                    _ => EventKind::Retracted { utterance: open.id },
                }
            }
            Err(error) => EventKind::Unrecognised {
                utterance: open.id,
                reason: error.to_string(),
                lang: None,
            },
        };
        let latency = leg.latency(spurt.end, now);
        self.mute_secrets(&kind, &spurt, (failed, expected));
        let event = leg::event(&open.party, spurt.start, spurt.end, latency, kind);
        let mut event: Vec<Event> = vec![event];
        if let Some(said) = &said {
            let signs = self.signs(i, said);
            if voice.is_some() || self.are_news(i, said, signs) {
                let whole = (spurt.start, spurt.end);
                let of_voice = voice.as_ref().map(|(of, _)| (of.start, of.end));
                let (start, end) = of_voice.unwrap_or(whole);
                let heard = Heard {
                    utterance: open.id,
                    start,
                    end,
                    voice: voice.as_ref().map(|(_, voice)| voice),
                    level: None,
                    signs,
                };
                event.extend(self.observe_emotion((i, &open.party), said.lang, heard, now));
            }
        }
        self.release.fill(place, event);
        self.follow_secrets(spurt.end);
        if may_hold_words {
            self.keep_heard(i, &open, &spurt, (heard.as_ref(), unrecognised), tokens);
        }
        match said {
            Some(said) => self.apply_rules((i, &open.party), &said, now),
            None => {
                self.redactor.nothing((i, open.id));
                // Who followed its confirmed words is told how it ended: they stand if it could not
                // be heard whole, and were wrong if that turned out to be nothing.
                let confirmed = match failed {
                    true => open.settled().to_vec(),
                    false => Vec::new(),
                };
                let followed = StableWords {
                    utterance: open.id,
                    side: open.party.role.side(),
                    lang: open.agreement.lang().unwrap_or(Lang::EN),
                    words: confirmed,
                    finished: true,
                };
                self.watch_words((i, &open.party), &followed, spurt.end, now);
            }
        }
    }
}

/// Where on the call's timeline a stretch without words is, as far as it lies in the utterance and is
/// worth telling.
fn without_words(hole: &Range<Duration>, spurt: &Spurt) -> Option<Stretch> {
    let [start, end] =
        [hole.start, hole.end].map(|at| (spurt.audio_start + at).clamp(spurt.start, spurt.end));
    (end.since(start) >= NO_MORE_WORDS).then_some(Stretch { start, end })
}
