//! One dialog with a recording client (RFC 3261 §12): how its requests are answered, and how it is
//! asked itself.

use std::net::{IpAddr, SocketAddr};

use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};
use rsipstack::sip::{
    CallId, Header, Method, Request, Response, SipMessage, StatusCode, StatusCodeKind, Transport,
    Uri, typed,
};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::make_tag;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::{SipAddr, SipConnection};

use super::NAME;
use super::headers::{tokens, value, values};
use super::request::source;

/// What is understood in a dialog and outside of one.
pub(super) const METHODS: &str = "INVITE, ACK, BYE, CANCEL, UPDATE, INFO, OPTIONS";
/// Extensions that a client may require.
pub(super) const EXTENSIONS: [&str; 2] = ["siprec", "timer"];

/// By what requests are known to belong to a dialog: its Call-ID, our tag, and theirs.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    call_id: String,
    ours: String,
    theirs: String,
}

/// Where we are reached.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// An address, or a name.
    pub host: String,
    pub port: u16,
    pub transport: Transport,
}

pub(super) struct Dialog {
    endpoint: EndpointInnerRef,
    key: Key,
    call_id: CallId,
    us: typed::From,
    them: typed::To,
    target: Uri,
    routes: Vec<Header>,
    local: Local,
    connection: SipConnection,
    /// Where its first request came from.
    source: SocketAddr,
    ours: u32,
    theirs: u32,
    /// Whether it takes UPDATE.
    is_updated: bool,
}

