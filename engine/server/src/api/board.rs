//! The operations board.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sidetone_access::{Principal, Right, decide};
use sidetone_audit::Outcome;
use sidetone_core::board::{Figure, Standing, Threshold, Thresholds, Unit};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use super::{Api, ApiError};
use crate::access::Guard;
use crate::board::{LiveBoard, Notice};
use crate::storage::{StoreError, now_ms};

/// A sample waits for the store no longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The board as it is shown.
#[derive(Debug, Serialize)]
pub struct BoardView {
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// From one sample to the next.
    pub step_ms: u32,
    /// When each sample was taken.
    pub times_ms: Vec<i64>,
    /// What there is to see.
    pub figures: Vec<FigureView>,
    /// What is compared with it.
    #[serde(flatten)]
    pub thresholds: ThresholdsView,
}

/// A figure as it is shown.
#[derive(Debug, Serialize)]
pub struct FigureView {
    /// Which one.
    pub figure: Figure,
    /// What it is counted in.
    pub unit: Unit,
    /// What it is.
    pub about: &'static str,
    /// In the last sample; `null` if nothing happened that it could be made of.
    pub value: Option<f64>,
    /// Its mean in the same hour of the weeks before; `null` if that is not known.
    pub usual: Option<f64>,
    /// In each sample.
    pub values: Vec<Option<f32>>,
}

/// The thresholds as they are shown.
#[derive(Debug, Serialize)]
pub struct ThresholdsView {
    /// How often they were changed: whoever changes them says which ones they have read.
    pub revision: u64,
    /// Each, and where it stands.
    pub thresholds: Vec<ThresholdView>,
}

/// A threshold as it is shown.
#[derive(Debug, Serialize)]
pub struct ThresholdView {
    /// As it was set.
    #[serde(flatten)]
    pub threshold: Threshold,
    /// `calm`, `watched`, `raised` or `easing`.
    pub standing: &'static str,
    /// Since when it has been passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// What was last compared with its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
}

impl ThresholdsView {
    fn of(board: &LiveBoard) -> Self {
        let standings = board.standings();
        let shown = standings.thresholds.into_iter();
        let shown = shown.map(|(threshold, standing, measured)| {
            let (standing, since_ms) = match standing {
                Standing::Calm => ("calm", None),
                Standing::Watched { since_ms } => ("watched", Some(since_ms)),
                Standing::Raised { since_ms } => ("raised", Some(since_ms)),
                Standing::Easing { since_ms, .. } => ("easing", Some(since_ms)),
            };
            ThresholdView {
                threshold,
                standing,
                since_ms,
                measured,
            }
        });
        Self {
            revision: standings.revision,
            thresholds: shown.collect(),
        }
    }
}

/// What turns, for somebody who follows events.
pub struct Notices(Option<Listening>);

struct Listening {
    who: Principal,
    guard: Guard,
    board: LiveBoard,
    /// What is told at once.
    now: Vec<Notice>,
    later: broadcast::Receiver<Notice>,
    /// Of those who follow the board alone.
    _place: Option<OwnedSemaphorePermit>,
}

