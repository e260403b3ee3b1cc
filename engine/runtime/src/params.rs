//! Parameters of host functions.

use crate::abi::{TakeHandleFn, capstan_lift};
use crate::current;
use crate::handles::{OneHandle, Origin, Walk, no_handles, take_one, take_parameter};
use crate::shared::Shared;
use crate::words::{FLAT_MAX, base, encoding, read_word};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift};
use wasmtime::{Result, ValRaw, bail};

/// The guest's memory as parameters see it.
#[derive(Clone, Copy)]
pub struct View {
    memory: *const u8,
    bytes: usize,
    encoding: u8,
}

// SAFETY: the pointer is only followed by the call that holds the store.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl View {
    const NONE: View = View {
        memory: ptr::null(),
        bytes: 0,
        encoding: 0,
    };

    #[inline]
    fn new(cx: &LiftContext<'_>) -> View {
        let memory = cx.memory();
        let encoding = encoding(cx.options().string_encoding);
        View {
            memory: base(memory),
            bytes: memory.len(),
            encoding,
        }
    }
}

/// What has to be kept of the parameters of a host function besides the words: as little as its
/// type allows.
pub trait Capture: Sized + Send + Sync + 'static {
    fn words(cx: &mut LiftContext<'_>, ty: InterfaceType, words: *const ValRaw) -> Result<Self>;
    fn memory(cx: &mut LiftContext<'_>, ty: InterfaceType, offset: usize) -> Result<Self>;
    fn view(&self) -> View;
    /// How C++ takes the handles: `capstan_lift.take_handle` and `engine`.
    #[inline]
    fn handles(&mut self) -> (TakeHandleFn, *mut c_void) {
        (no_handles, ptr::null_mut())
    }
}

/// Numbers only.
pub struct Scalars;

impl Capture for Scalars {
    #[inline]
    fn words(_: &mut LiftContext<'_>, _: InterfaceType, _: *const ValRaw) -> Result<Self> {
        Ok(Scalars)
    }
    #[inline]
    fn memory(_: &mut LiftContext<'_>, _: InterfaceType, _: usize) -> Result<Self> {
        Ok(Scalars)
    }
    #[inline]
    fn view(&self) -> View {
        View::NONE
    }
}

/// Strings or lists, but no handles.
impl Capture for View {
    #[inline]
    fn words(cx: &mut LiftContext<'_>, _: InterfaceType, _: *const ValRaw) -> Result<Self> {
        Ok(View::new(cx))
    }
    #[inline]
    fn memory(cx: &mut LiftContext<'_>, _: InterfaceType, _: usize) -> Result<Self> {
        Ok(View::new(cx))
    }
    #[inline]
    fn view(&self) -> View {
        *self
    }
}

/// Numbers and handles. The handles wait in the thread's state, for the same reason as `Place`.
pub struct Handles;

impl Capture for Handles {
    #[inline]
    fn words(cx: &mut LiftContext<'_>, ty: InterfaceType, words: *const ValRaw) -> Result<Self> {
        let InterfaceType::Tuple(tuple) = ty else {
            bail!("expected a tuple")
        };
        let count = cx.types[tuple].abi.flat_count(FLAT_MAX).unwrap_or(0);
        // SAFETY: as many flat words as the type says are there.
        let words = unsafe { std::slice::from_raw_parts(words, count) };
        let walk = |found: &mut _| Walk::new(cx, Origin::Parameters, found).of_words(ty, words);
        current::capture_handles(walk)?;
        Ok(Handles)
    }
    fn memory(cx: &mut LiftContext<'_>, ty: InterfaceType, offset: usize) -> Result<Self> {
        let walk = |found: &mut _| Walk::new(cx, Origin::Parameters, found).of_memory(ty, offset);
        current::capture_handles(walk)?;
        Ok(Handles)
    }
    #[inline]
    fn view(&self) -> View {
        View::NONE
    }
    #[inline]
    fn handles(&mut self) -> (TakeHandleFn, *mut c_void) {
        let capture = current::last_capture();
        (take_parameter, ptr::without_provenance_mut(capture))
    }
}

/// The first parameter is a handle and the others have none: a method.
pub struct FirstHandle(OneHandle);

impl FirstHandle {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, index: u32) -> Result<Self> {
        let InterfaceType::Tuple(tuple) = ty else {
            bail!("expected a tuple")
        };
        let Some(first) = cx.types[tuple].types.first().copied() else {
            bail!("no parameter")
        };
        OneHandle::lift(cx, first, index).map(FirstHandle)
    }
}

impl Capture for FirstHandle {
    #[inline]
    fn words(cx: &mut LiftContext<'_>, ty: InterfaceType, words: *const ValRaw) -> Result<Self> {
        // SAFETY: a handle is one word.
        let index = unsafe { (*words).get_u32() };
        FirstHandle::lift(cx, ty, index)
    }
    fn memory(cx: &mut LiftContext<'_>, ty: InterfaceType, offset: usize) -> Result<Self> {
        let Some(bytes) = cx
            .memory()
            .get(offset..)
            .and_then(|rest| rest.first_chunk())
        else {
            bail!("the parameters are outside of memory")
        };
        let index = u32::from_le_bytes(*bytes);
        FirstHandle::lift(cx, ty, index)
    }
    #[inline]
    fn view(&self) -> View {
        View::NONE
    }
    #[inline]
    fn handles(&mut self) -> (TakeHandleFn, *mut c_void) {
        (take_one, ptr::from_mut(&mut self.0).cast())
    }
}

