//! Reads the container in which CTranslate2 keeps a model (`model.bin`, version 6).
//!
//! All numbers are little endian, and a string is a `u16` length, then as many bytes, the last one
//! NUL: `u32` version, string name of the specification, `u32` its revision, `u32` count of
//! variables; each one a string name, `u8` rank, `u32` dimensions, `u8` type, `u32` size in bytes,
//! data; then `u32` count of aliases, each one two strings: its name, and that of the variable it
//! stands for. Source: `ctranslate2/specs/model_spec.py`, `_serialize`.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};

use crate::error::{Doing, WeightsError};

/// The version of the container that this reads.
const VERSION: u32 = 6;

/// A container: what is in it, and where. Data is read when it is asked for.
pub(crate) struct Container<R> {
    from: BufReader<R>,
    /// The specification's name: `WhisperSpec` for a Whisper.
    pub spec: String,
    variables: BTreeMap<String, Variable>,
    aliases: BTreeMap<String, String>,
}

/// One array of numbers in a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Variable {
    pub dims: Vec<usize>,
    pub dtype: Dtype,
    /// Where its data begins in the file.
    pub offset: u64,
    /// Size of its data.
    pub bytes: u64,
}

/// Type of a variable's numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Dtype {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl Dtype {
    fn from_tag(tag: u8) -> Option<Self> {
        [
            Self::F32,
            Self::I8,
            Self::I16,
            Self::I32,
            Self::F16,
            Self::Bf16,
        ]
        .get(usize::from(tag))
        .copied()
    }

    /// Bytes of one number.
    pub fn size(self) -> u64 {
        match self {
            Self::I8 => 1,
            Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::F32 | Self::I32 => 4,
        }
    }
}

impl<R: Read + Seek> Container<R> {
    /// Reads the table of variables. Anything but a whole container is an error, data left over
    /// included.
    ///
    /// Nothing is allocated on the word of a count in the file: each entry is read before the next.
    pub fn open(mut from: R) -> Result<Self, WeightsError> {
        let size = from
            .seek(SeekFrom::End(0))
            .and_then(|size| from.rewind().map(|()| size))
            .doing(|| "reading model.bin")?;
        let mut reader = Reader {
            from: BufReader::new(from),
            at: 0,
            size,
        };

        let version = reader.u32()?;
        if version != VERSION {
            return Err(broken(format!(
                "model.bin is of version {version}, not {VERSION}: convert the model anew"
            )));
        }
        let spec = reader.string()?;
        let _revision = reader.u32()?;

        let mut variables = BTreeMap::new();
        for _ in 0..reader.u32()? {
            let name = reader.string()?;
            let variable = reader.variable(&name)?;
            if variables.insert(name.clone(), variable).is_some() {
                return Err(broken(format!("model.bin has `{name}` twice")));
            }
        }

        let mut aliases = BTreeMap::new();
        for _ in 0..reader.u32()? {
            let (name, target) = (reader.string()?, reader.string()?);
            if !variables.contains_key(&target) {
                return Err(broken(format!(
                    "`{name}` stands for `{target}`, which model.bin lacks"
                )));
            }
            if variables.contains_key(&name) || aliases.insert(name.clone(), target).is_some() {
                return Err(broken(format!("model.bin has `{name}` twice")));
            }
        }
        if reader.at != size {
            return Err(broken(format!(
                "model.bin goes on for {} bytes after its end",
                size - reader.at
            )));
        }
        Ok(Self {
            from: reader.from,
            spec,
            variables,
            aliases,
        })
    }

    /// Every name, aliases included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables
            .keys()
            .chain(self.aliases.keys())
            .map(String::as_str)
    }

    /// The variable of this name, or the one that the name stands for.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.variables.get(name)
    }

    /// The bytes from `offset` on.
    pub fn data(&mut self, offset: u64, bytes: u64) -> Result<impl Read, WeightsError> {
        self.from
            .seek(SeekFrom::Start(offset))
            .doing(|| "reading model.bin")?;
        Ok((&mut self.from).take(bytes))
    }
}

/// Walks the file, and knows how much of it is left.
struct Reader<R> {
    from: BufReader<R>,
    at: u64,
    size: u64,
}

impl<R: Read + Seek> Reader<R> {
    fn variable(&mut self, name: &str) -> Result<Variable, WeightsError> {
        let rank = self.u8()?;
        let dims = (0..rank)
            .map(|_| self.u32())
            .collect::<Result<Vec<u32>, _>>()?;
        let tag = self.u8()?;
        let dtype = Dtype::from_tag(tag)
            .ok_or_else(|| broken(format!("`{name}` has numbers of unknown type {tag}")))?;
        let bytes = u64::from(self.u32()?);

        let expected = dims.iter().try_fold(dtype.size(), |product, dim| {
            product.checked_mul(u64::from(*dim))
        });
        if expected != Some(bytes) {
            return Err(broken(format!(
                "`{name}` has {bytes} bytes for a shape of {dims:?}"
            )));
        }
        let offset = self.at;
        self.claim(bytes)?;
        self.from
            .seek_relative(bytes.cast_signed())
            .doing(|| "reading model.bin")?;
        Ok(Variable {
            dims: dims.into_iter().map(|dim| dim as usize).collect(),
            dtype,
            offset,
            bytes,
        })
    }

