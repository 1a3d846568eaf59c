//! The datagrams that wait for a call: a queue per leg, so that a flood on one leg costs only its own.

use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Instant;

use sidetone_types::party::Role;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Room for 5 s of 20 ms packets: a burst after a stall of the network passes whole. A leg further
/// behind than that is no longer live.
const ROOM: usize = 250;

/// What came in on a leg, from where, and when.
#[derive(Debug)]
pub struct Datagram {
    /// The leg's.
    pub role: Role,
    /// Who sent it.
    pub from: SocketAddr,
    /// When it was read from its socket.
    pub at: Instant,
    /// As it came.
    pub bytes: Box<[u8]>,
}

/// One leg's queue, from the side of its socket.
pub struct Queue {
    role: Role,
    to: Sender<Datagram>,
}

/// The queues of a call's legs. Each gets its turn.
#[derive(Default)]
pub struct Datagrams {
    legs: Vec<Receiver<Datagram>>,
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
            role: self.role,
            from,
            at,
            bytes: bytes.into(),
        };
        self.to.try_send(datagram).map_err(|error| match error {
            TrySendError::Full(_) => NoRoom::Full,
            TrySendError::Closed(_) => NoRoom::Closed,
        })
    }

    /// Waits until nobody will read this queue any more.
    pub async fn closed(&self) {
        self.to.closed().await;
    }
}

impl Datagrams {
    /// Adds the queue of a leg.
    pub fn add(&mut self, role: Role) -> Queue {
        let (to, leg) = channel(ROOM);
        self.legs.push(leg);
        Queue { role, to }
    }

    /// The next datagram of any leg; none as long as no leg has one, and for a call without such legs.
    pub async fn next(&mut self) -> Datagram {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Datagram> {
        for _ in 0..self.legs.len() {
            let turn = self.next % self.legs.len();
            self.next = turn + 1;
            // A leg whose socket is gone has nothing more to give.
            if let Poll::Ready(Some(datagram)) = self.legs[turn].poll_recv(context) {
                return Poll::Ready(datagram);
            }
        }
        Poll::Pending
    }

    /// What has arrived by now, leg by leg. Bounded, whatever floods in meanwhile.
    pub fn take_arrived(&mut self) -> Vec<Datagram> {
        let legs = self.legs.iter_mut();
        let arrived = legs.flat_map(|leg| (0..leg.len()).map_while(|_| leg.try_recv().ok()));
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

    #[tokio::test]
    async fn a_flood_on_one_leg_takes_no_room_and_no_turn_from_the_other() {
        let mut datagrams = Datagrams::default();
        let flooded = datagrams.add(Role::Agent);
        let other = datagrams.add(Role::Customer);
        let refused = (0..10_000).filter(|_| push(&flooded, 0).is_err()).count();
        assert_eq!(refused, 10_000 - ROOM);
        for byte in 0..3 {
            push(&other, byte).expect("its own room");
        }
        let mut heard = Vec::new();
        for _ in 0..6 {
            let datagram = datagrams.next().await;
            if datagram.role == Role::Customer {
                heard.push(datagram.bytes[0]);
            }
        }
        assert_eq!(heard, [0, 1, 2], "every other turn");
    }

    #[tokio::test]
    async fn a_burst_of_four_seconds_of_both_legs_is_kept_whole() {
        let mut datagrams = Datagrams::default();
        let legs = [Role::Agent, Role::Customer].map(|role| datagrams.add(role));
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
        let leg = datagrams.add(Role::Agent);
        drop(datagrams);
        leg.closed().await;
        assert_eq!(push(&leg, 0), Err(NoRoom::Closed));
    }
}
