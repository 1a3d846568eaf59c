//! Writes a model's `model.safetensors`, and checks one that others wrote. Data passes through in
//! pieces.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};

use crate::convert::{Plan, Run};
use crate::ct2::{Container, Dtype};
use crate::error::{Doing, WeightsError};
use crate::record::file;
use crate::whisper::Config;

/// The header of a Whisper of any size takes some hundred kilobytes at most.
const LONGEST_HEADER: u64 = 16 << 20;

/// Writes the tensors of `plan` out of `container`: a `u64` length, a JSON header, then the data.
pub(crate) fn write<R: Read + Seek>(
    plan: &Plan,
    container: &mut Container<R>,
    to: &mut impl Write,
) -> Result<(), WeightsError> {
    let doing = || format!("writing {}", file::WEIGHTS);
    // Wider numbers first, so that all are aligned.
    let mut order: Vec<(&String, &Run)> = plan.tensors.iter().collect();
    order.sort_by_key(|(_, run)| std::cmp::Reverse(run.dtype.size()));

    let header = header(&order)?;
    to.write_all(&(header.len() as u64).to_le_bytes())
        .and_then(|()| to.write_all(&header))
        .doing(doing)?;
    for (_, run) in order {
        let written = io::copy(&mut container.data(run.offset, run.bytes)?, to).doing(doing)?;
        if written != run.bytes {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof))
                .doing(|| "reading model.bin");
        }
    }
    Ok(())
}

fn header(order: &[(&String, &Run)]) -> Result<Vec<u8>, WeightsError> {
    let mut offset = 0;
    let mut entries = Vec::new();
    for (name, run) in order {
        let end = offset + run.bytes as usize;
        let info = TensorInfo {
            dtype: match run.dtype {
                Dtype::F32 => safetensors::Dtype::F32,
                Dtype::F16 => safetensors::Dtype::F16,
                Dtype::Bf16 => safetensors::Dtype::BF16,
                Dtype::I8 => safetensors::Dtype::I8,
                Dtype::I16 => safetensors::Dtype::I16,
                Dtype::I32 => safetensors::Dtype::I32,
            },
            shape: run.shape.clone(),
            data_offsets: (offset, end),
        };
        entries.push(((*name).clone(), info));
        offset = end;
    }
    let metadata = Metadata::new(None, entries).map_err(refused)?;
    let mut header = serde_json::to_vec(&metadata).expect("a header is plain data");
    // Spaces up to a multiple of eight align the data.
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

/// Checks that the file at `path` holds a Whisper of these sizes, without reading its data.
pub(crate) fn check(path: &Path, config: &Config) -> Result<(), WeightsError> {
    let metadata = read_header(path)?;
    let mut found: BTreeMap<String, &TensorInfo> = metadata.tensors().into_iter().collect();
    for (name, shape) in config.tensors() {
        match found.remove(&name) {
            Some(info) if info.shape == shape && is_float(info.dtype) => {}
            Some(info) => {
                return Err(WeightsError::NotWhisper(format!(
                    "`{name}` is {:?} of shape {:?}, not of {shape:?}",
                    info.dtype, info.shape
                )));
            }
            None => {
                return Err(WeightsError::NotWhisper(format!(
                    "{} lacks `{name}`",
                    file::WEIGHTS
                )));
            }
        }
    }
    // The output layer is the embedding; some files carry it twice. Anything else is not a plain
    // Whisper.
    found.remove("proj_out.weight");
    match found.pop_first() {
        Some((name, _)) => Err(WeightsError::NotWhisper(format!(
            "{} has `{name}`, which no plain Whisper has",
            file::WEIGHTS
        ))),
        None => Ok(()),
    }
}

fn is_float(dtype: safetensors::Dtype) -> bool {
    use safetensors::Dtype::{BF16, F16, F32};
    matches!(dtype, F16 | BF16 | F32)
}

/// Reads the header of the file at `path`, and checks that its data is all there and nothing else.
pub(crate) fn read_header(path: &Path) -> Result<Metadata, WeightsError> {
    let doing = || format!("reading {}", path.display());
    let file = File::open(path).doing(doing)?;
    let size = file.metadata().doing(doing)?.len();
    let mut from = BufReader::new(file);
    let mut length = [0; 8];
    from.read_exact(&mut length).doing(doing)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER.min(size) {
        return Err(refused(format!("a header of {length} bytes")));
    }
    let mut header = vec![0; length as usize];
    from.read_exact(&mut header).doing(doing)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(refused)?;
    let expected = 8 + length + metadata.data_len() as u64;
    if size != expected {
        return Err(refused(format!("{size} bytes instead of {expected}")));
    }
    Ok(metadata)
}

fn refused(reason: impl std::fmt::Display) -> WeightsError {
    WeightsError::NotWhisper(format!("{} is damaged: {reason}", file::WEIGHTS))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;
    use crate::convert::tests::tiny;

    /// A file with every tensor of `config` in single precision, all zero, and those of `extra`.
    pub fn zeros(config: &Config, extra: &[&str]) -> Vec<u8> {
        let mut tensors = config.tensors();
        tensors.extend(extra.iter().map(|name| ((*name).to_owned(), vec![1])));
        let data = vec![
            0;
            tensors
                .values()
                .map(|s| s.iter().product::<usize>() * 4)
                .max()
                .unwrap_or(0)
        ];
        let views = tensors.iter().map(|(name, shape)| {
            let data = &data[..shape.iter().product::<usize>() * 4];
            let view =
                safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data);
            (name, view.expect("as long as its shape"))
        });
        safetensors::serialize(views, None).expect("plain tensors")
    }

    #[test]
    fn only_a_whole_whisper_of_the_right_sizes_passes() {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let path = dir.path().join("model.safetensors");
        let checked = |bytes: &[u8], config: &Config| {
            fs::write(&path, bytes).expect("a file for the test");
            check(&path, config)
        };
        let config = tiny();
        let whole = zeros(&config, &[]);
        checked(&whole, &config).expect("a whole Whisper");
        checked(&zeros(&config, &["proj_out.weight"]), &config).expect("tied weights may be there");

        let deeper = Config {
            decoder_layers: 2,
            ..config.clone()
        };
        let taller = Config {
            vocab_size: 13,
            ..config.clone()
        };
        for (case, bytes, config) in [
            ("lacks a layer", &whole, &deeper),
            ("other shape", &whole, &taller),
            ("a layer too many", &zeros(&deeper, &[]), &config),
            ("an adapter", &zeros(&config, &["adapter.weight"]), &config),
            ("cut off", &whole[..whole.len() - 1].to_vec(), &config),
            ("too long", &[&whole[..], &[0]].concat(), &config),
            ("no header", &vec![0; 4], &config),
            ("a header of 2^64 bytes", &vec![0xff; 64], &config),
            (
                "no JSON",
                &[&8_u64.to_le_bytes()[..], b"{nothing"].concat(),
                &config,
            ),
        ] {
            assert!(checked(bytes, config).is_err(), "{case}");
        }
    }
}
