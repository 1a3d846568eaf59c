//! What is written down of who asks for what: before they are answered.

use std::net::IpAddr;
use std::time::Duration;

use sidetone_access::{Decision, Identified, Principal, Right, Token};
use sidetone_audit::{Entry, Outcome};
use tracing::{info, warn};

use super::{Api, ApiError};
use crate::access::{AuditWords, LoginError, Unknown};

impl Api {
    /// Writes down that somebody asks for something. Where that cannot be done they get nothing.
    pub(super) async fn tell_audit(
        &self,
        who: &Principal,
        right: Right,
        what: &str,
        decision: &Decision,
    ) -> Result<(), ApiError> {
        self.tell_asked(who, right, (right.as_str(), what), decision)
            .await
    }

    /// The same for what is asked for under a name of its own.
    pub(super) async fn tell_asked(
        &self,
        who: &Principal,
        right: Right,
        (action, what): (&str, &str),
        decision: &Decision,
    ) -> Result<(), ApiError> {
        let done = (Outcome::Done, String::new());
        self.tell_outcome(who, right, (action, what, decision), done)
            .await
    }

    /// The same with what becomes of it, where they may, and what else there is to say.
    pub(super) async fn tell_outcome(
        &self,
        who: &Principal,
        right: Right,
        (action, what, decision): (&str, &str, &Decision),
        (outcome, detail): (Outcome, String),
    ) -> Result<(), ApiError> {
        let allowed = decision.is_allowed();
        if !allowed {
            // What was searched for is what somebody said.
            let what = if AuditWords::are_of(action) { "" } else { what };
            info!(who = who.name(), %right, what, %decision, "refused");
        }
        let is_engine = *who.identified() == Identified::Engine;
        if is_engine || (allowed && !is_written(right)) {
            return Ok(());
        }
        self.audit(Entry {
            outcome: match allowed {
                true => outcome,
                false => Outcome::Refused,
            },
            policy: decision.to_string(),
            detail,
            ..self.entry(who, action, what)
        })
        .await
    }

    /// Writes down that somebody may do something, and not with that call.
    pub(super) async fn tell_withheld(
        &self,
        who: &Principal,
        right: Right,
        (what, decision): (&str, &Decision),
        why: &str,
    ) -> Result<(), ApiError> {
        info!(who = who.name(), %right, what, why, "refused");
        self.audit(Entry {
            outcome: Outcome::Refused,
            policy: decision.to_string(),
            detail: why.to_owned(),
            ..self.entry(who, right.as_str(), what)
        })
        .await
    }

    /// Writes down that somebody is known at a door, and not let in.
    pub(crate) async fn tell_refused(
        &self,
        who: &Principal,
        decision: &Decision,
    ) -> Result<(), ApiError> {
        self.tell_audit(who, Right::OpenCalls, "", decision).await
    }

    /// Writes down that somebody asks of whom it is not known who they are: the first time in a minute
    /// from an address, and then how often. They would fill the disk.
    pub(crate) async fn tell_unknown(
        &self,
        from: Option<IpAddr>,
        path: &str,
        why: Unknown,
    ) -> Result<(), ApiError> {
        let Some(untold) = self.0.strangers.came(from, self.1.name()) else {
            return Ok(());
        };
        self.audit(Entry {
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            door: self.1.name().to_owned(),
            action: "identify".to_owned(),
            what: path.to_owned(),
            outcome: Outcome::Refused,
            policy: why.to_string(),
            detail: match untold {
                0 => String::new(),
                untold => format!("and {untold} times since it was last written down"),
            },
            ..Entry::default()
        })
        .await
    }

    /// Lets a person in who logs in, where that is right.
    pub(crate) async fn log_in(
        &self,
        name: String,
        password: String,
        from: Option<IpAddr>,
    ) -> Result<Result<(Token, Duration), LoginError>, ApiError> {
        // Hashing takes a core and memory: those who log in do so one after another, and not too many
        // wait. Whoever goes away meanwhile is hashed all the same, and written down.
        let waits = self.0.logging_in.clone().try_acquire_owned();
        let waits = waits.map_err(|_| ApiError::exhausted("too many people log in at once"))?;
        let api = self.clone();
        let logged_in = tokio::spawn(async move {
            let _waits = waits;
            api.log_in_by_turns(name, password, from).await
        });
        logged_in.await.map_err(ApiError::internal)?
    }

    async fn log_in_by_turns(
        &self,
        name: String,
        password: String,
        from: Option<IpAddr>,
    ) -> Result<Result<(Token, Duration), LoginError>, ApiError> {
        let (guard, who) = (self.guard().clone(), name.clone());
        let begun = {
            let _turn = self.0.login_turns.acquire().await;
            tokio::task::spawn_blocking(move || guard.log_in(&name, &password, from)).await
        };
        let begun = begun.map_err(ApiError::internal)?;
        let (outcome, policy) = match &begun {
            Ok((session, _)) => (Outcome::Done, format!("session {}", session.id())),
            Err(LoginError::Directory(error)) => {
                warn!(%error, "nobody can log in");
                (Outcome::Failed, String::new())
            }
            Err(problem) => (Outcome::Refused, problem.to_string()),
        };
        self.audit(Entry {
            who,
            by: "password".to_owned(),
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            door: self.1.name().to_owned(),
            action: "log_in".to_owned(),
            outcome,
            policy,
            ..Entry::default()
        })
        .await?;
        Ok(begun)
    }

    /// Ends the session of `who`.
    pub(crate) async fn log_out(&self, who: &Principal) -> Result<(), ApiError> {
        self.audit(self.entry(who, "log_out", "")).await?;
        let (guard, who) = (self.guard().clone(), who.clone());
        let ended = tokio::task::spawn_blocking(move || guard.log_out(&who)).await;
        let ended = ended.map_err(ApiError::internal)?;
        ended.map_err(ApiError::internal)
    }

    fn entry(&self, who: &Principal, action: &str, what: &str) -> Entry {
        let from = who.address();
        Entry {
            who: who.name().to_owned(),
            roles: who.role_names(),
            by: who.identified().to_string(),
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            door: self.1.name().to_owned(),
            action: action.to_owned(),
            what: what.to_owned(),
            ..Entry::default()
        }
    }

    pub(super) async fn audit(&self, entry: Entry) -> Result<(), ApiError> {
        let Some(audit) = &self.0.services.audit else {
            return Ok(());
        };
        let sealed = self.0.services.audit_words.seal(entry);
        let entry = sealed.map_err(ApiError::internal)?;
        match audit.write(entry).written().await {
            Ok(_) => Ok(()),
            Err(error) => {
                warn!(%error, "the audit is not written: nobody is answered");
                let why = "the audit cannot be written, and nothing is answered without it: try again later";
                Err(ApiError::Unavailable(why.to_owned()))
            }
        }
    }
}

/// Whether it is worth writing down that somebody was let: figures, rules and articles are nobody's, and
/// people and programs ask for them all day.
fn is_written(right: Right) -> bool {
    !matches!(
        right,
        Right::ReadMetrics
            | Right::ReadFriction
            | Right::ReadDoors
            | Right::ReadRules
            | Right::ReadKnowledge
    )
}
