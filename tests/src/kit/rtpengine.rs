//! The real rtpengine, and the SIP proxy that tells it what to do.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sidetone_proto::v1::RtpAddress;

/// An rtpengine in user space, which ends with this.
pub struct RtpEngine {
    control: SocketAddr,
    first_port: u32,
    daemon: Child,
    proxy: UdpSocket,
    cookie: u32,
}

/// Ports of each for RTP, below those that the system hands out by itself.
const PORTS: u32 = 100;
/// How often something is looked for that comes soon, and how long is waited between.
const LOOKS: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

impl RtpEngine {
    /// Starts one. None if it is not installed.
    pub fn start() -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let free = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let control = free.local_addr().expect("bound");
        drop(free);
        let turn = std::process::id() + STARTED.fetch_add(1, Ordering::Relaxed);
        let first_port = 20_000 + turn % 100 * PORTS;
        let daemon = daemon(control, first_port)?;
        let proxy = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        proxy.connect(control).expect("loopback");
        proxy.set_read_timeout(Some(PAUSE)).expect("not zero");
        let mut started = Self {
            control,
            first_port,
            daemon,
            proxy,
            cookie: 0,
        };
        started.wait("pong", |rtpengine| {
            rtpengine.ask(json!({"command": "ping"})).map(drop)
        });
        Some(started)
    }

    /// Where it is told what to do.
    pub fn control(&self) -> SocketAddr {
        self.control
    }

    /// It dies, and another one takes its place, which knows no calls.
    pub fn restart(&mut self) {
        self.kill();
        self.daemon = daemon(self.control, self.first_port).expect("it was installed");
        self.wait("pong", |rtpengine| {
            rtpengine.ask(json!({"command": "ping"})).map(drop)
        });
    }

    fn kill(&mut self) {
        // It may have died by itself.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }

    /// What is answered to a command, if anything is in time.
    pub fn ask(&mut self, command: Value) -> Option<Value> {
        self.cookie += 1;
        let cookie = format!("{}_{}", std::process::id(), self.cookie);
        // While it starts nobody listens.
        self.proxy
            .send(format!("{cookie} {command}").as_bytes())
            .ok()?;
        let mut answer = vec![0; 64 * 1024];
        loop {
            let length = self.proxy.recv(&mut answer).ok()?;
            let text = str::from_utf8(&answer[..length]).expect("text");
            // One that comes late belongs to an earlier command.
            if let Some((_, json)) = text.split_once(' ').filter(|(to, _)| *to == cookie) {
                return Some(serde_json::from_str(json).expect("JSON"));
            }
        }
    }

    /// Waits until something is there.
    ///
    /// # Panics
    ///
    /// If it does not come.
    pub fn wait<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(found) = look(self) {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("{what} does not come")
    }

    fn done(&mut self, command: Value) -> Value {
        let answer = self.wait("an answer", |rtpengine| rtpengine.ask(command.clone()));
        assert_eq!(answer["result"], "ok", "{command}: {answer}");
        answer
    }

    /// A call is offered by `from` and answered by `to`, or offered anew, with `format` in each
    /// direction. Each is labelled as their tag. Gives where each of both is to send.
    pub fn invite(&mut self, call: &str, [from, to]: [&str; 2], media: &str) -> [RtpAddress; 2] {
        let command = |name: &str, label: &str| {
            json!({"command": name, "call-id": call, "from-tag": from, "ICE": "remove",
                "label": label, "sdp": sdp(media)})
        };
        let to_callee = self.done(command("offer", from));
        let mut answer = command("answer", to);
        answer["to-tag"] = json!(to);
        let to_caller = self.done(answer);
        [to_caller, to_callee].map(|answer| address(answer["sdp"].as_str().expect("an SDP")))
    }

    /// The call is over, as proxies say it.
    pub fn bye(&mut self, call: &str, [from, to]: [&str; 2]) {
        self.done(
            json!({"command": "delete", "call-id": call, "from-tag": from, "to-tag": to,
            "delete-delay": 0}),
        );
    }

    /// Waits until each of `tags` of a call is sent on to the engine.
    pub fn until_tapped(&mut self, call: &str, tags: &[&str]) {
        self.wait("a tap", |rtpengine| rtpengine.tapped(call, tags));
    }

    /// The engine's ports that `tags` of a call are sent to, once each of them is.
    pub fn tapped(&mut self, call: &str, tags: &[&str]) -> Option<Vec<u64>> {
        let answer = self.ask(json!({"command": "query", "call-id": call}))?;
        let port = |tag: &&str| {
            let streams = &answer["tags"][format!("sidetone-{tag}")]["medias"][0]["streams"];
            streams[0]["endpoint"]["port"].as_u64()
        };
        tags.iter().map(port).collect()
    }

    /// Waits until it has no calls.
    pub fn until_idle(&mut self) {
        self.wait("the last call's end", |rtpengine| {
            let answer = rtpengine.ask(json!({"command": "list"}))?;
            answer["calls"].as_array()?.is_empty().then_some(())
        });
    }
}

impl Drop for RtpEngine {
    fn drop(&mut self) {
        self.kill();
    }
}

/// None if it is not installed.
fn daemon(control: SocketAddr, first_port: u32) -> Option<Child> {
    let daemon = Command::new("rtpengine")
        .args(["--config-file=none", "--table=-1", "--interface=127.0.0.1"])
        .args(["--foreground", "--log-stderr", "--log-level=3"])
        .arg(format!("--listen-ng={control}"))
        .arg(format!("--port-min={first_port}"))
        .arg(format!("--port-max={}", first_port + PORTS - 1))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    daemon.ok()
}

/// Of a telephone that nothing has to reach.
fn sdp(media: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio 9 RTP/AVP {media}\r\n"
    )
}

/// Where an SDP wants its sound to be sent.
fn address(sdp: &str) -> RtpAddress {
    let media = sdp.split("m=audio ").nth(1).expect("sound");
    let port = media.split(' ').next().expect("a port");
    RtpAddress {
        host: "127.0.0.1".to_owned(),
        port: port.parse().expect("a port"),
        ..Default::default()
    }
}
