//! Arguments and results of exports.

use crate::abi::{capstan_lift, capstan_lower};
use crate::current::{self, Current};
use crate::error;
use crate::handles::{HandleList, Origin, Walk, no_handles, take_result};
use crate::lowering::{self, Destination, Encoding};
use crate::words::{FLAT_MAX, SYNC_RESULTS_MAX, base, encoding, read_word};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
use wasmtime::{Result, ValRaw, bail, ensure};

/// Arguments of an export. Always as wide as the widest flat form: Wasmtime reads only the words
/// that count. `PLAIN` ones are flat numbers, for which `lower` needs nothing of the guest.
pub struct RawArguments<const PLAIN: bool>(pub *const Current);

// SAFETY: the pointer is only followed while the call is polled.
unsafe impl<const PLAIN: bool> Send for RawArguments<PLAIN> {}
// SAFETY: as above.
unsafe impl<const PLAIN: bool> Sync for RawArguments<PLAIN> {}

// SAFETY: `Lower` is a row of `ValRaw`, at least as long as any flat parameter list.
unsafe impl<const PLAIN: bool> ComponentType for RawArguments<PLAIN> {
    type Lower = [ValRaw; FLAT_MAX];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: stands for the whole list of parameters.
unsafe impl<const PLAIN: bool> ComponentNamedList for RawArguments<PLAIN> {}

// SAFETY: initialises every word that the function's type has.
unsafe impl<const PLAIN: bool> Lower for RawArguments<PLAIN> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        destination: &mut MaybeUninit<[ValRaw; FLAT_MAX]>,
    ) -> Result<()> {
        // SAFETY: a call outlives its poll, and its store and its values outlive it.
        let (call, shared, values) = unsafe { (&*self.0, &*(*self.0).shared, &*(*self.0).values) };
        let Some(run) = values.lower else {
            bail!("the call has no `lower`")
        };
        // SAFETY: as the caller of the export promised.
        let run = |lower: *mut capstan_lower| unsafe { run(values.context, lower) };
        let destination: *mut ValRaw = destination.as_mut_ptr().cast();
        let mut words = [const { MaybeUninit::<u64>::uninit() }; FLAT_MAX];
        let count = if PLAIN {
            let count = call.argument_words;
            lowering::run_plain(shared, &mut words[..count], run)?;
            count
        } else {
            let InterfaceType::Tuple(tuple) = ty else {
                bail!("expected a tuple")
            };
            let abi = &cx.types[tuple].abi;
            match abi.flat_count(FLAT_MAX) {
                Some(count) => {
                    let to = Destination::Words(&mut words[..count], Encoding::Used);
                    lowering::run(cx, ty, shared, to, run)?;
                    count
                }
                None => {
                    let offset = cx.realloc(0, 0, abi.align32, abi.size32 as usize)?;
                    lowering::run(cx, ty, shared, Destination::Memory(offset), run)?;
                    words[0].write(offset as u64);
                    1
                }
            }
        };
        for (position, word) in words[..count].iter().enumerate() {
            // SAFETY: `position < FLAT_MAX`, and `lower` writes every word when it succeeds.
            unsafe {
                destination
                    .add(position)
                    .write(ValRaw::u64(word.assume_init()))
            };
        }
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        bail!("arguments of exports are always lowered to words")
    }
}

/// Results of an export (K = 0: there are none), lifted by C++ before the guest may free them. A
/// `PLAIN` result is nothing or one number, for which `lift` needs nothing of the guest.
pub struct RawReturn<const K: usize, const PLAIN: bool>;

