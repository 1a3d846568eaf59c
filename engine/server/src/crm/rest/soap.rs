//! Steps that a CRM takes over SOAP: what is sent, and what its answers mean.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use sidetone_soap::{
    Code, Credentials, Element, Envelope, Fault, Freshness, Operation, Version, Wsdl, WsdlError,
};
use sidetone_types::time::unix_millis;

use super::auth::{NoSecret, Secret};
use super::description::{self, DescriptionFileError, Faults, Source, is_http};
use super::http::{Answer, Client, Outgoing, Received, excerpt};
use super::templates::Filled;
use super::time::rfc3339;
use crate::crm::CrmError;

/// How long a message may be taken after it was sent: clocks differ, and nobody should send it again an hour
/// later.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// Longest file of a WSDL: those of the largest CRMs have some 5 MB.
const LONGEST_FILE: u64 = 32 * 1024 * 1024;

/// Faults that say that it is not known who we are (WSS: SOAP Message Security §12), and nothing of what was
/// sent.
const NOT_KNOWN: [&str; 7] = [
    "FailedAuthentication",
    "FailedCheck",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "MessageExpired",
    "SecurityTokenUnavailable",
    "UnsupportedSecurityToken",
];

/// The service of a CRM.
pub(super) struct Service {
    pub wsdl: Wsdl,
    port: Option<String>,
    address: Option<String>,
    security: Option<Security>,
    faults: Faults,
}

struct Security {
    username: String,
    secret: Secret,
    digest: bool,
}

