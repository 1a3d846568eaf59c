//! SIPp (Debian's `sip-tester`) as a recording client, behind Kamailio.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sidetone_tests::kit::skip;

use super::*;

/// A program that ends with this.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// None if it is not installed.
fn start(program: &str, arguments: &[&str]) -> Option<Program> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::inherit());
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
    let (file, run) = (file.display().to_string(), run.display().to_string());
    // In the foreground, so that it ends with its first process.
    let started = start(
        "kamailio",
        &["-f", &file, "-DD", "-Y", &run, "-m", "32", "-M", "4"],
    )?;
    Some((started, port))
}

/// What SIPp says: it invites, sends the sound of a file, and ends the call.
fn scenario(sound: &Path, seconds: u64) -> String {
    let head = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n\
        From: \"BW\" <sip:src@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]";
    let to = "To: <sip:srs@[remote_ip]:[remote_port]>";
    let rest = "Call-ID: [call_id]\nContact: <sip:src@[local_ip]:[local_port]>;+sip.src\nCSeq:";
    let metadata = METADATA.replace("<label>2<", "<label>1<");
    let sdp = "v=0\no=BW 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\n\
        m=audio [media_port] RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendonly\na=label:1\n";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<scenario name=\"recording client\">\n\
        <send retrans=\"500\"><![CDATA[\nINVITE sip:srs@[remote_ip]:[remote_port] SIP/2.0\n{head}\n{to}\n{rest} 1 INVITE\n\
        Require: siprec\nContent-Type: multipart/mixed;boundary=edge\nContent-Length: [len]\n\n\
        --edge\nContent-Type: application/sdp\n\n{sdp}\n--edge\nContent-Type: application/rs-metadata+xml\n\n{metadata}\n--edge--\n]]></send>\n\
        <recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\" rrs=\"true\"/>\n\
        <send><![CDATA[\nACK [next_url] SIP/2.0\n{head}\n{to}[peer_tag_param]\n[routes]\n{rest} 1 ACK\nContent-Length: 0\n\n]]></send>\n\
        <nop><action><exec rtp_stream=\"{},1,0,PCMU/8000\"/></action></nop>\n<pause milliseconds=\"{}\"/>\n\
        <send retrans=\"500\"><![CDATA[\nBYE [next_url] SIP/2.0\n{head}\n{to}[peer_tag_param]\n[routes]\n{rest} 2 BYE\nContent-Length: 0\n\n]]></send>\n\
        <recv response=\"200\"/>\n</scenario>\n",
        sound.display(),
        seconds * 1_000
    )
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
    let sound = folder.path().join("both.ulaw");
    let seconds = both.len() as u64 / 8_000 + 1;
    std::fs::write(&sound, sidetone_media::audio::encode(Codec::Pcmu, &both)).expect("written");
    let script = folder.path().join("client.xml");
    std::fs::write(&script, scenario(&sound, seconds)).expect("written");
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
    let (script, proxy) = (script.display().to_string(), format!("127.0.0.1:{port}"));
    let media = (free_port() & !1).to_string();
    let sipp = start(
        "sipp",
        &[
            "-sf",
            &script,
            "-m",
            "1",
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
