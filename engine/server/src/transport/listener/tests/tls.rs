//! Connections over TLS, and whoever does not speak it.

use axum::Extension;
use axum::routing::any;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::*;
use crate::tls::samples::{Authority, connector};
use crate::tls::{ClientCertificates, Files, HTTP, HTTP_1};

/// A listener that says who asks, and what it looks at.
struct Subject {
    address: SocketAddr,
    tls: Arc<Reloading>,
    files: Files,
    folder: tempfile::TempDir,
    _close: CancellationToken,
}

async fn subject(
    authority: &Authority,
    clients: Option<(&Authority, ClientCertificates)>,
    limits: Limits,
) -> Subject {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = authority.server(folder.path(), "localhost");
    files.clients = clients.map(|(authority, needed)| {
        let path = folder.path().join("clients.pem");
        std::fs::write(&path, authority.pem()).expect("written");
        (path, needed)
    });
    let tls = Reloading::open("server.listen", files.clone(), HTTP).expect("right");
    let (health, service) = tonic_health::server::health_reporter();
    health
        .set_service_status("", tonic_health::ServingStatus::Serving)
        .await;
    let mut routes = routes();
    routes.http = routes.http.route("/peer", any(peer));
    routes.grpc = tonic::service::Routes::new(service).into_axum_router();
    let (address, close) = serve(routes, limits, Some(tls.clone())).await;
    Subject {
        address,
        tls,
        files,
        folder,
        _close: close,
    }
}

/// From where, whether over TLS, and the names of the certificate.
async fn peer(Extension(peer): Extension<Peer>) -> String {
    format!(
        "{} {} [{}]",
        peer.address,
        peer.is_tls,
        peer.names.join(",")
    )
}

fn patient() -> Limits {
    let mut limits = limits(10);
    for limit in [&mut limits.head, &mut limits.request, &mut limits.idle] {
        *limit = Duration::from_secs(60);
    }
    limits
}

async fn connected(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    connector.connect(name, stream).await
}

const LAST: &str = "GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const NEXT: &str = "GET /peer HTTP/1.1\r\nHost: x\r\n\r\n";

/// What is answered to the last request of a connection.
async fn last(mut stream: TlsStream<TcpStream>) -> std::io::Result<String> {
    stream.write_all(LAST.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// The certificate that the other side shows.
fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream.get_ref().1.peer_certificates().expect("shown");
    chain[0].clone().into_owned()
}

fn of(files: &Files) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&files.certificate).expect("a certificate")
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_and_grpc_over_the_second() {
    let authority = Authority::new("ours");
    let subject = subject(&authority, None, patient()).await;
    let access = authority.access(None);
    let stream = connected(&connector(&access, HTTP_1), subject.address).await;
    let stream = stream.expect("TLS");
    let from = stream.get_ref().0.local_addr().expect("connected");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let answer = last(stream).await.expect("an answer");
    assert!(answer.ends_with(&format!("{from} true []")), "{answer}");

    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(authority.pem()))
        .domain_name("localhost");
    let endpoint = Channel::from_shared(format!("https://{}", subject.address)).expect("a URL");
    let endpoint = endpoint.tls_config(tls).expect("right");
    let channel = endpoint.connect().await.expect("TLS");
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
    assert_eq!(answer.expect("served").into_inner().status(), serving);
}

#[tokio::test]
async fn whoever_connects_in_plain_text_is_known_by_their_address() {
    let mut routes = routes();
    routes.http = routes.http.route("/peer", any(peer));
    let (address, _close) = serve(routes, patient(), None).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let from = stream.local_addr().expect("connected");
    stream.write_all(LAST.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with(&format!("{from} false []")), "{answer}");
}

