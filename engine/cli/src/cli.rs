//! The command line, and what its commands end with: 0 done, 1 failed, 2 not understood.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sidetone::config::{Config, ConfigError, Draft, reference};
use sidetone::printable::printable;

use crate::error_line::one_line;
use crate::tell::tell;
use crate::tools::access::{self, AccessArgs};
use crate::tools::adapt::{self, AdaptArgs};
use crate::tools::analyze::{self, AnalyzeArgs};
use crate::tools::audit::{self, AuditArgs};
use crate::tools::call_recordings::{self, RecordingArgs};
use crate::tools::calls::{self, CallsArgs};
use crate::tools::capacity::{self, CapacityArgs};
use crate::tools::crm::{self, CrmArgs};
use crate::tools::demo::{self, DemoArgs};
use crate::tools::doctor::{self, DoctorArgs};
use crate::tools::emotion::{self, EmotionArgs};
use crate::tools::eval::{self, EvalArgs};
use crate::tools::friction::{self, FrictionArgs};
use crate::tools::kb::{self, KbArgs};
use crate::tools::keys::{self, KeysArgs};
use crate::tools::load::{self, LoadArgs};
use crate::tools::models::{self, ModelsArgs};
use crate::tools::person::{self, PersonArgs};
use crate::tools::play::{self, PlayArgs};
use crate::tools::replay::{self, ReplayArgs};
use crate::tools::sbom::{self, SbomArgs};
use crate::tools::search::{self, SearchArgs};
use crate::tools::tokens::{self, TokensArgs};
use crate::tools::transcribe::{self, TranscribeArgs};
use crate::tools::users::{self, UsersArgs};
use crate::tools::{Outcome, fetch, serve};

/// Real-time speech analytics for call centres.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration file; without one, everything has its default. Variables named like
    /// SIDETONE__SERVER__LISTEN override it.
    #[arg(long, global = true, env = "SIDETONE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(ServeArgs),
    /// Check the configuration, and list the keys there are.
    Config(ConfigArgs),
    Doctor(DoctorArgs),
    Demo(DemoArgs),
    Analyze(AnalyzeArgs),
    Transcribe(TranscribeArgs),
    Replay(ReplayArgs),
    Eval(EvalArgs),
    Emotion(EmotionArgs),
    Search(SearchArgs),
    Calls(CallsArgs),
    Friction(FrictionArgs),
    Play(PlayArgs),
    Load(LoadArgs),
    Capacity(CapacityArgs),
    Models(ModelsArgs),
    Adapt(AdaptArgs),
    Kb(KbArgs),
    Crm(CrmArgs),
    Access(AccessArgs),
    Users(UsersArgs),
    Keys(KeysArgs),
    Person(PersonArgs),
    Recording(RecordingArgs),
    Tokens(TokensArgs),
    Audit(AuditArgs),
    Sbom(SbomArgs),
}

/// Run the engine.
#[derive(Args, Debug)]
struct ServeArgs {
    /// Take in this table of customers (CSV) first: `crm.contacts`.
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Download weights that are not on this machine. At a terminal they are downloaded anyway.
    #[arg(long)]
    fetch: bool,
}

#[derive(Args, Debug)]
struct ConfigArgs {
    #[command(subcommand)]
    what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that `serve` would trip over, or print the keys in force, each with its
    /// meaning.
    Check {
        /// The file, if not that of --config.
        file: Option<PathBuf>,
    },
    /// Print the reference of all keys, as Markdown.
    Docs,
}

