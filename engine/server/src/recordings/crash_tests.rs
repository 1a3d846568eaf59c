//! What a crash leaves of a file, wherever it cuts it.

use std::fs;
use std::time::{Duration, Instant};

use sidetone_vault::{BLOCK, DataKey, SEALED_BLOCK};
use tempfile::TempDir;

use super::flac::{Encoder, FRAME, SIDES, Splitter};
use super::frames::FrameWriter;
use super::recover::{Length, close_as_it_is};
use super::sealed::SealedReader;
use super::tests::{loud, sound};

/// A recording whose engine was killed: its folder, its name, its key, and its frames.
struct Killed {
    dir: TempDir,
    key: DataKey,
    frames: Vec<Vec<u8>>,
}

const NAME: &str = "killed.rec";

impl Killed {
    /// After so many samples of each side, in pieces of a frame; what has to be on the disk is after each
    /// frame that `keeps_up`.
    fn after(sound: &[i16], keeps_up: impl Fn(usize) -> bool) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let key = DataKey::random().expect("random");
        let mut now = Instant::now();
        let mut writer = FrameWriter::create(dir.path(), NAME, &key, now).expect("writable");
        let mut encoder = Encoder::new().expect("made");
        let mut frames = Vec::new();
        for (at, frame) in sound.chunks(FRAME * SIDES).enumerate() {
            let mut coded = Vec::new();
            encoder.encode(at as u32, frame, &mut coded).expect("coded");
            writer.sound(&mut encoder, frame).expect("writable");
            frames.push(coded);
            if keeps_up(at) {
                now += Duration::from_secs(3);
                writer.keep_up(now).expect("writable");
            }
        }
        Self { dir, key, frames }
    }

    fn file(&self) -> Vec<u8> {
        fs::read(self.dir.path().join(NAME)).expect("readable")
    }

    /// How much is left of `file`, all of which can be read.
    fn left(&self, file: &[u8]) -> Length {
        fs::write(self.dir.path().join(NAME), file).expect("writable");
        let closed = || close_as_it_is(self.dir.path(), NAME, &self.key).expect("readable");
        let length = closed();
        if length.bytes == 0 {
            return length;
        }
        let read = self.read();
        assert_eq!(read.len() as u64, length.bytes);
        let frames = (length.samples as usize).div_ceil(FRAME);
        assert!(read == self.frames[..frames].concat());
        assert_eq!(closed(), length, "once more");
        assert!(self.read() == read, "once more");
        length
    }

    fn read(&self) -> Vec<u8> {
        let reader = SealedReader::open(self.dir.path(), NAME, &self.key);
        let mut reader = reader.expect("there");
        let length = reader.length().expect("whole");
        let mut frames = Splitter::default();
        let mut read = Vec::new();
        for index in 0..length.div_ceil(BLOCK as u64) {
            let block = reader.block(index).expect("readable");
            read.extend_from_slice(&block);
            frames.push(&block);
            while frames.next_frame().is_some() {}
        }
        assert!(frames.last_frame().is_some() && frames.is_empty());
        read
    }
}

#[test]
fn wherever_a_crash_cuts_a_file_all_whole_frames_before_are_read() {
    for sound in [sound(140_000), loud(40_000)] {
        let killed = Killed::after(&sound, |_| false);
        let file = killed.file();
        let blocks = file.len() / SEALED_BLOCK;
        let last = (blocks - 2) * SEALED_BLOCK;
        // Each byte around the seams of blocks, and some of those between.
        let near = |at: &usize| {
            let of_block = at % SEALED_BLOCK;
            of_block < 40 || SEALED_BLOCK - of_block < 40 || at.is_multiple_of(211)
        };
        let mut lost = 0;
        for cut in (last..=file.len()).filter(near) {
            let length = killed.left(&file[..cut]);
            let whole = (cut / SEALED_BLOCK * BLOCK) as u64;
            assert!(length.bytes <= whole, "{cut}");
            lost = lost.max(whole - length.bytes);
        }
        // A frame that is not followed by another one, and the beginning of that.
        let longest = killed.frames.iter().map(Vec::len).max().expect("some");
        assert!(lost <= 2 * longest as u64, "{lost} of {longest}");
    }
    assert_eq!(
        Killed::after(&sound(9_000), |_| false).left(&[]),
        Length::default()
    );
}

#[test]
fn a_copy_keeps_what_does_not_fill_a_block_yet_and_one_that_is_torn_leaves_the_one_before() {
    // Hardly any noise: it does not fill a block.
    let mut sound = sound(8 * FRAME);
    let quiet = |sample: &mut i16| *sample = (*sample & 1) * 2;
    sound.iter_mut().for_each(quiet);
    for copies in 1..=6 {
        let killed = Killed::after(&sound, |at| at < copies);
        let file = killed.file();
        assert_eq!(killed.left(&file).samples, (copies * FRAME) as u64);
        // Torn while it is written over the copy before the last.
        let place = copies % 2;
        let mut torn = file.clone();
        torn[place * SEALED_BLOCK + 5_000..(place + 1) * SEALED_BLOCK].fill(0);
        let before = copies.saturating_sub(1) * FRAME;
        assert_eq!(killed.left(&torn).samples, before as u64, "{copies}");
    }
}

#[test]
fn a_file_that_another_key_has_sealed_is_not_taken_for_an_empty_one() {
    let killed = Killed::after(&sound(100_000), |_| false);
    let key = DataKey::random().expect("random");
    let error = close_as_it_is(killed.dir.path(), NAME, &key).expect_err("another key");
    assert!(error.to_string().contains("can be opened"), "{error}");
}

#[test]
fn what_comes_before_a_broken_block_is_kept() {
    let killed = Killed::after(&loud(20 * FRAME), |_| false);
    let mut file = killed.file();
    file[7 * SEALED_BLOCK + 100] ^= 1;
    let left = killed.left(&file);
    assert!(left.bytes <= 7 * BLOCK as u64, "{left:?}");
    assert!(left.samples >= 5 * FRAME as u64, "{left:?}");
}

#[test]
fn blocks_that_fill_up_take_the_place_of_copies() {
    let killed = Killed::after(&loud(5 * FRAME), |_| true);
    assert_eq!(killed.left(&killed.file()).samples, 5 * FRAME as u64);
    let quiet = Killed::after(&sound(90 * FRAME), |at| at % 2 == 0);
    let left = quiet.left(&quiet.file()).samples as usize;
    assert!(left >= 89 * FRAME, "{left}");
}
