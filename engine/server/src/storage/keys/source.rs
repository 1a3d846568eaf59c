//! Where master keys are fetched from.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sidetone_vault::{KeyId, Keyring, KeyringError, MasterKey, VaultError};
use tracing::warn;
use zeroize::Zeroizing;

use super::KeysConfig;

/// In the folder of the store, unless another place is configured.
const FILE: &str = "master.keys";

/// How long a program may take to print them, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where master keys are fetched from.
pub(super) enum Source {
    File(PathBuf),
    Variable(String),
    Command(Vec<String>),
    /// Nowhere: they go with the process.
    Memory,
}

/// The master keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// More than one place is configured.
    #[error("`store.keys` has more than one of `file`, `variable` and `command`: keep one")]
    Ambiguous,
    /// The file cannot be read or written.
    #[error("the master keys in {path}: {source}; what is kept cannot be read without them: put the file back, or name another by `store.keys.file`", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The variable is not set.
    #[error(
        "the environment variable `{0}` of `store.keys.variable` is not set: it has to hold the master keys"
    )]
    Variable(String),
    /// The program does not run.
    #[error("`{program}` of `store.keys.command` cannot be run: {source}")]
    Command {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The program fails.
    #[error(
        "`{program}` of `store.keys.command` ended with {status}: it has to print the master keys within 10 s"
    )]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// What is there are no keys.
    #[error("the master keys of {from}: {problem}")]
    Keyring {
        /// Where they come from.
        from: String,
        /// What is wrong with them.
        problem: KeyringError,
    },
    /// Only files are written.
    #[error(
        "the master keys come from {0}, which only you can change: put a key of `sidetone keys new` in front there"
    )]
    NotOurs(String),
    /// The first key is in use.
    #[error(
        "the master key {0} seals what is new, or is not among the keys: `sidetone keys rotate` puts another in front"
    )]
    First(KeyId),
    /// No key can be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable `{name}`"),
            Self::Command(line) => write!(f, "the program `{}`", program(line)),
            Self::Memory => f.write_str("memory"),
        }
    }
}

fn program(line: &[String]) -> &str {
    line.first().map_or("", String::as_str)
}

impl Source {
    pub fn of(config: &KeysConfig, dir: &Path) -> Result<Self, KeysError> {
        let KeysConfig {
            file,
            variable,
            command,
        } = config;
        match (
            file.as_os_str().is_empty(),
            variable.is_empty(),
            command.is_empty(),
        ) {
            (true, true, true) => Ok(Self::File(dir.join(FILE))),
            (false, true, true) => Ok(Self::File(file.clone())),
            (true, false, true) => Ok(Self::Variable(variable.clone())),
            (true, true, false) => Ok(Self::Command(command.clone())),
            _ => Err(KeysError::Ambiguous),
        }
    }

    /// Makes a file with a new key if there is none. Whether it did.
    pub fn make(&self) -> Result<bool, KeysError> {
        let Self::File(path) = self else {
            return Ok(false);
        };
        if path.exists() {
            return Ok(false);
        }
        let key = Keyring::of(vec![MasterKey::random()?]).expect("one key");
        let new = written_beside(path, &key).map_err(|source| self.file(source))?;
        // Whoever is first makes it; nobody sees half of it.
        let linked = fs::hard_link(&new, path).and_then(|()| sync_folder(path));
        let removed = fs::remove_file(&new);
        match linked.and(removed) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(self.file(error)),
        }
    }

    /// Fetches them.
    pub fn read(&self) -> Result<Keyring, KeysError> {
        let text = match self {
            Self::File(path) => {
                check_rights(path);
                fs::read_to_string(path).map_err(|source| self.file(source))?
            }
            Self::Variable(name) => {
                let value = std::env::var(name);
                let value = value.map_err(|_| KeysError::Variable(name.clone()))?;
                value.split_whitespace().collect::<Vec<_>>().join("\n")
            }
            Self::Command(line) => output(line)?,
            Self::Memory => return Err(KeysError::NotOurs(self.to_string())),
        };
        let text = Zeroizing::new(text);
        Keyring::parse(&text).map_err(|problem| KeysError::Keyring {
            from: self.to_string(),
            problem,
        })
    }

    pub fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    /// Replaces the keys of the file by what `change` makes of them, one change at a time: nobody's is lost.
    pub fn change(
        &self,
        change: impl FnOnce(Keyring) -> Result<Keyring, KeysError>,
    ) -> Result<Keyring, KeysError> {
        let Self::File(path) = self else {
            return Err(KeysError::NotOurs(self.to_string()));
        };
        // A link stays one.
        let path = fs::canonicalize(path).map_err(|source| self.file(source))?;
        let lock = private()
            .create(true)
            .truncate(false)
            .open(path.with_extension("lock"));
        let lock = lock.and_then(|lock| lock.lock().map(|()| lock));
        let _lock = lock.map_err(|source| self.file(source))?;
        let keyring = change(self.read()?)?;
        let replaced = written_beside(&path, &keyring).and_then(|new| {
            keep_owner(&path, &new)?;
            fs::rename(new, &path)?;
            sync_folder(&path)
        });
        replaced.map_err(|source| self.file(source))?;
        Ok(keyring)
    }

    fn file(&self, source: io::Error) -> KeysError {
        let path = match self {
            Self::File(path) => path.clone(),
            _ => PathBuf::new(),
        };
        KeysError::File { path, source }
    }
}

