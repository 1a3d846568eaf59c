//! From features of a voice to its emotion.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::softmax;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use sidetone_types::emotion::{Impression, Mood};

use super::prosody::MEASURES;

/// Values are taken to be no further than this from their mean, in deviations: noise must not sound
/// like fury.
const FURTHEST: f64 = 5.0;

/// Which states of an encoder a head uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layout {
    /// Places in the encoder that are listened at: before the first layer and after each.
    pub layers: usize,
    /// Values at each position there.
    pub width: usize,
}

impl Layout {
    /// Values that describe a stretch of voice: mean and deviation of each value at each place,
    /// then the prosody.
    pub const fn inputs(self) -> usize {
        self.layers * self.summed() + MEASURES.len()
    }

    /// Of those, what is left once all places are summed up.
    pub(super) const fn mixed(self) -> usize {
        self.summed() + MEASURES.len()
    }

    /// Of one place.
    pub(super) const fn summed(self) -> usize {
        2 * self.width
    }
}

/// A collection of recordings that a head was trained on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Source {
    /// What it is called.
    pub corpus: String,
    /// On what terms it may be used, as whoever trained the head read them.
    pub licence: String,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.corpus, self.licence)
    }
}

/// The head cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The file cannot be read, or is none.
    #[error("cannot read the head {0}: {1}")]
    Read(String, candle_core::Error),
    /// It lacks something, or was made for another recogniser.
    #[error("the head {0} does not fit: {1}")]
    Unfit(String, String),
    /// It cannot be written.
    #[error("cannot write the head {0}: {1}")]
    Write(String, safetensors::SafeTensorError),
}

/// Made by `sidetone emotion train`; `models/emotion/CARD.md` tells of what, and how good it is.
const SHIPPED: &[u8] = include_bytes!("../../emotion/head.safetensors");

/// Reads moods: a weighted sum over the encoder's layers (as in SUPERB, Yang et al. 2021) and the
/// prosody, and of both together one weighted sum for each mood.
///
/// It has no hidden layer. One reads more in voices it was trained on, and less in those of other
/// collections and languages; and of sums a speaker's mean can be taken off afterwards
/// ([`sidetone_types::emotion::Baseline`]).
#[derive(Clone, Debug)]
pub struct Head {
    pub(super) layout: Layout,
    /// Of every input over all voices it was trained on: `[inputs]`.
    pub(super) mean: Tensor,
    pub(super) deviation: Tensor,
    /// How much each place in the encoder counts, before they are made to sum to 1: `[layers]`.
    pub(super) layers: Tensor,
    /// `[moods, 2 · width + measures]`.
    pub(super) weight: Tensor,
    /// `[moods]`.
    pub(super) bias: Tensor,
    /// Scores are divided by it, so that they are as sure as they are right (Guo et al. 2017).
    pub(super) temperature: f32,
    /// What it was trained on; empty if the file does not say.
    pub(super) sources: Vec<Source>,
}

/// Where the sources stand among the file's metadata, as JSON.
const SOURCES: &str = "sources";

impl Head {
    /// The one that comes with the program, for `whisper-base`.
    pub fn shipped() -> Self {
        Self::from_bytes("that comes with the program", SHIPPED)
            .expect("a test loads what is compiled in")
    }

