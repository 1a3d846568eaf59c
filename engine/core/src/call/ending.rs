//! What happens as time passes, and how a call comes to its end.

use std::time::Instant;

use sidetone_types::event::{CallEnded, EndReason, Event, EventKind};
use sidetone_types::summary::Summary;
use sidetone_types::time::MediaTime;

use super::assist::Assist;
use super::leg::Leg;
use super::{Call, Output, Phase};

impl Call {
    /// The deadline of one or another thing may have passed.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.second_pass.is_over(now) {
            self.give_up_second_pass();
        }
        match &self.phase {
            Phase::Live => {
                for i in 0..self.legs.len() {
                    self.listen(i, now);
                    for cue in self.legs[i].flush_if_stalled(now, &self.config) {
                        self.on_cue(i, cue, now);
                    }
                    let event = self.legs[i].no_media(now, &self.config);
                    self.outputs.extend(event.map(Output::Emit));
                }
                let timeout = self.config.final_timeout();
                if let Some(until) = now.checked_sub(timeout) {
                    let why = format!("no answer within {} s", timeout.as_secs());
                    self.give_up_finals(until, &why, now);
                }
                if self.media_timeout().is_some_and(|at| at <= now) {
                    self.hang_up(EndReason::MediaTimeout, now);
                }
            }
            Phase::Ending(_, until) if *until <= now => {
                if let Some(assist) = &mut self.assist {
                    assist.give_up();
                }
                self.give_up_finals(now, "the call ended before its turn came", now);
                self.second_pass.until = Some(now);
                self.give_up_second_pass();
            }
            Phase::Summarising(draft, until) if *until <= now => {
                let draft = (**draft).clone();
                self.summarised(draft);
            }
            Phase::Ending(..) | Phase::Summarising(..) | Phase::Ended => {}
        }
    }

    /// When a call without any media ends. While somebody is on hold, silence is nothing special.
    pub(super) fn media_timeout(&self) -> Option<Instant> {
        let last = self.legs.iter().map(Leg::last_media).max()?;
        let held = |leg: &Leg| !leg.is_active() && !leg.left;
        let timeout = match self.legs.iter().any(held) {
            true => self.config.hold_timeout().max(self.config.media_timeout()),
            false => self.config.media_timeout(),
        };
        Some(last + timeout)
    }

    pub(super) fn hang_up(&mut self, reason: EndReason, now: Instant) {
        if self.ending() {
            return;
        }
        for i in 0..self.legs.len() {
            self.legs[i].finish_input();
            self.listen(i, now);
            self.end_utterance(i, now);
        }
        self.phase = Phase::Ending(reason, now + self.config.drain());
        self.second_pass.until = Some(now + self.config.second_pass.due());
    }

    pub(super) fn give_up(&mut self, now: Instant) {
        self.hang_up(EndReason::Shutdown, now);
        match &mut self.phase {
            Phase::Ending(_, until) | Phase::Summarising(_, until) => *until = now,
            Phase::Live | Phase::Ended => {}
        }
        self.second_pass.until = Some(now);
        self.tick(now);
    }

    /// Tells the end once nothing is waited for any more, and asks for the summary.
    pub(super) fn end_if_done(&mut self, now: Instant) {
        let Phase::Ending(reason, until) = self.phase else {
            return;
        };
        if !self.closing.is_empty()
            || !self.release.is_empty()
            || !self.second_pass.is_empty()
            || self.assist.as_ref().is_some_and(Assist::is_waiting)
        {
            return;
        }
        self.give_last_sound();
        let legs = self.legs.iter().map(Leg::summary).collect();
        let kind = EventKind::CallEnded(CallEnded { reason, legs });
        self.emit(Event::of_the_call(MediaTime::ZERO, self.position(), kind));
        let memo = self.by_hand.memo();
        let Some(task) = self.assist.as_mut().map(|assist| assist.summary_task(memo)) else {
            self.phase = Phase::Ended;
            return;
        };
        if until <= now && reason == EndReason::Shutdown {
            // Nobody is left to ask.
            self.tell_summary(task.draft);
        } else {
            let draft = Box::new(task.draft.clone());
            self.phase = Phase::Summarising(draft, now + self.config.summary_due());
            self.outputs.push_back(Output::Summarise(Box::new(task)));
        }
    }

    /// Tells what remains of the call. The first summary counts.
    pub(super) fn summarised(&mut self, summary: Summary) {
        if matches!(self.phase, Phase::Summarising(..)) {
            self.tell_summary(summary);
        }
    }

    fn tell_summary(&mut self, summary: Summary) {
        let end = self.position();
        let kind = EventKind::Summary(summary);
        self.emit(Event::of_the_call(MediaTime::ZERO, end, kind));
        self.phase = Phase::Ended;
    }
}
