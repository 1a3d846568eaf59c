//! What is made of the words while the call goes on, and of the whole call in the end.

use std::sync::Arc;
use std::time::Instant;

use jiff::civil::DateTime;
use sidetone_language::lexicon::Lexicon;

use super::{Call, Output, leg};
use crate::cards::{CardConfig, Cards, Fit, QueryId};
use crate::describe::CallDescription;
use crate::escalation::{Alert, Watch};
use crate::rules::RuleSet;
use crate::said::Said;
use crate::wrap_up::{Facts, Line, summarise};
use sidetone_types::assist::AlertRaised;
use sidetone_types::customer::Customer;
use sidetone_types::emotion::CurvePoint;
use sidetone_types::event::{Event, EventKind};
use sidetone_types::lang::Lang;
use sidetone_types::recognise::Phrase;
use sidetone_types::time::MediaTime;

/// What a call is helped by, from outside.
#[derive(Clone)]
pub struct AssistContext {
    /// What is watched for.
    pub rules: Arc<RuleSet>,
    /// The day and time at which the call began, where the call centre is: "Thursday" counts from there.
    pub began: DateTime,
    /// The word lists by which the call is understood.
    pub lexicon: Arc<Lexicon>,
    /// Words that matter in this trade, to be preferred as keywords.
    pub terms: Arc<[String]>,
    /// What is listened for beside the call's own vocabulary.
    pub vocabulary: Arc<[Phrase]>,
}

pub(super) struct Assist {
    facts: Facts,
    pub(super) watch: Watch,
    cards: Cards,
    said: Vec<Line>,
    alerts: Vec<AlertRaised>,
    /// How the moods of the voices went.
    pub(super) curve: Vec<CurvePoint>,
}

impl Assist {
    pub fn new(
        assist_context: AssistContext,
        description: &CallDescription,
        cards: CardConfig,
    ) -> Self {
        let languages = description.spoken();
        Self {
            watch: Watch::new(assist_context.rules, &languages),
            cards: Cards::new(cards),
            said: Vec::new(),
            alerts: Vec::new(),
            curve: Vec::new(),
            facts: Facts {
                began: assist_context.began,
                direction: description.direction,
                main_lang: languages.first().copied().unwrap_or(Lang::EN),
                customer_name: String::new(),
                terms: assist_context.terms,
                lexicon: assist_context.lexicon,
            },
        }
    }

    /// Whether articles are still being looked for.
    pub fn is_waiting(&self) -> bool {
        self.cards.is_waiting()
    }

    /// Waits for no articles any more.
    pub fn give_up(&mut self) {
        self.cards.give_up();
    }
}

impl Call {
    /// Takes words that are settled: raises alerts, and asks for articles that fit.
    pub(super) fn understand(&mut self, i: usize, said: &Said, now: Instant) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let alerts = assist.watch.hear(said);
        self.raise(i, alerts, now);
        let Some(assist) = &mut self.assist else {
            return;
        };
        let query = assist.cards.hear(said);
        self.outputs.extend(query.map(Output::Search));
        if said.finished {
            assist.said.push(Line::from(said));
        }
    }

    /// Tells alerts that what a leg said or sounds like has raised.
    pub(super) fn raise(&mut self, i: usize, alerts: Vec<Alert>, now: Instant) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let leg = &self.legs[i];
        for alert in alerts {
            let latency = leg.latency(alert.end, now);
            let kind = EventKind::AlertRaised(alert.raised.clone());
            let event = leg::event(alert.role, alert.start, alert.end, latency, kind);
            self.outputs.push_back(Output::Emit(event));
            assist.alerts.push(alert.raised);
        }
    }

    /// Shows the articles that were found.
    pub(super) fn found(&mut self, id: QueryId, fits: Vec<Fit>, now: Instant) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        for card in assist.cards.found(id, fits) {
            let leg = self.legs.iter().find(|leg| leg.role == card.role);
            let latency = leg.and_then(|leg| leg.latency(card.end, now));
            let kind = EventKind::Suggestion(card.suggestion);
            let event = leg::event(card.role, card.start, card.end, latency, kind);
            self.outputs.push_back(Output::Emit(event));
        }
    }

    /// Shows whom the call is with.
    pub(super) fn identified(&mut self, customer: Customer) {
        if let Some(assist) = &mut self.assist {
            assist.facts.customer_name.clone_from(&customer.name);
        }
        let at = self.position();
        self.emit(Event::of_the_call(
            at,
            at,
            EventKind::CustomerIdentified(customer),
        ));
    }

    /// Clears the alerts that nothing has spoken for any more.
    pub(super) fn calm_down(&mut self) {
        let now = self.position();
        let Some(assist) = &mut self.assist else {
            return;
        };
        for (at, cleared) in assist.watch.tick(now) {
            let event = Event::of_the_call(at, at, EventKind::AlertCleared(cleared));
            self.outputs.push_back(Output::Emit(event));
        }
    }

    /// Tells what remains of the call.
    pub(super) fn wrap_up(&mut self) {
        let end = self.position();
        let Some(assist) = &mut self.assist else {
            return;
        };
        assist.said.sort_by_key(|line| line.start);
        let summary = summarise(&assist.facts, &assist.said, &assist.alerts, &assist.curve);
        let kind = EventKind::Summary(summary);
        self.emit(Event::of_the_call(MediaTime::ZERO, end, kind));
    }

    /// Up to where either side has been heard.
    pub(super) fn position(&self) -> MediaTime {
        let positions = self.legs.iter().map(|leg| leg.segmenter.position());
        positions.max().unwrap_or_default()
    }
}
