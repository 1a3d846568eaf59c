//! Who asks the engine for something.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use sidetone_types::class::Clearance;

use crate::role::Role;

/// How somebody has shown who they are.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Identified {
    /// Not at all: whoever reaches the address may do everything.
    Open,
    /// By a token, which has this id.
    Token(String),
    /// By a session, which a person has begun with a password or by a provider.
    Session(String),
    /// By a token of a provider (OpenID Connect).
    Jwt {
        /// Who it is, as the provider calls them.
        subject: String,
        /// When it ends, in milliseconds since 1970.
        until: i64,
    },
    /// By where they connect from.
    Network,
    /// By a certificate, of these names.
    Certificate(Vec<String>),
    /// As a part of the engine itself: a folder that is watched, a port that is listened at.
    Engine,
}

impl fmt::Display for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Token(id) => write!(f, "token {id}"),
            Self::Session(id) => write!(f, "session {id}"),
            Self::Jwt { subject, .. } => write!(f, "jwt {subject}"),
            Self::Network => f.write_str("network"),
            Self::Certificate(names) => {
                write!(
                    f,
                    "certificate {}",
                    names.first().map_or("", String::as_str)
                )
            }
            Self::Engine => f.write_str("engine"),
        }
    }
}

/// Who asks the engine for something. Clones share it.
#[derive(Clone, Debug)]
pub struct Principal(Arc<Known>, Option<IpAddr>);

/// What is known of a principal.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who it is, for people, logs and the audit.
    pub name: String,
    /// How they have shown it.
    pub identified: Identified,
    /// What they are.
    pub roles: Vec<Arc<Role>>,
    /// The agent that they are, as calls name agents.
    pub agent_id: Option<String>,
    /// The agents of their teams.
    pub team: Arc<BTreeSet<String>>,
}

impl Principal {
    /// Somebody who has shown who they are.
    pub fn new(known: Known) -> Self {
        Self(Arc::new(known), None)
    }

    /// Whoever can reach the engine's address, where nobody is asked who they are: the address is on
    /// loopback, or in a network that is trusted.
    pub fn local() -> Self {
        Self::of_engine("local", Identified::Open)
    }

    /// A part of the engine itself.
    pub fn engine(name: &str) -> Self {
        Self::of_engine(name, Identified::Engine)
    }

    fn of_engine(name: &str, identified: Identified) -> Self {
        Self::new(Known {
            name: name.to_owned(),
            identified,
            roles: vec![Role::engine()],
            agent_id: None,
            team: Arc::default(),
        })
    }

    /// The same, once a door has let them in: from there on they do what the engine has them do, and
    /// are shown what `sees` shows.
    #[must_use]
    pub fn let_in(&self, sees: Clearance) -> Self {
        let role = Role {
            name: self.role_names().join("+"),
            sees,
            ..Role::clone(&Role::engine())
        };
        let known = Known {
            roles: vec![Arc::new(role)],
            ..Known::clone(&self.0)
        };
        Self(Arc::new(known), self.1)
    }

    /// The same, who has come from `address`.
    #[must_use]
    pub fn from(self, address: IpAddr) -> Self {
        Self(self.0, Some(address))
    }

    /// Whether they are who `other` was, with the same roles, agent and team. Whoever a door has let in
    /// had theirs looked at when they came.
    pub fn may_as(&self, other: &Self) -> bool {
        let (now, then) = (&self.0, &other.0);
        let same_roles =
            now.roles == then.roles || self.role_names().join("+") == other.role_names().join("+");
        now.name == then.name
            && same_roles
            && now.agent_id == then.agent_id
            && now.team == then.team
    }

    /// Where they have come from, if from anywhere.
    pub fn address(&self) -> Option<IpAddr> {
        self.1
    }

    /// Who it is, for people, logs and the audit.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How they have shown it.
    pub fn identified(&self) -> &Identified {
        &self.0.identified
    }

    /// Whether they have shown who they are. If not, what they call themselves counts.
    pub fn is_known(&self) -> bool {
        self.0.identified != Identified::Open
    }

    /// What they are.
    pub fn roles(&self) -> &[Arc<Role>] {
        &self.0.roles
    }

    /// The names of their roles.
    pub fn role_names(&self) -> Vec<String> {
        self.0.roles.iter().map(|role| role.name.clone()).collect()
    }

    /// The agent that they are, as calls name agents.
    pub fn agent_id(&self) -> Option<&str> {
        self.0.agent_id.as_deref()
    }

    /// The agents of their teams.
    pub fn team(&self) -> &BTreeSet<String> {
        &self.0.team
    }
}
