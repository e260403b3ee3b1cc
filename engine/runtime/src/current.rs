//! What this thread is doing: whether it is inside this library, and which export call it runs.
//!
//! Wasmtime gives no access to the store's data while results are lifted, so the call is found
//! through the thread. It is set around every poll and every blocking call, because between polls a
//! call may move to another thread.

use crate::abi::capstan_call_values;
use crate::handles::HandleList;
use crate::linked::Resources;
use crate::shared::Shared;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ptr;

pub struct Current {
    /// The caller's; alive as long as the call.
    pub values: *const capstan_call_values,
    pub shared: *const Shared,
    /// Those of the instance's component.
    pub resources: *const Resources,
    /// Flat arguments, when all of them are numbers.
    pub argument_words: usize,
    /// Whether the results have handles.
    pub result_handles: bool,
}

pub struct ThreadState {
    current: Cell<*const Current>,
    /// Handles on their way from lifting to the host function, empty at all other times. Never
    /// dropped with the thread: a state without a destructor is faster to find.
    handles: RefCell<ManuallyDrop<HandleList>>,
    /// Which capture of handles is the last one; counts up.
    capture: Cell<usize>,
    /// How many functions of the boundary are on this thread's stack.
    depth: Cell<u32>,
}

thread_local! {
    /// Behind `own_state()`, which is faster.
    static STATE: ThreadState = const {
        ThreadState {
            current: Cell::new(ptr::null()),
            handles: RefCell::new(ManuallyDrop::new(HandleList::new())),
            capture: Cell::new(0),
            depth: Cell::new(0),
        }
    };
}

#[inline(always)]
fn own_state() -> *const ThreadState {
    let known = fast::get();
    if !known.is_null() {
        return known.cast();
    }
    find_own_state()
}

#[cold]
fn find_own_state() -> *const ThreadState {
    STATE.with(|state| {
        let state: *const ThreadState = state;
        fast::set(state.cast());
        state
    })
}

/// One pointer for each thread, found without a call.
///
/// In a shared library the compiler asks the dynamic linker for a thread's variables, again and
/// again, which is a tenth of a short call. This variable lies where the program's own ones do (the
/// "initial exec" model), at a distance from the thread's pointer that is known once the library is
/// loaded; the dynamic linker keeps some room for such variables of libraries that come late.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod fast {
    use std::ffi::c_void;

    std::arch::global_asm!(
        ".pushsection .tbss.capstan_thread_state,\"awT\",@nobits",
        ".p2align 3",
        ".type capstan_thread_state, @object",
        ".size capstan_thread_state, 8",
        ".globl capstan_thread_state",
        ".hidden capstan_thread_state",
        "capstan_thread_state:",
        ".zero 8",
        ".popsection",
    );

    #[inline(always)]
    pub fn get() -> *const c_void {
        let found: *const c_void;
        // SAFETY: reads this thread's own variable and nothing else.
        unsafe {
            std::arch::asm!(
                "mov {place}, qword ptr [rip + capstan_thread_state@GOTTPOFF]",
                "mov {found}, qword ptr fs:[{place}]",
                place = out(reg) _,
                found = out(reg) found,
                options(nostack, readonly, preserves_flags),
            );
        }
        found
    }

    pub fn set(state: *const c_void) {
        // SAFETY: writes this thread's own variable and nothing else.
        unsafe {
            std::arch::asm!(
                "mov {place}, qword ptr [rip + capstan_thread_state@GOTTPOFF]",
                "mov qword ptr fs:[{place}], {state}",
                place = out(reg) _,
                state = in(reg) state,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Elsewhere the compiler's way is used.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod fast {
    use std::ffi::c_void;
    use std::ptr;

    pub fn get() -> *const c_void {
        ptr::null()
    }
    pub fn set(_: *const c_void) {}
}

/// The state of the thread that asks.
#[inline(always)]
fn with_state<T>(body: impl FnOnce(&ThreadState) -> T) -> T {
    // SAFETY: the thread's own, which has no destructor and ends with the thread only.
    body(unsafe { &*own_state() })
}

/// Marks the thread as inside this library while it lives. Whoever has this need not look for the
/// thread's state again.
pub struct Inside(*const ThreadState);

impl Inside {
    #[inline]
    pub fn new() -> Inside {
        with_state(|state| {
            state.depth.set(state.depth.get() + 1);
            Inside(state)
        })
    }

    #[inline]
    fn state(&self) -> &ThreadState {
        // SAFETY: `Inside` is neither Send nor Sync, so this is still the same thread, whose state
        // has no destructor.
        unsafe { &*self.0 }
    }

    /// Runs `body` with `call` as this thread's current call. Nests: a host function may run
    /// another store.
    #[inline]
    pub fn with_call<T>(&self, call: *const Current, body: impl FnOnce() -> T) -> T {
        struct Restore<'a>(&'a ThreadState, *const Current);
        impl Drop for Restore<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.current.set(self.1);
            }
        }
        let state = self.state();
        let _restore = Restore(state, state.current.replace(call));
        body()
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        let state = self.state();
        state.depth.set(state.depth.get() - 1);
    }
}

pub fn is_inside() -> bool {
    with_state(|state| state.depth.get() > 0)
}

/// The call that runs on this thread; NULL when there is none.
#[inline]
pub fn call() -> *const Current {
    with_state(|state| state.current.get())
}

/// Begins another capture of handles.
#[inline]
pub fn capture_handles<T>(body: impl FnOnce(&mut HandleList) -> T) -> T {
    with_state(|state| {
        state.capture.set(state.capture.get().wrapping_add(1));
        let mut handles = state.handles.borrow_mut();
        // What is still there belongs to a call that failed between lifting and entering.
        handles.clear();
        body(&mut handles)
    })
}

/// The number of the last capture.
#[inline]
pub fn last_capture() -> usize {
    with_state(|state| state.capture.get())
}

/// The last capture.
#[inline]
pub fn with_handles<T>(body: impl FnOnce(usize, &mut HandleList) -> T) -> T {
    with_state(|state| body(state.capture.get(), &mut state.handles.borrow_mut()))
}
