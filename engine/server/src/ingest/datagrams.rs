//! The datagrams that wait for a call: a queue per leg, so that a flood on one leg costs only its
//! own.

use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Instant;

use sidetone_types::id::LegId;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Room for 5 s of 20 ms packets: a burst after a stall of the network passes whole. A leg further
/// behind than that is no longer live.
const ROOM: usize = 250;

/// What came in on a leg, from where, and when.
#[derive(Debug)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// When it was read from its socket.
    pub at: Instant,
    /// As it came.
    pub bytes: Box<[u8]>,
}

/// One leg's queue, from the side of its socket.
pub struct Queue(Sender<Datagram>);

/// A queue, and its other end.
pub fn queue() -> (Queue, Receiver<Datagram>) {
    let (to, leg) = channel(ROOM);
    (Queue(to), leg)
}

/// The queues of a call's legs. Each gets its turn.
#[derive(Default)]
pub struct Datagrams {
    legs: Vec<(LegId, Receiver<Datagram>)>,
    next: usize,
}

/// The leg is behind, or its call over.
#[derive(Debug, Eq, PartialEq)]
pub enum NoRoom {
    /// The datagram is lost.
    Full,
    /// Nobody will read this queue any more.
    Closed,
}

impl Queue {
    /// Adds a datagram. Never waits.
    pub fn push(&self, from: SocketAddr, at: Instant, bytes: &[u8]) -> Result<(), NoRoom> {
        let datagram = Datagram {
            from,
            at,
            bytes: bytes.into(),
        };
        self.0.try_send(datagram).map_err(|error| match error {
            TrySendError::Full(_) => NoRoom::Full,
            TrySendError::Closed(_) => NoRoom::Closed,
        })
    }

    /// Waits until nobody will read this queue any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Datagrams {
    /// Adds the queue of a leg.
    pub fn add(&mut self, leg: LegId, queue: Receiver<Datagram>) {
        self.legs.push((leg, queue));
    }

    /// The next datagram of any leg; none as long as no leg has one, and for a call without such
    /// legs.
    pub async fn next(&mut self) -> (LegId, Datagram) {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(LegId, Datagram)> {
        for _ in 0..self.legs.len() {
            let turn = self.next % self.legs.len();
            self.next = turn + 1;
            // A leg whose socket is gone has nothing more to give.
            let (leg, queue) = &mut self.legs[turn];
            if let Poll::Ready(Some(datagram)) = queue.poll_recv(context) {
                return Poll::Ready((*leg, datagram));
            }
        }
        Poll::Pending
    }

    /// What has arrived by now, leg by leg. Bounded, whatever floods in meanwhile.
    pub fn take_arrived(&mut self) -> Vec<(LegId, Datagram)> {
        let legs = self.legs.iter_mut();
        let arrived = legs.flat_map(|(leg, queue)| {
            let arrived = (0..queue.len()).map_while(|_| queue.try_recv().ok());
            arrived.map(|datagram| (*leg, datagram))
        });
        arrived.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &Queue, byte: u8) -> Result<(), NoRoom> {
        queue.push(
            SocketAddr::from(([192, 0, 2, 1], 9)),
            Instant::now(),
            &[byte],
        )
    }

    fn add(datagrams: &mut Datagrams, leg: usize) -> Queue {
        let (queue, other_end) = queue();
        datagrams.add(LegId(leg), other_end);
        queue
    }

    #[tokio::test]
    async fn a_flood_on_one_leg_takes_no_room_and_no_turn_from_the_other() {
        let mut datagrams = Datagrams::default();
        let [flooded, other] = [0, 1].map(|leg| add(&mut datagrams, leg));
        let refused = (0..10_000).filter(|_| push(&flooded, 0).is_err()).count();
        assert_eq!(refused, 10_000 - ROOM);
        for byte in 0..3 {
            push(&other, byte).expect("its own room");
        }
        let mut heard = Vec::new();
        for _ in 0..6 {
            let (leg, datagram) = datagrams.next().await;
            if leg == LegId(1) {
                heard.push(datagram.bytes[0]);
            }
        }
        assert_eq!(heard, [0, 1, 2], "every other turn");
    }

    #[tokio::test]
    async fn a_burst_of_four_seconds_of_both_legs_is_kept_whole() {
        let mut datagrams = Datagrams::default();
        let legs = [0, 1].map(|leg| add(&mut datagrams, leg));
        for byte in 0..200 {
            for leg in &legs {
                push(leg, byte).expect("there is room");
            }
        }
        assert_eq!(datagrams.take_arrived().len(), 400);
    }

    #[tokio::test]
    async fn a_leg_is_told_when_its_call_is_over() {
        let mut datagrams = Datagrams::default();
        let leg = add(&mut datagrams, 0);
        drop(datagrams);
        leg.closed().await;
        assert_eq!(push(&leg, 0), Err(NoRoom::Closed));
    }
}
