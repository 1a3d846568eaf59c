//! Articles from a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::article::{Article, by_id};
use crate::error::KbError;

/// Reads every `.md` file of a folder, in the order of their names.
///
/// Folders inside it are left alone, and so are files with other endings and `README.md`.
///
/// # Errors
///
/// [`KbError`] for the first file that cannot be read or parsed, or for two articles with one id: a
/// knowledge base with a hole in it is worse than the one before it.
pub fn load_dir(path: &Path) -> Result<Vec<Article>, KbError> {
    let files = article_files(path)?;
    let articles: Vec<Article> = files
        .iter()
        .map(|file| read(&file.path))
        .collect::<Result<_, _>>()?;
    by_id(&articles)?;
    Ok(articles)
}

/// A file that should hold an article, and what changes when somebody edits it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ArticleFile {
    pub path: PathBuf,
    modified: Option<SystemTime>,
    bytes: u64,
}

/// The articles' files in the order of their names.
pub(crate) fn article_files(dir: &Path) -> Result<Vec<ArticleFile>, KbError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(cannot_read(dir))? {
        let path = entry.map_err(cannot_read(dir))?.path();
        let readme = path.file_name().is_some_and(|name| name == "README.md");
        // What is no file, such as a link to one that is gone, would be waited for.
        if path.extension().is_some_and(|ending| ending == "md") && !readme && path.is_file() {
            let about = fs::metadata(&path).map_err(cannot_read(&path))?;
            files.push(ArticleFile {
                modified: about.modified().ok(),
                bytes: about.len(),
                path,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads one article.
pub(crate) fn read(file: &Path) -> Result<Article, KbError> {
    let text = fs::read_to_string(file).map_err(cannot_read(file))?;
    Article::parse(file, &text)
}

fn cannot_read(path: &Path) -> impl Fn(std::io::Error) -> KbError {
    let path = path.to_owned();
    move |source| KbError::Read {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str) -> String {
        format!("+++\nid = \"{id}\"\nlang = \"en\"\ntitle = \"T\"\nsay = \"S\"\n+++\nDo it.\n")
    }

    #[test]
    fn articles_come_in_the_order_of_their_files_names() {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("b.md", article("one")),
            ("a.md", article("two")),
            ("notes.txt", "not an article".to_owned()),
            ("README.md", "for authors".to_owned()),
        ] {
            fs::write(dir.path().join(file), text).unwrap();
        }
        fs::create_dir(dir.path().join("old.md")).unwrap();

        let articles = load_dir(dir.path()).unwrap();
        let ids: Vec<_> = articles.iter().map(|article| article.id.as_str()).collect();
        assert_eq!(ids, ["two", "one"]);
    }

    #[test]
    fn an_id_taken_twice_names_both_files() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["first.md", "second.md"] {
            fs::write(dir.path().join(file), article("same")).unwrap();
        }
        let message = load_dir(dir.path()).unwrap_err().to_string();
        for expected in ["`same`", "first.md", "second.md"] {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing");
        let message = load_dir(&missing).unwrap_err().to_string();
        assert!(message.contains("missing"), "{message}");

        fs::write(dir.path().join("latin1.md"), b"caf\xe9").unwrap();
        let message = load_dir(dir.path()).unwrap_err().to_string();
        assert!(message.contains("latin1.md"), "{message}");
    }
}
