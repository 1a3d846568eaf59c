//! Logging in at a desk by a provider: there, and back.

use axum::extract::{Query, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::app::App;
use super::failure::Failure;
use super::login_page::{LoginPage, Then};
use super::session;
use crate::access::{Answer, LOGIN_PATIENCE, OidcError};
use crate::api::ApiError;
use crate::transport::identify::cookie;
use crate::transport::peer::Peer;

/// Where somebody begins, and where the provider sends them back to.
pub(in crate::transport) const LOGIN_PATH: &str = "/v1/oidc/login";
pub(in crate::transport) const CALLBACK_PATH: &str = "/v1/oidc/callback";

/// The cookies of somebody on the way: who they are, and what they go on to.
const COOKIE: &str = "sidetone_oidc";
const THEN_COOKIE: &str = "sidetone_then";
/// Stands in the page of those who are let in for what they go on to.
const THEN: &str = "{then}";

/// Shown for a moment to whoever is let in. The cookie of a session is not sent with what follows
/// from another site's page, as a redirection from here would; what a page of ours goes on to is no
/// longer that.
const ENTERED: &str = include_str!("../../../desk/entered.html");
/// Of that page. It has no `sandbox`, which would make it another site's.
const ENTERED_POLICY: &str =
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'";

/// Sends somebody to the provider.
pub(super) async fn begin(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let then = Then::of_query(query.as_deref());
    let begun = match app.api.begin_single_sign_on().await {
        Ok(begun) => begun,
        Err(problem) => return Ok(not_let_in(&app, &problem, then)),
    };
    let mut headers = HeaderMap::new();
    let location = HeaderValue::from_str(&begun.location).map_err(ApiError::internal)?;
    headers.insert(header::LOCATION, location);
    let patience = LOGIN_PATIENCE.as_secs();
    let browser = way_cookie(&app, (COOKIE, &begun.browser.reveal()), patience);
    headers.append(header::SET_COOKIE, browser?);
    let then = way_cookie(&app, (THEN_COOKIE, then.as_str()), patience);
    headers.append(header::SET_COOKIE, then?);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Takes back whom the provider sends.
pub(super) async fn end(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let peer = request.extensions().get::<Peer>();
    let from = peer.map(|peer| peer.address.ip());
    let is_tls = peer.is_some_and(|peer| peer.is_tls);
    let browser = cookie(request.headers(), COOKIE);
    let then = Then::read(cookie(request.headers(), THEN_COOKIE).unwrap_or_default());
    // What cannot be read belongs to no log-in.
    let answer = Query::<Answer>::try_from_uri(request.uri());
    let answer = answer.map(|Query(answer)| answer).unwrap_or_default();
    let mut response = match app.api.end_single_sign_on(answer, browser, from).await? {
        Ok((token, lasts)) => {
            let kind = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, ENTERED_POLICY),
            ];
            let mut response = (kind, ENTERED.replace(THEN, &then.in_page())).into_response();
            let cookie = session::cookie(&token.reveal(), lasts, is_tls || is_secure(&app));
            let cookie = HeaderValue::from_str(&cookie).map_err(ApiError::internal)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(problem) => not_let_in(&app, &problem, then),
    };
    for name in [COOKIE, THEN_COOKIE] {
        let gone = way_cookie(&app, (name, ""), 0)?;
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

fn is_secure(app: &App) -> bool {
    let oidc = app.api.guard().single_sign_on();
    oidc.is_some_and(|oidc| oidc.is_secure())
}

/// Comes back with whoever the provider sends, as the cookie of a session would not.
fn way_cookie(
    app: &App,
    (name, value): (&str, &str),
    seconds: u64,
) -> Result<HeaderValue, ApiError> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie).map_err(ApiError::internal)
}

fn not_let_in(app: &App, problem: &OidcError, then: Then) -> Response {
    let page = LoginPage {
        root: "../../",
        single_sign_on: app.api.guard().single_sign_on().is_some(),
        then,
    };
    let (status, text) = told(problem);
    page.answer(status, Some(&text))
}

/// In both languages. What only whoever runs the engine can mend is in its log.
fn told(problem: &OidcError) -> (StatusCode, String) {
    let (status, text) = match problem {
        OidcError::Off => (
            StatusCode::NOT_FOUND,
            "There is no single sign-on here. 此处未启用单点登录。",
        ),
        OidcError::NotWaiting => (
            StatusCode::BAD_REQUEST,
            "This log-in took too long, or was begun elsewhere: begin again. 登录已过期或并非在此浏览器中发起，请重新登录。",
        ),
        OidcError::Denied(why) => {
            let text = format!(
                "Single sign-on has refused the log-in ({why}). 单点登录服务拒绝了此次登录（{why}）。"
            );
            return (StatusCode::FORBIDDEN, text);
        }
        OidcError::NoRole(name) => {
            let text = format!(
                "{name} has no role here: ask whoever runs the desk. {name} 在此没有角色，请联系管理员。"
            );
            return (StatusCode::FORBIDDEN, text);
        }
        OidcError::Taken(name) => {
            let text = format!(
                "{name} logs in with a password here, or is a program: ask whoever runs the desk. {name} 在此须用密码登录，或为程序所用，请联系管理员。"
            );
            return (StatusCode::FORBIDDEN, text);
        }
        OidcError::Token(_) | OidcError::Nameless => (
            StatusCode::FORBIDDEN,
            "What single sign-on says of you cannot be used: ask whoever runs the desk. 单点登录返回的信息无法使用，请联系管理员。",
        ),
        OidcError::Unavailable(_) | OidcError::Directory(_) | OidcError::Random(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Single sign-on is not possible now: try again later. 暂时无法使用单点登录，请稍后再试。",
        ),
    };
    (status, text.to_owned())
}