/// Does what the command line says.
pub fn run(cli: Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        // `sidetone .. | head`: whoever read has had enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            match error.downcast_ref() {
                Some(ConfigError::Invalid(problems)) => {
                    problems
                        .iter()
                        .for_each(|problem| tell(format_args!("error: {problem}")));
                }
                _ => {
                    let text = one_line(&error);
                    let lines: Vec<_> = text.lines().map(printable).collect();
                    tell(format_args!("error: {}", lines.join("\n")));
                }
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<Outcome> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => {
            let (config, notes) = startable(file, args.contacts.as_deref())?;
            sidetone::telemetry::start_log(&config.log);
            notes.iter().for_each(|note| tracing::warn!("{note}"));
            fetch::allow(&config, args.fetch)?;
            serve::run(config)
        }
        Command::Config(ConfigArgs {
            what: ConfigCommand::Check { file: other },
        }) => {
            let (config, notes) = startable(other.as_deref().or(file), None)?;
            let mut out = io::stdout();
            io::Write::write_all(&mut out, config.commented().as_bytes())?;
            notes
                .iter()
                .for_each(|note| tell(format_args!("note: {note}")));
            if let Err(missing) = fetch::check(&config, false) {
                tell(format_args!("note: {missing}"));
            }
            io::Write::write_all(&mut out, b"\n# ok: `serve` can start with this\n")?;
            Ok(Outcome::Done)
        }
        Command::Config(ConfigArgs {
            what: ConfigCommand::Docs,
        }) => {
            io::Write::write_all(&mut io::stdout(), reference().as_bytes())?;
            Ok(Outcome::Done)
        }
        Command::Doctor(args) => {
            let file = args.file.as_deref().or(file);
            doctor::run(&args, Draft::read(file, variables())?)
        }
        Command::Demo(args) => demo::run(&args, configuration(file, None)?),
        Command::Analyze(args) => analyze::run(&args, &configuration(file, args.listen.model())?),
        Command::Transcribe(args) => {
            transcribe::run(&args, &configuration(file, args.listen.model())?)
        }
        Command::Replay(args) => replay::run(&args, &configuration(file, args.hear.model())?),
        Command::Eval(args) => eval::run(&args, &configuration(file, args.what.model())?),
        Command::Emotion(args) => emotion::run(&args, &configuration(file, None)?),
        Command::Search(args) => search::run(&args, &configuration(file, None)?),
        Command::Calls(args) => calls::run(&args, &configuration(file, None)?),
        Command::Friction(args) => friction::run(&args, &configuration(file, None)?),
        Command::Play(args) => play::run(&args),
        Command::Load(args) => load::run(&args, configuration(file, None)?),
        Command::Capacity(args) => {
            capacity::run(&args, &configuration(file, args.model.as_deref())?)
        }
        Command::Models(args) => models::run(&args, || configuration(file, None)),
        Command::Adapt(args) => adapt::run(&args, &configuration(file, args.model.as_deref())?),
        Command::Kb(args) => kb::run(&args, &configuration(file, None)?),
        Command::Crm(args) => crm::run(&args, &configuration(file, None)?),
        Command::Access(args) => access::run(&args, &configuration(file, None)?),
        Command::Users(args) => users::run(&args, &configuration(file, None)?),
        Command::Keys(args) => keys::run(&args, &configuration(file, None)?),
        Command::Person(args) => person::run(&args, &configuration(file, None)?),
        Command::Recording(args) => call_recordings::run(&args, &configuration(file, None)?),
        Command::Tokens(args) => tokens::run(&args, &configuration(file, None)?),
        Command::Audit(args) => audit::run(&args, &configuration(file, None)?),
        Command::Sbom(args) => sbom::run(&args),
    }
}

/// The configuration that `serve` starts with, once all it would trip over has been looked for, and
/// what works and may not be meant. `contacts` counts before `crm.contacts`.
fn startable(
    file: Option<&Path>,
    contacts: Option<&Path>,
) -> Result<(Config, Vec<String>), ConfigError> {
    let contacts = contacts.map(|file| {
        let key = "SIDETONE__CRM__CONTACTS".to_owned();
        (key, file.display().to_string())
    });
    let mut draft = Draft::read(file, variables().chain(contacts))?;
    draft.check_start();
    let notes = draft.notes.iter().map(ToString::to_string).collect();
    Ok((draft.finish()?, notes))
}

/// The configuration, with `model` in place of the one it names.
fn configuration(file: Option<&Path>, model: Option<&str>) -> anyhow::Result<Config> {
    let mut config = Config::load(file, variables())?;
    if let Some(model) = model {
        config.recogniser.model = model.to_owned();
    }
    Ok(config)
}

