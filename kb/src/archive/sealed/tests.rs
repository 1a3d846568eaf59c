use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use proptest::prelude::*;
use sidetone_types::party::Role;
use sidetone_vault::{BLOCK, SEALED_BLOCK};
use tantivy::directory::{RamDirectory, TerminatingWrite};

use super::fragile::Fragile;
use super::*;
use crate::archive::tests::{key, line, utterances};
use crate::archive::{Archive, ArchiveError, ArchiveWriter, Line, Query, folder};

/// Words, a name and a figure: each is found in a file that lies in clear.
const TELLING: [&str; 4] = ["weatherstone", "bezahlknopf", "話費", "41375"];

fn said(call: &str, first: u64) -> Vec<Line> {
    [
        "My name is Weatherstone, and the Bezahlknopf is broken.",
        "我這個月的話費被重複扣了兩次。",
        "It was 41375 in all.",
    ]
    .into_iter()
    .zip(first..)
    .map(|(text, utterance)| line(call, utterance, Role::Customer, text))
    .collect()
}

fn has(bytes: &[u8], word: &str) -> bool {
    let same = |part: &[u8]| part.eq_ignore_ascii_case(word.as_bytes());
    bytes.windows(word.len()).any(same)
}

/// All files of a folder, by name.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap();
    let read = |file: io::Result<fs::DirEntry>| {
        let path = file.unwrap().path();
        (path.clone(), fs::read(path).unwrap())
    };
    files.map(read).collect()
}

/// The telling words that lie in clear in a folder.
fn in_clear(dir: &Path) -> Vec<&'static str> {
    let files = files(dir);
    let lies = |word: &&str| files.values().any(|bytes| has(bytes, word));
    TELLING.into_iter().filter(lies).collect()
}

/// Commits, each with a call of its own; every third one forgets a call, and one says lines anew.
fn live(writer: &mut ArchiveWriter, from: u64, to: u64) -> Result<(), ArchiveError> {
    for commit in from..=to {
        writer.add(&said(&format!("c{commit}"), 10 * commit))?;
        writer.add_alerts(&format!("c{commit}"), &["churn".to_owned()])?;
        if commit.is_multiple_of(3) {
            writer.forget(&format!("c{}", commit - 1))?;
        }
        if commit == 4 {
            writer.add(&said("c1", 10))?;
        }
        writer.commit(commit)?;
    }
    Ok(())
}

/// The utterances after so many commits, newest first.
fn expected(commits: u64) -> Vec<u64> {
    let is_forgotten = |commit: &u64| commit % 3 == 2 && *commit < commits;
    let left = (1..=commits).filter(|commit| !is_forgotten(commit));
    left.rev()
        .flat_map(|commit| (0..3).rev().map(move |line| 10 * commit + line))
        .collect()
}

#[test]
fn no_word_name_or_number_is_ever_written_in_clear() {
    for is_sealed in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let fragile = Fragile::new(folder(dir.path()).unwrap(), usize::MAX);
        let directory: Box<dyn Directory> = match is_sealed {
            true => SealedDirectory::new(fragile.clone().into(), key()).into(),
            false => fragile.clone().into(),
        };
        let archive = Archive::open_in(dir.path(), directory).unwrap();
        let mut writer = archive.writer().unwrap();
        live(&mut writer, 1, 12).unwrap();
        assert_eq!(utterances(&archive, &Query::of("")), expected(12));
        let written = fragile.written();
        let ids = ["agent-of", "customer", "speaker"];
        for word in TELLING.iter().chain(&ids) {
            assert_eq!(has(&written, word), !is_sealed, "{word}");
        }
        assert_eq!(in_clear(dir.path()).is_empty(), is_sealed);
    }
}

