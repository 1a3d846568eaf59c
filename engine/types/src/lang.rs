//! Languages by their tags (BCP 47), as far as recognition tells them apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The codes Whisper was trained with, in the order of its language tokens (Radford et al. 2022).
const CODES: [&str; 99] = [
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it",
    "id", "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur",
    "hr", "bg", "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn",
    "et", "mk", "br", "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si",
    "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo",
    "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln",
    "ha", "ba", "jw", "su",
];

/// A language that can be recognised, by its ISO 639 code.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Lang(&'static str);

impl Lang {
    /// English.
    pub const EN: Self = Self("en");
    /// Mandarin Chinese.
    pub const ZH: Self = Self("zh");

    /// The ISO 639 code, `en` or `zh` for instance.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Whether words are written without spaces between them.
    pub fn is_unspaced(self) -> bool {
        matches!(self.0, "zh" | "ja" | "th" | "lo" | "my" | "km" | "bo")
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Lang {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Lang {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let tag: LanguageTag = String::deserialize(d)?.parse().map_err(de::Error::custom)?;
        Ok(tag.lang)
    }
}

/// How Chinese is written down.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChineseScript {
    /// Mainland characters.
    #[default]
    Simplified,
    /// Characters of Taiwan and Hong Kong.
    Traditional,
}

/// A language as a caller names it: `en`, `en-GB`, `cmn-Hans-CN`, `zh-TW`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct LanguageTag {
    /// What is recognised.
    pub lang: Lang,
    /// How Chinese is written; of no meaning for other languages.
    pub script: ChineseScript,
}

/// The tag names no language that can be recognised.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("language `{0}` is not known; use a tag like `en`, `en-GB`, `zh` or `zh-TW`")]
pub struct UnknownLanguage(pub String);

impl FromStr for LanguageTag {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let lower = tag.trim().to_ascii_lowercase().replace('_', "-");
        let mut parts = lower.split('-');
        let primary = match parts.next().unwrap_or_default() {
            "cmn" => "zh",
            "nb" => "no",
            "fil" => "tl",
            "jv" => "jw",
            other => other,
        };
        let lang = CODES
            .iter()
            .find(|code| **code == primary)
            .map(|code| Lang(code))
            .ok_or_else(|| UnknownLanguage(tag.chars().take(64).collect()))?;
        let rest: Vec<&str> = parts.collect();
        let traditional = rest.contains(&"hant")
            || (!rest.contains(&"hans") && rest.iter().any(|r| matches!(*r, "tw" | "hk" | "mo")));
        let script = if traditional {
            ChineseScript::Traditional
        } else {
            ChineseScript::Simplified
        };
        Ok(Self { lang, script })
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lang, self.script) {
            (Lang::ZH, ChineseScript::Traditional) => f.write_str("zh-Hant"),
            (lang, _) => f.write_str(lang.code()),
        }
    }
}

impl Serialize for LanguageTag {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_in_common_use_are_understood() {
        for (tag, lang, script) in [
            ("en", "en", ChineseScript::Simplified),
            ("en-US", "en", ChineseScript::Simplified),
            ("en_GB", "en", ChineseScript::Simplified),
            ("zh", "zh", ChineseScript::Simplified),
            ("cmn-Hans-CN", "zh", ChineseScript::Simplified),
            ("zh-TW", "zh", ChineseScript::Traditional),
            ("zh-Hant", "zh", ChineseScript::Traditional),
            ("zh-Hans-HK", "zh", ChineseScript::Simplified),
        ] {
            let parsed: LanguageTag = tag.parse().expect(tag);
            assert_eq!((parsed.lang.code(), parsed.script), (lang, script), "{tag}");
        }
        for tag in ["", "english", "xx", "-"] {
            assert!(tag.parse::<LanguageTag>().is_err(), "{tag}");
        }
    }
}
