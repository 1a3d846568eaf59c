//! rtpengine: the media proxy behind Kamailio and OpenSIPS, asked over its control protocol ("ng")
//! to send us what each participant of a call says.
//!
//! [`Client`] is all of it that decides: datagrams of rtpengine are handed in, with the time, and
//! [`Output`]s come out. For each call it asks who takes part (`query`), subscribes to each of them
//! (`subscribe request`, `subscribe answer`), asks again from time to time, and leaves at the end
//! (`unsubscribe`, `delete`). Each participant is a subscription of its own, so that nobody can be
//! taken for another.
//!
//! Tried with rtpengine 10.5. What its documentation does not say:
//!
//! - A subscription keeps a call from ending where the SIP proxy deletes it by tags, as all do: its
//!   participants stay in `query`, but have no ports; after a new offer only one of them has none.
//!   The call is gone once our own tags are deleted too.
//! - `query` does not tell codecs. After any signalling (`last signal`) the offer is asked for anew,
//!   and once more after our own, since `last signal` is told in whole seconds.
//! - An answer that does not fit into a datagram is not sent, and nothing in its place.
//!
//! Source: rtpengine's "The NG Control Protocol".
//!
//! | module | its one reason to exist |
//! |---|---|
//! | `message` | what is asked and answered |
//! | `transactions` | what is lost or repeated on the way |
//! | `participants` | who is who |
//! | `tap` | one call |
//! | `client` | all of them |

mod client;
mod message;
mod participants;
mod tap;
#[cfg(test)]
mod tests;
mod transactions;

pub use client::{Client, Output, Settings, TapError, TapId};
pub use message::{BadAnswer, is_pong, ping};
