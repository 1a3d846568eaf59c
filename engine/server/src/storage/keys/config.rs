//! Where the master keys come from.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the master keys come from, without which nobody reads what is kept. At most one of these is set; where
/// none is, they lie in the file `master.keys` in the folder of the store, which is made with a new key
/// at the first start: move it elsewhere, or whoever has the disk has both.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysConfig {
    /// A file with a key of `sidetone keys new` per line. The first one seals what is new, all open.
    pub file: PathBuf,
    /// The name of an environment variable with such lines, parted by spaces or line ends.
    pub variable: String,
    /// A program with its arguments that prints such lines: a key management service, a hardware module,
    /// `systemd-creds`. It is run when the engine starts, and when a key turns up that is not known.
    pub command: Vec<String>,
}
