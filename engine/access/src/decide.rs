//! Whether somebody may do something, and by what.
//!
//! A role allows it if it has the right and, where a call is asked for, reaches that call. One role
//! has to do both: rights of one and calls of another do not add up. What is shown is that role's
//! too.

use std::collections::BTreeSet;
use std::fmt;

use sidetone_types::class::{Class, Clearance};

use crate::principal::Principal;
use crate::right::Right;
use crate::role::{Reach, Role};

/// Whose call it is that somebody asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whose<'a> {
    /// The agents whose call it is or was.
    pub agents: &'a [&'a str],
    /// By whom it was opened, where that is known.
    pub opened_by: Option<&'a str>,
}

/// What was decided, and by what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// They may.
    Allowed {
        /// What they are shown.
        sees: Clearance,
        /// The roles that allow it, and by which reach: `supervisor/team`.
        by: String,
    },
    /// They may not.
    Refused {
        /// Why, in words for the audit.
        why: String,
    },
}

impl Decision {
    /// Whether they may.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { by, .. } => f.write_str(by),
            Self::Refused { why } => f.write_str(why),
        }
    }
}

/// Whether `who` may do that with the call `whose`: `None` if no call is named, as by somebody who
/// wants to see all that they may.
pub fn decide(who: &Principal, right: Right, whose: Option<Whose<'_>>) -> Decision {
    let with_right = who.roles().iter().filter(|role| role.may.contains(&right));
    let mut allows: Vec<String> = Vec::new();
    let mut sees = Clearance::BASIC;
    let mut has_right = false;
    for role in with_right {
        has_right = true;
        let by = match whose {
            Some(whose) if right.is_of_calls() => match reaches(who, role, whose) {
                Some(reach) => format!("{}/{}", role.name, reach.as_str()),
                None => continue,
            },
            _ => role.name.clone(),
        };
        allows.push(by);
        sees = sees.or(role.sees);
    }
    if allows.is_empty() {
        let roles = who.role_names().join(", ");
        let why = match has_right {
            true => format!("{roles}: `{right}` with other calls than this one"),
            false => format!("{roles}: no `{right}`"),
        };
        return Decision::Refused { why };
    }
    Decision::Allowed {
        sees,
        by: allows.join(", "),
    }
}

/// By what a role reaches a call, if it does.
fn reaches(who: &Principal, role: &Role, whose: Whose<'_>) -> Option<Reach> {
    let is_own = |agent: &&str| who.agent_id() == Some(*agent);
    let is_of_team = |agent: &&str| who.team().contains(*agent);
    let reaches = |reach: &Reach| match reach {
        Reach::All => true,
        Reach::Own => whose.agents.iter().any(is_own),
        Reach::Team => whose.agents.iter().any(is_of_team),
        Reach::Opened => whose.opened_by == Some(who.name()),
    };
    role.calls.iter().rev().copied().find(reaches)
}

