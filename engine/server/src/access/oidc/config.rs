//! What can be set about the provider.

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// People and programs that a provider of the site's own knows (OpenID Connect: Keycloak, Entra ID, Okta and
/// the like), beside `sidetone users` and `sidetone tokens`. Needs `access.mode = "secure"`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider, exactly as it names itself: `https://login.example/realms/desk`. `http://` is taken of
    /// this machine's own addresses alone. Empty means that there is none.
    pub issuer: String,
    /// What the provider calls the engine; people log in with it at the desk. Empty means that they do not,
    /// and programs alone come with tokens of the provider.
    pub client_id: String,
    /// A file with the secret of that client, read at each log-in; empty for a public client, which is
    /// protected by PKCE alone.
    pub client_secret_file: PathBuf,
    /// Where browsers reach the engine: `https://desk.example`. The provider sends them back to
    /// `/v1/oidc/callback` below it, which has to be known there.
    pub url: String,
    /// What is asked for of people who log in. `openid` has to be among it.
    pub scopes: Vec<String>,
    /// What tokens of programs (`authorization: Bearer JWT`) have to be made for, in their claim `aud`; not
    /// `client_id`, for which tokens of people are made. Empty means that no such tokens are taken.
    pub audience: String,
    /// Certificates of the authority that has signed the provider's, as a PEM file; empty means those that
    /// browsers trust.
    pub ca: PathBuf,
    /// How far the provider's clock may be off.
    #[schemars(range(min = 0, max = 600), extend("unit" = "s"))]
    pub skew_s: u32,
    /// The claim that names somebody. Where it is missing, `sub` does.
    pub name_claim: String,
    /// The claim with the names of their roles; parts of a path are joined by dots: `realm_access.roles`.
    pub roles_claim: String,
    /// The claim with the names of their teams; `/` in front of one is left out.
    pub teams_claim: String,
    /// The claim with the agent that they are, as calls name agents.
    pub agent_claim: String,
    /// Which value of `roles_claim` is which role: `"desk-supervisors=supervisor"`. Values that are not here
    /// count for nothing. Empty means that values which are names of roles are those roles.
    pub roles: Vec<String>,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: PathBuf::new(),
            url: String::new(),
            scopes: ["openid", "profile"].map(str::to_owned).into(),
            audience: String::new(),
            ca: PathBuf::new(),
            skew_s: 60,
            name_claim: "preferred_username".to_owned(),
            roles_claim: "roles".to_owned(),
            teams_claim: "teams".to_owned(),
            agent_claim: "agent_id".to_owned(),
            roles: Vec::new(),
        }
    }
}

impl OidcConfig {
    /// Whether there is a provider.
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// Value of the claim and name of the role, as `roles` has them.
    pub(super) fn roles_by_value(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roles.iter().filter_map(|pair| role_of(pair))
    }

    /// The names of roles that it gives away.
    pub(in crate::access) fn named_roles(&self) -> Vec<String> {
        let named = self.roles_by_value().map(|(_, role)| role.to_owned());
        named.collect()
    }

    /// All that is wrong with it: a key of `[access.oidc]`, and what to do about it.
    pub(crate) fn problems(&self) -> Vec<(&'static str, String)> {
        if !self.is_on() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let mut wrong = |key, what: String| problems.push((key, what));
        if !is_address(&self.issuer) || self.issuer.contains(['?', '#']) {
            let what = format!(
                "is \"{}\": write `https://` and where the provider is (`http://` of this machine alone)",
                self.issuer
            );
            wrong("issuer", what);
        }
        if self.client_id.is_empty() && self.audience.is_empty() {
            let what = "is empty, and so is `audience`: nobody could come from this provider. Set it to what the \
                        provider calls the engine";
            wrong("client_id", what.to_owned());
        }
        if !self.client_id.is_empty() {
            if self.url.parse().map_or(true, |url: Uri| {
                url.host().is_none() || !matches!(url.scheme_str(), Some("http" | "https"))
            }) || self.url.contains(['?', '#'])
            {
                let what = format!(
                    "is \"{}\": write where browsers reach the engine, `https://desk.example` for instance",
                    self.url
                );
                wrong("url", what);
            }
            if !self.scopes.iter().any(|scope| scope == "openid") {
                let what =
                    "lacks `openid`, without which the provider does not say who somebody is";
                wrong("scopes", what.to_owned());
            }
        }
        if !self.audience.is_empty() && self.audience == self.client_id {
            let what = "is `client_id`: tokens that tell the desk who somebody is would open as well. Have the \
                        provider make tokens of programs for another audience";
            wrong("audience", what.to_owned());
        }
        if let Some(pair) = self.roles.iter().find(|pair| role_of(pair).is_none()) {
            let what = format!("has `{pair}`: write `value of the claim=role`");
            wrong("roles", what);
        }
        problems
    }
}

/// The last sign of equality counts: names of roles have none.
fn role_of(pair: &str) -> Option<(&str, &str)> {
    let (value, role) = pair.rsplit_once('=')?;
    (!value.is_empty() && !role.is_empty()).then_some((value, role))
}

/// Whether what is said to and by that address stays between the two: over TLS, or on this machine.
pub(super) fn is_address(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return false;
    }
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_this_machine(authority.host()),
        _ => false,
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> OidcConfig {
        OidcConfig {
            issuer: "https://login.example/realms/desk".to_owned(),
            client_id: "desk".to_owned(),
            url: "https://desk.example".to_owned(),
            audience: "sidetone".to_owned(),
            roles: vec!["a=b=agent".to_owned()],
            ..OidcConfig::default()
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_key() {
        assert_eq!(OidcConfig::default().problems(), []);
        assert_eq!(sound().problems(), []);
        let pairs: Vec<_> = sound()
            .roles_by_value()
            .map(|(v, r)| format!("{v} {r}"))
            .collect();
        assert_eq!(pairs, ["a=b agent"]);
        type Change = fn(&mut OidcConfig);
        for (key, change) in [
            (
                "issuer",
                (|c| c.issuer = "login.example".to_owned()) as Change,
            ),
            ("issuer", |c| c.issuer = "http://login.example".to_owned()),
            ("issuer", |c| {
                c.issuer = "https://a@login.example".to_owned()
            }),
            ("issuer", |c| c.issuer.push_str("?a=b")),
            ("client_id", |c| {
                c.client_id.clear();
                c.audience.clear();
            }),
            ("url", |c| c.url.clear()),
            ("url", |c| c.url = "desk.example".to_owned()),
            ("scopes", |c| c.scopes.clear()),
            ("audience", |c| c.audience = "desk".to_owned()),
            ("roles", |c| c.roles = vec!["agent".to_owned()]),
            ("roles", |c| c.roles = vec!["=agent".to_owned()]),
        ] {
            let mut config = sound();
            change(&mut config);
            let problems = config.problems();
            let keys: Vec<_> = problems.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, [key], "{problems:?}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for (address, taken) in [
            ("https://login.example", true),
            ("http://127.0.0.1:9000/a", true),
            ("http://[::1]:9000", true),
            ("http://localhost:9000", true),
            ("http://localhost.example", false),
            ("http://10.0.0.5", false),
            ("ftp://127.0.0.1", false),
            ("https://", false),
            ("", false),
        ] {
            assert_eq!(is_address(address), taken, "{address}");
        }
    }
}
