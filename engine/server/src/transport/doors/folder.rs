//! A folder in which recordings appear: each that is complete becomes a call, once.
//!
//! ```text
//! NAME.wav ─► working/ ─► a call, whose id is made of name, size and age ─► done/ or failed/
//! ```
//!
//! What lies in `working/` when the engine starts was left there by an earlier one, and is heard as a
//! whole: a call that had begun when that engine stopped or died has its own end and summary, and
//! another call, which names it, takes its place.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::iter;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use sidetone_doors::{Channel, Fields, Opening};
use sidetone_media::audio::StreamFormat;
use sidetone_types::event::{EndReason, EventKind};
use sidetone_types::id::{CallId, LegId};
use sidetone_types::party::Role;
use tokio::sync::mpsc;
use tokio::task::block_in_place;
use tokio::time::{Instant, MissedTickBehavior, sleep};
use tracing::{info, warn};

use super::{Door, describe};
use crate::api::{ApiError, Follower};
use crate::audio_file::{AudioFile, ChannelMap, Recording, Room};
use crate::calls::{Audio, StreamItem};
use crate::offline;
use crate::storage::StoredCall;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// When a recording is tried again for which there was no room.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Sound of a leg that is handed over at once.
const PIECE: Duration = Duration::from_millis(200);
/// Pieces that wait for the call.
const AUDIO_QUEUE: usize = 16;
/// Bytes of what is said of a recording.
const LONGEST_DESCRIPTION: u64 = 64 * 1024;
/// Endings of files that may be recordings.
const ENDINGS: [&str; 7] = ["wav", "wave", "flac", "mp3", "ogg", "oga", "opus"];

/// The folder, and what was seen in it.
pub(super) struct Folder {
    door: Door,
    path: PathBuf,
    /// Files that may still grow.
    seen: HashMap<PathBuf, Seen>,
}

/// A file as it was when it last changed.
#[derive(Clone, Copy)]
struct Seen {
    bytes: u64,
    modified: SystemTime,
    since: Instant,
}

/// A recording that can be a call.
struct Prepared {
    id: CallId,
    opening: Opening,
    /// In the order of the opening's channels.
    legs: Vec<Vec<u8>>,
    /// Of each leg.
    bytes_per_second: usize,
}

/// What has become of a recording.
enum Outcome {
    /// It was a call.
    Heard,
    /// It cannot be one.
    Failed(String),
    /// The engine stops. It stays in `working/`, for the next one to hear it from its beginning.
    Left,
}

/// What has become of the call that a recording was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Before {
    /// All of it was heard, or all that somebody wanted.
    Heard,
    /// The engine was stopped meanwhile.
    Stopped,
    /// The engine died meanwhile.
    Lost,
}

/// A recording is not begun again once so many engines have died while they heard it: it may be the
/// reason.
const MOST_LOST: usize = 3;
/// The metadata of a call that hears a recording again: the call before it.
const BEGUN_BEFORE: &str = "begun_before";

impl Folder {
    /// The folder that the configuration names, if it names any.
    pub fn open(door: &Door) -> Option<Self> {
        let path = door.config.doors.folder.path.clone();
        if path.as_os_str().is_empty() {
            return None;
        }
        door.seen().listens([path.display().to_string()]);
        Some(Self {
            door: door.clone(),
            path,
            seen: HashMap::new(),
        })
    }

