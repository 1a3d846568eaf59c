//! Lines of the log as syslog messages (RFC 5424).

use std::fmt::Write;

use crate::entry::Outcome;
use crate::line::{Body, Line, stamp};
use crate::text::printable;

/// "log audit" (RFC 5424, table 1).
const FACILITY: u8 = 13;

/// The number that RFC 5612 keeps for documents: we have none of our own.
const ELEMENT: &str = "sidetone@32473";

/// `line` as one message without a line break, from a machine named `host`; empty if that is not known. All that the line
/// says is in the structured data, `seq`, `prev` and `hash` among it, so that the chain can be checked where it arrives.
pub fn syslog(line: &Line, host: &str) -> String {
    let (severity, id, what) = match &line.body {
        Body::Entry(entry) | Body::Own(entry) => {
            let severity = match entry.outcome {
                Outcome::Done => 6,
                Outcome::Refused => 4,
                Outcome::Failed => 3,
            };
            let id = if matches!(line.body, Body::Own(_)) {
                "own"
            } else {
                "entry"
            };
            (
                severity,
                id,
                format!("{} {}", ascii(&entry.action), entry.outcome),
            )
        }
        Body::Checkpoint { why, .. } => (6, "checkpoint", format!("checkpoint {}", ascii(why))),
    };
    let priority = FACILITY * 8 + severity;
    let host = header(host);
    let mut text = format!(
        "<{priority}>1 {} {host} sidetone - {id} [{ELEMENT}",
        stamp(line.time)
    );
    let mut add = |name: &str, value: &str| parameter(&mut text, name, value);
    add("seq", &line.seq.to_string());
    match &line.body {
        Body::Entry(entry) | Body::Own(entry) => {
            add("who", &entry.who);
            for role in &entry.roles {
                add("role", role);
            }
            add("by", &entry.by);
            add("from", &entry.from);
            add("door", &entry.door);
            add("action", &entry.action);
            add("what", &entry.what);
            add("outcome", entry.outcome.as_str());
            add("policy", &entry.policy);
            add("detail", &entry.detail);
        }
        Body::Checkpoint { why, key, .. } => {
            add("why", why);
            add("key", key);
        }
    }
    add("prev", &line.prev.to_string());
    add("hash", &line.hash.to_string());
    text.push_str("] ");
    text.push_str(&what);
    text
}

/// Adds ` name="value"` (RFC 5424, §6.3.3). What would break a line or deceive its reader is escaped before that.
fn parameter(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, " {name}=\"");
    for c in printable(value).chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

/// A message that is no UTF-8 needs no byte order mark in front (RFC 5424, §6.4).
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

/// A name for the header: printable ASCII without spaces, 255 at most; `-` for none.
fn header(name: &str) -> String {
    match ascii(name) {
        name if name.is_empty() => "-".to_owned(),
        name => name.chars().take(255).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Hash;
    use crate::entry::Entry;

    fn line(body: Body) -> Line {
        Line {
            seq: 7,
            time: "2026-11-28T09:30:00.5Z".parse().expect("a time"),
            body,
            prev: Hash::NONE,
            hash: Hash::of(b"abc"),
        }
    }

    #[test]
    fn a_message_is_as_the_standard_has_it() {
        let entry = Entry {
            who: r#"a"b\c]d"#.to_owned(),
            roles: vec!["agent".to_owned(), "admin".to_owned()],
            by: "session".to_owned(),
            from: "192.0.2.1".to_owned(),
            door: "rest".to_owned(),
            action: "read_call".to_owned(),
            what: "c-1\n<110>1 forged".to_owned(),
            outcome: Outcome::Refused,
            policy: "role".to_owned(),
            detail: "退款\u{202e}".to_owned(),
        };
        let (zeros, hash) = (Hash::NONE, Hash::of(b"abc"));
        let expected = [
            r#"<108>1 2026-11-28T09:30:00.500Z pbx-1 sidetone - entry [sidetone@32473 seq="7" who="a\"b\\c\]d" "#,
            r#"role="agent" role="admin" by="session" from="192.0.2.1" door="rest" action="read_call" "#,
            r#"what="c-1\\n<110>1 forged" outcome="refused" policy="role" detail="退款\\u{202e}" "#,
            &format!(r#"prev="{zeros}" hash="{hash}"] read_call refused"#),
        ];
        assert_eq!(
            syslog(&line(Body::Entry(entry)), "pbx-1"),
            expected.concat()
        );
    }

    #[test]
    fn severity_tells_the_outcome() {
        for (outcome, priority) in [
            (Outcome::Done, "<110>"),
            (Outcome::Refused, "<108>"),
            (Outcome::Failed, "<107>"),
        ] {
            let entry = Entry {
                outcome,
                ..Entry::default()
            };
            assert!(
                syslog(&line(Body::Own(entry)), "").starts_with(priority),
                "{outcome}"
            );
        }
        let body = Body::Checkpoint {
            why: "closed".to_owned(),
            key: "00".to_owned(),
            signature: [0; 64],
        };
        let text = syslog(&line(body), "two words");
        assert!(
            text.starts_with("<110>1 2026-11-28T09:30:00.500Z two?words sidetone - checkpoint ["),
            "{text}"
        );
        assert!(text.ends_with("] checkpoint closed"), "{text}");
    }
}
