//! How much of the processor a thread gets beside others.

/// How much nicer the thread of second passes is than its process. On a busy core it gets a tenth
/// of what a thread of live words gets, and on an idle one all of it (`man 7 sched`: a step is a
/// factor of 1.25).
#[cfg(target_os = "linux")]
const NICER: i32 = 10;
/// There is nothing beyond.
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

/// Has the calling thread give way to all others of the process.
///
/// On Linux, where each thread has a priority of its own. Elsewhere it keeps that of the process:
/// what it works on is not live, only slower to give way.
#[cfg(target_os = "linux")]
pub fn lower() {
    use rustix::process::{getpriority_process, setpriority_process};

    // `None` is the caller: in Linux the calling thread, not its process (`man 2 setpriority`).
    let lowered = getpriority_process(None)
        .and_then(|nice| setpriority_process(None, (nice + NICER).min(NICEST)));
    if let Err(error) = lowered {
        tracing::warn!(%error, "second passes run at the priority of live words");
    }
}

/// Has the calling thread give way to all others of the process: not possible here.
#[cfg(not(target_os = "linux"))]
pub fn lower() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_thread_that_asks_gives_way() {
        let nice = || getpriority_process(None).expect("it may be read");
        let before = nice();
        let lowered = std::thread::spawn(move || {
            lower();
            nice()
        });
        let lowered = lowered.join().expect("it runs");
        assert_eq!(lowered, (before + NICER).min(NICEST));
        assert_eq!(nice(), before);
    }
}
