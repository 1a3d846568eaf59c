//! Fetches files from the Hugging Face hub, or a mirror of it, and goes on where it was
//! interrupted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::http::header::{CONTENT_RANGE, ETAG, LOCATION, RANGE};
use ureq::http::{HeaderMap, StatusCode, Uri};
use ureq::{Agent, Body, http};

use crate::checksum::Sha256;
use crate::error::{Doing, WeightsError};
use crate::name::HubRepo;
use crate::progress::Progress;

/// The hub itself, unless `HF_ENDPOINT` names a mirror.
const ENDPOINT: &str = "https://huggingface.co";
/// The hub leads to its store in one or two steps.
const MOST_REDIRECTS: usize = 5;
/// How often to go on after an interruption that was preceded by at least some bytes.
const MOST_TRIES: usize = 20;
/// A server that says nothing for so long will not.
const PATIENCE: Duration = Duration::from_secs(30);
const CHUNK: usize = 1 << 16;

/// Says when it asks, so that the hub's people can tell who did.
const USER_AGENT: &str = concat!("sidetone/", env!("CARGO_PKG_VERSION"));

/// The hub, or a mirror.
pub(crate) struct Hub {
    endpoint: String,
    agent: Agent,
}

/// What a server sends of a file.
struct Answer {
    /// Where in the file the body begins. At its end, there is no body.
    from: u64,
    body: Option<Body>,
    /// Size of the whole file, where it is told.
    total: Option<u64>,
    /// Sum of the whole file, where it is told.
    sha256: Option<Sha256>,
}

impl Hub {
    /// The hub at `HF_ENDPOINT`, or the public one.
    pub fn from_env() -> Self {
        let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_default();
        Self::at(if endpoint.is_empty() {
            ENDPOINT
        } else {
            &endpoint
        })
    }

    /// The hub at an address such as `https://mirror.example`.
    pub fn at(endpoint: &str) -> Self {
        let agent = Agent::config_builder()
            // Followed by hand: the sum of a file stands in the answer that leads to it.
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .user_agent(USER_AGENT)
            .build();
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            agent: agent.into(),
        }
    }

    /// Fetches `file` of `repo` into the directory `into`. Returns whether the repository has it.
    ///
    /// What is there already is taken for the beginning of the file, if the server tells a sum to
    /// check the whole with.
    pub fn fetch(
        &self,
        repo: &HubRepo,
        file: &str,
        into: &Path,
        progress: &Progress,
    ) -> Result<bool, WeightsError> {
        let url = format!(
            "{}/{}/resolve/{}/{file}",
            self.endpoint,
            repo.path(),
            repo.revision()
        );
        let path = into.join(file);
        let mut tries = 1;
        loop {
            let had = size(&path);
            let result = self.attempt(&url, file, &path, progress);
            let interrupted = matches!(
                result,
                Err(WeightsError::Http { .. } | WeightsError::Io { .. })
            );
            if !interrupted || size(&path) <= had || tries == MOST_TRIES {
                return result;
            }
            tries += 1;
        }
    }

    fn attempt(
        &self,
        url: &str,
        file: &str,
        path: &Path,
        progress: &Progress,
    ) -> Result<bool, WeightsError> {
        let Some(mut answer) = self.ask(url, size(path))? else {
            return Ok(false);
        };
        if answer.from > 0 && answer.sha256.is_none() {
            // Nothing would tell if the beginning were another file's.
            match self.ask(url, 0)? {
                Some(whole) => answer = whole,
                None => return Ok(false),
            }
        }
        let part = progress.part(file, answer.total);
        let mut at = answer.from;
        if let Some(body) = &mut answer.body {
            let mut to = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(false)
                .open(path)
                .and_then(|to| to.set_len(at).map(|()| to))
                .and_then(|mut to| io::Seek::seek(&mut to, io::SeekFrom::End(0)).map(|_| to))
                .doing(|| format!("opening {}", path.display()))?;
            copy(body, &mut to, url, path, |bytes| {
                at += bytes;
                part.at(at);
            })?;
        }
        if answer.total.is_some_and(|total| total != at) {
            return Err(failed(
                url,
                format!("it ended after {at} of {:?} bytes", answer.total),
            ));
        }
        if let Some(expected) = answer.sha256 {
            let (found, _) =
                Sha256::of_file(path).doing(|| format!("reading {}", path.display()))?;
            if found != expected {
                fs::remove_file(path).doing(|| format!("removing {}", path.display()))?;
                return Err(WeightsError::Checksum {
                    what: url.to_owned(),
                    expected,
                    found,
                });
            }
        }
        part.finish();
        Ok(true)
    }

    /// Asks for a file from byte `from` on, wherever that leads. `None` if there is no such file.
    fn ask(&self, url: &str, from: u64) -> Result<Option<Answer>, WeightsError> {
        let mut at = url.to_owned();
        let mut sha256 = None;
        for _ in 0..=MOST_REDIRECTS {
            let mut request = self.agent.get(&at).header("accept-encoding", "identity");
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|err| failed(&at, err))?;
            // Only the hub knows what it keeps: a store's `etag` may be some other sum.
            if at.starts_with(&self.endpoint) && sha256.is_none() {
                sha256 = sum(response.headers());
            }
            if response.status().is_redirection() {
                at = location(&at, response.headers())
                    .ok_or_else(|| failed(&at, "a redirect to nowhere"))?;
                continue;
            }
            return answer(url, from, sha256, response);
        }
        Err(failed(url, format!("more than {MOST_REDIRECTS} redirects")))
    }
}

