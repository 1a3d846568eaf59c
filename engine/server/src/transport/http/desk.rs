//! The agent desk: a page and its parts, from the binary itself.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::headers;

const PAGE: &str = include_str!("../../../desk/index.html");
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, kind and text of each part.
const PARTS: [(&str, &str, &str); 14] = [
    ("desk.css", STYLE, include_str!("../../../desk/desk.css")),
    ("api.js", SCRIPT, include_str!("../../../desk/api.js")),
    ("calls.js", SCRIPT, include_str!("../../../desk/calls.js")),
    (
        "captions.js",
        SCRIPT,
        include_str!("../../../desk/captions.js"),
    ),
    ("curve.js", SCRIPT, include_str!("../../../desk/curve.js")),
    ("dom.js", SCRIPT, include_str!("../../../desk/dom.js")),
    ("i18n.js", SCRIPT, include_str!("../../../desk/i18n.js")),
    ("main.js", SCRIPT, include_str!("../../../desk/main.js")),
    ("mood.js", SCRIPT, include_str!("../../../desk/mood.js")),
    ("search.js", SCRIPT, include_str!("../../../desk/search.js")),
    ("side.js", SCRIPT, include_str!("../../../desk/side.js")),
    ("store.js", SCRIPT, include_str!("../../../desk/store.js")),
    ("stream.js", SCRIPT, include_str!("../../../desk/stream.js")),
    ("worker.js", SCRIPT, include_str!("../../../desk/worker.js")),
];

/// The page at `/`.
pub(super) async fn page() -> Response {
    text("text/html; charset=utf-8", PAGE)
}

/// Its parts below `/desk/`.
pub(super) async fn part(Path(name): Path<String>) -> Response {
    match PARTS.iter().find(|(part, ..)| *part == name) {
        Some((_, kind, body)) => text(kind, body),
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

    #[test]
    fn every_part_that_the_page_and_its_parts_ask_for_is_there() {
        let texts = PARTS.iter().map(|(.., text)| *text).chain([PAGE]);
        for text in texts {
            let asked = text.split(['\'', '"']).filter_map(|word| {
                let name = word
                    .strip_prefix("./")
                    .or_else(|| word.strip_prefix("desk/"))?;
                (name.ends_with(".js") || name.ends_with(".css")).then_some(name)
            });
            for name in asked {
                assert!(PARTS.iter().any(|(part, ..)| *part == name), "{name}");
            }
        }
    }
}
