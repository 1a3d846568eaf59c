//! What can be done otherwise in training, to see what it is good for.

/// One thing that is done otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Departure {
    /// Uses the encoder only.
    EncoderAlone,
    /// Uses the prosody only.
    ProsodyAlone,
    /// Listens to all places in the encoder alike.
    AllLayers,
    /// Listens to the end of the encoder.
    LastLayer,
    /// Trusts the samples ten times as much.
    LittleDecay,
    /// Compares no voice with how its speaker sounds otherwise.
    NotCompared,
    /// Takes each collection's mean off its samples first.
    Centred,
    /// Trains on mixtures of two samples each (mix-up, Zhang et al. 2018).
    Mixed,
    /// Believes labels.
    Unsmoothed,
    /// Has each sample count alike, whatever its mood and collection.
    Unweighted,
}

impl Departure {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::EncoderAlone,
        Self::ProsodyAlone,
        Self::AllLayers,
        Self::LastLayer,
        Self::LittleDecay,
        Self::NotCompared,
        Self::Centred,
        Self::Mixed,
        Self::Unsmoothed,
        Self::Unweighted,
    ];

    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EncoderAlone => "encoder alone",
            Self::ProsodyAlone => "prosody alone",
            Self::AllLayers => "all layers alike",
            Self::LastLayer => "last layer",
            Self::LittleDecay => "a tenth of the decay",
            Self::NotCompared => "speaker not compared",
            Self::Centred => "collections centred",
            Self::Mixed => "mix-up",
            Self::Unsmoothed => "no label smoothing",
            Self::Unweighted => "moods as frequent as they are",
        }
    }
}
