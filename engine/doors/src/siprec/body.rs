//! What the body of a SIP message brings (RFC 2046).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The parts of a message that we read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body {
    /// The SDP.
    pub sdp: Option<String>,
    /// The metadata of the recording.
    pub metadata: Option<String>,
    /// The content types of what else there is, in one line.
    pub others: String,
}

/// Of content types that nobody reads so many bytes are told.
const LONGEST_OTHERS: usize = 200;
/// Parts of parts are read down to here.
const DEEPEST: usize = 4;

/// One part, or the whole body.
struct Part<'a> {
    /// Its content type, with parameters.
    kind: String,
    /// How it is written, if not as it is.
    encoding: String,
    text: Cow<'a, str>,
}

impl Body {
    /// Reads the body of a message of that `Content-Type`. What is neither SDP nor metadata is left
    /// out.
    pub fn read(content_type: &str, body: &[u8]) -> Self {
        let mut read = Self::default();
        let whole = Part {
            kind: content_type.to_owned(),
            encoding: String::new(),
            text: String::from_utf8_lossy(body),
        };
        read.take(whole, 0);
        read
    }

    /// The first of each kind counts.
    fn take(&mut self, part: Part<'_>, depth: usize) {
        let (kind, parameters) = part.kind.split_once(';').unwrap_or((&part.kind, ""));
        let kind = kind.trim();
        // Of whatever subtype: one that is not known is read as `mixed` (RFC 2046 §5.1.3).
        let is_multipart = kind.get(..10).is_some_and(|head| is(head, "multipart/"));
        let place = if is_multipart && depth < DEEPEST {
            let named = boundary(parameters).or_else(|| first_boundary(&part.text));
            for part in named.iter().flat_map(|named| parts(&part.text, named)) {
                self.take(part, depth + 1);
            }
            return;
        } else if is(kind, "application/sdp") {
            &mut self.sdp
        } else if is(kind, "application/rs-metadata+xml") || is(kind, "application/rs-metadata") {
            &mut self.metadata
        } else {
            if !kind.is_empty() && self.others.len() + kind.len() < LONGEST_OTHERS {
                let gap = if self.others.is_empty() { "" } else { ", " };
                self.others += &format!("{gap}{kind}");
            }
            return;
        };
        let text = plain(&part.encoding, part.text);
        if place.is_none() && !text.trim().is_empty() {
            *place = Some(text);
        }
    }
}

/// The text of a part, however it was encoded.
fn plain(encoding: &str, text: Cow<'_, str>) -> String {
    let bare = || text.split_ascii_whitespace().collect::<String>();
    let decoded = match is(encoding, "base64") {
        true => STANDARD.decode(bare()).ok(),
        false => None,
    };
    match decoded {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => text.into_owned(),
    }
}

fn is(kind: &str, name: &str) -> bool {
    kind.trim().eq_ignore_ascii_case(name)
}

fn boundary(parameters: &str) -> Option<String> {
    let mut parameters = parameters.split(';');
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        is(name, "boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Where none is named, as some peers forget.
fn first_boundary(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.trim_end().strip_prefix("--"))?;
    (!line.is_empty()).then(|| line.to_owned())
}

/// The parts between lines of the boundary.
fn parts(text: &str, boundary: &str) -> Vec<Part<'static>> {
    let mut parts = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    // Whether more follows, of a line that is a border.
    let border = |line: &str| match line.strip_prefix("--")?.strip_prefix(boundary)? {
        "" => Some(true),
        "--" => Some(false),
        _ => None,
    };
    // What stands before the first border belongs to nobody.
    let mut more = lines.by_ref().find_map(border).unwrap_or(false);
    while more {
        let mut headers: Vec<String> = Vec::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            match headers.last_mut() {
                // It goes on with the one before.
                Some(before) if line.starts_with([' ', '\t']) => before.push_str(line),
                _ => headers.push(line.to_owned()),
            }
        }
        let value = |wanted: &str| {
            let mut named = headers.iter().filter_map(|header| header.split_once(':'));
            let found = named.find(|(name, _)| is(name, wanted));
            found.map_or_else(String::new, |(_, value)| value.to_owned())
        };
        let (kind, encoding) = (value("content-type"), value("content-transfer-encoding"));
        let mut content = String::new();
        more = false;
        for line in lines.by_ref() {
            if let Some(follows) = border(line) {
                more = follows;
                break;
            }
            content.push_str(line);
            content.push_str("\r\n");
        }
        parts.push(Part {
            kind,
            encoding,
            text: content.into(),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_however_their_borders_are_written() {
        let sdp = "v=0\r\ns=-\r\n";
        let xml = "<recording/>\r\n";
        let multipart = "multipart/mixed;boundary=";
        for (kind, body) in [
            (
                format!("{multipart}one"),
                format!(
                    "--one\r\nContent-Type: application/sdp\r\n\r\n{sdp}--one\r\nContent-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n{xml}--one--\r\n"
                ),
            ),
            (
                "Multipart/Mixed; charset=utf-8; Boundary=\"a b\"".to_owned(),
                format!(
                    "preamble\n--a b \nContent-Type:application/rs-metadata+xml\n\n{xml}--a b \ncontent-type: application/SDP ;x=y\n\n{sdp}--a b--\nrest"
                ),
            ),
            (
                "multipart/mixed".to_owned(),
                format!(
                    "--x\r\nContent-Type: application/sdp\r\n\r\n{sdp}--x\r\nContent-Type: image/png\r\n\r\nnonsense\r\n--x\r\nContent-Type: application/rs-metadata\r\n\r\n{xml}"
                ),
            ),
            (
                "multipart/related; boundary=o".to_owned(),
                format!(
                    "--o\r\nContent-Type: multipart/alternative;\r\n boundary=o2\r\n\r\n--o2\r\nContent-Type: application/sdp;\r\n\tcharset=utf-8\r\n\r\n{sdp}--o2--\r\n--o\r\nContent-Type: application/rs-metadata+xml\r\nContent-Transfer-Encoding: BASE64\r\n\r\nPHJlY29y\r\nZGluZy8+DQo=\r\n--o--"
                ),
            ),
        ] {
            let body = Body::read(&kind, body.as_bytes());
            assert_eq!(body.sdp.as_deref(), Some(sdp), "{kind}");
            assert_eq!(body.metadata.as_deref(), Some(xml), "{kind}");
        }
        let alone = Body::read("application/sdp", sdp.as_bytes());
        assert_eq!((alone.sdp.as_deref(), alone.metadata), (Some(sdp), None));
        for (kind, body, others) in [
            ("", "", ""),
            ("text/plain;charset=x", "x", "text/plain"),
            ("multipart/mixed", "--", ""),
            ("multipart/é", "--", ""),
            (
                "multipart/mixed",
                "--a\nContent-Type: image/png\n\nx\n--a\nContent-Type: text/plain\n\nx\n--a--",
                "image/png, text/plain",
            ),
            ("application/sdp", "\r\n", ""),
        ] {
            let read = Body::read(kind, body.as_bytes());
            assert_eq!((read.sdp, read.metadata), (None, None), "{kind}");
            assert_eq!(read.others, others, "{kind}");
        }
    }
}
