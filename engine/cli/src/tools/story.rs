//! What happens beside the words of a call, as lines for people.

use console::style;
use sidetone_core::emotion::Mood;
use sidetone_proto::v1;
use sidetone_proto::v1::call_event::Detail;

/// A mood that is less likely than this is nobody's to be told.
const LIKELY: f32 = 0.5;
/// Nor is a voice that sounds like most.
const NEUTRAL: &str = Mood::Neutral.as_str();

/// One line of it, or several of a summary; `None` for what is no part of the story.
pub fn line(detail: &Detail) -> Option<String> {
    let line = match detail {
        Detail::CustomerIdentified(customer) => customer_card(customer),
        Detail::Suggestion(card) => {
            let name = style("card").cyan().bold();
            let words = style(format!("({})", card.triggers.join(", "))).dim();
            format!("{name} {}: {} {words}", card.title, card.say)
        }
        Detail::AlertRaised(alert) => {
            let name = match alert.severity() {
                v1::Severity::Critical => style("ALERT").red().bold(),
                v1::Severity::Warning => style("alert").yellow().bold(),
                v1::Severity::Info | v1::Severity::Unspecified => style("alert").bold(),
            };
            format!("{name} {}: {}", alert.rule, alert.why)
        }
        Detail::AlertCleared(alert) => {
            let text = format!("alert {} cleared: {}", alert.rule, alert.why);
            style(text).dim().to_string()
        }
        Detail::Emotion(read) if read.mood != NEUTRAL && read.confidence >= LIKELY => {
            let percent = |share: f32| (100.0 * share).round();
            let (likely, strain) = (percent(read.confidence), percent(read.strain));
            let text = format!("voice: {} ({likely} %), strain {strain} %", read.mood);
            style(text).dim().to_string()
        }
        Detail::Summary(summary) => {
            let lines = summary.text.lines().map(|line| format!("\n    {line}"));
            format!(
                "{}{}",
                style("summary").cyan().bold(),
                lines.collect::<String>()
            )
        }
        Detail::CrmWritten(written) => {
            let tasks = written.task_ids.iter().zip(&written.due);
            let tasks = tasks.map(|(id, due)| format!(", task {id} due {due}"));
            let name = style("CRM").green().bold();
            format!(
                "{name} ticket {}{}",
                written.ticket_id,
                tasks.collect::<String>()
            )
        }
        Detail::CrmFailed(failed) => {
            let next = if failed.retrying {
                "trying again"
            } else {
                "given up"
            };
            format!("{} {} ({next})", style("CRM").red().bold(), failed.reason)
        }
        _ => return None,
    };
    Some(line)
}

fn customer_card(customer: &v1::CustomerIdentified) -> String {
    let ticket = customer.open_tickets.first();
    let contact = customer.last_contacts.first();
    let mut about = vec![
        customer.name.clone(),
        customer.tier.clone(),
        ticket.map_or_else(String::new, |ticket| {
            format!("open ticket {}: {}", ticket.ticket_id, ticket.title)
        }),
        contact.map_or_else(String::new, |contact| {
            format!("last contact {}: {}", contact.day, contact.about)
        }),
    ];
    about.retain(|part| !part.is_empty());
    format!("{} {}", style("customer").cyan().bold(), about.join(" · "))
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
        let read = v1::Emotion {
            mood: "anger".to_owned(),
            confidence: 0.72,
            strain: 0.4,
            ..Default::default()
        };
        let unsure = v1::Emotion {
            confidence: 0.4,
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
                Detail::Emotion(read.clone()),
                "voice: anger (72 %), strain 40 %",
            ),
            (
                Detail::CrmWritten(written),
                "CRM ticket T-2, task K-1 due 2026-05-07",
            ),
        ] {
            let line = line(&detail).expect("part of the story");
            assert_eq!(strip_ansi_codes(&line), expected);
        }
        assert_eq!(line(&Detail::Emotion(unsure)), None);
        assert_eq!(line(&Detail::Gap(v1::Gap::default())), None);
    }
}
