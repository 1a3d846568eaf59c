//! How likely a token is after others: a trie of n-grams in back-off form (Katz 1987).

/// Longest n-gram, in tokens.
pub const ORDER: usize = 4;

/// There is no such n-gram.
const NONE: u32 = u32::MAX;

/// A model of n-grams. Probabilities are natural logarithms.
#[derive(Clone, Debug, PartialEq)]
pub struct NgramModel {
    /// Tokens that have a probability: all below this. The last one ends a text.
    pub(super) vocabulary: u32,
    /// The n-grams by their length, from 1 to [`ORDER`]; each in the order of its tokens.
    pub(super) levels: Vec<Level>,
    /// Of each token that was never seen, after nothing.
    pub(super) unseen: f32,
}

/// All n-grams of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Level {
    /// The last token of each. Those with the same beginning lie side by side, in ascending order.
    pub tokens: Vec<u32>,
    /// Of the last token after the others.
    pub log_probs: Vec<f32>,
    /// What is added where a token does not follow the n-gram and a shorter one is asked.
    pub backoffs: Vec<f32>,
    /// Where the n-grams that are one token longer begin in the next level, and at last its length.
    pub children: Vec<u32>,
}

/// The last tokens of a text, as far as the model knows them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct History {
    /// The place of the n-gram of the last `i + 1` tokens in its level.
    nodes: [u32; ORDER - 1],
}

impl History {
    /// Nothing is known of what was before.
    pub const UNKNOWN: Self = Self {
        nodes: [NONE; ORDER - 1],
    };
}

impl NgramModel {
    /// Stands in front of every sentence.
    pub(super) fn start(&self) -> u32 {
        self.vocabulary
    }

    /// Before the first token of a sentence.
    pub fn beginning(&self) -> History {
        self.advance(&History::UNKNOWN, self.start())
    }

    /// N-grams of all lengths.
    pub fn len(&self) -> usize {
        self.levels.iter().map(|level| level.tokens.len()).sum()
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Logarithm of the probability of `token` after `history`.
    pub fn log_prob(&self, history: &History, token: u32) -> f32 {
        let mut backed_off = 0.0;
        for (depth, &node) in history.nodes.iter().enumerate().rev() {
            if node == NONE {
                continue;
            }
            if let Some(child) = self.child(depth, node, token) {
                return backed_off + self.levels[depth + 1].log_probs[child as usize];
            }
            backed_off += self.levels[depth].backoffs[node as usize];
        }
        backed_off + self.unigram(token)
    }

    /// After how many of the last tokens of `history` the model knows `token`.
    pub fn known_before(&self, history: &History, token: u32) -> usize {
        let known = |depth: &usize| {
            let node = history.nodes[*depth];
            node != NONE && self.child(*depth, node, token).is_some()
        };
        let longest = (0..ORDER - 1).rev().find(known);
        longest.map_or(0, |depth| depth + 1)
    }

    /// The same after nothing.
    pub fn unigram(&self, token: u32) -> f32 {
        let known = self.root(token).filter(|_| token < self.vocabulary);
        known.map_or(self.unseen, |at| self.levels[0].log_probs[at as usize])
    }

    /// The history after `token` too.
    pub fn advance(&self, history: &History, token: u32) -> History {
        let mut next = History::UNKNOWN;
        next.nodes[0] = self.root(token).unwrap_or(NONE);
        for (depth, &node) in history.nodes[..ORDER - 2].iter().enumerate() {
            if node != NONE {
                next.nodes[depth + 1] = self.child(depth, node, token).unwrap_or(NONE);
            }
        }
        next
    }

    fn root(&self, token: u32) -> Option<u32> {
        let at = self.levels.first()?.tokens.binary_search(&token).ok()?;
        Some(at as u32)
    }

    /// The n-gram that is `node` of the level `depth` and then `token`.
    fn child(&self, depth: usize, node: u32, token: u32) -> Option<u32> {
        let next = self.levels.get(depth + 1)?;
        let children = &self.levels[depth].children;
        let (from, to) = (children[node as usize], children[node as usize + 1]);
        let at = next.tokens[from as usize..to as usize]
            .binary_search(&token)
            .ok()?;
        Some(from + at as u32)
    }
}
