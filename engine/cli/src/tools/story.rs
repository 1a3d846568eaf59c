//! What happens beside the words of a call, as lines for people.

use console::style;
use sidetone::printable::printable;
use sidetone_core::emotion::STRAINED;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;
use sidetone_types::emotion::Mood;

use super::texts::Texts;

/// A mood that is less likely than this is nobody's to be told.
const LIKELY: f32 = 0.5;
/// Nor is a voice that sounds like most.
const NEUTRAL: &str = Mood::Neutral.as_str();

/// One line of it, or several of a summary; `None` for what is no part of the story.
pub fn line(detail: &Detail, texts: &Texts) -> Option<String> {
    let line = match detail {
        Detail::CustomerIdentified(customer) => customer_card(customer, texts),
        Detail::Suggestion(card) => {
            let name = style(texts.card).cyan().bold();
            let words = style(format!("({})", card.triggers.join(", "))).dim();
            format!("{name} {}: {} {words}", card.title, card.say)
        }
        // Another of its situation speaks.
        Detail::AlertRaised(alert) if alert.folded => {
            let text = format!("  + {} {}: {}", texts.alert, alert.rule, alert.why);
            style(text).dim().to_string()
        }
        Detail::AlertRaised(alert) => {
            let name = match alert.severity() {
                v1::Severity::Critical => style(texts.critical).red().bold(),
                v1::Severity::Warning => style(texts.alert).yellow().bold(),
                v1::Severity::Info | v1::Severity::Unspecified => style(texts.alert).bold(),
            };
            format!("{name} {}: {}", alert.rule, alert.why)
        }
        Detail::AlertCleared(alert) => {
            let (rule, became) = match alert.withdrawn {
                true => (style(&alert.rule).dim().strikethrough(), texts.withdrawn),
                false => (style(&alert.rule).dim(), texts.cleared),
            };
            let name = style(texts.alert).dim();
            format!(
                "{name} {rule} {}",
                style(format!("{became}: {}", alert.why)).dim()
            )
        }
        Detail::Emotion(read) => {
            let percent = |share: f32| (100.0 * share).round();
            let (likely, strain) = (percent(read.confidence), percent(read.strain));
            let strain = format!("{} {strain} %", texts.strain);
            let text = if read.mood != NEUTRAL && read.confidence >= LIKELY {
                let mood = texts.mood(&read.mood);
                format!("{}: {mood} ({likely} %), {strain}", texts.felt)
            } else if read.strain >= STRAINED {
                format!("{}: {strain}", texts.felt)
            } else {
                return None;
            };
            style(text).dim().to_string()
        }
        Detail::Summary(summary) => {
            let lines = summary.text.lines();
            let lines = lines.map(|line| format!("\n    {}", printable(line)));
            format!(
                "{}{}",
                style(texts.summary).cyan().bold(),
                lines.collect::<String>()
            )
        }
        Detail::CrmWritten(written) => {
            let tasks = written.task_ids.iter().zip(&written.due);
            let tasks = tasks.map(|(id, due)| match due.as_str() {
                "" => format!(", {} {id}", texts.task),
                due => format!(", {} {id} {} {due}", texts.task, texts.due),
            });
            let name = style(texts.crm).green().bold();
            let tasks = tasks.collect::<String>();
            let (ticket, tasks) = (printable(&written.ticket_id), printable(&tasks));
            format!("{name} {} {ticket}{tasks}", texts.ticket)
        }
        Detail::CrmFailed(failed) => {
            let next = if failed.retrying {
                texts.trying_again
            } else {
                texts.given_up
            };
            format!(
                "{} {} ({next})",
                style(texts.crm).red().bold(),
                printable(&failed.reason)
            )
        }
        _ => return None,
    };
    Some(line)
}

