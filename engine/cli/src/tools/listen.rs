//! What `analyze` and `transcribe` are told alike.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sidetone::audio_file::{AudioFileError, AudioFileWarning, ChannelMap, Recording};
use sidetone::config::Config;
use sidetone::offline::Listening;
use sidetone_types::event::EventRecord;
use sidetone_types::lang::LanguageTag;
use sidetone_types::party::Role;

use super::RoleArg;
use super::lines::{show, write_json};
use super::recordings;
use super::vocabulary::VocabularyArgs;

/// Which recordings, and how they are listened to.
#[derive(Args, Debug)]
pub struct ListenArgs {
    /// WAV, FLAC, MP3 or Ogg Opus files; WAV as PCM, floating point, A-law, mu-law, IMA or Microsoft
    /// ADPCM, GSM 6.10 or MP3. Of two channels, left is the agent and right the customer, unless
    /// `--channels` says otherwise.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub hear: HearArgs,
    /// Who speaks in files of one channel.
    #[arg(long, value_enum, default_value = "customer")]
    role: RoleArg,
    /// Who speaks on which channel, counted from 0: `agent=0,customer=1`, or one of them alone.
    /// Other channels are left out.
    #[arg(long, value_name = "agent=N,customer=N", conflicts_with = "role")]
    channels: Option<ChannelMap>,
}

/// How anything is listened to, and what is printed of it.
#[derive(Args, Debug)]
pub struct HearArgs {
    /// Print every event, one JSON object per line.
    #[arg(long)]
    pub json: bool,
    /// Languages that may be spoken.
    #[arg(long, value_delimiter = ',', default_value = "en,zh")]
    pub lang: Vec<LanguageTag>,
    #[command(flatten)]
    pub vocabulary: VocabularyArgs,
    /// A name of `sidetone models list`, instead of the configured one.
    #[arg(long)]
    model: Option<String>,
}

impl HearArgs {
    /// The model to use instead of the configured one.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Writes the events of one of several calls, as it was asked for.
    pub fn write(
        &self,
        out: &mut impl Write,
        file: &Path,
        title: Option<&str>,
        events: &[EventRecord],
    ) -> io::Result<()> {
        if self.json {
            return write_json(out, &file.display().to_string(), events);
        }
        if let Some(title) = title {
            writeln!(out, "== {title}")?;
        }
        show(out, events)
    }
}

impl ListenArgs {
    /// The model to use instead of the configured one.
    pub fn model(&self) -> Option<&str> {
        self.hear.model()
    }

    /// How to listen; with interim results if `partials`.
    pub fn listening(&self, config: &Config, partials: bool) -> anyhow::Result<Listening> {
        Ok(Listening {
            languages: self.hear.lang.clone(),
            vocabulary: self.hear.vocabulary.phrases(config.defaults.boost)?.into(),
            partials,
            mono: self.only_channel().unwrap_or(self.role.into()),
        })
    }

    /// Who is listened to, if a single channel is named.
    fn only_channel(&self) -> Option<Role> {
        self.channels.as_ref().and_then(ChannelMap::only)
    }

    /// Reads one of the files as it is to be listened to: the channels that are named, and one of
    /// two that are the same.
    pub fn open(&self, file: &Path) -> Result<(Recording, Vec<AudioFileWarning>), AudioFileError> {
        let (mut recording, mut warnings) = recordings::read(file, self.channels.as_ref())?;
        warnings.extend(recording.single_if_dual_mono());
        Ok((recording, warnings))
    }

    /// Writes what became of one of the files, as it was asked for.
    pub fn write(
        &self,
        out: &mut impl Write,
        file: &Path,
        events: &[EventRecord],
    ) -> io::Result<()> {
        let title = file.display().to_string();
        let title = (self.files.len() > 1).then_some(title.as_str());
        self.hear.write(out, file, title, events)
    }
}
