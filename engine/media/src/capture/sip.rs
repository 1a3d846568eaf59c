//! SIP messages (RFC 3261), as far as they say whose sound goes where.

use sdp_types::Session;

/// A message of a dialog.
#[derive(Clone, Debug)]
pub struct Message {
    /// What is asked for, or was.
    pub method: String,
    /// It is an answer.
    pub is_response: bool,
    /// Call-ID.
    pub call_id: String,
    pub from: Address,
    pub to: Address,
    /// P-Asserted-Identity, which trusted networks add.
    pub asserted: Option<Address>,
    /// What it says of media.
    pub sdp: Option<Session>,
}

/// A name-addr or addr-spec with its parameters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Address {
    /// What stands before the host, of a `tel:` address all.
    pub user: String,
    pub tag: String,
}

const VERSION: &[u8] = b"SIP/2.0";
/// The empty line behind a head, the longest first.
const HEAD_ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];
/// A start line is not longer.
const LONGEST_START: usize = 2_048;

/// Whether `bytes` begin as a message does.
pub fn is_start(bytes: &[u8]) -> bool {
    if bytes.starts_with(VERSION) {
        return true;
    }
    let line = &bytes[..bytes.len().min(LONGEST_START)];
    let line = line.split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let line = line.unwrap_or_default();
    line.ends_with(VERSION) && line.first().is_some_and(u8::is_ascii_uppercase)
}

/// How long the message is that `bytes` begin with, once its head is there.
pub fn length(bytes: &[u8]) -> Option<usize> {
    let (head, body) = split(bytes)?;
    let length = header(&lines(head), "content-length", "l")
        .and_then(|value| value.parse().ok())
        .unwrap_or(0);
    Some((bytes.len() - body.len()).saturating_add(length))
}

/// Reads a message; `None` for one without what every message has.
pub fn parse(bytes: &[u8]) -> Option<Message> {
    let (head, body) = split(bytes).unwrap_or((bytes, &[]));
    let lines = lines(head);
    let header = |name: &str, short: &str| header(&lines, name, short);
    let method = header("cseq", "")?.split_whitespace().nth(1)?.to_owned();
    Some(Message {
        method,
        is_response: bytes.starts_with(VERSION),
        call_id: header("call-id", "i")?.to_owned(),
        from: Address::parse(header("from", "f")?),
        to: Address::parse(header("to", "t")?),
        asserted: header("p-asserted-identity", "").map(Address::parse),
        sdp: sdp(header("content-type", "c").unwrap_or_default(), body),
    })
}

/// Head and body.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, end) =
        (0..bytes.len()).find_map(|at| head_end(&bytes[at..]).map(|end| (at, end)))?;
    Some((&bytes[..head], &bytes[head + end..]))
}

/// How long the end of a head is, if `bytes` begin with one.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut ends = HEAD_ENDS.into_iter();
    let end = ends.find(|end| bytes.starts_with(end))?;
    Some(end.len())
}

/// Whether a head ends behind the first `searched` bytes, at least in part.
pub fn ends_head(bytes: &[u8], searched: usize) -> bool {
    let from = searched.saturating_sub(HEAD_ENDS[0].len() - 1);
    split(&bytes[from..]).is_some()
}

/// Lines of a head, those that go on in the next put together (RFC 3261 §7.3.1).
fn lines(head: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(head).lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The first value of a header, by its name or its short one.
fn header<'a>(lines: &'a [String], name: &str, short: &str) -> Option<&'a str> {
    lines.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let key = key.trim();
        let is_it = key.eq_ignore_ascii_case(name)
            || (!short.is_empty() && key.eq_ignore_ascii_case(short));
        is_it.then_some(value.trim())
    })
}