    /// Reads one from `path`.
    pub fn load(path: &Path) -> std::result::Result<Self, HeadError> {
        let name = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|error| HeadError::Read(name.clone(), error.into()))?;
        Self::from_bytes(&name, &bytes)
    }

    /// Reads one from memory.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> std::result::Result<Self, HeadError> {
        let tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)
            .map_err(|error| HeadError::Read(name.to_owned(), error))?;
        let unfit = |why| HeadError::Unfit(name.to_owned(), why);
        let head = Self::of(tensors).map_err(unfit)?;
        Ok(head.with_sources(sources_in(bytes).map_err(unfit)?))
    }

    fn of(mut tensors: HashMap<String, Tensor>) -> std::result::Result<Self, String> {
        let mut take = |name: &str| tensors.remove(name).ok_or(format!("it has no `{name}`"));
        let (mean, deviation) = (take("mean")?, take("deviation")?);
        let (layers, weight, bias) = (take("layers")?, take("weight")?, take("bias")?);
        let temperature = take("temperature")?;
        let shape = |tensor: &Tensor, dims: &[usize], name: &str| match tensor.dims() == dims {
            true => Ok(()),
            false => Err(format!(
                "`{name}` is {:?} instead of {dims:?}",
                tensor.dims()
            )),
        };
        let places = layers.elem_count();
        let width = mean.elem_count().saturating_sub(MEASURES.len()) / (2 * places.max(1));
        let layout = Layout {
            layers: places,
            width,
        };
        shape(&layers, &[places], "layers")?;
        shape(&mean, &[layout.inputs()], "mean")?;
        shape(&deviation, &[layout.inputs()], "deviation")?;
        shape(&weight, &[Mood::ALL.len(), layout.mixed()], "weight")?;
        shape(&bias, &[Mood::ALL.len()], "bias")?;
        shape(&temperature, &[1], "temperature")?;
        for (name, tensor) in [
            ("mean", &mean),
            ("deviation", &deviation),
            ("layers", &layers),
            ("weight", &weight),
            ("bias", &bias),
            ("temperature", &temperature),
        ] {
            let positive = ["deviation", "temperature"].contains(&name);
            let fits = |x: &f32| x.is_finite() && (!positive || *x > 0.0);
            match tensor.flatten_all().and_then(|values| values.to_vec1()) {
                Ok(values) if values.iter().all(fits) => {}
                Ok(_) if positive => {
                    return Err(format!("`{name}` holds numbers that are not above 0"));
                }
                Ok(_) => return Err(format!("`{name}` holds numbers that are not finite")),
                Err(error) => return Err(format!("`{name}`: {error}")),
            }
        }
        let temperature = temperature
            .to_vec1::<f32>()
            .map_err(|error| error.to_string())?[0];
        Ok(Self {
            layout,
            mean,
            deviation,
            layers,
            weight,
            bias,
            temperature,
            sources: Vec::new(),
        })
    }

    /// The same, having been trained on `sources`.
    #[must_use]
    pub fn with_sources(self, sources: Vec<Source>) -> Self {
        Self { sources, ..self }
    }

    /// What it was trained on, and on what terms that may be used; empty if its file does not say.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Writes it to `path`.
    pub fn save(&self, path: &Path) -> std::result::Result<(), HeadError> {
        let temperature =
            Tensor::new(&[self.temperature], &Device::Cpu).expect("a number fits into memory");
        let tensors = [
            ("mean", &self.mean),
            ("deviation", &self.deviation),
            ("layers", &self.layers),
            ("weight", &self.weight),
            ("bias", &self.bias),
            ("temperature", &temperature),
        ];
        let sources = serde_json::to_string(&self.sources).expect("texts can be written");
        let metadata = HashMap::from([(SOURCES.to_owned(), sources)]);
        safetensors::serialize_to_file(tensors, Some(metadata), path)
            .map_err(|error| HeadError::Write(path.display().to_string(), error))
    }

    /// Which states of an encoder it uses.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How much it listens to each place in the encoder; they sum to 1.
    pub fn layers(&self) -> Result<Vec<f32>> {
        softmax(&self.layers, 0)?.to_vec1()
    }

    /// What the voice sounds like of which `inputs` ([`Layout::inputs`] values) are known.
    ///
    /// Values of another number are an error.
    pub fn impression(&self, inputs: &[f32]) -> Result<Impression> {
        let x = Tensor::from_slice(inputs, (1, inputs.len()), &Device::Cpu)?;
        let heat = f64::from(self.temperature);
        let of = |scores: Tensor| -> Result<[f32; 5]> {
            let scores = (scores / heat)?.flatten_all()?.to_vec1()?;
            Ok(scores.try_into().expect("checked when it was made"))
        };
        Ok(Impression {
            scores: of(self.scores(&self.mix(&x)?)?)?,
            // Inputs are 0 on average.
            average: of(self.bias.clone())?,
        })
    }

    /// Of `[rows, inputs]`, in deviations from the mean, the sum over the layers, and the prosody:
    /// `[rows, 2 · width + measures]`.
    pub(super) fn mix(&self, x: &Tensor) -> Result<Tensor> {
        let x = x
            .broadcast_sub(&self.mean)?
            .broadcast_div(&self.deviation)?
            .clamp(-FURTHEST, FURTHEST)?;
        let (rows, layers, summed) = (x.dim(0)?, self.layout.layers, self.layout.summed());
        let states = x
            .narrow(1, 0, layers * summed)?
            .reshape((rows, layers, summed))?;
        let weights = softmax(&self.layers, 0)?.reshape((1, layers, 1))?;
        let states = states.broadcast_mul(&weights)?.sum(1)?;
        let prosody = x.narrow(1, layers * summed, MEASURES.len())?;
        Tensor::cat(&[&states, &prosody], 1)
    }

    /// Of what [`Self::mix`] gives, before the temperature: `[rows, moods]`.
    pub(super) fn scores(&self, mixed: &Tensor) -> Result<Tensor> {
        mixed.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }
}

