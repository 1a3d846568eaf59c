//! What remains of how the voices sounded.

use crate::emotion::STRAINED;
use sidetone_types::emotion::CurvePoint;
use sidetone_types::party::Side;

/// Points that are kept of a call: enough to draw it as wide as a screen shows it.
const POINTS: usize = 120;

/// At most [`POINTS`] of `points`: of neighbours of one side, that under the most strain.
pub(super) fn curve(points: &[CurvePoint]) -> Vec<CurvePoint> {
    let mut kept = Vec::new();
    for side in [Side::Agent, Side::Customer] {
        let own: Vec<&CurvePoint> = points.iter().filter(|point| point.side == side).collect();
        // The share of the curve that is this side's, rounded down.
        let room = (own.len() * POINTS).div_ceil(points.len().max(1)).max(1);
        let room = if points.len() > POINTS {
            room - 1
        } else {
            own.len()
        };
        let group = own.len().div_ceil(room.max(1)).max(1);
        let most = |group: &[&CurvePoint]| {
            let by = |a: &&&CurvePoint, b: &&&CurvePoint| a.strain.total_cmp(&b.strain);
            group.iter().max_by(by).map(|point| **point)
        };
        kept.extend(own.chunks(group).filter_map(most));
    }
    kept.sort_by_key(|point| point.at_ms);
    kept
}

/// Where a side was under strain: from when, until when and how much at most. `None` if it never
/// was.
pub(super) struct Strained {
    pub from_ms: u64,
    pub until_ms: u64,
    pub most: f32,
}

/// When `side` was under strain, from the first to the last time.
pub(super) fn strained(curve: &[CurvePoint], side: Side) -> Option<Strained> {
    let mut over = curve
        .iter()
        .filter(|point| point.side == side && point.strain >= STRAINED);
    let first = over.next()?;
    let of_first = Strained {
        from_ms: first.at_ms,
        until_ms: first.at_ms,
        most: first.strain,
    };
    Some(over.fold(of_first, |so_far, point| Strained {
        until_ms: point.at_ms,
        most: so_far.most.max(point.strain),
        ..so_far
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sidetone_types::emotion::Mood;

    fn points(count: u64) -> Vec<CurvePoint> {
        let point = |i: u64| CurvePoint {
            side: if i.is_multiple_of(3) {
                Side::Agent
            } else {
                Side::Customer
            },
            at_ms: 1_000 * i,
            strain: if i == count / 2 { 0.9 } else { 0.1 },
            mood: Some(Mood::Neutral),
        };
        (0..count).map(point).collect()
    }

    #[test]
    fn a_long_call_is_drawn_with_few_points_and_keeps_its_peak() {
        for count in [0, 1, 2, 119, 120, 121, 240, 1_000, 4_321] {
            let all = points(count);
            let kept = curve(&all);
            assert!(kept.len() <= POINTS, "{count}: {}", kept.len());
            assert!(
                kept.len() as u64 >= count.min(POINTS as u64 / 3),
                "{count}: {}",
                kept.len()
            );
            assert!(kept.is_sorted_by_key(|point| point.at_ms));
            assert_eq!(
                count > 0,
                kept.iter().any(|point| point.strain > 0.5),
                "{count}"
            );
            if count <= POINTS as u64 {
                assert_eq!(kept, all);
            }
        }
    }

    #[test]
    fn strain_is_told_from_its_first_to_its_last_time() {
        let mut curve = points(10);
        assert!(strained(&curve[..3], Side::Customer).is_none());
        curve[8].strain = 0.7;
        let told = strained(&curve, Side::Customer).expect("twice");
        assert_eq!((told.from_ms, told.until_ms), (5_000, 8_000));
        assert!((told.most - 0.9).abs() < 1e-6);
        assert!(strained(&curve, Side::Agent).is_none());
    }
}