    fn string(&mut self) -> Result<String, WeightsError> {
        let length = u16::from_le_bytes(self.array()?);
        self.claim(u64::from(length))?;
        let mut bytes = vec![0; usize::from(length)];
        self.from
            .read_exact(&mut bytes)
            .doing(|| "reading model.bin")?;
        let text = bytes
            .strip_suffix(&[0])
            .and_then(|text| std::str::from_utf8(text).ok());
        match text {
            Some(text) => Ok(text.to_owned()),
            None => Err(broken(format!(
                "model.bin has no text where it should, before byte {}",
                self.at
            ))),
        }
    }

    fn u8(&mut self) -> Result<u8, WeightsError> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, WeightsError> {
        self.array().map(u32::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.from
            .read_exact(&mut bytes)
            .doing(|| "reading model.bin")?;
        Ok(bytes)
    }

    /// Moves on by `bytes`, if the file has them.
    fn claim(&mut self, bytes: u64) -> Result<(), WeightsError> {
        match self.at.checked_add(bytes) {
            Some(end) if end <= self.size => {
                self.at = end;
                Ok(())
            }
            _ => Err(broken(format!(
                "model.bin is cut off: {bytes} bytes are wanted at {}, and it has {}",
                self.at, self.size
            ))),
        }
    }
}

fn broken(reason: String) -> WeightsError {
    WeightsError::NotWhisper(reason)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// Writes a container: name, shape, type's tag and data of each variable, then the aliases.
    #[derive(Clone, Default)]
    pub struct Writer {
        pub variables: Vec<(String, Vec<u32>, u8, Vec<u8>)>,
        pub aliases: Vec<(String, String)>,
    }

    impl Writer {
        pub fn bytes(&self) -> Vec<u8> {
            let mut out = VERSION.to_le_bytes().to_vec();
            string(&mut out, "WhisperSpec");
            out.extend(3_u32.to_le_bytes());
            out.extend((self.variables.len() as u32).to_le_bytes());
            for (name, dims, tag, data) in &self.variables {
                string(&mut out, name);
                out.push(dims.len() as u8);
                out.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
                out.push(*tag);
                out.extend((data.len() as u32).to_le_bytes());
                out.extend(data);
            }
            out.extend((self.aliases.len() as u32).to_le_bytes());
            for (name, target) in &self.aliases {
                string(&mut out, name);
                string(&mut out, target);
            }
            out
        }
    }

    fn string(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u16 + 1).to_le_bytes());
        out.extend(text.as_bytes());
        out.push(0);
    }

    fn small() -> Vec<u8> {
        Writer {
            variables: vec![
                ("a".to_owned(), vec![2, 3], 4, (0..12).collect()),
                ("scalar".to_owned(), vec![], 1, vec![7]),
            ],
            aliases: vec![("b".to_owned(), "a".to_owned())],
        }
        .bytes()
    }

    fn open(bytes: &[u8]) -> Result<Container<Cursor<&[u8]>>, WeightsError> {
        Container::open(Cursor::new(bytes))
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = small();
        let mut container = open(&bytes).expect("a whole container");
        assert_eq!(container.spec, "WhisperSpec");
        assert_eq!(container.names().collect::<Vec<_>>(), ["a", "scalar", "b"]);
        let a = container.get("a").expect("it was written").clone();
        assert_eq!((a.dims.as_slice(), a.dtype), (&[2, 3][..], Dtype::F16));
        assert_eq!(container.get("b"), Some(&a), "an alias is its target");
        let mut data = Vec::new();
        container
            .data(a.offset + 6, 6)
            .and_then(|mut from| from.read_to_end(&mut data).doing(|| "reading"))
            .expect("it is there");
        assert_eq!(data, [6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused() {
        let bytes = small();
        for end in 0..bytes.len() {
            assert!(open(&bytes[..end]).is_err(), "cut at {end}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(open(&longer).is_err(), "one byte too many");
    }

    #[test]
    fn a_count_that_lies_allocates_nothing() {
        let mut bytes = small();
        // The count of variables, after version, name and revision.
        let count = 4 + 2 + "WhisperSpec\0".len() + 4;
        bytes[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(open(&bytes).is_err());

        // 255 dimensions of 4 G each overflow any product.
        let huge = Writer {
            variables: vec![("a".to_owned(), vec![u32::MAX; 255], 0, vec![0; 4])],
            ..Writer::default()
        };
        assert!(open(&huge.bytes()).is_err());
    }

    #[test]
    fn names_are_used_once_and_aliases_lead_somewhere() {
        let a = || ("a".to_owned(), vec![1], 1, vec![0]);
        for (case, variables, aliases) in [
            ("twice", vec![a(), a()], vec![]),
            ("alias hides", vec![a()], vec![("a", "a")]),
            ("alias twice", vec![a()], vec![("b", "a"), ("b", "a")]),
            ("alias of none", vec![a()], vec![("b", "c")]),
            ("alias of alias", vec![a()], vec![("b", "a"), ("c", "b")]),
        ] {
            let aliases = aliases
                .into_iter()
                .map(|(name, target)| (name.to_owned(), target.to_owned()))
                .collect();
            let bytes = Writer { variables, aliases }.bytes();
            assert!(open(&bytes).is_err(), "{case}");
        }
    }

    proptest! {
        #[test]
        fn damaged_bytes_never_panic(
            hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = small();
            for (at, value) in hits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok(container) = open(&bytes) {
                for name in container.names() {
                    let variable = container.get(name).expect("each name has its data");
                    prop_assert!(variable.offset + variable.bytes <= bytes.len() as u64);
                }
            }
        }
    }
}
