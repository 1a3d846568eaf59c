//! Decoding of several utterances side by side, each by one text or by several that compete.
//!
//! Greedy decoding follows one text and takes the likeliest token at every step. Beam search
//! follows the best few (Sutskever et al. 2014), gives up those that fall too far behind (Freitag
//! and Al-Onaizan 2017), and of those that have come to their end takes the one whose tokens are
//! likeliest on average. All texts of all utterances go through the decoder together.
//!
//! An interim result is a draft of the next one: its tokens are read in one go and kept as far as
//! they are what would have been chosen anyway (speculative decoding, Leviathan et al. 2023). That
//! changes what a text costs, never the text.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use candle_core::{Result, Tensor};
use sidetone_language::mandarin_words;
use sidetone_types::lang::Lang;
use sidetone_types::recognise::Beginning;

use super::beam::{BeamHypothesis, Step};
use super::homophones::{self, Doubt};
use super::hotwords::{HotwordBias, Hotwords};
use super::net::decoder::{Decoder, Scored};
use super::net::sequence::{Feed, Sequence};
use super::tokens::Tokens;
use crate::lm::{Fusion, LanguageModel};
use crate::vector::log_sum_exp;

/// What an utterance is to be decoded as.
#[derive(Clone, Debug)]
pub struct Request {
    /// The languages it may be in: the likeliest is chosen if there are several.
    pub languages: Arc<[Lang]>,
    /// What the text begins with.
    pub confirmed: Vec<u32>,
    /// What was said in the first part of the sound: the text goes on from it, and does not hold it.
    pub left_context: Vec<u32>,
    /// What is likely to follow, if it turns out to be in this language.
    pub expected: Option<Beginning>,
    /// Words to bias decoding towards.
    pub hotwords: Arc<[Arc<Hotwords>]>,
    /// What makes words of the trade likelier.
    pub language_model: Option<Arc<LanguageModel>>,
    /// Most tokens the text may have.
    pub limit: usize,
    /// Texts that compete; 1 is greedy.
    pub beam: usize,
}

/// One utterance on its way from sound to text.
#[derive(Debug)]
pub struct Decoding {
    request: Request,
    /// The language it is transcribed in, once that is known.
    lang: Option<Lang>,
    /// The likeliest language that is not allowed, and the probability that it or another such one
    /// is spoken.
    other_language: Option<(Lang, f32)>,
    no_speech: f32,
    /// Whether these are known already, from before the text had anything in front of it.
    start_is_read: bool,
    /// What is read together with the prompt, on the chance that it is right.
    draft: Option<Draft>,
    /// Texts that go on, the best first; one until the prompt is read.
    pub(super) live: Vec<BeamHypothesis>,
    /// Texts that have come to their end.
    pub(super) ended: Vec<BeamHypothesis>,
    /// So many of those are enough.
    enough: usize,
    /// Places of the best text that may stand for a hotword that sounds the same; the last one is
    /// tried first.
    doubts: Vec<Doubt>,
    /// The text that won, while the only live one tries a phrase in it, and how much less likely
    /// that one may be.
    on_trial: Option<(Box<BeamHypothesis>, f32)>,
}

/// A guess at the language, and at the tokens behind those that are confirmed.
#[derive(Debug)]
struct Draft {
    lang: Lang,
    tokens: VecDeque<u32>,
}

/// Tokens in front of the text: start, language, task, no time stamps.
pub const PROMPT: usize = 4;

/// A text whose logarithm of probability is this much below the best one's is given up.
///
/// Measured over 427 recordings, five texts at most, WER of LibriSpeech and telephone prompts, CER
/// of AISHELL with numerals as they are written, and CPU beyond that of one text: none given up
/// 12.1, 3.7, 23.2 % and +30 %; at 3 12.1, 3.6, 18.2 and +20 %; at 2 12.1, 3.7, 18.5 and +15 %; at
/// 1.5 12.0, 3.7, 19.1 and +11 %. One text alone: 12.6, 3.5 and 21.5 %. Texts that are far behind
/// cost time, and often win only by ending early. With numerals mapped, `eval asr` has AISHELL at
/// 14.0 % with 2.5 and at 13.9 % with 4.
const FAR_BEHIND: f32 = 4.0;

