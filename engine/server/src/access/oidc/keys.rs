//! The keys of a provider, and what a token says that one of them has signed.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use super::claims::{Claims, text};
use super::signatures;

/// A longer token is not looked at.
pub(super) const LONGEST_TOKEN: usize = 16 * 1024;
/// A provider has a few keys; more are not kept.
const MOST_KEYS: usize = 100;

const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
];

/// The keys with which a provider signs.
pub(super) struct Keys(Vec<Key>);

struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// What a token has to be.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// What it may call its kind, if it says that.
    pub kinds: &'a [&'a str],
    /// How far the provider's clock may be off.
    pub skew_s: u32,
}

/// A token cannot be taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenProblem {
    /// It is longer than any.
    #[error("the token is longer than {} bytes", LONGEST_TOKEN)]
    TooLong,
    /// It is none, or one of another kind.
    #[error("it is no such token: {0}")]
    Kind(String),
    /// It is signed in a way that is not taken.
    #[error(
        "the token is not signed by a key of the provider alone (RS256, PS256, ES256, EdDSA and the like)"
    )]
    Algorithm,
    /// The provider has no such key.
    #[error("the provider has no key `{0}`")]
    NoKey(String),
    /// Nobody has fetched the keys yet.
    #[error("the provider's keys are not there yet")]
    NoKeys,
    /// It says what it must not.
    #[error("the token is not valid: {0}")]
    Invalid(String),
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a set of keys (RFC 7517). Those that sign nothing which is taken are left out.
    pub fn read(json: &str) -> Result<Self, serde_json::Error> {
        signatures::install();
        let set: Set = serde_json::from_str(json)?;
        let keys = set.keys.into_iter().take(MOST_KEYS);
        Ok(Self(keys.filter_map(Key::read).collect()))
    }

    /// Whether a token of that header could be checked by one of them.
    pub fn have(&self, header: &Header) -> bool {
        self.fitting(header).next().is_some()
    }

    fn fitting<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a Key> {
        let is_named = |key: &&Key| match (&header.kid, &key.id) {
            (Some(asked), Some(id)) => asked == id,
            // One of the two has no name: the signature says whether it fits.
            _ => true,
        };
        let fits = |key: &&Key| key.algorithms.contains(&header.alg);
        self.0.iter().filter(is_named).filter(fits)
    }

    /// What a token says, if it is as expected and signed by one of them.
    pub fn check(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, TokenProblem> {
        let header = header(token)?;
        let kind = header.typ.as_deref();
        if let Some(kind) = kind
            && !expected
                .kinds
                .iter()
                .any(|one| one.eq_ignore_ascii_case(kind))
        {
            return Err(TokenProblem::Kind(format!("it calls itself `{kind}`")));
        }
        let mut problem = TokenProblem::NoKey(header.kid.clone().unwrap_or_default());
        for key in self.fitting(&header) {
            let validation = validation(header.alg, expected);
            match decode::<Claims>(token, &key.key, &validation) {
                Ok(read) => return sensible(read.claims, expected),
                Err(error) => problem = TokenProblem::Invalid(error.to_string()),
            }
        }
        Err(problem)
    }
}

/// The header of a token, which nobody has signed for yet.
pub(super) fn header(token: &str) -> Result<Header, TokenProblem> {
    if token.len() > LONGEST_TOKEN {
        return Err(TokenProblem::TooLong);
    }
    let header = decode_header(token).map_err(|error| match error.kind() {
        // Also `none`, which the library does not know: such a header cannot be read.
        ErrorKind::Json(_) => TokenProblem::Algorithm,
        _ => TokenProblem::Kind(error.to_string()),
    })?;
    match taken(header.alg) {
        true => Ok(header),
        false => Err(TokenProblem::Algorithm),
    }
}