/// The environment, without what is not text: no variable of ours is like that.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    io.into_iter()
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_understood() {
        for line in [
            "sidetone serve",
            "sidetone serve --config engine.toml",
            "sidetone serve --fetch",
            "sidetone config docs",
            "sidetone config check",
            "sidetone config check engine.toml",
            "sidetone doctor --config engine.toml",
            "sidetone doctor --engine http://127.0.0.1:7600 --json",
            "sidetone doctor engine.toml --engine 127.0.0.1:7600",
            "sidetone doctor --engine https://engine.example --ca ca.pem --certificate c.pem --key k.pem --token x",
            "sidetone demo --lang zh --once",
            "sidetone analyze a.wav --json --date 2026-05-04 --caller +14155550117",
            "sidetone analyze a.wav --channels agent=3,customer=0",
            "sidetone transcribe a.wav --channels customer=1",
            "sidetone replay a.pcap --json --lang en --phrase Northwind --model whisper-base",
            "sidetone replay a.pcapng --list --customer callee --call 2 --call x@example",
            "sidetone replay a.pcap --customer 192.0.2.1:4000 --rtpmap 96=L16/16000",
            "sidetone transcribe a.wav b.flac --json --lang en,zh --role agent --partials",
            "sidetone transcribe a.wav --vocabulary names.txt --phrase Northwind --model whisper-base",
            "sidetone eval asr set.tsv --lang en --limit 5 --split dev --telephone --detect --json --worst 3",
            "sidetone eval asr set.tsv --uncut",
            "sidetone eval asr set.tsv --vocabulary names.txt --phrase Northwind",
            "sidetone eval echo a.tsv b.tsv --lang en --count 8 --seed 2 --show",
            "sidetone eval keywords set.tsv call.json --lang en --limit 5 --phrases words.txt --most 9",
            "sidetone eval keywords set.tsv --boost 2 --no-bias --json",
            "sidetone eval lengths set.tsv --lang zh --limit 9 --cuts 3 --json",
            "sidetone eval lines --lang en,zh",
            "sidetone eval score set.tsv heard.tsv --lang en --split dev --json --worst 3",
            "sidetone emotion train a.tsv b.tsv --out head.safetensors --seed 2 --all",
            "sidetone emotion train a.tsv --calm b.tsv --moods neutral,anger --licence CC0-1.0 --licence CC-BY-4.0 --i-have-read-the-licences --out head.safetensors",
            "sidetone emotion eval a.tsv --head head.safetensors --telephone --earlier 0 --line 0.4 --json",
            "sidetone emotion eval a.tsv",
            "sidetone emotion cross a.tsv b.tsv --seed 3",
            "sidetone emotion cross a.tsv --compare --earlier 0",
            "sidetone emotion calm a.wav set.tsv --lang en,zh",
            "sidetone emotion cost a.wav b.wav --lang zh --rounds 2",
            "sidetone search refund --role customer --agent a-7 --alert churn --from 2026-05-04T00:00:00Z",
            "sidetone search --from 2026-05-04 --until 2026-05-05T09:30",
            "sidetone calls list",
            "sidetone calls list --agent a-7 --customer +14155550117 --from 2026-05-04 --until 2026-05-05T09:30",
            "sidetone calls list --direction outbound --note in_flight --urgent --recorded --rule churn --limit 500 --json",
            "sidetone calls show c-1",
            "sidetone calls show c-1 --json",
            "sidetone play a.wav --to 127.0.0.1:4000 --to 127.0.0.1:4002 --codec pcma",
            "sidetone play a.wav --to 127.0.0.1:4000 --loss 5 --reorder 2 --duplicate 1 --seed 1",
            "sidetone load --calls 4 --talk 0.4 --seconds 60 --seed 2 --all --json a.wav b.flac",
            "sidetone load --find --calls 2 --most 20 --first-partial 900 --final 700",
            "sidetone load --calls 3 --connect http://127.0.0.1:7600",
            "sidetone load --connect https://127.0.0.1:7600 --ca ca.pem --name engine.example",
            "sidetone capacity",
            "sidetone capacity a.wav --seconds 5 --model whisper-base --json",
            "sidetone models list",
            "sidetone models pull",
            "sidetone models verify whisper-base",
            "sidetone models import some/dir --name own",
            "sidetone adapt transcripts.txt articles rules --out ours.lm --model whisper-base",
            "sidetone kb check",
            "sidetone kb check some/dir",
            "sidetone kb check articles rules",
            "sidetone kb export some/dir",
            "sidetone kb init some/dir --empty",
            "sidetone kb search charged twice --lang en --limit 5",
            "sidetone friction list --limit 5 --json",
            "sidetone friction trend --json",
            "sidetone crm outbox --limit 5 --json",
            "sidetone crm dead",
            "sidetone crm show 7 --json",
            "sidetone crm retry 7",
            "sidetone crm retry --all",
            "sidetone crm discard 7",
            "sidetone crm contacts list --find whitmore --limit 5 --json",
            "sidetone crm contacts show C-1017",
            "sidetone crm contacts add --name Ann --phone +14155550117 --set language=English",
            "sidetone crm contacts edit C-1017 --add-phone +14155550118 --remove-phone +14155550117",
            "sidetone crm contacts remove C-1017 --yes",
            "sidetone crm contacts import customers.csv",
            "sidetone crm contacts export -",
            "sidetone crm tickets list --open --contact C-1017",
            "sidetone crm tickets close T-17",
            "sidetone crm tasks list --due 2026-05-04 --json",
            "sidetone crm tasks done A-9",
            "sidetone crm check --phone +14155550117",
            "sidetone audit verify",
            "sidetone audit verify some/dir --key audit.pub --json --noted 7:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sidetone audit search --who ann --what c-1 --action read_call --outcome refused --limit 5 --json",
            "sidetone audit search some/dir --from 2026-05-04 --until 2026-05-05T09:30",
            "sidetone audit export some/dir --format syslog --after 7 --host pbx-1",
            "sidetone audit trial --tampers 1000 --seed 2",
            "sidetone audit trial --rate 1000 --seconds 10 --within some/dir",
            "sidetone recording list --json",
            "sidetone recording save c-1 c-1.flac",
            "sidetone recording hold c-1 --because dispute",
            "sidetone recording release c-1",
            "sidetone recording erase c-1 --yes",
            "sidetone person export +14155550117 --sound some/dir",
            "sidetone sbom",
        ] {
            assert!(
                parse(line).is_ok(),
                "{line}: {}",
                parse(line).expect_err("wrong")
            );
        }
    }

    #[test]
    fn what_is_not_understood_ends_with_2_and_says_why() {
        for (line, kind, named) in [
            (
                "sidetone transcribe",
                ErrorKind::MissingRequiredArgument,
                "FILES",
            ),
            (
                "sidetone transcribe a.wav --lang klingon",
                ErrorKind::ValueValidation,
                "klingon",
            ),
            (
                "sidetone analyze a.wav --channels agent=0,customer=0",
                ErrorKind::ValueValidation,
                "channel 0 belongs to both sides",
            ),
            (
                "sidetone transcribe a.wav --channels agent=0 --role customer",
                ErrorKind::ArgumentConflict,
                "--role",
            ),
            (
                "sidetone replay a.pcap --customer somebody",
                ErrorKind::ValueValidation,
                "an address",
            ),
            (
                "sidetone replay a.pcap --rtpmap 96=opus",
                ErrorKind::ValueValidation,
                "write `L16/16000`",
            ),
            (
                "sidetone play a.wav --to 127.0.0.1:4000 --loss 200",
                ErrorKind::ValueValidation,
                "0 and 100",
            ),
            (
                "sidetone load --talk 1.5",
                ErrorKind::ValueValidation,
                "0.05 and 1",
            ),
            (
                "sidetone load --connect http://192.0.2.7:7600",
                ErrorKind::ValueValidation,
                "loopback",
            ),
            (
                "sidetone load --calls 0",
                ErrorKind::ValueValidation,
                "1..=500",
            ),
            (
                "sidetone play a.wav --to 4000",
                ErrorKind::ValueValidation,
                "HOST:PORT",
            ),
            (
                "sidetone models pull ../x",
                ErrorKind::ValueValidation,
                "../x",
            ),
            ("sidetone demo --lang fr", ErrorKind::InvalidValue, "fr"),
            (
                "sidetone audit search --outcome maybe",
                ErrorKind::ValueValidation,
                "refused",
            ),
            (
                "sidetone audit verify --noted 7",
                ErrorKind::ValueValidation,
                "a colon",
            ),
            (
                "sidetone calls list --note lost",
                ErrorKind::ValueValidation,
                "waiting, in_flight",
            ),
            (
                "sidetone calls list --direction sideways",
                ErrorKind::ValueValidation,
                "inbound, outbound",
            ),
            (
                "sidetone calls list --limit 0",
                ErrorKind::ValueValidation,
                "1..",
            ),
            (
                "sidetone audit trial",
                ErrorKind::MissingRequiredArgument,
                "--tampers",
            ),
            (
                "sidetone crm retry",
                ErrorKind::MissingRequiredArgument,
                "ID",
            ),
            (
                "sidetone eval",
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
                "asr",
            ),
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(
                (error.kind(), error.exit_code()),
                (kind, 2),
                "{line}: {error}"
            );
            assert!(error.to_string().contains(named), "{line}: {error}");
        }
    }

    #[test]
    fn a_reader_that_has_had_enough_is_no_failure() {
        let closed =
            anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_broken_pipe(&closed));
        assert!(!is_broken_pipe(&anyhow::anyhow!("broken pipe")));
    }
}
