//! Who of those who take part is the agent.

use sidetone_types::party::Role;

use super::metadata::Participant;
use crate::Forked;

/// How agents are told from customers.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// Whose side calls, where [`Sides::agents`] does not tell who is who.
    pub caller: Forked,
    /// By whose address somebody is known as an agent.
    pub agents: Agents,
}

impl Sides {
    /// Whether somebody's address is known as an agent's.
    pub(super) fn is_agent(&self, one: &Participant) -> bool {
        self.agents.have(&one.aor)
    }

    /// Who somebody is who called, or was called; `known` where an agent of the call is known by
    /// address, so that all others are customers.
    pub(super) fn role(&self, one: &Participant, called: bool, known: bool) -> Role {
        match (known, called) {
            (true, _) if self.is_agent(one) => Role::Agent,
            (true, _) => Role::Customer,
            (false, true) => self.caller.speaks(),
            (false, false) => self.caller.hears(),
        }
    }
}

/// Patterns of agents' addresses: `1???` for extensions, `*@agents.example.org` for a domain. `*`
/// stands for any characters, `?` for one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Agents(Vec<String>);

/// What is no pattern of an address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no pattern of an address: write `1???` or `*@agents.example.org`, without `sip:`"
)]
pub struct AgentsError(String);

impl Agents {
    /// Reads patterns.
    ///
    /// # Errors
    ///
    /// [`AgentsError`] for one that no address could be like.
    pub fn read(patterns: &[String]) -> Result<Self, AgentsError> {
        let patterns = patterns.iter().map(|text| pattern(text));
        patterns.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub(super) const fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address is an agent's: its user part, or all of it.
    fn have(&self, aor: &str) -> bool {
        let address = address(aor).to_ascii_lowercase();
        let user = user(&address);
        let mut patterns = self.0.iter();
        patterns.any(|pattern| match pattern.contains('@') {
            true => is_like(pattern.as_bytes(), address.as_bytes()),
            false => is_like(pattern.as_bytes(), user.as_bytes()),
        })
    }
}

fn pattern(text: &str) -> Result<String, AgentsError> {
    let pattern = text.trim().to_ascii_lowercase();
    let is_odd = |character: char| {
        character.is_whitespace() || character.is_control() || "<>\":;".contains(character)
    };
    match pattern.is_empty() || pattern.contains(is_odd) {
        true => Err(AgentsError(text.chars().take(80).collect())),
        false => Ok(pattern),
    }
}

/// Whether `text` is as `pattern` has it.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Behind the last `*`: where to go on in the pattern, and what it stood for up to.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((behind, up_to)) => {
                    (p, t) = (behind, up_to + 1);
                    star = Some((behind, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// An address of record without scheme, display name and parameters: `1001@example.org`.
pub(super) fn address(aor: &str) -> &str {
    let aor = aor.rsplit_once('<').map_or(aor, |(_, behind)| behind);
    let aor = aor.split('>').next().unwrap_or_default().trim();
    let scheme = ["sip:", "sips:", "tel:"].iter().find_map(|scheme| {
        let (head, rest) = aor.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let bare = scheme.unwrap_or(aor);
    bare.split([';', '?']).next().unwrap_or_default().trim()
}

/// Its user part: a number, or the name of an extension. Empty where there is none, as in `sip:10.0.0.5`.
pub(super) fn user(aor: &str) -> &str {
    let address = address(aor);
    match address.split_once('@') {
        Some((user, _)) => user.split(':').next().unwrap_or_default(),
        None if address.starts_with('[') || address.contains('.') => "",
        None => address,
    }
}

/// Whether two addresses are one: as numbers, where one may have more in front, or by their users.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (user(one), user(other));
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let is_number = |text: &str| {
        text.chars()
            .all(|it| it.is_ascii_digit() || "+-.()".contains(it))
    };
    if one.is_empty() || other.is_empty() {
        return false;
    }
    if !(is_number(one) && is_number(other)) {
        return one.eq_ignore_ascii_case(other);
    }
    let (one, other) = (digits(one), digits(other));
    let (short, long) = match one.len() < other.len() {
        true => (one, other),
        false => (other, one),
    };
    // A trunk prefix of 0 stands for the country's code.
    let bare = short.trim_start_matches('0');
    short == long || (bare.len() >= 7 && long.ends_with(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (aor, expected, user_part) in [
            (
                "sip:1001@example.org;user=phone",
                "1001@example.org",
                "1001",
            ),
            (
                "\"Ann <3\" <SIPS:ann@example.org>;tag=1",
                "ann@example.org",
                "ann",
            ),
            ("tel:+14155550117;ext=2", "+14155550117", "+14155550117"),
            ("02077705371", "02077705371", "02077705371"),
            ("sip:10.0.0.5:5060", "10.0.0.5:5060", ""),
            ("sip:[2001:db8::1]", "[2001:db8::1]", ""),
            ("", "", ""),
            ("sip:ann:secret@h", "ann:secret@h", "ann"),
        ] {
            assert_eq!((address(aor), user(aor)), (expected, user_part), "{aor}");
        }
    }

    #[test]
    fn numbers_are_one_whatever_stands_in_front_of_them() {
        for (one, other, same) in [
            ("sip:+442077705371@a", "sip:02077705371@b", true),
            ("sip:4155550117@a", "tel:+1-415-555-0117", true),
            ("sip:7663@a", "sip:+14155557663@b", false),
            ("sip:7663@a", "sip:7663@b", true),
            ("sip:Ann@a", "sip:ann@b", true),
            ("sip:ann@a", "sip:bob@b", false),
            ("sip:10.0.0.5", "sip:10.0.0.5", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn agents_are_known_by_patterns() {
        let patterns = ["1???", "*@Agents.example.org", "*desk*"];
        let agents = Agents::read(&patterns.map(str::to_owned)).expect("patterns");
        for (aor, is_agent) in [
            ("sip:1001@pbx", true),
            ("sip:10011@pbx", false),
            ("sip:ann@agents.EXAMPLE.org", true),
            ("sip:ann@agents.example.org.evil.test", false),
            ("sip:helpdesk7@pbx", true),
            ("sip:10.0.0.5", false),
        ] {
            assert_eq!(agents.have(aor), is_agent, "{aor}");
        }
        assert!(!Agents::default().have("sip:1001@pbx"));
        for pattern in ["", "sip:1???", "1??? x", "<*>"] {
            assert!(Agents::read(&[pattern.to_owned()]).is_err(), "{pattern}");
        }
    }
}
