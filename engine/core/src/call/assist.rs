//! What is made of the words while the call goes on, and of the whole call in the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::DateTime;
use sidetone_language::lexicon::Lexicon;

use sidetone_types::assist::{AlertCleared, AlertRaised};
use sidetone_types::customer::{Customer, KnownBy};
use sidetone_types::emotion::CurvePoint;
use sidetone_types::event::{Event, EventKind, RecordingReason};
use sidetone_types::id::UtteranceId;
use sidetone_types::lang::Lang;
use sidetone_types::party::{Direction, Party, Role, Side};
use sidetone_types::recognise::Phrase;
use sidetone_types::time::MediaTime;

use super::leg::Leg;
use super::{Call, Output, SummaryTask, leg};
use crate::cards::{CardConfig, Cards, Fit, QueryId};
use crate::checklist::Checklist;
use crate::describe::CallDescription;
use crate::escalation::{Alert, Watch};
use crate::identity::{Clue, clues};
use crate::rules::RuleSet;
use crate::stable_words::StableWords;
use crate::wrap_up::{Facts, Line, PromiseList, summarise_edited, with_memo};

/// What a call is helped by, from outside.
#[derive(Clone)]
pub struct AssistContext {
    /// What is watched for.
    pub rules: Arc<RuleSet>,
    /// The day and time at which the call began, where the call centre is: "Thursday" counts from
    /// there.
    pub began: DateTime,
    /// The word lists by which the call is understood.
    pub lexicon: Arc<Lexicon>,
    /// Words that matter in this trade, to be preferred as keywords.
    pub terms: Arc<[String]>,
    /// What is listened for beside the call's own vocabulary.
    pub vocabulary: Arc<[Phrase]>,
    /// The same, of which later calls may have other ones: what people have corrected of late.
    pub learnt: Arc<[Phrase]>,
}

/// Names of whom a call may be with that are listened for: more would be heard where nobody says them.
const NAMES: usize = 5;

pub(super) struct Assist {
    facts: Facts,
    pub(super) watch: Watch,
    cards: Cards,
    /// What must be said.
    checklist: Checklist,
    /// Whose words articles are looked for, and on which leg they were said.
    asked: HashMap<QueryId, (usize, Party)>,
    said: Vec<(UtteranceId, Line)>,
    /// What was promised in that.
    pub(super) promises: PromiseList,
    alerts: Vec<AlertRaised>,
    /// When the next alert ends if nothing more speaks for it.
    clear_at: Option<MediaTime>,
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
            checklist: Checklist::new(Arc::clone(&assist_context.rules), &languages),
            watch: Watch::new(assist_context.rules, &languages),
            cards: Cards::new(cards, Arc::clone(&assist_context.lexicon)),
            asked: HashMap::new(),
            said: Vec::new(),
            promises: PromiseList::default(),
            alerts: Vec::new(),
            clear_at: None,
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

    /// What must be said in any case, if anything must and the agent is heard.
    pub fn begin(&mut self, description: &CallDescription) -> Option<EventKind> {
        let mut legs = description.legs.iter();
        legs.any(|leg| leg.party.role == Role::Agent)
            .then(|| self.checklist.begin())
            .flatten()
    }

    /// Whether articles are still being looked for.
    pub fn is_waiting(&self) -> bool {
        self.cards.is_waiting()
    }

    /// The call is with somebody else than was known.
    pub fn customer_unknown(&mut self) {
        self.facts.customer_name.clear();
    }

    /// It is known now who called whom.
    pub fn direction(&mut self, direction: Direction) {
        self.facts.direction = direction;
    }

    /// What is left to be summed up, with what was typed during the call.
    pub fn summary_task(&mut self, memo: &str) -> SummaryTask {
        let edits = self.promises.edits(&self.said);
        let lines = std::mem::take(&mut self.said).into_iter();
        let mut lines: Vec<Line> = lines.map(|(_, line)| line).collect();
        lines.sort_by_key(|line| line.start);
        let mut draft = summarise_edited(&self.facts, &lines, &self.alerts, &self.curve, &edits);
        draft.missed = self.checklist.missed();
        with_memo(&self.facts, &mut draft, memo);
        SummaryTask { draft, lines }
    }

    /// Waits for no articles any more.
    pub fn give_up(&mut self) {
        self.cards.give_up();
        self.asked.clear();
    }
}