fn taken(algorithm: Algorithm) -> bool {
    let others = [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
    RSA.contains(&algorithm) || others.contains(&algorithm)
}

fn validation(algorithm: Algorithm, expected: &Expected<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = u64::from(expected.skew_s);
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation
}

/// What the library does not look at.
fn sensible(claims: Claims, expected: &Expected<'_>) -> Result<Claims, TokenProblem> {
    let refused = |why: &str| Err(TokenProblem::Invalid(why.to_owned()));
    if text(&claims, "iss").as_deref() != Some(expected.issuer) {
        return refused("its issuer is a list");
    }
    let latest = jsonwebtoken::get_current_timestamp() + u64::from(expected.skew_s);
    match claims.get("iat").map(Value::as_f64) {
        Some(Some(made)) if made > latest as f64 => refused("it will be made in the future"),
        Some(None) => refused("`iat` is no time"),
        _ => Ok(claims),
    }
}

impl Key {
    /// `None` of one that signs nothing which is taken.
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let usual = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => RSA,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                &[Algorithm::ES256]
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => {
                &[Algorithm::ES384]
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            // Secrets that both sides know, above all.
            _ => return None,
        };
        let signs =
            !matches!(&jwk.common.public_key_use, Some(other) if *other != PublicKeyUse::Signature);
        let is_its = |algorithm: &Algorithm| {
            let own = jwk.common.key_algorithm;
            own.is_none_or(|own| own == KeyAlgorithm::from(*algorithm))
        };
        let algorithms: Vec<_> = usual.iter().copied().filter(is_its).collect();
        (signs && !algorithms.is_empty()).then_some(Self {
            key: DecodingKey::from_jwk(&jwk).ok()?,
            id: jwk.common.key_id,
            algorithms,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::signer::{Signer, now};
    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://login.example",
        audience: "sidetone",
        kinds: &["JWT", "at+jwt"],
        skew_s: 60,
    };

    fn keys(signers: &[&Signer]) -> Keys {
        let keys: Vec<_> = signers.iter().map(|signer| signer.public()).collect();
        Keys::read(&json!({ "keys": keys }).to_string()).expect("a set")
    }

    /// What a good token says, with other claims in the place of its own.
    fn said(other: Value) -> Value {
        let mut claims = json!({
            "iss": EXPECTED.issuer,
            "aud": ["other", EXPECTED.audience],
            "sub": "ann",
            "iat": now(),
            "exp": now() + 300,
        });
        for (name, value) in other.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        claims
    }

    #[test]
    fn tokens_of_each_kind_of_key_are_taken_by_name_and_without() {
        for signer in [Signer::p256("a"), Signer::ed25519("a")] {
            let token = signer.sign(&said(json!({})));
            let claims = keys(&[&signer]).check(&token, &EXPECTED).expect("good");
            assert_eq!(claims["sub"], "ann");
            // A key without a name, and a token without one.
            let nameless = signer.nameless();
            let other = Signer::p256("b");
            assert!(keys(&[&other, &nameless]).check(&token, &EXPECTED).is_ok());
            let token = nameless.sign(&said(json!({})));
            assert!(keys(&[&other, &signer]).check(&token, &EXPECTED).is_ok());
            assert!(keys(&[&other]).check(&token, &EXPECTED).is_err());
        }
    }

    #[test]
    fn a_token_that_says_something_else_is_refused() {
        let signer = Signer::p256("a");
        let keys = keys(&[&signer]);
        for (case, other) in [
            ("expired", json!({"exp": now() - 61})),
            ("no end", json!({"exp": null})),
            ("an end that is no time", json!({"exp": "tomorrow"})),
            ("not yet valid", json!({"nbf": now() + 120})),
            ("made in the future", json!({"iat": now() + 120})),
            ("made at no time", json!({"iat": "now"})),
            ("of another issuer", json!({"iss": "https://evil.example"})),
            (
                "of an issuer and another",
                json!({"iss": [EXPECTED.issuer]}),
            ),
            ("of nobody", json!({"iss": null})),
            ("for somebody else", json!({"aud": "desk"})),
            ("for others", json!({"aud": ["desk", "crm"]})),
            ("for nobody", json!({"aud": null})),
        ] {
            let refused = keys.check(&signer.sign(&said(other)), &EXPECTED);
            assert!(
                matches!(refused, Err(TokenProblem::Invalid(_))),
                "{case}: {refused:?}"
            );
        }
        for (case, other) in [
            ("just expired", json!({"exp": now() - 30})),
            (
                "a clock ahead",
                json!({"iat": now() + 30, "nbf": now() + 30}),
            ),
            ("for one alone", json!({"aud": "sidetone"})),
            ("parts of seconds", json!({"exp": now() as f64 + 0.5})),
        ] {
            let taken = keys.check(&signer.sign(&said(other)), &EXPECTED);
            assert!(taken.is_ok(), "{case}: {taken:?}");
        }
    }

    #[test]
    fn a_token_that_no_key_has_signed_is_refused() {
        let signer = Signer::p256("a");
        let keys = keys(&[&signer]);
        let claims = said(json!({}));
        let impostor = Signer::p256("a").sign(&claims);
        let refused = keys.check(&impostor, &EXPECTED);
        assert!(
            matches!(refused, Err(TokenProblem::Invalid(_))),
            "{refused:?}"
        );
        let unknown = Signer::p256("b").sign(&claims);
        assert_eq!(
            keys.check(&unknown, &EXPECTED),
            Err(TokenProblem::NoKey("b".to_owned()))
        );
        let none = signer.with_header(&json!({"alg": "none", "kid": "a"}), &claims);
        let unsigned = format!("{}.", none.rsplit_once('.').expect("three parts").0);
        let secret = signer.hmac_with_public_key(&claims);
        for token in [&none, &unsigned, &secret] {
            assert_eq!(
                keys.check(token, &EXPECTED),
                Err(TokenProblem::Algorithm),
                "{token}"
            );
        }
        // Another way of signing than the key's, and extensions that nobody knows.
        for header in [
            json!({"alg": "EdDSA", "kid": "a"}),
            json!({"alg": "ES384", "kid": "a"}),
            json!({"alg": "RS256", "kid": "a"}),
            json!({"alg": "ES256", "kid": "a", "crit": ["exp"], "exp": 1}),
            json!({"alg": "ES256", "kid": "a", "typ": "logout+jwt"}),
        ] {
            let token = signer.with_header(&header, &claims);
            assert!(keys.check(&token, &EXPECTED).is_err(), "{header}");
        }
        let long = said(json!({"text": "x".repeat(LONGEST_TOKEN)}));
        let refused = keys.check(&signer.sign(&long), &EXPECTED);
        assert_eq!(refused, Err(TokenProblem::TooLong));
        for text in ["", "..", "a.b.c", "a.b", "a.b.c.d.e"] {
            assert!(keys.check(text, &EXPECTED).is_err(), "{text}");
        }
    }

    #[test]
    fn keys_that_sign_nothing_which_is_taken_are_left_out() {
        let signer = Signer::p256("a");
        let mut encrypts = signer.public();
        encrypts["use"] = json!("enc");
        let mut other = signer.public();
        other["alg"] = json!("ES384");
        let set = json!({"keys": [
            encrypts, other, 7, {"kty": "later"},
            {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "a"},
        ]});
        assert_eq!(Keys::read(&set.to_string()).expect("a set").0.len(), 0);
        assert!(Keys::read("{}").is_err() && Keys::read("<html>").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn a_token_of_which_any_byte_is_another_is_refused(at in any::<prop::sample::Index>(), byte in 0_u8..128) {
            let signer = Signer::ed25519("a");
            let mut token = signer.sign(&said(json!({}))).into_bytes();
            let at = at.index(token.len());
            prop_assume!(token[at] != byte);
            token[at] = byte;
            let token = String::from_utf8(token).expect("ASCII");
            prop_assert!(keys(&[&signer]).check(&token, &EXPECTED).is_err());
        }
    }
}
