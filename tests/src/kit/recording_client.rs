//! A SIPREC recording client, written from RFC 7866: it says just what a test has it say.

use std::net::SocketAddr;
use std::time::Duration;

use sidetone_proto::v1::RtpAddress;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;

/// A client with one dialog.
pub struct RecordingClient {
    wire: Wire,
    /// `UDP`, `TCP` or `TLS`.
    transport: &'static str,
    to: SocketAddr,
    /// Where it is.
    here: SocketAddr,
    call_id: String,
    /// Of whoever has taken the invitation.
    their_tag: Option<String>,
    seq: u32,
    branch: u32,
    /// What has been received of the next message.
    read: Vec<u8>,
}

enum Wire {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
}

/// Bytes in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A message that has been received.
#[derive(Clone, Debug)]
pub struct SipMessage(pub String);

/// Nothing takes longer on loopback.
const PATIENCE: Duration = Duration::from_secs(10);

impl RecordingClient {
    /// Over UDP.
    pub async fn udp(to: SocketAddr, call_id: &str) -> Self {
        let socket = UdpSocket::bind((to.ip(), 0)).await.expect("a free port");
        socket.connect(to).await.expect("loopback");
        let here = socket.local_addr().expect("bound");
        Self::new(Wire::Datagrams(socket), "UDP", [here, to], call_id)
    }

    /// Over TCP.
    pub async fn tcp(to: SocketAddr, call_id: &str) -> Self {
        let stream = TcpStream::connect(to).await.expect("it listens");
        let here = stream.local_addr().expect("connected");
        Self::new(Wire::Stream(Box::new(stream)), "TCP", [here, to], call_id)
    }

    /// Over a TLS connection that is there, from one address to another.
    pub fn tls(stream: impl Stream + 'static, ends: [SocketAddr; 2], call_id: &str) -> Self {
        Self::new(Wire::Stream(Box::new(stream)), "TLS", ends, call_id)
    }

    /// The same, which says that it listens there.
    #[must_use]
    pub fn at(mut self, here: SocketAddr) -> Self {
        self.here = here;
        self
    }

    /// Closes the connection, and waits until the other side has done so.
    pub async fn hang_up(mut self) {
        if let Wire::Stream(stream) = &mut self.wire {
            stream.shutdown().await.expect("loopback");
        }
        assert!(self.receive().await.is_none(), "nothing more comes");
    }

    /// Whoever connects next.
    pub async fn accepted(listener: &TcpListener, call_id: &str) -> Self {
        let (stream, to) = listener.accept().await.expect("loopback");
        let here = stream.local_addr().expect("connected");
        Self::new(Wire::Stream(Box::new(stream)), "TCP", [here, to], call_id)
    }

    fn new(
        wire: Wire,
        transport: &'static str,
        [here, to]: [SocketAddr; 2],
        call_id: &str,
    ) -> Self {
        Self {
            here,
            wire,
            transport,
            to,
            call_id: call_id.to_owned(),
            their_tag: None,
            seq: 0,
            branch: 0,
            read: Vec::new(),
        }
    }

    /// Asks for something, within the dialog if there is one. What is asked, word for word.
    pub async fn ask(&mut self, method: &str, headers: &[&str], body: (&str, &str)) -> String {
        self.seq += 1;
        self.branch += 1;
        let request = self.request(method, headers, body);
        self.send(&request).await;
        request
    }

    fn request(&self, method: &str, headers: &[&str], (kind, body): (&str, &str)) -> String {
        let tag = self.their_tag.as_ref().map(|tag| format!(";tag={tag}"));
        let (transport, to, here, call) = (self.transport, self.to, self.here, &self.call_id);
        let mut lines = vec![
            format!("{method} sip:srs@{to} SIP/2.0"),
            format!(
                "Via: SIP/2.0/{transport} {here};branch=z9hG4bK-{call}-{};rport",
                self.branch
            ),
            "Max-Forwards: 70".to_owned(),
            format!("From: \"SBC\" <sip:src@sbc.test>;tag=src-{call}"),
            format!("To: <sip:srs@{to}>{}", tag.unwrap_or_default()),
            format!("Call-ID: {call}"),
            format!("CSeq: {} {}", self.seq, method),
            format!("Contact: <sip:src@{here};transport={transport}>;+sip.src"),
        ];
        lines.extend(headers.iter().map(|header| (*header).to_owned()));
        if !kind.is_empty() {
            lines.push(format!("Content-Type: {kind}"));
        }
        lines.push(format!("Content-Length: {}", body.len()));
        format!("{}\r\n\r\n{body}", lines.join("\r\n"))
    }

