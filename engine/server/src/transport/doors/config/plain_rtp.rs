//! Ports that are always the same.

use std::net::{IpAddr, Ipv4Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sidetone_doors::Forked;
use sidetone_media::rtp::{Payload, PayloadMap, RtpmapError};
/// RTP to ports that are always the same, from senders that say nothing else: Asterisk's
/// `ExternalMedia`, for instance. A call begins when packets come, and ends when they stop.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlainRtpConfig {
    /// Address that the ports are on.
    #[schemars(with = "String")]
    pub bind: IpAddr,
    /// The ports: `41000+41002` for the customer's and the agent's side of one call at a time,
    /// `41000` for one side alone, `41100-41198` for as many pairs as fit: 41100 and 41102, 41104
    /// and 41106. Without any, the door is closed.
    pub ports: Vec<String>,
    /// Whose side it is where a call has one port.
    pub forked: Forked,
    /// What payload types mean besides 0 for PCMU, 8 for PCMA and 13 for comfort noise, as in SDP:
    /// `118 L16/16000`, `101 telephone-event/8000`.
    pub payloads: Vec<String>,
    /// A call is over when nothing has come on its ports for this long. Another sender after that
    /// is another call.
    #[schemars(range(min = 500, max = 3_600_000))]
    pub idle_ms: u32,
}

impl Default for PlainRtpConfig {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            ports: Vec::new(),
            forked: Forked::default(),
            payloads: Vec::new(),
            idle_ms: 10_000,
        }
    }
}

/// The ports of one call at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LinePorts {
    /// The customer's side, or the only one.
    pub first: u16,
    /// The agent's side.
    pub second: Option<u16>,
}

/// What names no ports.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PortsError {
    /// It is written in another way.
    #[error("`{0}` names no ports: write 41000, 41000+41002 or 41100-41198")]
    Form(String),
    /// A port is in two places.
    #[error("port {0} is named twice")]
    Twice(u16),
    /// More than a machine has sockets for.
    #[error("there are {0} ports; at most {MOST_PORTS} are listened to")]
    TooMany(usize),
}

/// Each is a socket and has a task to read it.
const MOST_PORTS: usize = 4_000;

impl PlainRtpConfig {
    /// The ports of each line.
    pub fn lines(&self) -> Result<Vec<LinePorts>, PortsError> {
        let mut lines = Vec::new();
        for text in &self.ports {
            let form = || PortsError::Form(text.clone());
            let port = |text: &str| match text.trim().parse() {
                Ok(port @ 1..) => Ok(port),
                _ => Err(form()),
            };
            if let Some((first, last)) = text.split_once('-') {
                let (first, last): (u16, u16) = (port(first)?, port(last)?);
                let pairs = (first..=last).step_by(4);
                let pairs = pairs.filter(|first| first.checked_add(2).is_some_and(|it| it <= last));
                let before = lines.len();
                lines.extend(pairs.map(|first| LinePorts {
                    first,
                    second: Some(first + 2),
                }));
                if lines.len() == before {
                    return Err(form());
                }
            } else if let Some((first, second)) = text.split_once('+') {
                lines.push(LinePorts {
                    first: port(first)?,
                    second: Some(port(second)?),
                });
            } else {
                lines.push(LinePorts {
                    first: port(text)?,
                    second: None,
                });
            }
        }
        let mut ports: Vec<u16> = lines.iter().flat_map(LinePorts::all).collect();
        ports.sort_unstable();
        if let Some(twice) = ports.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(PortsError::Twice(twice[0]));
        }
        match ports.len() {
            ..=MOST_PORTS => Ok(lines),
            many => Err(PortsError::TooMany(many)),
        }
    }

    /// What payload types mean, or what is wrong with one.
    pub fn payload_map(&self) -> Result<PayloadMap, String> {
        let mut entries = Vec::new();
        for text in &self.payloads {
            let form = || format!("`{text}` is not written like `118 L16/16000`");
            let (number, encoding) = text.trim().split_once(' ').ok_or_else(form)?;
            let number = number.parse().map_err(|_| form())?;
            let payload: Payload = encoding
                .parse()
                .map_err(|error: RtpmapError| error.to_string())?;
            entries.push((number, payload));
        }
        PayloadMap::new(entries).map_err(|error| error.to_string())
    }
}

impl LinePorts {
    /// One or both.
    pub fn all(&self) -> impl Iterator<Item = u16> + use<> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_named_alone_in_pairs_and_as_ranges() {
        let lines = |ports: &[&str]| {
            let ports = ports.iter().map(ToString::to_string).collect();
            let config = PlainRtpConfig {
                ports,
                ..PlainRtpConfig::default()
            };
            let lines = config.lines()?;
            Ok(lines.iter().map(|line| line.all().collect()).collect())
        };
        let form = |text: &str| PortsError::Form(text.to_owned());
        for (ports, expected) in [
            (&[][..], Ok::<Vec<Vec<u16>>, PortsError>(vec![])),
            (&["41000"], Ok(vec![vec![41_000]])),
            (
                &["41000+41002", "7"],
                Ok(vec![vec![41_000, 41_002], vec![7]]),
            ),
            (&["100-108"], Ok(vec![vec![100, 102], vec![104, 106]])),
            (&["65533-65535"], Ok(vec![vec![65_533, 65_535]])),
            (&["100-101"], Err(form("100-101"))),
            (&["0"], Err(form("0"))),
            (&["70000"], Err(form("70000"))),
            (&["many"], Err(form("many"))),
            (&["1-20000"], Err(PortsError::TooMany(10_000))),
            (&["100+102", "102"], Err(PortsError::Twice(102))),
        ] {
            assert_eq!(lines(ports), expected, "{ports:?}");
        }
    }

    #[test]
    fn payload_types_are_named_as_in_sdp() {
        for (text, fits) in [
            ("118 L16/16000", true),
            ("101 telephone-event/8000", true),
            ("L16/16000", false),
            ("118 L16", false),
            ("118 nonsense/8000", false),
            ("72 L16/16000", false),
        ] {
            let config = PlainRtpConfig {
                payloads: vec![text.to_owned()],
                ..PlainRtpConfig::default()
            };
            assert_eq!(config.payload_map().is_ok(), fits, "{text}");
        }
    }
}