/// Most places of a text where another phrase is tried.
const MOST_DOUBTS: usize = 4;

/// Feeds every text of `group` the tokens it has ready, and gives each utterance the scores of what
/// follows.
pub fn step(decoder: &Decoder, tokens: &Tokens, group: &mut [&mut Decoding]) -> Result<()> {
    let mut pending = Vec::new();
    // Whose rows scores are wanted of: after the start, and from where text may follow.
    let mut scored_places = Vec::new();
    let mut scored = Vec::new();
    let mut row = 0;
    for (member, decoding) in group.iter().enumerate() {
        for hypothesis in &decoding.live {
            let next = decoding.pending(hypothesis, tokens);
            let fed = hypothesis.sequence().fed();
            // The text begins behind the prompt; of what is fed later, the first token leads on.
            let following = next.get(PROMPT.saturating_sub(fed).max(1)..);
            let following = following.unwrap_or_default();
            let mut exact = hypothesis.exact(following, tokens).into_iter();
            for place in (fed..).take(next.len()) {
                let exact = match place {
                    0 => Some((tokens.end..tokens.scored() as u32).collect()),
                    _ if place >= PROMPT - 1 => exact.next(),
                    _ => None,
                };
                if let Some(exact) = exact {
                    scored_places.push((member, place));
                    scored.push(Scored { row, exact });
                }
                row += 1;
            }
            pending.push(next);
        }
    }
    let hypotheses = group.iter_mut().flat_map(|decoding| &mut decoding.live);
    let mut batch: Vec<Feed<'_>> = hypotheses
        .zip(&pending)
        .map(|(hypothesis, tokens)| Feed {
            sequence: hypothesis.sequence_mut(),
            tokens,
        })
        .collect();
    let x = decoder.forward(&mut batch)?;
    let mut logits = decoder.logits(&x, &scored)?;

    // Scores of one utterance's texts lie side by side.
    let mut rows = logits.chunks_exact_mut(decoder.tokens());
    for of_one in scored_places.chunk_by(|(a, _), (b, _)| a == b) {
        let (member, _) = of_one[0];
        let places = of_one.iter().map(|(_, place)| *place);
        group[member].read_scores(places.zip(rows.by_ref()), tokens);
    }
    Ok(())
}

impl Decoding {
    /// Begins to decode what `sequence` attends to.
    pub fn new(sequence: Sequence, request: Request) -> Self {
        let only = match *request.languages {
            [only] => Some(only),
            _ => None,
        };
        let confirmed = request.confirmed.clone();
        let goes_on = !request.left_context.is_empty();
        let draft = request.expected.as_ref().map(|expected| {
            // What follows a beginning that was not to be is of no use.
            let more = expected.tokens.strip_prefix(confirmed.as_slice());
            let more = more.unwrap_or_default().iter().copied();
            Draft {
                lang: expected.lang,
                tokens: more
                    .take(request.limit.saturating_sub(confirmed.len()))
                    .collect(),
            }
        });
        let mut new = Self {
            live: vec![BeamHypothesis::new(sequence, confirmed, goes_on)],
            ended: Vec::new(),
            enough: request.beam.max(1),
            doubts: Vec::new(),
            on_trial: None,
            draft,
            request,
            lang: None,
            other_language: None,
            no_speech: 0.0,
            start_is_read: false,
        };
        if let Some(lang) = only {
            new.choose_language(lang);
        }
        new
    }

    /// Reads `before` in front of the text, and asks for language and silence without it.
    ///
    /// Call at the very beginning.
    pub fn read_before(
        &mut self,
        before: &[u32],
        decoder: &Decoder,
        tokens: &Tokens,
    ) -> Result<()> {
        let text = self.live[0].sequence_mut();
        let mut alone = text.clone();
        let mut batch = [
            Feed {
                sequence: &mut alone,
                tokens: &[tokens.start],
            },
            Feed {
                sequence: text,
                tokens: before,
            },
        ];
        let x = decoder.forward(&mut batch)?;
        text.begin_text(0);
        self.read_start_early(&x, decoder, tokens)
    }

