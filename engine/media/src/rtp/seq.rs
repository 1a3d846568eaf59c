//! Sequence numbers that do not wrap.

/// Where extended sequence numbers begin, so that a packet from before the first has one too.
const FIRST_CYCLE: u64 = 0x1_0000;
/// Furthest jump ahead that counts as loss: a minute of 20 ms packets (RFC 3550 §A.1).
const MAX_DROPOUT: i64 = 3_000;
/// Furthest that a packet may come behind the latest (RFC 3550 §A.1).
pub const MAX_MISORDER: i64 = 100;

/// The extended sequence number nearest to `highest` that ends in `wire`.
///
/// `highest` is at least 65 536.
pub fn extend_seq(highest: u64, wire: u16) -> u64 {
    let ahead = wire.wrapping_sub(highest as u16).cast_signed();
    highest.saturating_add_signed(i64::from(ahead))
}

/// Follows one sender's sequence numbers.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    highest: u64,
}

impl Sequence {
    /// Starts with the first packet.
    pub fn starting(wire: u16) -> Self {
        Self {
            highest: FIRST_CYCLE + u64::from(wire),
        }
    }

    /// The highest extended number so far.
    pub fn highest(self) -> u64 {
        self.highest
    }

    /// The extended number of the next packet, or `None` if it is so far off that it cannot belong
    /// to the same run of packets: the sender has started afresh, or it is a stray.
    pub fn follow(&mut self, wire: u16) -> Option<u64> {
        let seq = extend_seq(self.highest, wire);
        let ahead = seq.cast_signed() - self.highest.cast_signed();
        if !(-MAX_MISORDER + 1..MAX_DROPOUT).contains(&ahead) {
            return None;
        }
        self.highest = self.highest.max(seq);
        Some(seq)
    }

    /// How many packets lie between the highest and `wire`, read as one that comes later.
    pub fn missing_before(self, wire: u16) -> u16 {
        wire.wrapping_sub(self.highest as u16).wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_extended_to_the_nearest() {
        for (case, highest, wire, expected) in [
            ("next", 0x2_0001, 0x0002, 0x2_0002),
            ("wraps", 0x1_ffff, 0x0000, 0x2_0000),
            ("late, across the wrap", 0x2_0001, 0xfffe, 0x1_fffe),
            ("the same", 0x1_1234, 0x1234, 0x1_1234),
            ("before the very first", 0x1_0000, 0xffff, 0x0_ffff),
        ] {
            assert_eq!(extend_seq(highest, wire), expected, "{case}");
        }
    }

    #[test]
    fn a_run_of_packets_ends_where_a_number_is_far_off() {
        for (case, wire, follows) in [
            ("next", 1_001, true),
            ("a long loss", 1_000 + 2_999, true),
            ("too long a loss", 1_000 + 3_000, false),
            ("late", 1_000 - 99, true),
            ("too late", 1_000 - 100, false),
            ("far off", 1_000 + 0x8000, false),
        ] {
            let mut sequence = Sequence::starting(1_000);
            assert_eq!(sequence.follow(wire).is_some(), follows, "{case}");
        }
    }

    #[test]
    fn packets_between_two_numbers_are_counted_across_the_wrap() {
        let sequence = Sequence::starting(0xfffe);
        assert_eq!(sequence.missing_before(0xffff), 0);
        assert_eq!(sequence.missing_before(0x0003), 4);
    }
}
