//! Host functions of interface tables, registered with Wasmtime.

use crate::abi::{FAILED, PENDING, READY, capstan_error, capstan_waker};
use crate::error::{self, Code};
use crate::frames::Frame;
use crate::linked::Linked;
use crate::params::{Capture, FirstHandle, Handles, RawParams, Scalars, View};
use crate::results::{RawResult, RawWord};
use crate::shape;
use crate::shared::Shared;
use crate::store::StoreData;
use crate::waker;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll};
use wasmtime::Result;
use wasmtime::component::LinkerInstance;

/// How a component declares a function, and how it is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Returns at once.
    Direct,
    /// Sync in WIT; the guest's stack is suspended while the host waits.
    Suspending,
    /// `async func` in WIT.
    Concurrent,
}

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whether there is exactly one flat result.
    pub word_result: bool,
    /// Nothing or one number.
    pub plain_result: bool,
    /// Whether flat parameters refer to memory.
    pub memory: bool,
    pub handles: shape::Handles,
    pub style: Style,
}

/// `Linked` without its lifetime: the prepared component that owns it outlives every store that
/// runs it.
#[derive(Clone, Copy)]
pub struct LinkedRef(pub *const Linked);

// SAFETY: `Linked` is Send and Sync.
unsafe impl Send for LinkedRef {}
// SAFETY: as above.
unsafe impl Sync for LinkedRef {}

/// The store's shared part, on its way into a future of the same store.
#[derive(Clone, Copy)]
struct SharedRef(*const Shared);

// SAFETY: followed only while the store is driven, by the thread that drives it.
unsafe impl Send for SharedRef {}
// SAFETY: as above.
unsafe impl Sync for SharedRef {}

#[derive(PartialEq, Eq)]
enum Progress {
    Ready,
    Pending,
}

/// The meaning of what `enter` or `poll` returned.
#[inline]
fn progress(status: u32, error: *mut capstan_error) -> Result<Progress> {
    match status {
        READY => Ok(Progress::Ready),
        PENDING => Ok(Progress::Pending),
        _ => Err(failed(status, error)),
    }
}

#[cold]
fn failed(status: u32, error: *mut capstan_error) -> wasmtime::Error {
    // SAFETY: an error that a callback stored is ours.
    if let Err(error) = unsafe { error::adopt(error) } {
        return error;
    }
    let message = match status {
        FAILED => "a host function failed without an error".to_owned(),
        status => format!("a host function returned {status}, which is no capstan_status"),
    };
    error::into_wasmtime(error::fail(Code::Host, message))
}

/// Runs `enter` in a new frame. The frame is due to be dropped whatever the result.
///
/// # Safety
/// `linked` and `shared` outlive the frame, and `params` was lifted just now.
#[inline(always)]
unsafe fn enter<H: Capture>(
    linked: *const Linked,
    shared: *const Shared,
    params: &mut RawParams<H>,
    waker: &capstan_waker,
) -> (Frame, u32, *mut capstan_error) {
    let mut error = ptr::null_mut();
    // SAFETY: the caller's promise; `enter` follows at once.
    unsafe {
        let frame = Frame::new(linked, shared);
        let status = params.with_lift((*linked).words, &*shared, |lift| {
            ((*linked).enter)((*linked).this, lift, frame.data(), waker, &mut error)
        });
        (frame, status, error)
    }
}

#[inline]
fn call_direct<const M: usize, const PLAIN: bool, H: Capture>(
    linked: LinkedRef,
    shared: *const Shared,
    mut params: RawParams<H>,
) -> Result<RawResult<M, PLAIN>> {
    // SAFETY: both outlive the store, and Wasmtime calls right after lifting.
    let (frame, status, error) = unsafe { enter(linked.0, shared, &mut params, &waker::NOBODY.0) };
    if status != READY {
        return Err(failed_directly(status, error));
    }
    Ok(RawResult(frame))
}

/// Without a frame: the whole call is one step of C++.
#[inline]
fn call_for_word<const M: usize, H: Capture>(
    linked: LinkedRef,
    shared: *const Shared,
    mut params: RawParams<H>,
) -> Result<RawWord<M>> {
    let (mut word, mut error) = (0, ptr::null_mut());
    // SAFETY: both outlive the store, and Wasmtime calls right after lifting.
    let status = unsafe {
        let linked = &*linked.0;
        let Some(direct) = linked.direct else {
            return Err(failed_directly(FAILED, error));
        };
        params.with_lift(linked.words, &*shared, |lift| {
            direct(linked.this, lift, &mut word, &mut error)
        })
    };
    if status != READY {
        return Err(failed_directly(status, error));
    }
    Ok(RawWord(word))
}

