//! Articles from a folder.

use std::fs;
use std::path::Path;

use crate::article::{Article, by_id};
use crate::error::KbError;

/// Reads every `.md` file of a folder, in the order of their names.
///
/// Folders inside it are left alone, and so are files with other endings.
///
/// # Errors
///
/// [`KbError`] for the first file that cannot be read or parsed, or for two articles with one id: a
/// knowledge base with a hole in it is worse than the one before it.
pub fn load_dir(path: &Path) -> Result<Vec<Article>, KbError> {
    let cannot_read = |path: &Path| {
        let path = path.to_owned();
        move |source| KbError::Read { path, source }
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(cannot_read(path))? {
        let file = entry.map_err(cannot_read(path))?.path();
        if file.extension().is_some_and(|ending| ending == "md") && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();

    let mut articles = Vec::with_capacity(files.len());
    for file in &files {
        let text = fs::read_to_string(file).map_err(cannot_read(file))?;
        articles.push(Article::parse(file, &text)?);
    }
    by_id(&articles)?;
    Ok(articles)
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
