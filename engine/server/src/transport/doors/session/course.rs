//! Where a connection's sound stands on the timeline of its call.

use std::time::Duration;

use sidetone_types::time::MediaTime;
use tokio::time::Instant;

/// A connection that nothing came over for so long, and that is behind the call by as much, has
/// paused: media servers stop sending without a word (`uuid_audio_stream … pause`), and what they
/// send then goes on as if no time had passed. Less is how large pieces come.
const PAUSED: Duration = Duration::from_millis(1_500);

/// Sound that leaps ahead by more than this and the time that the call has lasted stands elsewhere: the
/// call does not believe it either.
const FURTHEST: Duration = Duration::from_secs(600);

/// The connection's own timeline, and where it runs on the call's. Its beginning moves with each
/// pause that it does not count.
pub(super) struct Course {
    /// When the call was opened.
    opened: Instant,
    /// Where on the call's timeline the connection's own begins.
    began: MediaTime,
    /// How much has come of each channel, for those that do not say where their sound stands.
    heard: Vec<MediaTime>,
    /// Where the last sound ended, on the call's timeline.
    ended: MediaTime,
    /// How far the first sound was behind the call: a call may be opened before anybody speaks.
    late: Option<Duration>,
    silent_since: Instant,
}

impl Course {
    /// Of a connection whose own timeline begins at `began` in a call that was `opened` then.
    pub fn new(opened: Instant, began: MediaTime) -> Self {
        Self {
            opened,
            began,
            heard: Vec::new(),
            ended: began,
            late: None,
            silent_since: Instant::now(),
        }
    }

    /// Where a moment of its own stands on the call's timeline.
    pub fn place(&self, own: MediaTime) -> MediaTime {
        self.began + own.since(MediaTime::ZERO)
    }

    /// Where the last sound ended on the call's timeline.
    pub const fn ended(&self) -> MediaTime {
        self.ended
    }

    /// Where sound of a channel stands on the connection's own timeline: at `at`, or behind what came
    /// before it.
    pub fn own(&mut self, channel: usize, at: Option<MediaTime>, length: Duration) -> MediaTime {
        if self.heard.len() <= channel {
            self.heard.resize(channel + 1, MediaTime::ZERO);
        }
        let own = at.unwrap_or(self.heard[channel]);
        self.heard[channel] = own + length;
        own
    }

    /// Sound of that `length` goes on at `own`. If the connection has paused until now, its own
    /// timeline is moved to where the call is: then this is true.
    pub fn goes_on(&mut self, own: MediaTime, length: Duration) -> bool {
        let age = MediaTime::ZERO + self.opened.elapsed();
        let behind = age.since(self.place(own) + length);
        let behind = behind.saturating_sub(*self.late.get_or_insert(behind));
        let paused = self.silent_since.elapsed() >= PAUSED && behind >= PAUSED;
        if paused {
            self.began = self.began + behind;
        }
        paused
    }

    /// Sound has come up to there on the connection's own timeline, and was passed on.
    pub fn heard(&mut self, until: MediaTime) {
        let (until, furthest) = (
            self.place(until),
            self.ended + self.opened.elapsed() + FURTHEST,
        );
        if until <= furthest {
            self.ended = self.ended.max(until);
        }
        self.silent_since = Instant::now();
    }

    /// Nobody listened for so long: that is no silence.
    pub fn unheard(&mut self, length: Duration) {
        self.silent_since = Instant::now().min(self.silent_since + length);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    fn ms(at: u64) -> MediaTime {
        MediaTime::from_millis(at)
    }

    /// Lets so many frames come as fast as they are spoken, and gives where each pause ended.
    async fn frames(course: &mut Course, count: u64, at: Option<u64>) -> Vec<u64> {
        let mut moved = Vec::new();
        for i in 0..count {
            advance(FRAME).await;
            let at = at.map(|at| ms(at + 20 * i));
            let own = course.own(0, at, FRAME);
            if course.goes_on(own, FRAME) {
                moved.push(course.place(own).as_millis());
            }
            course.heard(own + FRAME);
        }
        moved
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_after_a_pause_stands_where_the_call_is() {
        // Of the first it is not said where its sound stands; the second counts its sound.
        for at in [None, Some(0)] {
            let mut course = Course::new(Instant::now(), MediaTime::ZERO);
            assert!(frames(&mut course, 100, at).await.is_empty());
            advance(Duration::from_secs(5)).await;
            let at = at.map(|_| 2_000);
            assert_eq!(frames(&mut course, 100, at).await, [7_000]);
            assert_eq!(course.ended(), ms(9_000));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_leaps_ahead_by_a_day_is_not_believed() {
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        frames(&mut course, 50, Some(0)).await;
        frames(&mut course, 1, Some(86_400_000)).await;
        assert_eq!(course.ended(), ms(1_000));
        frames(&mut course, 1, Some(300_000)).await;
        assert_eq!(course.ended(), ms(300_020));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_pause_moves_nothing() {
        // Times that count the pause.
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        frames(&mut course, 50, Some(0)).await;
        advance(Duration::from_secs(5)).await;
        assert!(frames(&mut course, 50, Some(6_000)).await.is_empty());
        // Pieces of two seconds.
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        let piece = Duration::from_secs(2);
        for _ in 0..5 {
            advance(piece).await;
            let own = course.own(0, None, piece);
            assert!(!course.goes_on(own, piece));
            course.heard(own + piece);
        }
        // A call that was not ready for more: what came is read behind it.
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        frames(&mut course, 50, None).await;
        advance(Duration::from_secs(5)).await;
        course.unheard(Duration::from_secs(5));
        assert!(frames(&mut course, 50, None).await.is_empty());
        // A call that is opened before anybody speaks.
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        advance(Duration::from_secs(5)).await;
        assert!(frames(&mut course, 50, None).await.is_empty());
        assert_eq!(course.ended(), ms(1_000));
        // What is sent faster than it is spoken.
        let mut course = Course::new(Instant::now(), MediaTime::ZERO);
        let own = course.own(0, None, Duration::from_secs(60));
        course.heard(own + Duration::from_secs(60));
        advance(Duration::from_secs(20)).await;
        assert!(frames(&mut course, 1, None).await.is_empty());
    }
}
