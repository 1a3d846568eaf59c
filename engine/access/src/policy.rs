//! The file of a site: its own roles, who is in which team, and programs that are known by their
//! connection.
//!
//! Cedar, the policy language, was judged first: `cedar-policy` 4.14 brings 186 packages and nearly two
//! minutes of building on two cores, and a role there is several statements where it is four lines here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use crate::network::{Network, NoNetwork};
use crate::role::{Described, Role, Roles, RolesError};

/// What a site has decided.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The roles there are.
    pub roles: Roles,
    /// The agents of each team.
    pub teams: BTreeMap<String, BTreeSet<String>>,
    /// Programs that are known by their connection.
    pub peers: Vec<Peer>,
}

/// A program that is known by where it connects from, by its certificate, or by both.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its name, for people, logs and the audit.
    pub name: String,
    /// Where it connects from; empty if that does not matter.
    pub from: Vec<Network>,
    /// A name of its certificate; empty if it needs none.
    pub certificate: Vec<String>,
    /// What it is.
    pub roles: Vec<Arc<Role>>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not TOML, or has what no such file has.
    #[error("{0}")]
    Unreadable(#[from] toml::de::Error),
    /// A role cannot be used.
    #[error(transparent)]
    Role(#[from] RolesError),
    /// A media server has a role that does not exist.
    #[error("peer `{0}`: {1}")]
    Peer(String, RolesError),
    /// A media server connects from nowhere.
    #[error("peer `{0}`: {1}")]
    From(String, NoNetwork),
    /// Anybody would be it.
    #[error("peer `{0}` is known by nothing: say `from`, `certificate`, or both")]
    Anybody(String),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    roles: BTreeMap<String, Described>,
    teams: BTreeMap<String, BTreeSet<String>>,
    peers: BTreeMap<String, DescribedPeer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedPeer {
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    certificate: Vec<String>,
    roles: Vec<String>,
}

impl Default for Policy {
    /// That of a site which has decided nothing: the roles that come with the program.
    fn default() -> Self {
        Self {
            roles: Roles::built_in(),
            teams: BTreeMap::new(),
            peers: Vec::new(),
        }
    }
}

impl Policy {
    /// Reads a file (TOML).
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        let File {
            roles,
            teams,
            peers,
        } = toml::from_str(text)?;
        let roles = Roles::with(roles)?;
        let peers = peers.into_iter().map(|(name, described)| {
            if described.from.is_empty() && described.certificate.is_empty() {
                return Err(PolicyError::Anybody(name));
            }
            let from: Result<_, _> = described.from.iter().map(|text| text.parse()).collect();
            Ok(Peer {
                from: from.map_err(|error| PolicyError::From(name.clone(), error))?,
                certificate: described
                    .certificate
                    .iter()
                    .map(|name| name.to_lowercase())
                    .collect(),
                roles: roles
                    .named(&described.roles)
                    .map_err(|error| PolicyError::Peer(name.clone(), error))?,
                name,
            })
        });
        Ok(Self {
            peers: peers.collect::<Result<_, PolicyError>>()?,
            roles,
            teams,
        })
    }

    /// The program that connects from there with a certificate of those names, none if it shows none.
    /// One that is known by its certificate comes before one that is known by its address alone.
    pub fn peer(&self, address: Option<IpAddr>, certificate: &[String]) -> Option<&Peer> {
        let is_its = |peer: &&Peer| {
            let mut from = peer.from.iter();
            let is_from = |address| from.any(|network| network.contains(address));
            let mut names = certificate.iter();
            (peer.from.is_empty() || address.is_some_and(is_from))
                && (peer.certificate.is_empty()
                    || names.any(|name| peer.certificate.contains(name)))
        };
        let its = self.peers.iter().filter(is_its);
        its.max_by_key(|peer| !peer.certificate.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_roles_teams_and_media_servers() {
        let text = r#"
            [roles.lead]
            about = "leads"
            may = ["list_calls"]
            calls = ["team"]
            sees = []

            [teams]
            billing = ["agent-7", "agent-9"]

            [peers.pbx]
            from = ["10.0.0.5", "10.1.0.0/16"]
            roles = ["media"]

            [peers.crm]
            certificate = ["crm.example"]
            roles = ["service"]

            [peers.both]
            from = ["10.1.0.0/16"]
            certificate = ["Bot.example"]
            roles = ["service"]
        "#;
        let policy = Policy::read(text).expect("sound");
        assert!(policy.roles.get("lead").is_some() && policy.roles.get("agent").is_some());
        assert!(policy.teams["billing"].contains("agent-9"));
        let peer = |address: &str| {
            let peer = policy.peer(address.parse().ok(), &[]);
            peer.map(|peer| (peer.name.as_str(), peer.roles[0].name.as_str()))
        };
        assert_eq!(peer("10.1.2.3"), Some(("pbx", "media")));
        assert_eq!(peer("10.0.0.6"), None);
        let with = |address: &str, name: &str| {
            let peer = policy.peer(address.parse().ok(), &[name.to_owned()]);
            peer.map(|peer| peer.name.as_str())
        };
        assert_eq!(with("192.0.2.1", "crm.example"), Some("crm"));
        assert_eq!(
            with("10.0.0.5", "crm.example"),
            Some("crm"),
            "before its address"
        );
        assert_eq!(with("192.0.2.1", "bot.example"), None);
        assert_eq!(with("10.1.2.3", "bot.example"), Some("both"));
        assert_eq!(with("10.1.2.3", "other.example"), Some("pbx"));
    }

    #[test]
    fn what_is_wrong_with_it_is_told_with_its_place() {
        for (text, why) in [
            ("[roles.lead]\nabout = 7\n", "line 2"),
            ("[users]\n", "unknown field `users`"),
            (
                "[peers.pbx]\nfrom = [\"10.0.0\"]\nroles = []\n",
                "peer `pbx`: `10.0.0`",
            ),
            (
                "[peers.pbx]\nfrom = [\"::1\"]\nroles = [\"pbx\"]\n",
                "no role `pbx`: there are admin, agent",
            ),
            ("[peers.pbx]\nroles = [\"media\"]\n", "known by nothing"),
            ("[peers.pbx]\nroles = [\"media\"]\n", "known by nothing"),
            (
                "[roles.lead]\nabout = \"l\"\nmay = []\ncalls = [\"some\"]\nsees = []\n",
                "unknown variant `some`",
            ),
        ] {
            let error = Policy::read(text).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
