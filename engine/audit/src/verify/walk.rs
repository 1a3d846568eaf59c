//! Walks along lines and sees whether each follows the one before. No files here.

use std::io::{self, BufRead};
use std::ops::Range;

use jiff::Timestamp;

use super::{Damage, Fault, Noted};
use crate::chain::Hash;
use crate::key::PublicKey;
use crate::line::{Body, Chain, Line, NoLine};
use crate::segment::{self, Piece};

/// What the log calls the removal of a segment.
pub const REMOVE: &str = "remove_segment";

/// More damage than this is counted and not told: one finding is enough to know.
const MOST_DAMAGE: usize = 1_000;

/// What was seen of a log so far.
pub struct Walk<'a> {
    key: &'a PublicKey,
    /// The newest line that the head knows.
    head: Option<Chain>,
    noted: Option<Noted>,
    /// What the next line has to follow. No number before the first line; no hash behind damage.
    next: Option<(u64, Option<Hash>)>,
    /// Lines, checkpoints among them.
    pub lines: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Number and time of the first line.
    pub first: Option<(u64, Timestamp)>,
    /// Number, hash and time of the last one.
    pub last: Option<(Chain, Timestamp)>,
    /// Segments that the log says it removed.
    pub removed: Vec<String>,
    /// Whole lines behind the one that the head knows, and the bytes there.
    pub beyond: (u64, u64),
    /// What is wrong.
    pub damage: Vec<Damage>,
    /// How much more is.
    pub more: u64,
    at_head: Option<Hash>,
    at_noted: Option<Hash>,
}

impl<'a> Walk<'a> {
    /// Before the first line of a log whose head names `head`.
    pub fn new(key: &'a PublicKey, head: Option<Chain>, noted: Option<Noted>) -> Self {
        Self {
            key,
            head,
            noted,
            next: None,
            lines: 0,
            checkpoints: 0,
            first: None,
            last: None,
            removed: Vec::new(),
            beyond: (0, 0),
            damage: Vec::new(),
            more: 0,
            // The head of a log without lines.
            at_head: head
                .filter(|head| *head == Chain::EMPTY)
                .map(|head| head.hash),
            at_noted: None,
        }
    }

