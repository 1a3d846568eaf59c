//! A model written down: little-endian numbers, with the tokens it is for and a checksum.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::ngram::{Level, NgramModel, ORDER};

const MAGIC: &[u8; 8] = b"SIDETLM\n";
const VERSION: u32 = 1;

/// A file that is larger, in MB, is none that `sidetone adapt` writes: those have about 5 MB.
const MOST_MB: u64 = 64;

/// A file cannot be used as a language model.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read the language model `{}`", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// It is a folder, a device or a pipe.
    #[error(
        "the language model `{}` is {what} and no regular file: name the file that `sidetone \
         adapt` wrote", .path.display()
    )]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It is larger than any model.
    #[error(
        "`{}` is larger than {MOST_MB} MB, as no language model is: name the file that `sidetone \
         adapt` wrote", .0.display()
    )]
    Large(PathBuf),
    /// It cannot be written.
    #[error("cannot write the language model `{}`", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
    /// It is something else.
    #[error("`{}` is no language model: make one with `sidetone adapt`", .0.display())]
    Foreign(PathBuf),
    /// Another version of the program wrote it.
    #[error(
        "the language model `{}` has version {found}, and this program reads {VERSION}: make it \
         again with `sidetone adapt`", .path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it says.
        found: u32,
    },
    /// It was made for other tokens.
    #[error(
        "the language model `{}` was made for a recogniser with another vocabulary: make it again \
         with `sidetone adapt` and the configured `recogniser.model`", .0.display()
    )]
    OtherTokens(PathBuf),
    /// Some of it is missing or was changed.
    #[error("the language model `{}` is damaged: make it again with `sidetone adapt`", .0.display())]
    Damaged(PathBuf),
}

/// Writes `model` to `path`. `tokens` is the [`fingerprint`] of the vocabulary it is for. A model that
/// is there already stays until the new one is whole.
pub fn write(path: &Path, model: &NgramModel, tokens: u64) -> Result<(), FileError> {
    let bytes = encode(model, tokens);
    // A device or a pipe is written to, and not replaced.
    let is_other = fs::metadata(path).is_ok_and(|place| !place.is_file());
    let written = if is_other {
        fs::write(path, bytes)
    } else {
        replace(path, &bytes)
    };
    written.map_err(|error| FileError::Write(path.to_owned(), error))
}

/// Writes a file beside `path`, and gives it that name once it is on the disk.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let whole = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let replaced = whole.and_then(|()| fs::rename(&part, path));
    if replaced.is_err() {
        // What is left of it is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    replaced
}

/// Reads a model for the vocabulary with the [`fingerprint`] `tokens`.
pub fn read(path: &Path, tokens: u64) -> Result<NgramModel, FileError> {
    let path = &in_full(path);
    decode(&bytes(path)?, tokens, path)
}

/// Whether a file is a model that can be read, for whichever vocabulary it may be.
pub fn check(path: &Path) -> Result<(), FileError> {
    let path = &in_full(path);
    content(&bytes(path)?, path).map(|_| ())
}

/// The path from the root on, so that an error says where a relative one was looked for.
fn in_full(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// All of a file that may be a model.
fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let cannot = |error| FileError::Read(path.to_owned(), error);
    // Before it is opened, which waits for whoever writes to a pipe.
    let kind = fs::metadata(path).map_err(cannot)?.file_type();
    if !kind.is_file() {
        let what = match kind.is_dir() {
            true => "a folder",
            false => "a device or a pipe",
        };
        let path = path.to_owned();
        return Err(FileError::NoFile { path, what });
    }
    let most = MOST_MB * 1_000_000;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    match bytes.len() as u64 > most {
        true => Err(FileError::Large(path.to_owned())),
        false => Ok(bytes),
    }
}

/// A number that two vocabularies only share if they have the same pieces in the same order.
pub fn fingerprint<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hash = Fnv::default();
    for piece in pieces {
        hash.add(&(piece.len() as u32).to_le_bytes());
        hash.add(piece);
    }
    hash.0
}

/// FNV-1a: told apart are accidents, not attacks.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn of(bytes: &[u8]) -> u64 {
        let mut hash = Self::default();
        hash.add(bytes);
        hash.0
    }
}