impl Call {
    /// Takes words that are settled: raises alerts, and asks for articles that fit.
    pub(super) fn apply_rules(
        &mut self,
        (i, party): (usize, &Party),
        said: &StableWords,
        now: Instant,
    ) {
        self.watch_words((i, party), said, said.end(), now);
        let Some(assist) = &mut self.assist else {
            return;
        };
        if let Some(query) = assist.cards.observe_words(&said.without_labels()) {
            assist.asked.insert(query.id, (i, party.clone()));
            self.outputs.push_back(Output::Search(query));
        }
        let ticked = assist.checklist.observe(&said.without_labels());
        self.outputs.extend(ticked.into_iter().map(Output::Emit));
        if said.finished {
            let line = said.without_labels().text();
            self.follow_clues(said.side, &line);
        }
        let Some(assist) = &mut self.assist else {
            return;
        };
        if said.finished {
            let line = Line::from(said);
            let new = line.start;
            assist.said.push((said.utterance, line));
            self.tell_promises(new, said.end());
        }
    }

    /// Tells what has become of the promises of the call, by what was said up to `at`; from `new`
    /// on it is new.
    fn tell_promises(&mut self, new: MediaTime, at: MediaTime) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let told = assist.promises.observe(&assist.facts, &assist.said, new);
        let told = told
            .into_iter()
            .map(|kind| Event::of_the_call(at, at, kind));
        self.outputs.extend(told.map(Output::Emit));
    }

    /// Has the rules follow what was said, up to `at`.
    pub(super) fn watch_words(
        &mut self,
        (i, party): (usize, &Party),
        said: &StableWords,
        at: MediaTime,
        now: Instant,
    ) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let alerts = assist.watch.observe_words(&said.without_labels());
        let withdrawn = assist.watch.withdrawn();
        self.withdraw(withdrawn, at);
        self.raise((i, party), alerts, Some(now));
    }

    /// Takes truer words of an utterance, in place of those that were heard.
    pub(super) fn keep_revised(&mut self, said: &StableWords) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let ticked = assist.checklist.observe(&said.without_labels());
        self.outputs.extend(ticked.into_iter().map(Output::Emit));
        let line = Line::from(said);
        let known = assist.said.iter_mut();
        let mut new = line.start;
        match known.into_iter().find(|(of, _)| *of == said.utterance) {
            Some((_, known)) => {
                new = new.min(known.start);
                *known = line;
            }
            None => assist.said.push((said.utterance, line)),
        }
        self.tell_promises(new, said.end());
    }

    /// Looks through truer words of some utterances: `live` is what was heard of all of them,
    /// `record` has those with other words now. Rules that heard nothing may hear something now.
    pub(super) fn apply_revised<'a>(
        &mut self,
        (i, party): (usize, &Party),
        live: impl Iterator<Item = (UtteranceId, Option<&'a StableWords>)>,
        record: &[StableWords],
    ) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let alerts = assist.watch.observe_revised(live, record);
        self.raise((i, party), alerts, None);
    }

    /// The same of one utterance that a person has corrected: what a rule heard in it that was not
    /// said counts no more.
    pub(super) fn apply_correction(
        &mut self,
        party: &Party,
        heard: &StableWords,
        said: &StableWords,
    ) {
        let at = self.position();
        let Some(assist) = &mut self.assist else {
            return;
        };
        let alerts = assist
            .watch
            .observe_correction(&heard.without_labels(), &said.without_labels());
        let withdrawn = assist.watch.withdrawn();
        self.withdraw(withdrawn, at);
        // Of what was heard long ago no latency is told, and that alone is the leg's.
        self.raise((0, party), alerts, None);
    }

    /// Tells alerts that what a leg said or sounds like has raised, `now` if that was heard live.
    pub(super) fn raise(
        &mut self,
        (i, party): (usize, &Party),
        alerts: Vec<Alert>,
        now: Option<Instant>,
    ) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let mut orders = Vec::new();
        for alert in alerts {
            let latency = now.and_then(|now| self.legs[i].latency(alert.end, now));
            let party = Some(party).filter(|party| party.role.side() == alert.side);
            let party = party.unwrap_or_else(|| speaker(&self.legs, alert.side));
            let recording = assist.watch.recording(&alert.raised.rule);
            orders.extend(recording.map(|order| (order, alert.end, alert.raised.rule.clone())));
            let kind = EventKind::AlertRaised(alert.raised.clone());
            let event = leg::event(party, alert.start, alert.end, latency, kind);
            self.outputs.push_back(Output::Emit(event));
            let asked = assist.checklist.raised(&alert.raised.rule, alert.end);
            self.outputs.extend(asked.into_iter().map(Output::Emit));
            assist.alerts.push(alert.raised);
            assist.clear_at = assist.watch.next_clear();
        }
        // What was said long ago, and is known better only now, changes nothing of the recording.
        for (order, at, rule) in orders.into_iter().filter(|_| now.is_some()) {
            self.order_recording(order, RecordingReason::Rule, &rule, at);
        }
    }

    /// Tells the alerts that turned out wrong at `at`. What remains of the call does not know of
    /// them.
    fn withdraw(&mut self, withdrawn: Vec<AlertCleared>, at: MediaTime) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        for cleared in withdrawn {
            assist.alerts.retain(|raised| raised.alert != cleared.alert);
            let event = Event::of_the_call(at, at, EventKind::AlertCleared(cleared));
            self.outputs.push_back(Output::Emit(event));
            assist.clear_at = assist.watch.next_clear();
        }
    }

    /// Shows the articles that were found.
    pub(super) fn found(&mut self, id: QueryId, fits: Vec<Fit>, now: Instant) {
        let Some(assist) = &mut self.assist else {
            return;
        };
        let Some((i, party)) = assist.asked.remove(&id) else {
            return;
        };
        for card in assist.cards.found(id, fits) {
            let latency = self.legs[i].latency(card.end, now);
            let kind = EventKind::Suggestion(card.suggestion);
            let event = leg::event(&party, card.start, card.end, latency, kind);
            self.outputs.push_back(Output::Emit(event));
        }
    }

    /// Shows whom the call is with, or may be with, if the CRM's answer tells more than was known.
    pub(super) fn identified(&mut self, customer: Customer) {
        let shown = self.identity.found(customer);
        self.show_customer(shown);
    }

    /// Has it looked for who says `line`, or says so of themselves.
    fn follow_clues(&mut self, side: Side, line: &str) {
        if side == Side::Customer && !self.identity.is_known() {
            let clues = clues(&self.lexicon, line);
            self.look_for(clues, KnownBy::Said);
        }
    }

    /// Has it looked for whom these clues are of, unless they were followed before.
    pub(super) fn look_for(&mut self, clues: impl IntoIterator<Item = Clue>, by: KnownBy) {
        for clue in clues {
            if self.assist.is_some() && self.identity.follows(&clue) {
                self.outputs.push_back(Output::LookFor(clue, by));
            }
        }
    }

    /// Tells it, and listens for their names from now on.
    pub(super) fn show_customer(&mut self, shown: Option<Customer>) {
        let Some(customer) = shown else { return };
        if let Some(assist) = &mut self.assist {
            assist.facts.customer_name.clone_from(&customer.name);
        }
        self.listen_for_names(&customer);
        let at = self.position();
        self.emit(Event::of_the_call(
            at,
            at,
            EventKind::CustomerIdentified(customer),
        ));
    }

    /// Has a customer's name listened for, or those of whom it may be, as much as any other phrase. Where nothing
    /// is favoured, they are not either.
    fn listen_for_names(&mut self, customer: &Customer) {
        let boost = self.greatest_boost();
        let candidates = customer.candidates.iter().map(|one| one.name.as_str());
        let names = [customer.name.as_str()].into_iter().chain(candidates);
        let names = names
            .map(str::trim)
            .filter(|name| boost > 0.0 && !name.is_empty());
        let names = names.take(NAMES).map(|name| Phrase {
            text: name.to_owned(),
            boost,
        });
        let own = self.own_phrases.iter().cloned();
        self.vocabulary.own = names.chain(own).collect();
    }

    /// How much the phrase is favoured that is favoured most; 0 where none is.
    pub(super) fn greatest_boost(&self) -> f32 {
        let boosts = self.vocabulary.phrases().map(|phrase| phrase.boost);
        boosts.fold(0.0, f32::max)
    }

    /// Clears the alerts that nothing has spoken for any more.
    pub(super) fn clear_expired_alerts(&mut self) {
        let now = self.position();
        let Some(assist) = &mut self.assist else {
            return;
        };
        if assist.clear_at.is_none_or(|at| at > now) {
            return;
        }
        for (at, cleared) in assist.watch.tick(now) {
            let event = Event::of_the_call(at, at, EventKind::AlertCleared(cleared));
            self.outputs.push_back(Output::Emit(event));
        }
        assist.clear_at = assist.watch.next_clear();
    }

    /// Up to where the call has been heard, on whichever leg.
    pub(super) fn position(&self) -> MediaTime {
        let positions = self.legs.iter().map(Leg::passed);
        positions.max().unwrap_or_default()
    }
}

/// Who speaks for `side`. A call has at least one leg.
fn speaker(legs: &[Leg], side: Side) -> &Party {
    let own = legs.iter().find(|leg| leg.side() == side);
    &own.unwrap_or(&legs[0]).party
}