    /// Walks through the `number`th segment, whose bytes are `input`. `last` if none follows.
    pub fn segment(&mut self, number: u64, input: &mut impl BufRead, last: bool) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut line = 0;
        while let Some(piece) = segment::next(input, &mut buffer)? {
            line += 1;
            // What is being written may be seen half.
            let half = piece == Piece::Torn && last && self.is_past_head();
            if self.is_past_head() {
                let whole = u64::from(piece == Piece::Line);
                self.beyond.0 += whole;
                self.beyond.1 += buffer.len() as u64 + whole;
            }
            if !half {
                self.piece(Place { number, line }, piece, &buffer);
            }
        }
        if line == 0 && !(last && self.is_past_head()) {
            self.find(Place { number, line: 1 }, Fault::NoCheckpoint);
        }
        Ok(())
    }

    /// Takes the next piece of a segment.
    pub fn piece(&mut self, place: Place, piece: Piece, bytes: &[u8]) {
        match piece {
            Piece::Line => self.line(place, bytes),
            Piece::TooLong => self.broken(place, Fault::Unreadable),
            Piece::Torn => self.broken(place, Fault::Torn),
        }
    }

    /// Whether the line that the head knows has come.
    pub fn is_past_head(&self) -> bool {
        self.at_head.is_some()
    }

    /// At the end of all segments. `oldest` is the number of the first.
    pub fn end(&mut self, oldest: u64) {
        let mut whole = |fault| self.damage.push(Damage::whole(fault));
        if let Some(head) = self.head {
            let last = self.last.map_or(0, |(last, _)| last.seq);
            match self.at_head {
                Some(hash) if hash == head.hash => {}
                Some(_) => whole(Fault::NotAsHead { seq: head.seq }),
                None if last < head.seq => whole(Fault::Truncated {
                    head: head.seq,
                    last,
                }),
                // It is missing or broken, which was told.
                None => {}
            }
        }
        if let Some(noted) = self.noted
            && self.at_noted != Some(noted.hash)
        {
            whole(Fault::NotAsNoted { seq: noted.seq });
        }
        let before = oldest.saturating_sub(1);
        if before > 0 && !self.removed.contains(&segment::name(before)) {
            whole(Fault::NotRemoved { number: before });
        }
        let first = self.first.map_or(1, |(seq, _)| seq);
        if before == 0 && first > 1 {
            whole(Fault::Missing {
                from: 1,
                to: first - 1,
            });
        }
    }

    fn line(&mut self, place: Place, bytes: &[u8]) {
        let line = match Line::parse(bytes) {
            Ok(line) => line,
            Err(NoLine::Changed) => return self.broken(place, Fault::Changed),
            Err(NoLine::Unreadable) => return self.broken(place, Fault::Unreadable),
        };
        self.lines += 1;
        self.follow(place, &line);
        match &line.body {
            Body::Checkpoint { key, signature, .. } => {
                self.checkpoints += 1;
                if *key != self.key.to_hex() {
                    self.find(place, Fault::OtherKey { key: key.clone() });
                } else if !Line::is_signed(bytes, signature, self.key) {
                    self.find(place, Fault::Forged);
                }
            }
            _ if place.line == 1 => self.find(place, Fault::NoCheckpoint),
            Body::Own(entry) if entry.action == REMOVE => self.removed.push(entry.what.clone()),
            Body::Entry(_) | Body::Own(_) => {}
        }
        let here = |seq| (seq == line.seq).then_some(line.hash);
        self.at_head = self.at_head.or_else(|| here(self.head?.seq));
        self.at_noted = self.at_noted.or_else(|| here(self.noted?.seq));
        self.first.get_or_insert((line.seq, line.time));
        if self.last.is_none_or(|(last, _)| last.seq < line.seq) {
            let chain = Chain {
                seq: line.seq,
                hash: line.hash,
            };
            self.last = Some((chain, line.time));
        }
    }

    /// Sees that `line` comes behind what was there before.
    fn follow(&mut self, place: Place, line: &Line) {
        if let Some((expected, prev)) = self.next {
            if line.seq < expected {
                // What follows is still measured by the line that should stand here.
                let found = line.seq;
                return self.find(place, Fault::OutOfPlace { expected, found });
            }
            if line.seq > expected {
                let (from, to) = (expected, line.seq - 1);
                self.find(place, Fault::Missing { from, to });
            } else if prev.is_some_and(|prev| prev != line.prev) {
                self.find(place, Fault::Unchained { seq: line.seq });
            }
        } else if (line.seq == 1) != (line.prev == Hash::NONE) {
            self.find(place, Fault::Unchained { seq: line.seq });
        }
        self.next = Some((line.seq.saturating_add(1), Some(line.hash)));
    }

    /// Something stands where a line should. It counts as that line, so that it is told once.
    fn broken(&mut self, place: Place, fault: Fault) {
        self.find(place, fault);
        if let Some((expected, hash)) = &mut self.next {
            *expected = expected.saturating_add(1);
            *hash = None;
        }
    }

    /// Whole segments are not there.
    pub fn missing_segments(&mut self, mut numbers: Range<u64>) {
        let told = numbers.by_ref().take(MOST_DAMAGE);
        let told = told.map(|number| Damage::whole(Fault::MissingSegment { number }));
        self.damage.extend(told);
        self.more += numbers.end - numbers.start;
    }

    fn find(&mut self, place: Place, fault: Fault) {
        if self.damage.len() >= MOST_DAMAGE {
            self.more += 1;
            return;
        }
        self.damage.push(Damage {
            segment: Some(place.number),
            line: Some(place.line),
            fault,
        });
    }
}

/// Where a line stands.
#[derive(Clone, Copy)]
pub struct Place {
    /// The segment.
    pub number: u64,
    /// The line in it, from 1.
    pub line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;
    use crate::key::Signer;

    /// Ten lines: a checkpoint, eight entries, a checkpoint.
    fn log(signer: &Signer) -> (Vec<Vec<u8>>, Chain) {
        let (mut chain, mut out) = (Chain::EMPTY, Vec::new());
        let at = Timestamp::UNIX_EPOCH;
        chain.checkpoint(at, "begun", signer, &mut out);
        for n in 0..8 {
            let entry = Entry {
                what: format!("c-{n}"),
                ..Entry::default()
            };
            chain.entry(at, &entry, false, &mut out);
        }
        chain.checkpoint(at, "closed", signer, &mut out);
        let lines = out
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        (lines, chain)
    }

