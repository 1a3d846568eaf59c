//! What is odd about one call.

use sidetone_media::audio::ByteOrder;
use sidetone_media::rtp::WELL_KNOWN;
use sidetone_types::party::Role;
use sidetone_types::receiver_stats::ReceiverStats;

use super::findings::FindingKind;
use super::{CallReception, LegReception};

/// A call has to have lasted so long before it says something that nothing has come.
const ENOUGH_MS: u64 = 5_000;
/// So much has to have been heard before silence is odd.
const SILENT_MS: u64 = 10_000;
/// So much longer than the other side has to have been quiet who has stopped.
const STOPPED_MS: u64 = 10_000;
/// What the other side has to have said meanwhile.
const SPOKEN_MS: u64 = 2_000;
/// Quieter than any telephone line: digital silence, and little more.
const SILENCE_DB: f32 = -70.0;
/// Off by so much is another rate, and no clock that is a little off.
const OFF: f32 = 0.2;
/// Packets below which shares of them say nothing.
const ENOUGH_PACKETS: u64 = 250;

/// Something odd about a call.
pub(super) struct Odd {
    pub kind: FindingKind,
    /// Whose leg; `None` for the call as a whole.
    pub role: Option<Role>,
    pub what: What,
}

/// What it is.
pub(super) enum What {
    /// Nothing has come.
    Nothing { is_rtp: bool },
    /// What came was wrong in itself.
    Trouble(String),
    /// All that has come is silent, so long; though others speak, if it is one side.
    Silent { heard_ms: u64 },
    /// Nothing comes any more, for so long, while others go on.
    Stopped { quiet_ms: u64 },
    /// Packets of a payload type that was not described; some were, if not `alone`.
    Undescribed { payload_type: u8, alone: bool },
    /// The bytes of samples are exchanged.
    Swapped { is_rtp: bool },
    /// It is encrypted, or no sound of this coding.
    Scrambled { coding: String },
    /// Timestamps count at another rate than this coding.
    Steps { coding: String, steps: f32 },
    /// Sound comes at another rate than this coding.
    Speed { coding: String, speed: f32 },
    /// So many of so many packets are another sender's.
    Senders { others: u64, packets: u64 },
    /// So many of so many datagrams are no RTP.
    Garbage { malformed: u64, packets: u64 },
    /// So many of so many packets were lost.
    Lost { lost: u64, packets: u64 },
    /// Its other connection never came.
    Unpaired,
}

/// All that is odd about a call.
///
/// `pairs` says whether each call takes two connections, and `paced` whether a leg comes as fast as it
/// is spoken.
pub(super) fn odd(
    call: &CallReception,
    pairs: bool,
    paced: impl Fn(&LegReception) -> bool,
) -> Vec<Odd> {
    let mut odd = Vec::new();
    if !call.trouble.is_empty() {
        odd.push(Odd {
            kind: FindingKind::Trouble,
            role: None,
            what: What::Trouble(call.trouble.clone()),
        });
    }
    let active = || call.legs.iter().filter(|leg| !leg.off);
    let long = call.lasted_ms >= ENOUGH_MS;
    if long && call.legs.len() == active().count() && active().all(is_empty) {
        odd.push(Odd {
            kind: FindingKind::NothingCame,
            role: None,
            what: What::Nothing {
                is_rtp: active().any(|leg| leg.is_rtp),
            },
        });
        return odd;
    }
    if pairs && long && call.legs.len() == 1 {
        odd.push(Odd {
            kind: FindingKind::OneWay,
            role: None,
            what: What::Unpaired,
        });
    }
    let silent = |leg: &LegReception| is_silent(leg).then_some(leg.heard_ms);
    let silent: Option<Vec<u64>> = active().map(silent).collect();
    if let Some(heard_ms) = silent.and_then(|all| all.into_iter().min()) {
        odd.push(Odd {
            kind: FindingKind::NothingCame,
            role: None,
            what: What::Silent { heard_ms },
        });
    }
    for leg in active() {
        let mut add = |kind, what| {
            odd.push(Odd {
                kind,
                role: Some(leg.role),
                what,
            });
        };
        if is_empty(leg) {
            if long {
                let is_rtp = leg.is_rtp;
                add(FindingKind::OneWay, What::Nothing { is_rtp });
            }
            continue;
        }
        let others = || active().filter(|other| !std::ptr::eq(*other, leg));
        let spoken = others().map(|other| other.sound_ms).max().unwrap_or(0);
        if is_silent(leg) && spoken >= SPOKEN_MS {
            let heard_ms = leg.heard_ms;
            add(FindingKind::OneWay, What::Silent { heard_ms });
        }
        // Sides that stop together have hung up.
        let others_ms = others().map(|other| other.quiet_ms).min();
        let quiet_ms = leg.quiet_ms;
        if paced(leg)
            && leg.described() > 0
            && others_ms.is_some_and(|others_ms| quiet_ms >= others_ms + STOPPED_MS)
        {
            add(FindingKind::OneWay, What::Stopped { quiet_ms });
        }
        coding(leg, paced(leg), &mut add);
        if let Some(rtp) = &leg.rtp {
            network(leg, rtp, &mut add);
        }
    }
    odd
}

