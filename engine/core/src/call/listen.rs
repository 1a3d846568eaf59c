//! Sound in, talk spurts out: where each side begins to speak, pauses and ends.

use std::time::{Duration, Instant};

use super::utterance::Open;
use super::{Call, Output};
use crate::segment::Cue;
use sidetone_types::customer::KnownBy;
use sidetone_types::event::{Event, EventKind, LegState};
use sidetone_types::id::UtteranceId;
use sidetone_types::party::Side;
use sidetone_types::recognise::Purpose;
use sidetone_types::time::MediaTime;

/// Keys of a row follow each other within this time.
const KEY_BEFORE: Duration = Duration::from_millis(1_500);

impl Call {
    /// Works through all the sound a leg has by now.
    pub(super) fn listen(&mut self, i: usize, now: Instant) {
        loop {
            while let Some(cues) = self.legs[i].next_cues(i, &mut self.echo, self.recorder.as_mut())
            {
                for cue in cues {
                    self.on_cue(i, cue, now);
                }
                if let Some(copy) = self.echo.copy_changed(i) {
                    self.copy_changed(i, copy);
                }
                self.urge_look(i);
                self.decode_interim_if_due(i, now);
            }
            let Some(event) = self.legs[i].next_media(now) else {
                break;
            };
            let event = event.into_iter();
            let event: Vec<Event> = event.map(|event| self.without_key(i, event)).collect();
            self.outputs.extend(event.into_iter().map(Output::Emit));
        }
    }

    pub(super) fn on_cue(&mut self, i: usize, cue: Cue, now: Instant) {
        let leg = &mut self.legs[i];
        match cue {
            Cue::Begin(start) => {
                self.last_utterance += 1;
                let id = UtteranceId(self.last_utterance);
                leg.open = Some(Open::new(id, leg.party.clone(), start));
                let latency = leg.latency(start, now);
                let event = leg.event(
                    start,
                    start,
                    latency,
                    EventKind::SpeechBegin { utterance: id },
                );
                self.emit(event);
                self.take_turn(i, now);
            }
            Cue::Pause => {
                self.decode_interim(i, Purpose::Pause, now);
                // Unless it has been heard already.
                self.judge_pause(i, now);
            }
            Cue::Dropped(end) => {
                if let Some(open) = self.legs[i].open.take() {
                    self.speech_end(i, &open, end, now);
                    self.cancel_interim(&open);
                    self.mute_if_expected(open.start, end);
                    self.redactor.retracted(i);
                    let kind = EventKind::Retracted { utterance: open.id };
                    self.emit(self.legs[i].event(open.start, end, None, kind));
                }
            }
            Cue::End(spurt) => {
                if let Some(open) = self.legs[i].open.take() {
                    self.speech_end(i, &open, spurt.end, now);
                    self.close(i, open, spurt, now);
                }
            }
        }
    }

    /// What happened on a leg, without the key that was pressed if that is a secret.
    pub(super) fn without_key(&mut self, i: usize, mut event: Event) -> Event {
        if let EventKind::Dtmf { key, .. } = &mut event.kind {
            self.recording_key(i, *key, event.start);
            let pressed = *key;
            *key = self.redactor.key(i, pressed, event.start);
            if *key != pressed {
                // Its tone may be in the sound, and that of the one before it, which was told.
                self.mute(event.start - KEY_BEFORE, event.end);
            }
            // Rows of keys are hidden because they may be codes. What nobody has asked a code for, and is a customer's
            // or an order's number, is none.
            let typed = match self.redactor.expecting() {
                Some(_) => *key,
                None => pressed,
            };
            if self.legs[i].side() == Side::Customer {
                let typed = self.legs[i].typed.press(typed, event.start);
                self.look_for(typed, KnownBy::Typed);
            }
        }
        event
    }

    /// Tells that a leg carries the sound of another one, or does so no more.
    fn copy_changed(&mut self, i: usize, copy: bool) {
        let leg = &self.legs[i];
        if leg.is_active() {
            let at = leg.reached();
            let state = if copy {
                LegState::Copy
            } else {
                LegState::Active
            };
            let event = leg.event(at, at, None, EventKind::LegState { state });
            self.emit(event);
        }
    }

    fn speech_end(&mut self, i: usize, open: &Open, end: MediaTime, now: Instant) {
        let leg = &self.legs[i];
        let kind = EventKind::SpeechEnd { utterance: open.id };
        self.emit(leg.event(open.start, end, leg.latency(end, now), kind));
    }
}
