//! The agent desk: a page and its parts, from the binary itself.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::headers;

const PAGE: &str = include_str!("../../../desk/index.html");

/// Name and text of each part: all that lies in the folder of the desk.
const PARTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/desk.rs"));

/// The page at `/`.
pub(super) async fn page() -> Response {
    text("text/html; charset=utf-8", PAGE)
}

/// Its parts below `/desk/`.
pub(super) async fn part(Path(name): Path<String>) -> Response {
    let kind = match name.ends_with(".css") {
        true => "text/css; charset=utf-8",
        false => "text/javascript; charset=utf-8",
    };
    match PARTS.iter().find(|(part, _)| *part == name) {
        Some((_, body)) => text(kind, body),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

/// A new engine may bring a new desk, so browsers ask each time.
fn text(kind: &'static str, body: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        // A worker does what its own script's answer allows, not what the page's does.
        (header::CONTENT_SECURITY_POLICY, headers::DESK),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name below `/desk/` of what a part in `folder` asks for as `asked`.
    fn resolved(folder: &str, asked: &str) -> Option<String> {
        let (mut at, mut rest): (Vec<&str>, &str) = match asked.strip_prefix("desk/") {
            Some(rest) => (Vec::new(), rest),
            None if asked.starts_with("./") || asked.starts_with("../") => (
                folder.split('/').filter(|part| !part.is_empty()).collect(),
                asked,
            ),
            None => return None,
        };
        while let Some((first, behind)) = rest.split_once('/') {
            match first {
                "." => {}
                ".." => drop(at.pop()?),
                name => at.push(name),
            }
            rest = behind;
        }
        at.push(rest);
        Some(at.join("/"))
    }

    #[test]
    fn every_part_that_the_page_and_its_parts_ask_for_is_there() {
        let mut parts: Vec<(&str, &str)> = PARTS.to_vec();
        parts.push(("", PAGE));
        for (name, text) in parts {
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            for asked in text.split(['\'', '"']) {
                if !(asked.ends_with(".js") || asked.ends_with(".css")) {
                    continue;
                }
                let Some(asked) = resolved(folder, asked) else {
                    continue;
                };
                assert!(
                    PARTS.iter().any(|(part, _)| *part == asked),
                    "{name}: {asked}"
                );
            }
        }
    }
}
