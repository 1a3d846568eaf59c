//! Rules: what to listen for in a call, and what to do when it is said.
//!
//! A supervisor writes them, in files like this:
//!
//! ```
//! # use sidetone_core::rules::RuleSet;
//! # let file = r#"
//! lang = "en"                       # of all rules of the file; a rule may have its own
//!
//! [[rule]]
//! name = "churn"                    # unique over all files; alerts carry it
//! role = "customer"                 # who says it; left out, either side
//! action = "escalate"               # suggest, warn or escalate
//! message = "The customer wants to leave"
//! script = "Before we do that, may I look for a better offer?"
//! any = [
//!   "cancel my (contract|policy|account)",
//!   "(take|move) my business elsewhere",
//! ]
//! near = [{ words = ["(switch|move|go)", "another (company|provider)"], within = 4 }]
//! not = ["cancel my appointment"]
//!
//! [[rule]]
//! name = "called again and again"
//! role = "customer"
//! action = "warn"
//! severity = "info"                 # info, warning or critical; left out, as the action suggests
//! message = "The customer keeps saying that this is not the first call"
//! any = ["called (three|four|five) times", "called (you )?again"]
//! count = 2                         # in two different utterances
//! window_s = 600                    # within ten minutes
//! # "#;
//! # let rules = RuleSet::parse([("example.toml", file)])?;
//! # assert_eq!(rules.rules().len(), 2);
//! # Ok::<(), sidetone_core::rules::RuleError>(())
//! ```
//!
//! # What is looked for
//!
//! | key | the rule wants | left out |
//! |---|---|---|
//! | `any` | one of these phrases, or one group of `near` | |
//! | `near` | or all `words` of a group, in any order, with at most `within` words between neighbours | |
//! | `all` | and each of these, anywhere in the same utterance | |
//! | `not` | but none of these, overlapping the find or within `not_within` words of it | |
//! | `not_within` | | 6 words |
//! | `negation_within` | and no "not" that reaches the find, looked for so many words back; 0 looks for none | 16 words |
//! | `by` | and that the speaker does it, or asks for it (`"speaker"`): "you closed my account" is not theirs; or that no third person does (`"either"`) | whoever does it |
//! | `fact` | and, if `true`, that it is told as so, of the speaker or the family: not supposed, not news, not long ago | |
//! | `earnest` | and, if `true`, that it is no figure of speech, nor part of a film | |
//! | `aimed` | and, if `true`, that it is no praise, nor scolds the speaker's own people | |
//! | `mood` | and that it sounds like this: `anger`, `sadness`, `happiness`, `neutral`, `other` | |
//! | `mood_above` | with a probability above this | 0.5 |
//! | `strain` | and that whoever says it was strained beyond `above` in `turns` of the last `of` turns | |
//! | `role` | that this side says it: `agent`, `customer` | either |
//! | `count`, `window_s` | so many different utterances with a find within so many seconds | 1 |
//! | `hold_s` | an alert ends when there was no find for so long | 120 s |
//! | `cooldown_s` | after that, nothing is raised for so long | 60 s |
//!
//! An entry of a built-in rule's name and `off = true`, and nothing else, turns that rule off.
//!
//! A rule needs one of `any`, `near`, `all`, `mood` and `strain`. A word is a word of English, a
//! character of Chinese or a digit. An utterance is what one side says without a longer pause. It
//! is looked at while it is still being said: a find counts once a word has followed that begins
//! nothing which would make it none, be it of `not` or a refusal, or the utterance is over. Should
//! that come later still, the alert is withdrawn. Where a find goes on behind the words of `not`, it
//! counts: "cancel my appointment and my contract".
//!
//! `recording = "pause"` pauses the recording of the call when the rule raises its alert; `"resume"`,
//! `"start"` and `"stop"` do what they say, from the end of the words that were found on.
//!
//! # Voices
//!
//! ```toml
//! mood = "anger"
//! strain = { above = 0.5, turns = 3, of = 5 }
//! ```
//!
//! A rule may ask for a mood, for strain or for both, of the utterance that fulfils its phrases or,
//! if it has none, of any. Both are one reading of voice and words. Voices are read where that is
//! turned on
//! ([`crate::emotion::MoodConfig`]), a second of speech at least at a time, when an utterance ends
//! or has gone on for some seconds: rules about voices speak then. A turn is what a side says until
//! the other one says something. Without phrases a rule listens to utterances in its own language
//! only, so that a call in two languages is not warned of twice.
//!
//! # Phrases
//!
//! Words that stand beside each other. `(a|b)` chooses, `(a)?` may be left out, and groups do not
//! nest. Words that say nothing count neither in the phrase nor in speech: articles, "please",
//! "really", "um", 的, 了.
//!
//! Speech need not be heard right. A phrase is also found
//!
//! - in other forms of its words: `cancel my contract` in "cancelling my contracts", "I'll" for "I
//!   will";
//! - with one letter of a word wrong, if the word has five letters or more: either eight, or the
//!   same first letter and a word beside it of four or more that is right. `call my lawyer` is
//!   found in "call my layer", but not `lawyer`;
//! - in numbers however they are told: `12315` in 一二三幺五 and in "one two three one five", but not
//!   within a longer number;
//! - in other characters that are read the same, whatever the tone: 工信部 in 公信部. Of two
//!   characters one must be right, of three or more none need be;
//! - in characters that are read nearly the same (zh = z = j, n = l, -n = -ng, …), one for every
//!   three, if at least one is right; of two, only the second: 到账 in 到将.
//!
//! Of Mandarin a phrase is found only where it cuts no word in two (jieba's dictionary): 不想活 is
//! not said in 不想活动.
//!
//! A full stop behind a phrase asks that its clause ends there, but for words like "today" and "any
//! more": `want to cancel.` is not found in "I want to cancel the visit".
//!
//! `=` before a phrase allows none of this but other forms and numbers, and so do the phrases of
//! `not`: 经理 would be found in 经历, so its rule has `not = ["经历"]`.
//!
//! # What is meant
//!
//! `by = "either"` drops what is only talked of: deeds of third persons ("my neighbour will sue
//! him", 催收的说要起诉我), what somebody is or works for ("my son is a lawyer"), news ("they said on the
//! radio"), what did not happen ("I would have gone to the ombudsman", 本来想投诉) and what is long
//! ago. `by = "speaker"` drops deeds of the listener as well: "you closed my account", "why was it
//! closed". `fact = true` drops news, what did not happen, what is long ago, what befalls friends
//! and neighbours, and conditions: "if I lose my job". Both drop words that only name a kind of
//! thing: "cancer cover", 防诈骗; `fact` drops as well what is only asked: "is this a scam?". `earnest =
//! true` drops exaggerations and stories: "this music makes me want to die", "he kills himself in the
//! film"; not where the sentence tells of a plan, a means, a time or a goodbye, says that it is no joke,
//! or says it again: "haha, I mean it, I want to die". `aimed = true` drops what turns out to be friendly: "ridiculous how cheap it is", 太过分了，这么便宜.
//! [`sidetone_language::reading`] tells them apart.
//!
//! # Negation
//!
//! "I do not want you to cancel", 不是要投诉: a find is dropped if a negation before it, in its clause,
//! is about it, or if a refusal stands behind it: "a lawyer is not necessary", 律师就不用了. "It is not
//! fixed, cancel it", "I will not hesitate to cancel", "why can't I cancel", 再不解决就投诉, 是不是要投诉
//! count: [`sidetone_language::negation`] tells the one from the other. A phrase may begin with its
//! own "not". What is left over is for `not`.
//!
//! # The checklist
//!
//! What an agent must say, in the same files:
//!
//! ```toml
//! [[checklist]]
//! name = "price and term"            # its name; in another language it is the same item
//! text = "Tell the price and the term"
//! any = ["per month", "a month"]     # what ticks it, said by the agent
//! not = ["not per month"]            # but none of these near it
//! when = ["(new )?contract"]         # must be said once either side says one of these,
//! after = ["number porting"]         # or one of these rules raised an alert, or one of these items was said
//! ```
//!
//! Without `when` and `after` it must be said in every call. A call shows the items of its
//! languages, each once, in the first language that has it. An own item takes the place of a
//! built-in one of its name and language; an entry of a name and `off = true` turns that off.
//! [`crate::checklist`] follows a call with it.
//!
//! [`RuleSet`] does the finding. [`crate::escalation`] follows a call with it and says when to
//! raise an alert and when it is over.

