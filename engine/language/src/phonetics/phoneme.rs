//! Sounds of speech, and how easily one is heard as another.
//!
//! Costs are shares of a sound that is not heard at all: 0 for the same one, 1 for one that has
//! nothing in common. They follow the features of the sounds (place, manner, voice) and a telephone
//! line, which leaves little of fricatives above 3.4 kHz: f, s and th are hard to tell apart there,
//! and so are t and d, m and n, and neighbouring vowels.

use super::mandarin::{Near, near};

/// What is spoken differently.
const DIFFERENT: f32 = 1.0;

/// A syllable of Mandarin in another tone; one that is nearly the same without its tone.
const OTHER_TONE: f32 = 0.75;
const NEAR_SYLLABLE: f32 = 1.6;

/// A syllable of Mandarin has about as many sounds as this: an initial, a final of two, a tone.
const SOUNDS_OF_SYLLABLE: f32 = 4.0;

/// One sound: a phoneme of English, or a syllable of Mandarin.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Phoneme {
    /// `pay`, `bay`, and so on: one for each consonant of English.
    Consonant(Consonant),
    /// One for each vowel of English.
    Vowel(Vowel),
    /// How a Chinese character is read.
    Syllable(Syllable),
}

/// A consonant of English, named as in ARPAbet.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Consonant {
    P,
    B,
    T,
    D,
    K,
    G,
    F,
    V,
    Th,
    Dh,
    S,
    Z,
    Sh,
    Zh,
    Ch,
    Jh,
    M,
    N,
    Ng,
    L,
    R,
    W,
    Y,
    Hh,
}

/// A vowel of English, named as in ARPAbet. `Ah` is that of "cut" and of all syllables without
/// stress; that of "bird" is `Ah` and `R`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Vowel {
    Iy,
    Ih,
    Ey,
    Eh,
    Ae,
    Ay,
    Aw,
    Aa,
    Ah,
    Oy,
    Ao,
    Ow,
    Uh,
    Uw,
}

/// A syllable of Mandarin.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Syllable {
    /// Without its tone: `zhang`.
    pub plain: &'static str,
    /// With it: `zhàng`. `None` for digits, whose tones are not looked at.
    pub toned: Option<&'static str>,
    family: Near,
}

impl Syllable {
    /// A syllable without and with its tone.
    pub fn new(plain: &'static str, toned: Option<&'static str>) -> Self {
        Self {
            plain,
            toned,
            family: near(plain),
        }
    }
}

impl Phoneme {
    /// How many sounds it counts for where lengths are compared.
    pub fn sounds(self) -> f32 {
        match self {
            Self::Syllable(_) => SOUNDS_OF_SYLLABLE,
            Self::Consonant(_) | Self::Vowel(_) => 1.0,
        }
    }

    /// What it costs that this was `meant` and `heard` was written.
    pub fn replaced(meant: Self, heard: Self) -> f32 {
        if meant == heard {
            return 0.0;
        }
        match (meant, heard) {
            (Self::Consonant(a), Self::Consonant(b)) => a.from(b),
            (Self::Vowel(a), Self::Vowel(b)) => a.from(b),
            (Self::Consonant(a), Self::Vowel(b)) | (Self::Vowel(b), Self::Consonant(a)) => {
                half_vowel(a, b)
            }
            (Self::Syllable(a), Self::Syllable(b)) => syllable(a, b),
            (Self::Syllable(_), _) | (_, Self::Syllable(_)) => SOUNDS_OF_SYLLABLE,
        }
    }

    /// What it costs that this was said and not written, or the other way round, right `after`
    /// another sound.
    pub fn skipped(self, after: Option<Self>) -> f32 {
        match self {
            Self::Syllable(_) => SOUNDS_OF_SYLLABLE,
            Self::Vowel(Vowel::Ah | Vowel::Ih) => 0.4,
            Self::Vowel(_) => 0.6,
            Self::Consonant(own) => match after {
                // Two that are spoken in one place become one: "charged twice".
                Some(Self::Consonant(other)) if other == own || other.from(own) < 0.2 => 0.15,
                Some(Self::Vowel(_)) if own == Consonant::R => 0.2,
                _ => own.skipped(),
            },
        }
    }
}

/// The vowel that a consonant is nearest to.
fn half_vowel(consonant: Consonant, vowel: Vowel) -> f32 {
    match (consonant, vowel) {
        (Consonant::Y, Vowel::Iy | Vowel::Ih) | (Consonant::W, Vowel::Uw | Vowel::Uh) => 0.3,
        (Consonant::R, Vowel::Ah | Vowel::Uh) => 0.4,
        (Consonant::L, Vowel::Ao | Vowel::Ow | Vowel::Uh | Vowel::Ah) => 0.5,
        _ => DIFFERENT,
    }
}

fn syllable(meant: Syllable, heard: Syllable) -> f32 {
    let same_tone = match (meant.toned, heard.toned) {
        (Some(meant), Some(heard)) => meant == heard || tone(meant) == tone(heard),
        _ => true,
    };
    let of_tone = if same_tone { 0.0 } else { OTHER_TONE };
    if meant.plain == heard.plain {
        of_tone
    } else if meant.family == heard.family {
        NEAR_SYLLABLE + of_tone
    } else {
        SOUNDS_OF_SYLLABLE
    }
}

