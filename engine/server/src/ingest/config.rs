//! Where RTP comes in.

use std::net::{IpAddr, Ipv4Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where RTP comes in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Address that sockets are bound to.
    #[schemars(with = "String")]
    pub bind: IpAddr,
    /// Host that media servers are told to send to; `bind` if empty. Needed behind NAT, and if
    /// `bind` is 0.0.0.0 or ::.
    pub advertise: String,
    /// First UDP port. Even ports carry RTP; the odd ones above them stay free for RTCP.
    #[schemars(range(min = 1_024, max = 65_535), extend("unit" = ""))]
    pub port_min: u16,
    /// Last UDP port. Each two-sided call takes two even ports.
    #[schemars(range(min = 1_024, max = 65_535), extend("unit" = ""))]
    pub port_max: u16,
    /// Kernel buffer of each socket. More survives longer stalls of the engine.
    #[schemars(range(min = 4_096, max = 67_108_864))]
    pub receive_buffer_bytes: usize,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            bind: Ipv4Addr::LOCALHOST.into(),
            advertise: String::new(),
            port_min: 40_000,
            port_max: 49_999,
            receive_buffer_bytes: 256 * 1024,
        }
    }
}

impl MediaConfig {
    /// Where media servers are told to send, in words: host, ports, and the setting that says so.
    pub fn sends_to(&self) -> String {
        let (host, key) = match self.advertise.as_str() {
            "" => (self.bind.to_string(), "media.bind"),
            host => (host.to_owned(), "media.advertise"),
        };
        format!(
            "{host} (`{key}`), UDP ports {} to {}",
            self.port_min, self.port_max
        )
    }

    /// The first port for RTP, which is even, and how many even ports there are from it on.
    pub(crate) fn even_ports(&self) -> (u16, u32) {
        let first = self.port_min.saturating_add(self.port_min % 2);
        let count = match u32::from(self.port_max).checked_sub(first.into()) {
            Some(above) => above / 2 + 1,
            None => 0,
        };
        (first, count)
    }
}