/// Whether nothing has come that could be sound.
fn is_empty(leg: &LegReception) -> bool {
    let malformed = leg.rtp.as_ref().map_or(0, |rtp| rtp.malformed);
    leg.payloads.is_empty() && malformed < ENOUGH_PACKETS
}

/// Whether so much has come that it is odd that there was no sound in it.
fn is_silent(leg: &LegReception) -> bool {
    let is_silent = leg.loudest_db.is_none_or(|loudest| loudest < SILENCE_DB);
    is_silent && leg.heard_ms >= SILENT_MS
}

/// Whether all of a call was heard as it should be.
pub(super) fn is_well(call: &CallReception) -> bool {
    let mut active = call.legs.iter().filter(|leg| !leg.off).peekable();
    active.peek().is_some() && active.all(|leg| leg.sound_ms >= SPOKEN_MS)
}

fn coding(leg: &LegReception, paced: bool, add: &mut impl FnMut(FindingKind, What)) {
    let described = leg.described();
    let undescribed = leg.payloads.iter().filter(|one| one.coding.is_none());
    let undescribed = undescribed.max_by_key(|one| one.packets);
    if let Some(one) = undescribed
        && let Some(payload_type) = one.payload_type
    {
        let alone = described == 0;
        add(
            FindingKind::Undescribed,
            What::Undescribed {
                payload_type,
                alone,
            },
        );
    }
    if leg.byte_order == ByteOrder::Swapped {
        let is_rtp = leg.is_rtp;
        add(FindingKind::ByteOrder, What::Swapped { is_rtp });
    }
    let Some(coding) = leg.coding().map(str::to_owned) else {
        return;
    };
    if leg.scrambled {
        return add(FindingKind::Encrypted, What::Scrambled { coding });
    }
    let is_off = |figure: f32| !(1.0 - OFF..=1.0 + OFF).contains(&figure);
    match (leg.steps, leg.speed) {
        (Some(steps), _) if is_off(steps) => add(FindingKind::Clock, What::Steps { coding, steps }),
        (_, Some(speed)) if paced && is_off(speed) => {
            add(FindingKind::Clock, What::Speed { coding, speed });
        }
        _ => {}
    }
}

fn network(leg: &LegReception, rtp: &ReceiverStats, add: &mut impl FnMut(FindingKind, What)) {
    let packets = leg.packets;
    let others = rtp.foreign_address + rtp.foreign_ssrc;
    if others >= ENOUGH_PACKETS && others * 4 >= packets {
        add(FindingKind::TwoSenders, What::Senders { others, packets });
    }
    let malformed = rtp.malformed;
    if malformed >= ENOUGH_PACKETS && malformed * 2 >= packets {
        add(FindingKind::NoRtp, What::Garbage { malformed, packets });
    }
    let lost = rtp.lost;
    if packets >= ENOUGH_PACKETS && lost * 20 >= packets {
        add(FindingKind::Loss, What::Lost { lost, packets });
    }
}

/// What a payload type means that telephones send without describing it.
pub(super) fn well_known(payload_type: u8) -> Option<&'static str> {
    let (_, name) = WELL_KNOWN
        .iter()
        .find(|(number, _)| *number == payload_type)?;
    Some(name)
}
