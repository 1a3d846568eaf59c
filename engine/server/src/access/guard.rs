//! Credentials to principals: the one place where it is found out who asks.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use sidetone_access::{
    Attempts, Decision, Identified, PasswordHash, Policy, PolicyError, Principal, Right,
    RolesError, Token,
};
use sidetone_types::class::Clearance;
use tracing::{info, warn};

use super::change::Change;
use super::config::{AccessConfig, Mode};
use super::directory::{Directory, DirectoryError, LONGEST_NAME};
use super::oidc::{FileProblem, Oidc, OidcConfig, OidcError};
use super::snapshot::Snapshot;
use super::subject::{Subject, Whose};
use crate::config::StoreConfig;
use crate::storage::now_ms;

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
    /// The last change that was written down elsewhere.
    told: AtomicI64,
}

/// What is looked at again now and then.
struct State {
    directory: Directory,
    version: u32,
    policy_changed: Option<SystemTime>,
    /// By name from an address, and by name from anywhere.
    here: Attempts<(String, Option<IpAddr>)>,
    anywhere: Attempts<String>,
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
            told: AtomicI64::new(0),
        })))))
    }

    /// All who are called so: a user, tokens, peers, or `role:NAME` for whoever has that role alone.
    pub fn named(&self, name: &str) -> Vec<Principal> {
        let Kind::Secure(secure) = &*self.0 else {
            return Vec::new();
        };
        secure.known().named(name)
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
        // They wait anyway: what was changed a moment ago holds.
        secure.look();
        let known = secure.known();
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

    /// Reads what others have changed, which holds from then on. Takes as long as reading files does.
    pub fn look(&self) {
        if let Kind::Secure(secure) = &*self.0 {
            secure.look();
        }
    }

    /// What was changed and is not [forgotten](Self::forget_changes) yet, the oldest first; some of it,
    /// if that is much.
    pub fn changes(&self) -> Result<Vec<Change>, DirectoryError> {
        match &*self.0 {
            Kind::Open => Ok(Vec::new()),
            Kind::Secure(secure) => {
                let mut changes = secure.state().directory.changes()?;
                // Told already, and not forgotten because the file cannot be written.
                let told = secure.told.load(Ordering::Relaxed);
                changes.retain(|change| change.id > told);
                Ok(changes)
            }
        }
    }

    /// Forgets that one and those before it: they are written down elsewhere.
    pub fn forget_changes(&self, last: &Change) -> Result<(), DirectoryError> {
        match &*self.0 {
            Kind::Open => Ok(()),
            Kind::Secure(secure) => {
                secure.told.fetch_max(last.id, Ordering::Relaxed);
                secure.state().directory.forget_changes(last)
            }
        }
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

    /// All who are known, as of the last look.
    fn known(&self) -> Arc<Snapshot> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Reads what has changed.
    fn look(&self) {
        let state = &mut *self.state();
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

    fn read_policy_again(&self, state: &mut State, changed: Option<SystemTime>) {
        match policy(&self.policy_file) {
            Ok(policy) if self.replace(state, policy.clone()) => {
                state.policy_changed = changed;
                info!(file = %self.policy_file.display(), "the policy is read again");
                let file = self.policy_file.display().to_string();
                if let Err(error) = state.directory.note("policy_changed", &file) {
                    warn!(%error, "that the policy has changed is not written down");
                }
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
        let policy = self.known().policy.clone();
        self.replace(state, policy)
    }

    fn replace(&self, state: &State, policy: Policy) -> bool {
        match Snapshot::of(&state.directory, policy) {
            Ok(snapshot) => {
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Arc::new(snapshot);
                true
            }
            Err(error) => {
                warn!(%error, "users and tokens as they were go on to hold");
                false
            }
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
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
mod tests;
