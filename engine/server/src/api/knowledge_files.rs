//! The files of articles and rules, for their authors: read, checked, published, and as they were.

use serde::Serialize;
use sidetone_access::{Decision, Right, decide};
use sidetone_audit::Outcome;
use sidetone_kb::Article;

use super::knowledge_views::{Bookcase, FileView, LookedView};
use super::{Api, ApiError, Principal};
use crate::knowledge::{
    Draft, FileKind, FileName, Knowledge, Looked, Problem, Shelf, SourceFile, WriteError,
};
use crate::sha256::sha256;
use crate::storage::{KnowledgeVersions, NewVersion, Version, now_ms};

/// Bytes of a file.
const LONGEST_TEXT: usize = 256 * 1024;
/// Bytes of a note.
const LONGEST_NOTE: usize = 500;
/// Who publishes where nobody is asked who they are.
const SOMEBODY: &str = "somebody";

/// What somebody wants to become of a file.
#[derive(Clone, Debug)]
pub struct Publishing {
    /// What is to stand in it; `None` if it is to be gone.
    pub text: Option<String>,
    /// The digest of the text that they have changed; `None` if there was no such file.
    pub digest: Option<String>,
    /// Why, in their words; may be empty.
    pub note: String,
}

/// What has become of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The number of the version.
    pub version: u64,
    /// The digest of its text; empty if it is gone.
    pub digest: String,
    /// Whether calls that begin from now on go by it. Otherwise something else is wrong, which is told.
    pub is_taken_up: bool,
    /// What works, and is likely not meant; and why it is not taken up.
    pub problems: Vec<Problem>,
}

/// Why a file was not published.
#[derive(Clone, Debug)]
pub enum Unpublished {
    /// It is not the one that was changed: somebody else was quicker. As it is now; `None` if it is gone.
    Changed(Option<SourceFile>),
    /// It is of no use as it is.
    Faulty(Vec<Problem>),
}

impl Api {
    /// What there is.
    pub async fn bookcase(&self, principal: &Principal) -> Result<Bookcase, ApiError> {
        self.permit_author(principal, "").await?;
        self.with_knowledge(Bookcase::of).await
    }

    /// A file.
    pub async fn knowledge_file(
        &self,
        principal: &Principal,
        file: (&str, &str),
    ) -> Result<FileView, ApiError> {
        self.permit_author(principal, file.1).await?;
        let (kind, name) = file_of(file)?;
        self.with_knowledge(move |knowledge| {
            let files = knowledge.files(kind).map_err(ApiError::internal)?;
            let file = files.into_iter().find(|file| file.name == name.as_str());
            let file = file.ok_or_else(|| no_file(kind, &name))?;
            let looked = match file.is_own {
                true => {
                    let draft = Draft {
                        kind,
                        name,
                        text: Some(file.text.clone()),
                    };
                    knowledge.look_at(&draft).map_err(ApiError::internal)?
                }
                false => Looked {
                    problems: Vec::new(),
                    article: Article::parse(file.name.as_ref(), &file.text).ok(),
                },
            };
            Ok(FileView {
                kind,
                digest: file.digest(),
                name: file.name,
                text: file.text,
                is_own: file.is_own,
                looked: looked.into(),
            })
        })
        .await
    }

    /// Looks at a file that is not published.
    pub async fn check_knowledge(
        &self,
        principal: &Principal,
        kind: FileKind,
        name: &str,
        text: String,
    ) -> Result<LookedView, ApiError> {
        self.permit_author(principal, name).await?;
        let draft = drafted((kind, file_name(kind, name)?), Some(text))?;
        let _turn = self
            .0
            .checking
            .acquire()
            .await
            .map_err(ApiError::internal)?;
        self.with_knowledge(move |knowledge| {
            let looked = knowledge.look_at(&draft).map_err(ApiError::internal)?;
            Ok(looked.into())
        })
        .await
    }

    /// Puts a text in place of a file, or removes it, and keeps what it was. The next call goes by it.
    ///
    /// # Errors
    ///
    /// Somebody may not; the files come with the program; or the disk refuses.
    pub async fn publish_knowledge(
        &self,
        principal: &Principal,
        (kind, name): (&str, &str),
        publishing: Publishing,
    ) -> Result<Result<Published, Unpublished>, ApiError> {
        // Whoever goes away in between leaves nothing half published.
        let (api, who) = (self.clone(), principal.clone());
        let (kind, name) = (kind.to_owned(), name.to_owned());
        let done =
            tokio::spawn(async move { api.publish_now(&who, (&kind, &name), publishing).await });
        done.await.map_err(ApiError::internal)?
    }

