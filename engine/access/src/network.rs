//! Addresses of media servers, which show no other credentials.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One address, or all that begin alike (CIDR): `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// The text is no network.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no address and no network: write `10.0.0.5`, `10.0.0.0/8` or `fd00::/8`")]
pub struct NoNetwork(pub String);

impl Network {
    /// Whether that address is of it.
    pub fn contains(&self, address: IpAddr) -> bool {
        // What comes over IPv4 to a socket of IPv6 is written in its way.
        let (ours, theirs) = (number(self.address), number(address.to_canonical()));
        let rest = ours.1 - self.bits;
        let head = |number: u128| number.checked_shr(rest).unwrap_or_default();
        ours.1 == theirs.1 && head(ours.0) == head(theirs.0)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let wrong = || NoNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (_, width) = number(address);
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None => width,
        };
        match bits <= width {
            true => Ok(Self { address, bits }),
            false => Err(wrong()),
        }
    }
}

/// An address as a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (address.to_bits().into(), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_the_networks_that_begin_like_it() {
        for (network, address, of_it) in [
            ("10.0.0.5", "10.0.0.5", true),
            ("10.0.0.5", "10.0.0.6", false),
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "fd00::1", false),
            ("::/0", "fd00::1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.128/25", "192.0.2.129", true),
        ] {
            let parsed: Network = network.parse().expect(network);
            let address = address.parse().expect("an address");
            assert_eq!(parsed.contains(address), of_it, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in [
            "",
            "ten",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "::/129",
            "10.0.0",
        ] {
            let error = text.parse::<Network>().expect_err("no network");
            assert!(
                error.to_string().starts_with(&format!("`{text}`")),
                "{error}"
            );
        }
    }
}
