//! Lines of the log: how they are written, and what they say when they are read.
//!
//! The bytes of a line are what counts. They are written once and checked as they stand, never encoded anew.

use std::borrow::Cow;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};

use crate::chain::{Hash, hex, parse_hex};
use crate::entry::{Entry, Outcome};
use crate::key::{PublicKey, SIGNATURE, Signer};
use crate::text::is_hidden;

/// No line is longer, in bytes with its end: 25 texts of 512 bytes, each written as six, and room for more fields.
pub const LONGEST_LINE: usize = 128 * 1024;

const HASH_MARK: &[u8] = br#","hash":""#;
const HASH_LENGTH: usize = HASH_MARK.len() + 64 + 2;
const SIGNATURE_MARK: &[u8] = br#","signature":""#;
const SIGNATURE_LENGTH: usize = SIGNATURE_MARK.len() + 2 * SIGNATURE + 1;

/// The end of a chain, to which lines are added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chain {
    /// The last line's number; 0 before the first.
    pub seq: u64,
    /// The last line's hash.
    pub hash: Hash,
}

impl Chain {
    /// Before the first line.
    pub const EMPTY: Self = Self {
        seq: 0,
        hash: Hash::NONE,
    };

    /// Adds an entry to `out`, and gives its number. `own` is one of the log about itself.
    pub fn entry(&mut self, at: Timestamp, entry: &Entry, own: bool, out: &mut Vec<u8>) -> u64 {
        let start = self.begin(
            out,
            &Wire {
                seq: self.seq + 1,
                time: stamp(at),
                kind: if own { OWN } else { ENTRY },
                entry: Some(entry),
                why: None,
                key: None,
                prev: self.hash,
            },
        );
        self.end(start, out)
    }

    /// Adds a checkpoint to `out`: all up to it is signed.
    pub fn checkpoint(
        &mut self,
        at: Timestamp,
        why: &'static str,
        signer: &Signer,
        out: &mut Vec<u8>,
    ) {
        let start = self.begin(
            out,
            &Wire {
                seq: self.seq + 1,
                time: stamp(at),
                kind: CHECKPOINT,
                entry: None,
                why: Some(why),
                key: Some(signer.public().to_hex()),
                prev: self.hash,
            },
        );
        let signature = signer.sign(&out[start..]);
        out.extend_from_slice(SIGNATURE_MARK);
        out.extend_from_slice(hex(&signature).as_bytes());
        out.push(b'"');
        self.end(start, out);
    }

    /// Writes all but the end of an object, and says where it begins.
    fn begin(&self, out: &mut Vec<u8>, wire: &Wire<'_>) -> usize {
        let start = out.len();
        let mut json = Serializer::with_formatter(&mut *out, Escaping);
        wire.serialize(&mut json).expect("memory takes plain data");
        out.pop();
        start
    }

    fn end(&mut self, start: usize, out: &mut Vec<u8>) -> u64 {
        self.seq += 1;
        self.hash = Hash::of(&out[start..]);
        out.extend_from_slice(HASH_MARK);
        out.extend_from_slice(self.hash.to_string().as_bytes());
        out.extend_from_slice(b"\"}\n");
        self.seq
    }
}

const ENTRY: &str = "entry";
const OWN: &str = "own";
const CHECKPOINT: &str = "checkpoint";

#[derive(Serialize)]
struct Wire<'a> {
    seq: u64,
    time: String,
    kind: &'static str,
    #[serde(flatten)]
    entry: Option<&'a Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    prev: Hash,
}

/// A moment as the log has it: `2026-11-28T09:30:00.123Z`.
pub fn stamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Compact JSON in which what a terminal would not show as it is stands as `\u202e`: whoever reads the file
/// itself is not deceived either.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            // All that are hidden are in the plane that four digits reach.
            write!(out, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// One line, as it was read. That its hash is that of its bytes has been seen; what it follows has not.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// When what it tells was handed over.
    pub time: Timestamp,
    /// What it tells.
    pub body: Body,
    /// The hash of the line before.
    pub prev: Hash,
    /// Its own.
    pub hash: Hash,
}

