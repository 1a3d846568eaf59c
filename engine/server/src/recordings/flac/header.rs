//! What a frame says of itself, and the checksums of frames (RFC 9639 §9.1, §9.3).

/// The longest header: 4 bytes, a number of at most 6 (31 bits), two of the length, two of the rate, a checksum.
pub(super) const LONGEST: usize = 15;

/// How a frame begins whose length is that of all but the last.
pub(super) const SYNC: [u8; 2] = [0xff, 0xf8];

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::recordings) struct Header {
    /// Its place, from 0.
    pub number: u32,
    /// Samples of each side.
    pub samples: usize,
    /// Bytes of the header.
    pub length: usize,
}

/// What bytes are that may be a header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parsed {
    /// One.
    Header(Header),
    /// The beginning of one, perhaps.
    Short,
    /// Something else.
    Not,
}

/// Reads a header at the beginning of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let read = read(bytes);
    match read {
        Some(parsed) => parsed,
        None if bytes.len() >= LONGEST => Parsed::Not,
        None => Parsed::Short,
    }
}

/// `None` where more bytes are needed.
fn read(bytes: &[u8]) -> Option<Parsed> {
    let start = &bytes[..bytes.len().min(SYNC.len())];
    if !SYNC.starts_with(start) {
        return Some(Parsed::Not);
    }
    let codes = *bytes.get(2)?;
    let (number, digits) = match number(bytes.get(4..)?)? {
        Some(number) => number,
        None => return Some(Parsed::Not),
    };
    let mut at = 4 + digits;
    let samples = match codes >> 4 {
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => {
            at += 1;
            usize::from(*bytes.get(at - 1)?) + 1
        }
        7 => {
            at += 2;
            usize::from(u16::from_be_bytes([
                *bytes.get(at - 2)?,
                *bytes.get(at - 1)?,
            ])) + 1
        }
        code @ 8..=15 => 256 << (code - 8),
        _ => return Some(Parsed::Not),
    };
    at += match codes & 0x0f {
        0x0c => 1,
        0x0d | 0x0e => 2,
        0x0f => return Some(Parsed::Not),
        _ => 0,
    };
    let checksum = *bytes.get(at)?;
    if crc8(&bytes[..at]) != checksum {
        return Some(Parsed::Not);
    }
    Some(Parsed::Header(Header {
        number,
        samples,
        length: at + 1,
    }))
}

/// A number as UTF-8 codes characters, with its bytes: `None` where there are too few, `Some(None)` where it
/// is none.
fn number(bytes: &[u8]) -> Option<Option<(u32, usize)>> {
    let first = *bytes.first()?;
    let more = match first.leading_ones() {
        0 => return Some(Some((first.into(), 1))),
        ones @ 2..=6 => ones as usize - 1,
        _ => return Some(None),
    };
    let mut number = u32::from(first) & ((1 << (6 - more)) - 1);
    for at in 1..=more {
        let byte = *bytes.get(at)?;
        if byte & 0xc0 != 0x80 {
            return Some(None);
        }
        number = number << 6 | u32::from(byte & 0x3f);
    }
    Some(Some((number, more + 1)))
}

/// Adds a number as UTF-8 codes characters, up to 31 bits.
pub(super) fn put_number(number: u32, into: &mut Vec<u8>) {
    if number < 0x80 {
        return into.push(number as u8);
    }
    // Each more byte takes 6 bits, and one of the first.
    let more = (1..6).find(|more| number >> (6 * more) < 1 << (6 - more));
    let more = more.unwrap_or(5);
    let marks = 0xff_u8 << (7 - more);
    into.push(marks | (number >> (6 * more)) as u8);
    for at in (0..more).rev() {
        into.push(0x80 | (number >> (6 * at) & 0x3f) as u8);
    }
}

/// The checksum of a header.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    const TABLE: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let (mut crc, mut bit) = (byte as u8, 0);
            while bit < 8 {
                crc = crc << 1 ^ if crc & 0x80 != 0 { 0x07 } else { 0 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    bytes
        .iter()
        .fold(0, |crc, byte| TABLE[usize::from(crc ^ byte)])
}

/// The checksum of a frame. Over a frame with its checksum it is 0.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    const TABLE: [u16; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let (mut crc, mut bit) = ((byte as u16) << 8, 0);
            while bit < 8 {
                crc = crc << 1 ^ if crc & 0x8000 != 0 { 0x8005 } else { 0 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    bytes.iter().fold(0, |crc, byte| {
        crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_frames_read_back_and_the_first_ones_are_utf_8() {
        for number in [
            0,
            0x7f,
            0x80,
            0x7ff,
            0x800,
            0xffff,
            0x1_0000,
            0x1f_ffff,
            0x20_0000,
            0x3ff_ffff,
            0x400_0000,
            0x7fff_ffff,
        ] {
            let mut bytes = Vec::new();
            put_number(number, &mut bytes);
            assert_eq!(super::number(&bytes), Some(Some((number, bytes.len()))));
            assert_eq!(super::number(&bytes[..bytes.len() - 1]), None);
            if let Some(letter) = char::from_u32(number) {
                let mut utf8 = [0; 4];
                assert_eq!(letter.encode_utf8(&mut utf8).as_bytes(), bytes);
            }
        }
    }

    #[test]
    fn the_checksums_are_those_of_the_standard() {
        // Check values of CRC-8/SMBUS and CRC-16/UMTS.
        assert_eq!(crc8(b"123456789"), 0xf4);
        assert_eq!(crc16(b"123456789"), 0xfee8);
        assert_eq!(crc16(b"123456789\xfe\xe8"), 0);
    }
}