    /// Reads the left context in front of the text, in the only language it may be in.
    ///
    /// Call at the very beginning.
    pub fn read_left_context(&mut self, decoder: &Decoder, tokens: &Tokens) -> Result<()> {
        let (Some(prompt), Some((_, read))) =
            (self.prompt(tokens), self.request.left_context.split_last())
        else {
            return Ok(());
        };
        let read = [&prompt, read].concat();
        let text = self.live[0].sequence_mut();
        let x = decoder.forward(&mut [Feed {
            sequence: text,
            tokens: &read,
        }])?;
        // Its last token takes the place of the prompt's: the text follows from it.
        text.begin_text(PROMPT - 1);
        self.read_start_early(&x, decoder, tokens)
    }

    /// Asks for language and silence after the start, the first row of `x`, before the text begins.
    fn read_start_early(&mut self, x: &Tensor, decoder: &Decoder, tokens: &Tokens) -> Result<()> {
        let start = Scored {
            row: 0,
            exact: (tokens.end..tokens.scored() as u32).collect(),
        };
        let scores = decoder.logits(x, &[start])?;
        self.read_start(&scores, tokens);
        self.start_is_read = true;
        Ok(())
    }

    /// The language it was transcribed in; before that is known, the first it may be in.
    pub fn lang(&self) -> Lang {
        self.lang
            .or(self.request.languages.first().copied())
            .unwrap_or(Lang::EN)
    }

    /// The likeliest language that was not allowed, and the probability, in [0, 1], that none is
    /// spoken that was.
    pub fn other_language(&self) -> Option<(Lang, f32)> {
        self.other_language
    }

    /// Probability that nobody speaks, in [0, 1].
    pub fn no_speech(&self) -> f32 {
        self.no_speech
    }

    /// The best text: the one that counts, once this is done.
    pub fn best(&self) -> &BeamHypothesis {
        let ended = self.ended.iter().max_by(|a, b| a.compare(b));
        ended.unwrap_or_else(|| &self.live[0])
    }

    /// What is said for a Mandarin text that is over by how common its words are; nothing for any
    /// other. Characters that sound alike make words of it that nobody uses.
    fn commonness(&self, text: &BeamHypothesis, tokens: &Tokens) -> f32 {
        match &self.request.language_model {
            Some(model) if self.lang == Some(Lang::ZH) => {
                let text = tokens.spelled(text.text());
                model.of_words(mandarin_words::log_prob(&String::from_utf8_lossy(&text)))
            }
            _ => 0.0,
        }
    }

    /// Goes on with the best text so far alone: there is no time for a beam. Texts that have come to
    /// their end wait for its end: among several, some end too early.
    pub fn settle(&mut self) {
        if self.on_trial.is_none() {
            self.request.beam = 1;
            self.live.truncate(1);
        }
    }

    /// Whether there is nothing left to feed.
    pub fn is_done(&self) -> bool {
        self.live.is_empty()
    }

    fn choose_language(&mut self, lang: Lang) {
        self.lang = Some(lang);
        // Characters are spelled by tokens that stand for parts of them and mean nothing alone:
        // scripted calls in Mandarin gain 4 points of CER by such a language model, and AISHELL
        // loses 1.5. Whole texts in Mandarin are judged by their words.
        if let Some(model) = &self.request.language_model
            && !lang.is_unspaced()
        {
            for hypothesis in &mut self.live {
                hypothesis.set_language_model(Fusion::new(Arc::clone(model)));
            }
        }
        let hotwords = &self.request.hotwords;
        if !hotwords.is_empty() {
            for hypothesis in &mut self.live {
                hypothesis.set_bias(HotwordBias::new(Arc::clone(hotwords), lang.is_unspaced()));
            }
        }
    }

    /// The language to go on in: for the time being, if it is not known yet.
    fn likely_lang(&self) -> Option<Lang> {
        self.lang.or(self.draft.as_ref().map(|draft| draft.lang))
    }

    /// The tokens to feed next: what is in the prompt, in the text of `hypothesis` and in the
    /// draft, but not in its sequence yet.
    fn pending(&self, hypothesis: &BeamHypothesis, tokens: &Tokens) -> Vec<u32> {
        let Some(mut prompt) = self.prompt(tokens) else {
            // Without a language there is no more to say than that a text starts.
            return vec![tokens.start];
        };
        if let Some(last) = self.request.left_context.last() {
            prompt[PROMPT - 1] = *last;
        }
        let draft = self.draft.iter().flat_map(|draft| &draft.tokens);
        let all = prompt.iter().chain(hypothesis.text()).chain(draft);
        all.skip(hypothesis.sequence().fed()).copied().collect()
    }

