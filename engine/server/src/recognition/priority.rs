//! How much of the processor a thread gets beside others.

/// How nice the thread of second passes is. On a busy core it gets a tenth of what a thread of live
/// words gets, and on an idle one all of it (`man 7 sched`: a step is a factor of 1.25).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Has the calling thread give way to all others of the process.
///
/// On Linux, where each thread has a priority of its own. Elsewhere it keeps that of the process:
/// what it works on is not live, only slower to give way.
#[cfg(target_os = "linux")]
pub fn lower() {
    // `None` is the caller: in Linux the calling thread, not its process (`man 2 setpriority`).
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
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
        assert_eq!(lowered.join().expect("it runs"), NICE);
        assert_eq!(nice(), before);
    }
}