/// The tone of a syllable, by the mark it is written with; 0 without.
fn tone(syllable: &str) -> u8 {
    let mark = |c| match c {
        'ā' | 'ē' | 'ī' | 'ō' | 'ū' | 'ǖ' => Some(1),
        'á' | 'é' | 'í' | 'ó' | 'ú' | 'ǘ' | 'ń' => Some(2),
        'ǎ' | 'ě' | 'ǐ' | 'ǒ' | 'ǔ' | 'ǚ' | 'ň' => Some(3),
        'à' | 'è' | 'ì' | 'ò' | 'ù' | 'ǜ' | 'ǹ' => Some(4),
        _ => None,
    };
    syllable.chars().find_map(mark).unwrap_or(0)
}

impl Consonant {
    /// How far two of them are from each other.
    fn from(self, other: Self) -> f32 {
        use Manner::{Affricate, Fricative, Glide, Liquid, Nasal, Stop};
        let (a, b) = (self.features(), other.features());
        let voice = if a.voiced == b.voiced { 0.0 } else { 0.12 };
        let same_place = a.place == b.place;
        match (a.manner, b.manner) {
            (Stop, Stop) | (Affricate, Affricate) if same_place => voice,
            (Stop, Stop) => 0.45 + voice,
            // What sets them apart is above the telephone band.
            (Fricative, Fricative) if same_place => voice,
            (Fricative, Fricative) => 0.28 + voice,
            (Nasal, Nasal) => 0.2,
            (Stop, Fricative) | (Fricative, Stop) if a.near(b) => 0.35 + voice,
            (Affricate, Fricative | Stop) | (Fricative | Stop, Affricate) if a.near(b) => {
                0.3 + voice
            }
            (Nasal, Stop) | (Stop, Nasal) if same_place => 0.45,
            (Liquid | Glide, Liquid | Glide) => 0.5,
            (Glide, Fricative) | (Fricative, Glide) if a.near(b) => 0.4,
            (Nasal, Liquid) | (Liquid, Nasal) if same_place => 0.5,
            _ => DIFFERENT,
        }
    }

    /// What it costs if it is lost or put in.
    fn skipped(self) -> f32 {
        match self.features().manner {
            _ if matches!(self, Self::Hh | Self::Y) => 0.3,
            _ if matches!(self, Self::T | Self::D) => 0.4,
            Manner::Glide | Manner::Liquid => 0.5,
            Manner::Fricative => 0.55,
            Manner::Nasal => 0.6,
            Manner::Stop | Manner::Affricate => 0.7,
        }
    }

    const fn features(self) -> Features {
        use Manner::{Affricate, Fricative, Glide, Liquid, Nasal, Stop};
        let (place, manner, voiced) = match self {
            Self::P => (0, Stop, false),
            Self::B => (0, Stop, true),
            Self::M => (0, Nasal, true),
            Self::W => (0, Glide, true),
            Self::F => (1, Fricative, false),
            Self::V => (1, Fricative, true),
            Self::Th => (2, Fricative, false),
            Self::Dh => (2, Fricative, true),
            Self::T => (3, Stop, false),
            Self::D => (3, Stop, true),
            Self::S => (3, Fricative, false),
            Self::Z => (3, Fricative, true),
            Self::N => (3, Nasal, true),
            Self::L => (3, Liquid, true),
            Self::R => (4, Liquid, true),
            Self::Sh => (4, Fricative, false),
            Self::Zh => (4, Fricative, true),
            Self::Ch => (4, Affricate, false),
            Self::Jh => (4, Affricate, true),
            Self::Y => (4, Glide, true),
            Self::K => (5, Stop, false),
            Self::G => (5, Stop, true),
            Self::Ng => (5, Nasal, true),
            Self::Hh => (6, Fricative, false),
        };
        Features {
            place,
            manner,
            voiced,
        }
    }
}

#[derive(Clone, Copy)]
struct Features {
    /// From the lips to the throat.
    place: u8,
    manner: Manner,
    voiced: bool,
}

impl Features {
    fn near(self, other: Self) -> bool {
        self.place.abs_diff(other.place) <= 1
    }
}

#[derive(Clone, Copy)]
enum Manner {
    Stop,
    Affricate,
    Fricative,
    Nasal,
    Liquid,
    Glide,
}

impl Vowel {
    /// How far two of them are from each other: by where the tongue is.
    fn from(self, other: Self) -> f32 {
        let ((height, back), (other_height, other_back)) = (self.place(), other.place());
        let (by_height, by_back) = (height - other_height, back - other_back);
        (0.06 + 0.14 * by_height.hypot(by_back)).min(0.5)
    }

    /// From high to low, and from the front to the back, in [0, 3].
    const fn place(self) -> (f32, f32) {
        match self {
            Self::Iy => (0.0, 0.0),
            Self::Ih => (0.6, 0.5),
            Self::Ey => (1.0, 0.1),
            Self::Eh => (1.6, 0.5),
            Self::Ae => (2.3, 0.5),
            Self::Ay => (2.4, 0.9),
            Self::Aw => (2.6, 1.7),
            Self::Aa => (2.8, 2.0),
            Self::Ah => (1.6, 1.5),
            Self::Oy => (1.4, 2.2),
            Self::Ao => (2.1, 2.6),
            Self::Ow => (1.2, 2.6),
            Self::Uh => (0.7, 2.2),
            Self::Uw => (0.0, 2.7),
        }
    }
}