mod checklist;
mod condition;
mod error;
mod file;
mod finder;
mod rule;
#[cfg(test)]
mod steps;
mod vocabulary;
mod voice;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::stable_words::StableWords;
use condition::{Condition, Slot};
use finder::{Finder, Hit};
use rule::Use;
use sidetone_language::lexicon::Lexicon;
use sidetone_language::mandarin_words::{DICTIONARY, MandarinWords};
use sidetone_language::negation;
use sidetone_language::reading;
use sidetone_language::spoken::{Spoken, spoken};
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;

pub use checklist::{Item, Part};
pub use error::{Place, RuleError};
pub use rule::{GivenWay, Rule};
pub use voice::{Strain, Voice};

/// The rules about words that come with the program.
#[cfg(test)]
pub(crate) fn samples() -> Arc<RuleSet> {
    let rules = RuleSet::parse([
        (
            "general.en.toml",
            include_str!("../../../../kb/rules/general.en.toml"),
        ),
        (
            "general.zh.toml",
            include_str!("../../../../kb/rules/general.zh.toml"),
        ),
        (
            "telecom.en.toml",
            include_str!("../../../../kb/rules/telecom.en.toml"),
        ),
        (
            "telecom.zh.toml",
            include_str!("../../../../kb/rules/telecom.zh.toml"),
        ),
    ]);
    Arc::new(rules.unwrap_or_else(|err| panic!("{err}")))
}