fn answer(
    url: &str,
    asked: u64,
    sha256: Option<Sha256>,
    response: http::Response<Body>,
) -> Result<Option<Answer>, WeightsError> {
    let (head, body) = response.into_parts();
    let (from, total, body) = match head.status {
        StatusCode::OK => (0, body.content_length(), Some(body)),
        StatusCode::PARTIAL_CONTENT => match content_range(&head.headers) {
            Some((from, total)) if from == asked => (from, total, Some(body)),
            _ => return Err(failed(url, "not the part of the file that was asked for")),
        },
        // What is there is all there is, or too much: the sum will tell which.
        StatusCode::RANGE_NOT_SATISFIABLE if asked > 0 => (asked, None, None),
        StatusCode::NOT_FOUND => return Ok(None),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(WeightsError::NotOnHub {
                url: url.to_owned(),
                reason: format!("not there, or not public ({})", head.status),
            });
        }
        status => return Err(failed(url, format!("the server answered {status}"))),
    };
    Ok(Some(Answer {
        from,
        body,
        total,
        sha256,
    }))
}

/// The sum of a file. Small files have a shorter one of another sort, which is passed over.
fn sum(headers: &HeaderMap) -> Option<Sha256> {
    let header = headers.get("x-linked-etag").or_else(|| headers.get(ETAG))?;
    let tag = header.to_str().ok()?;
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.trim_matches('"').parse().ok()
}

/// Where a redirect leads: an address, or a path on the same server.
fn location(from: &str, headers: &HeaderMap) -> Option<String> {
    let to = headers.get(LOCATION)?.to_str().ok()?;
    if to.starts_with("https://") || to.starts_with("http://") {
        // Never from an encrypted connection to one that is not.
        return (to.starts_with("https://") || from.starts_with("http://")).then(|| to.to_owned());
    }
    let from: Uri = from.parse().ok()?;
    to.starts_with('/').then(|| {
        Some(format!(
            "{}://{}{to}",
            from.scheme_str()?,
            from.authority()?
        ))
    })?
}

/// First byte and whole size out of `bytes 5-9/10` (RFC 9110, §14.4).
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (part, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = part.split_once('-')?;
    Some((from.parse().ok()?, total.parse().ok()))
}

/// Copies the body, telling network and disk apart when one of them fails.
fn copy(
    body: &mut Body,
    to: &mut File,
    url: &str,
    path: &Path,
    mut came: impl FnMut(u64),
) -> Result<(), WeightsError> {
    let mut from = body.as_reader();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).map_err(|err| failed(url, err))?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&chunk[..read])
            .doing(|| format!("writing {}", path.display()))?;
        came(read as u64);
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn failed(url: &str, reason: impl ToString) -> WeightsError {
    WeightsError::Http {
        url: url.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
