//! What hurts people who work with the engine, as they report it: of what kind, how often, and how long things took.

use std::collections::BTreeMap;

/// What can hurt.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Friction {
    /// A card does not fit.
    WrongCard,
    /// A card came when it was no use any more.
    LateCard,
    /// Words were misheard.
    WrongWords,
    /// Words are another party's.
    WrongSpeaker,
    /// Words came late.
    LateWords,
    /// An alert was raised for nothing.
    FalseAlarm,
    /// An alert came late.
    LateAlert,
    /// It took long to find out who called.
    SlowLookUp,
    /// It is another customer.
    WrongPerson,
    /// An article says what is no longer so.
    Outdated,
    /// The note says something wrong.
    WrongNote,
    /// A page is slow.
    SlowPage,
    /// Something is hard to find on a page.
    HardToFind,
    /// Anything else.
    Other,
}

impl Friction {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::WrongCard,
        Self::LateCard,
        Self::WrongWords,
        Self::WrongSpeaker,
        Self::LateWords,
        Self::FalseAlarm,
        Self::LateAlert,
        Self::SlowLookUp,
        Self::WrongPerson,
        Self::Outdated,
        Self::WrongNote,
        Self::SlowPage,
        Self::HardToFind,
        Self::Other,
    ];

    /// Its name in JSON, in the store and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongCard => "wrong_card",
            Self::LateCard => "late_card",
            Self::WrongWords => "wrong_words",
            Self::WrongSpeaker => "wrong_speaker",
            Self::LateWords => "late_words",
            Self::FalseAlarm => "false_alarm",
            Self::LateAlert => "late_alert",
            Self::SlowLookUp => "slow_look_up",
            Self::WrongPerson => "wrong_person",
            Self::Outdated => "outdated",
            Self::WrongNote => "wrong_note",
            Self::SlowPage => "slow_page",
            Self::HardToFind => "hard_to_find",
            Self::Other => "other",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A report as far as its trend is concerned.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The version of the engine.
    pub version: String,
    /// Which week, counted from the first of 1970 on.
    pub week: i64,
    /// What hurt.
    pub kind: Friction,
    /// How long it took until the desk showed it, in milliseconds, if it was measured.
    pub took_ms: Option<u64>,
}

/// How things went with one version in one week.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The version of the engine.
    pub version: String,
    /// Which week.
    pub week: i64,
    /// How many reports of each kind there are.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Half of what was reported took longer, in milliseconds; none where nothing was measured.
    pub median_ms: Option<u64>,
    /// One in twenty took longer.
    pub p95_ms: Option<u64>,
}

#[derive(Default)]
struct Group {
    kinds: BTreeMap<&'static str, u64>,
    took: Vec<u64>,
}

/// The trend, the newest week first.
pub fn trend(reports: impl IntoIterator<Item = Reported>) -> Vec<Trend> {
    let mut groups: BTreeMap<(i64, String), Group> = BTreeMap::new();
    for report in reports {
        let group = groups.entry((report.week, report.version)).or_default();
        *group.kinds.entry(report.kind.as_str()).or_default() += 1;
        group.took.extend(report.took_ms);
    }
    let rows = groups.into_iter().rev();
    rows.map(|((week, version), Group { kinds, mut took })| {
        took.sort_unstable();
        let at = |share: f64| {
            let last = took.len().checked_sub(1)?;
            took.get((last as f64 * share).round() as usize).copied()
        };
        Trend {
            version,
            week,
            kinds,
            median_ms: at(0.5),
            p95_ms: at(0.95),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_name() {
        for kind in Friction::ALL {
            assert_eq!(Friction::named(kind.as_str()), Some(kind));
        }
        assert_eq!(Friction::named("boredom"), None);
    }

    #[test]
    fn the_trend_tells_each_version_of_each_week_the_newest_first() {
        let of = |version: &str, week, kind, took_ms| Reported {
            version: version.to_owned(),
            week,
            kind,
            took_ms,
        };
        let told = trend([
            of("0.1.0", 1, Friction::WrongCard, Some(900)),
            of("0.1.0", 1, Friction::WrongCard, Some(100)),
            of("0.1.0", 1, Friction::LateCard, Some(500)),
            of("0.2.0", 2, Friction::Other, None),
        ]);
        assert_eq!(
            (told[0].version.as_str(), told[0].median_ms),
            ("0.2.0", None)
        );
        assert_eq!(
            told[1].kinds,
            BTreeMap::from([("late_card", 1), ("wrong_card", 2)])
        );
        assert_eq!((told[1].median_ms, told[1].p95_ms), (Some(500), Some(900)));
    }
}
