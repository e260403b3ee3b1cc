//! The interface `test:host/api`, and the counters that tell what was done with it.

use super::*;
use std::sync::{MutexGuard, PoisonError};

/// The host's counters are global, so the tests take turns.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    FRAMES.store(0, Ordering::SeqCst);
    POLLS.store(0, Ordering::SeqCst);
    WOKEN.store(false, Ordering::SeqCst);
    DESTROYED.lock().unwrap().clear();
    turn
}

macro_rules! host_function {
    ($name:ident, |$lift:ident, $place:ident, $waker:ident, $error:ident| $body:block) => {
        pub unsafe extern "C" fn $name(
            _: *mut c_void,
            $lift: *mut capstan_lift,
            $place: *mut c_void,
            $waker: *const capstan_waker,
            $error: *mut *mut capstan_error,
        ) -> capstan_status {
            unsafe { $body }
        }
    };
}

#[allow(unused_imports)] // not every test program has functions of its own
pub(crate) use host_function;

host_function!(add, |lift, place, _waker, error_out| {
    assert_eq!((*lift).user.addr(), 7);
    let (a, b) = (word(lift, 0), word(lift, 1));
    frame(
        place,
        Frame {
            number: a + b,
            string: None,
            own: false,
        },
    );
    if a == 666 {
        *error_out = error("no devils here");
        return FAILED;
    }
    READY
});

host_function!(sum, |lift, place, _waker, _error| {
    assert!((*lift).words.is_null());
    let number = (0..17).map(|position| word(lift, position)).sum();
    frame(
        place,
        Frame {
            number,
            string: None,
            own: false,
        },
    );
    READY
});

host_function!(greet, |lift, place, _waker, _error| {
    assert!((*lift).encoding == 0 && (*lift).fuel == 128 << 20);
    let mut bytes = b"hello, ".to_vec();
    bytes.extend(get(lift, word(lift, 0), word(lift, 1)));
    frame(
        place,
        Frame {
            number: 0,
            string: Some(bytes),
            own: false,
        },
    );
    READY
});

host_function!(open, |lift, place, _waker, _error| {
    frame(
        place,
        Frame {
            number: word(lift, 0),
            string: None,
            own: true,
        },
    );
    READY
});

host_function!(size, |lift, place, _waker, error_out| {
    let mut handle: capstan_handle = std::mem::zeroed();
    let error = ((*lift).take_handle)(lift, word(lift, 0) as u32, &mut handle);
    let number = u64::from(handle.rep) * 10;
    frame(
        place,
        Frame {
            number,
            string: None,
            own: false,
        },
    );
    if !error.is_null() {
        *error_out = error;
        return FAILED;
    }
    assert_eq!(handle.resource, BUCKET);
    READY
});

host_function!(wait, |lift, place, waker, error_out| {
    frame(
        place,
        Frame {
            number: word(lift, 0),
            string: None,
            own: false,
        },
    );
    poll_wait(place, waker, error_out)
});

pub fn host() -> Table {
    let names: [(&str, u32, EnterFn); 6] = [
        ("add", 0, add),
        ("sum", 0, sum),
        ("greet", 0, greet),
        ("open", 0, open),
        ("[method]bucket.size", 0, size),
        ("wait", MAY_SUSPEND, wait),
    ];
    table(
        "test:host/api",
        names
            .map(|(name, flags, f)| function(name, flags, f))
            .to_vec(),
    )
}
