//! Recordings that commands are given: opened, with what is odd about them said on standard error.

use std::path::Path;

use sidetone::audio_file::{
    AudioFile, AudioFileError, AudioFileWarning, ChannelMap, Recording, Room,
};

use crate::tell::tell;

/// Reads the file at `path`, of one or two channels, and says what is odd about it.
pub fn open(path: &Path) -> Result<Recording, AudioFileError> {
    let (recording, warnings) = read(path, None)?;
    for warning in warnings {
        say(path, &warning);
    }
    Ok(recording)
}

/// Reads those channels of the file that are `named`, or the one or two that it has.
pub fn read(
    path: &Path,
    named: Option<&ChannelMap>,
) -> Result<(Recording, Vec<AudioFileWarning>), AudioFileError> {
    let mut file = AudioFile::open(path, Room::TOOL)?;
    let warnings = std::mem::take(&mut file.warnings);
    let recording = file
        .recording(named)
        .map_err(|problem| problem.of(path.display()))?;
    Ok((recording, warnings))
}

/// Says on standard error what is odd about a file.
pub fn say(path: &Path, warning: &AudioFileWarning) {
    tell(format_args!("warning: {}: {warning}", path.display()));
}

/// Says on standard error why nothing became of a file: its name, and the reason with its causes,
/// each once.
pub fn say_failed(path: &Path, error: &anyhow::Error) {
    tell(format_args!("error: {}", failed(path, error)));
}

fn failed(path: &Path, error: &anyhow::Error) -> String {
    let reason = crate::error_line::one_line(error);
    // Errors of audio files name the file themselves.
    match error.downcast_ref::<AudioFileError>() {
        Some(_) => reason,
        None => format!("{}: {reason}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_recording_is_named_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("q.m4a");
        std::fs::write(&path, b"\0\0\0\x20ftypM4A ").expect("writable");
        let error = anyhow::Error::from(read(&path, None).expect_err("not read"));
        let line = failed(&path, &error);
        assert_eq!(line.matches("q.m4a").count(), 1, "{line}");
        assert_eq!(line.matches("is an MP4 or M4A file").count(), 1, "{line}");
        let other = anyhow::anyhow!("no number").context("call.json");
        let line = failed(Path::new("call.wav"), &other);
        assert_eq!(line, "call.wav: call.json: no number");
    }
}
