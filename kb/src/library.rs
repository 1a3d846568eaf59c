//! The articles in use: an index that is built anew when authors change something, or the day does.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::Date;
use crate::article::Article;
use crate::error::KbError;
use crate::index::Index;
use crate::load::{ArticleFile, article_files, load_dir};
use crate::samples::samples;

/// Where articles come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// Those that come with the program. They never change.
    Samples,
    /// The `.md` files of a folder.
    Dir(PathBuf),
}

impl From<&Path> for Source {
    /// An empty path means the samples.
    fn from(path: &Path) -> Self {
        match path.as_os_str().is_empty() {
            true => Self::Samples,
            false => Self::Dir(path.to_owned()),
        }
    }
}

/// Articles that may change while calls go on.
///
/// Threads share it. A search works on the [`Index`] that was current when it began.
pub struct Library {
    source: Source,
    current: RwLock<Arc<Index>>,
    seen: Mutex<Seen>,
}

/// What the last attempt to build an index was made of.
#[derive(Eq, PartialEq)]
struct Seen {
    files: Vec<ArticleFile>,
    today: Date,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let articles = self.current().articles().len();
        write!(f, "Library({:?}, {articles} articles)", self.source)
    }
}

impl Library {
    /// Reads the articles and keeps those that are valid on that day.
    ///
    /// # Errors
    ///
    /// [`KbError`] for the first article that is wrong: there is no older index to fall back on.
    pub fn open(source: Source, today: Date) -> Result<Self, KbError> {
        // Looked at before they are read: what changes in between is seen as a change later.
        let seen = Seen::now(&source, today)?;
        let index = build(&source, today)?;
        Ok(Self {
            source,
            current: RwLock::new(Arc::new(index)),
            seen: Mutex::new(seen),
        })
    }

    /// The index as it is now. Cheap; ask again for each search.
    #[must_use]
    pub fn current(&self) -> Arc<Index> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Builds the index anew if a file came, went or changed (by its time or its length), or if the
    /// day did. Tells whether there is a new one.
    ///
    /// This waits for the disk; it takes some tens of milliseconds when there is something to
    /// build.
    ///
    /// # Errors
    ///
    /// [`KbError`] if an article is wrong. The old index stays, and the same files are not read
    /// again: the error comes once for each change. What cannot be read at all is tried again each
    /// time.
    pub fn reload_if_changed(&self, today: Date) -> Result<bool, KbError> {
        let now = Seen::now(&self.source, today)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return Ok(false);
        }
        let built = build(&self.source, today);
        if !matches!(built, Err(KbError::Read { .. })) {
            *seen = now;
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(built?);
        Ok(true)
    }
}

impl Seen {
    fn now(source: &Source, today: Date) -> Result<Self, KbError> {
        let files = match source {
            Source::Samples => Vec::new(),
            Source::Dir(dir) => article_files(dir)?,
        };
        Ok(Self { files, today })
    }
}

fn build(source: &Source, today: Date) -> Result<Index, KbError> {
    let mut articles: Vec<Article> = match source {
        Source::Samples => samples(),
        Source::Dir(dir) => load_dir(dir)?,
    };
    articles.retain(|article| article.is_valid_on(today));
    Index::build(articles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const SPRING: Date = date(2026, 3, 1);

    const fn date(year: u16, month: u8, day: u8) -> Date {
        Date { year, month, day }
    }

    fn article(id: &str, more: &str) -> String {
        format!(
            "+++\nid = \"{id}\"\nlang = \"en\"\ntitle = \"T\"\nsay = \"S\"\n{more}+++\nDo it.\n"
        )
    }

    fn ids(library: &Library) -> Vec<String> {
        let index = library.current();
        index
            .articles()
            .map(|article| article.id.to_string())
            .collect()
    }

    #[test]
    fn what_authors_change_is_there_at_the_next_look() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        fs::write(file("a.md"), article("one", "")).unwrap();
        let library = Library::open(Source::from(dir.path()), SPRING).unwrap();
        assert!(
            !library.reload_if_changed(SPRING).unwrap(),
            "nothing changed"
        );

        fs::write(file("b.md"), article("two", "")).unwrap();
        assert!(library.reload_if_changed(SPRING).unwrap());
        assert_eq!(ids(&library), ["one", "two"]);

        fs::write(file("b.md"), article("second", "")).unwrap();
        assert!(library.reload_if_changed(SPRING).unwrap());
        assert_eq!(ids(&library), ["one", "second"]);

        fs::remove_file(file("a.md")).unwrap();
        assert!(library.reload_if_changed(SPRING).unwrap());
        assert_eq!(ids(&library), ["second"]);
    }

    #[test]
    fn a_broken_file_is_told_once_and_the_old_index_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.md");
        fs::write(&file, article("one", "")).unwrap();
        let library = Library::open(Source::from(dir.path()), SPRING).unwrap();

        fs::write(&file, "half an arti").unwrap();
        let message = library.reload_if_changed(SPRING).unwrap_err().to_string();
        assert!(message.contains("a.md:1"), "{message}");
        assert!(!library.reload_if_changed(SPRING).unwrap());
        assert_eq!(ids(&library), ["one"]);

        fs::write(&file, article("mended", "")).unwrap();
        assert!(library.reload_if_changed(SPRING).unwrap());
        assert_eq!(ids(&library), ["mended"]);
    }

    #[test]
    fn an_article_comes_and_goes_with_the_day() {
        let dir = tempfile::tempdir().unwrap();
        let days = "valid_from = 2026-03-02\nvalid_until = 2026-03-03\n";
        fs::write(dir.path().join("a.md"), article("short", days)).unwrap();
        let library = Library::open(Source::from(dir.path()), SPRING).unwrap();
        for (day, expected) in [(1, 0), (2, 1), (3, 1), (4, 0)] {
            let _ = library.reload_if_changed(date(2026, 3, day)).unwrap();
            assert_eq!(ids(&library).len(), expected, "day {day}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let articles = dir.path().join("articles");
        fs::create_dir(&articles).unwrap();
        let library = Library::open(Source::from(&*articles), SPRING).unwrap();
        fs::remove_dir(&articles).unwrap();
        for _ in 0..2 {
            assert!(library.reload_if_changed(SPRING).is_err());
        }
        fs::create_dir(&articles).unwrap();
        fs::write(articles.join("a.md"), article("one", "")).unwrap();
        assert!(library.reload_if_changed(SPRING).unwrap());
    }

    #[test]
    fn no_path_means_the_samples() {
        let library = Library::open(Source::from(Path::new("")), SPRING).unwrap();
        assert!(ids(&library).len() >= 40);
    }
}
