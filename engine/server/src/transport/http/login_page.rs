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

/// The page on which somebody logs in.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::transport) struct LoginPage {
    /// From where it is shown to the engine's first page: `../` for each part of the path but one.
    pub root: &'static str,
    /// Whether people log in by a provider as well.
    pub single_sign_on: bool,
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
        };
        let text = page.text(Some("<script>{root} '\"&\u{1b}"));
        assert!(text.contains("href=\"../../v1/oidc/login\""), "{text}");
        assert!(text.contains("action=\"../../v1/session\""), "{text}");
        assert!(
            text.contains("&lt;script&gt;{root} &#39;&quot;&amp; </p>"),
            "{text}"
        );
    }
}
