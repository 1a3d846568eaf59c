use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::Digest;

use super::*;

/// What a client asked for: its path, and the start of the range if it gave one.
pub type Request = (String, Option<u64>);

/// Answers requests by `answer`, a connection each, and keeps them. Returns address and requests.
pub fn serve(
    answer: impl Fn(&str, Option<u64>) -> Vec<u8> + Send + 'static,
) -> (String, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port for the test");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut path = String::new();
            let mut range = None;
            for line in BufReader::new(&stream).lines().map_while(Result::ok) {
                if line.is_empty() {
                    break;
                }
                if let Some(rest) = line.strip_prefix("GET ") {
                    rest.split(' ')
                        .next()
                        .unwrap_or_default()
                        .clone_into(&mut path);
                }
                if let Some(from) = line.to_lowercase().strip_prefix("range: bytes=") {
                    range = from.trim_end_matches('-').parse().ok();
                }
            }
            keep.lock().unwrap().push((path.clone(), range));
            // A client that has gone away is that client's business.
            let _ = (&stream).write_all(&answer(&path, range));
        }
    });
    (address, asked)
}

/// An answer with `headers` that claims `length` bytes, and sends `body`.
pub fn reply(status: &str, headers: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub fn whole(headers: &str, body: &[u8]) -> Vec<u8> {
    reply("200 OK", headers, body.len(), body)
}

fn rest(headers: &str, body: &[u8], from: u64) -> Vec<u8> {
    let range = format!(
        "content-range: bytes {from}-{}/{}\r\n",
        body.len() - 1,
        body.len()
    );
    let body = &body[from as usize..];
    reply("206 Partial Content", &(range + headers), body.len(), body)
}

fn etag(body: &[u8]) -> String {
    let sum: [u8; 32] = sha2::Sha256::digest(body).into();
    let digits: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x-linked-etag: \"{digits}\"\r\n")
}

fn content() -> Vec<u8> {
    (0..200_000_u32).map(|i| (i * 7 % 251) as u8).collect()
}

/// Fetches from a server into a directory in which `before` may be there of the file.
fn fetch(
    before: Option<&[u8]>,
    answer: impl Fn(&str, Option<u64>) -> Vec<u8> + Send + 'static,
) -> (Result<bool, WeightsError>, Option<Vec<u8>>, Vec<Request>) {
    let dir = tempfile::tempdir().expect("a directory for the test");
    let path = dir.path().join("file");
    if let Some(before) = before {
        fs::write(&path, before).expect("a file for the test");
    }
    let (address, asked) = serve(answer);
    let repo: HubRepo = "owner/repo@v1".parse().expect("a name");
    let result =
        Hub::at(&format!("{address}/")).fetch(&repo, "file", dir.path(), &Progress::silent());
    let asked = asked.lock().unwrap().clone();
    (result, fs::read(&path).ok(), asked)
}

const PATH: &str = "/owner/repo/resolve/v1/file";

#[test]
fn a_file_comes_whole_even_from_another_address() {
    let (result, got, asked) = fetch(None, |path, _| match path {
        PATH => reply(
            "302 Found",
            &(etag(&content()) + "location: /store/1?a=b\r\n"),
            0,
            b"",
        ),
        "/store/1?a=b" => whole("", &content()),
        _ => reply("404 Not Found", "", 0, b""),
    });
    assert!(result.expect("it was sent"));
    assert_eq!(got, Some(content()));
    assert_eq!(asked.len(), 2);
}

#[test]
fn an_interrupted_file_goes_on_where_it_stopped() {
    let (result, got, asked) = fetch(None, |_, range| match range {
        None => reply(
            "200 OK",
            &etag(&content()),
            content().len(),
            &content()[..70_000],
        ),
        Some(from) => rest(&etag(&content()), &content(), from),
    });
    assert!(result.expect("it was sent, in two parts"));
    assert_eq!(got, Some(content()));
    assert_eq!(asked[1], (PATH.to_owned(), Some(70_000)));
}