#[test]
fn what_was_forgotten_is_in_no_file_even_for_who_has_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path(), key()).unwrap();
    let mut writer = archive.writer().unwrap();
    let opened = || -> Vec<u8> {
        let directory = SealedDirectory::new(folder(dir.path()).unwrap(), key());
        let mut opened = Vec::new();
        for path in files(dir.path()).into_keys() {
            let name = Path::new(path.file_name().unwrap());
            match name.extension().and_then(|kind| kind.to_str()) {
                Some("lock") => {}
                Some("json") => opened.extend(directory.atomic_read(name).unwrap()),
                _ => {
                    let file = directory.get_file_handle(name).unwrap();
                    opened.extend_from_slice(&file.read_bytes(0..file.len()).unwrap());
                }
            }
        }
        opened
    };
    for call in 0..20 {
        let text = format!("harmless words of call {call}");
        let harmless = line(&format!("h{call}"), call, Role::Agent, &text);
        writer.add(&[harmless]).unwrap();
        if call == 7 {
            writer.add(&said("c1", 100)).unwrap();
        }
        if call % 2 == 0 {
            writer.commit(call).unwrap();
        }
    }
    // Said again: removed too, before the call is.
    writer.add(&said("c1", 100)).unwrap();
    writer.commit(20).unwrap();
    let before = opened();
    assert!(TELLING.iter().all(|word| has(&before, word)));

    writer.forget("c1").unwrap();
    writer.commit(20).unwrap();
    let after = opened();
    let left: Vec<_> = TELLING.iter().filter(|word| has(&after, word)).collect();
    assert!(left.is_empty() && has(&after, "harmless"), "{left:?}");
    assert_eq!(utterances(&archive, &Query::of("")).len(), 20);
    assert_eq!(archive.mark().unwrap(), 20);
    let segments = archive.index.searchable_segments().unwrap();
    for segment in segments {
        let reader = tantivy::SegmentReader::open(&segment).unwrap();
        assert!(!reader.has_deletes());
        for (field, entry) in archive.index.schema().fields() {
            if !entry.is_indexed() || *entry.name() == *"said_at" {
                continue;
            }
            let index = reader.inverted_index(field).unwrap();
            let mut terms = index.terms().stream().unwrap();
            while terms.advance() {
                let term = String::from_utf8_lossy(terms.key()).into_owned();
                let told = ["c1", "weather", "bezahl", "话", "41375"];
                assert!(!told.iter().any(|part| term.contains(part)), "{term}");
            }
        }
    }
}

#[test]
fn another_key_or_none_is_told_and_the_archive_is_built_anew() {
    let other = DataKey::random().unwrap();
    let open: [&dyn Fn(&Path) -> Archive; 2] =
        [&|dir| Archive::open_in_clear(dir).unwrap(), &|dir| {
            Archive::open(dir, &other).unwrap()
        }];
    for open in open {
        let dir = tempfile::tempdir().unwrap();
        let archive = open(dir.path());
        live(&mut archive.writer().unwrap(), 1, 2).unwrap();
        drop(archive);
        let refused = Archive::open(dir.path(), key()).unwrap_err();
        assert!(
            matches!(refused, ArchiveError::OtherKey { .. }),
            "{refused}"
        );
        let archive = Archive::open_or_renew(dir.path(), key()).unwrap();
        assert_eq!(archive.mark().unwrap(), 0);
        live(&mut archive.writer().unwrap(), 1, 2).unwrap();
        assert_eq!(utterances(&archive, &Query::of("")), expected(2));
        assert!(in_clear(dir.path()).is_empty());
    }
}

#[test]
fn damaged_files_are_an_error_or_built_anew_and_never_a_panic_or_wrong_words() {
    let origin = tempfile::tempdir().unwrap();
    let archive = Archive::open(origin.path(), key()).unwrap();
    live(&mut archive.writer().unwrap(), 1, 3).unwrap();
    drop(archive);
    let whole = files(origin.path());
    let names: Vec<&PathBuf> = whole.keys().collect();
    for (at, path) in names.iter().enumerate() {
        let bytes = &whole[*path];
        if bytes.is_empty() {
            continue; // locks
        }
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 4;
        let cut = bytes[..bytes.len() / 2].to_vec();
        let other = whole[names[(at + 1) % names.len()]].clone();
        let longer = [bytes.as_slice(), &[0; 40]].concat();
        for (harm, bytes) in [flipped, cut, other, longer, Vec::new()].iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            for (path, bytes) in &whole {
                fs::write(dir.path().join(path.file_name().unwrap()), bytes).unwrap();
            }
            fs::write(dir.path().join(path.file_name().unwrap()), bytes).unwrap();
            let looked = catch_unwind(AssertUnwindSafe(|| {
                let archive = Archive::open(dir.path(), key())?;
                archive.search(&Query::of(""))
            }));
            let case = format!("{}, {harm}", path.display());
            match looked.unwrap_or_else(|_| panic!("{case}")) {
                Ok(page) => assert_eq!(page.total, expected(3).len(), "{case}"),
                Err(err) => assert!(
                    matches!(err, ArchiveError::OtherKey { .. }),
                    "{case}: {err}"
                ),
            }
            let archive = Archive::open_or_renew(dir.path(), key()).unwrap();
            let found = utterances(&archive, &Query::of(""));
            match archive.mark().unwrap() {
                0 => assert!(found.is_empty(), "{case}"),
                mark => assert_eq!((mark, found), (3, expected(3)), "{case}"),
            }
        }
    }
}

