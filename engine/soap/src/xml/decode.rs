//! Bytes to text, in whatever encoding they say they are.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::XmlError;

/// The text of a document. What tells its encoding is, in this order, a byte order mark, `charset` of
/// the HTTP header, the document's own declaration; without any it is UTF-8 (RFC 7303 §3).
pub fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, XmlError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decoded(&bytes[mark..], encoding);
    }
    let named = match charset {
        Some(charset) => Some(charset.to_owned()),
        None => declared(bytes),
    };
    let encoding = match named {
        Some(name) => Encoding::for_label(name.as_bytes()).ok_or(XmlError::Encoding(name))?,
        None if bytes.starts_with(&[b'<', 0]) => UTF_16LE,
        None if bytes.starts_with(&[0, b'<']) => UTF_16BE,
        None => UTF_8,
    };
    decoded(bytes, encoding)
}

fn decoded<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, XmlError> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.ok_or(XmlError::NotThat(encoding.name()))
}

/// What the document says it is written in: `<?xml version="1.0" encoding="GB18030"?>`.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = bytes.trim_ascii_start();
    if !start.starts_with(b"<?xml") {
        return None;
    }
    let end = start.iter().take(200).position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&start[..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = rest[1..].split_once(quote)?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_in_the_encoding_that_it_says() {
        let utf_16 = |text: &str, order: fn(u16) -> [u8; 2]| {
            text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
        };
        let gb = [
            b"<?xml version='1.0' encoding='GB18030'?><a>".as_slice(),
            &[0xcd, 0xcb],
            b"</a>",
        ];
        let latin = [
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".as_slice(),
            &[0xfc],
            b"</a>",
        ];
        for (bytes, charset, holds) in [
            ("<a>ü</a>".as_bytes().to_vec(), None, "<a>ü"),
            (
                "\u{feff}<a>ü</a>".as_bytes().to_vec(),
                Some("iso-8859-1"),
                "<a>ü",
            ),
            (gb.concat(), None, "<a>退"),
            (latin.concat(), None, "<a>ü"),
            (latin.concat(), Some("windows-1251"), "<a>ь"),
            (utf_16("\u{feff}<a>ü</a>", u16::to_le_bytes), None, "<a>ü"),
            (utf_16("<a>ü</a>", u16::to_be_bytes), None, "<a>ü"),
            (
                utf_16("<a>ü</a>", u16::to_le_bytes),
                Some("utf-16le"),
                "<a>ü",
            ),
        ] {
            let text = decode(&bytes, charset).expect(holds);
            assert!(text.contains(holds), "{text}");
        }
    }

    #[test]
    fn an_encoding_that_is_not_known_or_not_kept_is_told() {
        let unknown = decode(b"<?xml version='1.0' encoding='EBCDIC-7'?><a/>", None);
        assert_eq!(
            unknown.expect_err("unknown").to_string(),
            "it is written in `EBCDIC-7`, which is not known here: use UTF-8"
        );
        let broken = decode(b"<a>\xfc</a>", None).expect_err("no UTF-8");
        assert_eq!(broken, XmlError::NotThat("UTF-8"));
    }
}
