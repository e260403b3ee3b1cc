//! Asks Wasmtime for the number of flat words of a function type, to compare it with our own count.

use crate::words::FLAT_MAX;
use std::cell::Cell;
use std::mem::MaybeUninit;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
use wasmtime::{Result, ValRaw, bail};

thread_local! {
    static FOUND: Cell<Option<usize>> = const { Cell::new(None) };
}

struct Probe<const MAX: usize>;

// SAFETY: only ever type-checked.
unsafe impl<const MAX: usize> ComponentType for Probe<MAX> {
    type Lower = [ValRaw; 0];
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        let InterfaceType::Tuple(tuple) = ty else {
            bail!("expected a tuple")
        };
        if FOUND.get().is_none() {
            FOUND.set(Some(types.types[*tuple].abi.flat_count(MAX).unwrap_or(0)));
        }
        Ok(())
    }
}

// SAFETY: as above.
unsafe impl<const MAX: usize> ComponentNamedList for Probe<MAX> {}

// SAFETY: as above.
unsafe impl<const MAX: usize> Lower for Probe<MAX> {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        bail!("a probe has no values")
    }
    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        bail!("a probe has no values")
    }
}

// SAFETY: as above.
unsafe impl<const MAX: usize> Lift for Probe<MAX> {
    fn linear_lift_from_flat(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &Self::Lower,
    ) -> Result<Self> {
        bail!("a probe has no values")
    }
    fn linear_lift_from_memory(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &[u8],
    ) -> Result<Self> {
        bail!("a probe has no values")
    }
}

/// The flat parameters, 0 when they go through memory. `types` are those of the function's
/// component.
pub fn parameter_words(function: &ComponentFunc, types: &InstanceType<'_>) -> Result<usize> {
    FOUND.set(None);
    function.typecheck::<Probe<FLAT_MAX>, Probe<FLAT_MAX>>(types)?;
    FOUND
        .take()
        .ok_or_else(|| wasmtime::format_err!("the type was not checked"))
}
