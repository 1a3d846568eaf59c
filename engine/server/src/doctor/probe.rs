//! Asks the system and the network.

use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket,
};
use std::path::Path;
use std::time::Duration;

use sidetone_doors::rtpengine;

use super::{Found, Place};
use crate::config::Config;
use crate::ingest::any_like;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// And for that of rtpengine, each time it is asked.
const PING: Duration = Duration::from_millis(700);
/// How often it is asked.
const PINGS: usize = 3;

/// Where the engine of this configuration answers.
pub(super) fn own_url(config: &Config) -> String {
    let scheme = match config.server.tls.files() {
        Some(_) => "https",
        None => "http",
    };
    format!("{scheme}://{}", reachable(config.server.listen))
}

/// What is found at a place.
pub(super) fn place(place: &Place, config: &Config) -> Found {
    match place {
        Place::Closed => Found::Nothing,
        Place::Tcp(listen) => match listen.parse() {
            Ok(listen) => tcp(listen),
            Err(_) => Found::NotOurs("it is no address with a port".to_owned()),
        },
        Place::Udp(bind, ports) => udp(*bind, ports),
        Place::Media => told(config),
        Place::Asked(control) => match control.parse() {
            Ok(control) => ping(control),
            Err(_) => Found::Silent("it is no address with a port".to_owned()),
        },
        Place::Folder(path) => folder(path),
    }
}

/// An address that stands for all of this machine is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn tcp(listen: SocketAddr) -> Found {
    if TcpStream::connect_timeout(&reachable(listen), PATIENCE).is_ok() {
        return Found::Answers;
    }
    match TcpListener::bind(listen) {
        Ok(_) => Found::Free,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Found::Silent("something holds the port and takes no connections".to_owned())
        }
        Err(error) => Found::NotOurs(error.to_string()),
    }
}

fn udp(bind: IpAddr, ports: &[u16]) -> Found {
    let mut held = 0;
    for port in ports {
        match UdpSocket::bind(SocketAddr::new(bind, *port)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => held += 1,
            Err(error) => return Found::NotOurs(error.to_string()),
        }
    }
    Found::Held(held, ports.len())
}

/// Where media servers are told to send, and whether that is here.
fn told(config: &Config) -> Found {
    let media = &config.media;
    if let Err(error) = UdpSocket::bind(SocketAddr::new(media.bind, 0)) {
        return Found::NotOurs(error.to_string());
    }
    let addresses: Vec<IpAddr> = match media.advertise.as_str() {
        "" => vec![media.bind],
        host => match (host, media.port_min).to_socket_addrs() {
            Ok(addresses) => addresses.map(|address| address.ip()).collect(),
            Err(error) => return Found::Silent(format!("`{host}` has no address: {error}")),
        },
    };
    let is_ours = |ip: &IpAddr| UdpSocket::bind(SocketAddr::new(*ip, 0)).is_ok();
    Found::Told(addresses.into_iter().map(|ip| (ip, is_ours(&ip))).collect())
}

fn ping(control: SocketAddr) -> Found {
    match asked(control) {
        Ok(true) => Found::Answers,
        Ok(false) => Found::Silent("it does not answer `ping`".to_owned()),
        Err(error) => Found::Silent(format!("it cannot be asked: {error}")),
    }
}

fn asked(control: SocketAddr) -> io::Result<bool> {
    let socket = UdpSocket::bind(any_like(control.ip()))?;
    socket.connect(control)?;
    socket.set_read_timeout(Some(PING))?;
    let cookie = format!("{:016x}", getrandom::u64().map_err(io::Error::other)?);
    let mut answer = [0; 1_024];
    for _ in 0..PINGS {
        socket.send(&rtpengine::ping(&cookie))?;
        match socket.recv(&mut answer) {
            Ok(length) if rtpengine::is_pong(&cookie, &answer[..length]) => return Ok(true),
            // Something else, or nothing yet.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(error),
            Err(_) => {}
        }
    }
    Ok(false)
}

fn folder(path: &Path) -> Found {
    if !path.is_dir() {
        return Found::Silent("there is no such folder".to_owned());
    }
    match tempfile::tempfile_in(path) {
        Ok(_) => Found::Usable,
        Err(error) => Found::Silent(format!("nothing can be moved within it: {error}")),
    }
}