    /// The tokens in front of a text, once there is a language to go on in.
    fn prompt(&self, tokens: &Tokens) -> Option<[u32; PROMPT]> {
        let language = self.likely_lang().and_then(|lang| tokens.language(lang))?;
        Some([
            tokens.start,
            language,
            tokens.transcribe,
            tokens.no_timestamps,
        ])
    }

    /// Takes the scores of what follows the tokens at some places: of one text in its order, or of
    /// one place in each text. Once the best text is known it is searched for hotwords that sound
    /// the same.
    fn read_scores<'a>(
        &mut self,
        scores: impl Iterator<Item = (usize, &'a mut [f32])>,
        tokens: &Tokens,
    ) {
        let was_tried = self.on_trial.is_some();
        self.go_on(scores, tokens);
        if self.is_done() {
            if !was_tried {
                self.find_doubts(tokens);
            }
            self.try_next(tokens);
        }
    }

    /// Carries on the texts that live.
    fn go_on<'a>(&mut self, scores: impl Iterator<Item = (usize, &'a mut [f32])>, tokens: &Tokens) {
        let mut last = Vec::new();
        for (place, logits) in scores {
            if place == 0 {
                let likely = self.likely_lang();
                if !self.start_is_read {
                    self.read_start(logits, tokens);
                }
                if likely != self.lang {
                    return self.drop_draft(1);
                }
                continue;
            }
            // What is confirmed is read before texts begin to compete.
            let next = place + 1 - PROMPT;
            let first = &mut self.live[0];
            if next < first.text().len() {
                first.score_confirmed(next, logits, tokens);
                continue;
            }
            if self.on_trial.is_some() {
                return self.judge_trial(logits, tokens);
            }
            let expected = self
                .draft
                .as_mut()
                .and_then(|draft| draft.tokens.pop_front());
            let Some(expected) = expected else {
                last.push(logits);
                continue;
            };
            let steps = self.steps(vec![logits], tokens);
            match steps.as_slice() {
                [(_, step)] if step.token == expected => self.follow(steps, tokens),
                _ => {
                    self.drop_draft(place + 1);
                    return self.follow(steps, tokens);
                }
            }
            if self.is_done() {
                // The draft went on, but the text does not.
                for hypothesis in &mut self.ended {
                    hypothesis.sequence_mut().truncate(place + 1);
                }
                return;
            }
        }
        self.draft = None;
        if !last.is_empty() {
            let steps = self.steps(last, tokens);
            self.follow(steps, tokens);
        }
    }

    /// Forgets what was fed beyond `places`: the draft was wrong there.
    fn drop_draft(&mut self, places: usize) {
        self.draft = None;
        self.live[0].sequence_mut().truncate(places);
    }

    /// After the start comes the language, or silence.
    fn read_start(&mut self, logits: &[f32], tokens: &Tokens) {
        self.no_speech = (logits[tokens.no_speech as usize] - log_sum_exp(logits)).exp();
        self.other_language = tokens.other_language(logits, &self.request.languages);
        if self.lang.is_none() {
            let score = |lang: Lang| {
                tokens
                    .language(lang)
                    .map_or(f32::NEG_INFINITY, |token| logits[token as usize])
            };
            let languages = self.request.languages.iter().copied();
            let likeliest = languages.max_by(|a, b| score(*a).total_cmp(&score(*b)));
            self.choose_language(likeliest.unwrap_or(Lang::EN));
        }
    }

    /// How the texts may go on, the likeliest first: `logits` are the scores of what follows each.
    fn steps(&self, logits: Vec<&mut [f32]>, tokens: &Tokens) -> Vec<(usize, Step)> {
        let beam = self.request.beam.max(1);
        let mut steps: Vec<(usize, Step)> = Vec::new();
        for (at, (hypothesis, logits)) in self.live.iter().zip(logits).enumerate() {
            let found = if beam == 1 {
                vec![hypothesis.likeliest(logits, tokens)]
            } else {
                hypothesis.likely(2 * beam, logits, tokens)
            };
            steps.extend(found.into_iter().map(|step| (at, step)));
        }
        steps.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        let least = steps.first().map_or(0.0, |(_, best)| best.score) - FAR_BEHIND;
        steps.retain(|(_, step)| step.score >= least);
        steps
    }

    /// Carries the texts on by the best of `steps`.
    fn follow(&mut self, steps: Vec<(usize, Step)>, tokens: &Tokens) {
        let beam = self.request.beam.max(1);
        let mut parents: Vec<Option<BeamHypothesis>> = self.live.drain(..).map(Some).collect();
        let mut taken = Vec::new();
        let mut going_on = 0;
        for (rank, (at, step)) in steps.into_iter().enumerate() {
            let ends = step.token == tokens.end;
            // An end counts only if it is among the best.
            if going_on == beam || (ends && rank >= beam) {
                continue;
            }
            going_on += usize::from(!ends);
            taken.push((at, step));
        }
        for i in 0..taken.len() {
            let (at, step) = taken[i];
            // The last child takes what it comes from; the others copy it.
            let again = taken[i + 1..].iter().any(|(other, _)| *other == at);
            let parent = if again {
                parents[at].clone()
            } else {
                parents[at].take()
            };
            let mut hypothesis = parent.expect("taken by its last child only");
            hypothesis.extend(step, tokens);
            if hypothesis.is_over() || hypothesis.text().len() >= self.request.limit {
                hypothesis.set_commonness(self.commonness(&hypothesis, tokens));
                self.ended.push(hypothesis);
            } else {
                self.live.push(hypothesis);
            }
        }
        if self.ended.len() >= self.enough {
            self.live.clear();
        }
    }

    /// Finds places behind what is confirmed where a hotword may have been said.
    fn find_doubts(&mut self, tokens: &Tokens) {
        let hotwords = &self.request.hotwords;
        if hotwords.is_empty() {
            return;
        }
        let best = self.best();
        let confirmed = tokens.spelled(&self.request.confirmed).len();
        let text = String::from_utf8(tokens.spelled(best.text()));
        // A text that was cut short may end within a character.
        if let (Some(_), Ok(text)) = (best.log_prob(), text) {
            let lists = hotwords.iter().map(|list| list.homophones());
            let mut doubts = homophones::find(lists.clone(), &text, confirmed, MOST_DOUBTS);
            if let Some(expected) = &self.request.expected
                && let Ok(earlier) = String::from_utf8(tokens.spelled(&expected.tokens))
            {
                let recalled = homophones::recalled(lists, &earlier, &text, confirmed);
                doubts.retain(|doubt| !recalled.iter().any(|other| other.overlaps(doubt)));
                doubts.splice(..0, recalled);
                doubts.truncate(MOST_DOUBTS);
                doubts.sort_by_key(|doubt| doubt.place.start);
            }
            self.doubts = doubts;
        }
    }

    /// Has the decoder read the best text with the next phrase that may have been said, if there is
    /// one.
    fn try_next(&mut self, tokens: &Tokens) {
        while let Some(doubt) = self.doubts.pop() {
            let spliced = tokens.spliced(self.best().text(), doubt.place, &doubt.phrase);
            if let Some((place, with)) = spliced
                && place.start >= self.request.confirmed.len()
            {
                return self.put_on_trial(place, &with, doubt.patience);
            }
        }
    }

    /// Has the decoder read the best text with other tokens in `place`. It wins if that makes it
    /// less likely by no more than `patience`.
    pub(super) fn put_on_trial(&mut self, place: Range<usize>, with: &[u32], patience: f32) {
        let best = self.best().clone();
        self.live = vec![best.respelled(place, with)];
        self.on_trial = Some((Box::new(best), patience));
        self.ended.clear();
        self.draft = None;
    }

    /// The text on trial has been read to its end.
    fn judge_trial(&mut self, logits: &mut [f32], tokens: &Tokens) {
        let Some((mut winner, patience)) = self.on_trial.take() else {
            return;
        };
        if let Some(mut trial) = self.live.pop() {
            trial.score_end(logits, tokens);
            if trial.fused_log_prob() >= winner.fused_log_prob().map(|before| before - patience) {
                *winner = trial;
            }
        }
        self.ended = vec![*winner];
    }
}
