//! Credentials to principals: the one place where it is found out who asks.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use sidetone_access::{
    Attempts, Decision, Identified, Known, PasswordHash, Policy, PolicyError, Principal, Right,
    Role, RolesError, Token,
};
use sidetone_types::class::Clearance;
use tracing::{debug, info, warn};

use super::config::{AccessConfig, Mode};
use super::directory::{
    Directory, DirectoryError, LONGEST_NAME, Session, Subject, TokenRecord, User, Whose,
};
use super::oidc::{FileProblem, Oidc, OidcConfig, OidcError};
use crate::config::StoreConfig;
use crate::storage::now_ms;

/// What others have changed is seen within this.
const LOOKED_AGAIN: Duration = Duration::from_secs(1);
/// Wrong passwords for a name that cost nothing, and the longest pause behind them: from one address,
/// and from all together. One who guesses from many addresses is slowed down as well, and one who fails
/// on purpose keeps nobody out for long.
const FREE_HERE: u32 = 5;
const LONGEST_HERE: Duration = Duration::from_secs(60);
const FREE_ANYWHERE: u32 = 100;
const LONGEST_ANYWHERE: Duration = Duration::from_secs(5);

/// Finds out who asks. Clones share it.
#[derive(Clone)]
pub struct Guard(Arc<Kind>);

enum Kind {
    /// Nobody is asked who they are.
    Open,
    Secure(Box<Secure>),
}

struct Secure {
    policy_file: PathBuf,
    session: Duration,
    oidc: Option<Arc<Oidc>>,
    state: Mutex<State>,
    known: RwLock<Arc<Snapshot>>,
    /// What was changed beside the engine and is not written down yet.
    changes: Mutex<Vec<Change>>,
}

/// Something about who is let in was changed beside the engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// What was done: `user_added`.
    pub action: &'static str,
    /// To whom, or to which token.
    pub what: String,
    /// What they are now, in words.
    pub detail: String,
}

/// What is looked at again now and then.
struct State {
    directory: Directory,
    version: u32,
    policy_changed: Option<SystemTime>,
    looked: Instant,
    /// By name from an address, and by name from anywhere.
    here: Attempts<(String, Option<IpAddr>)>,
    anywhere: Attempts<String>,
}

/// All who are known.
#[derive(Default)]
struct Snapshot {
    policy: Policy,
    users: HashMap<String, User>,
    tokens: HashMap<String, TokenRecord>,
    sessions: HashMap<String, Session>,
    /// The agents of each team, by the policy, by the users of it, and by who is logged in by a provider.
    teams: HashMap<String, BTreeSet<String>>,
}

/// What a client shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    /// The token of a program, ours or a provider's.
    pub bearer: Option<&'a str>,
    /// The secret of a session.
    pub session: Option<&'a str>,
    /// The names of the certificate that the connection has shown.
    pub certificate: &'a [String],
}

/// It is not known who asks. What is told is for the client, and tells a guesser nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unknown {
    /// They have shown nothing.
    #[error("who asks has to be shown: log in, or send `authorization: Bearer TOKEN`")]
    Nothing,
    /// What they have shown is not, or no more, what opens.
    #[error("the token or session is not valid, or no longer")]
    Invalid,
}

/// Somebody could not log in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Nobody of that name has that password, or they are kept out.
    #[error("the name or the password is wrong")]
    Wrong,
    /// They have failed too often.
    #[error("too many wrong passwords: try again in {} s", .0.as_secs().max(1))]
    Wait(Duration),
    /// Nobody logs in here.
    #[error("nobody has to log in here: `access.mode` is open")]
    Open,
    /// The directory cannot be written.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// Who is let in cannot be found out.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Users and tokens.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The policy is not there.
    #[error("`{0}`: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// The policy is wrong.
    #[error("`{0}`: {1}")]
    Policy(PathBuf, PolicyError),
    /// A file of the provider.
    #[error("`access.oidc`: {0}")]
    Oidc(#[from] FileProblem),
    /// A role that the provider would give away.
    #[error("`access.oidc.roles`: {0}")]
    OidcRole(RolesError),
}