/// Everything.
impl<H: Capture> Capture for (View, H) {
    #[inline]
    fn words(cx: &mut LiftContext<'_>, ty: InterfaceType, words: *const ValRaw) -> Result<Self> {
        Ok((View::new(cx), H::words(cx, ty, words)?))
    }
    fn memory(cx: &mut LiftContext<'_>, ty: InterfaceType, offset: usize) -> Result<Self> {
        Ok((View::new(cx), H::memory(cx, ty, offset)?))
    }
    #[inline]
    fn view(&self) -> View {
        self.0
    }
    #[inline]
    fn handles(&mut self) -> (TakeHandleFn, *mut c_void) {
        self.1.handles()
    }
}

/// Parameters of a host function.
///
/// They are not copied here, because moving them through Wasmtime would cost more than everything
/// else: the flat words stay where Wasmtime keeps them until the host function returns or first
/// suspends, and guest code does not run between the capture here and `enter`. (Synchronous
/// functions are called right after lifting, and the futures of all others are polled once right
/// after lifting, in the same stack frame.)
///
/// For Wasmtime the type has no words, and so one type serves all functions; how many there really
/// are was taken from the function's type (`Linked::words`).
pub struct RawParams<H> {
    place: Place,
    capture: H,
}

/// Where the values are. A word, not an enumeration, for the same reason.
#[derive(Clone, Copy)]
struct Place(*const ValRaw);

// SAFETY: only followed as `RawParams` describes.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

/// The place of parameters that came through memory: boxed, because it is rare, and marked by the
/// lowest bit.
struct InMemory {
    offset: u32,
    view: View,
}

impl Place {
    fn in_memory(offset: u32, view: View) -> Place {
        let boxed: *mut InMemory = Box::into_raw(Box::new(InMemory { offset, view }));
        Place(boxed.map_addr(|address| address | 1).cast())
    }

    #[inline]
    fn as_memory(self) -> Option<NonNull<InMemory>> {
        match self.0.addr() & 1 {
            0 => None,
            _ => NonNull::new(self.0.map_addr(|address| address & !1).cast_mut().cast()),
        }
    }
}

impl<H> Drop for RawParams<H> {
    #[inline]
    fn drop(&mut self) {
        if let Some(memory) = self.place.as_memory() {
            // SAFETY: made by `Box::into_raw`, and dropped only here.
            drop(unsafe { Box::from_raw(memory.as_ptr()) });
        }
    }
}

impl<H: Capture> RawParams<H> {
    /// Gives the parameters to `enter` in the form of the header.
    ///
    /// # Safety
    /// Only right after lifting, see `RawParams`; `count` is the number of flat words.
    #[inline(always)]
    pub unsafe fn with_lift<R>(
        &mut self,
        count: usize,
        shared: &Shared,
        enter: impl FnOnce(*mut capstan_lift) -> R,
    ) -> R {
        let mut words = [const { MaybeUninit::<u64>::uninit() }; FLAT_MAX];
        let view = self.capture.view();
        let (take_handle, engine) = self.capture.handles();
        let mut lift = capstan_lift {
            words: words.as_ptr().cast(),
            word_count: count,
            memory: view.memory,
            memory_bytes: view.bytes,
            offset: 0,
            encoding: view.encoding,
            fuel: shared.lifted_bytes.get(),
            user: shared.user,
            take_handle,
            engine,
        };
        match self.place.as_memory() {
            None => {
                for (position, word) in words[..count].iter_mut().enumerate() {
                    // SAFETY: `count` words are there, says the caller.
                    word.write(unsafe { read_word(self.place.0.add(position)) });
                }
            }
            Some(memory) => {
                // SAFETY: alive until this is dropped.
                let InMemory { offset, view } = unsafe { memory.as_ref() };
                (lift.words, lift.word_count) = (ptr::null(), 0);
                (lift.memory, lift.memory_bytes) = (view.memory, view.bytes);
                (lift.offset, lift.encoding) = (*offset, view.encoding);
            }
        }
        enter(&mut lift)
    }
}

// SAFETY: `Lower` is a row of `ValRaw`, never longer than what Wasmtime passes.
unsafe impl<H: Capture> ComponentType for RawParams<H> {
    type Lower = [ValRaw; 0];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: stands for the whole list of parameters.
unsafe impl<H: Capture> ComponentNamedList for RawParams<H> {}

/// Finds all words behind a view of none. They belong to compiled guest code, whose memory Rust
/// does not know; so its provenance counts as exposed.
#[inline]
fn all_words(source: &[ValRaw; 0]) -> *const ValRaw {
    ptr::with_exposed_provenance(source.as_ptr().addr())
}

// SAFETY: reads nothing but the words of the function's type.
unsafe impl<H: Capture> Lift for RawParams<H> {
    #[inline]
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        source: &[ValRaw; 0],
    ) -> Result<Self> {
        let source = all_words(source);
        let capture = H::words(cx, ty, source)?;
        Ok(RawParams {
            place: Place(source),
            capture,
        })
    }

    #[inline]
    fn linear_lift_from_memory(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        bytes: &[u8],
    ) -> Result<Self> {
        // Wasmtime has checked alignment and bounds of the real tuple; the slice is empty, but
        // where it begins counts.
        let offset = bytes.as_ptr().addr() - cx.memory().as_ptr().addr();
        let capture = H::memory(cx, ty, offset)?;
        let place = Place::in_memory(u32::try_from(offset)?, View::new(cx));
        Ok(RawParams { place, capture })
    }
}
