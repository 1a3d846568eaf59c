//! What there is to see on the board.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// How many there are.
    Count,
    /// How many there are in a minute.
    PerMinute,
    /// A share of all, from 0 to 1.
    Ratio,
    /// Seconds.
    Seconds,
}

macro_rules! figures {
    ($($(#[doc = $about:literal])+ $name:ident = $text:literal, $unit:ident;)+) => {
        /// A figure.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Figure {
            $($(#[doc = $about])+ $name,)+
        }

        impl Figure {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name, as it is written over REST and in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// What it is counted in.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)+ }
            }

            /// What it is, in one line.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($about),+).trim_ascii(),)+ }
            }
        }
    };
}

figures! {
    /// Calls that are open.
    CallsOpen = "calls_open", Count;
    /// Open calls as a share of those that are let in.
    CapacityUsed = "capacity_used", Ratio;
    /// Calls that were not let in.
    CallsRefused = "calls_refused", PerMinute;
    /// Busy share of the inference threads.
    InferenceBusy = "inference_busy", Ratio;
    /// Finals told within a second after their utterance, as a share of all.
    ServiceLevel = "service_level", Ratio;
    /// Below this 95 of 100 finals were told.
    FinalTime = "final_time", Seconds;
    /// Below this 95 of 100 interim results were told.
    PartialTime = "partial_time", Seconds;
    /// Below this 95 of 100 utterances waited for the recogniser.
    RecognitionWait = "recognition_wait", Seconds;
    /// Below this 95 of 100 utterances were recognised, once begun.
    RecognitionRun = "recognition_run", Seconds;
    /// Below this 95 of 100 cards came up after the words that they fit.
    CardTime = "card_time", Seconds;
    /// Below this 95 of 100 alerts were raised after the words that raised them.
    AlertTime = "alert_time", Seconds;
    /// RTP packets that never came, as a share of all.
    PacketLoss = "packet_loss", Ratio;
    /// Cards that came up.
    CardsShown = "cards_shown", PerMinute;
    /// Cards that somebody called useful.
    CardsUseful = "cards_useful", PerMinute;
    /// Cards that somebody called not useful.
    CardsNotUseful = "cards_not_useful", PerMinute;
    /// Notes raised as alerts.
    AlertsInfo = "alerts_info", PerMinute;
    /// Warnings raised.
    AlertsWarning = "alerts_warning", PerMinute;
    /// Critical alerts raised.
    AlertsCritical = "alerts_critical", PerMinute;
    /// Below this 95 of 100 look-ups in the CRM were answered.
    CrmLookupTime = "crm_lookup_time", Seconds;
    /// Look-ups that the CRM answered, as a share of all.
    CrmLookupSuccess = "crm_lookup_success", Ratio;
    /// Below this 95 of 100 records were written to the CRM.
    CrmWriteTime = "crm_write_time", Seconds;
    /// Records that the CRM took, as a share of all.
    CrmWriteSuccess = "crm_write_success", Ratio;
    /// Notes that wait for the CRM.
    CrmNotesWaiting = "crm_notes_waiting", Count;
    /// Notes that the CRM refused and somebody has to look at.
    CrmNotesDead = "crm_notes_dead", Count;
    /// Below this 95 of 100 requests over HTTP were answered.
    HttpTime = "http_time", Seconds;
    /// Requests over HTTP that failed for a fault of the engine's, as a share of all.
    HttpErrors = "http_errors", Ratio;
    /// Below this 95 of 100 requests over gRPC were answered.
    GrpcTime = "grpc_time", Seconds;
    /// Below this 95 of 100 searches were answered.
    SearchTime = "search_time", Seconds;
    /// Below this 95 of 100 events reached who follows them.
    EventLag = "event_lag", Seconds;
    /// For how long nothing could be written to the store.
    StoreFailing = "store_failing", Seconds;
    /// Writes that the disk refused.
    StoreWriteFailures = "store_write_failures", PerMinute;
    /// Changes of articles and rules that could not be taken up.
    KnowledgeFailures = "knowledge_failures", PerMinute;
    /// Those who follow events.
    Subscribers = "subscribers", Count;
}

impl Figure {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Its place among all.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No figure is called this.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no figure of the board")]
pub struct UnknownFigure(pub String);

impl FromStr for Figure {
    type Err = UnknownFigure;

    fn from_str(text: &str) -> Result<Self, UnknownFigure> {
        let known = Self::ALL.iter().find(|figure| figure.as_str() == text);
        known.copied().ok_or_else(|| UnknownFigure(text.to_owned()))
    }
}

/// The value of each figure at one moment; none where nothing has happened that it could be made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures([Option<f64>; Figure::COUNT]);

impl Default for Figures {
    fn default() -> Self {
        Self([None; Figure::COUNT])
    }
}

impl Figures {
    /// That of one.
    pub const fn get(&self, figure: Figure) -> Option<f64> {
        self.0[figure.index()]
    }

    /// Sets one. What is no number is no value.
    pub fn set(&mut self, figure: Figure, value: Option<f64>) {
        self.0[figure.index()] = value.filter(|value| value.is_finite());
    }
}
