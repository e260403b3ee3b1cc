//! What crosses the C boundary: texts, bytes, owned buffers, errors; and what must not: panics and
//! stack overflows.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::ptr;
use std::sync::Once;
use std::thread;

/// The crates below us recurse over the nesting of their input. This is address space, touched only
/// when needed.
const STACK_BYTES: usize = 256 << 20;

/// Failure as the C side sees it: a message, nothing else.
pub type Outcome<T> = Result<T, String>;

#[repr(C)]
pub struct Text {
    pub data: *const u8,
    pub size: usize,
}

impl Text {
    pub fn of(text: &str) -> Text {
        Text {
            data: text.as_ptr(),
            size: text.len(),
        }
    }

    /// Borrows the text for the duration of the call; `what` names it in the error.
    pub unsafe fn read<'a>(&self, what: &str) -> Outcome<&'a str> {
        let bytes = unsafe { slice(self.data, self.size) };
        std::str::from_utf8(bytes).map_err(|_| format!("{what} is not valid UTF-8"))
    }
}

#[repr(C)]
pub struct Bytes {
    pub data: *const u8,
    pub size: usize,
}

impl Bytes {
    pub fn of(bytes: &[u8]) -> Bytes {
        Bytes {
            data: bytes.as_ptr(),
            size: bytes.len(),
        }
    }

    /// Borrows the bytes for the duration of the call.
    pub unsafe fn read<'a>(&self) -> &'a [u8] {
        unsafe { slice(self.data, self.size) }
    }
}

unsafe fn slice<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if size == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(data, size) }
    }
}

/// An owned `Box<[u8]>` taken apart.
#[repr(C)]
pub struct Buffer {
    data: *mut u8,
    size: usize,
}

impl Buffer {
    pub fn of(bytes: Vec<u8>) -> Buffer {
        if bytes.is_empty() {
            return Buffer {
                data: ptr::null_mut(),
                size: 0,
            };
        }
        let bytes = Box::leak(bytes.into_boxed_slice());
        Buffer {
            data: bytes.as_mut_ptr(),
            size: bytes.len(),
        }
    }

    /// Frees the bytes. The fields are only ever those of `of`, or zero.
    pub fn clear(&mut self) {
        if !self.data.is_null() && self.size != 0 {
            drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(self.data, self.size)) });
        }
        *self = Buffer {
            data: ptr::null_mut(),
            size: 0,
        };
    }
}

/// An error on its way to C. `capstan_toolchain_error_delete` frees it.
pub struct Error(String);

impl Error {
    pub fn message(&self) -> &str {
        &self.0
    }
}

thread_local! {
    /// Where and why this thread panicked last; the hook writes it, `caught` takes it.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics are reported through errors, never on stderr. The hook belongs to this library's own copy
/// of std.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let message = text_of(info.payload());
            let place = info.location().map(|l| {
                let file = Path::new(l.file()).file_name().unwrap_or_default();
                format!(" ({}:{})", file.to_string_lossy(), l.line())
            });
            let text = format!("{message}{}", place.unwrap_or_default());
            let _ = LAST_PANIC.try_with(|last| *last.borrow_mut() = Some(text));
        }));
    });
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text.to_string(),
        (_, Some(text)) => text.clone(),
        _ => "panic".to_string(),
    }
}

/// Runs `f`; a panic in it becomes the message that the panic carried.
fn caught<T>(f: impl FnOnce() -> T) -> Outcome<T> {
    install_panic_hook();
    panic::catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let recorded = LAST_PANIC
            .try_with(|last| last.borrow_mut().take())
            .ok()
            .flatten();
        let text = recorded.unwrap_or_else(|| text_of(&*payload));
        // A payload whose destructor panics must not undo the catch.
        std::mem::forget(payload);
        text
    })
}

/// The body of a fallible exported function.
pub fn export(f: impl FnOnce() -> Outcome<()>) -> *mut Error {
    let outcome = caught(f).unwrap_or_else(|panic| Err(internal(&panic)));
    match outcome {
        Ok(()) => ptr::null_mut(),
        Err(message) => Box::into_raw(Box::new(Error(message.trim_end().to_string()))),
    }
}

/// The body of an exported function that cannot report.
pub fn guarded(f: impl FnOnce()) {
    let _ = caught(f);
}

/// Runs `f` on a thread with a large stack; a panic becomes an error.
pub fn deep<T: Send>(f: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    deep_or_panic(f)?.unwrap_or_else(|panic| Err(internal(&panic)))
}

/// As `deep`, but leaves the meaning of a panic to the caller.
pub fn deep_or_panic<T: Send>(f: impl FnOnce() -> T + Send) -> Outcome<Outcome<T>> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("capstan-toolchain".to_string())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || caught(f))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        worker
            .join()
            .map_err(|_| internal("the worker thread ended"))
    })
}

fn internal(what: &str) -> String {
    format!("internal error in the component toolchain: {what}")
}
