//! A call that is open, as it goes over the wire.

use std::time::{Duration, SystemTime};

use sidetone_proto::v1;

use crate::api::LiveCall;
use crate::calls::OpenAlert;
use crate::convert;

/// One of a list.
pub(super) fn wire(call: LiveCall) -> v1::CallInfo {
    let legs = call.legs.iter();
    v1::CallInfo {
        call_id: call.call_id.to_string(),
        agent_id: call.agent_id,
        caller: Some(convert::wire_phone(&call.caller)),
        callee: Some(convert::wire_phone(&call.callee)),
        direction: convert::wire_direction(call.direction).into(),
        legs: legs.map(|role| convert::wire_role(*role).into()).collect(),
        parties: call.parties.iter().map(convert::wire_party).collect(),
        metadata: call.metadata.into_iter().collect(),
        opened: Some(at(call.opened_ms)),
        alerts: call.alerts.into_iter().map(alert).collect(),
        strain: call.strain,
        spoke: call.spoke_ms.map(at),
        claimed: call.claimed.map(|claim| v1::Claim {
            by: claim.by,
            since: Some(at(claim.since_ms)),
        }),
        called_before: call.called_before.map(|before| v1::CalledBefore {
            last: Some(at(before.last_ms)),
            times: before.times,
        }),
        last_contact: call.last_contact.unwrap_or_default(),
    }
}

fn alert(open: OpenAlert) -> v1::OpenAlert {
    v1::OpenAlert {
        alert: open.alert,
        rule: open.rule,
        severity: convert::severity(open.severity),
        message: open.message,
        raised: Some(at(open.raised_ms)),
        seen: open.seen,
    }
}

fn at(ms: u64) -> prost_types::Timestamp {
    convert::wire_time(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
}