/// What the file says that it was trained on; nothing where it says nothing.
fn sources_in(bytes: &[u8]) -> std::result::Result<Vec<Source>, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let Some(sources) = header.metadata().as_ref().and_then(|all| all.get(SOURCES)) else {
        return Ok(Vec::new());
    };
    serde_json::from_str(sources)
        .map_err(|error| format!("its `{SOURCES}` are no such list: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    /// Of `whisper-base`, with which the program recognises unless told otherwise.
    const WHISPER_BASE: Layout = Layout {
        layers: 7,
        width: 512,
    };

    #[test]
    fn the_head_that_comes_along_is_small_and_fits_the_recogniser_that_does() {
        let head = Head::shipped();
        assert_eq!(head.layout(), WHISPER_BASE);
        assert!(SHIPPED.len() < 3_000_000, "{} bytes", SHIPPED.len());
        let layers = head.layers().expect("layers");
        assert!(
            (layers.iter().sum::<f32>() - 1.0).abs() < 1e-5,
            "{layers:?}"
        );
    }

    #[test]
    fn what_comes_along_was_trained_on_free_recordings_and_says_so() {
        let head = Head::shipped();
        let sources: Vec<String> = head.sources().iter().map(ToString::to_string).collect();
        let free = ["emodb (CC0-1.0", "librispeech_test_other (CC-BY-4.0"];
        assert_eq!(sources.len(), free.len(), "{sources:?}");
        for (source, free) in sources.iter().zip(free) {
            assert!(source.starts_with(free), "{source}");
        }
    }

    #[test]
    fn a_head_that_is_written_and_read_back_says_what_it_was_trained_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("head.safetensors");
        for sources in [
            vec![],
            vec![Source {
                corpus: "ours".to_owned(),
                licence: "our own recordings; consent of all speakers".to_owned(),
            }],
        ] {
            let head = Head::shipped().with_sources(sources.clone());
            head.save(&path).expect("it is written");
            assert_eq!(Head::load(&path).expect("it is read").sources(), sources);
        }
    }

    #[test]
    fn who_sounds_like_all_on_average_makes_the_average_impression() {
        let head = Head::shipped();
        let usual: Vec<f32> = head.mean.to_vec1().expect("means");
        let heard = head.impression(&usual).expect("of its layout");
        for (score, average) in heard.scores.iter().zip(heard.average) {
            assert!((score - average).abs() < 1e-4, "{heard:?}");
        }
        assert!(head.impression(&usual[1..]).is_err(), "a value is missing");
    }

    #[test]
    fn what_is_far_out_sounds_no_further_than_it_may() {
        let head = Head::shipped();
        let at = |value: f32| {
            let inputs = vec![value; WHISPER_BASE.inputs()];
            head.impression(&inputs).expect("of its layout").scores
        };
        assert_eq!(at(1e6), at(1e9));
        assert!(at(1e9).iter().all(|score| score.is_finite()));
    }

    #[test]
    fn a_head_whose_numbers_make_no_impression_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("head.safetensors");
        type Change = fn(&mut Head);
        let cases: [(&str, Change); 3] = [
            ("temperature", |head| head.temperature = 0.0),
            ("temperature", |head| head.temperature = f32::NAN),
            ("bias", |head| {
                head.bias = (&head.bias * f64::INFINITY).expect("a product");
            }),
        ];
        for (named, change) in cases {
            let mut head = Head::shipped();
            change(&mut head);
            head.save(&path).expect("it is written");
            let error = Head::load(&path).expect_err("it is refused").to_string();
            assert!(error.contains(&format!("`{named}`")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_harm_to_a_head_is_refused_or_leaves_one_that_reads(
            hits in vec((any::<Index>(), any::<u8>()), 1..6),
            in_header in any::<bool>(), cut in prop::option::of(any::<Index>()),
        ) {
            let mut bytes = SHIPPED.to_vec();
            let reach = if in_header { 600 } else { bytes.len() };
            for (at, value) in hits {
                bytes[at.index(reach)] = value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(head) = Head::from_bytes("damaged", &bytes) {
                let heard = head.impression(&vec![0.5; head.layout().inputs()]).expect("of its layout");
                prop_assert!(heard.average.iter().all(|score| score.is_finite()), "{heard:?}");
            }
        }
    }
}
