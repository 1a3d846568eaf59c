//! How tools reach an engine that runs: over TLS or not, and as whom.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use sidetone::tls::Access;
use sidetone_proto::v1::sidetone_client::SidetoneClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity, Uri};
use tonic::{Request, Status};

/// How an engine that runs is known, and who asks it.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Engines that ask for TLS or a login")]
pub struct ConnectionArgs {
    /// Certificates of authorities (PEM), one of which has signed the engine's; without it, the public
    /// ones count.
    #[arg(long, value_name = "FILE", env = "SIDETONE_CA")]
    ca: Option<PathBuf>,
    /// A certificate (PEM) to show where the engine asks for one.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The name that the engine's certificate is for, if not the host of its address.
    #[arg(long, value_name = "HOST")]
    name: Option<String>,
    /// A token to say who asks.
    #[arg(long, env = "SIDETONE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// A client of an engine, who says with each call who it is.
pub type Client = SidetoneClient<InterceptedService<Channel, Bearer>>;

impl ConnectionArgs {
    /// The same with the files read.
    pub fn access(&self) -> anyhow::Result<Access> {
        let identity = self.certificate.as_deref().zip(self.key.as_deref());
        let identity = identity.map(|(certificate, key)| {
            anyhow::Ok((read("--certificate", certificate)?, read("--key", key)?))
        });
        let authorities = self.ca.as_deref().map(|path| read("--ca", path));
        // A variable that is set to nothing is as good as none.
        let token = self.token.clone().filter(|token| !token.is_empty());
        Ok(Access {
            authorities: authorities.transpose()?,
            identity: identity.transpose()?,
            name: self.name.clone(),
            token,
        })
    }
}

fn read(option: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {} of {option}", path.display()))
}

/// Connects to the engine at `uri`.
pub async fn connect(uri: &Uri, access: &Access) -> anyhow::Result<Client> {
    let mut endpoint = Channel::builder(uri.clone());
    if uri.scheme_str() == Some("https") {
        let mut tls = ClientTlsConfig::new();
        tls = match &access.authorities {
            Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
            None => tls.with_webpki_roots(),
        };
        if let Some((certificate, key)) = &access.identity {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        if let Some(name) = &access.name {
            tls = tls.domain_name(name);
        }
        endpoint = endpoint.tls_config(tls).context("cannot use TLS")?;
    }
    let bearer = Bearer::new(access.token.as_deref())?;
    let channel = endpoint.connect().await;
    let channel = channel.with_context(|| format!("no engine answers at {uri}"))?;
    Ok(SidetoneClient::with_interceptor(channel, bearer))
}

/// Sends a token with each call, if there is one.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    fn new(token: Option<&str>) -> anyhow::Result<Self> {
        let value = token.map(|token| {
            let value = format!("Bearer {token}").parse::<MetadataValue<Ascii>>();
            let mut value = value.context("--token has characters that cannot be sent")?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        Ok(Self(value.transpose()?))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request
                .metadata_mut()
                .insert("authorization", value.clone());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        connection: ConnectionArgs,
    }

    #[test]
    fn a_certificate_comes_with_its_key() {
        for (line, possible) in [
            ("x", true),
            ("x --ca ca.pem --token secret --name engine.example", true),
            ("x --certificate c.pem --key k.pem", true),
            ("x --certificate c.pem", false),
            ("x --key k.pem", false),
        ] {
            let read = Command::try_parse_from(line.split(' '));
            assert_eq!(read.is_ok(), possible, "{line}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named_with_its_option() {
        let args = ConnectionArgs {
            ca: Some("no/ca.pem".into()),
            ..ConnectionArgs::default()
        };
        let error = args.access().expect_err("it is not there").to_string();
        assert!(error.contains("no/ca.pem of --ca"), "{error}");
    }

    #[test]
    fn a_token_is_sent_with_each_call_and_none_without() {
        let sent = |token| {
            let mut bearer = Bearer::new(token).expect("it can be sent");
            let request = bearer.call(Request::new(())).expect("sent");
            let sent = request.metadata().get("authorization").cloned();
            sent.map(|sent| sent.to_str().expect("text").to_owned())
        };
        assert_eq!(sent(Some("secret")).as_deref(), Some("Bearer secret"));
        assert_eq!(sent(None), None);
        assert!(Bearer::new(Some("two\nlines")).is_err());
    }
}
