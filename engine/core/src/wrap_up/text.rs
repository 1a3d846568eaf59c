//! The note as a text for people.

use std::time::Duration;

use super::facts::Facts;
use super::mood::{Strained, strained};
use sidetone_types::party::Side;
use sidetone_types::summary::Summary;

/// The text of a note, made of its parts: three to nine lines.
pub fn text(facts: &Facts, note: &Summary) -> String {
    let labels = &facts.lexicon.texts(note.lang).note;
    let colon = &*labels.colon;
    let mut lines = Vec::new();
    if !facts.customer_name.is_empty() {
        let day = facts.began.date().to_string();
        lines.push(
            labels
                .call_with
                .fill(&[("name", &facts.customer_name), ("day", &day)]),
        );
    }
    let reason = if note.reason.is_empty() {
        &*labels.unknown
    } else {
        &note.reason
    };
    let urgent = if note.urgent {
        format!("[{}] ", &*labels.urgent)
    } else {
        String::new()
    };
    lines.push(format!("{urgent}{}{colon}{reason}", &*labels.reason));
    if !note.disposition.is_empty() {
        let label = &*labels.disposition;
        lines.push(format!("{label}{colon}{}", note.disposition));
    }
    let mut list = |label: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.push(format!("{label}{colon}{}", items.join(&labels.between)));
        }
    };
    list(
        &labels.actions,
        note.actions.iter().map(|a| bare(a)).collect(),
    );
    let by = |day: &str| labels.by.fill(&[("day", day)]);
    let promised = note.promises.iter().map(|promise| {
        let who = match promise.side {
            Side::Agent => &*labels.agent,
            Side::Customer => &*labels.customer,
        };
        let due = promise.due.as_deref().map(by).unwrap_or_default();
        format!("{who}{colon}{}{due}", bare(&promise.text))
    });
    list(&labels.promises, promised.collect());
    let tasks = note.follow_ups.iter().map(|task| {
        let due = task.due.as_deref().map(|day| match &task.due_time {
            Some(time) => by(&format!("{day} {time}")),
            None => by(day),
        });
        format!("{}{}", task.title, due.unwrap_or_default())
    });
    list(&labels.tasks, tasks.collect());
    let typed = note.memo.lines().map(str::trim);
    let typed: Vec<&str> = typed.filter(|line| !line.is_empty()).collect();
    let memo = (!typed.is_empty()).then(|| typed.join("\n"));
    list(&labels.memo, memo.into_iter().collect());
    list(&labels.risks, note.risks.iter().map(|r| bare(r)).collect());
    list(&labels.keywords, note.keywords.clone());
    let spoken = |ms| clock(Duration::from_millis(ms));
    for (side, who) in [
        (Side::Customer, &*labels.customer),
        (Side::Agent, &*labels.agent),
    ] {
        let told = strained(&note.mood, side).map(
            |Strained {
                 from_ms,
                 until_ms,
                 most,
             }| {
                labels.strained.fill(&[
                    ("who", who),
                    ("from", &spoken(from_ms)),
                    ("until", &spoken(until_ms)),
                    ("most", &(most * 100.0).round().to_string()),
                ])
            },
        );
        lines.extend(told);
    }
    lines.push(labels.talk.fill(&[
        ("agent", &spoken(note.agent_talk_ms)),
        ("customer", &spoken(note.customer_talk_ms)),
    ]));
    lines.join("\n")
}

/// Without the full stop, to stand in a list.
fn bare(sentence: &str) -> String {
    sentence.trim_end_matches(['.', '。']).to_owned()
}

/// `1:05`: minutes and seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// At most `most` characters of a text, cut between words where it has such, with `…` if it was
/// cut.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let cut = &text[..end];
    let cut = match cut.rfind(' ') {
        Some(space) if space > end / 2 => &cut[..space],
        _ => cut,
    };
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_words() {
        for (text, most, expected) in [
            ("short", 10, "short"),
            ("one two three four", 13, "one two…"),
            ("一二三四五六", 4, "一二三四…"),
            ("", 3, ""),
        ] {
            assert_eq!(shorten(text, most), expected, "{text}");
        }
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(65_900)), "1:05");
    }
}
