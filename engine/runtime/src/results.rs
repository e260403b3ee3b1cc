//! Results of host functions.

use crate::abi::capstan_lower;
use crate::error::Error;
use crate::frames::Frame;
use crate::lowering::{self, Destination, Encoding};
use crate::words::SYNC_RESULTS_MAX;
use std::mem::MaybeUninit;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lower};
use wasmtime::{Result, ValRaw, bail, ensure};

/// The result of a host function: its frame, from which `lower` takes it. M is the number of flat
/// words; a `PLAIN` result is nothing or one number, for which `lower` needs nothing of the guest.
pub struct RawResult<const M: usize, const PLAIN: bool>(pub Frame);

// SAFETY: `Lower` is a row of `ValRaw` of the right length, says `typecheck`.
unsafe impl<const M: usize, const PLAIN: bool> ComponentType for RawResult<M, PLAIN> {
    type Lower = [ValRaw; M];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_result_words(ty, types, M)
    }
}

// SAFETY: stands for the whole list of results.
unsafe impl<const M: usize, const PLAIN: bool> ComponentNamedList for RawResult<M, PLAIN> {}

impl<const M: usize, const PLAIN: bool> RawResult<M, PLAIN> {
    #[inline]
    fn lower(&self, lower: *mut capstan_lower) -> *mut Error {
        // SAFETY: `enter` (and `poll`) said that the result is in the frame.
        unsafe { (self.0.linked().lower)(self.0.data(), lower) }
    }
}

/// The same for nothing (M = 0) or one number that was taken without a frame.
pub struct RawWord<const M: usize>(pub u64);

// SAFETY: `Lower` is a row of `ValRaw` of the right length, says `typecheck`.
unsafe impl<const M: usize> ComponentType for RawWord<M> {
    type Lower = [ValRaw; M];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_result_words(ty, types, M)
    }
}

// SAFETY: stands for the whole list of results.
unsafe impl<const M: usize> ComponentNamedList for RawWord<M> {}

// SAFETY: initialises all of `Lower`.
unsafe impl<const M: usize> Lower for RawWord<M> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        destination: &mut MaybeUninit<[ValRaw; M]>,
    ) -> Result<()> {
        destination.write([ValRaw::u64(self.0); M]);
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        bail!("one number does not go through memory")
    }
}

// SAFETY: initialises all of `Lower`.
unsafe impl<const M: usize, const PLAIN: bool> Lower for RawResult<M, PLAIN> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        destination: &mut MaybeUninit<[ValRaw; M]>,
    ) -> Result<()> {
        let mut words = [MaybeUninit::new(0); M];
        let shared = self.0.shared();
        if PLAIN {
            lowering::run_plain(shared, &mut words, |lower| self.lower(lower))?;
        } else {
            // One flat value is never text.
            let to = Destination::Words(&mut words, Encoding::Unused);
            lowering::run(cx, ty, shared, to, |lower| self.lower(lower))?;
        }
        // SAFETY: initialised above.
        destination.write(words.map(|word| ValRaw::u64(unsafe { word.assume_init() })));
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        let to = Destination::Memory(offset);
        lowering::run(cx, ty, self.0.shared(), to, |lower| self.lower(lower))
    }
}

/// Results keep their number of words in the type; `typecheck` compares it with the function's.
fn check_result_words(ty: &InterfaceType, types: &InstanceType<'_>, ours: usize) -> Result<()> {
    let InterfaceType::Tuple(tuple) = ty else {
        bail!("expected a tuple")
    };
    let theirs = types.types[*tuple]
        .abi
        .flat_count(SYNC_RESULTS_MAX)
        .unwrap_or(0);
    ensure!(
        theirs == ours,
        "expected {ours} flat results, found {theirs}"
    );
    Ok(())
}