/// A request that cannot begin or continue a dialog.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the header {0} is missing or cannot be read")]
pub(super) struct BadHeader(&'static str);

/// Refuses a request without the headers by which it would be known (RFC 3261 §8.1.1).
pub(super) fn check(request: &Request) -> Result<(), BadHeader> {
    request.from_header().map_err(|_| BadHeader("From"))?;
    request.to_header().map_err(|_| BadHeader("To"))?;
    let call_id = request.call_id_header();
    call_id.map_err(|_| BadHeader("Call-ID"))?;
    let cseq = request.cseq_header().and_then(|it| it.seq());
    cseq.map_err(|_| BadHeader("CSeq"))?;
    Ok(())
}

impl Key {
    /// That of a request; `None` outside of a dialog.
    pub fn of(request: &Request) -> Option<Self> {
        let ours = request.to_header().ok()?.tag().ok()??;
        let (call_id, theirs) = origin(request)?;
        Some(Self {
            call_id,
            ours: ours.value().to_owned(),
            theirs,
        })
    }
}

/// Who asks: the Call-ID, and their tag.
fn origin(request: &Request) -> Option<(String, String)> {
    let call_id = request.call_id_header().ok()?.value().to_owned();
    let tag = request.from_header().ok()?.tag().ok().flatten();
    let tag = tag.map_or_else(String::new, |tag| tag.value().to_owned());
    Some((call_id, tag))
}

/// By what the same invitation is known that comes by two ways (RFC 3261 §8.2.2.2): who asks, and
/// the number of the request.
pub(super) fn invitation(request: &Request) -> Option<(String, String, u32)> {
    let (call_id, tag) = origin(request)?;
    Some((call_id, tag, request.cseq_header().ok()?.seq().ok()?))
}

impl Dialog {
    /// Begins one with an INVITE, which gets our tag.
    pub fn begin(
        endpoint: EndpointInnerRef,
        request: &mut Request,
        connection: SipConnection,
        local: Local,
    ) -> Result<Self, BadHeader> {
        let bad = BadHeader;
        let to = request.to_header().map_err(|_| bad("To"))?.clone();
        let tagged = to.with_tag(make_tag());
        request.headers.unique_push(tagged.clone().into());
        let key = Key::of(request).ok_or(bad("To"))?;
        let to = tagged.typed().map_err(|_| bad("To"))?;
        let from = request
            .from_header()
            .and_then(|it| it.typed())
            .map_err(|_| bad("From"))?;
        let call_id = request
            .call_id_header()
            .map_err(|_| bad("Call-ID"))?
            .clone();
        let theirs = request
            .cseq_header()
            .and_then(|it| it.seq())
            .map_err(|_| bad("CSeq"))?;
        let source = source(request).ok_or(bad("Via"))?;
        let routes = values(&request.headers, &["record-route"]);
        let allows = tokens(&request.headers, &["allow"]);
        Ok(Self {
            endpoint,
            key,
            call_id,
            us: typed::From {
                display_name: to.display_name,
                uri: to.uri,
                params: to.params,
            },
            // Some contacts cannot be read: whoever sent it is asked at the address in From.
            target: target(request).unwrap_or_else(|| from.uri.clone()),
            them: typed::To {
                display_name: from.display_name,
                uri: from.uri,
                params: from.params,
            },
            routes: routes
                .into_iter()
                .map(|route| Header::Route(route.as_str().into()))
                .collect(),
            local,
            connection,
            source,
            ours: 0,
            theirs,
            is_updated: allows.iter().any(|method| method == "update"),
        })
    }

    pub const fn key(&self) -> &Key {
        &self.key
    }

    pub fn call_id(&self) -> &str {
        self.call_id.value()
    }

    /// Where its first request came from.
    pub const fn source(&self) -> SocketAddr {
        self.source
    }

    /// Takes a later request: whether it is no older than what came before.
    pub fn follow(&mut self, tx: &Transaction) -> bool {
        let Ok(seq) = tx.original.cseq_header().and_then(|it| it.seq()) else {
            return false;
        };
        // Numbers from 2^31 on are none (RFC 3261 §8.1.1.5): all later ones would be lower.
        if seq < self.theirs || seq >= 1 << 31 {
            return false;
        }
        self.theirs = seq;
        if let Some(connection) = &tx.connection {
            self.connection = connection.clone();
        }
        if matches!(tx.original.method, Method::Invite | Method::Update)
            && let Some(target) = target(&tx.original)
        {
            self.target = target;
        }
        true
    }

    /// The answer to a request of the dialog, or to the one that begins it.
    pub fn answer(
        &self,
        request: &Request,
        status: StatusCode,
        headers: Vec<Header>,
        sdp: Option<String>,
    ) -> Response {
        let is_taken = status.kind() == StatusCodeKind::Successful;
        let has_sdp = sdp.is_some();
        let mut response =
            self.endpoint
                .make_response(request, status, sdp.map(String::into_bytes));
        if has_sdp {
            response
                .headers
                .push(Header::ContentType("application/sdp".into()));
        }
        if is_taken && matches!(request.method, Method::Invite | Method::Update) {
            let routes = values(&request.headers, &["record-route"]);
            let routes = routes
                .iter()
                .map(|route| Header::RecordRoute(route.as_str().into()));
            response.headers.extend(routes.collect());
            response.headers.push(self.contact());
            response.headers.extend(abilities());
        }
        response.headers.extend(headers);
        response
    }

    fn contact(&self) -> Header {
        Header::Contact(self.local.contact().as_str().into())
    }

    /// Asks the client for something, over a connection that is waited for. What it answers, if it does
    /// in time.
    pub fn ask<W: Future<Output = Option<SipConnection>> + Send>(
        &mut self,
        way: W,
        method: Method,
        headers: Vec<Header>,
        sdp: Option<String>,
    ) -> impl Future<Output = Option<StatusCode>> + Send + use<W> {
        self.ours += 1;
        let mut request = self.request(method);
        if let (Some(request), Some(sdp)) = (&mut request, sdp) {
            request
                .headers
                .push(Header::ContentType("application/sdp".into()));
            request.body = sdp.into_bytes();
        }
        if let Some(request) = &mut request {
            request.headers.extend(headers);
        }
        let acknowledgement = match method {
            Method::Invite => self.request(Method::Ack),
            _ => None,
        };
        let (endpoint, hop) = (self.endpoint.clone(), self.next_hop());
        async move {
            let (request, connection) = (request?, way.await?);
            let key = TransactionKey::from_request(&request, TransactionRole::Client).ok()?;
            let mut tx = Transaction::new_client(key, request, endpoint, Some(connection.clone()));
            tx.destination = Some(hop.clone());
            tx.send().await.ok()?;
            while let Some(message) = tx.receive().await {
                if let SipMessage::Response(response) = message
                    && response.status_code.kind() != StatusCodeKind::Provisional
                {
                    // Said by the library itself, where nothing came or nothing could be sent.
                    if is_ours(&response) {
                        return None;
                    }
                    let is_taken = response.status_code.kind() == StatusCodeKind::Successful;
                    if let Some(ack) = acknowledgement.filter(|_| is_taken) {
                        // One that is lost is asked for by the answer that comes again, which nobody
                        // hears: the session was there before.
                        let _ = connection.send(ack.into(), Some(&hop)).await;
                    }
                    return Some(response.status_code);
                }
            }
            None
        }
    }

    fn request(&self, method: Method) -> Option<Request> {
        let via = self
            .endpoint
            .get_via(Some(self.local.address()), None)
            .ok()?;
        let (us, them) = (self.us.clone(), self.them.clone());
        let (target, call_id) = (self.target.clone(), Some(self.call_id.clone()));
        let endpoint = &self.endpoint;
        let mut request = endpoint.make_request(method, target, via, us, them, self.ours, call_id);
        request.headers.extend(self.routes.clone());
        if !matches!(method, Method::Bye | Method::Ack) {
            request.headers.push(self.contact());
            request.headers.extend(abilities());
        }
        Some(request)
    }

    /// By what a session is refreshed, which stays as it is.
    pub const fn refreshing(&self) -> Method {
        match self.is_updated {
            true => Method::Update,
            false => Method::Invite,
        }
    }

    /// The connection of the client's last request.
    pub const fn connection(&self) -> &SipConnection {
        &self.connection
    }

    /// Where a request of ours goes: the first route or the client itself, if that is an address, and
    /// otherwise where its own came from.
    pub fn next_hop(&self) -> SipAddr {
        let route = self
            .routes
            .first()
            .map(|route| super::headers::parts(route).1);
        let route = route.and_then(|route| uri(&route));
        let target = &route.as_ref().unwrap_or(&self.target).host_with_port;
        match target.host {
            rsipstack::sip::Host::IpAddr(ip) => {
                let default = match self.local.transport {
                    Transport::Tls => 5_061,
                    _ => 5_060,
                };
                let port = target.port.as_ref().map_or(default, |port| port.value());
                SipAddr {
                    r#type: Some(self.local.transport),
                    addr: SocketAddr::new(ip, port).into(),
                }
            }
            rsipstack::sip::Host::Domain(_) => SipAddr {
                r#type: Some(self.local.transport),
                addr: self.source.into(),
            },
        }
    }
}

impl Local {
    fn address(&self) -> SipAddr {
        let host = match self.host.parse::<IpAddr>() {
            Ok(ip) => ip.into(),
            Err(_) => rsipstack::sip::Host::Domain(self.host.as_str().into()),
        };
        SipAddr {
            r#type: Some(self.transport),
            addr: rsipstack::sip::HostWithPort {
                host,
                port: Some(self.port.into()),
            },
        }
    }

    /// What a client asks us at.
    pub fn contact(&self) -> String {
        let host = match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.host.clone(),
        };
        let transport = match self.transport {
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            _ => "",
        };
        format!("<sip:sidetone@{host}:{}{transport}>;+sip.srs", self.port)
    }
}

/// Whether an answer has been made here.
fn is_ours(response: &Response) -> bool {
    value(&response.headers, &["user-agent"]).as_deref() == Some(NAME)
}

/// What we understand, as headers.
pub(super) fn abilities() -> Vec<Header> {
    vec![
        Header::Allow(METHODS.into()),
        Header::Supported(EXTENSIONS.join(", ").as_str().into()),
        Header::Accept("application/sdp, application/rs-metadata+xml, multipart/mixed".into()),
    ]
}

/// Where whoever sent a request wants to be asked.
fn target(request: &Request) -> Option<Uri> {
    uri(&value(&request.headers, &["contact", "m"])?)
}

/// The first URI of a header's value.
fn uri(value: &str) -> Option<Uri> {
    let bare = match value.split_once('<') {
        Some((_, behind)) => behind.split('>').next()?,
        None => value.split([';', ',']).next()?,
    };
    Uri::try_from(bare.trim()).ok()
}
