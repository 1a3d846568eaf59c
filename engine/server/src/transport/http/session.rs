//! Logging in and out at a desk.

use std::time::Duration;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Form, Json};
use serde::{Deserialize, Serialize};
use sidetone_access::{Reach, Right};

use super::app::App;
use super::body::Body;
use super::failure::Failure;
use super::login_page::{LoginPage, Then};
use crate::access::LoginError;
use crate::transport::identify::{COOKIE, Who};
use crate::transport::peer::Peer;

/// Where somebody logs in and out.
pub(in crate::transport) const SESSION_PATH: &str = "/v1/session";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: String,
    #[serde(default)]
    then: String,
}

/// In both languages: nobody knows yet who reads it.
fn text_of(problem: &LoginError) -> String {
    match problem {
        LoginError::Wrong => "The name or the password is wrong. 用户名或密码不正确。".to_owned(),
        LoginError::Wait(wait) => {
            let seconds = wait.as_secs().max(1);
            format!(
                "Too many wrong passwords: try again in {seconds} s. 尝试次数过多，请 {seconds} 秒后再试。"
            )
        }
        LoginError::Open | LoginError::Directory(_) => {
            "Logging in is not possible now. 暂时无法登录。".to_owned()
        }
    }
}

/// Lets somebody in. A form of the login page is answered with the desk, JSON with an empty answer.
pub(super) async fn begin(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    });
    let peer = request.extensions().get::<Peer>().cloned();
    // Behind a proxy on this machine that ends TLS the connection itself is plain.
    let forwarded = request.headers().get("x-forwarded-proto");
    let is_tls = forwarded.is_some_and(|proto| proto.as_bytes() == b"https")
        || peer.as_ref().is_some_and(|peer| peer.is_tls);
    // In a frame of another site a browser sends no other cookie.
    let is_framed = is_tls
        && !app.api.embed_origins().is_empty()
        && request
            .headers()
            .get("sec-fetch-dest")
            .is_some_and(|dest| dest == "iframe");
    let read = match is_form {
        true => Form::from_request(request, &())
            .await
            .map(|Form(login)| login)
            .ok(),
        false => Body::from_request(request, &())
            .await
            .map(|Body(login)| login)
            .ok(),
    };
    let Some(login) = read else {
        let why = "log in with `name` and `password`, as JSON or as a form";
        return Err(crate::api::ApiError::Invalid(why.to_owned()).into());
    };
    let Login {
        name,
        password,
        then,
    } = login;
    let then = Then::read(&then);
    let from = peer.map(|peer| peer.address.ip());
    let begun = app.api.log_in(name, password, from).await;
    match begun? {
        Ok((token, lasts)) => {
            let cookie = match is_framed {
                true => cookie_in_frame(&token.reveal(), lasts.as_secs()),
                false => cookie(&token.reveal(), lasts, is_tls),
            };
            let cookie = HeaderValue::from_str(&cookie).map_err(crate::api::ApiError::internal)?;
            let mut response = match is_form {
                true => {
                    let desk = [(header::LOCATION, format!("../{}", then.as_str()))];
                    (StatusCode::SEE_OTHER, desk).into_response()
                }
                false => StatusCode::NO_CONTENT.into_response(),
            };
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(problem) => {
            let page = LoginPage {
                root: "../",
                single_sign_on: app.api.guard().single_sign_on().is_some(),
                then,
            };
            Ok(not_let_in(&problem, is_form.then_some(page)))
        }
    }
}

/// A form is answered with a page.
fn not_let_in(problem: &LoginError, page: Option<LoginPage>) -> Response {
    let status = match problem {
        LoginError::Wrong => StatusCode::UNAUTHORIZED,
        LoginError::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        LoginError::Open => StatusCode::CONFLICT,
        LoginError::Directory(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = match page {
        Some(page) => page.answer(status, Some(&text_of(problem))),
        None => {
            let told = match problem {
                LoginError::Directory(_) => {
                    "nobody can log in now; the engine's log says why".to_owned()
                }
                problem => problem.to_string(),
            };
            (status, Json(serde_json::json!({ "error": told }))).into_response()
        }
    };
    if let LoginError::Wait(wait) = problem {
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Scripts do not see it, and pages of other sites do not send it.
pub(super) fn cookie(secret: &str, lasts: Duration, is_tls: bool) -> String {
    let seconds = lasts.as_secs();
    let secure = if is_tls { "; Secure" } else { "" };
    format!("{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}")
}

/// The same for a desk in a frame of another site: it is sent within frames of that very site alone
/// (CHIPS), and `frame-ancestors` says which may show one.
fn cookie_in_frame(secret: &str, seconds: u64) -> String {
    format!(
        "{COOKIE}={secret}; HttpOnly; SameSite=None; Partitioned; Path=/; Max-Age={seconds}; Secure"
    )
}

/// Ends the session of whoever asks.
pub(super) async fn end(State(app): State<App>, Who(who): Who) -> Result<Response, Failure> {
    app.api.log_out(&who).await?;
    let mut headers = HeaderMap::new();
    let gone =
        HeaderValue::from_static("sidetone_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    headers.insert(header::SET_COOKIE, gone);
    if !app.api.embed_origins().is_empty() {
        let gone = HeaderValue::from_str(&cookie_in_frame("", 0));
        headers.append(
            header::SET_COOKIE,
            gone.map_err(crate::api::ApiError::internal)?,
        );
    }
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Who asks, and what they may do.
#[derive(Serialize)]
pub(super) struct Me {
    name: String,
    /// Whether they have shown who they are.
    known: bool,
    roles: Vec<String>,
    agent_id: Option<String>,
    may: Vec<&'static str>,
    /// Whether they may follow calls that are not their own.
    follows_others: bool,
    /// How customers are told that their mood is read from their voice; `null` where it is not.
    mood_notice: Option<String>,
    /// The origins of pages that may show the desk in a frame.
    embed_origins: Vec<String>,
}

/// Who asks, for the desk.
pub(super) async fn me(State(app): State<App>, Who(who): Who) -> Json<Me> {
    let may = Right::ALL.iter().filter(|right| {
        let mut roles = who.roles().iter();
        roles.any(|role| role.may.contains(right))
    });
    let follows_others = who.roles().iter().any(|role| {
        let of_others = [Reach::Team, Reach::All];
        role.may.contains(&Right::Follow) && of_others.iter().any(|of| role.calls.contains(of))
    });
    Json(Me {
        follows_others,
        may: may.map(|right| right.as_str()).collect(),
        known: who.is_known(),
        roles: who.role_names(),
        agent_id: who.agent_id().map(str::to_owned),
        name: who.name().to_owned(),
        mood_notice: app.api.mood_notice().map(str::to_owned),
        embed_origins: app.api.embed_origins().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_a_session_is_for_this_site_and_for_no_script() {
        let plain = cookie("abc", Duration::from_secs(60), false);
        let parts = "sidetone_session=abc; HttpOnly; SameSite=Strict; Path=/; Max-Age=60";
        assert_eq!(plain, parts);
        assert_eq!(
            cookie("abc", Duration::from_secs(60), true),
            format!("{parts}; Secure")
        );
        let framed = cookie_in_frame("abc", 60);
        assert!(framed.contains("SameSite=None; Partitioned") && framed.ends_with("Secure"));
    }
}
