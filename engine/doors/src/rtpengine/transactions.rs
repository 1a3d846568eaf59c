//! Commands that wait for their answers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::message::Command;

/// Commands whose answers are waited for at once. rtpengine has a few threads for them, and others
/// ask it too.
const WINDOW: usize = 32;

/// When a command is sent again, each time after the one before: rtpengine answers an old cookie as
/// it did the first time. The last wait is for the answer alone.
const TRIES: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(1),
];

/// Commands on their way, each with what it is about.
pub struct Transactions<T> {
    /// What cookies begin with: another one for each run of the engine, since rtpengine remembers
    /// those of before.
    run: String,
    count: u64,
    waiting: VecDeque<(Command, T)>,
    open: HashMap<String, Open<T>>,
    /// What is due when, by cookie.
    due: BTreeMap<(Instant, u64), String>,
}

struct Open<T> {
    datagram: Vec<u8>,
    about: T,
    number: u64,
    tries: usize,
    due: Instant,
}

impl<T> Transactions<T> {
    /// None yet.
    pub fn new(run: String) -> Self {
        Self {
            run,
            count: 0,
            waiting: VecDeque::new(),
            open: HashMap::new(),
            due: BTreeMap::new(),
        }
    }

    /// A command that is to be sent.
    pub fn ask(&mut self, command: Command, about: T) {
        self.waiting.push_back((command, about));
    }

    /// What the answer with that cookie is about. None if nobody waits for it, any more.
    pub fn answered(&mut self, cookie: &str) -> Option<T> {
        let open = self.open.remove(cookie)?;
        self.due.remove(&(open.due, open.number));
        Some(open.about)
    }

    /// The next datagram to send.
    pub fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if let Some((&(at, number), cookie)) = self.due.first_key_value()
            && at <= now
            && let Some(open) = self.open.get_mut(cookie)
            && open.tries < TRIES.len()
        {
            open.due = now + TRIES[open.tries];
            open.tries += 1;
            let (due, datagram) = (open.due, open.datagram.clone());
            let cookie = self.due.remove(&(at, number)).expect("it was there");
            self.due.insert((due, number), cookie);
            return Some(datagram);
        }
        if self.open.len() >= WINDOW {
            return None;
        }
        let (command, about) = self.waiting.pop_front()?;
        self.count += 1;
        let (number, due) = (self.count, now + TRIES[0]);
        let cookie = format!("{}-{number}", self.run);
        let datagram = command.datagram(&cookie);
        self.due.insert((due, number), cookie.clone());
        let open = Open {
            datagram: datagram.clone(),
            about,
            number,
            tries: 1,
            due,
        };
        self.open.insert(cookie, open);
        Some(datagram)
    }

    /// What one is about that is not answered.
    pub fn given_up(&mut self, now: Instant) -> Option<T> {
        let (&(at, _), cookie) = self.due.first_key_value()?;
        let is_last = self
            .open
            .get(cookie)
            .is_none_or(|open| open.tries >= TRIES.len());
        (at <= now && is_last).then_some(())?;
        let cookie = cookie.clone();
        self.answered(&cookie)
    }

    /// When there is something to send again, or to give up.
    pub fn deadline(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Whether all are answered, or given up.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_sent_again_with_its_cookie_and_then_given_up() {
        let mut now = Instant::now();
        let mut transactions = Transactions::new("run".to_owned());
        transactions.ask(Command::Ping, 7);
        let first = transactions.poll(now).expect("sent");
        let mut sent = 1;
        while let Some(deadline) = transactions.deadline() {
            assert!(transactions.poll(now).is_none(), "not before its time");
            now = deadline;
            if let Some(about) = transactions.given_up(now) {
                assert_eq!((about, sent), (7, TRIES.len()));
                break;
            }
            assert_eq!(transactions.poll(now).as_ref(), Some(&first));
            sent += 1;
        }
        assert!(transactions.is_idle());
        assert_eq!(transactions.answered("run-1"), None, "too late");
    }

    #[test]
    fn no_more_than_so_many_are_asked_at_once() {
        let now = Instant::now();
        let mut transactions = Transactions::new("run".to_owned());
        for i in 0..WINDOW + 3 {
            transactions.ask(Command::Ping, i);
        }
        let mut sent = 0;
        while transactions.poll(now).is_some() {
            sent += 1;
        }
        assert_eq!(sent, WINDOW);
        assert_eq!(transactions.answered("run-2"), Some(1));
        assert_eq!(transactions.answered("run-2"), None, "answered twice");
        assert_eq!(transactions.answered("stranger"), None);
        assert!(transactions.poll(now).is_some());
        assert!(transactions.poll(now).is_none());
    }
}
