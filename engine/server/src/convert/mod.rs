//! Between the wire's types and the core's. Generated types stop here.
//!
//! | module | what it translates |
//! |---|---|
//! | `request` | how calls are described |
//! | `update` | what changes in them |
//! | `event`, `assist` | what they tell |
//! | `note` | what the CRM is told of them |
//! | here | what all of these share |

use std::time::SystemTime;

use sidetone_core::describe::LegName;
use sidetone_proto::v1;
use sidetone_types::party::{Direction, Party, PhoneNumber, Role, Side};

mod assist;
mod event;
mod note;
mod request;
mod update;

pub(crate) use assist::severity;
pub use event::wire_event;
pub(crate) use event::wire_lagged;
pub(crate) use note::{review, wire_note};
pub use request::RequestError;
pub(crate) use request::{call_id, resume_within, rtp_call, stream_call, stream_leg, tap};
pub(crate) use update::{call_update, leg_control, place};

pub(crate) fn role(role: i32) -> Option<Role> {
    match v1::Role::try_from(role) {
        Ok(v1::Role::Agent) => Some(Role::Agent),
        Ok(v1::Role::Customer) => Some(Role::Customer),
        Ok(v1::Role::Supervisor) => Some(Role::Supervisor),
        Ok(v1::Role::Bot) => Some(Role::Bot),
        Ok(v1::Role::Unknown) => Some(Role::Unknown),
        Ok(v1::Role::Unspecified) | Err(_) => None,
    }
}

pub(crate) fn wire_role(role: Role) -> v1::Role {
    match role {
        Role::Agent => v1::Role::Agent,
        Role::Customer => v1::Role::Customer,
        Role::Supervisor => v1::Role::Supervisor,
        Role::Bot => v1::Role::Bot,
        Role::Unknown => v1::Role::Unknown,
    }
}

pub(crate) fn side(role: i32) -> Option<Side> {
    match v1::Role::try_from(role) {
        Ok(v1::Role::Agent) => Some(Side::Agent),
        Ok(v1::Role::Customer) => Some(Side::Customer),
        _ => None,
    }
}

pub(crate) fn wire_side(side: Side) -> v1::Role {
    match side {
        Side::Agent => v1::Role::Agent,
        Side::Customer => v1::Role::Customer,
    }
}

pub(crate) fn wire_party(party: &Party) -> v1::Party {
    v1::Party {
        role: wire_role(party.role).into(),
        id: party.id.to_string(),
        name: party.name.to_string(),
    }
}

/// The name of a leg; `None` without a role.
pub(crate) fn leg_name(of: i32, party_id: &str) -> Option<LegName> {
    Some(LegName {
        role: role(of)?,
        party: party_id.into(),
    })
}

pub(crate) fn direction(direction: v1::Direction) -> Direction {
    match direction {
        v1::Direction::Unspecified => Direction::Unknown,
        v1::Direction::Inbound => Direction::Inbound,
        v1::Direction::Outbound => Direction::Outbound,
    }
}

pub(crate) fn wire_direction(direction: Direction) -> v1::Direction {
    match direction {
        Direction::Unknown => v1::Direction::Unspecified,
        Direction::Inbound => v1::Direction::Inbound,
        Direction::Outbound => v1::Direction::Outbound,
    }
}

pub(crate) fn wire_phone(number: &PhoneNumber) -> v1::PhoneNumber {
    v1::PhoneNumber {
        given: number.given.clone(),
        e164: number.e164.clone(),
    }
}

pub(crate) fn wire_time(time: SystemTime) -> prost_types::Timestamp {
    time.into()
}
