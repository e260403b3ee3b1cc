//! `capstan_error`, and how errors of Wasmtime become one.

use crate::abi::capstan_text;
use std::fmt::{self, Write as _};
use wasmtime::component::__internal::wasmtime_environ::demangle_function_name;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Code {
    InvalidArgument = 1,
    Io = 2,
    NotLoadable = 3,
    NotLinkable = 4,
    Trap = 5,
    Deadline = 6,
    Fuel = 7,
    Limit = 8,
    Stack = 9,
    Exit = 10,
    Busy = 11,
    Unsupported = 12,
    Host = 13,
    Internal = 14,
}

impl Code {
    fn from_c(value: u32) -> Code {
        const ALL: [Code; 14] = [
            Code::InvalidArgument,
            Code::Io,
            Code::NotLoadable,
            Code::NotLinkable,
            Code::Trap,
            Code::Deadline,
            Code::Fuel,
            Code::Limit,
            Code::Stack,
            Code::Exit,
            Code::Busy,
            Code::Unsupported,
            Code::Host,
            Code::Internal,
        ];
        let found = ALL.into_iter().find(|code| *code as u32 == value);
        found.unwrap_or(Code::Internal)
    }
}

#[derive(Clone, Debug)]
pub struct Error {
    pub code: Code,
    pub message: String,
    pub backtrace: String,
    pub exit_status: i32,
}

/// What every fallible function of this crate returns inside; `guard` turns it into the C form.
pub type Outcome<T> = Result<T, Box<Error>>;

pub fn fail(code: Code, message: impl Into<String>) -> Box<Error> {
    Box::new(Error {
        code,
        message: message.into(),
        backtrace: String::new(),
        exit_status: 0,
    })
}

pub fn argument(message: impl Into<String>) -> Box<Error> {
    fail(Code::InvalidArgument, message)
}

pub fn internal(message: impl Into<String>) -> Box<Error> {
    fail(Code::Internal, message)
}

/// An error of ours on its way through Wasmtime: a host callback's, or one found while lifting.
#[derive(Debug)]
struct Carried(Box<Error>);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Carried {}

pub fn into_wasmtime(error: Box<Error>) -> wasmtime::Error {
    wasmtime::Error::new(Carried(error))
}

/// Takes over an error that a callback returned; NULL is success.
///
/// # Safety
/// `error` is NULL or an owned error.
pub unsafe fn adopt(error: *mut Error) -> wasmtime::Result<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: errors are only ever made by `Box::into_raw`, and the caller owns this one.
    Err(into_wasmtime(unsafe { Box::from_raw(error) }))
}

/// The C form of an error of Wasmtime's. `other` is the code for whatever is not recognised.
pub fn from_wasmtime(error: wasmtime::Error, other: Code) -> Box<Error> {
    let backtrace = error
        .downcast_ref::<WasmBacktrace>()
        .map(backtrace_text)
        .unwrap_or_default();
    let error = match error.downcast::<Carried>() {
        Ok(Carried(mut own)) => {
            if own.backtrace.is_empty() {
                own.backtrace = backtrace;
            }
            return own;
        }
        Err(error) => error,
    };
    let (code, exit_status) = classify(&error, other);
    let message = match code {
        Code::Deadline => "the time limit ran out".to_owned(),
        Code::Fuel => "the fuel ran out".to_owned(),
        Code::Stack => "wasm trap: call stack exhausted".to_owned(),
        Code::Exit => format!("the guest exited with status {exit_status}"),
        _ => message_text(&error),
    };
    Box::new(Error {
        code,
        message,
        backtrace,
        exit_status,
    })
}

fn classify(error: &wasmtime::Error, other: Code) -> (Code, i32) {
    if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
        return (Code::Exit, *status);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return (Code::Limit, 0);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let code = match trap {
            Trap::Interrupt => Code::Deadline,
            Trap::OutOfFuel => Code::Fuel,
            Trap::StackOverflow => Code::Stack,
            _ => Code::Trap,
        };
        return (code, 0);
    }
    // Limits for which Wasmtime has no public type are known by their words.
    const LIMITS: [&str; 4] = [
        "fuel allocated for hostcalls has been exhausted",
        "store handle limit exceeded",
        "resource limit exceeded",
        "concurrent component instances has been reached",
    ];
    let text = error.root_cause().to_string();
    if LIMITS.iter().any(|words| text.contains(words)) {
        return (Code::Limit, 0);
    }
    (other, 0)
}

/// Root cause first, then what adds to it; the backtrace, which Wasmtime puts into the chain, is
/// left out.
fn message_text(error: &wasmtime::Error) -> String {
    let mut parts: Vec<String> = error
        .chain()
        .map(|cause| cause.to_string())
        .filter(|text| !text.starts_with("error while executing at wasm backtrace"))
        .collect();
    let is_trap = error.is::<Trap>();
    if is_trap {
        parts.reverse();
    }
    parts.dedup();
    let mut text = parts.join(": ");
    while text.ends_with(['.', '\n']) {
        text.pop();
    }
    text
}

fn backtrace_text(backtrace: &WasmBacktrace) -> String {
    let mut text = String::new();
    for (position, frame) in backtrace.frames().iter().enumerate() {
        if position > 0 {
            text.push('\n');
        }
        let _ = write!(text, "{position}: ");
        if let Some(module) = frame.module().name() {
            let _ = write!(text, "{module}!");
        }
        match frame.func_name() {
            Some(name) => {
                let _ = demangle_function_name(&mut text, name);
            }
            None => {
                let _ = write!(text, "<function {}>", frame.func_index());
            }
        }
        if let Some(offset) = frame.module_offset() {
            let _ = write!(text, " (offset {offset:#x})");
        }
    }
    text
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_new(code: u32, message: capstan_text) -> *mut Error {
    // SAFETY: the header's promise about text.
    Box::into_raw(fail(Code::from_c(code), unsafe { message.lossy() }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_delete(error: *mut Error) {
    if !error.is_null() {
        // SAFETY: the caller owns the error.
        drop(unsafe { Box::from_raw(error) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_get_code(error: *const Error) -> u32 {
    // SAFETY: a live error or NULL.
    unsafe { error.as_ref() }.map_or(Code::InvalidArgument, |error| error.code) as u32
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_message(error: *const Error) -> capstan_text {
    // SAFETY: a live error or NULL.
    unsafe { error.as_ref() }.map_or(capstan_text::EMPTY, |error| error.message.as_str().into())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_backtrace(error: *const Error) -> capstan_text {
    // SAFETY: a live error or NULL.
    unsafe { error.as_ref() }.map_or(capstan_text::EMPTY, |error| error.backtrace.as_str().into())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_error_exit_status(error: *const Error) -> i32 {
    // SAFETY: a live error or NULL.
    unsafe { error.as_ref() }.map_or(0, |error| error.exit_status)
}