    /// Takes recordings, one after the other, until the engine stops.
    pub async fn run(mut self) {
        if let Err(error) = self.make_folders() {
            warn!(folder = %self.path.display(), %error, "recordings cannot be taken");
            return;
        }
        for left in files(&self.path.join("working")) {
            if self.stops() {
                return;
            }
            self.take(&left).await;
        }
        while !self.stops() {
            for file in block_in_place(|| self.complete()) {
                if self.stops() {
                    return;
                }
                match block_in_place(|| self.claim(&file)) {
                    Ok(claimed) => self.take(&claimed).await,
                    Err(error) => {
                        warn!(%error, "a recording cannot be moved");
                    }
                }
            }
            tokio::select! {
                () = self.door.done.cancelled() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Whether no more recordings are to be taken: calls are drained before the doors are closed.
    fn stops(&self) -> bool {
        self.door.done.is_cancelled() || self.door.api.is_draining()
    }

    fn make_folders(&self) -> io::Result<()> {
        let mut names = ["working", "done", "failed"].into_iter();
        names.try_for_each(|name| fs::create_dir_all(self.path.join(name)))
    }

    /// Recordings that have not changed for long enough, the oldest first.
    fn complete(&mut self) -> Vec<PathBuf> {
        let settle = Duration::from_millis(self.door.config.doors.folder.settle_ms.into());
        let now = Instant::now();
        let mut seen = HashMap::new();
        let mut complete = Vec::new();
        for file in files(&self.path) {
            let Ok(meta) = fs::metadata(&file) else {
                continue;
            };
            let (bytes, modified) = (
                meta.len(),
                meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            );
            let before = self.seen.get(&file);
            let same = before.filter(|seen| (seen.bytes, seen.modified) == (bytes, modified));
            let since = same.map_or(now, |seen| seen.since);
            if bytes > 0 && now.duration_since(since) >= settle {
                complete.push((modified, file.clone()));
            }
            let file_seen = Seen {
                bytes,
                modified,
                since,
            };
            seen.insert(file, file_seen);
        }
        self.seen = seen;
        complete.sort();
        complete.into_iter().map(|(_, file)| file).collect()
    }

    /// Moves a recording, and what is said of it, to where nobody else takes it.
    fn claim(&self, file: &Path) -> io::Result<PathBuf> {
        self.move_to(file, "working")
    }

    fn move_to(&self, file: &Path, folder: &str) -> io::Result<PathBuf> {
        let to = free(&self.path.join(folder), file);
        let beside = file.with_extension("json");
        if beside.exists() {
            fs::rename(&beside, to.with_extension("json"))?;
        }
        fs::rename(file, &to)?;
        Ok(to)
    }

    /// Runs a recording that has been claimed, and puts it where it belongs then.
    async fn take(&self, file: &Path) {
        let outcome = self.run_call(file).await;
        let (folder, why) = match outcome {
            Outcome::Heard => ("done", None),
            Outcome::Failed(why) => ("failed", Some(why)),
            Outcome::Left => return,
        };
        if let Some(why) = &why {
            self.door.seen().refused(why);
        }
        self.door
            .metrics
            .door(if why.is_some() { "refused" } else { "said" });
        let moved = block_in_place(|| self.move_to(file, folder));
        let told = moved.and_then(|moved| match &why {
            Some(why) => {
                warn!(why, "a recording is no call; which one lies in `failed`");
                fs::write(moved.with_extension("txt"), format!("{why}\n"))
            }
            None => Ok(()),
        });
        if let Err(error) = told {
            warn!(%error, "a recording cannot be moved");
        }
    }

    async fn run_call(&self, file: &Path) -> Outcome {
        let (path, config) = (file.to_owned(), self.door.config.clone());
        let prepare = move || {
            let folder = &config.doors.folder;
            prepare(
                &path,
                &folder.names,
                folder.channels(),
                folder.forked.speaks(),
            )
        };
        let prepared = tokio::task::spawn_blocking(prepare).await;
        let prepared = match prepared {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(why)) => return Outcome::Failed(why),
            Err(_) => return Outcome::Failed("it cannot be decoded".to_owned()),
        };
        let Prepared {
            id: base,
            opening,
            legs,
            bytes_per_second,
        } = prepared;
        let names = &self.door.config.doors.fields;
        let (_, mut description) = describe::description(opening, names, self.door.api.defaults());
        let (mut id, mut begun, mut lost) = (base.clone(), 0, 0);
        loop {
            let (to_call, audio) = mpsc::channel(AUDIO_QUEUE);
            let api = &self.door.api;
            let opened = api
                .stream_call(&self.door.who, Some(id.clone()), description.clone(), audio)
                .await;
            let before = match opened {
                Ok((id, follower)) => {
                    info!(call = %id, "a recording is heard");
                    let piece = (PIECE.as_millis() as usize * bytes_per_second) / 1_000;
                    return self.hear(to_call, follower, legs, piece).await;
                }
                Err(ApiError::Exhausted { .. } | ApiError::Unavailable(_)) => None,
                Err(ApiError::Exists(_)) => self.before(&id).await,
                Err(error) => return Outcome::Failed(error.to_string()),
            };
            match before {
                Some(Before::Heard) => {
                    return Outcome::Failed(format!("it was heard before: its call is {id}"));
                }
                Some(before) => {
                    begun += 1;
                    lost += usize::from(before == Before::Lost);
                    if lost >= MOST_LOST {
                        return Outcome::Failed(format!(
                            "{lost} engines have died while they heard it, the last in call {id}; \
                             if it is not the reason, put it back under another name"
                        ));
                    }
                    let metadata = &mut description.metadata;
                    metadata.insert(BEGUN_BEFORE.to_owned(), id.to_string());
                    id = again(&base, begun);
                    continue;
                }
                None => {}
            }
            if self.stops() {
                return Outcome::Left;
            }
            tokio::select! {
                () = self.door.done.cancelled() => return Outcome::Left,
                () = sleep(TRY_AGAIN) => {}
            }
        }
    }

    /// What has become of a call of a recording; `None` where that cannot be read now.
    async fn before(&self, id: &CallId) -> Option<Before> {
        let stored = self.door.api.stored_call(&self.door.who, id.as_str()).await;
        match stored {
            Ok(call) => Some(Before::of(&call)),
            Err(error) => {
                warn!(call = %id, %error, "whether a recording was heard before cannot be read");
                None
            }
        }
    }

    /// Hands the sound over, a `piece` of so many bytes at a time and no faster than the call takes it,
    /// until its last event.
    async fn hear(
        &self,
        to_call: mpsc::Sender<StreamItem>,
        mut follower: Follower,
        legs: Vec<Vec<u8>>,
        piece: usize,
    ) -> Outcome {
        let pace = PIECE.div_f32(self.door.config.doors.folder.speed);
        let feed = async move {
            let mut pace = tokio::time::interval(pace);
            // What recognition holds up is not made up for.
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let longest = legs.iter().map(Vec::len).max().unwrap_or_default();
            for start in (0..longest).step_by(piece) {
                pace.tick().await;
                for (leg, sound) in legs.iter().enumerate() {
                    let Some(bytes) = sound.get(start..sound.len().min(start + piece)) else {
                        continue;
                    };
                    let audio = Audio {
                        leg: LegId(leg),
                        at: None,
                        bytes: bytes.to_vec(),
                    };
                    if to_call.send(StreamItem::Audio(audio)).await.is_err() {
                        return;
                    }
                }
            }
        };
        let follow = async {
            let mut before = Before::Heard;
            while let Some(page) = follower.next().await {
                for event in &page.events {
                    match &event.event.kind {
                        EventKind::CallEnded(ended) => before = Before::ended(ended.reason),
                        EventKind::Summary(_) if before == Before::Heard => return Outcome::Heard,
                        EventKind::Summary(_) => return Outcome::Left,
                        _ => {}
                    }
                }
            }
            Outcome::Left
        };
        let heard = async { tokio::join!(feed, follow).1 };
        tokio::select! {
            outcome = heard => outcome,
            () = self.door.done.cancelled() => Outcome::Left,
        }
    }
}

impl Before {
    fn ended(reason: EndReason) -> Self {
        match reason {
            EndReason::Shutdown => Self::Stopped,
            EndReason::EngineLost => Self::Lost,
            // Whoever closed it has heard enough.
            EndReason::Closed
            | EndReason::EndOfAudio
            | EndReason::MediaTimeout
            | EndReason::Disconnected => Self::Heard,
        }
    }

    fn of(call: &StoredCall) -> Self {
        let ended = call
            .events
            .iter()
            .find_map(|event| match &event.event.kind {
                EventKind::CallEnded(ended) => Some(ended.reason),
                _ => None,
            });
        match ended {
            Some(reason) => Self::ended(reason),
            // Neither its end nor what the next engine has made of it.
            None if call.ended_ms.is_none() => Self::Lost,
            None => Self::Heard,
        }
    }
}

/// Where a recording can be moved within a folder: what is said of it has its name but for the ending,
/// which no other recording there may share.
fn free(folder: &Path, file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let taken: HashSet<OsString> = entries
        .filter_map(|entry| Some(entry.path().file_stem()?.to_owned()))
        .collect();
    let is_free = |path: &PathBuf| path.file_stem().is_none_or(|stem| !taken.contains(stem));
    let others = (2..).map(|n| folder.join(format!("{n}-{}", name.to_string_lossy())));
    let mut names = iter::once(folder.join(name)).chain(others);
    names.find(is_free).expect("there are as many as numbers")
}

/// Files in a folder that may be recordings, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = files
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let ending = ending.to_ascii_lowercase();
            !name.starts_with('.') && ENDINGS.contains(&ending.as_str()) && path.is_file()
        })
        .collect();
    files.sort();
    files
}