impl Notices {
    /// The next ones. Never, for those who are not told, or are let in no more. May be dropped while it waits; nothing is lost
    /// by it.
    pub async fn next(&mut self) -> Vec<Notice> {
        let Some(listening) = &mut self.0 else {
            return std::future::pending().await;
        };
        loop {
            if !listening.now.is_empty() {
                return std::mem::take(&mut listening.now);
            }
            let later = listening.later.recv().await;
            if !listening.guard.stands(&listening.who) {
                return std::future::pending().await;
            }
            match later {
                Ok(notice) => return vec![notice],
                // How things stand says all that was missed but what is over.
                Err(RecvError::Lagged(_)) => listening.now = listening.board.raised(),
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

impl Api {
    /// The figures with their samples after a moment, in milliseconds since 1970, and the thresholds.
    pub async fn board(&self, principal: &Principal, after_ms: i64) -> Result<BoardView, ApiError> {
        self.permit(principal, Right::ReadMetrics, ("", None))
            .await?;
        let (board, now_ms) = (&self.0.board, now_ms());
        let (times_ms, figures) = board.look(|board| {
            let samples = board.history().after(after_ms);
            let figures = Figure::ALL.iter().zip(samples.values);
            let figures = figures.map(|(figure, values)| FigureView {
                figure: *figure,
                unit: figure.unit(),
                about: figure.about(),
                value: board.history().last(*figure),
                usual: board.hours().usual(*figure, now_ms),
                values,
            });
            (samples.times_ms, figures.collect())
        });
        Ok(BoardView {
            now_ms,
            step_ms: board.step_ms(),
            times_ms,
            figures,
            thresholds: ThresholdsView::of(board),
        })
    }

    /// The thresholds, and how they stand.
    pub async fn thresholds(&self, principal: &Principal) -> Result<ThresholdsView, ApiError> {
        self.permit(principal, Right::ReadMetrics, ("", None))
            .await?;
        Ok(ThresholdsView::of(&self.0.board))
    }

    /// Puts other thresholds in the place of those of revision `read`.
    ///
    /// # Errors
    ///
    /// Somebody may not; one makes no sense; or they have changed since they were read.
    pub async fn set_thresholds(
        &self,
        principal: &Principal,
        read: u64,
        thresholds: Vec<Threshold>,
    ) -> Result<ThresholdsView, ApiError> {
        let right = Right::EditThresholds;
        let decision = decide(principal, right, None);
        let before = self.0.board.standings();
        let checked = Thresholds::new(thresholds)
            .map_err(|error| ApiError::Invalid(error.to_string()))
            .and_then(|all| self.sampled_for(all))
            .and_then(|all| match before.revision == read {
                true => Ok(all),
                false => Err(changed_since()),
            });
        let told = match &checked {
            Ok(all) => {
                let before = before.thresholds.iter().map(|(one, ..)| one);
                (Outcome::Done, in_audit(before, all.iter()))
            }
            Err(_) => (Outcome::Failed, String::new()),
        };
        // Before anything is changed.
        self.tell_outcome(principal, right, (right.as_str(), "", &decision), told)
            .await?;
        if !decision.is_allowed() {
            return Err(ApiError::Forbidden(principal.name().to_owned()));
        }
        let (all, board) = (checked?, self.0.board.clone());
        let set = tokio::task::spawn_blocking(move || board.set(read, all)).await;
        let failed = match set.map_err(ApiError::internal)? {
            Ok(true) => return Ok(ThresholdsView::of(&self.0.board)),
            Ok(false) => changed_since(),
            Err(error) => ApiError::internal(error),
        };
        let told = (Outcome::Failed, String::new());
        self.tell_outcome(principal, right, (right.as_str(), "", &decision), told)
            .await?;
        Err(failed)
    }

    /// Samples reach as far back as each of `all` looks.
    fn sampled_for(&self, all: Thresholds) -> Result<Thresholds, ApiError> {
        let step_ms = self.0.board.step_ms();
        if let Some(one) = all.iter().find(|one| one.least_step_ms() > step_ms) {
            return Err(ApiError::Invalid(format!(
                "threshold `{}` looks an hour back, and samples are kept for less: set `board.step_ms` to \
                 at least {}, or compare the change in a minute",
                one.id,
                one.least_step_ms()
            )));
        }
        Ok(all)
    }

    /// Whether somebody is told of thresholds, and of no call.
    pub fn sees_board_alone(&self, principal: &Principal) -> bool {
        let may = |right| decide(principal, right, None).is_allowed();
        may(Right::ReadMetrics) && !may(Right::Follow)
    }

    /// What turns from now on, and how things stand, for somebody who may see the board; nothing for
    /// everybody else.
    ///
    /// # Errors
    ///
    /// There is no place for one more of those who follow the board alone.
    pub async fn notices_of_board(&self, principal: &Principal) -> Result<Notices, ApiError> {
        let place = match self.sees_board_alone(principal) {
            true => {
                self.permit(principal, Right::ReadMetrics, ("", None))
                    .await?;
                Some(self.follower_place()?)
            }
            false => None,
        };
        let may = decide(principal, Right::ReadMetrics, None).is_allowed();
        Ok(Notices(may.then(|| {
            let board = self.0.board.clone();
            let (now, later) = board.listen();
            Listening {
                who: principal.clone(),
                guard: self.0.guard.clone(),
                board,
                now,
                later,
                _place: place,
            }
        })))
    }

    /// Samples what is counted, for ever.
    pub(crate) async fn keep_board(self) {
        let step = Duration::from_millis(self.0.board.step_ms().into());
        let mut ticks = tokio::time::interval(step);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = false;
        let mut keeping: Option<JoinHandle<Result<(), StoreError>>> = None;
        loop {
            ticks.tick().await;
            // A store that hangs is what a threshold may be there to tell of.
            let owed = tokio::time::timeout(PATIENCE, self.bring_up_to_date()).await;
            let owed = owed.unwrap_or_default();
            let reading = self.0.metrics.reading(owed);
            let at_ms = now_ms();
            self.0.board.take(at_ms, reading);
            // A disk that is slow holds no sample up.
            match &mut keeping {
                Some(still) if !still.is_finished() => continue,
                Some(done) => match done.await {
                    Ok(Err(error)) if !told => {
                        warn!(%error, "what the figures usually are is not kept");
                        told = true;
                    }
                    Ok(Ok(())) => told = false,
                    _ => {}
                },
                None => {}
            }
            let board = self.0.board.clone();
            keeping = Some(tokio::task::spawn_blocking(move || {
                board.keep(at_ms, false)
            }));
        }
    }
}

fn changed_since() -> ApiError {
    ApiError::Conflict(
        "the thresholds have changed since they were read: read them again".to_owned(),
    )
}

/// Which were added, changed and removed, by their ids.
fn in_audit<'a>(
    before: impl Iterator<Item = &'a Threshold>,
    after: impl Iterator<Item = &'a Threshold>,
) -> String {
    let mut before: BTreeMap<&str, &Threshold> = before.map(|one| (one.id.as_str(), one)).collect();
    let mut said = Vec::new();
    for one in after {
        match before.remove(one.id.as_str()) {
            None => said.push(format!("added {}", one.id)),
            Some(was) if was != one => said.push(format!("changed {}", one.id)),
            Some(_) => {}
        }
    }
    said.extend(before.into_keys().map(|id| format!("removed {id}")));
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_says_which_thresholds_were_added_changed_and_removed() {
        let of = |id: &str, limit: f64| -> Threshold {
            let json =
                format!(r#"{{"id":"{id}","figure":"calls_open","side":"above","limit":{limit}}}"#);
            serde_json::from_str(&json).expect("a threshold")
        };
        let before = [of("a", 1.0), of("b", 1.0), of("c", 1.0)];
        let after = [of("b", 2.0), of("c", 1.0), of("d", 1.0)];
        let said = in_audit(before.iter(), after.iter());
        assert_eq!(said, "changed b; added d; removed a");
    }
}