fn output(line: &[String]) -> Result<String, KeysError> {
    let program = program(line).to_owned();
    let started = Command::new(&program)
        .args(&line[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    match started.and_then(printed) {
        Ok((status, text)) if status.success() => Ok(text),
        Ok((status, _)) => Err(KeysError::Failed { program, status }),
        Err(source) => Err(KeysError::Command { program, source }),
    }
}

/// How a program ended, and what it printed. One that takes too long is ended.
fn printed(mut child: Child) -> io::Result<(ExitStatus, String)> {
    let mut output = child.stdout.take().expect("it is piped");
    // It is read meanwhile: a pipe that is full would hold it up.
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    let until = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() >= until => {
                child.kill()?;
                break child.wait()?;
            }
            None => std::thread::sleep(LOOK_EVERY),
        }
    };
    let text = reading.join();
    let text = text.map_err(|_| io::Error::other("what it prints cannot be read"))??;
    Ok((status, text))
}

/// A new file in the same folder, on the disk, which nobody else may read.
fn written_beside(path: &Path, keyring: &Keyring) -> io::Result<PathBuf> {
    let new = path.with_extension(format!("new-{}", std::process::id()));
    // Left behind by one that was killed, or put there by somebody.
    let _ = fs::remove_file(&new);
    let mut file = private().create_new(true).open(&new)?;
    file.write_all(
        b"# Master keys of Sidetone: whoever has them reads what is kept, and without them nobody does.\n",
    )?;
    file.write_all(keyring.text().as_bytes())?;
    file.sync_all()?;
    sync_folder(path)?;
    Ok(new)
}

/// Opens files that nobody else may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The engine that could read the old file can read the new one, whoever made it.
fn keep_owner(old: &Path, new: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (was, is) = (fs::metadata(old)?, fs::metadata(new)?);
        if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
            std::os::unix::fs::chown(new, Some(was.uid()), Some(was.gid()))?;
        }
        fs::set_permissions(new, was.permissions())?;
    }
    Ok(())
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn check_rights(path: &Path) {
    #[cfg(unix)]
    if let Ok(file) = fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt as _;
        if file.permissions().mode() & 0o077 != 0 {
            let file = path.display();
            warn!(%file, "others may read the master keys: `chmod 600` it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file: &str, variable: &str, command: &[&str]) -> Result<Source, KeysError> {
        let config = KeysConfig {
            file: file.into(),
            variable: variable.to_owned(),
            command: command.iter().map(|part| (*part).to_owned()).collect(),
        };
        Source::of(&config, Path::new("/store"))
    }

    #[test]
    fn keys_come_from_one_place() {
        for (source, told) in [
            (of("", "", &[]), "the file /store/master.keys"),
            (of("/k", "", &[]), "the file /k"),
            (of("", "KEYS", &[]), "the environment variable `KEYS`"),
            (of("", "", &["kms", "get"]), "the program `kms`"),
        ] {
            assert_eq!(source.expect("one place").to_string(), told);
        }
        for two in [of("/k", "KEYS", &[]), of("", "KEYS", &["kms"])] {
            assert!(matches!(two, Err(KeysError::Ambiguous)));
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_program_prints_them_and_nothing_else_is_taken_for_keys() {
        let key = MasterKey::random().expect("random");
        let line = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
        let says = |script: &str| Source::Command(line(script)).read();
        let keyring = says(&format!("echo {}", *key.text())).expect("a key");
        assert!(keyring.ids().eq([key.id()]));
        for (script, expected) in [
            ("echo locked", "line 1"),
            ("true", "no key in it"),
            ("exit 3", "exit status: 3"),
        ] {
            let told = says(script).expect_err("no keys").to_string();
            assert!(told.contains(expected), "{told}");
        }
        let missing = Source::Command(vec!["/no/such/program".to_owned()]).read();
        assert!(matches!(missing, Err(KeysError::Command { .. })));
        let unset = Source::Variable("SIDETONE_NO_SUCH_VARIABLE".to_owned()).read();
        assert!(matches!(unset, Err(KeysError::Variable(_))));
        let theirs = Source::Variable("X".to_owned()).change(Ok);
        assert!(matches!(theirs, Err(KeysError::NotOurs(_))));
    }
}
