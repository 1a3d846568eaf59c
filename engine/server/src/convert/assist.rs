//! Cards, alerts and summaries as they go over the wire.

use sidetone_proto::v1;
use sidetone_types::assist::{AlertCleared, AlertRaised, Severity, Suggestion};
use sidetone_types::customer::Customer;
use sidetone_types::summary::{Promise, Summary};

use super::wire_side;

pub(super) fn customer(customer: &Customer) -> v1::CustomerIdentified {
    let tickets = customer.open_tickets.iter().map(|ticket| v1::TicketRef {
        ticket_id: ticket.ticket_id.clone(),
        title: ticket.title.clone(),
        status: ticket.status.clone(),
        opened: ticket.opened.clone(),
    });
    let contacts = customer.last_contacts.iter().map(|contact| v1::Contact {
        day: contact.day.clone(),
        channel: contact.channel.clone(),
        about: contact.about.clone(),
    });
    let candidates = customer.candidates.iter().map(|candidate| v1::Candidate {
        customer_id: candidate.customer_id.clone(),
        name: candidate.name.clone(),
        tier: candidate.tier.clone(),
        known_by: candidate.known_by.as_str().to_owned(),
        clue: candidate.clue.clone(),
    });
    v1::CustomerIdentified {
        customer_id: customer.customer_id.clone(),
        name: customer.name.clone(),
        tier: customer.tier.clone(),
        phone: customer.phone.clone(),
        email: customer.email.clone(),
        open_tickets: tickets.collect(),
        last_contacts: contacts.collect(),
        preferences: customer.preferences.clone().into_iter().collect(),
        candidates: candidates.collect(),
        known_by: customer
            .known_by
            .map_or_else(String::new, |by| by.as_str().to_owned()),
    }
}

pub(super) fn suggestion(suggestion: &Suggestion) -> v1::Suggestion {
    v1::Suggestion {
        utterance_id: suggestion.utterance.0,
        article_id: suggestion.article_id.clone(),
        language_code: suggestion.lang.code().to_owned(),
        title: suggestion.title.clone(),
        snippet: suggestion.snippet.clone(),
        say: suggestion.say.clone(),
        triggers: suggestion.triggers.clone(),
        score: suggestion.score,
    }
}

/// How much an alert matters.
pub(crate) fn severity(severity: Severity) -> i32 {
    match severity {
        Severity::Info => v1::Severity::Info,
        Severity::Warning => v1::Severity::Warning,
        Severity::Critical => v1::Severity::Critical,
    }
    .into()
}

pub(super) fn alert_raised(alert: &AlertRaised) -> v1::AlertRaised {
    v1::AlertRaised {
        alert: alert.alert,
        rule: alert.rule.clone(),
        severity: severity(alert.severity),
        action: alert.action.as_str().to_owned(),
        message: alert.message.clone(),
        script: alert.script.clone(),
        why: alert.why.clone(),
        triggers: alert.triggers.clone(),
        situation: alert.situation,
        folded: alert.folded,
    }
}

pub(super) fn alert_cleared(alert: &AlertCleared) -> v1::AlertCleared {
    v1::AlertCleared {
        alert: alert.alert,
        rule: alert.rule.clone(),
        severity: severity(alert.severity),
        why: alert.why.clone(),
        withdrawn: alert.withdrawn,
    }
}

pub(super) fn promise(promise: &Promise) -> v1::Promise {
    v1::Promise {
        role: wire_side(promise.side).into(),
        text: promise.text.clone(),
        kind: promise.kind.as_str().to_owned(),
        said: promise.said.clone().unwrap_or_default(),
        due: promise.due.clone().unwrap_or_default(),
    }
}

pub(super) fn summary(summary: &Summary) -> v1::Summary {
    let promises = summary.promises.iter().map(promise);
    let follow_ups = summary.follow_ups.iter().map(|task| v1::FollowUp {
        kind: task.kind.as_str().to_owned(),
        title: task.title.clone(),
        due: task.due.clone().unwrap_or_default(),
        due_time: task.due_time.clone().unwrap_or_default(),
        when_said: task.when_said.clone().unwrap_or_default(),
    });
    let mood = summary.mood.iter().map(|point| v1::MoodPoint {
        role: wire_side(point.side).into(),
        at_ms: point.at_ms,
        strain: point.strain,
        mood: point.mood.map(|mood| mood.to_string()).unwrap_or_default(),
    });
    v1::Summary {
        language_code: summary.lang.code().to_owned(),
        reason: summary.reason.clone(),
        actions: summary.actions.clone(),
        promises: promises.collect(),
        risks: summary.risks.clone(),
        keywords: summary.keywords.clone(),
        follow_ups: follow_ups.collect(),
        urgent: summary.urgent,
        agent_talk_ms: summary.agent_talk_ms,
        customer_talk_ms: summary.customer_talk_ms,
        text: summary.text.clone(),
        mood: mood.collect(),
        disposition: summary.disposition.clone(),
        reviewed_by: summary.reviewed_by.clone(),
        missed: summary.missed.clone(),
        memo: summary.memo.clone(),
    }
}
