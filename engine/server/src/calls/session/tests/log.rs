//! What the log says of a call.

use super::*;

thread_local! {
    static LOG: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Writes what a thread logs where only that thread looks.
struct LogOfThread;

impl std::io::Write for LogOfThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_says_how_a_call_ended_and_warns_of_one_that_was_never_heard() {
    // One for all threads: tracing remembers of each place in the code whether anybody listens.
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(|| LogOfThread)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one in these tests");
    tracing::callsite::rebuild_interest_cache();

    let _ = Stage::new([(Role::Customer, rtp())]).ended().await;
    let mut heard = Stage::new([(Role::Customer, rtp())]);
    heard.speak(1_000, true).await;
    heard.hang_up(EndReason::Closed);
    let _ = heard.ended().await;

    let before = LOG.take();
    // Both sides of a plain sender stop, which is its end; one of them alone is not.
    let both = || [(Role::Customer, rtp()), (Role::Agent, rtp())];
    let plain = || Stage::that_ends(both(), CallConfig::default(), true);
    let mut stops = plain();
    stops.speak(1_000, true).await;
    tokio::time::sleep(Duration::from_secs(8)).await;
    stops.hang_up(EndReason::EndOfAudio);
    let _ = stops.ended().await;
    let log = String::from_utf8(LOG.take()).expect("text");
    assert!(!log.contains("WARN"), "{log}");
    let mut one_way = plain();
    let silent = one_way.sides.pop().expect("two sides");
    one_way.speak(7_000, true).await;
    one_way.hang_up(EndReason::EndOfAudio);
    let _ = one_way.ended().await;
    drop(silent);
    let log = String::from_utf8(LOG.take()).expect("text");
    assert_eq!(log.matches("no media comes").count(), 1, "{log}");
    assert!(log.contains("role=\"agent\""), "{log}");

    let log = before;
    let log = String::from_utf8(log).expect("text");
    let line = |part: &str| {
        let found = log.lines().find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no `{part}` in\n{log}"))
    };
    assert!(line("no media comes that was described").contains("WARN"));
    let unheard = line("call ended, nobody was ever heard");
    assert!(unheard.contains("WARN"), "{unheard}");
    for (line, reason, lasted_ms, packets) in [
        (unheard, "media_timeout", 60_000, 0),
        (line("call ended reason"), "closed", 31_000, 50),
    ] {
        let fields = format!(
            "reason=\"{reason}\" agent=\"agent-7\" lasted_ms={lasted_ms} packets={packets}"
        );
        assert!(line.contains(&fields), "{line}");
    }
}