/// What a line tells.
#[derive(Clone, Debug)]
pub enum Body {
    /// What somebody did.
    Entry(Entry),
    /// What became of the log itself.
    Own(Entry),
    /// That all up to here is signed.
    Checkpoint {
        /// Why now: `begun`, `opened`, `segment`, `count`, `closed`.
        why: String,
        /// The public key, in hex.
        key: String,
        /// Ed25519 over the bytes in front of it.
        signature: [u8; SIGNATURE],
    },
}

/// Why bytes are no line of the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoLine {
    /// Its hash is not that of its bytes.
    Changed,
    /// It is none at all.
    Unreadable,
}

impl Line {
    /// Reads the bytes of a line without their `\n`.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoLine> {
        let body = bytes
            .len()
            .checked_sub(HASH_LENGTH)
            .ok_or(NoLine::Unreadable)?;
        let (body, end) = bytes.split_at(body);
        let hash = end
            .strip_prefix(HASH_MARK)
            .and_then(|end| end.strip_suffix(b"\"}"));
        let hash = hash.and_then(Hash::parse).ok_or(NoLine::Unreadable)?;
        if Hash::of(body) != hash {
            return Err(NoLine::Changed);
        }
        let read: Read<'_> = serde_json::from_slice(bytes).map_err(|_| NoLine::Unreadable)?;
        let body = match &*read.kind {
            ENTRY => Body::Entry(read.entry()),
            OWN => Body::Own(read.entry()),
            CHECKPOINT => Body::Checkpoint {
                why: read.why.to_string(),
                key: read.key.to_string(),
                signature: signature(body).ok_or(NoLine::Unreadable)?,
            },
            _ => return Err(NoLine::Unreadable),
        };
        Ok(Self {
            seq: read.seq,
            time: read.time.parse().map_err(|_| NoLine::Unreadable)?,
            body,
            prev: Hash::parse(read.prev.as_bytes()).ok_or(NoLine::Unreadable)?,
            hash,
        })
    }

    /// Whether the line of these bytes, a checkpoint with this signature, is signed by `key`.
    pub fn is_signed(bytes: &[u8], signature: &[u8; SIGNATURE], key: &PublicKey) -> bool {
        let signed = bytes.len().checked_sub(HASH_LENGTH + SIGNATURE_LENGTH);
        signed.is_some_and(|signed| key.is_signed(&bytes[..signed], signature))
    }

    /// The entry, whoever's it is.
    pub fn entry(&self) -> Option<&Entry> {
        match &self.body {
            Body::Entry(entry) | Body::Own(entry) => Some(entry),
            Body::Checkpoint { .. } => None,
        }
    }
}

fn signature(body: &[u8]) -> Option<[u8; SIGNATURE]> {
    let end = body.get(body.len().checked_sub(SIGNATURE_LENGTH)?..)?;
    parse_hex(end.strip_prefix(SIGNATURE_MARK)?.strip_suffix(b"\"")?)
}

/// All fields that any kind of line has. Those of later versions are none of our business.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Read<'a> {
    seq: u64,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    prev: Cow<'a, str>,
    #[serde(borrow)]
    why: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
    who: String,
    roles: Vec<String>,
    by: String,
    from: String,
    door: String,
    action: String,
    what: String,
    outcome: Outcome,
    policy: String,
    detail: String,
}