#[tokio::test]
async fn new_connections_get_a_new_certificate_and_those_that_are_there_go_on() {
    let authority = Authority::new("ours");
    let subject = subject(&authority, None, patient()).await;
    let connector = connector(&authority.access(None), HTTP_1);
    let connect = async || {
        connected(&connector, subject.address)
            .await
            .expect("trusted")
    };
    let mut early = connect().await;
    let first = of(&subject.files);
    assert_eq!(shown(&early), first);

    authority.server(subject.folder.path(), "localhost");
    let second = of(&subject.files);
    subject.tls.look();
    assert_ne!(second, first);
    assert_eq!(shown(&connect().await), second);

    std::fs::write(&subject.files.key, "broken").expect("written");
    subject.tls.look();
    subject.tls.look();
    let late = connect().await;
    assert_eq!(shown(&late), second);
    early.write_all(NEXT.as_bytes()).await.expect("sent");
    let mut head = [0; 12];
    early.read_exact(&mut head).await.expect("answered");
    for stream in [early, late] {
        last(stream).await.expect("both go on");
    }
}

#[tokio::test]
async fn a_certificate_of_a_client_has_to_be_of_its_authority() {
    let authority = Authority::new("ours");
    let (trusted, foreign) = (Authority::new("of clients"), Authority::new("foreign"));
    for (needed, nothing) in [
        (ClientCertificates::Required, false),
        (ClientCertificates::Optional, true),
    ] {
        let subject = subject(&authority, Some((&trusted, needed)), patient()).await;
        let own = trusted.signed("desk");
        let shown = CertificateDer::from_pem_slice(own[0].as_bytes());
        let shown = Peer::at(([127, 0, 0, 1], 1).into()).over_tls(shown.ok());
        assert_eq!(shown.names[0], "desk");
        for (case, identity, expected) in [
            ("nothing", None, nothing.then_some("[]".to_owned())),
            (
                "its own",
                Some(own),
                Some(format!("[{}]", shown.names.join(","))),
            ),
            ("a foreign one", Some(foreign.signed("desk")), None),
        ] {
            let access = authority.access(identity);
            // Over TLS 1.3 the client is told after its own part of the handshake.
            let answer = async {
                let stream = connected(&connector(&access, HTTP_1), subject.address).await?;
                last(stream).await
            };
            let answer = answer.await.ok();
            let said = answer
                .as_deref()
                .and_then(|answer| answer.rsplit(' ').next());
            assert_eq!(said, expected.as_deref(), "{needed:?}, {case}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn whoever_never_ends_the_handshake_is_closed_and_keeps_nobody_waiting() {
    let authority = Authority::new("ours");
    let mut limits = patient();
    limits.head = Duration::from_secs(2);
    let subject = subject(&authority, None, limits).await;
    let began = Instant::now();
    let mut halves = Vec::new();
    // The beginning of a handshake of 512 bytes, none of which comes.
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00"] {
        let mut half = TcpStream::connect(subject.address)
            .await
            .expect("it listens");
        half.write_all(begun).await.expect("sent");
        halves.push(half);
    }
    let connector = connector(&authority.access(None), HTTP_1);
    let stream = connected(&connector, subject.address).await.expect("TLS");
    last(stream).await.expect("an answer");
    assert!(began.elapsed() < Duration::from_secs(2), "others waited");
    for mut half in halves {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), half.read_to_end(&mut rest));
        let _ = ended.await.expect("it is closed");
        assert!(rest.len() < 16, "{rest:?}");
    }
}

#[tokio::test]
async fn plain_text_at_a_port_of_tls_is_told_so_and_so_is_tls_at_one_of_plain_text() {
    let authority = Authority::new("ours");
    let subject = subject(&authority, None, patient()).await;
    let answer = exchange(subject.address, "GET /peer HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("use https://"), "{answer}");

    // Clients of gRPC learn it from what HTTP/2 ends with.
    let channel = Channel::from_shared(format!("http://{}", subject.address)).expect("a URL");
    let channel = channel.connect_lazy();
    let mut client = HealthClient::new(channel);
    let asked = client.check(HealthCheckRequest::default()).await;
    let told = format!("{:?}", asked.expect_err("plain text"));
    assert!(told.contains("use https://"), "{told}");

    let (address, _close) = serve(routes(), patient(), None).await;
    let connector = connector(&authority.access(None), HTTP_1);
    let error = connected(&connector, address)
        .await
        .expect_err("plain text");
    assert!(error.to_string().contains("corrupt message"), "{error}");
}
