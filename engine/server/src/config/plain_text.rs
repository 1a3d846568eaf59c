//! That nobody but this machine is listened to without TLS, unless that is wanted; and that TLS is
//! configured whole.
//!
//! AudioSocket, SIP over UDP and TCP, plain RTP and rtpengine have no TLS, and are told so by their docs.

use std::net::SocketAddr;

use super::read::Draft;

/// Adds what is missing for TLS, and who would be listened to without it.
pub(super) fn check(draft: &mut Draft) {
    whole(draft);
    if draft.config.server.plain_text {
        return;
    }
    let config = &draft.config;
    let (engine, door) = (config.server.listen, config.doors.websocket.listen.trim());
    let has_tls = config.server.tls.files().is_some();
    for (key, listen, is_plain) in [
        ("server.listen", Some(engine), !has_tls),
        (
            "doors.websocket.listen",
            door.parse().ok(),
            config.websocket_tls().is_none(),
        ),
    ] {
        if let Some(listen) = listen.filter(|listen| is_plain && is_for_others(listen)) {
            let tls = match has_tls {
                true => "remove `doors.websocket.tls = false`",
                false => {
                    "name a certificate in `server.tls.certificate` and its key in `server.tls.key`"
                }
            };
            let what = format!(
                "is {listen}, where others than this machine connect, and there is no TLS: {tls}; or, on a \
                 network of your own or behind a proxy that ends TLS, set `server.plain_text = true`"
            );
            draft.problem(key, what);
        }
    }
}

/// Adds what TLS needs and does not have.
fn whole(draft: &mut Draft) {
    let tls = draft.config.server.tls.clone();
    let [certificate, key, client_ca] =
        [&tls.certificate, &tls.key, &tls.client_ca].map(|path| !path.as_os_str().is_empty());
    let (missing, needed_by) = match (certificate, key, client_ca) {
        (true, false, _) => ("server.tls.key", "server.tls.certificate"),
        (false, true, _) => ("server.tls.certificate", "server.tls.key"),
        (false, false, true) => ("server.tls.certificate", "server.tls.client_ca"),
        (true, true, _) | (false, false, false) => return,
    };
    let what = format!(
        "is empty, and `{needed_by}` is set: TLS needs a certificate and its key, as PEM files"
    );
    draft.problem(missing, what);
}

/// Whether others than this machine reach an address.
fn is_for_others(listen: &SocketAddr) -> bool {
    !listen.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::super::read::tests::problems;

    const TLS: &str = "[server.tls]\ncertificate = \"c\"\nkey = \"k\"\n";

    #[test]
    fn others_are_listened_to_over_tls_or_where_plain_text_is_wanted() {
        let server =
            |listen: &str| format!("access.mode = \"secure\"\n[server]\nlisten = \"{listen}\"\n");
        let door = |listen: &str| format!("[doors.websocket]\nlisten = \"{listen}\"\n");
        let wanted = "plain_text = true\n";
        for (text, refused) in [
            (String::new(), None),
            (server("[::1]:7600"), None),
            (server("127.0.0.7:7600"), None),
            (server("[::ffff:127.0.0.1]:7600"), None),
            (server("0.0.0.0:7600"), Some("server.listen")),
            (server("[::]:7600"), Some("server.listen")),
            (server("10.0.0.5:7600"), Some("server.listen")),
            (server("10.0.0.5:7600") + wanted, None),
            (server("10.0.0.5:7600") + TLS, None),
            (door("127.0.0.1:7610"), None),
            (door("10.0.0.5:7610"), Some("doors.websocket.listen")),
            (door("10.0.0.5:7610") + "[server]\n" + wanted, None),
            (door("10.0.0.5:7610") + TLS, None),
            (
                door("10.0.0.5:7610") + "tls = false\n" + TLS,
                Some("doors.websocket.listen"),
            ),
            (
                door("10.0.0.5:7610") + "tls = false\n[server]\n" + wanted + TLS,
                None,
            ),
            // These have no TLS of their own, or a port of their own for it.
            (
                "[doors.audio_socket]\nlisten = \"10.0.0.5:7611\"\n[doors.siprec]\nlisten = \"10.0.0.5:5060\"\n"
                    .to_owned(),
                None,
            ),
        ] {
            let found = problems(&text, &[]);
            assert_eq!(found.len(), usize::from(refused.is_some()), "{text}: {found:#?}");
            for (found, key) in found.iter().zip(refused) {
                assert!(found.contains(&format!("`{key}` is ")), "{text}: {found}");
                assert!(found.contains("server.plain_text"), "{text}: {found}");
            }
        }
    }

    #[test]
    fn half_of_what_tls_needs_is_told() {
        for (text, missing) in [
            ("certificate = \"c\"\n", "server.tls.key"),
            ("key = \"k\"\n", "server.tls.certificate"),
            ("client_ca = \"ca\"\n", "server.tls.certificate"),
            (
                "client_ca = \"ca\"\nkey = \"k\"\n",
                "server.tls.certificate",
            ),
        ] {
            let found = problems(&format!("[server.tls]\n{text}"), &[]);
            assert_eq!(found.len(), 1, "{text}: {found:#?}");
            assert!(
                found[0].contains(&format!("`{missing}` is empty")),
                "{found:?}"
            );
        }
    }
}