/// Reads a recording and what is said of it, or says why it cannot be a call.
fn prepare(
    path: &Path,
    names: &str,
    channels: Option<ChannelMap>,
    alone: Role,
) -> Result<Prepared, String> {
    let meta = fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = AudioFile::open(path, Room::ENGINE).map_err(|error| error.problem.to_string())?;
    // Who is on which channel is said of those that have several.
    let channels = channels.filter(|_| file.channels.len() > 1);
    let only = channels.as_ref().and_then(ChannelMap::only);
    let recording = file.recording(channels.as_ref());
    let mut recording: Recording = recording.map_err(|problem| problem.to_string())?;
    recording.single_if_dual_mono();

    let mut fields = Fields::of_name(names, &stem);
    let beside = path.with_extension("json");
    if beside.exists() {
        let mut text = String::new();
        let read = File::open(&beside)
            .and_then(|file| file.take(LONGEST_DESCRIPTION + 1).read_to_string(&mut text));
        let bytes = read.map_err(|error| format!("its description cannot be read: {error}"))?;
        if bytes as u64 > LONGEST_DESCRIPTION {
            let most = LONGEST_DESCRIPTION >> 10;
            return Err(format!("its description is longer than {most} KiB"));
        }
        let said: Value = serde_json::from_str(&text)
            .map_err(|error| format!("its description is no JSON: {error}"))?;
        fields.extend(Fields::of_json(&said));
    }
    fields.set("file", name.to_string());

    let rate = offline::rate(&recording);
    let format = StreamFormat::Linear16(rate.into());
    let roles = match recording.channels.len() {
        1 => vec![only.unwrap_or(alone)],
        _ => vec![Role::Agent, Role::Customer],
    };
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let modified = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let sound = recording.at_rate(rate.hz()).channels;
    drop(recording);
    Ok(Prepared {
        id: id(&stem, meta.len(), modified),
        opening: Opening::alone(
            fields,
            roles
                .into_iter()
                .map(|role| Channel { role, format })
                .collect(),
        ),
        bytes_per_second: 2 * rate.hz() as usize,
        legs: sound
            .into_iter()
            .map(|samples| offline::bytes(&samples))
            .collect(),
    })
}

