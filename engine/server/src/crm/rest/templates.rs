//! The templates of a description: compiled and tried once, so that a mistake shows when it is
//! made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value};
use sidetone_soap::Operation;
use toml::Spanned;

use super::description::{DescriptionFileError, Request, Source};
use super::soap::Service;

/// Steps a template may take. Ours need hundreds; one that needs more does not end.
const FUEL: u64 = 200_000;

/// How minijinja is told of values in a path.
const IN_A_PATH: Cow<'static, str> = Cow::Borrowed("url");

/// All templates of a description, by the place they are for, which decides how values are written.
pub(super) struct Templates(Environment<'static>);

/// How a request is sent. All else is the same.
#[derive(Debug)]
pub(super) enum Transport {
    /// With this method.
    Http(String),
    /// As an operation of the service.
    Soap(Box<Operation>),
}

/// A request, with its templates compiled.
#[derive(Debug)]
pub(super) struct Prepared {
    pub transport: Transport,
    /// What it is for, in messages and as the name of its templates.
    pub what: &'static str,
    /// The names of the headers; their templates are called after them.
    headers: Vec<String>,
    has_body: bool,
}

/// A request, ready to be sent.
#[derive(Eq, PartialEq)]
pub(super) struct Filled {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Templates {
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|name| match name.rsplit(' ').next() {
            Some("body") => AutoEscape::Json,
            Some("path") => AutoEscape::Custom(IN_A_PATH),
            _ => AutoEscape::None,
        });
        environment.set_formatter(write_value);
        environment.add_filter("truncate", |text: String, characters: usize| {
            text.chars().take(characters).collect::<String>()
        });
        Self(environment)
    }

    /// Compiles the templates of a request and fills them with `samples`, whose values are made up.
    pub fn prepare(
        &mut self,
        source: &Source<'_>,
        what: &'static str,
        request: &Request,
        (common, service): (&BTreeMap<String, Spanned<String>>, Option<&Service>),
        samples: &[Value],
    ) -> Result<Prepared, DescriptionFileError> {
        let operation = service_of(source, what, request, service)?;
        if let Some(path) = &request.path {
            self.add(source, format!("{what} path"), path, samples)?;
        }
        let mut headers: Vec<String> = Vec::new();
        for (header, template) in common.iter().chain(&request.headers) {
            self.add(source, format!("{what} header {header}"), template, samples)?;
            if !headers.contains(header) {
                headers.push(header.clone());
            }
        }
        if let Some(body) = &request.body {
            for text in self.add(source, format!("{what} body"), body, samples)? {
                let wrong = |line: usize, why: String| {
                    source.template_error(body, line, format!("{what} body: {why}"))
                };
                let value = serde_json::from_str(&text).map_err(|error| {
                    let why = format!(
                        "no JSON once it is filled in: {error}; values bring their quotes along, so write \
                         {{{{ key }}}} and not \"{{{{ key }}}}\""
                    );
                    wrong(error.line(), why)
                })?;
                if let Some((service, operation)) = &operation {
                    let said = service.wsdl.request(operation, &value);
                    said.map_err(|error| wrong(1, error.to_string()))?;
                }
            }
        }
        let headers_and_body = |transport| Prepared {
            transport,
            what,
            headers,
            has_body: request.body.is_some(),
        };
        if let Some((_, operation)) = operation {
            return Ok(headers_and_body(Transport::Soap(Box::new(operation))));
        }
        let default = if request.body.is_some() {
            "POST"
        } else {
            "GET"
        };
        let method = request
            .method
            .as_ref()
            .map_or(default, |method| method.get_ref());
        if let Some(at) = &request.method
            && !matches!(method, "GET" | "POST" | "PUT" | "PATCH")
        {
            let message = format!("method `{method}` is none of GET, POST, PUT, PATCH");
            return Err(source.error(at.span().start, 0, message));
        }
        Ok(headers_and_body(Transport::Http(method.to_owned())))
    }

    /// Compiles a template, and gives what it makes of each of `samples`.
    fn add(
        &mut self,
        source: &Source<'_>,
        name: String,
        template: &Spanned<String>,
        samples: &[Value],
    ) -> Result<Vec<String>, DescriptionFileError> {
        let wrong = |message: String, line: Option<usize>| {
            let message = format!("{name}: {message}");
            source.template_error(template, line.unwrap_or(1), message)
        };
        self.0
            .add_template_owned(name.clone(), template.get_ref().clone())
            .map_err(|error| wrong(in_words(&error), error.line()))?;
        let filled = samples.iter().map(|sample| {
            self.fill_one(&name, sample).map_err(|error| {
                let undefined = self.undefined(&name, sample, &error);
                wrong(undefined.unwrap_or_else(|| in_words(&error)), error.line())
            })
        });
        filled.collect()
    }

    /// Which name of a template has no value in `sample`, if that is the trouble.
    fn undefined(
        &self,
        template: &str,
        sample: &Value,
        error: &minijinja::Error,
    ) -> Option<String> {
        if error.kind() != ErrorKind::UndefinedError {
            return None;
        }
        let names = self
            .0
            .get_template(template)
            .ok()?
            .undeclared_variables(true);
        let is_undefined = |name: &&String| {
            let mut value = sample.clone();
            name.split('.').any(|part| {
                value = value.get_attr(part).unwrap_or_default();
                value.is_undefined()
            })
        };
        let mut names: Vec<&String> = names.iter().filter(is_undefined).collect();
        names.sort();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("undefined value: {}", names.join(", ")))
    }

    /// Fills the templates of a request.
    pub fn fill(&self, request: &Prepared, values: &Value) -> Result<Filled, minijinja::Error> {
        let what = request.what;
        let mut headers = Vec::with_capacity(request.headers.len());
        for header in &request.headers {
            let value = self.fill_one(&format!("{what} header {header}"), values)?;
            headers.push((header.clone(), value));
        }
        let body = request
            .has_body
            .then(|| self.fill_one(&format!("{what} body"), values));
        let path = match &request.transport {
            Transport::Http(_) => self.fill_one(&format!("{what} path"), values)?,
            Transport::Soap(_) => String::new(),
        };
        Ok(Filled {
            path,
            headers,
            body: body.transpose()?,
        })
    }

    fn fill_one(&self, name: &str, values: &Value) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(values)
    }
}