#[test]
fn what_was_changed_amid_a_long_file_is_told_by_the_search_that_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path(), key()).unwrap();
    let mut writer = archive.writer().unwrap();
    let lines = (0..4_000).map(|at| {
        let text = format!("number {} and {}", at * 7_919, at * 104_729);
        line("c1", at, Role::Agent, &text)
    });
    writer.add(&lines.collect::<Vec<_>>()).unwrap();
    writer.commit(1).unwrap();
    drop((archive, writer));
    let is_store = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "store");
    let (path, mut bytes) = files(dir.path())
        .into_iter()
        .find(|(path, _)| is_store(path))
        .unwrap();
    assert!(bytes.len() > 3 * SEALED_BLOCK);
    bytes[SEALED_BLOCK + 99] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let archive = Archive::open(dir.path(), key()).unwrap();
    let searched = (0..20).map(|page| {
        archive.search(&Query {
            offset: page * 200,
            limit: 200,
            ..Query::of("")
        })
    });
    let (read, damaged): (Vec<_>, Vec<_>) = searched.partition(Result::is_ok);
    assert!(!read.is_empty() && !damaged.is_empty());
    for err in damaged {
        assert!(matches!(err, Err(ArchiveError::Damaged)));
    }
}

proptest! {
    // Each waits for the disk a few hundred times.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn killed_anywhere_it_opens_again_and_nothing_is_lost_or_in_clear(steps in 1_usize..500) {
        let dir = tempfile::tempdir().unwrap();
        let fragile = Fragile::new(folder(dir.path()).unwrap(), steps);
        let directory = SealedDirectory::new(fragile.into(), key());
        let mut done = 0;
        if let Ok(archive) = Archive::open_in(dir.path(), directory.into())
            && let Ok(mut writer) = archive.writer()
        {
            while done < 5 && live(&mut writer, done + 1, done + 1).is_ok() {
                done += 1;
            }
        }
        prop_assert!(in_clear(dir.path()).is_empty());
        let archive = Archive::open_or_renew(dir.path(), key()).unwrap();
        let mark = archive.mark().unwrap();
        prop_assert!(mark == done || mark == done + 1, "{mark} after {done}");
        let mut writer = archive.writer().unwrap();
        if mark > 0 && mark.is_multiple_of(3) {
            writer.forget(&format!("c{}", mark - 1)).unwrap(); // as whoever has the list of them does
        }
        live(&mut writer, mark + 1, 6).unwrap();
        prop_assert_eq!(utterances(&archive, &Query::of("")), expected(6));
        prop_assert!(in_clear(dir.path()).is_empty());
    }
}

proptest! {
    #[test]
    fn any_range_reads_as_it_was_written(
        length in prop_oneof![0..200_usize, BLOCK - 2..BLOCK + 2, 0..5 * BLOCK],
        seed in any::<u8>(),
        pieces in proptest::collection::vec(1..2 * BLOCK, 1..20),
        ranges in proptest::collection::vec(any::<[proptest::sample::Index; 2]>(), 1..30),
    ) {
        let plain: Vec<u8> = (0..length).map(|at| (at * 31 + at / 251) as u8 ^ seed).collect();
        let inner = RamDirectory::default();
        let directory = SealedDirectory::new(inner.clone().into(), key());
        let path = Path::new("segment.idx");
        let mut writer = directory.open_write(path).unwrap();
        let mut rest = &plain[..];
        for piece in pieces.iter().cycle() {
            let (now, then) = rest.split_at(rest.len().min(*piece));
            writer.write_all(now).unwrap();
            rest = then;
            if rest.is_empty() {
                break;
            }
        }
        writer.terminate().unwrap();
        let sealed = inner.get_file_handle(path).unwrap();
        prop_assert_eq!(sealed.len(), length + 28 * (length / BLOCK + 1));
        prop_assert_eq!(sealed.len().div_ceil(SEALED_BLOCK), length / BLOCK + 1);
        let file = directory.get_file_handle(path).unwrap();
        prop_assert_eq!(file.len(), length);
        for range in ranges {
            let mut range = range.map(|at| at.index(length + 1));
            range.sort_unstable();
            let read = file.read_bytes(range[0]..range[1]).unwrap();
            prop_assert_eq!(read.as_slice(), &plain[range[0]..range[1]]);
        }
        prop_assert!(file.read_bytes(0..length + 1).is_err());
    }
}
