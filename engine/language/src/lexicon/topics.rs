//! Which lists there are. Each topic is a file of that name in each language's folder.

use std::collections::BTreeMap;

use sidetone_types::lang::Lang;

use super::contractions::Contractions;
use super::figures::Figures;
use super::numbers::Numbers;
use super::tables::Tables;
use super::texts::TextsByLang;
use super::{Key, List};
use crate::pattern::Phrases;

/// Declares the topics, and for each one its lists with their types.
macro_rules! topics {
    ($($(#[$about:meta])* $topic:ident: $Topic:ident {
        $($(#[$what:meta])* $list:ident: $List:ty,)+
    })+) => {
        /// The word lists of all languages.
        ///
        /// A list holds the words of all of them, so that a line which mixes languages is read as
        /// one.
        #[derive(Debug)]
        pub struct Lexicon {
            $($(#[$about])* pub $topic: $Topic,)+
            /// Words that stand for others.
            pub contractions: Contractions,
            /// How numbers are said.
            pub numbers: Numbers,
            /// How numbers are written, in the languages that say any.
            pub figures: BTreeMap<Lang, Figures>,
            pub(super) texts: TextsByLang,
        }

        $(
            $(#[$about])*
            #[derive(Debug)]
            pub struct $Topic {
                $($(#[$what])* pub $list: $List,)+
            }
        )+

        /// Every topic with the names of its lists.
        pub(super) const TOPICS: &[(&str, &[&str])] =
            &[$((stringify!($topic), &[$(stringify!($list)),+])),+];

        impl Lexicon {
            /// Of lists that were checked, each asked for by its topic and name.
            pub(super) fn of(
                lists: impl Fn(Key) -> Vec<String>,
                texts: TextsByLang,
                tables: &Tables,
            ) -> Self {
                let contractions = tables.of("contractions").into_iter();
                let contractions = Contractions::of(contractions.map(|(_, file)| file));
                let list = |topic, list| lists((topic, list));
                Self {
                    $($topic: $Topic {
                        $($list: <$List>::of(
                            list(stringify!($topic), stringify!($list)),
                            &contractions,
                        ),)+
                    },)+
                    contractions,
                    numbers: Numbers::of(tables.of("numbers")),
                    figures: tables.of("figures").into_iter().collect(),
                    texts,
                }
            }
        }
    };
}

topics! {
    /// What makes a question or a condition of a sentence.
    sentence: Sentence {
        /// What makes everything else depend on something.
        conditions: Phrases,
        /// After these, `if` is `whether` and a question only told of; a courtesy is no condition
        /// either.
        whether: Phrases,
        /// Where a clause begins with these and one of them follows, it is a question all the same.
        addressed: Phrases,
        /// Conditions that are only polite.
        courtesies: Phrases,
        /// What follows from a condition; a condition without it is not finished.
        consequences: Phrases,
        /// What a question begins with.
        asking_first: Phrases,
        /// What makes a question wherever it stands.
        asking_anywhere: Phrases,
        /// What makes a question at its end.
        asking_last: Phrases,
        /// What may stand before the first word that counts.
        fillers: Phrases,
        /// After these, at its end, a sentence goes on.
        unfinished: Phrases,
    }
    /// How words about a action are meant: as a promise, as a wish or proposal, or as neither.
    modality: Modality {
        /// Something will be done.
        will: Phrases,
        /// Nobody knows whether it will.
        doubted: Phrases,
        /// Asked of the other side, or left to them.
        yours: Phrases,
        /// Said by the side that does it, though it speaks of the other.
        ours: Phrases,
        /// The other side is to send or call.
        to_us: Phrases,
        /// It lies behind.
        over: Phrases,
        /// It lies ahead.
        ahead: Phrases,
        /// Done, unless a day to come is named: "I have already booked a technician for tomorrow".
        done: Phrases,
        /// The agent proposes it.
        proposed: Phrases,
        /// No proposal any more, in spite of its words.
        settled: Phrases,
        /// Asks for something else than a yes.
        asks_what: Phrases,
        /// The customer asks for it.
        asked: Phrases,
        /// What the other side has said.
        reported: Phrases,
        /// Whoever speaks will do it.
        own: Phrases,
        /// It is done for the one who speaks.
        to_me: Phrases,
        /// Right behind a action: it will happen.
        happens: Phrases,
        /// Anywhere behind a refund: it will happen.
        takes: Phrases,
        /// What the customer is to do if a condition holds.
        consequences: Phrases,
        /// Mandarin leaves out the subject; these say that it is the customer's doing.
        customers_doing: Phrases,
        /// A word is given.
        vows: Phrases,
        /// Finding out that takes longer than a call.
        slow: Phrases,
        /// The agent sees to it, and does not only say that it happens.
        seen_to: Phrases,
    }
    /// What can be promised or asked for.
    commitments: Commitments {
        /// Ring, or tell in another way.
        calls: Phrases,
        /// Send: what, its object tells.
        sends: Phrases,
        /// Pay money back, or out.
        refunds: Phrases,
        /// Send somebody.
        visits: Phrases,
        /// Send a thing.
        deliveries: Phrases,
        /// Find something out.
        inquiries: Phrases,
        /// Get something done.
        others: Phrases,
        /// Do what was spoken of before.
        does: Phrases,
        /// Nouns: offers to send. `enough for` is "an offer", as a recogniser heard it.
        offers: Phrases,
        /// Nouns: people to send.
        people: Phrases,
        /// Nouns: things to send.
        things: Phrases,
        /// Nouns: papers to send.
        papers: Phrases,
        /// Stand behind a verb for what is sent.
        pronouns: Phrases,
        /// Stand within a verb for what is sent.
        pronouns_within: Phrases,
    }
    /// What promises are read by, besides commitments and modality.
    promises: Promises {
        /// The agent speaks of something to buy.
        wares: Phrases,
        /// How long what was promised before will take.
        takes: Phrases,
        /// A day before these opens a clause of its own: "and by Friday I will call you".
        subjects: Phrases,
        /// Cut off before a clause becomes a title, in the order in which they may follow each
        /// other. As they are written, spaces too.
        leads: Vec<String>,
    }
    /// Yes and no to what the other side asked for or proposed.
    answers: Answers {
        /// Agrees, among the first words.
        yes: Phrases,
        /// The agent goes on to something else and promises nothing yet.
        asks_on: Phrases,
        /// Refuses, among the first words.
        no: Phrases,
        /// Begins like a refusal, and is none.
        kind: Phrases,
        /// Refuses, wherever it stands.
        refuses: Phrases,
    }
    /// What was done during the call.
    actions: Actions {
        /// The agent does it, or has done it.
        done: Phrases,
        /// It is not done.
        undone: Phrases,
        /// Looking something up is no help yet; thanks and talk are no action.
        trifles: Phrases,
        /// What the agent has the customer do.
        asked: Phrases,
        /// Nothing to do but wait, spell or answer.
        asked_trifles: Phrases,
        /// The customer did it, and says so.
        did: Phrases,
        /// Before what the customer says came of it.
        fillers: Phrases,
    }
    /// Why the customer called.
    reason: Reason {
        /// A problem.
        problems: Phrases,
        /// A wish.
        wishes: Phrases,
        /// An agent who calls says why.
        agent_reasons: Phrases,
        /// Said in every call.
        small_talk: Phrases,
        /// Words before the matter that do not belong to it.
        fillers: Phrases,
    }
    /// What may go wrong.
    risks: Risks {
        /// Said of a day by which something must have happened.
        must: Phrases,
        /// They have been in touch about it before.
        again: Phrases,
    }
    /// Days as they are named, and lengths of time. What is put together is grammar, and code
    /// ([`crate::dates`]).
    dates: Dates {
        /// Behind us, or again and again: no day to keep a promise by.
        gone: Phrases,
        /// At once.
        at_once: Phrases,
        /// By the end of the day that is named beside it, else of today.
        end_of_day: Phrases,
        /// The call's own day.
        today: Phrases,
        /// One day later.
        tomorrow: Phrases,
        /// Two days later.
        in_two_days: Phrases,
        /// Three days later.
        in_three_days: Phrases,
        /// Fourteen days later.
        in_two_weeks: Phrases,
        /// The same day of the next month.
        in_a_month: Phrases,
        /// The next Monday to Friday.
        next_business_day: Phrases,
        /// 30 minutes later.
        in_half_an_hour: Phrases,
        /// 60 minutes later.
        in_an_hour: Phrases,
        /// 90 minutes later.
        in_one_and_a_half_hours: Phrases,
        /// The Friday of this week.
        this_week: Phrases,
        /// The Friday of the next one.
        next_week: Phrases,
        /// The Tuesday of the next one.
        early_next_week: Phrases,
        /// The Friday of the one after that.
        week_after_next: Phrases,
        /// The Sunday of this week.
        weekend: Phrases,
        /// The Sunday of the next one.
        next_weekend: Phrases,
        /// The last day of the year.
        end_of_year: Phrases,
        /// Times of the day, which add nothing to a day.
        daytime: Phrases,
        /// The next Monday; single words, as for the others.
        monday: Phrases,
        /// The next Tuesday.
        tuesday: Phrases,
        /// The next Wednesday.
        wednesday: Phrases,
        /// The next Thursday.
        thursday: Phrases,
        /// The next Friday.
        friday: Phrases,
        /// The next Saturday.
        saturday: Phrases,
        /// The next Sunday.
        sunday: Phrases,
        /// The month; single words, as for the others.
        january: Phrases,
        /// The month.
        february: Phrases,
        /// The month.
        march: Phrases,
        /// The month.
        april: Phrases,
        /// The month.
        may: Phrases,
        /// The month.
        june: Phrases,
        /// The month.
        july: Phrases,
        /// The month.
        august: Phrases,
        /// The month.
        september: Phrases,
        /// The month.
        october: Phrases,
        /// The month.
        november: Phrases,
        /// The month.
        december: Phrases,
        /// Those of the months that are short forms, which are written and not spoken.
        short_months: Phrases,
        /// A unit of time, behind a number.
        minutes: Phrases,
        /// A unit.
        hours: Phrases,
        /// A unit.
        days: Phrases,
        /// A unit: Monday to Friday.
        business_days: Phrases,
        /// A unit.
        weeks: Phrases,
        /// Two weeks, however many.
        fortnights: Phrases,
        /// A unit.
        months: Phrases,
        /// May stand between a number and its unit.
        before_unit: Phrases,
        /// Before a length of time: it lies ahead.
        within: Phrases,
        /// Behind it: it lies ahead.
        from_now: Phrases,
        /// Before it: it lies behind us.
        since: Phrases,
        /// Begins like that, and lies ahead.
        for_another: Phrases,
        /// Behind it: it lies behind us.
        ago: Phrases,
    }
    /// What a call was about, in a few words.
    keywords: Keywords {
        /// Words that say nothing of what a call is about.
        everyday: Phrases,
        /// Words of any trade that deals with customers.
        known: Phrases,
        /// Characters that hold sentences together and begin or end no word worth keeping.
        grammar: Phrases,
    }
    /// Whether something was said to be not so.
    negation: Negation {
        /// Deny what follows, up to the end of the clause.
        negators: Phrases,
        /// Deny only what they stand beside, or reach over light words; the rest of the clause where
        /// an attitude is behind them.
        beside: Phrases,
        /// Deny the rest of their clause as well for who asks what will be done, not what is meant.
        within_clause: Phrases,
        /// Stand between a negation and what it denies without stopping it: wishes, plans, sayings,
        /// and what links words.
        light: Phrases,
        /// Verbs of wanting, saying and having to: what they speak of is denied with them.
        attitudes: Phrases,
        /// With a negation behind them, the word behind that is the whole of it: "this is not fair".
        copulas: Phrases,
        /// A word before these is something that is done: "cancel my contract".
        owned: Phrases,
        /// Who does it or how it is done stands before that: "let them cancel", "should cancel".
        helping: Phrases,
        /// At the end of a clause they ask what its negation only seems to deny: 这不是骗人吗.
        rhetorical: Phrases,
        /// With a negation before them what follows is meant: "do not hesitate to".
        turning: Phrases,
        /// At the end of a clause what stands before them is not wanted: 就不用了.
        dismissals: Phrases,
        /// In a question these follow the negation at once: "can't I", "why don't you". It denies
        /// nothing then.
        asked: Phrases,
        /// Words and sayings with a negation in them that denies nothing.
        harmless: Phrases,
    }
    /// Who does what was said: the speaker, or somebody else.
    actor: Actor {
        /// The speaker.
        speaker: Phrases,
        /// Somebody else.
        others: Phrases,
        /// Behind these they are not who does it: "I am done with you".
        objects: Phrases,
        /// Before who is asked to do it.
        asking: Phrases,
        /// Between who is asked and what is to be done: "I want you to".
        asked: Phrases,
        /// A question for the reason asks for nothing.
        reasons: Phrases,
    }
    /// Where a clause begins though nothing is written before it.
    clauses: Clauses {
        /// Who does it. They begin a clause, unless they are what an embedding word speaks of.
        subjects: Phrases,
        /// What links a clause to the one before it.
        borders: Phrases,
        /// Between things of which the same is said.
        coordinators: Phrases,
        /// A clause behind these is part of the one that they are in: "do not think I will".
        embedding: Phrases,
    }
    /// Words that say little when texts are looked up. As they are written.
    search: Search {
        /// Not looked for at all.
        stop: Vec<String>,
        /// Not enough alone.
        weak: Vec<String>,
    }
    /// Words that say nothing when phrases are looked for in speech.
    speech: Speech {
        /// Words that come and go without changing what is said: articles, hesitation, politeness;
        /// particles.
        /// They are also the ones that a recogniser adds and loses most.
        silent: Phrases,
        /// Those of them that begin a clause.
        opening: Phrases,
        /// Those of them that most often end one.
        closing: Phrases,
    }
}
