//! How a head is trained.

use super::departure::Departure;

/// How a head is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainConfig {
    /// The same seed gives the same head.
    pub seed: u64,
    /// Steps at most, each over all samples.
    pub steps: usize,
    /// Steps without getting better on held voices before it ends.
    pub patience: usize,
    /// Size of the first step of Adam (Kingma & Ba 2015); the last is 0.
    pub rate: f64,
    /// Decay of the weights of the encoder's values. Higher trusts the samples less: it reads
    /// strangers better, and is less sure.
    pub decay: f64,
    /// The same for the prosody: few measures, which mean the same in all languages.
    pub prosody_decay: f64,
    /// Share of a label's probability that is given to the other moods: labels are opinions.
    pub smoothing: f64,
    /// Something to be done otherwise, to see what it is good for.
    pub departure: Option<Departure>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 250,
            patience: 40,
            rate: 3e-3,
            decay: 0.25,
            prosody_decay: 0.02,
            smoothing: 0.1,
            departure: None,
        }
    }
}
