//! The page on which somebody logs in.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sidetone_types::controls::controls;

use super::headers;

pub(super) const PAGE: &str = include_str!("../../../desk/login.html");
/// Stands in the page where it is told why somebody is not let in.
const PROBLEM: &str = "<!--problem-->";
/// Stands in it for the way to the engine's first page, from where the page is shown.
const ROOT: &str = "{root}";
/// What is shown where people log in by a provider stands between these.
const SINGLE_SIGN_ON: (&str, &str) = ("<!--single-sign-on-->", "<!--/single-sign-on-->");

/// Stands in it for what of the desk was asked for.
const THEN: &str = "{then}";
/// Longest address that somebody is brought back to.
const LONGEST: usize = 2_000;

/// What of the desk somebody asked for before they had to log in, as the query of its address: `?call=c-1`, or
/// nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::transport) struct Then(String);

impl Then {
    /// What a query says.
    pub fn of_query(query: Option<&str>) -> Self {
        Self::read(&query.map_or_else(String::new, |query| format!("?{query}")))
    }

    /// What a page or a cookie brings back. What is no query of an address is nothing: nobody is sent elsewhere.
    pub fn read(text: &str) -> Self {
        let is_plain = |sign: u8| sign.is_ascii_graphic() && !b"\"\\,;#".contains(&sign);
        let is_query = text.starts_with('?') && text.len() > 1 && text.len() <= LONGEST;
        match is_query && text.bytes().all(is_plain) {
            true => Self(text.to_owned()),
            false => Self::default(),
        }
    }

    /// It, as an address goes on.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// It, as a page writes it.
    pub fn in_page(&self) -> String {
        escaped(&self.0)
    }
}

/// The page on which somebody logs in.
#[derive(Clone, Debug, Default)]
pub(in crate::transport) struct LoginPage {
    /// From where it is shown to the engine's first page: `../` for each part of the path but one.
    pub root: &'static str,
    /// Whether people log in by a provider as well.
    pub single_sign_on: bool,
    /// What they go on to.
    pub then: Then,
}

impl LoginPage {
    /// The same, with what is wrong in both languages: nobody knows yet who reads it.
    pub fn answer(self, status: StatusCode, problem: Option<&str>) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        let mut response = (status, kind, self.text(problem)).into_response();
        headers::of_login_page(response.headers_mut());
        response
    }

    fn text(self, problem: Option<&str>) -> String {
        let problem = problem.map(|text| format!("<p role=\"alert\">{}</p>", escaped(text)));
        let (begin, end) = SINGLE_SIGN_ON;
        let page = match (PAGE.split_once(begin), self.single_sign_on) {
            (Some((before, rest)), false) => {
                let after = rest.split_once(end).map_or("", |(_, after)| after);
                format!("{before}{after}")
            }
            _ => PAGE.to_owned(),
        };
        // What is wrong comes last: nothing in it is replaced.
        page.replace(ROOT, self.root)
            .replace(THEN, &self.then.in_page())
            .replace(PROBLEM, &problem.unwrap_or_default())
    }
}

/// A text as a page shows it, whatever is in it.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            sign if controls(sign) => shown.push(' '),
            sign => shown.push(sign),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_logs_in_goes_on_to_what_they_asked_for_and_nowhere_else() {
        assert_eq!(
            Then::of_query(Some("view=calls&call=c-1")).as_str(),
            "?view=calls&call=c-1"
        );
        assert_eq!(Then::of_query(None).as_str(), "");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "?a\r\nset-cookie: b",
            "?a b",
            "?a;b",
            "?",
            "?é",
        ] {
            assert_eq!(Then::read(elsewhere), Then::default(), "{elsewhere}");
        }
        assert_eq!(
            Then::read(&format!("?{}", "a".repeat(LONGEST))),
            Then::default()
        );
    }

    #[test]
    fn the_page_has_a_place_for_what_is_wrong_and_for_single_sign_on() {
        let (begin, end) = SINGLE_SIGN_ON;
        for place in [PROBLEM, begin, end] {
            assert_eq!(PAGE.matches(place).count(), 1, "{place}");
        }
        let without = LoginPage::default().text(None);
        assert!(
            !without.contains("oidc") && without.contains("</html>") && !without.contains("alert")
        );
        let page = LoginPage {
            root: "../../",
            single_sign_on: true,
            then: Then::of_query(Some("agent=agent-7&call=<c>")),
        };
        let text = page.text(Some("<script>{root} '\"&\u{1b}"));
        let then = "?agent=agent-7&amp;call=&lt;c&gt;";
        assert!(
            text.contains(&format!("href=\"../../v1/oidc/login{then}\"")),
            "{text}"
        );
        assert!(text.contains(&format!("value=\"{then}\"")), "{text}");
        assert!(text.contains("action=\"../../v1/session\""), "{text}");
        assert!(
            text.contains("&lt;script&gt;{root} &#39;&quot;&amp; </p>"),
            "{text}"
        );
    }
}
