//! A signature by which whoever is told knows who tells.

use ring::hmac;
use sidetone_audit::hex;

/// `sha256=` and the HMAC of `time.body` in hexadecimal figures.
pub(super) fn signature(secret: &str, time: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{body}").as_bytes());
    format!("sha256={}", hex(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_reckon() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
        let expected = "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
        assert_eq!(signature("secret", "1700000000", "{}"), expected);
    }
}