/// Reads the policy of a site; an empty path is that of one which has decided nothing.
pub fn policy(path: &Path) -> Result<Policy, AccessError> {
    if path.as_os_str().is_empty() {
        return Ok(Policy::default());
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| AccessError::Unreadable(path.to_owned(), error))?;
    Policy::read(&text).map_err(|error| AccessError::Policy(path.to_owned(), error))
}

impl Guard {
    /// One who asks nobody.
    pub fn open() -> Self {
        Self(Arc::new(Kind::Open))
    }

    /// The one that `config` asks for; users and tokens lie beside the store.
    pub fn of(config: &AccessConfig, store: &StoreConfig) -> Result<Self, AccessError> {
        match config.mode {
            Mode::Open | Mode::OpenToAll => Ok(Self::open()),
            Mode::Secure => {
                let directory = Directory::open(store)?;
                if directory.is_empty()? && !config.oidc.is_on() {
                    warn!(
                        "nobody can log in yet: `sidetone users add NAME --role admin` and `sidetone \
                         tokens create NAME --role media` let people and programs in"
                    );
                }
                Self::secure(config, directory)
            }
        }
    }

    /// The same for tools beside an engine, which look at who is let in whatever its mode.
    pub fn beside(config: &AccessConfig, store: &StoreConfig) -> Result<Self, AccessError> {
        // They need not be able to read the provider's secret.
        let config = AccessConfig {
            oidc: OidcConfig::default(),
            ..config.clone()
        };
        Self::secure(&config, Directory::open(store)?)
    }

    fn secure(config: &AccessConfig, directory: Directory) -> Result<Self, AccessError> {
        let policy = policy(&config.policy)?;
        let given = config.oidc.named_roles();
        policy.roles.named(&given).map_err(AccessError::OidcRole)?;
        let version = directory.version()?;
        let snapshot = Snapshot::of(&directory, policy)?;
        let state = State {
            directory,
            version,
            policy_changed: changed(&config.policy),
            looked: Instant::now(),
            here: Attempts::after(FREE_HERE, LONGEST_HERE),
            anywhere: Attempts::after(FREE_ANYWHERE, LONGEST_ANYWHERE),
        };
        // Made now, not for whoever tries first.
        PasswordHash::nobodys();
        Ok(Self(Arc::new(Kind::Secure(Box::new(Secure {
            policy_file: config.policy.clone(),
            session: Duration::from_secs(60 * u64::from(config.session_min)),
            oidc: Oidc::of(&config.oidc)?,
            state: Mutex::new(state),
            known: RwLock::new(Arc::new(snapshot)),
            changes: Mutex::default(),
        })))))
    }

    /// All who are called so: a user, tokens, or `role:NAME` for whoever has that role alone.
    pub fn named(&self, name: &str) -> Vec<Principal> {
        let Kind::Secure(secure) = &*self.0 else {
            return Vec::new();
        };
        let known = secure.known();
        if let Some(role) = name.strip_prefix("role:") {
            let role = known.policy.roles.get(role);
            let of_role = role.map(|role| Known {
                name: role.name.clone(),
                identified: Identified::Engine,
                roles: vec![role.clone()],
                agent_id: None,
                team: Arc::default(),
            });
            return of_role.into_iter().map(Principal::new).collect();
        }
        let user = known.users.get(name);
        let user = user.map(|user| (&user.subject, Identified::Session(String::new())));
        let tokens = known
            .tokens
            .values()
            .filter(|token| token.subject.name == name);
        let tokens = tokens.map(|token| (&token.subject, Identified::Token(token.id.clone())));
        let all = user.into_iter().chain(tokens);
        all.map(|(subject, by)| known.principal(subject, by))
            .collect()
    }

    /// Whether nobody is asked who they are.
    pub fn is_open(&self) -> bool {
        matches!(*self.0, Kind::Open)
    }

    /// The provider by which people log in, if there is one.
    pub(crate) fn single_sign_on(&self) -> Option<&Arc<Oidc>> {
        self.oidc().filter(|oidc| oidc.lets_people_in())
    }

    fn oidc(&self) -> Option<&Arc<Oidc>> {
        match &*self.0 {
            Kind::Open => None,
            Kind::Secure(secure) => secure.oidc.as_ref(),
        }
    }