    async fn publish_now(
        &self,
        principal: &Principal,
        (kind, name): (&str, &str),
        publishing: Publishing,
    ) -> Result<Result<Published, Unpublished>, ApiError> {
        let right = Right::EditKnowledge;
        let decision = decide(principal, right, None);
        let what = format!("{kind}/{name}");
        let action = match publishing.text {
            Some(_) => "publish_knowledge",
            None => "remove_knowledge",
        };
        let told = (action, what.as_str(), &decision);
        if !decision.is_allowed() {
            self.tell_asked(principal, right, (action, &what), &decision)
                .await?;
            return Err(ApiError::Forbidden(principal.name().to_owned()));
        }
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let Publishing { text, digest, note } = publishing;
        let note = one_line(&note);
        if note.len() > LONGEST_NOTE {
            let long = format!("`note` is longer than {LONGEST_NOTE} bytes: say why in a line");
            return Err(ApiError::Invalid(long));
        }
        let draft = drafted(file_of((kind, name))?, text)?;
        let by = match principal.is_known() {
            true => principal.name().to_owned(),
            false => SOMEBODY.to_owned(),
        };

        // Nobody else publishes until this is done.
        let _turn = self.0.publishing.lock().await;
        let looked_at = draft.clone();
        let ready = self
            .with_knowledge(move |knowledge| prepare(knowledge, &looked_at, digest.as_deref()))
            .await;
        let detail = match (&ready, &draft.text) {
            (Ok(Ok(_)), Some(text)) => format!("sha256:{}", sha256(text)),
            _ => String::new(),
        };
        let outcome = match ready {
            Ok(Ok(_)) => Outcome::Done,
            _ => Outcome::Failed,
        };
        // Before anything is changed.
        self.tell_outcome(principal, right, told, (outcome, detail))
            .await?;
        let ready = match ready? {
            Ok(ready) => ready,
            Err(unpublished) => return Ok(Err(unpublished)),
        };
        let services = self.0.services.clone();
        let written = tokio::task::spawn_blocking(move || {
            let versions = services.store.knowledge()?;
            publish(&services.knowledge, &*versions, &draft, ready, (&by, &note))
        });
        let mut published = match written.await.map_err(ApiError::internal)?? {
            Ok(published) => published,
            Err(unpublished) => return Ok(Err(unpublished)),
        };
        published.is_taken_up = self.take_up(&mut published.problems).await?;
        Ok(Ok(published))
    }

    /// What a file said before, the newest first.
    pub async fn knowledge_versions(
        &self,
        principal: &Principal,
        file: (&str, &str),
    ) -> Result<Vec<Version>, ApiError> {
        self.permit_author(principal, file.1).await?;
        let (kind, name) = file_of(file)?;
        self.with_store(move |store| store.knowledge()?.of(kind, name.as_str()))
            .await
    }

    /// What a file said in one of its versions; empty if it was removed then.
    pub async fn knowledge_version(
        &self,
        principal: &Principal,
        file: (&str, &str),
        version: u64,
    ) -> Result<String, ApiError> {
        self.permit_author(principal, file.1).await?;
        let (kind, name) = file_of(file)?;
        let missing = ApiError::NotFound(format!("no version {version} of {kind}/{name} is kept"));
        let text =
            self.with_store(move |store| store.knowledge()?.text(kind, name.as_str(), version));
        Ok(text.await?.ok_or(missing)?.unwrap_or_default())
    }

    /// Has the next call go by what is published. Whether it does.
    async fn take_up(&self, problems: &mut Vec<Problem>) -> Result<bool, ApiError> {
        let looked = self.with_knowledge(|knowledge| {
            Ok((knowledge.look_again().is_ok(), knowledge.not_taken_up()))
        });
        let (is_read, problem) = looked.await?;
        self.0.metrics.knowledge_reloaded(is_read);
        match problem {
            None => Ok(true),
            Some(error) => {
                problems.push(Problem {
                    line: None,
                    message: format!("it is not taken up, for another file is wrong: {error}"),
                    is_error: true,
                });
                Ok(false)
            }
        }
    }

    /// Lets authors in. That they look and check is not written down: they do that all day.
    pub(super) async fn permit_author(&self, who: &Principal, what: &str) -> Result<(), ApiError> {
        let right = Right::EditKnowledge;
        match decide(who, right, None) {
            Decision::Allowed { .. } => Ok(()),
            refused => {
                self.tell_audit(who, right, what, &refused).await?;
                Err(ApiError::Forbidden(who.name().to_owned()))
            }
        }
    }