/// The operation that a request asks for, if it is not one with a path.
fn service_of<'a>(
    source: &Source<'_>,
    what: &str,
    request: &Request,
    service: Option<&'a Service>,
) -> Result<Option<(&'a Service, Operation)>, DescriptionFileError> {
    match (&request.path, &request.operation, service) {
        (Some(_), None, _) => Ok(None),
        (None, Some(operation), Some(service)) => {
            let at = operation.span().start;
            if let Some(method) = &request.method {
                let why = format!("{what}: `method` is for requests with a `path`");
                return Err(source.error(method.span().start, 0, why));
            }
            let found = service.operation(operation.get_ref());
            let found = found.map_err(|error| source.error(at, 0, format!("{what}: {error}")))?;
            Ok(Some((service, found)))
        }
        (None, Some(operation), None) => {
            let why = format!("{what}: `operation` needs a section [soap] that names the WSDL");
            Err(source.error(operation.span().start, 0, why))
        }
        (Some(path), Some(_), _) => {
            let why = format!("{what}: write either `path` or `operation`");
            Err(source.error(path.span().start, 0, why))
        }
        (None, None, _) => {
            let why = format!("{what}: its request has neither a `path` nor an `operation`");
            Err(source.error(0, 0, why))
        }
    }
}

fn in_words(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// As JSON in a body, percent-encoded in a path, as it is in a header. Nothing, where it stands
/// alone in a path or a header, is empty.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match state.auto_escape() {
        AutoEscape::Json => minijinja::escape_formatter(out, state, value),
        _ if value.is_none() => Ok(()),
        AutoEscape::Custom(_) => Ok(out.write_str(&percent_encoded(&value.to_string()))?),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Everything but letters, digits and `-._~` (RFC 3986 §2.3) as `%` and two digits.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes all");
        }
    }
    encoded
}

sidetone_types::private_debug!(Filled);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_hold_any_value_safely() {
        for (value, expected) in [
            ("+14155550117", "%2B14155550117"),
            ("a-b_c.d~e", "a-b_c.d~e"),
            ("a/b?c=d&e f", "a%2Fb%3Fc%3Dd%26e%20f"),
            ("回电", "%E5%9B%9E%E7%94%B5"),
        ] {
            assert_eq!(percent_encoded(value), expected);
        }
    }
}