    /// Waits for what [`identify`](Self::identify) needs to say who it is that shows these: keys of the
    /// provider, where they bring a token of it.
    pub(crate) async fn prepare(&self, shown: Credentials<'_>) {
        if let (Some(oidc), Some(bearer)) = (self.oidc(), shown.bearer)
            && oidc.takes(bearer)
        {
            oidc.prepare(bearer).await;
        }
    }

    /// Who it is that shows these.
    pub fn identify(
        &self,
        shown: Credentials<'_>,
        from: Option<IpAddr>,
    ) -> Result<Principal, Unknown> {
        let Kind::Secure(secure) = &*self.0 else {
            return Ok(match from {
                Some(from) => Principal::local().from(from),
                None => Principal::local(),
            });
        };
        let known = secure.known();
        let now = now_ms();
        let (secret, of_token) = match (shown.bearer, shown.session) {
            (Some(bearer), _) => (bearer, true),
            (None, Some(session)) => (session, false),
            (None, None) => {
                return known.peer(from, shown.certificate).ok_or(Unknown::Nothing);
            }
        };
        let found = match (Token::parse(secret), &secure.oidc) {
            (Ok(token), _) if of_token => known.of_token(&token, now),
            (Ok(token), _) => known.of_session(&token, now),
            (Err(_), Some(oidc)) if of_token && oidc.takes(secret) => known.of_jwt(oidc, secret),
            (Err(_), _) => None,
        };
        let found = found.ok_or(Unknown::Invalid)?;
        Ok(match from {
            Some(from) => found.from(from),
            None => found,
        })
    }

    /// Who it is that connects from there and shows nothing, if that says it.
    pub fn peer(&self, from: IpAddr) -> Result<Principal, Unknown> {
        self.identify(Credentials::default(), Some(from))
    }

    /// Whether somebody who was identified once would be still, and be the same: with the roles, the
    /// agent and the team that they had.
    pub fn stands(&self, who: &Principal) -> bool {
        let Kind::Secure(secure) = &*self.0 else {
            return true;
        };
        let (known, now) = (secure.known(), now_ms());
        let again = match who.identified() {
            Identified::Token(id) => {
                let token = known.tokens.get(id).filter(|token| token.is_valid(now));
                token.map(|token| known.principal(&token.subject, who.identified().clone()))
            }
            Identified::Session(id) => {
                let session = known.sessions.get(id).filter(|one| one.expires_ms > now);
                let subject = session.and_then(|session| known.subject_of(session));
                subject.map(|subject| known.principal(subject, who.identified().clone()))
            }
            Identified::Network => known.peer(who.address(), &[]),
            Identified::Certificate(names) => known.peer(who.address(), names),
            // What a provider has signed does not change.
            Identified::Jwt { until, .. } => return *until > now,
            Identified::Engine => return true,
            Identified::Open => return false,
        };
        again.is_some_and(|again| again.may_as(who))
    }

    /// Lets a person in. Takes as long as hashing a password does.
    pub fn log_in(
        &self,
        name: &str,
        password: &str,
        from: Option<IpAddr>,
    ) -> Result<(Token, Duration), LoginError> {
        let Kind::Secure(secure) = &*self.0 else {
            return Err(LoginError::Open);
        };
        if name.len() > LONGEST_NAME {
            return Err(LoginError::Wrong);
        }
        let (anywhere, here) = (name.to_owned(), (name.to_owned(), from));
        let now = Instant::now();
        let known = secure.known_now();
        {
            let state = secure.state();
            let waits = state.here.wait(&here, now);
            if let Some(wait) = waits.max(state.anywhere.wait(&anywhere, now)) {
                return Err(LoginError::Wait(wait));
            }
        }
        let user = known.users.get(name);
        let hash = user.map_or(PasswordHash::nobodys(), |user| &user.password);
        let right = hash.matches(password) && user.is_some_and(|user| !user.locked);
        let mut state = secure.state();
        if !right {
            state.here.failed(&here, now);
            state.anywhere.failed(&anywhere, now);
            return Err(LoginError::Wrong);
        }
        state.here.succeeded(&here);
        state.anywhere.succeeded(&anywhere);
        let token = secure.begin(&mut state, &Whose::User(name.to_owned()))?;
        Ok((token, secure.session))
    }

