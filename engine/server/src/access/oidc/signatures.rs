//! Has `ring` check the signatures of tokens. Nothing is signed here.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{self as checks, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has tokens be checked by this, from now on.
pub(super) fn install() {
    // It is there already if somebody came before.
    let _ = PROVIDER.install_default();
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(new_error(ErrorKind::UnsupportedAlgorithm))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let fits = algorithm.family() == key.family() && Way::of(*algorithm).is_some();
    match fits {
        true => Ok(Box::new(Check(*algorithm, key.clone()))),
        false => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    }
}

enum Way {
    Rsa(&'static RsaParameters),
    Other(&'static dyn checks::VerificationAlgorithm),
}

impl Way {
    /// `None` for those that are not taken, such as secrets that both sides know.
    fn of(algorithm: Algorithm) -> Option<Self> {
        Some(match algorithm {
            Algorithm::RS256 => Self::Rsa(&checks::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Self::Rsa(&checks::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Self::Rsa(&checks::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Self::Rsa(&checks::RSA_PSS_2048_8192_SHA256),
            Algorithm::ES256 => Self::Other(&checks::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Self::Other(&checks::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Self::Other(&checks::ED25519),
            _ => return None,
        })
    }
}

struct Check(Algorithm, DecodingKey);

impl Verifier<Vec<u8>> for Check {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        let checked = match (Way::of(self.0), self.1.kind()) {
            (Some(Way::Rsa(parameters)), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (Some(Way::Other(way)), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(way, key).verify(message, signature)
            }
            _ => Err(ring::error::Unspecified),
        };
        checked.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}
