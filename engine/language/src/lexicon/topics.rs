//! Which lists there are. Each topic is a file of that name in each language's folder.

use std::collections::BTreeMap;

use sidetone_types::lang::Lang;

use super::contractions::Contractions;
use super::festivals::Festivals;
use super::figures::Figures;
use super::numbers::Numbers;
use super::tables::Tables;
use super::texts::TextsByLang;
use super::{Key, List};
use crate::dates::Calendar;
use crate::pattern::{Phrases, Verbs};

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
            /// Which days are worked on where the calls are: a matter of the place, not of words.
            pub calendar: Calendar,
            pub(crate) festivals: Festivals,
            /// What times begin with. Most words begin none, and are asked for once.
            pub(crate) first_of_times: Phrases,
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
                    numbers: Numbers::of(tables.of("numbers")),
                    figures: tables.of("figures").into_iter().collect(),
                    festivals: Festivals::of(tables.of("festivals"), &contractions),
                    calendar: Calendar::default(),
                    first_of_times: Phrases::of(first_of_times(&lists), &contractions),
                    contractions,
                    texts,
                }
            }
        }
    };
}

/// Lists of dates of which nothing begins a time: they stand within one or beside it.
const BESIDE_TIMES: &[&str] = &[
    "ago",
    "asked_to_wait",
    "before_bare_day",
    "before_day",
    "before_month",
    "before_unit",
    "before_vague",
    "behind_clock",
    "behind_vague",
    "by",
    "counted_from",
    "done_by_then",
    "either",
    "for_another",
    "from_now",
    "goes_on",
    "links",
    "lunar_month",
    "no_day_of_month",
    "no_festival",
    "since",
    "until",
    "wait",
    "weeks_on",
    "within",
];

