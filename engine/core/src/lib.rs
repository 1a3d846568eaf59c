//! Every decision of the engine, and no I/O.
//!
//! The promise: no clock, socket, thread or await in here. Bytes are handed in, time is told, and
//! the same input gives the same output, so that an hour of a bad line takes a blink in a test.
//!
//! ```text
//! datagram ─► rtp ─► audio ─► vad (seam) ─► segment ─► recognise (asked for, answered) ─► transcript
//!                                                                                            │
//! subscribers ◄─ log ◄─ event ◄──────────────────── call ◄──────────── reorder (both legs) ◄───┘
//! ```
//!
//! What comes back on one leg of what was said on another (`echo`) is no voice of that leg. Where
//! voice pauses, the words before it say whether that is the end
//! ([`sidetone_language::completeness`]).
//!
//! A final is told with its numbers in figures ([`sidetone_language::itn`]); whatever draws
//! conclusions from it works on the words as they were said.
//!
//! [`call::Call`] shows how the parts go together; [`queue`] says which jobs of all calls run next,
//! [`capacity`] how many calls there may be.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests take a first moment from the clock and count from there"
    )
)]

pub mod agent_work;
pub mod board;
pub mod call;
pub mod capacity;
pub mod cards;
pub mod checklist;
pub mod correction;
pub mod describe;
mod echo;
pub mod effort;
pub mod emotion;
pub mod escalation;
pub mod event_log;
pub mod finals;
pub mod friction;
pub mod identity;
pub mod outbox;
pub mod phone;
pub mod queue;
pub mod recent_callers;
pub mod reception;
pub mod recording;
pub mod redaction;
pub mod reorder;
pub mod review;
pub mod rules;
pub mod script;
pub mod segment;
pub mod stable_words;
pub mod supervision;
pub mod sync;
pub mod transcript;
pub mod trial;
pub mod wrap_up;
