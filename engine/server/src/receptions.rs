//! What has come in at each door, kept for whoever wonders why nothing is heard.
//!
//! Each call says once a second what its legs receive; what the last ones received is kept after they
//! have ended. Names of doors are the program's own, and what others say is cut short, so that what is
//! kept has a bound.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sidetone_core::reception::{
    CallReception, DoorReception, DoorReport, Facts, LegReception, Refusal, Report, findings,
};
use sidetone_types::controls::controls;
use sidetone_types::id::CallId;
use sidetone_types::time::unix_millis;

/// Calls that have ended of which a door keeps what came.
const ENDED_KEPT: usize = 8;
/// Calls of a door that are told, beside those of which findings speak.
const MOST_TOLD: usize = 16;
/// What happens again and again is news again after this, in milliseconds.
const NEWS_AGAIN_MS: u64 = 60_000;
/// Characters of a reason that are kept.
const LONGEST_REASON: usize = 300;

/// All doors. Clones share them.
#[derive(Clone)]
pub struct Receptions(Arc<Inner>);

struct Inner {
    since: SystemTime,
    doors: Mutex<BTreeMap<String, Door>>,
}

#[derive(Default)]
struct Door {
    /// Without its calls.
    known: DoorReception,
    live: HashMap<CallId, CallReception>,
    /// The last one to end last.
    ended: VecDeque<CallReception>,
    /// That there is no room for somebody.
    crowded: Seldom,
    /// That an invitation is refused.
    uninvited: Seldom,
}

/// What the log tells at most once a minute, however often it happens.
#[derive(Default)]
struct Seldom {
    /// In milliseconds since 1970.
    told_ms: Option<u64>,
    untold: u64,
}

/// One door, from the side of whoever stands there.
#[derive(Clone)]
pub struct Entrance {
    all: Receptions,
    name: Arc<str>,
}

/// A call that has come through a door. It ends when this is dropped.
pub struct Visit {
    entrance: Entrance,
    id: CallId,
}

impl Default for Receptions {
    fn default() -> Self {
        Self(Arc::new(Inner {
            since: SystemTime::now(),
            doors: Mutex::default(),
        }))
    }
}

impl Receptions {
    /// The door of that name. What comes of `websocket/twilio` counts for `websocket` as well.
    pub fn at(&self, door: &str) -> Entrance {
        Entrance {
            all: self.clone(),
            name: door.into(),
        }
    }

