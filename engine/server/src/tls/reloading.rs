//! A port goes on with what its files say now.
//!
//! Files are read whole and compared by what is in them, so that it does not matter how they are
//! replaced: written anew, moved over each other, or behind a symbolic link that leads elsewhere, as
//! Kubernetes does it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::files::{Contents, Files, stale};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// What a port shows, which changes with its files.
pub(crate) struct Reloading {
    /// The setting that says where the port is, for the log.
    port: &'static str,
    files: Files,
    protocols: &'static [&'static [u8]],
    used: RwLock<Arc<ServerConfig>>,
    seen: Mutex<Seen>,
}

/// What has been seen in the files, each time by its hash.
struct Seen {
    used: u64,
    /// What could not be used at the last look.
    bad: Option<Bad>,
}

#[derive(Clone, Copy)]
struct Bad {
    seen: u64,
    told: bool,
}

/// What a look at the files brings.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing that has to be told.
    Same,
    /// What is in them now is used from now on.
    Used,
    /// What is in them cannot be used, and stays so. Told once.
    Bad(io::Error),
}

impl Reloading {
    /// Reads the files of a port at which `protocols` are spoken (ALPN).
    pub fn open(
        port: &'static str,
        files: Files,
        protocols: &'static [&'static [u8]],
    ) -> io::Result<Arc<Self>> {
        let contents = files.read()?;
        let config = files.config(&contents, protocols)?;
        let seen = Seen {
            used: hash(&Ok(contents)),
            bad: None,
        };
        Ok(Arc::new(Self {
            port,
            files,
            protocols,
            used: RwLock::new(Arc::new(config)),
            seen: Mutex::new(seen),
        }))
    }

    /// Whoever shakes hands with the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let used = self.used.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(used.clone())
    }

    /// Looks at the files time and again, until `close`.
    pub async fn watch(self: Arc<Self>, close: CancellationToken) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (port, certificate) = (self.port, self.files.certificate.display());
        while close.run_until_cancelled(looks.tick()).await.is_some() {
            let here = self.clone();
            // A file system may take its time.
            let Ok(look) = spawn_blocking(move || here.look()).await else {
                continue;
            };
            match look {
                Look::Same => {}
                Look::Used => match stale(&self.files.certificate) {
                    Ok(Some(why)) => {
                        warn!(port, %certificate, %why, "the new certificate is not valid now")
                    }
                    _ => info!(port, %certificate, "new connections get the new certificate"),
                },
                Look::Bad(why) => {
                    warn!(port, %why, "new files of TLS cannot be used; the old ones go on");
                }
            }
        }
    }

    /// Looks at the files once.
    pub fn look(&self) -> Look {
        let contents = self.files.read();
        let now = hash(&contents);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if now == seen.used {
            seen.bad = None;
            return Look::Same;
        }
        let last = seen.bad.filter(|bad| bad.seen == now);
        if last.is_some_and(|bad| bad.told) {
            return Look::Same;
        }
        let config = contents.and_then(|contents| self.files.config(&contents, self.protocols));
        match config {
            Ok(config) => {
                let mut used = self.used.write().unwrap_or_else(PoisonError::into_inner);
                *used = Arc::new(config);
                *seen = Seen {
                    used: now,
                    bad: None,
                };
                Look::Used
            }
            Err(why) => {
                // At first sight it may be a certificate whose key is written next.
                let told = last.is_some();
                seen.bad = Some(Bad { seen: now, told });
                match told {
                    true => Look::Bad(why),
                    false => Look::Same,
                }
            }
        }
    }
}

fn hash(contents: &io::Result<Contents>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match contents {
        Ok(contents) => contents.hash(&mut hasher),
        Err(error) => error.to_string().hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::samples::Authority;
    use super::super::{HTTP, files};
    use super::*;

    fn used(reloading: &Reloading) -> Arc<ServerConfig> {
        reloading.acceptor().config().clone()
    }

    #[test]
    fn what_is_good_is_used_at_once_and_what_is_not_is_told_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new("ours");
        let files = authority.server(folder.path(), "one");
        let reloading = Reloading::open("server.listen", files.clone(), HTTP).expect("right");
        let first = used(&reloading);
        assert!(matches!(reloading.look(), Look::Same));

        // The certificate is new and its key is not, yet.
        let fresh = tempfile::tempdir().expect("a folder");
        let fresh = authority.server(fresh.path(), "two");
        std::fs::copy(&fresh.certificate, &files.certificate).expect("written");
        assert!(matches!(reloading.look(), Look::Same));
        assert!(Arc::ptr_eq(&used(&reloading), &first));
        std::fs::copy(&fresh.key, &files.key).expect("written");
        assert!(matches!(reloading.look(), Look::Used));
        let second = used(&reloading);
        assert!(!Arc::ptr_eq(&second, &first));

        for broken in ["", "-----BEGIN CERTIFICATE-----\nMII\n"] {
            std::fs::write(&files.certificate, broken).expect("written");
            assert!(
                matches!(reloading.look(), Look::Same),
                "it may be half written"
            );
            let Look::Bad(why) = reloading.look() else {
                panic!("it stays bad");
            };
            assert!(why.to_string().contains("certificate.pem"), "{why}");
            assert!(matches!(reloading.look(), Look::Same), "it has been told");
        }
        std::fs::remove_file(&files.certificate).expect("there");
        assert!(matches!(reloading.look(), Look::Same));
        assert!(matches!(reloading.look(), Look::Bad(_)), "it is gone");
        assert!(Arc::ptr_eq(&used(&reloading), &second));

        std::fs::copy(&fresh.certificate, &files.certificate).expect("written");
        assert!(matches!(reloading.look(), Look::Same), "as it was");
        assert!(Arc::ptr_eq(&used(&reloading), &second));
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_that_leads_elsewhere_is_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let authority = Authority::new("ours");
        for version in ["..1", "..2"] {
            std::fs::create_dir(at(version)).expect("writable");
            authority.server(&at(version), "localhost");
        }
        // As Kubernetes mounts secrets: files are links into `..data`, which is replaced in one step.
        symlink("..1", at("..data")).expect("writable");
        for name in ["certificate.pem", "key.pem"] {
            symlink(format!("..data/{name}"), at(name)).expect("writable");
        }
        let files = files::Files {
            certificate: at("certificate.pem"),
            key: at("key.pem"),
            clients: None,
        };
        let reloading = Reloading::open("server.listen", files, HTTP).expect("right");
        assert!(matches!(reloading.look(), Look::Same));
        symlink("..2", at("..data_tmp")).expect("writable");
        std::fs::rename(at("..data_tmp"), at("..data")).expect("writable");
        assert!(matches!(reloading.look(), Look::Used));
    }

    #[tokio::test(start_paused = true)]
    async fn files_are_looked_at_by_and_by() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new("ours");
        let files = authority.server(folder.path(), "one");
        let reloading = Reloading::open("server.listen", files, HTTP).expect("right");
        let first = used(&reloading);
        let close = CancellationToken::new();
        let watching = tokio::spawn(reloading.clone().watch(close.clone()));
        tokio::time::sleep(EVERY / 2).await;
        authority.server(folder.path(), "two");
        tokio::time::sleep(EVERY * 2).await;
        assert!(!Arc::ptr_eq(&used(&reloading), &first));
        close.cancel();
        watching.await.expect("it ends");
    }
}
