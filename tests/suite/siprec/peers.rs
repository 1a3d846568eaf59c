//! SIPp (Debian's `sip-tester`) as a recording client, behind Kamailio.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use sidetone_tests::kit::skip;

use super::*;

/// A program that ends with this, and so do the processes that it has started.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

/// None if it is not installed.
fn start(program: &str, arguments: &[&str], folder: &Path) -> Option<Program> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::inherit());
    command.process_group(0);
    match command.spawn() {
        Ok(child) => Some(Program(child)),
        Err(_) => {
            skip(&format!("{program} is not installed"));
            None
        }
    }
}

/// A port that is free for UDP and TCP alike.
fn free_port() -> u16 {
    loop {
        let any = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = any.local_addr().expect("bound").port();
        if std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A proxy that stays in the way, as in front of many recorders.
fn kamailio(folder: &Path, door: SocketAddr) -> Option<(Program, u16)> {
    let port = free_port();
    let config = format!(
        r#"debug=1
log_stderror=yes
fork=no
children=2
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {{
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  record_route();
  $du = "sip:{door};transport=tcp";
  t_relay();
}}
"#
    );
    let file = folder.join("kamailio.cfg");
    std::fs::write(&file, config).expect("written");
    let run = folder.join("run");
    std::fs::create_dir(&run).expect("new");
    let (config, run) = (file.display().to_string(), run.display().to_string());
    // In the foreground, so that all of its processes stay in one group.
    let started = start(
        "kamailio",
        &["-f", &config, "-DD", "-Y", &run, "-m", "32", "-M", "4"],
        folder,
    )?;
    Some((started, port))
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_is_recorded_through_kamailio() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_engine, mut client, door) = engine_of(Config::default()).await;
    let grpc = over_grpc(client.clone()).await;
    let Some((_proxy, port)) = kamailio(folder.path(), door) else {
        return;
    };
    // Both sides in one line, one after the other.
    let [customer, agent] = call().map(|mulaw| decode(Codec::Pcmu, &mulaw));
    let both: Vec<f32> = customer
        .iter()
        .zip(&agent)
        .map(|(one, other)| one + other)
        .collect();
    let sound = folder.path().join("call.ulaw");
    let lasts = (both.len() / 8 + 1_000).to_string();
    std::fs::write(&sound, sidetone_media::audio::encode(Codec::Pcmu, &both)).expect("written");
    let events = client
        .subscribe(v1::SubscribeRequest::default())
        .await
        .expect("subscribed")
        .into_inner();
    let events = tokio::spawn(sidetone_tests::kit::until_ended(events));
    // The proxy takes a moment to start.
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/siprec/client.xml");
    let (script, proxy) = (script.display().to_string(), format!("127.0.0.1:{port}"));
    let media = (free_port() & !1).to_string();
    let sipp = start(
        "sipp",
        &[
            "-sf",
            &script,
            "-m",
            "1",
            "-d",
            &lasts,
            "-i",
            "127.0.0.1",
            "-mi",
            "127.0.0.1",
            "-mp",
            &media,
            "-nostdin",
            "-timeout",
            "60",
            "-timeout_error",
            "-recv_timeout",
            "10000",
            &proxy,
        ],
        folder.path(),
    );
    let Some(mut sipp) = sipp else {
        return;
    };
    let ended = tokio::task::spawn_blocking(move || sipp.0.wait()).await;
    assert!(
        ended.expect("waited").expect("it ends").success(),
        "SIPp is not content"
    );
    let events = events.await.expect("followed");
    let said = finals(&events);
    let expected = [
        &grpc_side(&grpc, Customer)[..],
        &grpc_side(&grpc, Agent)[..],
    ]
    .concat();
    assert_eq!(said[&v1::Role::Unknown], expected);
    assert_eq!(started(&events).metadata["session_id"], "s1");
}

fn grpc_side(events: &[v1::CallEvent], role: v1::Role) -> Vec<String> {
    finals(events)[&role].clone()
}
