//! The sound of calls, whole or in part (RFC 9110 §14).

use std::ops::Range;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use sidetone_vault::Plain;
use tracing::warn;

use super::app::App;
use super::calls::attachment;
use super::failure::Failure;
use crate::recordings::Audio;
use crate::transport::identify::Who;

const KIND: &str = "audio/flac";

/// The recording of a call, as FLAC.
pub(super) async fn audio(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let audio = app.api.call_audio(&who, &id).await?;
    let length = audio.length();
    let tag = format!("\"{}\"", audio.version());
    // Ranges are of GET alone.
    let wanted = match method {
        Method::GET => wanted(&headers, &tag, length),
        _ => Wanted::Whole,
    };
    let about = [
        (header::CONTENT_TYPE, KIND.to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
    ];
    let (status, range) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0..length),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            let of = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, about, of).into_response());
        }
    };
    let part = (status == StatusCode::PARTIAL_CONTENT).then(|| {
        let (first, last) = (range.start, range.end - 1);
        let value = format!("bytes {first}-{last}/{length}");
        [(header::CONTENT_RANGE, value)]
    });
    let size = (range.end - range.start).to_string();
    let body = match method {
        Method::GET => body(audio, range, id.clone()),
        _ => Body::empty(),
    };
    let size: [(HeaderName, String); 1] = [(header::CONTENT_LENGTH, size)];
    let mut response = (status, about, size, attachment(&id, "flac"), body).into_response();
    for (name, value) in part.into_iter().flatten() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// What of a file is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// What is not there.
    Nothing,
}

/// One range; several, and what cannot be read, are answered with the whole, as is allowed.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_same = text(header::IF_RANGE).is_none_or(|known| known.trim() == tag);
    let Some(range) = text(header::RANGE).filter(|_| is_same) else {
        return Wanted::Whole;
    };
    part(range, length).unwrap_or(Wanted::Whole)
}

fn part(range: &str, length: u64) -> Option<Wanted> {
    let (unit, range) = range.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return None;
    }
    // A number that is too large for us is behind every end.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let range = match (first, last) {
        ("", "") => return None,
        ("", last) => length.saturating_sub(number(last))..length,
        (first, "") => number(first)..length,
        (first, last) if number(first) > number(last) => return None,
        (first, last) => number(first)..number(last).saturating_add(1).min(length),
    };
    Some(match range.is_empty() {
        true => Wanted::Nothing,
        false => Wanted::Part(range),
    })
}

/// Bytes that are overwritten when they have been sent.
struct Piece(Plain);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a piece when the last one has been taken: whoever reads slowly keeps no thread busy.
fn body(audio: Audio, range: Range<u64>, call: String) -> Body {
    let pieces = audio.pieces(range);
    let pieces = stream::unfold((pieces, call), |(mut pieces, call)| async move {
        let read = tokio::task::spawn_blocking(move || (pieces.next(), pieces));
        let (piece, pieces) = read.await.ok()?;
        if let Some(Err(error)) = &piece {
            warn!(call, %error, "a recording cannot be read to its end");
        }
        let piece = piece?.map(|piece| Bytes::from_owner(Piece(piece)));
        Some((piece, (pieces, call)))
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, if_range: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().expect("a header"));
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().expect("a header"));
        }
        wanted(&headers, "\"v1\"", 1_000)
    }

    #[test]
    fn one_range_is_answered_in_part_and_what_is_no_range_with_the_whole() {
        for (range, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-999", Wanted::Part(0..1_000)),
            ("Bytes=100-199", Wanted::Part(100..200)),
            ("bytes=100-5000", Wanted::Part(100..1_000)),
            (
                "bytes=100-99999999999999999999999",
                Wanted::Part(100..1_000),
            ),
            ("bytes=900-", Wanted::Part(900..1_000)),
            ("bytes=-100", Wanted::Part(900..1_000)),
            ("bytes=-5000", Wanted::Part(0..1_000)),
            ("bytes=1000-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("samples=0-1", Wanted::Whole),
            ("0-1", Wanted::Whole),
        ] {
            assert_eq!(asked(range, None), expected, "{range}");
        }
        assert_eq!(wanted(&HeaderMap::new(), "\"v1\"", 9), Wanted::Whole);
    }

    #[test]
    fn a_range_of_another_version_is_answered_with_the_whole() {
        let part = Wanted::Part(0..1);
        for (tag, expected) in [
            ("\"v1\"", part),
            ("\"v2\"", Wanted::Whole),
            ("W/\"v1\"", Wanted::Whole),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Wanted::Whole),
        ] {
            assert_eq!(asked("bytes=0-0", Some(tag)), expected, "{tag}");
        }
    }
}
