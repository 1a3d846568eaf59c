//! Counts of n-grams: how often each was seen, and after how many different tokens.

use super::ngram::ORDER;

/// Texts to count, as tokens.
///
/// Each begins with a mark that is no token of the vocabulary, so that every other token has one
/// before it.
#[derive(Clone, Debug)]
pub struct Corpus {
    vocabulary: u32,
    tokens: Vec<u32>,
    /// For each token, where its text ends.
    ends: Vec<u32>,
}

impl Corpus {
    /// Without a text. Tokens are below `vocabulary`; the last of them ends a sentence.
    pub fn new(vocabulary: u32) -> Self {
        Self {
            vocabulary,
            tokens: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Adds a sentence from its beginning to its end.
    pub fn add_sentence(&mut self, tokens: &[u32]) {
        self.add(self.vocabulary, tokens, Some(self.vocabulary - 1));
    }

    /// Adds words that may stand anywhere in a sentence.
    pub fn add_fragment(&mut self, tokens: &[u32]) {
        self.add(self.vocabulary + 1, tokens, None);
    }

    fn add(&mut self, mark: u32, tokens: &[u32], end: Option<u32>) {
        self.tokens.push(mark);
        self.tokens.extend(tokens);
        self.tokens.extend(end);
        self.ends
            .resize(self.tokens.len(), self.tokens.len() as u32);
    }

    /// Tokens that have a probability.
    pub fn vocabulary(&self) -> u32 {
        self.vocabulary
    }

    /// Tokens of all texts, with marks and ends.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }
}

/// All n-grams of a corpus, as a trie.
#[derive(Debug)]
pub struct Counts<'a> {
    corpus: &'a Corpus,
    /// By length; each in the order of its tokens.
    pub levels: Vec<Vec<Counted>>,
}

/// One n-gram.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Where it stands first.
    at: u32,
    /// How often it was seen.
    pub seen: u32,
    /// What Kneser-Ney counts: for those of full length, and those at the beginning of a text, how
    /// often they were seen; for others, after how many different tokens.
    pub adjusted: u32,
    /// Where those that are one token longer begin in the next level.
    pub children: u32,
}

impl<'a> Counts<'a> {
    /// Counts.
    pub fn new(corpus: &'a Corpus) -> Self {
        let tail = |at: u32| {
            let longest = (at as usize + ORDER).min(corpus.ends[at as usize] as usize);
            &corpus.tokens[at as usize..longest]
        };
        let mut places: Vec<u32> = (0..corpus.tokens.len() as u32).collect();
        places.sort_unstable_by(|a, b| tail(*a).cmp(tail(*b)));
        let mut levels: Vec<Vec<Counted>> = vec![Vec::new(); ORDER];
        let mut before: &[u32] = &[];
        for at in places {
            let now = tail(at);
            let same = now.iter().zip(before).take_while(|(a, b)| a == b).count();
            for length in 0..now.len() {
                if length < same {
                    let known = levels[length].last_mut().expect("it is the one before");
                    known.seen += 1;
                } else {
                    let children = levels
                        .get(length + 1)
                        .map_or(0, |longer| longer.len() as u32);
                    levels[length].push(Counted {
                        at,
                        seen: 1,
                        adjusted: 0,
                        children,
                    });
                }
            }
            before = now;
        }
        let mut counts = Self { corpus, levels };
        counts.adjust();
        counts
    }

    fn adjust(&mut self) {
        for level in 0..ORDER {
            if let Some(longer) = self.levels.get(level + 1) {
                let shorter: Vec<usize> = (0..longer.len())
                    .filter_map(|at| self.find(&self.tokens(level + 1, at)[1..]))
                    .collect();
                for at in shorter {
                    self.levels[level][at].adjusted += 1;
                }
            }
            for at in 0..self.levels[level].len() {
                if level + 1 == ORDER || self.tokens(level, at)[0] >= self.corpus.vocabulary {
                    let counted = &mut self.levels[level][at];
                    counted.adjusted = counted.seen;
                }
            }
        }
    }

    /// The tokens of the n-gram `at` of a level.
    pub fn tokens(&self, level: usize, at: usize) -> &[u32] {
        let first = self.levels[level][at].at as usize;
        &self.corpus.tokens[first..=first + level]
    }

    /// Which n-grams of the next level begin with that `at` of this one.
    pub fn children(&self, level: usize, at: usize) -> std::ops::Range<usize> {
        let Some(longer) = self.levels.get(level + 1) else {
            return 0..0;
        };
        let to = self.levels[level].get(at + 1);
        let to = to.map_or(longer.len(), |next| next.children as usize);
        self.levels[level][at].children as usize..to
    }

    /// The place of an n-gram in the level of its length.
    fn find(&self, tokens: &[u32]) -> Option<usize> {
        let mut among = 0..self.levels[0].len();
        let mut found = None;
        for (level, token) in tokens.iter().enumerate() {
            let last = |counted: &Counted| self.corpus.tokens[counted.at as usize + level];
            let at = self.levels[level][among.clone()]
                .binary_search_by_key(token, last)
                .ok()?;
            let at = among.start + at;
            among = self.children(level, at);
            found = Some(at);
        }
        found
    }
}
