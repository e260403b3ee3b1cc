//! Wake-ups in both directions: a task of Rust's as a `capstan_waker`, and the reverse.

use crate::abi::{capstan_waker, capstan_waker_vtable};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread::{self, Thread};

/// The waker of a poll that is under way, as C sees it. `data` points to the `Waker`, which lives
/// as long as the poll.
pub fn borrowed(context: &Context<'_>) -> capstan_waker {
    capstan_waker {
        data: ptr::from_ref(context.waker()).cast(),
        vtable: &BORROWED,
    }
}

static NONE: capstan_waker_vtable = capstan_waker_vtable {
    clone: none_clone,
    wake: none_done,
    drop: none_done,
};

/// For calls that cannot be woken.
pub struct Nobody(pub capstan_waker);

// SAFETY: it has no state.
unsafe impl Sync for Nobody {}

pub static NOBODY: Nobody = Nobody(capstan_waker {
    data: ptr::null(),
    vtable: &NONE,
});

unsafe extern "C" fn none_clone(_: *const c_void) -> capstan_waker {
    capstan_waker {
        data: ptr::null(),
        vtable: &NONE,
    }
}

unsafe extern "C" fn none_done(_: *const c_void) {}

static BORROWED: capstan_waker_vtable = capstan_waker_vtable {
    clone: owned_clone,
    wake: owned_wake,
    drop: none_done,
};
static OWNED: capstan_waker_vtable = capstan_waker_vtable {
    clone: owned_clone,
    wake: owned_wake,
    drop: owned_drop,
};

unsafe extern "C" fn owned_clone(data: *const c_void) -> capstan_waker {
    // SAFETY: `data` of both tables points to a live `Waker`.
    let waker = unsafe { &*data.cast::<Waker>() };
    capstan_waker {
        data: Box::into_raw(Box::new(waker.clone())).cast(),
        vtable: &OWNED,
    }
}

unsafe extern "C" fn owned_wake(data: *const c_void) {
    // SAFETY: `data` of both tables points to a live `Waker`.
    unsafe { &*data.cast::<Waker>() }.wake_by_ref();
}

unsafe extern "C" fn owned_drop(data: *const c_void) {
    // SAFETY: `data` of the owned table came from `Box::into_raw` in `owned_clone`, and is given up
    // once.
    drop(unsafe { Box::from_raw(data.cast::<Waker>().cast_mut()) });
}

/// A caller's waker, owned.
struct Foreign(capstan_waker);

// SAFETY: the header says that wakers may be used from any thread.
unsafe impl Send for Foreign {}
// SAFETY: as above.
unsafe impl Sync for Foreign {}

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        // SAFETY: a live waker of the caller's, through its own table.
        unsafe { ((*self.0.vtable).wake)(self.0.data) }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: this is the clone we own, given up once.
        unsafe { ((*self.0.vtable).drop)(self.0.data) }
    }
}

/// Calls `poll` with a Rust waker for `*waker`, which is only borrowed; a clone is made when
/// somebody keeps it.
///
/// # Safety
/// `waker` points to a live waker during the call.
pub unsafe fn with_foreign<T>(
    waker: *const capstan_waker,
    poll: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            // SAFETY: `data` is the caller's waker, alive while the borrowed Rust waker is.
            let waker = unsafe { &*data.cast::<capstan_waker>() };
            // SAFETY: a live waker through its own table.
            let clone = unsafe { ((*waker.vtable).clone)(waker.data) };
            let arc = Arc::new(Foreign(clone));
            let raw = ManuallyDrop::new(Waker::from(arc));
            RawWaker::new(raw.data(), raw.vtable())
        },
        |_| unreachable!("a borrowed waker is never consumed"),
        |data| {
            // SAFETY: as in clone.
            unsafe {
                let waker = &*data.cast::<capstan_waker>();
                ((*waker.vtable).wake)(waker.data);
            }
        },
        |_| {},
    );
    // SAFETY: the table keeps the contract: clone owns, wake by reference, drop does nothing
    // because nothing is owned.
    let borrowed = ManuallyDrop::new(unsafe { Waker::new(waker.cast(), &TABLE) });
    poll(&mut Context::from_waker(&borrowed))
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Wakes the calling thread out of `thread::park`.
pub fn this_thread() -> Waker {
    Arc::new(Parked(thread::current())).into()
}
