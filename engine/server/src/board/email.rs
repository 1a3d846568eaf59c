//! Tells people by mail.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport as _};

use super::config::{EmailConfig, EmailTls};
use super::notice::Notice;
use super::webhook::secret;

/// The time that a step of sending may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who gets mail, and through which server.
pub(super) struct Email {
    transport: SmtpTransport,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Email {
    /// That of `config`, if it names a server.
    pub fn of(config: &EmailConfig) -> Option<Result<Self, String>> {
        (!config.host.is_empty()).then(|| Self::open(config))
    }

    fn open(config: &EmailConfig) -> Result<Self, String> {
        let builder = match config.tls {
            EmailTls::Always => SmtpTransport::relay(&config.host),
            EmailTls::Starttls => SmtpTransport::starttls_relay(&config.host),
            EmailTls::Never => Ok(SmtpTransport::builder_dangerous(&config.host)),
        };
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = builder.port(config.port).timeout(Some(PATIENCE));
        let builder = match config.user.is_empty() {
            true => builder,
            false => builder.credentials(Credentials::new(
                config.user.clone(),
                secret(&config.password_file)?,
            )),
        };
        Ok(Self {
            transport: builder.build(),
            from: mailbox(&config.from)?,
            to: config
                .to
                .iter()
                .map(|one| mailbox(one))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Sends one to all of them.
    pub fn send(&self, notice: &Notice) -> Result<(), String> {
        let message = self.message(notice)?;
        let sent = self.transport.send(&message);
        sent.map(drop).map_err(|error| error.to_string())
    }

    fn message(&self, notice: &Notice) -> Result<Message, String> {
        let turned = match notice.kind {
            "threshold_raised" => "raised",
            _ => "cleared",
        };
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(format!("Sidetone: {} {turned}", notice.title()))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let message = message.body(format!("{notice}\n"));
        message.map_err(|error| error.to_string())
    }
}

/// An address, with a name or without.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    let read = text.parse::<Mailbox>();
    read.map_err(|error| format!("`{text}` is no address of mail: {error}"))
}