    /// Lets somebody in whom the provider has named.
    pub(crate) fn let_in(&self, subject: Subject) -> Result<(Token, Duration), OidcError> {
        let Kind::Secure(secure) = &*self.0 else {
            return Err(OidcError::Off);
        };
        let known = secure.known();
        if known.has_name(&subject.name) {
            return Err(OidcError::Taken(subject.name));
        }
        let roles = known.roles(&subject);
        if roles.is_empty() {
            return Err(OidcError::NoRole(subject.name));
        }
        let roles = roles.iter().map(|role| role.name.clone()).collect();
        let whose = Whose::Provided(Subject { roles, ..subject });
        let token = secure.begin(&mut secure.state(), &whose)?;
        Ok((token, secure.session))
    }

    /// What was changed beside the engine since this was last asked.
    pub fn take_changes(&self) -> Vec<Change> {
        let Kind::Secure(secure) = &*self.0 else {
            return Vec::new();
        };
        let waiting = secure.changes.lock();
        std::mem::take(&mut *waiting.unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the session of `who`, if it is one.
    pub fn log_out(&self, who: &Principal) -> Result<(), DirectoryError> {
        if let (Kind::Secure(secure), Identified::Session(id)) = (&*self.0, who.identified()) {
            let mut state = secure.state();
            state.directory.end_session(id)?;
            secure.read_again(&mut state);
        }
        Ok(())
    }
}

impl Secure {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, state: &mut State, whose: &Whose) -> Result<Token, DirectoryError> {
        let lasts = i64::try_from(self.session.as_millis()).unwrap_or(i64::MAX);
        let expires_ms = now_ms().saturating_add(lasts);
        let token = state.directory.begin_session(whose, expires_ms)?;
        self.read_again(state);
        Ok(token)
    }

    /// All who are known, as of the last second.
    fn known(&self) -> Arc<Snapshot> {
        // Whoever finds it locked takes what is there: another one looks.
        if let Ok(mut state) = self.state.try_lock()
            && state.looked.elapsed() >= LOOKED_AGAIN
        {
            self.look(&mut state);
        }
        self.now()
    }

    /// The same as of now, for those who wait anyway.
    fn known_now(&self) -> Arc<Snapshot> {
        self.look(&mut self.state());
        self.now()
    }

    /// Reads what has changed.
    fn look(&self, state: &mut State) {
        state.looked = Instant::now();
        let version = state.directory.version().unwrap_or(state.version);
        let policy = changed(&self.policy_file);
        if policy != state.policy_changed {
            self.read_policy_again(state, policy);
        }
        // What could not be read is read again at the next look.
        if version != state.version && self.read_again(state) {
            state.version = version;
        }
    }

    fn now(&self) -> Arc<Snapshot> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn read_policy_again(&self, state: &mut State, changed: Option<SystemTime>) {
        match policy(&self.policy_file) {
            Ok(policy) if self.replace(state, policy.clone()) => {
                state.policy_changed = changed;
                info!(file = %self.policy_file.display(), "the policy is read again");
                let changed = Change {
                    action: "policy_changed",
                    what: self.policy_file.display().to_string(),
                    detail: String::new(),
                };
                let waiting = self.changes.lock();
                waiting
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(changed);
            }
            // Tried again at the next look.
            Ok(_) => {}
            Err(error) => {
                state.policy_changed = changed;
                warn!(%error, "the policy as it was goes on to hold");
            }
        }
    }

    /// Users, tokens and sessions. Whether they could be read.
    fn read_again(&self, state: &mut State) -> bool {
        let policy = self.now().policy.clone();
        self.replace(state, policy)
    }

    fn replace(&self, state: &State, policy: Policy) -> bool {
        match Snapshot::of(&state.directory, policy) {
            Ok(snapshot) => {
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                let changes = snapshot.changes_since(&known);
                *known = Arc::new(snapshot);
                let waiting = self.changes.lock();
                waiting
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(changes);
                true
            }
            Err(error) => {
                warn!(%error, "users and tokens as they were go on to hold");
                false
            }
        }
    }
}

/// What somebody is, on a line.
fn described(subject: &Subject) -> String {
    let mut text = format!("{}: {}", subject.name, subject.roles.join(", "));
    if let Some(agent) = &subject.agent_id {
        text.push_str(&format!(", agent {agent}"));
    }
    if !subject.teams.is_empty() {
        text.push_str(&format!(", teams {}", subject.teams.join(", ")));
    }
    text
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

impl TokenRecord {
    /// Whether it opens anything at that time, in milliseconds since 1970.
    pub fn is_valid(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|end| now_ms < end)
    }
}

impl Snapshot {
    fn of(directory: &Directory, policy: Policy) -> Result<Self, DirectoryError> {
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

    /// What of users and tokens is otherwise than `before`. Sessions tell of themselves.
    fn changes_since(&self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut tell = |action, what: &str, subject: Option<&Subject>| {
            changes.push(Change {
                action,
                what: what.to_owned(),
                detail: subject.map(described).unwrap_or_default(),
            });
        };
        for (name, user) in &self.users {
            match before.users.get(name) {
                None => tell("user_added", name, Some(&user.subject)),
                Some(was) if was.password != user.password => tell("password_changed", name, None),
                Some(was) if was.locked != user.locked => {
                    let action = if user.locked {
                        "user_locked"
                    } else {
                        "user_unlocked"
                    };
                    tell(action, name, None);
                }
                Some(was) if was.subject != user.subject => {
                    tell("user_changed", name, Some(&user.subject));
                }
                Some(_) => {}
            }
        }
        let gone = before.users.keys();
        gone.filter(|name| !self.users.contains_key(*name))
            .for_each(|name| tell("user_removed", name, None));
        for (id, token) in &self.tokens {
            match before.tokens.get(id) {
                None => tell("token_made", id, Some(&token.subject)),
                Some(was) if was.revoked_ms != token.revoked_ms => {
                    tell("token_revoked", id, Some(&token.subject));
                }
                Some(_) => {}
            }
        }
        changes
    }

    fn of_token(&self, token: &Token, now_ms: i64) -> Option<Principal> {
        let record = self.tokens.get(token.id())?;
        let opens = record.hash.matches(token) && record.is_valid(now_ms);
        opens.then(|| self.principal(&record.subject, Identified::Token(record.id.clone())))
    }

    fn of_session(&self, token: &Token, now_ms: i64) -> Option<Principal> {
        let session = self.sessions.get(token.id())?;
        let subject = self.subject_of(session)?;
        let opens = session.hash.matches(token) && now_ms < session.expires_ms;
        opens.then(|| self.principal(subject, Identified::Session(session.id.clone())))
    }

    /// Whose a session is, if they are let in.
    fn subject_of<'a>(&'a self, session: &'a Session) -> Option<&'a Subject> {
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

    fn of_jwt(&self, oidc: &Oidc, token: &str) -> Option<Principal> {
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
    fn has_name(&self, name: &str) -> bool {
        let now = now_ms();
        let mut tokens = self.tokens.values().filter(|token| token.is_valid(now));
        self.users.contains_key(name)
            || tokens.any(|token| token.subject.name == name)
            || self.policy.peers.iter().any(|peer| peer.name == name)
    }

    fn peer(&self, from: Option<IpAddr>, certificate: &[String]) -> Option<Principal> {
        let peer = self.policy.peer(from, certificate)?;
        let known = Known {
            name: peer.name.clone(),
            identified: match peer.certificate.is_empty() {
                true => Identified::Network,
                false => Identified::Certificate(certificate.to_vec()),
            },
            roles: peer.roles.clone(),
            agent_id: None,
            team: Arc::default(),
        };
        let peer = Principal::new(known);
        Some(match from {
            Some(from) => peer.from(from),
            None => peer,
        })
    }

    fn principal(&self, subject: &Subject, identified: Identified) -> Principal {
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
    fn roles(&self, subject: &Subject) -> Vec<Arc<Role>> {
        let roles = subject.roles.iter();
        roles
            .filter_map(|role| self.policy.roles.get(role).cloned())
            .collect()
    }
}

/// Whether any role of `names` is none, for whoever gives them away.
pub fn check_roles(policy: &Policy, names: &[String]) -> Result<(), RolesError> {
    policy.roles.named(names).map(drop)
}

/// What somebody is shown who may open calls: what doors ask of whoever connects. `Err` says why they
/// may not.
pub fn opens_calls(who: &Principal) -> Result<Clearance, Decision> {
    match sidetone_access::decide(who, Right::OpenCalls, None) {
        Decision::Allowed { sees, .. } => Ok(sees),
        refused => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secure(policy: &str) -> (tempfile::TempDir, Guard, Directory) {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("policy.toml");
        std::fs::write(&file, policy).expect("written");
        let config = AccessConfig {
            mode: Mode::Secure,
            policy: file,
            hosts: Vec::new(),
            session_min: 5,
            oidc: OidcConfig::default(),
        };
        let at = || Directory::at(&dir.path().join("access.db")).expect("made");
        let guard = Guard::secure(&config, at()).expect("sound");
        let beside = at();
        (dir, guard, beside)
    }

    fn subject(name: &str, roles: &[&str]) -> Subject {
        Subject {
            name: name.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            agent_id: Some(format!("agent-of-{name}")),
            teams: vec!["billing".to_owned()],
        }
    }

    /// What others have changed is looked at again at once.
    fn look(guard: &Guard) {
        if let Kind::Secure(secure) = &*guard.0 {
            let mut state = secure.state();
            state.looked = state
                .looked
                .checked_sub(LOOKED_AGAIN)
                .expect("the clock runs");
        }
    }

    fn shows(guard: &Guard, bearer: &str) -> Result<Principal, Unknown> {
        let shown = Credentials {
            bearer: Some(bearer),
            ..Credentials::default()
        };
        guard.identify(shown, None)
    }

    #[test]
    fn whoever_reaches_an_open_engine_is_let_in() {
        let who = Guard::open()
            .identify(Credentials::default(), None)
            .expect("open");
        assert!(!who.is_known() && who.name() == "local");
    }

    #[test]
    fn a_token_opens_until_it_ends_or_is_revoked() {
        let (_dir, guard, beside) = secure("");
        let token = beside
            .make_token(&subject("pbx", &["media"]), None)
            .expect("made");
        let old = beside
            .make_token(&subject("old", &["media"]), Some(1))
            .expect("made");
        look(&guard);
        let who = shows(&guard, &token.reveal()).expect("valid");
        assert_eq!(
            (who.name(), who.role_names()),
            ("pbx", vec!["media".to_owned()])
        );
        assert!(guard.stands(&who));
        for wrong in [
            old.reveal(),
            token.reveal().replace("sidetone_", "sidetone_0"),
            String::new(),
        ] {
            assert_eq!(
                shows(&guard, &wrong).err(),
                Some(Unknown::Invalid),
                "{wrong}"
            );
        }
        let nothing = guard.identify(Credentials::default(), None);
        assert_eq!(nothing.err(), Some(Unknown::Nothing));
        beside.revoke_token(token.id()).expect("there");
        look(&guard);
        assert_eq!(shows(&guard, &token.reveal()).err(), Some(Unknown::Invalid));
        assert!(!guard.stands(&who), "also for what goes on");
        let told = guard.take_changes();
        let told: Vec<_> = told.iter().map(|change| change.action).collect();
        assert_eq!(told, ["token_made", "token_made", "token_revoked"]);
        assert!(guard.take_changes().is_empty());
    }

    #[test]
    fn a_person_logs_in_and_out_and_is_kept_out_after_too_many_wrong_passwords() {
        let (_dir, guard, beside) = secure("[teams]\nbilling = [\"agent-9\"]\n");
        let password = PasswordHash::of("correct horse battery").expect("hashed");
        beside
            .add_user(&subject("ann", &["supervisor"]), &password)
            .expect("added");
        look(&guard);
        let (token, _) = guard
            .log_in("ann", "correct horse battery", None)
            .expect("right");
        let secret = token.reveal();
        let shown = Credentials {
            session: Some(&secret),
            ..Credentials::default()
        };
        let who = guard.identify(shown, None).expect("logged in");
        assert_eq!(who.name(), "ann");
        let team: Vec<_> = who.team().iter().map(String::as_str).collect();
        assert_eq!(
            team,
            ["agent-9", "agent-of-ann"],
            "by the policy and by users"
        );
        assert_eq!(
            shows(&guard, &secret).err(),
            Some(Unknown::Invalid),
            "it is no token"
        );
        guard.log_out(&who).expect("written");
        assert_eq!(guard.identify(shown, None).err(), Some(Unknown::Invalid));
        assert!(!guard.stands(&who));
        for name in ["ann", "nobody"] {
            for _ in 0..=FREE_HERE {
                let refused = guard.log_in(name, "wrong", None);
                assert!(matches!(refused, Err(LoginError::Wrong)), "{name}");
            }
            let refused = guard.log_in(name, "correct horse battery", None);
            assert!(matches!(refused, Err(LoginError::Wait(_))), "{name}");
        }
        let elsewhere = "192.0.2.1".parse().ok();
        assert!(
            guard
                .log_in("ann", "correct horse battery", elsewhere)
                .is_ok()
        );
        beside.set_locked("ann", true).expect("there");
        look(&guard);
        let locked = guard.log_in("ann", "correct horse battery", elsewhere);
        assert!(matches!(locked, Err(LoginError::Wrong)));
    }

    #[test]
    fn whom_a_provider_has_named_is_let_in_with_a_role_and_a_name_of_their_own() {
        let (_dir, guard, beside) = secure("");
        let provided = |name: &str, roles: &[&str]| guard.let_in(subject(name, roles));
        let nothing = provided("ann", &["offline_access"]);
        assert!(matches!(nothing, Err(OidcError::NoRole(_))), "{nothing:?}");
        let (token, _) = provided("ann", &["agent", "offline_access"]).expect("an agent");
        let (sue, _) = provided("sue", &["supervisor"]).expect("a supervisor");
        let shows = |token: &Token| {
            let secret = token.reveal();
            let shown = Credentials {
                session: Some(&secret),
                ..Credentials::default()
            };
            guard.identify(shown, None)
        };
        let ann = shows(&token).expect("logged in");
        assert_eq!((ann.name(), ann.agent_id()), ("ann", Some("agent-of-ann")));
        assert_eq!(ann.role_names(), ["agent"]);
        let team = shows(&sue).expect("logged in");
        assert!(team.team().contains("agent-of-ann"), "{team:?}");
        // Whose actions are whose has to be told: ours keep their names.
        beside
            .make_token(&subject("ann", &["media"]), None)
            .expect("made");
        look(&guard);
        assert_eq!(shows(&token).err(), Some(Unknown::Invalid));
        let taken = provided("ann", &["agent"]);
        assert!(matches!(taken, Err(OidcError::Taken(_))), "{taken:?}");
        guard.log_out(&team).expect("written");
        assert!(shows(&sue).is_err() && !guard.stands(&team));
    }

    #[test]
    fn a_media_server_is_known_by_where_it_connects_from_and_a_changed_policy_holds() {
        let (dir, guard, _) = secure("[peers.pbx]\nfrom = [\"10.0.0.5\"]\nroles = [\"media\"]\n");
        let from = |address: &str| guard.peer(address.parse().expect("an address"));
        let who = from("10.0.0.5").expect("named");
        assert!(opens_calls(&who).is_ok() && who.name() == "pbx");
        assert_eq!(from("10.0.0.6").err(), Some(Unknown::Nothing));
        let file = dir.path().join("policy.toml");
        let change = |text: &str, seconds| {
            std::fs::write(&file, text).expect("written");
            let time = SystemTime::now() + Duration::from_secs(seconds);
            let file = std::fs::File::options().write(true).open(&file);
            file.and_then(|file| file.set_modified(time)).expect("set");
            look(&guard);
        };
        change(
            "[peers.pbx]\nfrom = [\"10.0.0.6\"]\nroles = [\"agent\"]\n",
            10,
        );
        assert!(from("10.0.0.5").is_err() && !guard.stands(&who));
        assert!(opens_calls(&from("10.0.0.6").expect("named")).is_err());
        change("[peers.pbx]\nfrom = 7\n", 20);
        assert!(from("10.0.0.6").is_ok(), "a broken file changes nothing");
    }
}
