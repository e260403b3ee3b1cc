//! Borrowed text, bytes and sized structures coming from C.

use crate::abi::{Sized_, capstan_text};
use crate::error::{self, Outcome};
use std::mem::{self, MaybeUninit};
use std::slice;

impl From<&str> for capstan_text {
    fn from(text: &str) -> Self {
        capstan_text {
            data: text.as_ptr(),
            size: text.len(),
        }
    }
}

impl capstan_text {
    pub const EMPTY: capstan_text = capstan_text {
        data: std::ptr::null(),
        size: 0,
    };

    /// # Safety
    /// `data` is readable for `size` bytes during `'a`.
    pub unsafe fn bytes<'a>(self) -> Outcome<&'a [u8]> {
        // SAFETY: the caller's promise.
        unsafe { bytes(self.data, self.size) }
    }

    /// # Safety
    /// `data` is readable for `size` bytes during `'a`.
    pub unsafe fn str<'a>(self, what: &str) -> Outcome<&'a str> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.bytes() }?;
        std::str::from_utf8(bytes)
            .map_err(|_| error::argument(format!("{what} is not valid utf-8")))
    }

    /// Text for people: invalid parts are replaced.
    ///
    /// # Safety
    /// `data` is readable for `size` bytes.
    pub unsafe fn lossy(self) -> String {
        // SAFETY: the caller's promise.
        match unsafe { self.bytes() } {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(_) => String::new(),
        }
    }
}

/// # Safety
/// `data` is readable for `size` bytes during `'a`.
pub unsafe fn bytes<'a>(data: *const u8, size: usize) -> Outcome<&'a [u8]> {
    if size == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(error::argument(
            "a null pointer was passed with a length that is not 0",
        ));
    }
    // SAFETY: not null, and the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(data, size) })
}

/// Reads a structure that says its own size: fields the caller does not know are zero, fields this
/// library does not know are ignored.
///
/// # Safety
/// `source` is NULL or readable for the number of bytes its first field says.
pub unsafe fn read_sized<T: Sized_>(source: *const T, what: &str) -> Outcome<T> {
    if source.is_null() {
        return Err(error::argument(format!("{what} is null")));
    }
    // SAFETY: every `Sized_` structure begins with its size, and the caller promises that it is
    // readable.
    let size = unsafe { *source.cast::<usize>() };
    if size < mem::size_of::<usize>() {
        return Err(error::argument(format!("{what} has struct_size {size}")));
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: in bounds of both: the caller's promise for the source, the minimum for the
    // destination. All bytes zero is a valid value of every `Sized_`, and so is what a C caller put
    // there.
    unsafe {
        let bytes = size.min(mem::size_of::<T>());
        std::ptr::copy_nonoverlapping(source.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), bytes);
        Ok(value.assume_init())
    }
}

/// # Safety
/// `items` is readable for `count` pointers during `'a`, none of them NULL.
pub unsafe fn pointers<'a, T>(
    items: *const *const T,
    count: usize,
    what: &str,
) -> Outcome<&'a [*const T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() {
        return Err(error::argument(format!(
            "{what} is null, but {count} were announced"
        )));
    }
    // SAFETY: not null, and the caller promises the rest.
    Ok(unsafe { slice::from_raw_parts(items, count) })
}