#[cold]
fn failed_directly(status: u32, error: *mut capstan_error) -> wasmtime::Error {
    if status != PENDING {
        return failed(status, error);
    }
    let message = "a host function is pending that did not declare CAPSTAN_MAY_SUSPEND";
    error::into_wasmtime(error::fail(Code::Host, message))
}

/// A call of a host function that may wait. The first poll comes right after lifting and runs
/// `enter`.
struct Waiting<const M: usize, H> {
    linked: LinkedRef,
    shared: SharedRef,
    state: State<H>,
}

enum State<H> {
    Start(RawParams<H>),
    Running(Frame),
    Done,
}

// Nothing in it is pinned: the frame's storage has its own place.
impl<const M: usize, H> Unpin for Waiting<M, H> {}

impl<const M: usize, H: Capture> Future for Waiting<M, H> {
    type Output = Result<RawResult<M, false>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let waker = waker::borrowed(context);
        let (frame, progress) = match std::mem::replace(&mut this.state, State::Done) {
            State::Start(mut params) => {
                // SAFETY: both outlive the store, and this is the poll that follows lifting.
                let (frame, status, error) =
                    unsafe { enter(this.linked.0, this.shared.0, &mut params, &waker) };
                (frame, progress(status, error)?)
            }
            State::Running(frame) => {
                let mut error = ptr::null_mut();
                let Some(poll) = frame.linked().poll else {
                    return Poll::Ready(Err(failed(PENDING, error)));
                };
                // SAFETY: as the interface table promised; `enter` ran on this frame.
                let status = unsafe { poll(frame.data(), &waker, &mut error) };
                let progress = progress(status, error)?;
                (frame, progress)
            }
            State::Done => panic!("a finished call was polled"),
        };
        match progress {
            Progress::Ready => Poll::Ready(Ok(RawResult(frame))),
            Progress::Pending => {
                this.state = State::Running(frame);
                Poll::Pending
            }
        }
    }
}

fn waiting<const M: usize, H: Capture>(
    linked: LinkedRef,
    shared: *const Shared,
    params: RawParams<H>,
) -> Waiting<M, H> {
    Waiting {
        linked,
        shared: SharedRef(shared),
        state: State::Start(params),
    }
}

type Instance<'a> = LinkerInstance<'a, StoreData>;

fn register<const M: usize, const PLAIN: bool, H: Capture>(
    instance: &mut Instance<'_>,
    name: &str,
    style: Style,
    linked: LinkedRef,
) -> Result<()> {
    match style {
        Style::Direct => instance.func_wrap(name, move |store, params: RawParams<H>| {
            call_direct::<M, PLAIN, H>(linked, store.data().shared, params)
        }),
        Style::Suspending => instance.func_wrap_async(name, move |store, params: RawParams<H>| {
            Box::new(waiting::<M, H>(linked, store.data().shared, params))
        }),
        Style::Concurrent => {
            instance.func_wrap_concurrent(name, move |accessor, params: RawParams<H>| {
                let shared = accessor.with(|mut access| access.data_mut().shared);
                Box::pin(waiting::<M, H>(linked, shared, params))
            })
        }
    }
}

fn register_for_word<const M: usize, H: Capture>(
    instance: &mut Instance<'_>,
    name: &str,
    linked: LinkedRef,
) -> Result<()> {
    instance.func_wrap(name, move |store, params: RawParams<H>| {
        call_for_word::<M, H>(linked, store.data().shared, params)
    })
}

/// Registers `linked` under the types that fit its shape.
pub fn define(
    instance: &mut Instance<'_>,
    name: &str,
    shape: Shape,
    linked: LinkedRef,
) -> Result<()> {
    // SAFETY: the prepared component that owns it is being made.
    let direct = unsafe { (*linked.0).direct }.is_some();
    let for_word = direct && shape.style == Style::Direct;
    macro_rules! by_result {
        ($capture:ty) => {
            match (shape.word_result, shape.plain_result) {
                (false, true) if for_word => {
                    return register_for_word::<0, $capture>(instance, name, linked);
                }
                (true, true) if for_word => {
                    return register_for_word::<1, $capture>(instance, name, linked);
                }
                (false, false) => register::<0, false, $capture>,
                (true, false) => register::<1, false, $capture>,
                (false, true) => register::<0, true, $capture>,
                (true, true) => register::<1, true, $capture>,
            }
        };
    }
    let register = match (shape.memory, shape.handles) {
        (false, shape::Handles::None) => by_result!(Scalars),
        (true, shape::Handles::None) => by_result!(View),
        (false, shape::Handles::First) => by_result!(FirstHandle),
        (true, shape::Handles::First) => by_result!((View, FirstHandle)),
        (false, shape::Handles::Anywhere) => by_result!(Handles),
        (true, shape::Handles::Anywhere) => by_result!((View, Handles)),
    };
    register(instance, name, shape.style, linked)
}
