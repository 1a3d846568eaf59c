//! What an agent has typed and marked by hand during the call.

use serde::{Deserialize, Serialize};

/// What the agent has typed, as it stands now.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub struct Memo {
    /// All of it, without secrets; lines are parted by `\n`.
    pub text: String,
    /// Its number among the texts, from 1: a change names the one that it changes.
    pub revision: u64,
    /// Who, by name.
    pub by: String,
}

/// Something is to stay in sight until it is unpinned.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Pinned {
    /// What: `utterance-12`, or `card-12-charged-twice-en` for the card of an article that an utterance has brought up.
    pub pin: String,
    /// Who, by name.
    pub by: String,
}

/// It need not stay in sight any more.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Unpinned {
    /// What.
    pub pin: String,
    /// Who, by name.
    pub by: String,
}

crate::private_debug!(Memo);

crate::classes!(Memo {
    text: sensitive,
    revision: basic,
    by: personal,
});
crate::classes!(Pinned {
    pin: basic,
    by: personal,
});
crate::classes!(Unpinned {
    pin: basic,
    by: personal,
});