impl Read<'_> {
    fn entry(&self) -> Entry {
        Entry {
            who: self.who.clone(),
            roles: self.roles.clone(),
            by: self.by.clone(),
            from: self.from.clone(),
            door: self.door.clone(),
            action: self.action.clone(),
            what: self.what.clone(),
            outcome: self.outcome,
            policy: self.policy.clone(),
            detail: self.detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            who: "ann\u{202e}\u{85}\"\\\n".to_owned(),
            roles: vec!["supervisor".to_owned()],
            by: "token 7f3a".to_owned(),
            from: "192.0.2.1:4000".to_owned(),
            door: "rest".to_owned(),
            action: "read_call".to_owned(),
            what: "c-7 退款".to_owned(),
            outcome: Outcome::Refused,
            policy: "role".to_owned(),
            detail: String::new(),
        }
    }

    #[test]
    fn a_line_is_as_documented() {
        let mut out = Vec::new();
        let at = "2026-11-28T09:30:00.1239Z".parse().expect("a time");
        let mut chain = Chain::EMPTY;
        assert_eq!(chain.entry(at, &entry(), false, &mut out), 1);
        let text = String::from_utf8(out).expect("JSON");
        let body = concat!(
            r#"{"seq":1,"time":"2026-11-28T09:30:00.123Z","kind":"entry","who":"ann\u202e\u0085\"\\\n","#,
            r#""roles":["supervisor"],"by":"token 7f3a","from":"192.0.2.1:4000","door":"rest","action":"read_call","#,
            r#""what":"c-7 退款","outcome":"refused","policy":"role","detail":"","#,
            r#""prev":"0000000000000000000000000000000000000000000000000000000000000000""#
        );
        let hash = Hash::of(body.as_bytes());
        assert_eq!(text, format!("{body},\"hash\":\"{hash}\"}}\n"));
        assert_eq!(chain, Chain { seq: 1, hash });
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let signer = Signer::generate(&dir.path().join("key")).expect("writable");
        let mut out = Vec::new();
        let mut chain = Chain::EMPTY;
        let at = Timestamp::from_millisecond(1_790_000_000_123).expect("a time");
        chain.checkpoint(at, "begun", &signer, &mut out);
        chain.entry(at, &entry(), true, &mut out);
        let lines: Vec<_> = out.split(|byte| *byte == b'\n').collect();
        let first = Line::parse(lines[0]).expect("as written");
        let second = Line::parse(lines[1]).expect("as written");
        assert_eq!((first.seq, first.prev, first.time), (1, Hash::NONE, at));
        assert_eq!((second.seq, second.prev), (2, first.hash));
        assert!(matches!(&second.body, Body::Own(read) if *read == entry()));
        let Body::Checkpoint {
            why,
            key,
            signature,
        } = &first.body
        else {
            panic!("no checkpoint");
        };
        assert_eq!((why.as_str(), key), ("begun", &signer.public().to_hex()));
        assert!(Line::is_signed(lines[0], signature, &signer.public()));
        let other = Signer::generate(&dir.path().join("other")).expect("writable");
        assert!(!Line::is_signed(lines[0], signature, &other.public()));
    }

    #[test]
    fn no_byte_of_a_line_can_be_another() {
        let mut out = Vec::new();
        { Chain::EMPTY }.entry(Timestamp::UNIX_EPOCH, &entry(), false, &mut out);
        out.pop();
        for at in 0..out.len() {
            for bit in 0..8 {
                let mut changed = out.clone();
                changed[at] ^= 1 << bit;
                assert!(Line::parse(&changed).is_err(), "byte {at}, bit {bit}");
            }
            assert!(Line::parse(&out[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_longest_line_has_room() {
        let long = || "\u{1}".repeat(LONGEST_LINE);
        let entry = Entry {
            who: long(),
            roles: vec![long(); 99],
            by: long(),
            from: long(),
            door: long(),
            action: long(),
            what: long(),
            policy: long(),
            detail: long(),
            ..Entry::default()
        };
        let mut out = Vec::new();
        { Chain::EMPTY }.entry(Timestamp::UNIX_EPOCH, &entry.bounded(), false, &mut out);
        assert!(out.len() <= LONGEST_LINE, "{}", out.len());
    }
}
