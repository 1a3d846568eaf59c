//! The note as a text for people, and the words it is made of in either language.

use std::time::Duration;

use super::Summary;
use super::facts::Facts;
use super::mood::{Strained, strained};
use crate::describe::Role;
use crate::lang::Lang;

/// The words around what was said.
#[derive(Debug)]
pub(super) struct Labels {
    call_with: fn(&str, &str) -> String,
    reason: &'static str,
    unknown: &'static str,
    actions: &'static str,
    promises: &'static str,
    tasks: &'static str,
    risks: &'static str,
    keywords: &'static str,
    strained: fn(&str, &str, &str, u32) -> String,
    talk: fn(&str, &str) -> String,
    agent: &'static str,
    customer: &'static str,
    urgent: &'static str,
    /// Before a day the customer set.
    pub deadline: &'static str,
    /// Between a label and what it labels.
    pub colon: &'static str,
    between: &'static str,
    by: fn(&str) -> String,
}

const EN: Labels = Labels {
    call_with: |name, day| format!("Call with {name}, {day}"),
    reason: "Reason",
    unknown: "not said",
    actions: "Done",
    promises: "Promised",
    tasks: "To do",
    risks: "Risks",
    keywords: "Keywords",
    strained: |who, from, until, most| {
        format!("Voice: {who} strained between {from} and {until}, at most {most} %")
    },
    talk: |agent, customer| format!("Talk time: agent {agent}, customer {customer}"),
    agent: "agent",
    customer: "customer",
    urgent: "URGENT",
    deadline: "deadline",
    colon: ": ",
    between: "; ",
    by: |day| format!(" (by {day})"),
};

const ZH: Labels = Labels {
    call_with: |name, day| format!("与{name}的通话，{day}"),
    reason: "来电原因",
    unknown: "未说明",
    actions: "已处理",
    promises: "承诺",
    tasks: "待办",
    risks: "风险",
    keywords: "关键词",
    strained: |who, from, until, most| {
        format!("语音情绪：{who}在{from}至{until}之间紧张，最高{most}%")
    },
    talk: |agent, customer| format!("通话时长：坐席{agent}，客户{customer}"),
    agent: "坐席",
    customer: "客户",
    urgent: "紧急",
    deadline: "期限",
    colon: "：",
    between: "；",
    by: |day| format!("（{day}前）"),
};

impl Labels {
    /// Those of a language; English where we have none.
    pub fn of(lang: Lang) -> &'static Self {
        if lang == Lang::ZH { &ZH } else { &EN }
    }
}

/// The text of a note: three to eight lines.
pub(super) fn text(facts: &Facts, note: &Summary) -> String {
    let labels = Labels::of(note.lang);
    let colon = labels.colon;
    let mut lines = Vec::new();
    if !facts.customer_name.is_empty() {
        let day = facts.began.date().to_string();
        lines.push((labels.call_with)(&facts.customer_name, &day));
    }
    let reason = if note.reason.is_empty() {
        labels.unknown
    } else {
        &note.reason
    };
    let urgent = if note.urgent {
        format!("[{}] ", labels.urgent)
    } else {
        String::new()
    };
    lines.push(format!("{urgent}{}{colon}{reason}", labels.reason));
    let mut list = |label: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.push(format!("{label}{colon}{}", items.join(labels.between)));
        }
    };
    list(
        labels.actions,
        note.actions.iter().map(|a| bare(a)).collect(),
    );
    let promised = note.promises.iter().map(|promise| {
        let who = match promise.role {
            Role::Agent => labels.agent,
            Role::Customer => labels.customer,
        };
        let due = promise.due.as_deref().map(labels.by).unwrap_or_default();
        format!("{who}{colon}{}{due}", bare(&promise.text))
    });
    list(labels.promises, promised.collect());
    let tasks = note
        .follow_ups
        .iter()
        .map(|task| format!("{}{}", task.title, (labels.by)(&task.due)));
    list(labels.tasks, tasks.collect());
    list(labels.risks, note.risks.iter().map(|r| bare(r)).collect());
    list(labels.keywords, note.keywords.clone());
    let spoken = |ms| clock(Duration::from_millis(ms));
    for (role, who) in [
        (Role::Customer, labels.customer),
        (Role::Agent, labels.agent),
    ] {
        let told = strained(&note.mood, role).map(
            |Strained {
                 from_ms,
                 until_ms,
                 most,
             }| {
                let most = (most * 100.0).round() as u32;
                (labels.strained)(who, &spoken(from_ms), &spoken(until_ms), most)
            },
        );
        lines.extend(told);
    }
    lines.push((labels.talk)(
        &spoken(note.agent_talk_ms),
        &spoken(note.customer_talk_ms),
    ));
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

/// At most `most` characters of a text, cut between words where it has such, with `…` if it was cut.
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