impl Service {
    /// Reads the WSDL that a description names, beside it, and the secret.
    pub fn load(
        source: &Source<'_>,
        described: description::Soap,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DescriptionFileError> {
        let file = described.wsdl.get_ref();
        let wrong = |why: String| {
            let why = format!("`soap.wsdl` names `{file}`: {why}");
            source.error(described.wsdl.span().start, 0, why)
        };
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let path = folder.join(file);
        let bytes = read(&path).map_err(|why| wrong(format!("it cannot be read: {why}")))?;
        // Files that it names lie beside it.
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        let wsdl = Wsdl::read(&bytes, &mut |location| match location.contains("://") {
            true => Err(
                "it is not fetched: save it beside the WSDL, and write its file name there"
                    .to_owned(),
            ),
            false => read(&beside.join(location)),
        });
        let security = described.security.map(|security| {
            let secret = Secret::of((&security.env, &security.file), env)?;
            Ok(Security {
                username: security.username,
                secret,
                digest: security.digest,
            })
        });
        let security = security.transpose();
        Ok(Self {
            wsdl: wsdl.map_err(|error| wrong(error.to_string()))?,
            port: described.port,
            address: described.address.map(|address| address.into_inner()),
            security: security.map_err(|why| source.no_secret("soap.security", why))?,
            faults: described.faults,
        })
    }

    /// An operation, at the address that it is asked at.
    pub fn operation(&self, name: &str) -> Result<Operation, String> {
        let found = self.wsdl.operation(name, self.port.as_deref());
        let found = found.map_err(|error: WsdlError| error.to_string())?;
        let found = match &self.address {
            Some(address) => found.at(address.clone()),
            None => found,
        };
        match is_http(&found.address) {
            true => Ok(found),
            false => Err(format!(
                "the WSDL says that the service is at `{}`, which is no address of HTTP: write \
                 `soap.address`",
                found.address
            )),
        }
    }

    /// Asks for an operation; a second time, if the CRM no longer knows the secret and there is a new one.
    pub fn send(
        &self,
        client: &Client,
        operation: &Operation,
        filled: &Filled,
    ) -> Result<Answer, CrmError> {
        let said = match &filled.body {
            Some(body) => serde_json::from_str(body).map_err(|error| {
                CrmError::rejected(format!(
                    "the description makes no JSON of this call: {error}"
                ))
            })?,
            None => Value::Object(serde_json::Map::new()),
        };
        let said = self.wsdl.request(operation, &said).map_err(|error| {
            CrmError::rejected(format!(
                "what the description makes of this call is not what the CRM takes: {error}"
            ))
        })?;
        let answer = self.send_once(client, operation, (said.as_ref(), filled))?;
        let is_not_known = match &answer {
            (
                _,
                Ok(Envelope {
                    body: Err(fault), ..
                }),
            ) => is_not_known(fault),
            (received, _) => received.status.as_u16() == 401,
        };
        let renewed = is_not_known && self.security.as_ref().is_some_and(|one| one.secret.renew());
        let answer = match renewed {
            true => self.send_once(client, operation, (said.as_ref(), filled))?,
            false => answer,
        };
        self.read(client, operation, answer)
    }

    fn send_once(
        &self,
        client: &Client,
        operation: &Operation,
        (said, filled): (Option<&Element>, &Filled),
    ) -> Result<(Received, Result<Envelope, String>), CrmError> {
        let version = operation.version;
        let security = match &self.security {
            Some(security) => Some(security.header(version)?),
            None => None,
        };
        let mut headers = filled.headers.clone();
        if version == Version::V11 {
            // It has to be there, with its quotes (SOAP 1.1 §6.1.1).
            headers.push(("SOAPAction".to_owned(), format!("\"{}\"", operation.action)));
        }
        headers.push((
            "Accept".to_owned(),
            "text/xml, application/soap+xml".to_owned(),
        ));
        let kind = version.content_type(&operation.action);
        let received = client.exchange(&Outgoing {
            method: "POST",
            url: operation.address.clone(),
            headers: &headers,
            body: Some((&kind, Envelope::write(version, security, said.cloned()))),
        })?;
        let message = Envelope::read(received.bytes(), received.charset.as_deref());
        Ok((received, message.map_err(|error| error.to_string())))
    }

    /// Says what an answer means. A note is refused only where the CRM itself says so in a fault. Pages, broken
    /// messages and proxies say nothing of the note: it waits.
    fn read(
        &self,
        client: &Client,
        operation: &Operation,
        (received, message): (Received, Result<Envelope, String>),
    ) -> Result<Answer, CrmError> {
        // Faults come with statuses of their own, of which most mean nothing (SOAP 1.1 §6.2).
        if let Ok(Envelope {
            body: Err(fault), ..
        }) = &message
        {
            return self.failed(&received, fault);
        }
        if let Some(error) = client.not_done(&received) {
            return Err(error);
        }
        let status = received.status;
        let is_empty = received.bytes().trim_ascii().is_empty();
        let body = match message {
            Ok(Envelope { body: Ok(body), .. }) if status.is_success() => body,
            Ok(_) => {
                let reason = format!("the CRM answered {status} with a message that is no fault");
                return Err(received.not_now(reason, true));
            }
            Err(_) if is_empty && status.is_success() => None,
            Err(_) if is_empty => {
                return Err(received.not_now(format!("the CRM answered {status}"), false));
            }
            Err(why) => {
                let reason =
                    format!("the CRM answered {status} with something that is no SOAP: {why}");
                return Err(received.not_now(reason, status.is_success()));
            }
        };
        let answer = self.wsdl.answer(operation, body.as_ref());
        client.unless_refused(status, answer)
    }

    /// What a fault means.
    fn failed(&self, received: &Received, fault: &Fault) -> Result<Answer, CrmError> {
        let is_of = |names: &[String]| {
            fault
                .names()
                .any(|name| names.iter().any(|one| one == name))
        };
        let answer = excerpt(&in_words(fault));
        if is_of(&self.faults.nothing) {
            return Ok(Answer::NotFound(answer));
        }
        let later = |reason: String, maybe_written| CrmError::Unavailable {
            reason,
            answer: answer.clone(),
            retry_after: received.retry_after,
            maybe_written,
        };
        let is_later = is_of(&self.faults.later)
            || (fault.code == Code::Receiver && !is_of(&self.faults.refused));
        if is_not_known(fault) {
            let reason = format!("the CRM does not take us for who we say we are ({fault})");
            return Err(later(reason, false));
        }
        if is_later {
            return Err(later(format!("the CRM could not do it ({fault})"), true));
        }
        Err(CrmError::Rejected {
            reason: match fault.code {
                Code::VersionMismatch | Code::MustUnderstand => {
                    format!("the CRM does not take messages of this form ({fault})")
                }
                _ => format!("the CRM refused it ({fault})"),
            },
            answer,
            maybe_written: false,
        })
    }
}

impl Security {
    /// The header that says who we are, which no second message has.
    fn header(&self, version: Version) -> Result<Element, CrmError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| {
            CrmError::rejected(format!("the system has no random bytes: {error}"))
        })?;
        let now = unix_millis(SystemTime::now());
        let shown = Credentials {
            username: &self.username,
            password: &self.secret.value(),
            digest: self.digest,
        };
        let until = now.saturating_add(FRESH_FOR.as_millis().try_into().unwrap_or(u64::MAX));
        let fresh = Freshness {
            nonce: &nonce,
            created: &rfc3339(now),
            expires: &rfc3339(until),
        };
        Ok(shown.header(version, &fresh))
    }
}

impl Source<'_> {
    /// There is no secret where a section says.
    pub(super) fn no_secret(&self, section: &'static str, why: NoSecret) -> DescriptionFileError {
        let path = self.path.to_owned();
        match why {
            NoSecret::Variable(variable) => DescriptionFileError::Variable {
                path,
                section,
                variable,
            },
            NoSecret::File(file, source) => DescriptionFileError::Secret {
                path,
                section,
                file,
                source,
            },
            NoSecret::Source => DescriptionFileError::Auth { path, section },
        }
    }
}

fn is_not_known(fault: &Fault) -> bool {
    fault.names().any(|name| NOT_KNOWN.contains(&name))
}

/// What a fault says, with what stands in its detail.
fn in_words(fault: &Fault) -> String {
    let mut words = vec![fault.reason.as_str()];
    let mut within: Vec<&Element> = fault.detail.iter().rev().collect();
    while let Some(element) = within.pop() {
        words.push(element.text.trim());
        within.extend(element.children.iter().rev());
    }
    words.dedup();
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > LONGEST_FILE {
        return Err(format!(
            "it has {size} bytes, and at most {LONGEST_FILE} are read"
        ));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