    /// What is known of all of them. `facts` are the configuration's.
    pub fn report(&self, facts: &Facts<'_>) -> Report {
        let (now_ms, since_ms) = (unix_millis(SystemTime::now()), unix_millis(self.0.since));
        let facts = Facts {
            now_ms,
            since_ms,
            ..*facts
        };
        let doors = self.lock();
        let doors = doors.values().map(|door| {
            let mut reception = door.reception();
            let findings = findings(&reception, &facts);
            let mut place = 0;
            reception.calls.retain(|call| {
                place += 1;
                place <= MOST_TOLD || findings.iter().any(|one| one.call_id == call.call_id)
            });
            DoorReport {
                reception,
                findings,
            }
        });
        Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since_ms,
            now_ms,
            doors: doors.collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Door>> {
        // Every change is one step, so a panic elsewhere leaves it whole.
        self.0.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seldom {
    /// It happens: how often it has since it was told, if it is to be told now.
    fn news(&mut self, now_ms: u64) -> Option<u64> {
        self.untold += 1;
        let due = |told: u64| now_ms >= told + NEWS_AGAIN_MS;
        if !self.told_ms.is_none_or(due) {
            return None;
        }
        self.told_ms = Some(now_ms);
        Some(std::mem::take(&mut self.untold))
    }
}

impl Door {
    fn reception(&self) -> DoorReception {
        let mut reception = self.known.clone();
        reception.calls = self.live.values().chain(&self.ended).cloned().collect();
        reception
            .calls
            .sort_by_key(|call| std::cmp::Reverse(call.opened_ms));
        let live = self.live.values().map(CallReception::bytes);
        reception.bytes += live.sum::<u64>();
        reception
    }
}

impl Entrance {
    /// It is open, and listens there.
    pub fn listens(&self, addresses: impl IntoIterator<Item = String>) {
        self.change(|door| door.known.listens = addresses.into_iter().collect());
    }

    /// Somebody has connected.
    pub fn connected(&self) {
        self.change(|door| door.known.connections += 1);
        self.parent(|door| door.known.connections += 1);
    }

    /// Somebody, or a call, was refused.
    pub fn refused(&self, why: &str) {
        let refusal = Refusal {
            at_ms: unix_millis(SystemTime::now()),
            why: why
                .trim()
                .chars()
                .map(|c| if controls(c) { ' ' } else { c })
                .take(LONGEST_REASON)
                .collect(),
        };
        self.change(|door| {
            door.known.refused += 1;
            door.known.last_refusal = Some(refusal);
        });
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// There is no room for somebody: to be told of so many, once a minute.
    pub fn crowded(&self) -> Option<u64> {
        let now_ms = unix_millis(SystemTime::now());
        self.change(|door| door.crowded.news(now_ms))
    }

    /// An invitation is refused: to be told of so many, once a minute.
    pub fn uninvited(&self) -> Option<u64> {
        let now_ms = unix_millis(SystemTime::now());
        self.change(|door| door.uninvited.news(now_ms))
    }

    /// Something has come that belongs to no call.
    pub fn stray(&self) {
        self.change(|door| door.known.strays += 1);
    }

    /// What is wrong with the door from now on; nothing, if it is empty.
    pub fn trouble(&self, what: &str) {
        self.change(|door| what.clone_into(&mut door.known.trouble));
    }

    /// What is wrong with how a call came that is open; nothing, if it is empty.
    pub fn trouble_of(&self, call: &CallId, what: &str) {
        self.change(|door| {
            if let Some(call) = door.live.get_mut(call) {
                what.clone_into(&mut call.trouble);
            }
        });
    }

    /// A call has come through it.
    pub fn opened(&self, id: CallId, at: SystemTime) -> Visit {
        let opened_ms = unix_millis(at);
        let opened = |door: &mut Door| {
            door.known.opened += 1;
            door.known.last_opened_ms = Some(opened_ms);
        };
        self.change(|door| {
            opened(door);
            let call = CallReception {
                call_id: id.to_string(),
                opened_ms,
                open: true,
                ..CallReception::default()
            };
            door.live.insert(id.clone(), call);
        });
        self.parent(opened);
        Visit {
            entrance: self.clone(),
            id,
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Door) -> T) -> T {
        self.all.change(&self.name, change)
    }

    fn parent(&self, change: impl FnOnce(&mut Door)) {
        if let Some((parent, _)) = self.name.split_once('/') {
            self.all.change(parent, change);
        }
    }
}

impl Receptions {
    fn change<T>(&self, name: &str, change: impl FnOnce(&mut Door) -> T) -> T {
        let mut doors = self.lock();
        let door = doors.entry(name.to_owned()).or_insert_with(|| Door {
            known: DoorReception {
                door: name.to_owned(),
                ..DoorReception::default()
            },
            ..Door::default()
        });
        change(door)
    }
}

impl Visit {
    /// What has come in by now.
    pub fn update(&self, legs: Vec<LegReception>) {
        let now_ms = unix_millis(SystemTime::now());
        self.entrance.change(|door| {
            if let Some(call) = door.live.get_mut(&self.id) {
                call.lasted_ms = now_ms.saturating_sub(call.opened_ms);
                call.legs = legs;
            }
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.entrance.change(|door| {
            let Some(call) = door.live.remove(&self.id) else {
                return;
            };
            door.known.bytes += call.bytes();
            if door.ended.len() == ENDED_KEPT {
                door.ended.pop_front();
            }
            door.ended.push_back(CallReception {
                open: false,
                ..call
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FACTS: Facts<'_> = Facts {
        sends_to: "127.0.0.1",
        pairs: false,
        now_ms: 0,
        since_ms: 0,
    };

    fn leg(bytes: u64) -> LegReception {
        LegReception {
            bytes,
            ..LegReception::default()
        }
    }

    #[test]
    fn what_a_door_keeps_of_its_calls_has_a_bound_and_counts_go_on() {
        let doors = Receptions::default();
        let door = doors.at("websocket/twilio");
        let mut open = Vec::new();
        for n in 0..30 {
            door.connected();
            let visit = door.opened(CallId::new(format!("c{n}")), SystemTime::now());
            visit.update(vec![leg(100)]);
            if n < 25 {
                drop(visit);
            } else {
                open.push(visit);
            }
        }
        for _ in 0..3 {
            door.refused(&"\u{1b}[2J".repeat(10_000));
        }
        let report = doors.report(&FACTS);
        let names: Vec<&str> = report
            .doors
            .iter()
            .map(|door| &*door.reception.door)
            .collect();
        assert_eq!(names, ["websocket", "websocket/twilio"]);
        let [whole, twilio] = &report.doors[..] else {
            panic!("two doors");
        };
        let (whole, twilio) = (&whole.reception, &twilio.reception);
        assert_eq!(
            (whole.connections, whole.opened, whole.calls.len()),
            (30, 30, 0)
        );
        assert_eq!(
            (twilio.opened, twilio.refused, twilio.bytes),
            (30, 3, 3_000)
        );
        assert_eq!(twilio.calls.iter().filter(|call| call.open).count(), 5);
        assert_eq!(twilio.calls.len(), 5 + ENDED_KEPT);
        let mut seldom = Seldom::default();
        let told = [0, 1, 59_999, 60_000, 60_001].map(|now_ms| seldom.news(now_ms));
        assert_eq!(told, [Some(1), None, None, Some(3), None]);
        let refusal = twilio.last_refusal.as_ref().expect("there were some");
        assert_eq!(refusal.why.len(), LONGEST_REASON);
        assert!(
            !refusal.why.contains('\u{1b}'),
            "nobody's terminal is written to"
        );
    }

    #[test]
    fn trouble_of_a_call_is_its_own_and_keeps_it_in_the_report() {
        let doors = Receptions::default();
        let door = doors.at("siprec");
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let ids: Vec<CallId> = (0..30).map(|n| CallId::new(format!("c{n}"))).collect();
        let visits = ids.iter().zip(0..).map(|(id, n)| {
            let visit = door.opened(id.clone(), begun + Duration::from_secs(n));
            visit.update(vec![leg(100)]);
            visit
        });
        let visits: Vec<Visit> = visits.collect();
        let told = || {
            let report = doors.report(&FACTS);
            let of = &report.doors[0];
            let trouble = of.findings.iter().filter(|one| one.says.contains("odd"));
            let named: Vec<String> = trouble.map(|one| one.call_id.clone()).collect();
            let is_told = |call: &CallReception| call.call_id == "c0";
            (named, of.reception.calls.iter().any(is_told))
        };
        assert_eq!(told(), (Vec::new(), false));
        door.trouble_of(&ids[0], "odd");
        assert_eq!(told(), (vec!["c0".to_owned()], true));
        // Another call is as it should be.
        door.trouble_of(&ids[1], "");
        assert_eq!(told(), (vec!["c0".to_owned()], true));
        door.trouble_of(&ids[0], "");
        assert_eq!(told(), (Vec::new(), false));
        drop(visits);
    }
}
