//! SIPREC: a session border controller or a PBX that records calls by SIP (RFC 7865, RFC 7866).
//!
//! The recording client, as it is called there, invites us with two things: an SDP offer with a line of
//! sound for each voice, and metadata that say whose voice it is. [`Recording`] makes a call of them,
//! and of each later offer or piece of metadata what has changed. SIP itself is spoken elsewhere.
//!
//! Metadata are not the same in any two products. What was met:
//!
//! - drafts before RFC 7865, with `recording_metadata` for a root, `id` for `participant_id` and
//!   `send` within the participant (BroadWorks), and its own XML of who called whom;
//! - labels that are in the SDP alone, streams that nobody sends, a participant's association under
//!   another's id (Cisco): voices and participants that are left over belong together in their order;
//! - who called, told beside the participants (`fromhdr`, `callingParty` of Oracle);
//! - no metadata at all (Cisco's network-based recording): the lines are the two sides, in this order.
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `body` | SDP and metadata of one message |
//! | `xml` | a document as a tree, bounded |
//! | `metadata` | who takes part, and what else is known |
//! | `sides` | who of them is the agent |
//! | `recording` | one recording session |

mod body;
mod metadata;
mod recording;
mod sides;
#[cfg(test)]
mod tests;
mod xml;

pub use body::Body;
pub use recording::{Change, Recording, Refusal};
pub use sides::{Agents, AgentsError, Sides};