/// So many of the last words of an utterance are looked at while it goes on.
const LOOKED_AT: usize = 96;
/// So many of those only tell what is said before a find.
const CONTEXT: usize = 48;

/// All rules, ready to listen. Never changes; new rules are a new set.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    finder: Finder<Use>,
    checklist: Vec<Item>,
    checklist_finder: Finder<Use>,
    lexicon: Arc<Lexicon>,
    given_way: Vec<GivenWay>,
    idle: Vec<(String, Place)>,
}

/// An utterance fulfils a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Found {
    /// Which rule, by its place in [`RuleSet::rules`].
    pub rule: usize,
    /// The places that do it, in their order. Never empty.
    pub spans: Vec<Span>,
}

/// Words that a rule was looking for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    /// The words by their places in [`StableWords::words`].
    pub words: Range<usize>,
    /// The phrase it was taken for, if that is not what was heard.
    pub meant: Option<Arc<str>>,
}

impl RuleSet {
    /// Reads files, each given as its name and its text. Negation and silent words are those that
    /// come with the program.
    ///
    /// # Errors
    ///
    /// [`RuleError`] for the first mistake: half of the rules would be worse than those of before.
    pub fn parse<N: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, RuleError> {
        let files: Vec<(N, T)> = files.into_iter().collect();
        Self::read(&files, &[], Lexicon::built_in()).map_err(|mut errors| errors.remove(0))
    }

    /// Reads `own` files and then `built_in` ones, of which a rule gives way to an own one of its
    /// name, and is left out where an own entry of its name says `off = true`. Negation and silent words are those of `lexicon`.
    ///
    /// # Errors
    ///
    /// Every mistake, so that an author can mend them all at once.
    pub fn read<N: AsRef<str>, T: AsRef<str>>(
        own: &[(N, T)],
        built_in: &[(N, T)],
        lexicon: Arc<Lexicon>,
    ) -> Result<Self, Vec<RuleError>> {
        let mut reader = file::Reader::new(Arc::clone(&lexicon));
        for (name, text) in own {
            reader.read(name.as_ref(), text.as_ref());
        }
        reader.give_way();
        for (name, text) in built_in {
            reader.read(name.as_ref(), text.as_ref());
        }
        reader.check_items();
        let items = reader.checklist.iter().map(|item| item.lang);
        let mut languages = reader.rules.iter().map(|rule| rule.lang).chain(items);
        if languages.any(Lang::is_unspaced) {
            // Not while somebody speaks: it takes a while.
            LazyLock::force(&DICTIONARY);
        }
        match reader.errors.is_empty() {
            true => Ok(Self {
                idle: reader.idle(),
                rules: reader.rules,
                finder: reader.finder,
                checklist: reader.checklist,
                checklist_finder: reader.checklist_finder,
                given_way: reader.given_way,
                lexicon,
            }),
            false => Err(reader.errors),
        }
    }

    /// The rules, in the order of the files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The built-in rules that own ones replace or turn off.
    pub fn given_way(&self) -> &[GivenWay] {
        &self.given_way
    }

    /// Entries that turn off what is no built-in rule, and where they stand.
    pub fn idle(&self) -> &[(String, Place)] {
        &self.idle
    }

    /// The word lists and texts they go by.
    pub(crate) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// What must be said, in the order of the files.
    pub fn checklist(&self) -> &[Item] {
        &self.checklist
    }

    /// Everything that the rules of these languages find in an utterance, rule by rule. Counts and
    /// times are not looked at.
    pub(crate) fn find(&self, said: &StableWords, languages: &[Lang]) -> Vec<Found> {
        let listens = |rule: usize| {
            let rule = &self.rules[rule];
            (rule.lang, rule.side, &rule.condition)
        };
        self.find_by(&self.finder, listens, said, languages)
    }

