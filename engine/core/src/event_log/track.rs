//! The events of one call or one agent among all of them.

use std::collections::VecDeque;

/// The events of one call or one agent.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Those in the log, by their `seq`.
    pub seqs: VecDeque<u64>,
    /// How many of them have left the log.
    pub gone: u64,
    /// Up to this `seq` some may have left it.
    pub gone_to: u64,
    /// Cursors that read it. It is kept for them when it is empty.
    pub readers: usize,
}

impl Track {
    /// One whose first event is `oldest` or a later one.
    pub fn begun_at(oldest: u64) -> Self {
        Self {
            gone_to: oldest - 1,
            ..Self::default()
        }
    }

    /// How many of those in the log are not after `seq`.
    pub fn before(&self, seq: u64) -> u64 {
        self.seqs.partition_point(|one| *one <= seq) as u64
    }

    /// Whether nobody needs it any more.
    pub fn drop_oldest(&mut self) -> bool {
        if let Some(seq) = self.seqs.pop_front() {
            self.gone += 1;
            self.gone_to = seq;
        }
        self.is_unused()
    }

    /// Whether nobody needs it any more.
    pub fn release(&mut self) -> bool {
        self.readers = self.readers.saturating_sub(1);
        self.is_unused()
    }

    fn is_unused(&self) -> bool {
        self.readers == 0 && self.seqs.is_empty()
    }
}