    fn faults(lines: &[Vec<u8>], key: &PublicKey, head: Chain) -> Vec<(Option<u64>, Fault)> {
        let mut walk = Walk::new(key, Some(head), None);
        walk.segment(1, &mut &lines.concat()[..], true)
            .expect("memory");
        walk.end(1);
        walk.damage
            .into_iter()
            .map(|damage| (damage.line, damage.fault))
            .collect()
    }

    #[test]
    fn each_kind_of_damage_is_told_for_what_it_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let signer = Signer::generate(&dir.path().join("key")).expect("writable");
        let other = Signer::generate(&dir.path().join("other")).expect("writable");
        let key = signer.public();
        let (whole, head) = log(&signer);
        assert_eq!(faults(&whole, &key, head), []);

        let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut lines = whole.clone();
            edit(&mut lines);
            faults(&lines, &key, head)
        };
        let changed = edited(&|lines| lines[4][30] ^= 1);
        assert_eq!(changed, [(Some(5), Fault::Changed)]);
        let cut_out = edited(&|lines| drop(lines.drain(3..5)));
        assert_eq!(cut_out, [(Some(4), Fault::Missing { from: 4, to: 5 })]);
        let swapped = edited(&|lines| lines.swap(4, 5));
        assert_eq!(
            swapped,
            [
                (Some(5), Fault::Missing { from: 5, to: 5 }),
                (
                    Some(6),
                    Fault::OutOfPlace {
                        expected: 7,
                        found: 5
                    }
                )
            ]
        );
        let repeated = edited(&|lines| lines.insert(5, lines[4].clone()));
        assert_eq!(
            repeated,
            [(
                Some(6),
                Fault::OutOfPlace {
                    expected: 6,
                    found: 5
                }
            )]
        );
        let garbage = edited(&|lines| lines.insert(5, b"{}\n".to_vec()));
        assert_eq!(garbage[0], (Some(6), Fault::Unreadable));
        let shorter = edited(&|lines| lines.truncate(8));
        assert_eq!(shorter, [(None, Fault::Truncated { head: 10, last: 8 })]);
        let torn = edited(&|lines| lines[9].truncate(200));
        assert_eq!(torn[0], (Some(10), Fault::Torn));
        let beginning = edited(&|lines| drop(lines.remove(0)));
        assert!(
            beginning.contains(&(Some(1), Fault::NoCheckpoint)),
            "{beginning:?}"
        );
        assert!(
            beginning.contains(&(None, Fault::Missing { from: 1, to: 1 })),
            "{beginning:?}"
        );

        // Who knows the format writes hashes anew, and cannot sign.
        let (rewritten, new_head) = log(&other);
        let found = faults(&rewritten, &key, head);
        let named = Fault::OtherKey {
            key: other.public().to_hex(),
        };
        assert_eq!(found[..2], [(Some(1), named.clone()), (Some(10), named)]);
        assert_eq!(found[2], (None, Fault::NotAsHead { seq: 10 }));
        assert_eq!(faults(&rewritten, &other.public(), new_head), []);
    }

    #[test]
    fn a_line_with_its_hash_written_anew_is_found_by_the_next() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let signer = Signer::generate(&dir.path().join("key")).expect("writable");
        let (mut lines, head) = log(&signer);
        let fourth = Line::parse(lines[3].trim_ascii_end()).expect("whole");
        let mut chain = Chain {
            seq: 3,
            hash: fourth.prev,
        };
        let mut forged = Vec::new();
        chain.entry(Timestamp::UNIX_EPOCH, &Entry::default(), false, &mut forged);
        lines[3] = forged;
        let found = faults(&lines, &signer.public(), head);
        assert_eq!(found, [(Some(5), Fault::Unchained { seq: 5 })]);
    }

    #[test]
    fn what_was_noted_elsewhere_has_to_be_there() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let signer = Signer::generate(&dir.path().join("key")).expect("writable");
        let (lines, head) = log(&signer);
        for (seq, hash, whole) in [
            (10, head.hash, true),
            (10, Hash::of(b"other"), false),
            (11, head.hash, false),
        ] {
            let key = signer.public();
            let mut walk = Walk::new(&key, Some(head), Some(Noted { seq, hash }));
            walk.segment(1, &mut &lines.concat()[..], true)
                .expect("memory");
            walk.end(1);
            assert_eq!(walk.damage.is_empty(), whole, "{seq} {hash}");
        }
    }
}