/// The agents whose calls `who` may do that with and is shown fields of that class; `None` if all calls.
pub fn agents_of(who: &Principal, right: Right, needed: Class) -> Option<BTreeSet<String>> {
    let mut agents = BTreeSet::new();
    let roles = who.roles().iter();
    for role in roles.filter(|role| role.may.contains(&right) && role.sees.sees(needed)) {
        if role.calls.contains(&Reach::All) {
            return None;
        }
        if role.calls.contains(&Reach::Own) {
            agents.extend(who.agent_id().map(str::to_owned));
        }
        if role.calls.contains(&Reach::Team) {
            agents.extend(who.team().iter().cloned());
        }
    }
    Some(agents)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::principal::{Identified, Known};
    use crate::role::Roles;

    fn principal(roles: &[&str], agent_id: &str, team: &[&str]) -> Principal {
        let built_in = Roles::built_in();
        Principal::new(Known {
            name: "ann".to_owned(),
            identified: Identified::Session("1".to_owned()),
            roles: roles
                .iter()
                .map(|role| built_in.get(role).expect("there").clone())
                .collect(),
            agent_id: Some(agent_id.to_owned()).filter(|id| !id.is_empty()),
            team: Arc::new(team.iter().map(|agent| (*agent).to_owned()).collect()),
        })
    }

    fn of<'a>(agents: &'a [&'a str]) -> Option<Whose<'a>> {
        Some(Whose {
            agents,
            opened_by: Some("pbx"),
        })
    }

    #[test]
    fn each_role_reaches_the_calls_that_it_says() {
        for (roles, agent, team, right, agents, by) in [
            (
                &["agent"][..],
                "agent-7",
                &[][..],
                Right::ReadCalls,
                &["agent-7"][..],
                Some("agent/own"),
            ),
            (
                &["agent"],
                "agent-7",
                &[],
                Right::ReadCalls,
                &["agent-8"],
                None,
            ),
            (
                &["agent"],
                "agent-7",
                &[],
                Right::ReadCalls,
                &["agent-8", "agent-7"],
                Some("agent/own"),
            ),
            (&["agent"], "", &[], Right::ReadCalls, &[""], None),
            (
                &["agent"],
                "agent-7",
                &[],
                Right::CloseCalls,
                &["agent-7"],
                None,
            ),
            (
                &["supervisor"],
                "",
                &["agent-7"],
                Right::CloseCalls,
                &["agent-7"],
                Some("supervisor/team"),
            ),
            (
                &["supervisor"],
                "",
                &["agent-7"],
                Right::ReadCalls,
                &["agent-8"],
                None,
            ),
            (
                &["supervisor"],
                "",
                &["agent-7"],
                Right::ReadCalls,
                &[],
                None,
            ),
            (
                &["quality"],
                "",
                &[],
                Right::ReadCalls,
                &[],
                Some("quality/all"),
            ),
            (&["media"], "", &[], Right::ChangeCalls, &[], None),
            (&["media"], "", &[], Right::ReadCalls, &[], None),
            (
                &["agent", "quality"],
                "agent-7",
                &[],
                Right::ReadCalls,
                &["agent-7"],
                Some("agent/own, quality/all"),
            ),
            // The rights of one role and the calls of another do not add up.
            (
                &["agent", "analyst"],
                "agent-7",
                &[],
                Right::CorrectCalls,
                &["agent-8"],
                None,
            ),
        ] {
            let decision = decide(&principal(roles, agent, team), right, of(agents));
            let allowed = by.is_some();
            assert_eq!(
                decision.is_allowed(),
                allowed,
                "{roles:?} {right} {agents:?}: {decision}"
            );
            if let Some(by) = by {
                assert_eq!(decision.to_string(), by);
            }
        }
    }

    #[test]
    fn who_has_opened_a_call_changes_it_and_nobody_elses() {
        let media = principal(&["media"], "", &[]);
        for (opened_by, allowed) in [(Some("ann"), true), (Some("pbx"), false), (None, false)] {
            let whose = Whose {
                agents: &[],
                opened_by,
            };
            let decision = decide(&media, Right::CloseCalls, Some(whose));
            assert_eq!(decision.is_allowed(), allowed, "{opened_by:?}");
        }
    }

    #[test]
    fn what_is_shown_of_a_call_is_what_the_role_shows_that_reaches_it() {
        let both = principal(&["agent", "analyst"], "agent-7", &[]);
        for (agent, words) in [("agent-7", true), ("agent-8", false)] {
            let agents = [agent];
            let Decision::Allowed { sees, .. } = decide(&both, Right::ReadCalls, of(&agents))
            else {
                panic!("an analyst reads all");
            };
            assert_eq!(sees.sees(Class::Sensitive), words, "{agent}");
        }
    }

    #[test]
    fn the_agents_whose_calls_are_shown_are_ones_own_and_ones_teams() {
        let agents = |roles: &[&str]| {
            agents_of(
                &principal(roles, "agent-7", &["agent-8"]),
                Right::Search,
                Class::Personal,
            )
        };
        assert_eq!(agents(&["agent"]), Some(["agent-7".to_owned()].into()));
        let both = ["agent-7".to_owned(), "agent-8".to_owned()];
        assert_eq!(agents(&["supervisor"]), Some(both.into()));
        assert_eq!(agents(&["agent", "quality"]), None);
        assert_eq!(
            agents(&["analyst"]),
            Some(BTreeSet::new()),
            "no right to search"
        );
    }
}