/// What times begin with.
fn first_of_times(lists: impl Fn(Key) -> Vec<String>) -> Vec<String> {
    let names = TOPICS.iter().filter(|(topic, _)| *topic == "dates");
    let names = names.flat_map(|(_, names)| names.iter());
    let names = names.filter(|name| !BESIDE_TIMES.contains(name));
    names.flat_map(|name| lists(("dates", name))).collect()
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
        /// Begin like a condition, or end with one, and are none: "the number you provided".
        no_conditions: Phrases,
        /// Conditions that are only polite.
        courtesies: Phrases,
        /// What follows from a condition; a condition without it is not finished.
        consequences: Phrases,
        /// What a question begins with.
        asking_first: Phrases,
        /// Begins like one, and asks nothing: "what I will do is".
        telling_first: Phrases,
        /// What makes a question wherever it stands.
        asking_anywhere: Phrases,
        /// Hold what would be a question, and ask nothing: 不对不对.
        telling_anywhere: Phrases,
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
        /// Before whom something is done for, or with.
        for_whom: Phrases,
        /// Between who speaks and a verb: they wish for it.
        wants: Phrases,
        /// It is done for who listens.
        to_you: Phrases,
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
        /// It was long ago.
        long_past: Phrases,
        /// Before a deed they say that it is done: "I have sent".
        perfect: Phrases,
        /// Verbs that lie in the past and do not end as most do: "broke".
        past: Phrases,
        /// At the end of a clause that sends something: it is done.
        completed: Phrases,
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
        /// In a question: what the one who is asked was told before.
        told_you: Phrases,
        /// Who was named before.
        they: Phrases,
        /// Whoever is told so stays on the line.
        holding: Phrases,
        /// Whoever speaks will do it.
        own: Phrases,
        /// It is done for the one who speaks.
        to_me: Phrases,
        /// It is done for somebody else than who listens: "ring my husband".
        to_others: Phrases,
        /// Right behind a action: it will happen.
        happens: Phrases,
        /// Anywhere behind a refund: it will happen.
        takes: Phrases,
        /// What the customer is to do if a condition holds.
        consequences: Phrases,
        /// It is the customer's doing; also where Mandarin leaves out the subject.
        customers_doing: Phrases,
        /// It is usual, or it would be so or was planned: no word is given for today.
        hypothetical: Phrases,
        /// Said of all such things, and of none in particular: "most refunds", 大部分.
        general: Phrases,
        /// Somebody does it who is not one of us.
        strangers: Phrases,
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
        calls: Verbs,
        /// Send: what, its object tells.
        sends: Verbs,
        /// Pay money back, or out.
        refunds: Verbs,
        /// Send somebody.
        visits: Verbs,
        /// Send a thing.
        deliveries: Verbs,
        /// Find something out.
        inquiries: Verbs,
        /// Get something done.
        others: Verbs,
        /// Do what was spoken of before.
        does: Verbs,
        /// Mandarin verbs of one character, as words of their own: ring.
        call_words: Phrases,
        /// Send: what, its object tells.
        send_words: Phrases,
        /// Send somebody.
        visit_words: Phrases,
        /// Mandarin: who comes, or what they are called at its end, 水表工.
        visitors: Phrases,
        /// Behind those, or in English behind people and things: that they come.
        motions: Phrases,
        /// Behind things and papers: that they are on their way, or there.
        leaves: Phrases,
        /// Behind a verb of one character: it can not be done.
        fails: Phrases,
        /// Behind a verb, they begin what has a subject of its own.
        apart: Phrases,
        /// Bring a thing.
        delivery_words: Phrases,
        /// Pay back, or out.
        refund_words: Phrases,
        /// Get something done, or paid.
        other_words: Phrases,
        /// Behind those: where it goes, or that it is done.
        complements: Phrases,
        /// Between somebody who comes and what for: "comes to fix".
        purposes: Phrases,
        /// We say what we will do, whatever it is.
        we_will: Phrases,
        /// Before what is done to something: "will be".
        will_be: Phrases,
        /// What is done to it, where that does not end with `ed`.
        done: Phrases,
        /// Behind one of the people we send: what they will do.
        will_do: Phrases,
        /// Between these and the verb.
        beside_verb: Phrases,
        /// What nobody does for anybody: "be", "see".
        states: Phrases,
        /// How something goes to somebody: "in the post".
        ways: Phrases,
        /// Where somebody comes.
        places: Phrases,
        /// Nouns: offers to send. `enough for` is "an offer", as a recogniser heard it.
        offers: Phrases,
        /// Nouns: people to send.
        people: Phrases,
        /// Nouns: things to send.
        things: Phrases,
        /// Nouns: papers to send.
        papers: Phrases,
        /// Nouns: money to be paid out.
        money: Phrases,
        /// Nouns: calls, where no verb tells of them.
        named_calls: Phrases,
        /// What is named beside these is what is done: "arrange the survey".
        arranges: Phrases,
        /// Nouns: visits, where no verb tells of them.
        named_visits: Phrases,
        /// Begin like those, and are none: 维修费.
        no_visits: Phrases,
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
        /// What was just said is put right: a day behind these counts instead of one before.
        corrects: Phrases,
        /// A day that is said again behind these, before another one, is why it will not do.
        hesitates: Phrases,
        /// It is put off to the day that follows.
        moved: Phrases,
        /// Right before a day: not on that one.
        not_then: Phrases,
        /// Right before the day that counts, where another was denied: "not on Friday but on
        /// Monday".
        but_then: Phrases,
        /// Right before a day that takes the place of the one before it: "he is off sick, it will be
        /// Wednesday now".
        now_then: Phrases,
        /// That day does not suit, or is refused.
        unfit: Phrases,
        /// Those of them that say that an agent is there: 上班.
        at_work: Phrases,
        /// That day suits, or would suit better.
        suits: Phrases,
        /// The customer keeps a time free: "I am free", 有空.
        keeps_free: Phrases,
        /// The time that was named before: "I will call you then", 到时候.
        at_that_time: Phrases,
        /// Before the day on which something happens, behind what denies that it is sooner: "not until".
        not_sooner: Phrases,
        /// Before a day or at its end: it is to be done by then.
        deadlines: Phrases,
        /// Beside a day, with nothing else, they name that day and no other matter.
        beside_day: Phrases,
        /// Between days of which one is to be chosen.
        either: Phrases,
        /// Asks whether there is anything else: what is said beside it is no question.
        asks_on: Phrases,
        /// Asks for a day.
        asks_when: Phrases,
        /// Asks which of the days that were named.
        asks_which: Phrases,
        /// The customer does without.
        declines: Phrases,
        /// Behind that, they name nothing that they do without.
        beside_decline: Phrases,
        /// The agent will not do it any more.
        cancels: Phrases,
        /// The agent takes back what was promised last.
        withdraws: Phrases,
        /// At the beginning of a clause: something shall not be done.
        forbids: Phrases,
        /// Begin like that, and forbid nothing that was promised: "do not worry".
        forbids_else: Phrases,
        /// It is to be done in place of what was promised.
        replaces: Phrases,
        /// Customers fetch it or come by themselves.
        takes_over: Phrases,
        /// It is to be done as well, and moves nothing.
        in_addition: Phrases,
        /// Times that name no day.
        vague_times: Phrases,
        /// With the words around them, an event that nobody knows the day of: "once it is over".
        events: Phrases,
        /// The event is what they wait for, with the words behind them: 等您签完字.
        waiting: Phrases,
        /// Begin like one, and are none: 等一下.
        no_event: Phrases,
        /// Before a time, in a title.
        prepositions: Vec<String>,
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
    /// How people say who they are.
    identity: Identity {
        /// Behind them stands a number by which a company knows a customer, a contract or an order.
        references: Phrases,
        /// Behind them stands the speaker's own name.
        names: Phrases,
        /// What a name may have in front of it.
        titles: Phrases,
        /// No part of a name: it ends there.
        name_ends: Phrases,
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
        /// The agent asks what it is about.
        invitations: Phrases,
        /// The agent asks whether that is what they mean.
        guesses: Phrases,
        /// Said in every call.
        small_talk: Phrases,
        /// A short question that begins like this is about who is called: "is that the helpline".
        asks_line: Phrases,
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
    /// What tells how strained somebody is.
    strain: Strain {
        /// Angry words, and threats.
        anger: Phrases,
        /// What was promised and did not come.
        broken: Phrases,
        /// Thanks and relief.
        relief: Phrases,
        /// Words of the other lists mean nothing of the kind in these.
        harmless: Phrases,
    }
    /// Days as they are named, and lengths of time. What is put together is grammar, and code
    /// ([`crate::dates`]).
    dates: Dates {
        /// Behind us, or again and again: no day to keep a promise by.
        gone: Phrases,
        /// A time to come that nobody can tell from the words.
        some_time: Phrases,
        /// The same, where they stand before or behind it: the holidays.
        vague: Phrases,
        /// Stand before what is vague: after.
        before_vague: Phrases,
        /// Stand behind it.
        behind_vague: Phrases,
        /// At once.
        at_once: Phrases,
        /// Those of them that may ask to wait.
        wait: Phrases,
        /// Before them: it is asked to wait.
        asked_to_wait: Phrases,
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
        /// Seven days later.
        in_a_week: Phrases,
        /// Fourteen days later.
        in_two_weeks: Phrases,
        /// The same day of the next month.
        in_a_month: Phrases,
        /// The next Monday to Friday.
        next_business_day: Phrases,
        /// 60 minutes later.
        in_an_hour: Phrases,
        /// The Friday of this week.
        by_the_weekend: Phrases,
        /// The Friday of this week.
        this_week: Phrases,
        /// The Friday of the next one.
        next_week: Phrases,
        /// The Friday of the one after that.
        week_after_next: Phrases,
        /// A week, where only a part of it may be named.
        the_week: Phrases,
        /// The Sunday of this week.
        weekend: Phrases,
        /// The Sunday of the next one.
        next_weekend: Phrases,
        /// The Sunday of the one after that.
        weekend_after_next: Phrases,
        /// A weekend that is counted.
        weekends: Phrases,
        /// The month of the call.
        this_month: Phrases,
        /// The next.
        next_month: Phrases,
        /// The one after that.
        month_after_next: Phrases,
        /// A month, where only a part of it may be named.
        the_month: Phrases,
        /// Three months of the calendar.
        this_quarter: Phrases,
        /// The next.
        next_quarter: Phrases,
        /// A quarter, where only a part of it may be named, or behind its number.
        the_quarter: Phrases,
        /// March to May.
        spring: Phrases,
        /// June to August.
        summer: Phrases,
        /// September to November.
        autumn: Phrases,
        /// December to February.
        winter: Phrases,
        /// The last day of the year of the call.
        end_of_year: Phrases,
        /// The year of the call.
        this_year: Phrases,
        /// The next.
        next_year: Phrases,
        /// The one after that.
        year_after_next: Phrases,
        /// A year, where only a part of it may be named, or behind its number.
        the_year: Phrases,
        /// Before a period: its first days.
        beginning_of: Phrases,
        /// Its middle.
        middle_of: Phrases,
        /// Its last day.
        end_of: Phrases,
        /// Behind a period: its first days.
        beginning: Phrases,
        /// Its middle.
        middle: Phrases,
        /// Its last day.
        end: Phrases,
        /// Before a month that stands for its last day.
        before_month: Phrases,
        /// Between what is counted and the period it is counted in.
        of: Phrases,
        /// Articles, which add nothing.
        article: Phrases,
        /// The last of its like.
        last: Phrases,
        /// Before a number, which then tells a place.
        before_ordinal: Phrases,
        /// The same, counted from the end.
        from_the_end: Phrases,
        /// Behind an ordinal that counts from the end.
        to_last: Phrases,
        /// Between a place and what has it.
        counter: Phrases,
        /// Parts of the day, by their ends: noon.
        morning: Phrases,
        /// 14:00.
        noon: Phrases,
        /// 18:00.
        afternoon: Phrases,
        /// Midnight.
        evening: Phrases,
        /// Behind a day: its morning.
        early: Phrases,
        /// Its evening.
        late: Phrases,
        /// Days by a part of them, which a time of day behind is told in: mornings.
        mornings: Phrases,
        /// Afternoons.
        afternoons: Phrases,
        /// Evenings.
        evenings: Phrases,
        /// Before a time of day.
        before_clock: Phrases,
        /// Behind it.
        behind_clock: Phrases,
        /// Behind an hour of the day.
        oclock: Phrases,
        /// Before an hour: 30 minutes more.
        half_past: Phrases,
        /// 15 more.
        quarter_past: Phrases,
        /// 15 less.
        quarter_to: Phrases,
        /// Between minutes and the hour before.
        past_hour: Phrases,
        /// Between minutes and the hour to come.
        to_hour: Phrases,
        /// Behind an hour: 30 minutes more.
        half_behind_hour: Phrases,
        /// 15 more.
        quarter_behind_hour: Phrases,
        /// 45 more.
        three_quarters_behind_hour: Phrases,
        /// What goes on behind a number that has no noun.
        goes_on: Phrases,
        /// The next Monday, as for the others; one word where it is written in figures too.
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
        /// Before a weekday: that of this week.
        this_weekday: Phrases,
        /// That of the next one.
        next_weekday: Phrases,
        /// That of the one after that.
        weekday_after_next: Phrases,
        /// The first behind the day that was named before.
        following_weekday: Phrases,
        /// One that is over, or every one.
        no_weekday: Phrases,
        /// Behind a weekday: that of the week after the next.
        after_next: Phrases,
        /// Behind a day: a week more.
        a_week_later: Phrases,
        /// Between so many weeks and a weekday.
        weeks_on: Phrases,
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
        /// Behind the number of a month.
        month_of_year: Phrases,
        /// Behind the number of a day.
        day_of_month: Phrases,
        /// The same with what makes something else of it.
        no_day_of_month: Phrases,
        /// The Chinese calendar, before a day of it.
        lunar: Phrases,
        /// A month of it that is said for the second time.
        leap_month: Phrases,
        /// Its first month.
        lunar_first: Phrases,
        /// Its eleventh month.
        lunar_eleventh: Phrases,
        /// Its twelfth month.
        lunar_twelfth: Phrases,
        /// A month of it, behind an ordinal.
        lunar_month: Phrases,
        /// Before the number of one of the first ten days of its months.
        lunar_tens: Phrases,
        /// Twenty, in the day of such a month.
        lunar_twenties: Phrases,
        /// Before a day of a month.
        before_day: Phrases,
        /// Before a day of a month that is named by its number alone: "sorry, the nineteenth".
        before_bare_day: Phrases,
        /// Behind a festival: it is part of a name.
        no_festival: Phrases,
        /// The day that was named before.
        that: Phrases,
        /// Between a length of time and what it begins with.
        from: Phrases,
        /// Before another time: later than it.
        after: Phrases,
        /// Earlier.
        before: Phrases,
        /// Behind another time: later than it.
        after_behind: Phrases,
        /// Earlier.
        before_behind: Phrases,
        /// Between two that name one time.
        links: Phrases,
        /// Between days of which one is to be chosen.
        either: Phrases,
        /// Between the ends of a range of days.
        until: Phrases,
        /// The next public holiday, whichever it is, with a word before or behind it.
        public_holiday: Phrases,
        /// Between a time and what happens by then.
        by: Phrases,
        /// A unit of time, behind a number.
        minutes: Phrases,
        /// A unit.
        quarter_hours: Phrases,
        /// A unit.
        hours: Phrases,
        /// A unit.
        days: Phrases,
        /// A unit: Monday to Friday.
        business_days: Phrases,
        /// A unit.
        weeks: Phrases,
        /// A unit of two weeks.
        fortnights: Phrases,
        /// A unit.
        months: Phrases,
        /// A unit.
        years: Phrases,
        /// A unit of which nobody can tell the days.
        quarters: Phrases,
        /// Half of the unit behind it.
        half: Phrases,
        /// Behind a number or its unit: and half of one more.
        and_a_half: Phrases,
        /// May stand between a number and its unit.
        before_unit: Phrases,
        /// Before a length of time: it lies ahead.
        within: Phrases,
        /// Behind it: it lies ahead.
        from_now: Phrases,
        /// Behind it: something is done when it is over, so that it lies ahead.
        done_by_then: Phrases,
        /// Before it: it lies behind us.
        since: Phrases,
        /// Begins like that, and lies ahead.
        for_another: Phrases,
        /// Behind it: it lies behind us.
        ago: Phrases,
        /// Before it: it is counted from something that has yet to happen.
        counted_from: Phrases,
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
        /// Stand between what is not wanted and how that is said: 律师我就不用了.
        leads: Phrases,
        /// At the end of a clause what stands before them is not wanted: 就不用了.
        dismissals: Phrases,
        /// Right behind a thing, and before what would be done with it, these refuse it: 主管就别叫了.
        refusing_behind: Phrases,
        /// In a question these follow the negation at once: "can't I", "why don't you". It denies
        /// nothing then.
        asked: Phrases,
        /// Words and sayings with a negation in them that denies nothing.
        harmless: Phrases,
    }
    /// Whether a matter is over.
    settled: Settled {
        /// They say so by themselves: "came through", 好了.
        sayings: Phrases,
        /// Verbs that put a matter right: "fixed", 修.
        mended: Phrases,
        /// Behind "is" or "was" these say so as well: "removed".
        righted: Phrases,
        /// Behind verbs they tell what has become of it: "back", 完.
        results: Phrases,
        /// Before verbs they say that it is done: "have", 已经.
        has: Phrases,
        /// Stand between: "already", 给我.
        lately: Phrases,
        /// Behind "is" they say that all is well: "fine".
        well: Phrases,
        /// It is not over with one of these right before: "not", 没.
        not_before: Phrases,
        /// Nor with one of these behind, which go on or ask: "until", 吗.
        not_behind: Phrases,
        /// Nor with one of these anywhere before in its clause: what is only told, or hoped for.
        supposed: Phrases,
        /// Nor where one of these follows, in whatever clause: "but", 可是.
        reopening: Phrases,
        /// It has come up anew: "again", 又.
        anew: Phrases,
        /// It does not trouble the speaker, or is not the listener's: "nothing to do with you".
        elsewhere: Phrases,
        /// It was so before, and may be over by now: "was", 之前.
        was_so: Phrases,
        /// Before what was waited for, they say that it has come: "got".
        received: Phrases,
        /// But not where one of these is between: nobody waited for "a late fee".
        indefinite: Phrases,
        /// Between a thing and what it belongs to: "of".
        belongs: Phrases,
        /// What these speak of was a mistake or a plan, if it is said how it really was or what came of it: "I
        /// thought", 本来想.
        mistaken: Phrases,
        /// What was planned has come to nothing so far, and is still wanted: "could not".
        hindered: Phrases,
        /// Before a thing they say only which: "the", 我的.
        determiners: Phrases,
    }
    /// Who does what was said: the speaker, or somebody else.
    actor: Actor {
        /// The speaker.
        speaker: Phrases,
        /// Somebody else.
        others: Phrases,
        /// Of those, the ones that the speaker may be speaking of: "I found a cheaper provider".
        things: Phrases,
        /// Behind these they are not who does it: "I am done with you".
        objects: Phrases,
        /// Before who is asked to do it.
        asking: Phrases,
        /// Between who is asked and what is to be done: "I want you to".
        asked: Phrases,
        /// A question for the reason asks for nothing.
        reasons: Phrases,
        /// They ask for a reason alone, and nobody needs to be named: 为什么终止我的服务.
        whys: Phrases,
        /// Before what is done to a thing: "was closed", 被注销.
        passives: Phrases,
    }
    /// Whether something that is named is meant, or only talked of. Without words that say nothing.
    reading: Reading {
        /// Who is spoken to.
        listener: Phrases,
        /// What the speaker's family does it does for the speaker.
        family: Phrases,
        /// Right before something they say whose it is, or what they are: "my sister's".
        of_family: Phrases,
        /// Whom the speaker knows, and who is not of the family.
        acquaintances: Phrases,
        /// Before who has done something: "by".
        doers: Phrases,
        /// Companies and offices that the speaker deals with elsewhere.
        firms: Phrases,
        /// Somebody else.
        others: Phrases,
        /// How the speaker begins to ask for something: "get me".
        orders: Phrases,
        /// What people do, of whom nothing else tells that they are people: "says", "suing".
        acts: Phrases,
        /// What "says" and "is going" as well, and is nobody: "case", "it".
        affairs: Phrases,
        /// Before what belongs to the speaker.
        own: Phrases,
        /// Before what belongs to others.
        owners: Phrases,
        /// Before whom something is done to.
        against: Phrases,
        /// Behind people of the listener's they tell what those have done: "your manager said".
        has_done: Phrases,
        /// Behind what is named they make it a kind of thing: "cancer cover".
        kinds: Phrases,
        /// Before what is named they make it what something is against or about: "article on".
        about: Phrases,
        /// Carry a clause on, and turn it to nothing else: 就.
        carrying: Phrases,
        /// Behind who is named they tell that it is them who do it.
        doing: Phrases,
        /// Behind a deed they say that it is done to the speaker, or among those who do it.
        theirs: Phrases,
        /// Between somebody and what they are.
        being: Phrases,
        /// Between somebody and for whom they work.
        working: Phrases,
        /// After "is" they lead on to something else than what somebody is: "is calling a lawyer".
        leading_on: Phrases,
        /// Between "is" and what somebody is they tell of what rank: "a retired judge".
        ranks: Phrases,
        /// Behind somebody who is named they describe them: "my solicitor who is".
        described: Phrases,
        /// Behind a body or a profession they tell what it says, has or is: "Ofcom rules".
        citing: Phrases,
        /// Before it they tell that what it says is waited for: "we will see what Ofcom says".
        awaited: Phrases,
        /// What people of law are needed for where nobody quarrels: "for probate".
        errands: Phrases,
        /// Tell by themselves that others have told it.
        hearsay: Phrases,
        /// Where news are found, with a verb of `hearing`.
        sources: Phrases,
        /// How news are told and heard.
        hearing: Phrases,
        /// Before what a condition supposes.
        conditions: Phrases,
        /// Before what did not happen.
        unreal: Phrases,
        /// Whatever is said of what would be but for this.
        but_for: Phrases,
        /// Long ago.
        past: Phrases,
        /// Whoever talks like this of a trifle is joking: "haha".
        jests: Phrases,
        /// Behind something they say that it was a joke.
        taken_back: Phrases,
        /// In a clause they tell that it exaggerates: "so bored".
        figures: Phrases,
        /// Tell of a film, a book or a game.
        stories: Phrases,
        /// In a sentence they tell that it is meant, whatever is said beside it: a plan, a means, a
        /// time, a goodbye, and that it is no joke.
        meant: Phrases,
        /// Things that annoy and amuse, and endanger nobody: "hold music", 网速.
        trifles: Phrases,
        /// What else may perish without anybody being in danger: 小店.
        perishable: Phrases,
        /// Between such a thing and what it brings about: "makes me", 让人.
        causing: Phrases,
        /// Between such a thing and what befalls it: 都快.
        adverbs: Phrases,
        /// Before such a thing, behind what it brings about: "of boredom".
        over: Phrases,
        /// Praise.
        praise: Phrases,
        /// Before own people at whom somebody is angry: "at my son".
        angry_at: Phrases,
        /// Behind own people they begin to tell what those have done: 儿子把.
        did: Phrases,
        /// They ask whether it is so: "is this", 是不是, 吗.
        asks_whether: Phrases,
    }
    /// Where a clause begins though nothing is written before it.
    clauses: Clauses {
        /// Who does it. They begin a clause, unless they are what an embedding word speaks of.
        subjects: Phrases,
        /// What links a clause to the one before it.
        borders: Phrases,
        /// Begin like those, and link nothing: 那边.
        no_borders: Phrases,
        /// Between things of which the same is said.
        coordinators: Phrases,
        /// A clause behind these is part of the one that they are in: "do not think I will".
        embedding: Phrases,
        /// At the beginning of a clause without a subject, it goes on with that of the one before.
        continuing: Phrases,
        /// Behind a deed they stand for the thing that was named before: "cancel it".
        pointing: Phrases,
        /// At the end of a clause they tell when or how, or address somebody: "any more", "sir".
        trailing: Phrases,
    }
    /// Words that say little when texts are looked up. As they are written.
    search: Search {
        /// Not looked for at all.
        stop: Vec<String>,
        /// Not enough alone.
        weak: Vec<String>,
    }
    /// How secrets are announced and asked for, and what tells that a number is none.
    redaction: Redaction {
        /// The number of a card.
        card_number: Phrases,
        /// Cards themselves.
        card: Phrases,
        /// What may be the security code of a card where nothing else is named: 后三位.
        perhaps_security_code: Phrases,
        /// What is told of a code that is not named further: "the code".
        perhaps_code: Phrases,
        /// The three or four digits on the back of a card.
        card_security_code: Phrases,
        /// Until when a card is valid.
        card_expiry: Phrases,
        /// Until when a card is valid, where one is spoken of: 到期.
        perhaps_expiry: Phrases,
        /// What a number may be called, whichever it is: "digits", 数字.
        heads: Phrases,
        /// What tells that it is short: "three", "the little".
        short: Phrases,
        /// What tells that it has four to eight digits: "six", 六个.
        middling: Phrases,
        /// What tells that it is a long one: "sixteen", "the whole".
        long: Phrases,
        /// Where the security code of a card stands: "by the signature".
        on_back: Phrases,
        /// Where the number of a card stands, and the code of some: "across the front".
        on_front: Phrases,
        /// Where a code for one use arrives: "in that text".
        in_message: Phrases,
        /// What a standing code opens: "the keypad".
        on_door: Phrases,
        /// Goods and papers that are valid until some day, as cards are.
        dated: Phrases,
        /// What may be an account where nothing else is expected: "the whole thing".
        perhaps_account: Phrases,
        /// What sounds like the name of something and is none: 先生的.
        no_names: Phrases,
        /// What is told is called so in short, once it was asked for: "the card's …".
        short_card: Phrases,
        /// The same of a security code.
        short_security_code: Phrases,
        /// The same of an account.
        short_account: Phrases,
        /// The same of what numbers people.
        short_identity: Phrases,
        /// The same of a telephone.
        short_phone: Phrases,
        /// The same of a code for one use.
        short_code: Phrases,
        /// The same of a password, and of what security questions ask.
        short_password: Phrases,
        /// The same of a birthday.
        short_birthday: Phrases,
        /// The same of an address.
        short_address: Phrases,
        /// Before a paper on which something stands: "on the".
        on_paper: Phrases,
        /// How long numbers are that are of no payment card.
        other_lengths: Phrases,
        /// What somebody did with a password, which asks for none.
        typed: Phrases,
        /// It turns down what was told, or asks for the next one.
        renewing: Phrases,
        /// Words of a question or a request, where those of `requests` do not tell: "may i have".
        question_words: Phrases,
        /// Between several things that are asked for at once: "and".
        linking: Phrases,
        /// What leads to a name in an answer: "was", "it is".
        copulas: Phrases,
        /// What stands between those and the name: "a".
        articles: Phrases,
        /// What an answer in words may begin with: "ooh".
        interjections: Phrases,
        /// Marks in a password, as they are said: "exclamation mark".
        marks_said: Phrases,
        /// Before letters of a password: "capital".
        letter_cases: Phrases,
        /// Numerals that stand for a thing: "one".
        pronouns: Phrases,
        /// What stands before those: "the new one".
        before_pronouns: Phrases,
        /// What is called by a word before it: "file number".
        kinds_of_numbers: Phrases,
        /// Words that do not tell what a number is: "the number".
        no_kind: Phrases,
        /// What other answers are asked for along with one: "and the pet".
        password_parts: Phrases,
        /// Words that stand for their first letter: "bravo".
        phonetic: Phrases,
        /// International account numbers.
        iban: Phrases,
        /// Numbers of accounts with banks, and of banks.
        account_number: Phrases,
        /// Numbers of people: 身份证, "social security".
        identity_number: Phrases,
        /// Passports.
        passport: Phrases,
        /// Telephones.
        phone: Phrases,
        /// The same where nothing else is expected: "my number".
        perhaps_phone: Phrases,
        /// E-mail.
        email: Phrases,
        /// Where people live.
        address: Phrases,
        /// The part of an address that tells the town alone: no address by itself.
        postcode: Phrases,
        /// Other parts of an address, which are asked for along with it: 几号楼.
        address_parts: Phrases,
        /// When people were born.
        birthday: Phrases,
        /// Passwords, PINs, and answers that open accounts.
        password: Phrases,
        /// Codes for one use.
        one_time_code: Phrases,
        /// What is named by a number that is no secret: "order number".
        harmless: Phrases,
        /// Behind a number they tell how many of what, or which day or hour.
        units: Phrases,
        /// Said between the digits of a number.
        joining: Phrases,
        /// Said to take back the digits before: "no sorry".
        corrections: Phrases,
        /// What an answer may begin or end with, beside what was asked for.
        answering: Phrases,
        /// An answer with one of these does not give what was asked for.
        no_answer: Phrases,
        /// Between the name of a secret and the secret: "is".
        naming: Phrases,
        /// Behind a secret, before its name: "that is my".
        named: Phrases,
        /// Before the name of a secret they tell that it is not asked for: "never".
        forbidding: Phrases,
        /// What such a word already has, so that it is not about what is named behind it: "it".
        objects: Phrases,
        /// Words that a full stop shortens: "St. Brendan's".
        abbreviations: Phrases,
        /// Behind the number of a telephone, before the digits that are dialled then: "extension".
        extensions: Phrases,
        /// Words that show that an account with a bank is spoken of.
        banking: Phrases,
        /// Before the way on which a code is sent: "to your phone".
        channels: Phrases,
        /// Before what a secret is for: "the card number for the order".
        belonging: Phrases,
        /// With one of these a sentence about something else begins: "my".
        determiners: Phrases,
        /// With one of these the sentence turns to something else: "but".
        turning: Phrases,
        /// Before the name of what belongs to whoever speaks: "my".
        own: Phrases,
        /// What stands in the place of what is asked for: "what", 哪.
        asking: Phrases,
        /// Said by whoever waits for what was named before: "go ahead".
        prompts: Phrases,
        /// Other parts of an account, which are asked for along with it.
        account_parts: Phrases,
        /// Words of a request, of languages in which what is named is not asked for without one.
        requests: Phrases,
        /// Names behind which the question itself follows: "security question".
        questions: Phrases,
        /// Which part of a number is said again: 后四位.
        positions: Phrases,
        /// What is asked of a date that was told in part: "the year".
        date_parts: Phrases,
        /// Behind the name of a secret: only the end of it is meant.
        endings: Phrases,
        /// Before a number they tell that it is a time or an estimate: "about".
        timing: Phrases,
        /// Between a letter and a word that begins with it: "B for bravo".
        spelling: Phrases,
        /// In addresses of mail: 艾特.
        at_sign: Phrases,
        /// In addresses of mail: 点.
        dot: Phrases,
        /// What else joins the parts of an address of mail: "underscore".
        mail_marks: Phrases,
        /// Said about the letters of one: "all one word".
        about_letters: Phrases,
        /// Never part of an address of mail.
        no_mail: Phrases,
        /// Streets: "road", 路.
        streets: Phrases,
        /// The letters that international account numbers begin with.
        iban_countries: Phrases,
        /// Those of them that are common words as well: "way".
        perhaps_streets: Phrases,
        /// What an address begins with: 市.
        regions: Phrases,
        /// Before or behind the number of a dwelling: "flat", 栋.
        dwellings: Phrases,
        /// Where an address is over.
        no_address: Phrases,
        /// Names of months.
        months: Phrases,
        /// Within a date.
        date_joining: Phrases,
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
