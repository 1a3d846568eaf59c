//! What people say lies in memory: it is not written to the disk when the process dies.

#[cfg(unix)]
use tracing::warn;

/// Has the system write no core dump of this process. Programs that dumps are piped to need not heed it.
pub fn forbid() {
    #[cfg(unix)]
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0) {
        warn!(%error, "core dumps cannot be forbidden: set `ulimit -c 0`");
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn no_core_dump_is_written_of_this_process() {
        forbid();
        let limits = rlimit::getrlimit(rlimit::Resource::CORE).expect("the system has one");
        assert_eq!(limits, (0, 0));
    }
}
