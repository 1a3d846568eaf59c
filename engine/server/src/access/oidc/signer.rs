//! A provider's keys, for tests: they sign whatever they are asked to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};

/// A key of a provider.
#[derive(Clone)]
pub(super) struct Signer {
    id: Option<String>,
    pkcs8: Vec<u8>,
    is_ed25519: bool,
}

/// In seconds since 1970.
pub(super) fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

impl Signer {
    pub fn p256(id: &str) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        Self {
            id: Some(id.to_owned()),
            pkcs8: key.expect("made").as_ref().to_vec(),
            is_ed25519: false,
        }
    }

    pub fn ed25519(id: &str) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        Self {
            id: Some(id.to_owned()),
            pkcs8: key.expect("made").as_ref().to_vec(),
            is_ed25519: true,
        }
    }

    /// The same key without its name.
    pub fn nameless(&self) -> Self {
        Self {
            id: None,
            ..self.clone()
        }
    }

    fn p256_key(&self) -> EcdsaKeyPair {
        let way = &ECDSA_P256_SHA256_FIXED_SIGNING;
        EcdsaKeyPair::from_pkcs8(way, &self.pkcs8, &SystemRandom::new()).expect("ours")
    }

    fn ed25519_key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_pkcs8(&self.pkcs8).expect("ours")
    }

    /// As a provider publishes it (RFC 7517).
    pub fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = if self.is_ed25519 {
            let key = self.ed25519_key();
            json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref())})
        } else {
            let key = self.p256_key();
            let (x, y) = key.public_key().as_ref()[1..].split_at(32);
            json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y), "use": "sig"})
        };
        if let Some(id) = &self.id {
            key["kid"] = json!(id);
        }
        key
    }

    pub fn sign(&self, claims: &Value) -> String {
        let algorithm = if self.is_ed25519 { "EdDSA" } else { "ES256" };
        let mut header = json!({"alg": algorithm, "typ": "JWT"});
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        self.with_header(&header, claims)
    }

    /// Signs as it can, whatever the header says.
    pub fn with_header(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = if self.is_ed25519 {
            self.ed25519_key()
                .sign(message.as_bytes())
                .as_ref()
                .to_vec()
        } else {
            let signed = self
                .p256_key()
                .sign(&SystemRandom::new(), message.as_bytes());
            signed.expect("signed").as_ref().to_vec()
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// As if the public key were a secret that both sides know.
    pub fn hmac_with_public_key(&self, claims: &Value) -> String {
        let message = message(&json!({"alg": "HS256", "kid": self.id}), claims);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.p256_key().public_key().as_ref());
        let tag = hmac::sign(&secret, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", text(header), text(claims))
}
