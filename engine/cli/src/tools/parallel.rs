//! Several things at once, with their results in the order of the things.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for each of `items`, `at_once` at a time, and hands each result to `done` as soon as
/// those of all earlier items have been.
///
/// An error of `done` ends it early: what is being worked on is finished, the rest is left.
pub fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    at_once: usize,
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let (results, finished) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, items.len().max(1)) {
            let (results, next, work) = (results.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((i, item)) = take(items, next) {
                    if results.send((i, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        let mut early = BTreeMap::new();
        let mut in_order = items.iter().enumerate();
        for (i, result) in finished {
            early.insert(i, result);
            while let Some(result) = in_order.clone().next().and_then(|(i, _)| early.remove(&i)) {
                let (_, item) = in_order.next().expect("it was looked at above");
                done(item, result)?;
            }
        }
        Ok(())
    })
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let i = next.fetch_add(1, Ordering::Relaxed);
    items.get(i).map(|item| (i, item))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        let items: Vec<usize> = (0..50).collect();
        for at_once in [0, 1, 3, 100] {
            let mut seen = Vec::new();
            let work = |item: &usize| {
                // The later, the sooner done.
                (0..(50 - item) * 500).fold(*item, |n, _| std::hint::black_box(n))
            };
            let all = in_order(&items, at_once, work, |item, result| {
                assert_eq!(*item, result);
                seen.push(result);
                Ok::<(), ()>(())
            });
            assert_eq!((all, &seen), (Ok(()), &items), "{at_once} at once");
        }
    }

    #[test]
    fn as_many_run_at_once_as_were_asked_for() {
        // Each waits for two others: fewer at once would never get past the first.
        let barrier = Barrier::new(3);
        let work = |_: &u8| barrier.wait().is_leader();
        let mut leaders = 0;
        let all = in_order(&[0; 9], 3, work, |_, leader| {
            leaders += usize::from(leader);
            Ok::<(), ()>(())
        });
        assert_eq!((all, leaders), (Ok(()), 3));
    }

    #[test]
    fn an_error_ends_it() {
        let mut seen = 0;
        let stopped = in_order(
            &[1, 2, 3, 4, 5, 6],
            2,
            |item| *item,
            |item, _| {
                seen += 1;
                if *item == 3 { Err("three") } else { Ok(()) }
            },
        );
        assert_eq!((stopped, seen), (Err("three"), 3));
    }
}