fn encode(model: &NgramModel, tokens: u64) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend(tokens.to_le_bytes());
    out.extend(model.vocabulary.to_le_bytes());
    out.extend(model.unseen.to_le_bytes());
    out.extend((model.levels.len() as u32).to_le_bytes());
    for level in &model.levels {
        out.extend((level.tokens.len() as u32).to_le_bytes());
        out.extend((level.backoffs.len() as u32).to_le_bytes());
        let whole = level.tokens.iter().chain(&level.children);
        out.extend(whole.flat_map(|number| number.to_le_bytes()));
        let floats = level.log_probs.iter().chain(&level.backoffs);
        out.extend(floats.flat_map(|number| number.to_le_bytes()));
    }
    out.extend(Fnv::of(&out).to_le_bytes());
    out
}

fn decode(bytes: &[u8], tokens: u64, path: &Path) -> Result<NgramModel, FileError> {
    let damaged = || FileError::Damaged(path.to_owned());
    let mut rest = Rest(content(bytes, path)?);
    if rest.take().map(u64::from_le_bytes) != Some(tokens) {
        return Err(FileError::OtherTokens(path.to_owned()));
    }
    rest.model()
        .filter(|model| rest.0.is_empty() && is_sound(model))
        .ok_or_else(damaged)
}

/// What lies between the head of a model's file and its checksum.
fn content<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a [u8], FileError> {
    let damaged = || FileError::Damaged(path.to_owned());
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(FileError::Foreign(path.to_owned()));
    };
    let version = rest.first_chunk().ok_or_else(damaged)?;
    let found = u32::from_le_bytes(*version);
    if found != VERSION {
        let path = path.to_owned();
        return Err(FileError::Version { path, found });
    }
    let (whole, sum) = bytes.split_last_chunk().ok_or_else(damaged)?;
    if Fnv::of(whole) != u64::from_le_bytes(*sum) {
        return Err(damaged());
    }
    whole
        .get(MAGIC.len() + size_of::<u32>()..)
        .ok_or_else(damaged)
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn many<T>(&mut self, count: usize, read: fn([u8; 4]) -> T) -> Option<Vec<T>> {
        let (taken, rest) = self.0.split_at_checked(count.checked_mul(4)?)?;
        self.0 = rest;
        Some(
            taken
                .as_chunks()
                .0
                .iter()
                .map(|bytes| read(*bytes))
                .collect(),
        )
    }

    fn model(&mut self) -> Option<NgramModel> {
        let vocabulary = self.number()?;
        let unseen = self.take().map(f32::from_le_bytes)?;
        let levels = self.number()? as usize;
        let levels = (0..levels.min(ORDER + 1)).map(|_| self.level());
        Some(NgramModel {
            vocabulary,
            levels: levels.collect::<Option<_>>()?,
            unseen,
        })
    }

    fn level(&mut self) -> Option<Level> {
        let count = self.number()? as usize;
        let inner = self.number()? as usize;
        let children = if inner == 0 { 0 } else { inner + 1 };
        Some(Level {
            tokens: self.many(count, u32::from_le_bytes)?,
            children: self.many(children, u32::from_le_bytes)?,
            log_probs: self.many(count, f32::from_le_bytes)?,
            backoffs: self.many(inner, f32::from_le_bytes)?,
        })
    }
}

