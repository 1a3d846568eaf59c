//! What a file is, by its first bytes.

use super::AudioFileProblem;

/// How many bytes [`recognise`] looks at: the identification header of an Ogg stream lies within
/// them.
pub const LOOKED_AT: u64 = 64;

/// A kind of file that is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Container {
    Wav,
    Flac,
    Mp3,
    OggOpus,
}

/// Tells the kind of a file that begins with `head`, or why it cannot be read.
pub fn recognise(head: &[u8]) -> Result<Container, AudioFileProblem> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|from| from.starts_with(magic))
    };
    if at(0, b"RIFF") && at(8, b"WAVE") {
        return Ok(Container::Wav);
    }
    if at(0, b"fLaC") {
        return Ok(Container::Flac);
    }
    if at(0, b"OggS") && at(28, b"OpusHead") {
        return Ok(Container::OggOpus);
    }
    if at(0, b"ID3") {
        return Ok(Container::Mp3);
    }
    let other = match head {
        _ if at(0, b"RIFX") => "a big-endian WAV (RIFX) file",
        _ if at(0, b"RF64") || at(0, b"BW64") => "a 64-bit WAV (RF64) file",
        _ if at(0, b"RIFF") && at(8, b"AVI ") => "an AVI video",
        _ if at(0, b"OggS") => ogg(head),
        _ if at(4, b"ftyp") => "an MP4 or M4A file",
        _ if at(0, b"#!AMR") => "an AMR file",
        _ if at(0, b".snd") => "an AU file",
        _ if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => "an AIFF file",
        _ if at(0, b"caff") => "a CAF file",
        _ if at(0, b"\x1a\x45\xdf\xa3") => "a WebM or Matroska file",
        _ if at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") => "a WMA file",
        // Twelve set bits (eleven in MPEG 2.5), then version, two bits of layer, and no checksum or
        // one. Layer 0 is AAC in ADTS; layer I, which nobody uses, would be taken for text in
        // UTF-16.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "an AAC file",
        [0xff, second, ..] if second & 0xe6 == 0xe2 => return Ok(Container::Mp3),
        [0xff, second, ..] if second & 0xe6 == 0xe4 => "an MPEG file of layer II",
        _ => return Err(AudioFileProblem::NotAudio),
    };
    Err(AudioFileProblem::Container(other))
}

/// The first packet of an Ogg stream, which follows the 28 bytes of its page, names the coding.
fn ogg(head: &[u8]) -> &'static str {
    let packet = head.get(28..).unwrap_or_default();
    match packet {
        _ if packet.starts_with(b"\x01vorbis") => "an Ogg Vorbis file",
        _ if packet.starts_with(b"Speex") => "an Ogg Speex file",
        _ if packet.starts_with(b"\x7fFLAC") => "FLAC within an Ogg file",
        _ => "an Ogg file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_with(packet: &[u8]) -> Vec<u8> {
        let mut page = b"OggS".to_vec();
        page.resize(28, 0);
        page.extend(packet);
        page
    }

    #[test]
    fn other_kinds_of_files_are_refused_by_what_they_are_and_what_to_do() {
        for (head, named) in [
            (b"\xff\xfd\x90\x64".to_vec(), "layer II"),
            (b"\xff\xf1\x50\x80".to_vec(), "is an AAC file"),
            (page_with(b"\x01vorbis"), "is an Ogg Vorbis file"),
            (page_with(b"?"), "is an Ogg file"),
            (b"OggS".to_vec(), "is an Ogg file"),
            (b"\0\0\0\x20ftypM4A ".to_vec(), "is an MP4 or M4A file"),
            (b"#!AMR\n".to_vec(), "is an AMR file"),
            (b"\x1a\x45\xdf\xa3".to_vec(), "is a WebM or Matroska file"),
            (b"RIFX\0\0\0\0WAVE".to_vec(), "big-endian"),
        ] {
            let problem = recognise(&head).expect_err(named).to_string();
            assert!(problem.contains(named), "{problem}");
            assert!(problem.contains("ffmpeg -i"), "{problem}");
        }
    }

    #[test]
    fn what_is_read_is_recognised_and_what_is_no_sound_is_not() {
        for (head, expected) in [
            (&b"RIFF\0\0\0\0WAVE"[..], Some(Container::Wav)),
            (b"fLaC\0", Some(Container::Flac)),
            (b"ID3\x04\0\0\0\0\0\0", Some(Container::Mp3)),
            (b"\xff\xfb\x90\x64", Some(Container::Mp3)),
            (b"\xff\xf3\x18\xc4", Some(Container::Mp3)),
            (&page_with(b"OpusHead\x01"), Some(Container::OggOpus)),
            (b"", None),
            (b"RIFF", None),
            (b"\xff\xfe\x41\x00", None), // text in UTF-16
            (b"{\"from\": 1}", None),
        ] {
            match recognise(head) {
                Ok(kind) => assert_eq!(Some(kind), expected, "{head:?}"),
                Err(problem) => {
                    assert!(
                        matches!(problem, AudioFileProblem::NotAudio) && expected.is_none(),
                        "{head:?}: {problem}"
                    );
                }
            }
        }
    }
}
