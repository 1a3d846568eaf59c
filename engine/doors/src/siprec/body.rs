//! What the body of a SIP message brings (RFC 2046).

/// The parts of a message that we read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body {
    /// The SDP.
    pub sdp: Option<String>,
    /// The metadata of the recording.
    pub metadata: Option<String>,
}

impl Body {
    /// Reads the body of a message of that `Content-Type`. What is neither SDP nor metadata is left
    /// out.
    pub fn read(content_type: &str, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        let mut read = Self::default();
        if is(kind, "multipart/mixed") {
            let boundary = boundary(parameters).or_else(|| first_boundary(&text));
            for (kind, part) in boundary
                .map(|boundary| parts(&text, &boundary))
                .unwrap_or_default()
            {
                read.take(&kind, part);
            }
        } else {
            read.take(kind, text.into_owned());
        }
        read
    }

    /// The first of each kind counts.
    fn take(&mut self, kind: &str, part: String) {
        let place = if is(kind, "application/sdp") {
            &mut self.sdp
        } else if is(kind, "application/rs-metadata+xml") || is(kind, "application/rs-metadata") {
            &mut self.metadata
        } else {
            return;
        };
        if place.is_none() && !part.trim().is_empty() {
            *place = Some(part);
        }
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

/// The parts between lines of the boundary, each with its content type.
fn parts(text: &str, boundary: &str) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    let border = |line: &str| {
        line.strip_prefix("--")?
            .strip_prefix(boundary)
            .map(str::to_owned)
    };
    // What stands before the first border belongs to nobody.
    let mut more = lines.by_ref().any(|line| border(line).is_some());
    while more {
        let mut kind = String::new();
        for line in lines.by_ref() {
            match line.split_once(':') {
                None => break,
                Some((name, value)) if is(name, "content-type") => {
                    value
                        .split(';')
                        .next()
                        .unwrap_or_default()
                        .clone_into(&mut kind);
                }
                Some(_) => {}
            }
        }
        let mut content = String::new();
        more = false;
        for line in lines.by_ref() {
            if let Some(rest) = border(line) {
                more = rest.is_empty();
                break;
            }
            content.push_str(line);
            content.push_str("\r\n");
        }
        parts.push((kind, content));
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
        ] {
            let body = Body::read(&kind, body.as_bytes());
            assert_eq!(body.sdp.as_deref(), Some(sdp), "{kind}");
            assert_eq!(body.metadata.as_deref(), Some(xml), "{kind}");
        }
        let alone = Body::read("application/sdp", sdp.as_bytes());
        assert_eq!((alone.sdp.as_deref(), alone.metadata), (Some(sdp), None));
        for (kind, body) in [
            ("", ""),
            ("text/plain", "x"),
            ("multipart/mixed", "--"),
            ("application/sdp", "\r\n"),
        ] {
            assert_eq!(Body::read(kind, body.as_bytes()), Body::default(), "{kind}");
        }
    }
}