/// The session description of a body, which may be one of several parts.
fn sdp(content_type: &str, body: &[u8]) -> Option<Session> {
    let kind = content_type.to_ascii_lowercase();
    if kind.starts_with("application/sdp") {
        return Session::parse(body).ok();
    }
    if !kind.starts_with("multipart/") {
        return None;
    }
    // Whatever its boundary: the description begins with its version and ends before a boundary.
    let text = String::from_utf8_lossy(body);
    let start = text.find("\nv=0")? + 1;
    let end = text[start..]
        .find("\n--")
        .map_or(text.len(), |end| start + end);
    Session::parse(text[start..end].trim_end().as_bytes()).ok()
}

impl Address {
    /// `"Ann" <sip:+14155550117@example.org;user=phone>;tag=1`, `sip:7@host;tag=1` or
    /// `<tel:+14155550117>`.
    fn parse(value: &str) -> Self {
        // A name in quotes may hold anything.
        let (uri, params) = match value.rsplit_once('<') {
            Some((_, rest)) => rest.split_once('>').unwrap_or((rest, "")),
            None => value.split_once(';').unwrap_or((value, "")),
        };
        let tag = params.split(';').find_map(|param| {
            let (name, value) = param.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("tag")
                .then(|| value.trim())
        });
        let address = uri.split_once(':').map_or(uri, |(_, address)| address);
        let user = match address.split_once('@') {
            Some((user, _)) => user,
            // An address without a user is that of a host.
            None if uri.trim_start().starts_with("tel:") => address,
            None => "",
        };
        let user = user.split(';').next().unwrap_or_default();
        Self {
            user: user.trim().replace("%2B", "+").replace("%2b", "+"),
            tag: tag.unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for (value, user, tag) in [
            ("\"Ann <B>\" <sip:1@host>;tag=a0", "1", "a0"),
            (
                "\"Ann\" <sip:+14155550117@example.org;user=phone>;tag=a1",
                "+14155550117",
                "a1",
            ),
            ("sip:7@host;tag=b", "7", "b"),
            ("<tel:+14155550117;ext=5>;Tag=c", "+14155550117", "c"),
            ("<sips:%2B1415@[2001:db8::1]:5061>", "+1415", ""),
            ("<sip:host.example.org>", "", ""),
            ("", "", ""),
        ] {
            let address = Address::parse(value);
            assert_eq!(
                (address.user.as_str(), address.tag.as_str()),
                (user, tag),
                "{value}"
            );
        }
    }

    #[test]
    fn messages_are_read_with_short_and_folded_headers_and_in_parts() {
        let message =
            b"INVITE sip:7@host SIP/2.0\r\nf: <sip:1@host>\r\n ;tag=a\r\nt: sip:7@host\r\n\
            i: x@y\r\nCSeq: 1 INVITE\r\nc: multipart/mixed;boundary=q\r\nl: 0\r\n\r\n\
            --q\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\n\
            m=audio 4000 RTP/AVP 0\r\n--q--\r\n";
        assert!(is_start(message));
        let read = parse(message).expect("a message");
        assert_eq!(
            (read.method.as_str(), read.call_id.as_str()),
            ("INVITE", "x@y")
        );
        assert_eq!(read.from.tag, "a");
        let sdp = read.sdp.expect("a description");
        assert_eq!((sdp.medias.len(), sdp.medias[0].port), (1, 4_000));
    }

    #[test]
    fn what_is_no_message_is_told_from_one() {
        for (bytes, starts) in [
            (&b"SIP/2.0 200 OK\r\n"[..], true),
            (b"BYE sip:a@b SIP/2.0\r\n", true),
            (b"GET / HTTP/1.1\r\n", false),
            (b"\x80\x00", false),
            (b"", false),
        ] {
            assert_eq!(is_start(bytes), starts);
        }
        assert!(parse(b"SIP/2.0 200 OK\r\n\r\n").is_none());
        assert_eq!(length(b"SIP/2.0 200 OK\r\nl: 4\r\n\r\nv=0\n"), Some(28));
        assert_eq!(length(b"SIP/2.0 200 OK\r\nContent-Le"), None);
    }
}