    /// What of the checklist is found in an utterance: which item, which of its phrases, and which
    /// words.
    pub(crate) fn find_items(
        &self,
        said: &StableWords,
        languages: &[Lang],
    ) -> Vec<(usize, Part, Range<usize>)> {
        if self.checklist.is_empty() {
            return Vec::new();
        }
        let listens = |place: usize| {
            let (item, part) = checklist::of_place(place);
            let item = &self.checklist[item];
            let side = (part == Part::Said).then_some(Side::Agent);
            (item.lang, side, &item.condition)
        };
        let found = self.find_by(&self.checklist_finder, listens, said, languages);
        let items = found.into_iter().filter_map(|found| {
            let (item, part) = checklist::of_place(found.rule);
            Some((item, part, found.spans.into_iter().next()?.words))
        });
        items.collect()
    }

    /// What a finder finds in an utterance. `listens` tells of a place in it what it listens to: the
    /// language, the side, and how its phrases belong together.
    fn find_by<'a>(
        &self,
        finder: &Finder<Use>,
        listens: impl Fn(usize) -> (Lang, Option<Side>, &'a Condition),
        said: &StableWords,
        languages: &[Lang],
    ) -> Vec<Found> {
        // While it goes on, only its last words are looked at, so that a word of a long utterance
        // costs no more than one of a short one.
        let skipped = match said.finished {
            true => 0,
            false => said.words.len().saturating_sub(LOOKED_AT),
        };
        let words = said.words[skipped..].iter();
        let text = spoken(words.map(|word| word.spaced.as_str()), &self.lexicon);
        let mut hits = finder.find(&text);
        if skipped > 0 {
            // Of what stands further ahead it is not known what is said before it. It was found
            // before.
            hits.retain(|(of, hit)| {
                of.slot == Slot::Not || text[hit.tokens.start].words.start >= CONTEXT
            });
        }
        hits.retain(|(of, _)| {
            let (lang, side, _) = listens(of.rule);
            languages.contains(&lang) && side.is_none_or(|side| side == said.side)
        });
        hits.sort_by_key(|(of, _)| of.rule);
        // Only Mandarin is written without borders between words.
        if hits
            .iter()
            .any(|(_, hit)| text[hit.tokens.start].token.is_han())
        {
            let line = said.words[skipped..].iter();
            let line: String = line.map(|word| word.spaced.as_str()).collect();
            let words = MandarinWords::of(&line);
            hits.retain(|(of, hit)| of.slot == Slot::Not || !words.are_cut_by(&hit.place(&text)));
        }

        let begun = match said.finished || hits.is_empty() {
            true => Vec::new(),
            false => finder.may_become(&text),
        };
        let mut found = Vec::new();
        for hits in hits.chunk_by(|(a, _), (b, _)| a.rule == b.rule) {
            let rule = hits[0].0.rule;
            let own: Vec<(Slot, &Hit)> = hits.iter().map(|(of, hit)| (of.slot, hit)).collect();
            let condition = listens(rule).2;
            for mut find in condition.finds(&text, &own, &self.lexicon) {
                find.sort_by_key(|hit| hit.tokens.start);
                if !said.finished && !self.is_settled(&text, &begun, (rule, condition), &find) {
                    continue;
                }
                let spans = find.into_iter().map(|hit| {
                    let of_hit = &text[hit.tokens.clone()];
                    let start = of_hit.first().map_or(0, |token| token.words.start);
                    let end = of_hit.iter().map(|token| token.words.end).max();
                    Span {
                        words: start + skipped..end.unwrap_or(start) + skipped,
                        meant: hit.meant.clone(),
                    }
                });
                found.push(Found {
                    rule,
                    spans: spans.collect(),
                });
            }
        }
        found
    }
}

impl RuleSet {
    /// Whether nothing that has been begun can make a find of `rule` none: "cancel my appointment",
    /// "a lawyer is not necessary", 法院旁边. At least a word must have followed.
    fn is_settled(
        &self,
        text: &[Spoken],
        begun: &[(Use, usize)],
        (rule, condition): (usize, &Condition),
        find: &[&Hit],
    ) -> bool {
        let end = find.iter().map(|hit| hit.tokens.end).max().unwrap_or(0);
        if text[end..].iter().any(Spoken::opens) {
            return true;
        }
        let undone = |(of, start): &(Use, usize)| {
            of.rule == rule && of.slot == Slot::Not && *start <= end + condition.not_within
        };
        let is_read = condition.is_read();
        let may_change = negation::may_be_dismissed(&self.lexicon, text, end)
            || is_read && reading::may_be_described(&self.lexicon, text, end)
            || begun.iter().any(undone);
        end < text.len() && !may_change
    }
}
