//! All who are known, as of the last look.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use sidetone_access::{Identified, Known, Peer, Policy, Principal, Role, Token};
use tracing::debug;

use super::directory::{Directory, DirectoryError};
use super::oidc::{Oidc, OidcError};
use super::subject::{Session, Subject, TokenRecord, User, Whose};
use crate::storage::now_ms;

/// All who are known.
#[derive(Default)]
pub(super) struct Snapshot {
    pub(super) policy: Policy,
    pub(super) users: HashMap<String, User>,
    pub(super) tokens: HashMap<String, TokenRecord>,
    pub(super) sessions: HashMap<String, Session>,
    /// The agents of each team, by the policy, by the users of it, and by who is logged in by a provider.
    teams: HashMap<String, BTreeSet<String>>,
}

impl Snapshot {
    pub(super) fn of(directory: &Directory, policy: Policy) -> Result<Self, DirectoryError> {
        let users = directory.users()?.into_iter();
        let users: HashMap<_, _> = users
            .map(|user| (user.subject.name.clone(), user))
            .collect();
        let tokens = directory.tokens()?.into_iter();
        let now = now_ms();
        let sessions = directory.sessions()?.into_iter();
        let sessions = sessions.filter(|session| now < session.expires_ms);
        let sessions: HashMap<_, _> = sessions.map(|one| (one.id.clone(), one)).collect();
        let mut teams: HashMap<String, BTreeSet<String>> =
            policy.teams.clone().into_iter().collect();
        let provided = sessions
            .values()
            .filter_map(|session| match &session.whose {
                Whose::Provided(subject) => Some(subject),
                Whose::User(_) => None,
            });
        for subject in users.values().map(|user| &user.subject).chain(provided) {
            for (team, agent) in subject.teams.iter().zip(subject.agent_id.iter().cycle()) {
                teams.entry(team.clone()).or_default().insert(agent.clone());
            }
        }
        Ok(Self {
            tokens: tokens.map(|token| (token.id.clone(), token)).collect(),
            sessions,
            policy,
            users,
            teams,
        })
    }

    /// All who are called so: a user, tokens, peers, or `role:NAME` for whoever has that role alone.
    pub(super) fn named(&self, name: &str) -> Vec<Principal> {
        if let Some(role) = name.strip_prefix("role:") {
            let role = self.policy.roles.get(role);
            let of_role = role.map(|role| Known {
                name: role.name.clone(),
                identified: Identified::Engine,
                roles: vec![role.clone()],
                agent_id: None,
                team: Arc::default(),
            });
            return of_role.into_iter().map(Principal::new).collect();
        }
        let user = self.users.get(name);
        let user = user.map(|user| (&user.subject, Identified::Session(String::new())));
        let tokens = self.tokens.values();
        let tokens = tokens.filter(|token| token.subject.name == name);
        let tokens = tokens.map(|token| (&token.subject, Identified::Token(token.id.clone())));
        let peers = self.policy.peers.iter().filter(|peer| peer.name == name);
        let all = user.into_iter().chain(tokens);
        let all = all.map(|(subject, by)| self.principal(subject, by));
        all.chain(peers.map(|peer| of_peer(peer, &peer.certificate)))
            .collect()
    }

    pub(super) fn of_token(&self, token: &Token, now_ms: i64) -> Option<Principal> {
        let record = self.tokens.get(token.id())?;
        let opens = record.hash.matches(token) && record.is_valid(now_ms);
        opens.then(|| self.principal(&record.subject, Identified::Token(record.id.clone())))
    }

    pub(super) fn of_session(&self, token: &Token, now_ms: i64) -> Option<Principal> {
        let session = self.sessions.get(token.id())?;
        let subject = self.subject_of(session)?;
        let opens = session.hash.matches(token) && now_ms < session.expires_ms;
        opens.then(|| self.principal(subject, Identified::Session(session.id.clone())))
    }

    /// Whose a session is, if they are let in.
    pub(super) fn subject_of<'a>(&'a self, session: &'a Session) -> Option<&'a Subject> {
        match &session.whose {
            Whose::User(name) => {
                let user = self.users.get(name).filter(|user| !user.locked);
                user.map(|user| &user.subject)
            }
            Whose::Provided(subject) => {
                Some(subject).filter(|subject| !self.has_name(&subject.name))
            }
        }
    }

    pub(super) fn of_jwt(&self, oidc: &Oidc, token: &str) -> Option<Principal> {
        let found =
            oidc.bearer(token)
                .and_then(|bearer| match self.has_name(&bearer.subject.name) {
                    true => Err(OidcError::Taken(bearer.subject.name)),
                    false => Ok(bearer),
                });
        match found {
            Ok(bearer) => {
                let (subject, until) = (bearer.sub, bearer.until);
                Some(self.principal(&bearer.subject, Identified::Jwt { subject, until }))
            }
            Err(problem) => {
                debug!(%problem, "a token of the provider is refused");
                None
            }
        }
    }

    /// Whether a user, a token or a peer of ours is called so: what they have opened is nobody else's.
    pub(super) fn has_name(&self, name: &str) -> bool {
        let now = now_ms();
        let mut tokens = self.tokens.values().filter(|token| token.is_valid(now));
        self.users.contains_key(name)
            || tokens.any(|token| token.subject.name == name)
            || self.policy.peers.iter().any(|peer| peer.name == name)
    }

    pub(super) fn peer(&self, from: Option<IpAddr>, certificate: &[String]) -> Option<Principal> {
        let peer = self.policy.peer(from, certificate)?;
        let peer = of_peer(peer, certificate);
        Some(match from {
            Some(from) => peer.from(from),
            None => peer,
        })
    }

    pub(super) fn principal(&self, subject: &Subject, identified: Identified) -> Principal {
        let team = subject.teams.iter().filter_map(|team| self.teams.get(team));
        Principal::new(Known {
            name: subject.name.clone(),
            identified,
            roles: self.roles(subject),
            agent_id: subject.agent_id.clone(),
            team: Arc::new(team.flatten().cloned().collect()),
        })
    }

    /// Roles that a policy no longer has allow nothing.
    pub(super) fn roles(&self, subject: &Subject) -> Vec<Arc<Role>> {
        let roles = subject.roles.iter();
        roles
            .filter_map(|role| self.policy.roles.get(role).cloned())
            .collect()
    }
}

fn of_peer(peer: &Peer, certificate: &[String]) -> Principal {
    Principal::new(Known {
        name: peer.name.clone(),
        identified: match peer.certificate.is_empty() {
            true => Identified::Network,
            false => Identified::Certificate(certificate.to_vec()),
        },
        roles: peer.roles.clone(),
        agent_id: None,
        team: Arc::default(),
    })
}