// SAFETY: `Lower` is a row of `ValRaw`, never longer than what Wasmtime passes: a function with
// results gives at least one word, be it a value or a pointer.
unsafe impl<const K: usize, const PLAIN: bool> ComponentType for RawReturn<K, PLAIN> {
    type Lower = [ValRaw; K];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: stands for the whole list of results.
unsafe impl<const K: usize, const PLAIN: bool> ComponentNamedList for RawReturn<K, PLAIN> {}

// SAFETY: reads as many words as the function's type and options say that there are.
unsafe impl<const K: usize, const PLAIN: bool> Lift for RawReturn<K, PLAIN> {
    #[inline]
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        source: &[ValRaw; K],
    ) -> Result<Self> {
        let call = current::call();
        ensure!(!call.is_null(), "results arrived outside a call");
        // SAFETY: set by the caller of this call, on whose stack it or its owner is.
        let call = unsafe { &*call };
        if PLAIN {
            call.lift_plain(source)?;
            return Ok(RawReturn);
        }
        let InterfaceType::Tuple(tuple) = ty else {
            bail!("expected a tuple")
        };
        let abi = &cx.types[tuple].abi;
        let is_flat = match abi.flat_count(FLAT_MAX) {
            Some(count) if count <= SYNC_RESULTS_MAX => true,
            // Async-lifted exports give all flat words to `task.return`, others a pointer.
            Some(_) => cx.options().async_,
            None => false,
        };
        if is_flat {
            let count = abi.flat_count(FLAT_MAX).unwrap_or(0);
            let raw = match source.get(..count) {
                Some(raw) => raw,
                // SAFETY: Wasmtime passes exactly `count` words, and these are the guest's own (see
                // `all_words`).
                None => unsafe {
                    let all = ptr::with_exposed_provenance(source.as_ptr().addr());
                    std::slice::from_raw_parts(all, count)
                },
            };
            call.lift_words(cx, ty, raw)?;
        } else {
            let pointer = source.first().map_or(0, |word| word.get_u32()) as usize;
            ensure!(
                pointer.is_multiple_of(abi.align32 as usize),
                "return pointer not aligned"
            );
            let end = pointer.checked_add(abi.size32 as usize);
            let in_bounds = end.is_some_and(|end| end <= cx.memory().len());
            ensure!(in_bounds, "return pointer out of bounds of memory");
            call.lift_memory(cx, ty, pointer)?;
        }
        Ok(RawReturn)
    }

    fn linear_lift_from_memory(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &[u8],
    ) -> Result<Self> {
        bail!("results of exports are always lifted from words")
    }
}

impl Current {
    #[inline]
    fn lift_plain(&self, raw: &[ValRaw]) -> Result<()> {
        // SAFETY: a reference is readable.
        let word = raw.first().map_or(0, |raw| unsafe { read_word(raw) });
        let mut lift = self.new_lift();
        lift.words = &word;
        lift.word_count = raw.len();
        self.run(lift)
    }

    fn lift_words(
        &self,
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        raw: &[ValRaw],
    ) -> Result<()> {
        let mut handles = HandleList::new();
        if self.result_handles {
            Walk::new(cx, self.origin(), &mut handles).of_words(ty, raw)?;
        }
        let mut words = [const { MaybeUninit::uninit() }; FLAT_MAX];
        for (word, raw) in words.iter_mut().zip(raw) {
            // SAFETY: a reference is readable.
            word.write(unsafe { read_word(raw) });
        }
        let mut lift = self.new_lift();
        lift.words = words.as_ptr().cast();
        lift.word_count = raw.len();
        // Only async-lifted exports return text or lists in words.
        if raw.len() > SYNC_RESULTS_MAX {
            Self::show_memory(cx, &mut lift);
        }
        self.run_with_handles(lift, handles)
    }

    fn lift_memory(
        &self,
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        let mut handles = HandleList::new();
        if self.result_handles {
            Walk::new(cx, self.origin(), &mut handles).of_memory(ty, offset)?;
        }
        let mut lift = self.new_lift();
        lift.offset = u32::try_from(offset)?;
        Self::show_memory(cx, &mut lift);
        self.run_with_handles(lift, handles)
    }

    fn origin(&self) -> Origin<'_> {
        // SAFETY: both outlive the call.
        unsafe { Origin::Results(&*self.resources, &*self.shared) }
    }

    #[inline]
    fn new_lift(&self) -> capstan_lift {
        // SAFETY: outlives the call.
        let shared = unsafe { &*self.shared };
        capstan_lift {
            words: ptr::null(),
            word_count: 0,
            memory: ptr::null(),
            memory_bytes: 0,
            offset: 0,
            encoding: 0,
            fuel: shared.lifted_bytes.get(),
            user: shared.user,
            take_handle: no_handles,
            engine: ptr::null_mut(),
        }
    }

    #[inline]
    fn show_memory(cx: &LiftContext<'_>, lift: &mut capstan_lift) {
        lift.memory = base(cx.memory());
        lift.memory_bytes = cx.memory().len();
        lift.encoding = encoding(cx.options().string_encoding);
    }

    fn run_with_handles(&self, mut lift: capstan_lift, mut handles: HandleList) -> Result<()> {
        if self.result_handles {
            lift.take_handle = take_result;
            lift.engine = ptr::from_mut(&mut handles).cast::<c_void>();
        }
        self.run(lift)
    }

    #[inline]
    fn run(&self, mut lift: capstan_lift) -> Result<()> {
        // SAFETY: the caller keeps it until the call ends.
        let values = unsafe { &*self.values };
        let Some(run) = values.lift else {
            bail!("the call has no `lift`")
        };
        // SAFETY: as the caller of the export promised; what it returns is ours.
        unsafe { error::adopt(run(values.context, &mut lift)) }
    }
}
