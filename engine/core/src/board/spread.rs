//! How long something took.

/// How many took how long, by buckets: each counts what took at most its bound and more than the one
/// before, the last one what took longer than all bounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Upper bounds, in seconds, rising.
    pub bounds: &'static [f64],
    /// One more than there are bounds.
    pub counts: Vec<u64>,
}

impl Spread {
    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What has come since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let was = |at: usize| before.counts.get(at).copied().unwrap_or_default();
        let counts = self.counts.iter().enumerate();
        Self {
            bounds: self.bounds,
            counts: counts
                .map(|(at, count)| count.saturating_sub(was(at)))
                .collect(),
        }
    }

    /// Both together. They have the same bounds.
    pub fn and(mut self, other: &Self) -> Self {
        if self.counts.is_empty() {
            return other.clone();
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self
    }

    /// The time in seconds that `share` of all stay below, as if those of a bucket lay evenly in it;
    /// `None` if there are none. Beyond the last bound it is that bound.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = share * total as f64;
        let mut below = 0.0;
        let mut from = 0.0;
        for (bound, count) in self.bounds.iter().zip(&self.counts) {
            let count = *count as f64;
            if count > 0.0 && below + count >= rank {
                return Some(from + (bound - from) * ((rank - below) / count));
            }
            below += count;
            from = *bound;
        }
        self.bounds.last().copied()
    }

    /// The share that took at most `bound` seconds, which is one of the bounds; `None` if there are none.
    pub fn within(&self, bound: f64) -> Option<f64> {
        let total = self.total();
        let within = self.bounds.iter().zip(&self.counts);
        let within: u64 = within
            .filter(|(upper, _)| **upper <= bound)
            .map(|(_, count)| count)
            .sum();
        (total > 0).then(|| within as f64 / total as f64)
    }
}
