//! What is counted since the engine started, and what that says of the time between two looks.

use super::{Figure, Figures, Spread};

/// A final that is told within so many seconds is in time.
const IN_TIME: f64 = 1.0;
/// So many of all stay below what is shown of a time.
const MOST: f64 = 0.95;

/// What is, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// Calls that are open.
    pub calls_open: f64,
    /// Calls that are let in at once.
    pub capacity: f64,
    /// Busy share of the inference threads.
    pub inference_busy: f64,
    /// Notes that wait for the CRM; `None` if the store does not say.
    pub crm_waiting: Option<f64>,
    /// Notes that the CRM refused.
    pub crm_dead: Option<f64>,
    /// Seconds for which nothing could be written.
    pub store_failing: f64,
    /// Those who follow events.
    pub subscribers: f64,
}

/// What has happened since the engine started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Calls that were not let in.
    pub calls_refused: u64,
    /// RTP packets that came.
    pub packets: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// Cards that came up.
    pub cards_shown: u64,
    /// Cards called useful.
    pub cards_useful: u64,
    /// Cards called not useful.
    pub cards_not_useful: u64,
    /// Alerts raised: notes, warnings, critical ones.
    pub alerts: [u64; 3],
    /// Look-ups that the CRM answered.
    pub crm_looked_up: u64,
    /// Look-ups that it did not answer.
    pub crm_not_looked_up: u64,
    /// Records that the CRM took.
    pub crm_written: u64,
    /// Records that it did not take.
    pub crm_not_written: u64,
    /// Answers over HTTP.
    pub http_answers: u64,
    /// Those that say that the engine failed.
    pub http_errors: u64,
    /// Writes that the disk refused.
    pub store_write_failures: u64,
    /// Changes of articles and rules that could not be taken up.
    pub knowledge_failures: u64,
}

/// How long things have taken since the engine started.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    /// From the end of an utterance to its final.
    pub finals: Spread,
    /// To an interim result.
    pub partials: Spread,
    /// From being asked for to the beginning of recognition.
    pub waits: Spread,
    /// From there to its end.
    pub runs: Spread,
    /// From words to their card.
    pub cards: Spread,
    /// From words to their alert.
    pub alerts: Spread,
    /// Look-ups in the CRM.
    pub crm_lookups: Spread,
    /// Writes to the CRM.
    pub crm_writes: Spread,
    /// Requests over HTTP.
    pub http: Spread,
    /// Requests over gRPC.
    pub grpc: Spread,
    /// Searches.
    pub searches: Spread,
    /// From an event to whoever follows.
    pub events: Spread,
}

/// All that the board is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What is.
    pub levels: Levels,
    /// What has happened.
    pub counts: Counts,
    /// How long it took.
    pub times: Times,
}

impl Reading {
    /// The figures of the `seconds` since `before`.
    pub fn figures(&self, before: &Self, seconds: f64) -> Figures {
        let mut figures = Figures::default();
        self.set_levels(&mut figures);
        self.set_rates(&mut figures, &before.counts, seconds);
        self.set_shares(&mut figures, &before.counts);
        self.set_times(&mut figures, &before.times);
        figures
    }

    fn set_levels(&self, figures: &mut Figures) {
        let levels = &self.levels;
        let used = (levels.capacity > 0.0).then(|| levels.calls_open / levels.capacity);
        for (figure, value) in [
            (Figure::CallsOpen, Some(levels.calls_open)),
            (Figure::CapacityUsed, used),
            (Figure::InferenceBusy, Some(levels.inference_busy)),
            (Figure::CrmNotesWaiting, levels.crm_waiting),
            (Figure::CrmNotesDead, levels.crm_dead),
            (Figure::StoreFailing, Some(levels.store_failing)),
            (Figure::Subscribers, Some(levels.subscribers)),
        ] {
            figures.set(figure, value);
        }
    }

    fn set_rates(&self, figures: &mut Figures, before: &Counts, seconds: f64) {
        let now = &self.counts;
        let [info, warning, critical] = now.alerts;
        let [info_was, warning_was, critical_was] = before.alerts;
        for (figure, now, was) in [
            (
                Figure::CallsRefused,
                now.calls_refused,
                before.calls_refused,
            ),
            (Figure::CardsShown, now.cards_shown, before.cards_shown),
            (Figure::CardsUseful, now.cards_useful, before.cards_useful),
            (
                Figure::CardsNotUseful,
                now.cards_not_useful,
                before.cards_not_useful,
            ),
            (Figure::AlertsInfo, info, info_was),
            (Figure::AlertsWarning, warning, warning_was),
            (Figure::AlertsCritical, critical, critical_was),
            (
                Figure::StoreWriteFailures,
                now.store_write_failures,
                before.store_write_failures,
            ),
            (
                Figure::KnowledgeFailures,
                now.knowledge_failures,
                before.knowledge_failures,
            ),
        ] {
            let per_minute = now.saturating_sub(was) as f64 * 60.0 / seconds;
            figures.set(figure, Some(per_minute));
        }
    }

    fn set_shares(&self, figures: &mut Figures, before: &Counts) {
        let now = &self.counts;
        let new = |now: u64, was: u64| now.saturating_sub(was) as f64;
        let share = |of: f64, all: f64| (all > 0.0).then(|| of / all);
        let lost = new(now.packets_lost, before.packets_lost);
        let came = new(now.packets, before.packets);
        let errors = new(now.http_errors, before.http_errors);
        let answers = new(now.http_answers, before.http_answers);
        let found = new(now.crm_looked_up, before.crm_looked_up);
        let not_found = new(now.crm_not_looked_up, before.crm_not_looked_up);
        let written = new(now.crm_written, before.crm_written);
        let not_written = new(now.crm_not_written, before.crm_not_written);
        for (figure, value) in [
            (Figure::PacketLoss, share(lost, lost + came)),
            (Figure::HttpErrors, share(errors, answers)),
            (Figure::CrmLookupSuccess, share(found, found + not_found)),
            (
                Figure::CrmWriteSuccess,
                share(written, written + not_written),
            ),
        ] {
            figures.set(figure, value);
        }
    }

    fn set_times(&self, figures: &mut Figures, before: &Times) {
        let now = &self.times;
        let finals = now.finals.since(&before.finals);
        figures.set(Figure::ServiceLevel, finals.within(IN_TIME));
        for (figure, now, was) in [
            (Figure::FinalTime, &now.finals, &before.finals),
            (Figure::PartialTime, &now.partials, &before.partials),
            (Figure::RecognitionWait, &now.waits, &before.waits),
            (Figure::RecognitionRun, &now.runs, &before.runs),
            (Figure::CardTime, &now.cards, &before.cards),
            (Figure::AlertTime, &now.alerts, &before.alerts),
            (Figure::CrmLookupTime, &now.crm_lookups, &before.crm_lookups),
            (Figure::CrmWriteTime, &now.crm_writes, &before.crm_writes),
            (Figure::HttpTime, &now.http, &before.http),
            (Figure::GrpcTime, &now.grpc, &before.grpc),
            (Figure::SearchTime, &now.searches, &before.searches),
            (Figure::EventLag, &now.events, &before.events),
        ] {
            figures.set(figure, now.since(was).quantile(MOST));
        }
    }
}
