//! Who did what to whose words: an append-only log that shows when it was tampered with.
//!
//! [`AuditLog`] writes it, [`verify`] checks it, [`Search`] reads it, [`syslog`] tells it to others. An
//! entry counts as written once its [`Receipt`] says so: it and all before it are on the disk then.
//!
//! ```text
//! tasks ──► AuditLog::write ──► queue ──► one thread: lines, fdatasync, head, fdatasync ──► receipts
//! ```
//!
//! # On the disk
//!
//! A directory of segments `audit-00000001.jsonl`, `audit-00000002.jsonl` and so on, JSON Lines in UTF-8,
//! each line ended by one `\n`; `head`; and `lock`, which a running engine holds. Every line has, in this
//! order:
//!
//! | field | |
//! |---|---|
//! | `seq` | number of the line, from 1, one more than that of the line before, across segments |
//! | `time` | when it was handed over, RFC 3339 in UTC with milliseconds |
//! | `kind` | `entry` of the engine's callers, `own` of the log about itself, `checkpoint` |
//! | `who` `roles` `by` `from` `door` `action` `what` `outcome` `policy` `detail` | of entries: see [`Entry`] |
//! | `why` `key` | of checkpoints: the reason, and the public key in hex |
//! | `prev` | the `hash` of the line before; 64 zeros in the first |
//! | `signature` | of checkpoints: Ed25519 over the bytes of the line in front of `,"signature":"`, in hex |
//! | `hash` | SHA-256 over the bytes of the line in front of `,"hash":"`, in lower-case hex |
//!
//! `,"hash":"…"}` is always the last 75 bytes of a line, `,"signature":"…"` the 143 before them, so no JSON
//! has to be written anew to check one. A segment begins with a checkpoint; others stand at each
//! opening and closing and behind every 1,000 entries. `head` is 256 bytes: a JSON object of the newest `seq`, its
//! `hash`, and a `signature` over the text `sidetone-audit head SEQ HASH`, then spaces and `\n`. Lines reach the
//! disk before `head`, and receipts follow `head`: what lies behind it was acknowledged to nobody.
//!
//! This is all it takes to check a log, given the public key in hex (Python, with `cryptography`; arguments: the
//! file of the key, the head, the segments in order):
//!
//! ```python
//! import hashlib, json, sys
//! from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
//!
//! key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(open(sys.argv[1]).read().strip()))
//! seq, prev = None, None
//! for name in sys.argv[3:]:
//!     for line in open(name, "rb"):
//!         line = line.removesuffix(b"\n")
//!         body, entry = line[:-75], json.loads(line)
//!         assert line[-75:] == b',"hash":"%s"}' % hashlib.sha256(body).hexdigest().encode()
//!         assert seq is None or (entry["seq"], entry["prev"]) == (seq + 1, prev)
//!         if entry["kind"] == "checkpoint":
//!             key.verify(bytes.fromhex(entry["signature"]), body[:-143])
//!         seq, prev = entry["seq"], entry["hash"]
//! head = json.load(open(sys.argv[2]))
//! key.verify(bytes.fromhex(head["signature"]), b"sidetone-audit head %d %s" % (head["seq"], head["hash"].encode()))
//! assert (head["seq"], head["hash"]) == (seq, prev)
//! print("whole up to line", seq)
//! ```
//!
//! # What it shows, and what it cannot
//!
//! Without the private key nobody can change, take out, add or reorder lines, or cut off the end, unseen.
//! Who has the disk can put back a whole older state of the directory, `head` and all, and who has the private
//! key too can write another history. Neither can do so to lines that had left for another machine before
//! ([`syslog`], or a [`Noted`] line that somebody keeps).

mod chain;
mod entry;
mod error;
mod head;
mod key;
mod line;
mod log;
mod search;
mod segment;
mod syslog;
pub mod tamper;
mod text;
mod verify;

pub use chain::{Hash, hex};
pub use entry::{Entry, Outcome};
pub use error::AuditError;
pub use key::{PublicKey, public_path};
pub use line::{Body, Line};
pub use log::{AuditLog, AuditOptions, Health, Receipt};
pub use search::{Filter, Search};
pub use syslog::syslog;
pub use text::printable;
pub use verify::{Damage, Fault, Noted, Report, verify, verify_noted};