/// Whether no search in it can go astray.
fn is_sound(model: &NgramModel) -> bool {
    let numbers = |level: &Level| {
        let mut all = level.log_probs.iter().chain(&level.backoffs);
        all.all(|number| number.is_finite() && *number < 1e-3)
    };
    let ascending = |tokens: &[u32]| tokens.is_sorted_by(|a, b| a < b);
    let linked = |(level, next): (&Level, &Level)| {
        level.backoffs.len() == level.tokens.len()
            && level.children.first().is_none_or(|first| *first == 0)
            && level.children.last().copied().unwrap_or(0) as usize == next.tokens.len()
            && level.children.windows(2).all(|of| {
                let range = of[0] as usize..of[1] as usize;
                next.tokens.get(range).is_some_and(ascending)
            })
    };
    let levels = &model.levels;
    levels.len() <= ORDER
        && model.unseen.is_finite()
        && levels.iter().all(numbers)
        && levels.first().is_none_or(|first| ascending(&first.tokens))
        && levels.iter().zip(levels.iter().skip(1)).all(linked)
        && levels.last().is_none_or(|last| last.children.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::counts::Corpus;
    use super::super::kneser_ney::estimate;
    use super::*;

    fn model() -> NgramModel {
        let mut corpus = Corpus::new(10);
        for sentence in [&[0_u32, 1, 2, 3][..], &[0, 1, 4], &[5, 1, 2, 6, 7], &[]] {
            corpus.add_sentence(sentence);
        }
        corpus.add_fragment(&[2, 3]);
        estimate(&corpus, usize::MAX)
    }

    fn error(bytes: &[u8], tokens: u64) -> String {
        let found = decode(bytes, tokens, Path::new("a.lm"));
        found.expect_err("it is wrong").to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.lm");
        write(&path, &model(), 7).expect("writable");
        assert_eq!(read(&path, 7).expect("it is whole"), model());
        let nothing = estimate(&Corpus::new(10), usize::MAX);
        write(&path, &nothing, 7).expect("writable");
        assert_eq!(read(&path, 7).expect("it is whole"), nothing);
    }

    #[test]
    fn a_model_stays_where_a_new_one_cannot_be_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.lm");
        write(&path, &model(), 7).expect("writable");
        // Nothing can be written beside it under that name.
        let part = dir.path().join("a.lm.part");
        fs::create_dir(&part).expect("writable");
        let nothing = estimate(&Corpus::new(10), usize::MAX);
        assert!(matches!(
            write(&path, &nothing, 7),
            Err(FileError::Write(..))
        ));
        assert_eq!(read(&path, 7).expect("it is whole"), model());
        fs::remove_dir(&part).expect("it is empty");
        write(&path, &nothing, 7).expect("writable");
        assert_eq!(read(&path, 7).expect("it is whole"), nothing);
        assert!(!part.exists(), "nothing is left beside it");
    }

    #[test]
    fn a_file_that_does_not_fit_says_why_and_what_to_do() {
        let whole = encode(&model(), 7);
        let mut newer = whole.clone();
        newer[MAGIC.len()] = 2;
        for (bytes, tokens, expected) in [
            (&whole[..], 8, "another vocabulary"),
            (&newer, 7, "has version 2, and this program reads 1"),
            (b"+++\nid = \"x\"\n", 7, "is no language model"),
            (b"", 7, "is no language model"),
            (MAGIC, 7, "is damaged"),
            (&whole[..whole.len() - 1], 7, "is damaged"),
        ] {
            let error = error(bytes, tokens);
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("`sidetone adapt`"), "{error}");
        }
        let missing = read(Path::new("no/such.lm"), 7).expect_err("there is none");
        let tried = std::env::current_dir().expect("there is one");
        let tried = tried.join("no/such.lm").display().to_string();
        assert!(missing.to_string().contains(&tried), "{missing}");
    }

    #[test]
    fn what_is_no_file_or_has_no_end_is_not_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let large = dir.path().join("large.lm");
        let file = File::create(&large).expect("writable");
        file.set_len(64_000_001).expect("a sparse file");
        for (path, expected) in [
            (dir.path(), "is a folder and no regular file"),
            (&large, "is larger than 64 MB"),
            #[cfg(unix)]
            (
                Path::new("/dev/zero"),
                "is a device or a pipe and no regular file",
            ),
        ] {
            for error in [read(path, 7).map(|_| ()), check(path)] {
                let error = error.expect_err(expected).to_string();
                assert!(error.contains(expected), "{error}");
                assert!(error.contains(&path.display().to_string()), "{error}");
            }
        }
    }

    #[test]
    fn vocabularies_are_told_apart() {
        let print = |pieces: &[&[u8]]| fingerprint(pieces.iter().copied());
        assert_eq!(print(&[b"ab", b"c"]), print(&[b"ab", b"c"]));
        assert_ne!(print(&[b"ab", b"c"]), print(&[b"a", b"bc"]));
        assert_ne!(print(&[b"ab", b"c"]), print(&[b"c", b"ab"]));
    }

    proptest! {
        #[test]
        fn a_bit_that_flips_is_noticed(at in 0_usize..10_000, bit in 0_u8..8) {
            let mut bytes = encode(&model(), 7);
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(decode(&bytes, 7, Path::new("a.lm")).is_err());
        }

        #[test]
        fn numbers_that_lead_astray_are_noticed_even_with_a_sum_that_fits(
            at in 28_usize..10_000, value in any::<u32>(),
        ) {
            let mut bytes = encode(&model(), 7);
            let last = bytes.len() - 8;
            let at = (28 + (at - 28) % (last - 32)) / 4 * 4;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            let sum = Fnv::of(&bytes[..last]).to_le_bytes();
            bytes[last..].copy_from_slice(&sum);
            if let Ok(model) = decode(&bytes, 7, Path::new("a.lm")) {
                // Whatever was let through can be searched.
                let mut history = model.beginning();
                for token in [0, 1, 2, 3, 9, 4_000_000_000] {
                    prop_assert!(!model.log_prob(&history, token).is_nan());
                    history = model.advance(&history, token);
                }
            }
        }
    }
}
