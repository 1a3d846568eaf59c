//! An engine that speaks TLS: whoever shows a certificate is served as in plain text, through each port.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use sidetone::app::Engine;
use sidetone::config::Config;
use sidetone::doctor::Examination;
use sidetone::tls::Access;
use sidetone_tests::kit::{Client, connect, finals, follow, get, scripted_to_hear};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use crate::doors::{call, in_turns, linear, over_grpc, script};

/// An authority that signs certificates of engines and clients alike.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "ours");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("made").pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// A certificate and its key.
    pub fn signed(&self, name: &str) -> [String; 2] {
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &self.issuer).expect("made");
        [made.pem(), key.serialize_pem()]
    }

    /// All ports that speak TLS, which want to see a certificate of this authority.
    pub fn config(&self, folder: &Path) -> Config {
        let mut config = Config::default();
        let tls = &mut config.server.tls;
        tls.certificate = folder.join("certificate.pem");
        tls.key = folder.join("key.pem");
        tls.client_ca = folder.join("clients.pem");
        self.write(folder);
        std::fs::write(&tls.client_ca, &self.pem).expect("written");
        config.doors.websocket.listen = "127.0.0.1:0".to_owned();
        config.doors.siprec.tls_listen = "127.0.0.1:0".to_owned();
        config
    }

    /// A new certificate for the engine.
    fn write(&self, folder: &Path) {
        let [certificate, key] = self.signed("localhost");
        std::fs::write(folder.join("certificate.pem"), certificate).expect("written");
        std::fs::write(folder.join("key.pem"), key).expect("written");
    }

    /// A client that shows a certificate.
    fn connector(&self, [certificate, key]: &[String; 2]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(der(&self.pem)).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("its own versions")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![der(certificate)], key)
            .expect("a certificate and its key");
        TlsConnector::from(Arc::new(config))
    }
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

async fn connected(connector: &TlsConnector, address: SocketAddr) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    connector.connect(name, stream).await.expect("TLS")
}

/// The certificate that a port shows.
async fn shown(connector: &TlsConnector, address: SocketAddr) -> CertificateDer<'static> {
    let stream = connected(connector, address).await;
    let chain = stream.get_ref().1.peer_certificates();
    chain.expect("one is shown")[0].clone()
}

pub async fn grpc(
    authority: &Authority,
    [certificate, key]: &[String; 2],
    engine: &Engine,
) -> Client {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&authority.pem))
        .identity(Identity::from_pem(certificate, key))
        .domain_name("localhost");
    let endpoint = Channel::from_shared(format!("https://{}", engine.address())).expect("a URL");
    let endpoint = endpoint.tls_config(tls).expect("right");
    Client::new(endpoint.connect().await.expect("TLS"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_heard_over_tls_as_in_plain_text_and_plain_text_is_turned_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let engine = scripted_to_hear(script(), authority.config(folder.path())).await;
    let plain = scripted_to_hear(script(), Config::default()).await;
    let expected = finals(&over_grpc(connect(plain.address()).await).await);
    let own = authority.signed("desk");
    let connector = authority.connector(&own);

    let mut client = grpc(&authority, &own, &engine).await;
    assert_eq!(finals(&over_grpc(client.clone()).await), expected);

    let events = follow(&mut client, "over-wss").await;
    let door = engine.websocket().expect("the door is open");
    let url = "wss://localhost/freeswitch?rate=8k&mix=stereo&call_id=over-wss";
    let stream = connected(&connector, door).await;
    let (mut freeswitch, _) = client_async(url, stream).await.expect("the door is open");
    let sound = in_turns(call().map(|mulaw| linear(&mulaw)));
    for frame in sound.chunks(640) {
        let sent = freeswitch.send(Message::binary(frame.to_vec())).await;
        sent.expect("taken");
    }
    freeswitch.close(None).await.expect("closed");
    assert_eq!(finals(&events.await.expect("followed")), expected);

    // Who does not speak TLS is told so, and counted.
    let answer = get(engine.address(), "/healthz", usize::MAX).await;
    assert!(answer.contains("use https://"), "{answer}");
    let mut stream = connected(&connector, engine.address()).await;
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).await.expect("answered");
    let counted = "sidetone_door_connections_total{outcome=\"refused\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    engine.stop().await.expect("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_replaced_is_shown_at_each_port_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let config = authority.config(folder.path());
    let engine = scripted_to_hear(script(), config.clone()).await;
    let connector = authority.connector(&authority.signed("desk"));
    let written = || {
        let pem = std::fs::read_to_string(&config.server.tls.certificate);
        der(&pem.expect("written"))
    };
    let ports = [
        Some(engine.address()),
        engine.websocket(),
        engine.siprec().1,
    ];
    let first = written();
    for port in ports.into_iter().flatten() {
        assert_eq!(shown(&connector, port).await, first);
    }
    authority.write(folder.path());
    let second = written();
    for port in ports.into_iter().flatten() {
        let mut seen = shown(&connector, port).await;
        for _ in 0..300 {
            if seen == second {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            seen = shown(&connector, port).await;
        }
        assert_eq!(seen, second, "{port}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_knows_its_own_engine_and_says_what_that_wants_to_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let mut config = authority.config(folder.path());
    let engine = scripted_to_hear(script(), config.clone()).await;
    config.server.listen = engine.address();
    let [certificate, key] = authority.signed("operator").map(String::into_bytes);
    let known = Access {
        identity: Some((certificate, key)),
        ..Access::default()
    };
    let elsewhere = format!("https://{}", engine.address());
    let through = Access {
        authorities: Some(authority.pem.clone().into_bytes()),
        name: Some("localhost".to_owned()),
        ..known.clone()
    };
    let url = Some(&*elsewhere);
    for (case, url, access, why) in [
        ("its own", None, &known, ""),
        (
            "nothing shown",
            None,
            &Access::default(),
            "it wants to be shown a certificate",
        ),
        ("elsewhere", url, &through, ""),
        ("elsewhere, of nobody", url, &known, "UnknownIssuer"),
    ] {
        let (config, access) = (config.clone(), access.clone());
        let url = url.map(str::to_owned);
        let examined = move || Examination::of(&config, url.as_deref(), &access);
        let examined = tokio::task::spawn_blocking(examined).await;
        let engine = examined.expect("examined").engine;
        assert_eq!(engine.url, elsewhere, "{case}");
        assert!(engine.why.contains(why), "{case}: {}", engine.why);
        assert_eq!(
            engine.why.is_empty(),
            why.is_empty(),
            "{case}: {}",
            engine.why
        );
    }
    config.server.tls.certificate = folder.path().join("clients.pem");
    let examined = move || Examination::of(&config, None, &known);
    let examined = tokio::task::spawn_blocking(examined).await;
    let why = examined.expect("examined").engine.why;
    assert!(why.contains("another certificate"), "{why}");
}
