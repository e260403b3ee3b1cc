//! Core words, and what the raw types have in common.
//!
//! The raw types are what Wasmtime sees as parameters and results, while C++ does the lifting and
//! lowering: `params` and `results` of host functions, `exports` for both of exports. Their `ABI`
//! is that of an empty type, so that Wasmtime neither checks nor moves anything; how many words
//! there are follows from the component's own function type.

use std::ptr;
use wasmtime::ValRaw;
use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;

/// The most parameters, and results of async-lifted exports, that are passed flat.
pub const FLAT_MAX: usize = 16;
/// The most results that anything else returns flat.
pub const SYNC_RESULTS_MAX: usize = 1;

/// As in `capstan_encoding`.
#[inline]
pub fn encoding(encoding: StringEncoding) -> u8 {
    match encoding {
        StringEncoding::Utf8 => 0,
        StringEncoding::Utf16 => 1,
        StringEncoding::CompactUtf16 => 2,
    }
}

/// Where a memory begins; NULL when there is none.
#[inline]
pub fn base(memory: &[u8]) -> *const u8 {
    if memory.is_empty() {
        ptr::null()
    } else {
        memory.as_ptr()
    }
}

/// Reads a word that compiled code has just written, perhaps only its lower half: a load that is
/// wider than the store before it waits until the store has left the processor. Volatile, or the
/// two loads become one.
///
/// # Safety
/// `raw` is readable.
#[inline(always)]
pub unsafe fn read_word(raw: *const ValRaw) -> u64 {
    let halves: *const u32 = raw.cast();
    // SAFETY: a `ValRaw` has 16 bytes.
    let (low, high) = unsafe { (halves.read_volatile(), halves.add(1).read_volatile()) };
    u64::from(low) | u64::from(high) << 32
}
