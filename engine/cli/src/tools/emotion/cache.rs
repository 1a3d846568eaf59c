//! What is known of voices, kept from one run to the next: to listen takes minutes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sidetone_weights::Sha256;
use tempfile::NamedTempFile;

/// To be raised whenever the same recording would be heard otherwise: other lines, measures, or
/// sums of the encoder's values.
const VERSION: u32 = 3;
/// Below the root of the models' cache; begins with a dot, as no model's directory does.
const DIR: &str = ".voices";
/// Hexadecimal digits of a sum.
const SUM: usize = 64;

/// Inputs of heads, a file for each recording and line. It may be thrown away at any time.
pub struct Cache {
    dir: PathBuf,
    ear: String,
}

impl Cache {
    /// Below `root`, of what is heard with what `ear` describes: weights, and how they are used.
    pub fn new(root: &Path, ear: &str) -> Self {
        Self {
            dir: root.join(DIR),
            ear: format!("{VERSION} {ear}"),
        }
    }

    /// What was kept of `recording` over `line`, if that is whole.
    pub fn get(&self, recording: Sha256, line: &str) -> Option<Vec<f32>> {
        let kept = fs::read(self.place(recording, line)).ok()?;
        let (sum, values) = kept.split_at_checked(SUM)?;
        let whole = Sha256::of(values).to_string().as_bytes() == sum;
        let value = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
        whole.then(|| values.chunks_exact(size_of::<f32>()).map(value).collect())
    }

    /// Keeps `values`. Whoever looks meanwhile finds all of them or none.
    pub fn put(&self, recording: Sha256, line: &str, values: &[f32]) -> io::Result<()> {
        let place = self.place(recording, line);
        let dir = place.parent().unwrap_or(&self.dir);
        fs::create_dir_all(dir)?;
        let values: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut file = NamedTempFile::new_in(dir)?;
        file.write_all(Sha256::of(&values).to_string().as_bytes())?;
        file.write_all(&values)?;
        file.persist(place)?;
        Ok(())
    }

    fn place(&self, recording: Sha256, line: &str) -> PathBuf {
        let what = format!("{} {recording} {line}", self.ear);
        let key = Sha256::of(what.as_bytes()).to_string();
        // A directory with thousands of files is slow on some systems.
        self.dir.join(&key[..2]).join(&key[2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_by_recording_line_and_ear() {
        let root = tempfile::tempdir().expect("a directory");
        let (one, other) = (Sha256::of(b"one"), Sha256::of(b"other"));
        let cache = Cache::new(root.path(), "base");
        assert_eq!(cache.get(one, "wide"), None);
        cache.put(one, "wide", &[1.5, -2.0]).expect("kept");
        assert_eq!(cache.get(one, "wide"), Some(vec![1.5, -2.0]));
        assert_eq!(cache.get(other, "wide"), None, "another recording");
        assert_eq!(cache.get(one, "telephone"), None, "another line");
        let small = Cache::new(root.path(), "small");
        assert_eq!(small.get(one, "wide"), None, "another recogniser");
        cache.put(one, "wide", &[3.0]).expect("kept");
        assert_eq!(cache.get(one, "wide"), Some(vec![3.0]), "the latest");
    }

    #[test]
    fn damaged_entries_count_as_none() {
        let root = tempfile::tempdir().expect("a directory");
        let cache = Cache::new(root.path(), "base");
        let one = Sha256::of(b"one");
        cache.put(one, "wide", &[1.0, 2.0]).expect("kept");
        let place = cache.place(one, "wide");
        let whole = fs::read(&place).expect("there");
        let mut flipped = whole.clone();
        *flipped.last_mut().expect("a byte") ^= 1;
        for damaged in [&[][..], &whole[..10], &whole[..whole.len() - 4], &flipped] {
            fs::write(&place, damaged).expect("written");
            assert_eq!(cache.get(one, "wide"), None, "{} bytes", damaged.len());
        }
        cache.put(one, "wide", &[1.0, 2.0]).expect("kept again");
        assert_eq!(fs::read(&place).expect("there"), whole);
    }
}
