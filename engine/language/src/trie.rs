//! Sequences that begin alike, kept together: a trie (Fredkin 1960) in one piece of memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// A trie that grows. [`Self::build`] makes one of it that is searched.
#[derive(Debug)]
pub struct TrieBuilder<K, V> {
    /// The last of each sequence, and what was made of it. Number 0 is the empty one.
    nodes: Vec<(K, V)>,
    /// Which sequence becomes which by one key more.
    longer: HashMap<(u32, K), u32>,
}

impl<K: Copy + Default + Eq + Hash, V: Default> Default for TrieBuilder<K, V> {
    /// The empty sequence alone.
    fn default() -> Self {
        Self {
            nodes: vec![Default::default()],
            longer: HashMap::new(),
        }
    }
}

impl<K: Copy + Default + Eq + Hash, V: Default> TrieBuilder<K, V> {
    /// Adds a sequence. `pass` is given the value of each of its beginnings but the empty one, and
    /// gives that of the whole.
    pub fn insert(
        &mut self,
        keys: impl IntoIterator<Item = K>,
        mut pass: impl FnMut(&mut V),
    ) -> &mut V {
        let mut at = 0;
        for key in keys {
            let new = self.nodes.len() as u32;
            at = *self.longer.entry((at, key)).or_insert(new);
            if at == new {
                self.nodes.push((key, V::default()));
            }
            pass(&mut self.nodes[at as usize].1);
        }
        &mut self.nodes[at as usize].1
    }

    /// The same, to be searched.
    pub fn build(mut self) -> Trie<K, V> {
        // By the sequence they make longer, and those of one in the order they were added in.
        let mut edges: Vec<(u32, u32)> = self
            .longer
            .into_iter()
            .map(|((from, _), to)| (from, to))
            .collect();
        edges.sort_unstable();
        let mut nodes = Vec::with_capacity(self.nodes.len());
        // In order of their lengths, so that what follows one beginning lies side by side.
        let mut order: Vec<u32> = vec![0];
        let mut at = 0;
        while let Some(&from) = order.get(at) {
            let (key, value) = &mut self.nodes[from as usize];
            nodes.push(Node {
                key: *key,
                first: order.len() as u32,
                value: std::mem::take(value),
            });
            let begin = edges.partition_point(|(other, _)| *other < from);
            let next = edges[begin..]
                .iter()
                .take_while(|(other, _)| *other == from);
            order.extend(next.map(|(_, to)| to));
            at += 1;
        }
        Trie { nodes }
    }
}

/// Sequences by their beginnings. Node 0 is the empty one.
#[derive(Debug)]
pub struct Trie<K, V> {
    nodes: Vec<Node<K, V>>,
}

#[derive(Debug)]
struct Node<K, V> {
    /// The last of its sequence; the default at the root.
    key: K,
    /// The first of the nodes that are longer by one. They end where those of the next node begin.
    first: u32,
    value: V,
}

impl<K: Copy + Eq, V> Trie<K, V> {
    /// The empty sequence.
    pub const ROOT: usize = 0;

    /// Whether no sequence was added but the empty one.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() < 2
    }

    /// What was made of a beginning.
    pub fn value(&self, node: usize) -> &V {
        &self.nodes[node].value
    }

    /// What may follow a beginning, and the longer ones that it makes.
    pub fn next(&self, node: usize) -> impl Iterator<Item = (K, usize)> {
        let next = self.range(node);
        next.map(|node| (self.nodes[node].key, node))
    }

    /// The beginning that is longer by `key`.
    pub fn child(&self, node: usize, key: K) -> Option<usize> {
        self.range(node).find(|next| self.nodes[*next].key == key)
    }

    fn range(&self, node: usize) -> Range<usize> {
        let end = self.nodes.get(node + 1);
        let end = end.map_or(self.nodes.len(), |next| next.first as usize);
        self.nodes[node].first as usize..end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sequences(
        trie: &Trie<u8, bool>,
        node: usize,
        so_far: Vec<u8>,
        found: &mut BTreeSet<Vec<u8>>,
    ) {
        if *trie.value(node) {
            found.insert(so_far.clone());
        }
        for (key, to) in trie.next(node) {
            assert_eq!(trie.child(node, key), Some(to));
            sequences(trie, to, [so_far.as_slice(), &[key]].concat(), found);
        }
    }

    proptest! {
        #[test]
        fn what_was_added_is_there_and_nothing_else(
            added in prop::collection::btree_set(prop::collection::vec(0_u8..4, 1..6), 0..30),
        ) {
            let mut builder = TrieBuilder::default();
            for keys in &added {
                *builder.insert(keys.iter().copied(), |_| ()) = true;
            }
            let trie = builder.build();
            prop_assert_eq!(trie.is_empty(), added.is_empty());
            let mut found = BTreeSet::new();
            sequences(&trie, Trie::<u8, bool>::ROOT, Vec::new(), &mut found);
            prop_assert_eq!(found, added);
        }
    }
}