/// The id of a recording's call, the same however often it is asked for: FNV-1a of name, size and
/// age. The name itself may hold numbers, which ids carry into logs.
fn id(stem: &str, bytes: u64, modified: Duration) -> CallId {
    let parts = [
        stem.as_bytes(),
        &bytes.to_le_bytes(),
        &modified.as_nanos().to_le_bytes(),
    ];
    let hash = parts
        .concat()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    CallId::new(format!("recording-{hash:016x}"))
}

/// The id of the call that hears a recording again, after others were `begun`.
fn again(base: &CallId, begun: usize) -> CallId {
    CallId::new(format!("{base}-{}", begun + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_that_differ_in_their_endings_share_no_description() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let place = |file: &str| {
            let to = free(dir.path(), Path::new(file));
            fs::write(&to, "").expect("writable");
            to.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        let places = ["a.mp3", "a.wav", "a.wav", "b.wav"].map(place);
        assert_eq!(places, ["a.mp3", "2-a.wav", "3-a.wav", "b.wav"]);
    }

    #[test]
    fn ends_say_whether_a_recording_is_heard_again() {
        for reason in EndReason::ALL {
            let expected = match reason {
                EndReason::Shutdown => Before::Stopped,
                EndReason::EngineLost => Before::Lost,
                _ => Before::Heard,
            };
            assert_eq!(Before::ended(reason), expected, "{reason:?}");
        }
    }

    #[test]
    fn ids_are_the_same_for_the_same_file_alone() {
        let age = Duration::from_nanos(1_777_888_999_000_000_123);
        let one = id("通话 call-7", 4_711, age);
        assert_eq!(one, id("通话 call-7", 4_711, age));
        assert!(!one.to_string().contains("call-7"), "{one}");
        for other in [
            id("call-8", 4_711, age),
            id("通话 call-7", 4_712, age),
            id("通话 call-7", 4_711, age + Duration::from_nanos(1)),
        ] {
            assert_ne!(one, other);
        }
    }
}
