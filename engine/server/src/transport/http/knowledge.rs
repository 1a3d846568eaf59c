//! Articles and rules: read, edited, tried and published.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sidetone_types::lang::LanguageTag;

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use crate::api::{
    ApiError, ArticleLine, Bookcase, FileView, FoundArticles, LookedView, Publishing, TrialOrder,
    Unpublished, WholeArticle,
};
use crate::knowledge::FileKind;
use crate::storage::Version;
use crate::transport::identify::Who;

/// Calls that a trial takes if nothing is said of that.
const LAST: usize = 50;

/// The articles that are valid today.
pub(super) async fn articles(
    State(app): State<App>,
    Who(who): Who,
) -> Result<Json<Vec<ArticleLine>>, Failure> {
    Ok(Json(app.api.articles(&who).await?))
}

/// A whole article.
pub(super) async fn article(
    State(app): State<App>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<WholeArticle>, Failure> {
    Ok(Json(app.api.article(&who, &id).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    q: String,
    #[serde(default)]
    lang: String,
}

/// The articles that fit some words.
pub(super) async fn find(
    State(app): State<App>,
    Who(who): Who,
    Query(asked): Query<Asked>,
) -> Result<Json<FoundArticles>, Failure> {
    let lang = match asked.lang.as_str() {
        "" => None,
        code => {
            let tag = code.parse::<LanguageTag>();
            Some(
                tag.map_err(|error| ApiError::Invalid(error.to_string()))?
                    .lang,
            )
        }
    };
    Ok(Json(app.api.find_articles(&who, &asked.q, lang).await?))
}

/// The files of articles and rules.
pub(super) async fn files(
    State(app): State<App>,
    Who(who): Who,
) -> Result<Json<Bookcase>, Failure> {
    Ok(Json(app.api.bookcase(&who).await?))
}

/// A file.
pub(super) async fn file(
    State(app): State<App>,
    Who(who): Who,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<FileView>, Failure> {
    let file = app.api.knowledge_file(&who, (&kind, &name)).await?;
    Ok(Json(file))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checked {
    kind: FileKind,
    name: String,
    text: String,
}

/// Looks at a file that is not published.
pub(super) async fn check(
    State(app): State<App>,
    Who(who): Who,
    Body(file): Body<Checked>,
) -> Result<Json<LookedView>, Failure> {
    let Checked { kind, name, text } = file;
    Ok(Json(
        app.api.check_knowledge(&who, kind, &name, text).await?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    text: String,
    /// Of the text that was changed; left out if there was no such file.
    digest: Option<String>,
    #[serde(default)]
    note: String,
}

/// Puts a text in place of a file, or makes it.
pub(super) async fn publish(
    State(app): State<App>,
    Who(who): Who,
    Path((kind, name)): Path<(String, String)>,
    Body(written): Body<Written>,
) -> Result<Response, Failure> {
    let publishing = Publishing {
        text: Some(written.text),
        digest: written.digest,
        note: written.note,
    };
    done(&app, who, (&kind, &name), publishing).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removed {
    /// Of the text that they have read.
    digest: String,
    #[serde(default)]
    note: String,
}

/// Removes a file.
pub(super) async fn remove(
    State(app): State<App>,
    Who(who): Who,
    Path((kind, name)): Path<(String, String)>,
    Query(removed): Query<Removed>,
) -> Result<Response, Failure> {
    let publishing = Publishing {
        text: None,
        digest: Some(removed.digest),
        note: removed.note,
    };
    done(&app, who, (&kind, &name), publishing).await
}

async fn done(
    app: &App,
    who: crate::api::Principal,
    file: (&str, &str),
    publishing: Publishing,
) -> Result<Response, Failure> {
    let published = app.api.publish_knowledge(&who, file, publishing).await?;
    Ok(match published {
        Ok(published) => Json(published).into_response(),
        Err(unpublished) => refused(unpublished),
    })
}

/// Why a file is not published, with all that is needed to go on.
fn refused(unpublished: Unpublished) -> Response {
    let (status, body) = match unpublished {
        Unpublished::Changed(now) => {
            let error = match now {
                Some(_) => {
                    "the file has changed since it was read: bring both together, and publish that"
                }
                None => "the file is gone since it was read: publish it as a new one, or leave it",
            };
            let digest = now.as_ref().map(|file| file.digest());
            let text = now.map(|file| file.text);
            let body = json!({ "error": error, "text": text, "digest": digest });
            (StatusCode::CONFLICT, body)
        }
        Unpublished::Faulty(problems) => {
            let error = "the file has errors: mend them first";
            let body = json!({ "error": error, "problems": problems });
            (StatusCode::BAD_REQUEST, body)
        }
    };
    (status, Json(body)).into_response()
}

/// What a file said before.
pub(super) async fn versions(
    State(app): State<App>,
    Who(who): Who,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Json<Vec<Version>>, Failure> {
    let versions = app.api.knowledge_versions(&who, (&kind, &name)).await?;
    Ok(Json(versions))
}

#[derive(Serialize)]
pub(super) struct Text {
    text: String,
}

/// What a file said in one of its versions.
pub(super) async fn version(
    State(app): State<App>,
    Who(who): Who,
    Path((kind, name, version)): Path<(String, String, u64)>,
) -> Result<Json<Text>, Failure> {
    let file = (kind.as_str(), name.as_str());
    let text = app.api.knowledge_version(&who, file, version).await?;
    Ok(Json(Text { text }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    kind: FileKind,
    name: String,
    /// Left out, it is tried what happens without the file.
    text: Option<String>,
    #[serde(default)]
    calls: Vec<String>,
    last: Option<usize>,
}

/// Tries a file on past calls.
pub(super) async fn try_out(
    State(app): State<App>,
    Who(who): Who,
    Body(tried): Body<Tried>,
) -> Result<Response, Failure> {
    let order = TrialOrder {
        kind: tried.kind,
        name: tried.name,
        text: tried.text,
        calls: tried.calls,
        last: tried.last.unwrap_or(LAST),
    };
    Ok(match app.api.try_knowledge(&who, order).await? {
        Ok(trial) => Json(trial).into_response(),
        Err(faulty) => refused(faulty),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{Problem, SourceFile};
    use crate::sha256::sha256;

    async fn told(unpublished: Unpublished) -> (u16, serde_json::Value) {
        let response = refused(unpublished);
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await;
        let body = serde_json::from_slice(&body.expect("short")).expect("JSON");
        (status, body)
    }

    #[tokio::test]
    async fn who_was_too_late_is_told_what_the_file_says_now() {
        let now = SourceFile {
            kind: FileKind::Rules,
            name: "a.toml".to_owned(),
            text: "theirs".to_owned(),
            is_own: true,
        };
        let (status, body) = told(Unpublished::Changed(Some(now))).await;
        assert_eq!(status, 409);
        assert_eq!(
            (&body["text"], &body["digest"]),
            (&json!("theirs"), &json!(sha256("theirs")))
        );
        let (status, body) = told(Unpublished::Changed(None)).await;
        assert_eq!(
            (status, &body["text"], &body["digest"]),
            (409, &json!(null), &json!(null))
        );
        let problem = Problem {
            line: Some(4),
            message: "unknown field `titel`".to_owned(),
            is_error: true,
        };
        let (status, body) = told(Unpublished::Faulty(vec![problem])).await;
        assert_eq!((status, &body["problems"][0]["line"]), (400, &json!(4)));
    }
}
