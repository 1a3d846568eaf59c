//! Who listens where: no two may at one address.

use std::net::{IpAddr, SocketAddr};

use super::Config;
use super::read::Draft;
use crate::transport::LinePorts;

/// An address that is listened at.
struct Listener {
    key: &'static str,
    address: SocketAddr,
    tcp: bool,
    udp: bool,
}

impl Listener {
    /// Whether the system gives only one of both what it wants.
    fn clashes(&self, other: &Self) -> bool {
        let (here, there) = (self.address, other.address);
        // `::` takes what comes over IPv4 as well.
        let takes =
            |one: IpAddr, other: IpAddr| one.is_unspecified() && (one.is_ipv6() || other.is_ipv4());
        let same =
            here.ip() == there.ip() || takes(here.ip(), there.ip()) || takes(there.ip(), here.ip());
        // Port 0 is any that is free.
        let same_port = here.port() == there.port() && here.port() != 0;
        same && same_port && (self.tcp && other.tcp || self.udp && other.udp)
    }
}

/// All that listen at addresses of their own. Ports of `[media]` are taken by calls, one after another,
/// and those that somebody has are left.
fn all(config: &Config) -> Vec<Listener> {
    let doors = &config.doors;
    let over = |key, address, (tcp, udp)| Listener {
        key,
        address,
        tcp,
        udp,
    };
    let mut all = vec![over("server.listen", config.server.listen, (true, false))];
    for (key, listen) in doors.listening() {
        if let Ok(address) = listen.parse() {
            // SIP comes over both, but for TLS.
            all.push(over(key, address, (true, key == "doors.siprec.listen")));
        }
    }
    let lines = doors.rtp.lines().unwrap_or_default();
    let ports = lines.iter().flat_map(LinePorts::all);
    all.extend(ports.map(|port| {
        let address = SocketAddr::new(doors.rtp.bind, port);
        over("doors.rtp.ports", address, (false, true))
    }));
    all
}

/// Adds whoever listens where another one does already.
pub(super) fn check(draft: &mut Draft) {
    let all = all(&draft.config);
    for (n, one) in all.iter().enumerate() {
        let before = all[..n].iter().find(|before| one.clashes(before));
        if let Some(before) = before {
            let what = format!(
                "listens at {}, and so does `{}` at {}: name another port or address for one of them",
                one.address, before.key, before.address
            );
            draft.problem(one.key, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::tests::problems;

    #[test]
    fn no_two_listen_at_one_address() {
        for (text, clash) in [
            ("[doors.websocket]\nlisten = \"127.0.0.1:7610\"\n", None),
            (
                "[doors.websocket]\nlisten = \"127.0.0.1:7600\"\n",
                Some(["doors.websocket.listen", "server.listen"]),
            ),
            (
                "[doors.websocket]\nlisten = \"0.0.0.0:7600\"\n[server]\nplain_text = true\n",
                Some(["doors.websocket.listen", "server.listen"]),
            ),
            (
                "[doors.audio_socket]\nlisten = \"[::]:7600\"\n",
                Some(["doors.audio_socket.listen", "server.listen"]),
            ),
            ("[doors.audio_socket]\nlisten = \"[::1]:7600\"\n", None),
            (
                "[doors.websocket]\nlisten = \"127.0.0.1:0\"\n[doors.audio_socket]\nlisten = \"127.0.0.1:0\"\n",
                None,
            ),
            (
                "[doors.siprec]\nlisten = \"10.0.0.5:5060\"\ntls_listen = \"0.0.0.0:5060\"\n\
                 certificate = \"c\"\nkey = \"k\"\n",
                Some(["doors.siprec.tls_listen", "doors.siprec.listen"]),
            ),
            (
                "[doors.siprec]\nlisten = \"10.0.0.5:41000\"\n[doors.rtp]\nbind = \"10.0.0.5\"\n\
                 ports = [\"41000+41002\"]\n",
                Some(["doors.rtp.ports", "doors.siprec.listen"]),
            ),
            // Datagrams of one and connections of another.
            (
                "[doors.audio_socket]\nlisten = \"10.0.0.5:41000\"\n[doors.rtp]\nbind = \"10.0.0.5\"\n\
                 ports = [\"41000+41002\"]\n",
                None,
            ),
        ] {
            let found = problems(text, &[]);
            match clash {
                None => assert_eq!(found, [""; 0], "{text}"),
                Some([key, other]) => {
                    assert_eq!(found.len(), 1, "{text}: {found:#?}");
                    let names = |key: &str| found[0].contains(&format!("`{key}`"));
                    assert!(names(key) && names(other), "{text}: {found:#?}");
                }
            }
        }
    }
}
