//! All that can be wrong with a log.

use std::fmt::{self, Display, Formatter};

use crate::segment;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damage {
    /// The segment, if it is in one; otherwise it is about the head or the log as a whole.
    pub segment: Option<u64>,
    /// The line in the segment, from 1.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The hash is not that of the bytes.
    #[error("the line was changed")]
    Changed,
    /// It has no hash where one belongs, or is too long, or is no JSON.
    #[error("this is no line of the log")]
    Unreadable,
    /// The file ends in the middle of a line.
    #[error("the last line is torn")]
    Torn,
    /// Numbers are left out.
    #[error("lines {from} to {to} are missing")]
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A number comes where it does not belong.
    #[error("line {found} stands where {expected} belongs: inserted, repeated or moved")]
    OutOfPlace {
        /// What belongs here.
        expected: u64,
        /// What is here.
        found: u64,
    },
    /// The line has the right number and follows another line than the one in front of it.
    #[error("line {seq} does not follow the one in front of it: one of the two was exchanged")]
    Unchained {
        /// Its number.
        seq: u64,
    },
    /// The signature is not that of the key.
    #[error("the checkpoint was forged: its signature is wrong")]
    Forged,
    /// It was signed by somebody else.
    #[error("the checkpoint is signed with another key, {key}")]
    OtherKey {
        /// The one it names.
        key: String,
    },
    /// The first line of a segment is no checkpoint.
    #[error("the segment does not begin with a checkpoint")]
    NoCheckpoint,
    /// A file is missing between others.
    #[error("{} is missing", segment::name(*.number))]
    MissingSegment {
        /// Its number.
        number: u64,
    },
    /// Files at the front are missing, and no entry says that they were removed.
    #[error("all up to {} is missing, and the log does not say that it removed it", segment::name(*.number))]
    NotRemoved {
        /// The last that is missing.
        number: u64,
    },
    /// There are segments, and no head.
    #[error("the head is missing: whether the end of the log was cut off cannot be told")]
    NoHead,
    /// The file holds something else.
    #[error("the head was changed: it cannot be read")]
    UnreadableHead,
    /// The head is not signed with the key.
    #[error("the head was forged, or is of another key: its signature is wrong")]
    ForgedHead,
    /// The head names a line that is not there any more.
    #[error("the end is cut off: the head knows line {head}, the last one here is {last}")]
    Truncated {
        /// The newest that the head knows.
        head: u64,
        /// The newest that is there.
        last: u64,
    },
    /// The line that the head names is another one.
    #[error(
        "line {seq} is not the one that the head knows: the lines in front of it were exchanged"
    )]
    NotAsHead {
        /// Its number.
        seq: u64,
    },
    /// Lines follow that the head does not know, and no engine is about to acknowledge them.
    #[error(
        "{lines} lines and {bytes} bytes in all follow the last line that the head knows: an engine was killed while it \
         wrote them, or somebody added them. They were acknowledged to nobody; the next start cuts them off and says so"
    )]
    Unacknowledged {
        /// Whole lines.
        lines: u64,
        /// Bytes, with what is torn.
        bytes: u64,
    },
    /// A line that was noted elsewhere is another one, or is not there.
    #[error("line {seq} is not the one that was noted: the log is an older copy, or another one")]
    NotAsNoted {
        /// Its number.
        seq: u64,
    },
}

impl Damage {
    /// Of the head, or of the log as a whole.
    pub(crate) fn whole(fault: Fault) -> Self {
        Self {
            segment: None,
            line: None,
            fault,
        }
    }
}

impl Display for Damage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.segment {
            write!(f, "{}", segment::name(number))?;
            if let Some(line) = self.line {
                write!(f, ", line {line}")?;
            }
            f.write_str(": ")?;
        }
        // Of what is not ours to know, the key alone gets here, and it was written by whoever forged the line.
        f.write_str(&crate::text::printable(&self.fault.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_says_where_it_is() {
        let damage = Damage {
            segment: Some(3),
            line: Some(17),
            fault: Fault::Missing { from: 5, to: 6 },
        };
        assert_eq!(
            damage.to_string(),
            "audit-00000003.jsonl, line 17: lines 5 to 6 are missing"
        );
        let key = "a\u{202e}\n".to_owned();
        let forged = Damage::whole(Fault::OtherKey { key });
        assert!(forged.to_string().ends_with(r"a\u{202e}\n"));
    }
}
