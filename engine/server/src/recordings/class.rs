//! Of which class a call is, and what holds for it.

use std::sync::Arc;

use super::config::{ClassConsent, ClassRecord, Consent, Record, RecordingConfig};
use super::{DEFAULT_CLASS, RecordingError};

/// What holds for the calls of a class.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: Arc<str>,
    /// Which of them are recorded.
    pub record: Record,
    /// Whether somebody has to agree first.
    pub consent: Consent,
    /// For how long recordings are kept; 0 for as long as their calls.
    pub keep_days: u32,
    queues: Vec<String>,
}

/// All classes; the first one is that of all calls that are of no other.
pub(super) struct Classes(Vec<Class>);

impl Classes {
    pub fn of(config: &RecordingConfig) -> Self {
        let of_others = Class {
            name: DEFAULT_CLASS.into(),
            record: config.record,
            consent: config.consent,
            keep_days: config.keep_days,
            queues: Vec::new(),
        };
        let named = config.classes.iter().map(|(name, class)| Class {
            name: name.as_str().into(),
            record: match class.record {
                ClassRecord::AsOthers => config.record,
                ClassRecord::None => Record::None,
                ClassRecord::Asked => Record::Asked,
                ClassRecord::All => Record::All,
            },
            consent: match class.consent {
                ClassConsent::AsOthers => config.consent,
                ClassConsent::NotNeeded => Consent::NotNeeded,
                ClassConsent::Needed => Consent::Needed,
            },
            keep_days: match class.keep_days {
                0 => config.keep_days,
                days => days,
            },
            queues: class.queues.clone(),
        });
        Self([of_others].into_iter().chain(named).collect())
    }

    /// The one that is asked for by name, or else that of the queue, or else that of all others.
    pub fn find(&self, asked: &str, queue: &str) -> Result<&Class, RecordingError> {
        let mut classes = self.0.iter();
        let found = match (asked, queue) {
            ("", "") => None,
            ("", queue) => classes.find(|class| class.queues.iter().any(|of| of == queue)),
            (asked, _) => {
                let named = classes.find(|class| &*class.name == asked);
                let unknown = || RecordingError::NoClass {
                    asked: asked.to_owned(),
                    known: self.names(),
                };
                Some(named.ok_or_else(unknown)?)
            }
        };
        Ok(found.unwrap_or(&self.0[0]))
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|class| &*class.name).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::config::ClassConfig;
    use super::*;

    #[test]
    fn a_call_is_of_the_class_it_asks_for_or_of_that_of_its_queue_or_of_none() {
        let complaints = ClassConfig {
            queues: vec!["angry".to_owned()],
            record: ClassRecord::All,
            keep_days: 700,
            ..ClassConfig::default()
        };
        let classes = Classes::of(&RecordingConfig {
            consent: Consent::Needed,
            keep_days: 30,
            classes: BTreeMap::from([
                ("complaints".to_owned(), complaints),
                ("plain".to_owned(), ClassConfig::default()),
            ]),
            ..RecordingConfig::default()
        });
        for (asked, queue, expected) in [
            ("", "", "default"),
            ("", "billing", "default"),
            ("", "angry", "complaints"),
            ("plain", "angry", "plain"),
            ("default", "angry", "default"),
        ] {
            let class = classes.find(asked, queue).expect("known");
            assert_eq!(&*class.name, expected, "{asked} {queue}");
        }
        let complaints = classes.find("complaints", "").expect("known");
        assert_eq!(
            (complaints.record, complaints.consent, complaints.keep_days),
            (Record::All, Consent::Needed, 700)
        );
        let plain = classes.find("plain", "").expect("known");
        assert_eq!((plain.record, plain.keep_days), (Record::None, 30));
        let error = classes.find("x", "angry").expect_err("no such class");
        assert!(error.to_string().contains("default, complaints, plain"));
    }
}