#[test]
fn the_beginning_may_be_there_from_an_earlier_run() {
    let (result, got, asked) = fetch(Some(&content()[..5]), |_, range| {
        rest(&etag(&content()), &content(), range.unwrap_or(0))
    });
    assert!(result.expect("it was sent"));
    assert_eq!((got, asked.len()), (Some(content()), 1));

    // All of it, even.
    let (result, got, asked) = fetch(Some(&content()), |_, _| {
        reply("416 Range Not Satisfiable", &etag(&content()), 0, b"")
    });
    assert!(result.expect("it was there"));
    assert_eq!((got, asked.len()), (Some(content()), 1));
}

#[test]
fn a_server_that_ignores_ranges_sends_all_again() {
    let (result, got, _) = fetch(Some(b"another beginning"), |_, _| {
        whole(&etag(&content()), &content())
    });
    assert!(result.expect("it was sent"));
    assert_eq!(got, Some(content()));
}

#[test]
fn a_beginning_is_not_trusted_without_a_sum() {
    let (result, got, asked) = fetch(Some(b"another beginning"), |_, range| match range {
        Some(from) => rest("", &content(), from),
        None => whole("etag: \"abc\"\r\n", &content()),
    });
    assert!(result.expect("it was sent"));
    assert_eq!(got, Some(content()));
    assert_eq!(asked.last(), Some(&(PATH.to_owned(), None)));
}

#[test]
fn a_damaged_file_is_refused_and_removed() {
    for before in [None, Some(&b"another beginning"[..])] {
        let (result, got, _) = fetch(before, |_, range| {
            let mut body = content();
            body[100_000] ^= 1;
            match range {
                Some(from) => rest(&etag(&content()), &body, from),
                None => whole(&etag(&content()), &body),
            }
        });
        assert!(
            matches!(result, Err(WeightsError::Checksum { .. })),
            "{result:?}"
        );
        assert_eq!(got, None);
    }
}

#[test]
fn what_the_hub_refuses_is_told_clearly() {
    let (result, ..) = fetch(None, |_, _| reply("404 Not Found", "", 0, b""));
    assert!(!result.expect("the server spoke clearly"));
    for (status, said) in [
        ("401 Unauthorized", "not public"),
        ("503 Service Unavailable", "503"),
        ("302 Found", "nowhere"),
    ] {
        let (result, ..) = fetch(None, move |_, _| reply(status, "", 0, b""));
        let err = result.expect_err(status).to_string();
        assert!(err.contains(said) && err.contains(PATH), "{err}");
    }
    let (result, _, asked) = fetch(None, |path, _| {
        reply("302 Found", &format!("location: {path}\r\n"), 0, b"")
    });
    assert!(result.is_err());
    assert_eq!(asked.len(), MOST_REDIRECTS + 1);
}

#[test]
fn a_server_that_sends_nothing_more_is_not_asked_for_ever() {
    let (result, _, asked) = fetch(None, |_, range| match range {
        None => reply(
            "200 OK",
            &etag(&content()),
            content().len(),
            &content()[..10],
        ),
        Some(from) => reply(
            "206 Partial Content",
            &format!(
                "content-range: bytes {from}-199999/200000\r\n{}",
                etag(&content())
            ),
            content().len() - from as usize,
            b"",
        ),
    });
    assert!(result.is_err());
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_redirect_never_leaves_encryption() {
    let to = |location: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().expect("a header"));
        headers
    };
    let from = "https://hub.example/a/b";
    for (location_header, expected) in [
        ("https://store.example/x", Some("https://store.example/x")),
        ("/x?y", Some("https://hub.example/x?y")),
        ("http://store.example/x", None),
        ("x", None),
    ] {
        assert_eq!(location(from, &to(location_header)).as_deref(), expected);
    }
}