    /// Works with articles and rules where that keeps nobody waiting.
    pub(super) async fn with_knowledge<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Knowledge) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let knowledge = self.0.services.knowledge.clone();
        let done = tokio::task::spawn_blocking(move || work(&knowledge)).await;
        done.map_err(ApiError::internal)?
    }
}

/// A draft of what somebody has sent.
pub(super) fn drafted(
    (kind, name): (FileKind, FileName),
    text: Option<String>,
) -> Result<Draft, ApiError> {
    if text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT) {
        let long =
            format!("`text` is longer than {LONGEST_TEXT} bytes: part it into several files");
        return Err(ApiError::Invalid(long));
    }
    Ok(Draft { kind, name, text })
}

/// The file of that kind and name.
fn file_of((kind, name): (&str, &str)) -> Result<(FileKind, FileName), ApiError> {
    let known = kind.parse::<FileKind>();
    let kind = known.map_err(|error| ApiError::NotFound(error.to_string()))?;
    Ok((kind, file_name(kind, name)?))
}

pub(super) fn file_name(kind: FileKind, name: &str) -> Result<FileName, ApiError> {
    FileName::parse(kind, name).map_err(|error| ApiError::Invalid(error.to_string()))
}

fn no_file(kind: FileKind, name: &FileName) -> ApiError {
    ApiError::NotFound(format!("there is no file {kind}/{name}"))
}

/// What is needed to publish a draft.
struct Ready {
    before: Option<SourceFile>,
    problems: Vec<Problem>,
}

/// Looks at whether a draft can be published in place of the text of that digest.
fn prepare(
    knowledge: &Knowledge,
    draft: &Draft,
    digest: Option<&str>,
) -> Result<Result<Ready, Unpublished>, ApiError> {
    let shelf = knowledge.shelf(draft.kind);
    if shelf.folder().is_none() {
        return Err(WriteError::BuiltIn.into());
    }
    let before = file_now(&shelf, draft)?;
    if before.as_ref().map(SourceFile::digest).as_deref() != digest {
        return Ok(Err(Unpublished::Changed(before)));
    }
    if draft.text.is_none() && before.is_none() {
        return Err(no_file(draft.kind, &draft.name));
    }
    let looked = knowledge.look_at(draft).map_err(ApiError::internal)?;
    if !looked.is_usable() {
        return Ok(Err(Unpublished::Faulty(looked.problems)));
    }
    let problems = looked.problems;
    Ok(Ok(Ready { before, problems }))
}

/// Keeps a version of a draft and writes it down. What the file was is kept too, where somebody has
/// edited it by hand.
fn publish(
    knowledge: &Knowledge,
    versions: &dyn KnowledgeVersions,
    draft: &Draft,
    ready: Ready,
    (by_who, note): (&str, &str),
) -> Result<Result<Published, Unpublished>, ApiError> {
    let (kind, name) = (draft.kind, draft.name.as_str());
    let shelf = knowledge.shelf(kind);
    // Somebody may have edited it by hand while the draft was looked at.
    let now = file_now(&shelf, draft)?;
    if now != ready.before {
        return Ok(Err(Unpublished::Changed(now)));
    }
    let new = |text| NewVersion {
        kind,
        name,
        at_ms: now_ms().cast_unsigned(),
        by_who,
        note,
        text,
    };
    if let Some(before) = &ready.before {
        let last = versions.of(kind, name)?.into_iter().next();
        if last.is_none_or(|last| last.digest != before.digest()) {
            versions.keep(&NewVersion {
                at_ms: shelf.changed_ms(&draft.name).unwrap_or_default(),
                by_who: "",
                note: "",
                ..new(Some(&before.text))
            })?;
        }
    }
    let text = draft.text.as_deref();
    let version = versions.keep(&new(text))?;
    let written = match text {
        Some(text) => shelf.write(&draft.name, text),
        None => shelf.remove(&draft.name),
    };
    if let Err(error) = written {
        versions.withdraw(version)?;
        return Err(error.into());
    }
    Ok(Ok(Published {
        version,
        digest: text.map(sha256).unwrap_or_default(),
        is_taken_up: false,
        problems: ready.problems,
    }))
}

/// The file of a draft as it is now; `None` if there is none.
fn file_now(shelf: &Shelf, draft: &Draft) -> Result<Option<SourceFile>, ApiError> {
    let files = shelf.files(draft.kind).map_err(ApiError::internal)?;
    Ok(files
        .into_iter()
        .find(|file| file.name == draft.name.as_str()))
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::BuiltIn => Self::Conflict(error.to_string()),
            WriteError::Write { .. } => Self::Unavailable(error.to_string()),
        }
    }
}
