//! Why an alert was raised or cleared, in the words of its rule's language.

use std::time::Duration;

use super::machine::{Limits, Match, Sounded};
use crate::describe::Role;
use crate::emotion::Mood;
use crate::lang::Lang;
use crate::time::MediaTime;

/// `customer said "cancel my contract" at 00:35`; `客户在 00:35 说“投诉到工信部”`.
pub(super) fn raised(lang: Lang, heard: &[Match], limits: Limits) -> String {
    let one = |heard: &Match| {
        let at = clock(heard.start);
        let who = side(lang, heard.role);
        let said = heard.triggers.join(" … ");
        let meant = heard.meant.join(" … ");
        let sounded = heard.sounded.as_ref().map(|sounded| sounds(lang, sounded));
        let sounded = sounded.unwrap_or_default();
        if said.is_empty() {
            return match lang {
                Lang::ZH => format!("{who}在 {at} {sounded}"),
                _ => format!("{who} at {at} {sounded}"),
            };
        }
        let told = match (lang, meant.is_empty()) {
            (Lang::ZH, true) => format!("{who}在 {at} 说“{said}”"),
            (Lang::ZH, false) => format!("{who}在 {at} 说“{said}”（音近“{meant}”）"),
            (_, true) => format!("{who} said \"{said}\" at {at}"),
            (_, false) => format!("{who} said \"{said}\" (taken for \"{meant}\") at {at}"),
        };
        match (lang, sounded.is_empty()) {
            (_, true) => told,
            (Lang::ZH, false) => format!("{told}，{sounded}"),
            (_, false) => format!("{told} and {sounded}"),
        }
    };
    let all: Vec<String> = heard.iter().map(one).collect();
    match (lang, all.len()) {
        (_, 1) => all.join(""),
        (Lang::ZH, times) => format!(
            "{}（{}内 {times} 次）",
            all.join("，"),
            span(lang, limits.window)
        ),
        (_, times) => format!(
            "{} ({times} times within {})",
            all.join(", "),
            span(lang, limits.window)
        ),
    }
}

/// `sounded angry (72 %), strained in 3 of the last 5 turns`; `听起来愤怒（72%），最近 5 轮中有 3 轮紧张`.
fn sounds(lang: Lang, sounded: &Sounded) -> String {
    let mood = sounded.mood.map(|(mood, likely)| {
        let percent = (100.0 * likely).round();
        match lang {
            Lang::ZH => format!("听起来{}（{percent}%）", mood_in(lang, mood)),
            _ => format!("sounded {} ({percent} %)", mood_in(lang, mood)),
        }
    });
    let strained = sounded.strained.map(|(turns, of)| match lang {
        Lang::ZH if of == 1 => "语气紧张".to_owned(),
        _ if of == 1 => "was strained".to_owned(),
        Lang::ZH => format!("最近 {of} 轮中有 {turns} 轮紧张"),
        _ => format!("was strained in {turns} of the last {of} turns"),
    });
    let all: Vec<String> = mood.into_iter().chain(strained).collect();
    all.join(if lang == Lang::ZH { "，" } else { ", " })
}

fn mood_in(lang: Lang, mood: Mood) -> &'static str {
    match (lang, mood) {
        (Lang::ZH, Mood::Neutral) => "平静",
        (Lang::ZH, Mood::Anger) => "愤怒",
        (Lang::ZH, Mood::Sadness) => "难过",
        (Lang::ZH, Mood::Happiness) => "高兴",
        (Lang::ZH, Mood::Other) => "情绪异常",
        (_, Mood::Neutral) => "calm",
        (_, Mood::Anger) => "angry",
        (_, Mood::Sadness) => "sad",
        (_, Mood::Happiness) => "happy",
        (_, Mood::Other) => "upset",
    }
}

/// `not heard again for 2 min`; `2 分钟内没有再出现`.
pub(super) fn cleared(lang: Lang, limits: Limits) -> String {
    let quiet = span(lang, limits.hold);
    match lang {
        Lang::ZH => format!("{quiet}内没有再出现"),
        _ => format!("not heard again for {quiet}"),
    }
}

fn side(lang: Lang, role: Role) -> &'static str {
    match (lang, role) {
        (Lang::ZH, Role::Agent) => "坐席",
        (Lang::ZH, Role::Customer) => "客户",
        (_, role) => role.as_str(),
    }
}

/// `00:35`, `1:02:03`.
fn clock(at: MediaTime) -> String {
    let seconds = at.as_millis() / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Whole minutes where they are whole, otherwise seconds.
fn span(lang: Lang, duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (lang, seconds > 0 && seconds.is_multiple_of(60)) {
        (Lang::ZH, true) => format!("{} 分钟", seconds / 60),
        (Lang::ZH, false) => format!("{seconds} 秒"),
        (_, true) => format!("{} min", seconds / 60),
        (_, false) => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_do() {
        for (ms, expected) in [(0, "00:00"), (35_999, "00:35"), (3_723_000, "1:02:03")] {
            assert_eq!(clock(MediaTime::from_millis(ms)), expected);
        }
        for (lang, seconds, expected) in [
            (Lang::EN, 600, "10 min"),
            (Lang::EN, 90, "90 s"),
            (Lang::ZH, 120, "2 分钟"),
            (Lang::ZH, 0, "0 秒"),
        ] {
            assert_eq!(span(lang, Duration::from_secs(seconds)), expected);
        }
    }
}