    /// Sends a message word for word.
    pub async fn send(&mut self, message: &str) {
        self.send_bytes(message.as_bytes()).await;
    }

    /// Sends anything.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            Wire::Datagrams(socket) => drop(socket.send(bytes).await),
            Wire::Stream(stream) => drop(stream.write_all(bytes).await),
        }
    }

    /// The next message. None once the connection has ended.
    pub async fn receive(&mut self) -> Option<SipMessage> {
        let received = timeout(PATIENCE, self.next()).await;
        received.expect("a message comes in time")
    }

    async fn next(&mut self) -> Option<SipMessage> {
        let mut piece = vec![0; 64 * 1024];
        loop {
            if let Some(message) = whole(&mut self.read) {
                return Some(SipMessage(message));
            }
            let length = match &mut self.wire {
                Wire::Datagrams(socket) => socket.recv(&mut piece).await.ok()?,
                Wire::Stream(stream) => stream.read(&mut piece).await.ok()?,
            };
            if length == 0 {
                return None;
            }
            self.read.extend(&piece[..length]);
        }
    }

    /// The next final answer.
    pub async fn answer(&mut self) -> SipMessage {
        loop {
            let message = self.receive().await.expect("an answer");
            if message.status().is_some_and(|status| status >= 200) {
                return message;
            }
        }
    }

    /// Asks, and waits for the answer.
    pub async fn asked(
        &mut self,
        method: &str,
        headers: &[&str],
        body: (&str, &str),
    ) -> SipMessage {
        self.ask(method, headers, body).await;
        let answer = self.answer().await;
        if method == "INVITE" {
            if answer.status() == Some(200) {
                self.branch += 1;
            }
            self.acknowledge(&answer).await;
        }
        answer
    }

    /// Acknowledges the answer to an INVITE, which begins the dialog if it is a good one.
    pub async fn acknowledge(&mut self, answer: &SipMessage) {
        let before = self.their_tag.clone();
        self.their_tag = answer.to_tag();
        let ack = self.request("ACK", &[], ("", ""));
        if answer.status() != Some(200) {
            self.their_tag = before;
        }
        self.send(&ack).await;
    }

    /// Answers a request of the other side.
    pub async fn reply(&mut self, request: &SipMessage, status: &str) {
        let copied = ["via", "from", "to", "call-id", "cseq"];
        let headers = request.0.lines().take_while(|line| !line.is_empty());
        let headers: Vec<&str> = headers
            .filter(|line| {
                let name = line.split(':').next().unwrap_or_default();
                copied.contains(&name.to_ascii_lowercase().as_str())
            })
            .collect();
        let reply = format!(
            "SIP/2.0 {status}\r\n{}\r\nContent-Length: 0\r\n\r\n",
            headers.join("\r\n")
        );
        self.send(&reply).await;
    }
}

/// Takes a whole message from the beginning of what was received.
fn whole(read: &mut Vec<u8>) -> Option<String> {
    // What is answered to an empty line.
    while read.starts_with(b"\r\n") {
        read.drain(..2);
    }
    let text = String::from_utf8_lossy(read).into_owned();
    let head = text.find("\r\n\r\n")? + 4;
    let body = SipMessage(text[..head].to_owned()).header("content-length");
    let body: usize = body.and_then(|length| length.parse().ok()).unwrap_or(0);
    if read.len() < head + body {
        return None;
    }
    let message = read.drain(..head + body).collect();
    Some(String::from_utf8(message).expect("text"))
}

impl SipMessage {
    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        let rest = self.0.strip_prefix("SIP/2.0 ")?;
        rest.split(' ').next()?.parse().ok()
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.0.lines().take_while(|line| !line.is_empty());
        let mut headers = lines.filter_map(|line| line.split_once(':'));
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim().to_owned())
    }

    fn to_tag(&self) -> Option<String> {
        let to = self.header("to")?;
        Some(to.split_once(";tag=")?.1.to_owned())
    }

    /// What stands behind its headers.
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// Where its SDP has each line of sound sent; at port 0 where it is refused.
    pub fn addresses(&self) -> Vec<RtpAddress> {
        let value = |line: &str, key: &str| line.strip_prefix(key).map(str::to_owned);
        let lines = || self.body().lines();
        let host = lines().find_map(|line| value(line, "c=IN IP4 ").or(value(line, "c=IN IP6 ")));
        let ports = lines().filter_map(|line| value(line, "m=audio "));
        ports
            .map(|line| RtpAddress {
                host: host.clone().unwrap_or_default(),
                port: line
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .parse()
                    .expect("a port"),
                ..RtpAddress::default()
            })
            .collect()
    }
}
