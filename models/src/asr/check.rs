//! What the recogniser refuses to work on.

use sidetone_types::recognise::{Job, RecogniseError};

use super::tokens::Tokens;
use crate::mel::WINDOW_SAMPLES;

/// Checks that `job` makes sense to a network with these `tokens`, which writes texts of `longest`
/// at most. What only helps, and came perhaps from another network, is not asked for sense: it is
/// left out where it has none.
pub fn check(job: &Job, tokens: &Tokens, longest: usize) -> Result<(), RecogniseError> {
    let refuse = |why: String| Err(RecogniseError(why));
    if job.languages.is_empty() {
        return refuse("no language is allowed".to_owned());
    }
    let confirmed = job.confirmed.as_ref();
    let mut languages = job
        .languages
        .iter()
        .chain(confirmed.map(|known| &known.lang));
    if let Some(lang) = languages.find(|lang| tokens.language(**lang).is_none()) {
        return refuse(format!("the network does not know the language `{lang}`"));
    }
    if job.audio.len() > WINDOW_SAMPLES {
        return refuse(format!("{} samples are more than 30 s", job.audio.len()));
    }
    if job.audio.iter().any(|x| !x.is_finite()) {
        return refuse("the sound holds something else than numbers".to_owned());
    }
    let text = confirmed.map_or(&[][..], |confirmed| &confirmed.tokens);
    if let Some(token) = text.iter().find(|token| !tokens.is_text(**token)) {
        return refuse(format!("{token} is not a text token"));
    }
    if text.len() > longest {
        return refuse(format!(
            "{} confirmed tokens are more than {longest}",
            text.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use sidetone_types::lang::{ChineseScript, Lang, LanguageTag};
    use sidetone_types::recognise::{Beginning, Purpose, Vocabulary};

    use super::*;
    use crate::asr::tokens::tests::small;

    #[test]
    fn jobs_that_cannot_be_done_are_refused_with_the_reason() {
        let good = Job {
            purpose: Purpose::Final,
            due: Instant::now(),
            audio: vec![0.0; WINDOW_SAMPLES].into(),
            languages: Arc::from([Lang::EN, Lang::ZH]),
            script: ChineseScript::Simplified,
            confirmed: Some(Beginning {
                lang: Lang::EN,
                tokens: vec![33; 20],
            }),
            expected: None,
            before: None,
            left_context: None,
            kept: None,
            vocabulary: Vocabulary::default(),
            voice: None,
        };
        let french = "fr".parse::<LanguageTag>().expect("a language").lang;
        let confirmed = |lang, token, count| {
            Some(Beginning {
                lang,
                tokens: vec![token; count],
            })
        };
        let tokens = small();
        assert_eq!(check(&good, &tokens, 20), Ok(()));
        for (why, bad) in [
            (
                "no language is allowed",
                Job {
                    languages: Arc::from([]),
                    ..good.clone()
                },
            ),
            (
                "the network does not know the language `fr`",
                Job {
                    languages: Arc::from([Lang::EN, french]),
                    ..good.clone()
                },
            ),
            (
                "the network does not know the language `fr`",
                Job {
                    confirmed: confirmed(french, 33, 1),
                    ..good.clone()
                },
            ),
            (
                "480001 samples are more than 30 s",
                Job {
                    audio: vec![0.0; WINDOW_SAMPLES + 1].into(),
                    ..good.clone()
                },
            ),
            (
                "the sound holds something else than numbers",
                Job {
                    audio: Arc::from([0.0, f32::NAN]),
                    ..good.clone()
                },
            ),
            (
                "261 is not a text token",
                Job {
                    confirmed: confirmed(Lang::EN, 261, 1),
                    ..good.clone()
                },
            ),
            (
                "21 confirmed tokens are more than 20",
                Job {
                    confirmed: confirmed(Lang::EN, 33, 21),
                    ..good.clone()
                },
            ),
        ] {
            assert_eq!(
                check(&bad, &tokens, 20),
                Err(RecogniseError(why.to_owned()))
            );
        }
    }
}