fn customer_card(customer: &v1::CustomerIdentified, texts: &Texts) -> String {
    let ticket = customer.open_tickets.first();
    let contact = customer.last_contacts.first();
    let mut about = vec![
        customer.name.clone(),
        customer.tier.clone(),
        ticket.map_or_else(String::new, |ticket| {
            format!(
                "{} {}: {}",
                texts.open_ticket, ticket.ticket_id, ticket.title
            )
        }),
        contact.map_or_else(String::new, |contact| {
            format!("{} {}: {}", texts.last_contact, contact.day, contact.about)
        }),
    ];
    about.retain(|part| !part.is_empty());
    format!(
        "{} {}",
        style(texts.customer).cyan().bold(),
        printable(&about.join(" · "))
    )
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;

    use super::*;

    #[test]
    fn each_part_of_the_story_says_what_an_agent_needs() {
        let customer = v1::CustomerIdentified {
            name: "Ann".to_owned(),
            open_tickets: vec![v1::TicketRef {
                ticket_id: "T-1".to_owned(),
                title: "No line".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let card = v1::Suggestion {
            title: "Charged twice".to_owned(),
            say: "I see both.".to_owned(),
            triggers: vec!["charged".to_owned(), "twice".to_owned()],
            ..Default::default()
        };
        let alert = v1::AlertRaised {
            rule: "churn".to_owned(),
            severity: v1::Severity::Critical.into(),
            why: "they want to leave".to_owned(),
            ..Default::default()
        };
        let cleared = v1::AlertCleared {
            rule: "churn".to_owned(),
            why: "so it is".to_owned(),
            ..Default::default()
        };
        let read = v1::Emotion {
            mood: "anger".to_owned(),
            confidence: 0.72,
            strain: 0.4,
            ..Default::default()
        };
        let unsure = v1::Emotion {
            confidence: 0.4,
            strain: 0.2,
            ..read.clone()
        };
        let written = v1::CrmWritten {
            ticket_id: "T-2".to_owned(),
            task_ids: vec!["K-1".to_owned()],
            due: vec!["2026-05-07".to_owned()],
        };
        for (detail, expected) in [
            (
                Detail::CustomerIdentified(customer),
                "customer Ann · open ticket T-1: No line",
            ),
            (
                Detail::Suggestion(card),
                "card Charged twice: I see both. (charged, twice)",
            ),
            (
                Detail::AlertRaised(v1::AlertRaised {
                    folded: true,
                    ..alert.clone()
                }),
                "  + alert churn: they want to leave",
            ),
            (
                Detail::AlertRaised(alert),
                "ALERT churn: they want to leave",
            ),
            (
                Detail::AlertCleared(cleared.clone()),
                "alert churn cleared: so it is",
            ),
            (
                Detail::AlertCleared(v1::AlertCleared {
                    withdrawn: true,
                    ..cleared
                }),
                "alert churn withdrawn: so it is",
            ),
            (
                Detail::Emotion(read.clone()),
                "mood: anger (72 %), strain 40 %",
            ),
            (
                Detail::Emotion(v1::Emotion {
                    confidence: 0.4,
                    ..read.clone()
                }),
                "mood: strain 40 %",
            ),
            (
                Detail::CrmWritten(written),
                "CRM ticket T-2, task K-1 due 2026-05-07",
            ),
        ] {
            let line = line(&detail, &Texts::EN).expect("part of the story");
            assert_eq!(strip_ansi_codes(&line), expected);
        }
        assert_eq!(line(&Detail::Emotion(unsure), &Texts::EN), None);
        assert_eq!(line(&Detail::Gap(v1::Gap::default()), &Texts::EN), None);
    }

    #[test]
    fn a_call_in_chinese_is_told_in_chinese() {
        let card = v1::Suggestion {
            title: "重复扣费".to_owned(),
            say: "我看到了。".to_owned(),
            triggers: vec!["扣了两次".to_owned()],
            ..Default::default()
        };
        let anger = v1::Emotion {
            mood: "anger".to_owned(),
            confidence: 0.72,
            strain: 0.4,
            ..Default::default()
        };
        let written = v1::CrmWritten {
            ticket_id: "T-2".to_owned(),
            task_ids: vec!["K-1".to_owned()],
            due: vec!["2026-05-07".to_owned()],
        };
        for (detail, expected) in [
            (
                Detail::Suggestion(card),
                "话术 重复扣费: 我看到了。 (扣了两次)",
            ),
            (Detail::Emotion(anger), "情绪: 愤怒 (72 %), 紧张度 40 %"),
            (
                Detail::CrmWritten(written),
                "CRM 工单 T-2, 任务 K-1 截止 2026-05-07",
            ),
        ] {
            let line = line(&detail, &Texts::ZH).expect("part of the story");
            assert_eq!(strip_ansi_codes(&line), expected);
        }
    }
}
