//! Deadlines: one thread per engine that advances the epoch while calls with a deadline are under
//! way.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use wasmtime::EngineWeak;

/// The thread keeps ticking for a while after the last deadline, so that short calls do not wake it
/// each time.
const IDLE_TICKS: u32 = 200;

#[derive(Default)]
struct Waiting {
    next_id: u64,
    wakers: Vec<(u64, Instant, Waker)>,
    stop: bool,
}

struct Shared {
    /// Calls with a deadline that are under way.
    armed: AtomicUsize,
    asleep: AtomicBool,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Ticker {
    shared: Arc<Shared>,
    tick: Duration,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub fn new(engine: EngineWeak, tick: Duration) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared {
            armed: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            waiting: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("capstan-ticker".to_owned())
            .spawn(move || run(&theirs, &engine, tick))?;
        Ok(Ticker {
            shared,
            tick,
            thread: Some(thread),
        })
    }

    /// Epochs that pass at least until `time` has gone by.
    pub fn ticks(&self, time: Duration) -> u64 {
        let tick = self.tick.as_millis().max(1);
        u64::try_from(time.as_millis().div_ceil(tick))
            .unwrap_or(u64::MAX / 4)
            .saturating_add(1)
    }

    /// A call with a deadline begins; it ends when the result is dropped.
    pub fn arm(self: &Arc<Self>) -> Armed {
        self.shared.armed.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            let _lock = self.shared.waiting();
            self.shared.changed.notify_one();
        }
        Armed {
            ticker: Arc::clone(self),
            waiting: None,
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.waiting().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

pub struct Armed {
    ticker: Arc<Ticker>,
    waiting: Option<u64>,
}

impl Armed {
    /// Wakes `waker` once `deadline` has passed.
    pub fn wake_at(&mut self, deadline: Instant, waker: &Waker) {
        let mut waiting = self.ticker.shared.waiting();
        if let Some(id) = self.waiting
            && let Some(entry) = waiting.wakers.iter_mut().find(|(known, ..)| *known == id)
        {
            if !entry.2.will_wake(waker) {
                entry.2 = waker.clone();
            }
            return;
        }
        let id = waiting.next_id;
        waiting.next_id += 1;
        waiting.wakers.push((id, deadline, waker.clone()));
        self.waiting = Some(id);
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        if let Some(id) = self.waiting {
            self.ticker
                .shared
                .waiting()
                .wakers
                .retain(|(known, ..)| *known != id);
        }
        self.ticker.shared.armed.fetch_sub(1, Ordering::SeqCst);
    }
}

fn run(shared: &Shared, engine: &EngineWeak, tick: Duration) {
    let mut idle = 0;
    loop {
        let mut waiting = shared.waiting();
        if idle >= IDLE_TICKS {
            shared.asleep.store(true, Ordering::SeqCst);
            while shared.armed.load(Ordering::SeqCst) == 0 && !waiting.stop {
                waiting = wait(&shared.changed, waiting);
            }
            shared.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
        let next = Instant::now() + tick;
        while !waiting.stop
            && let Some(left) = next.checked_duration_since(Instant::now())
        {
            waiting = wait_for(&shared.changed, waiting, left);
        }
        if waiting.stop {
            return;
        }
        drop(waiting);
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
        wake_expired(shared);
        idle = if shared.armed.load(Ordering::SeqCst) == 0 {
            idle + 1
        } else {
            0
        };
    }
}

fn wait<'a>(changed: &Condvar, waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
    changed
        .wait(waiting)
        .unwrap_or_else(PoisonError::into_inner)
}

fn wait_for<'a>(
    changed: &Condvar,
    waiting: MutexGuard<'a, Waiting>,
    time: Duration,
) -> MutexGuard<'a, Waiting> {
    changed
        .wait_timeout(waiting, time)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

fn wake_expired(shared: &Shared) {
    let now = Instant::now();
    let mut expired = Vec::new();
    shared.waiting().wakers.retain(|(_, deadline, waker)| {
        let keep = *deadline > now;
        if !keep {
            expired.push(waker.clone());
        }
        keep
    });
    // Outside the lock: a waker may run anything.
    expired.iter().for_each(Waker::wake_by_ref);
}
