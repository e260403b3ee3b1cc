//! Streams of wasi:io that the host makes: the caller's callbacks as what wasmtime-wasi's resources
//! stand for.

use crate::abi::{
    READY, ReadyFn, STREAM_CLOSED, STREAM_FAILED, STREAM_OPEN, STREAM_TRAP, capstan_error,
    capstan_input_stream, capstan_output_stream, capstan_stream_outcome,
};
use crate::error::{self, Code, Outcome, fail};
use crate::{text, waker};
use bytes::Bytes;
use std::ffi::c_void;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::{ptr, slice};
use wasmtime::component::ResourceType;
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};

/// Whether a resource type is one that the functions below make values for.
pub fn is_stream(resource: ResourceType) -> bool {
    resource == ResourceType::host::<DynOutputStream>()
        || resource == ResourceType::host::<DynInputStream>()
}

/// # Safety
/// `stream` is a structure as the header describes it, whose `self` is given up.
pub unsafe fn output(stream: *const capstan_output_stream) -> Outcome<DynOutputStream> {
    // SAFETY: the caller's promise.
    let c = unsafe { text::read_sized(stream, "a capstan_output_stream") }?;
    let stream = Output(c);
    match (c.check, c.write, c.flush, c.ready, c.drop) {
        (Some(_), Some(_), Some(_), Some(_), Some(_)) => Ok(Box::new(stream)),
        _ => Err(error::argument(
            "a capstan_output_stream lacks one of its functions",
        )),
    }
}

/// # Safety
/// `stream` is a structure as the header describes it, whose `self` is given up.
pub unsafe fn input(stream: *const capstan_input_stream) -> Outcome<DynInputStream> {
    // SAFETY: the caller's promise.
    let c = unsafe { text::read_sized(stream, "a capstan_input_stream") }?;
    let stream = Input(c);
    match (c.read, c.ready, c.drop) {
        (Some(_), Some(_), Some(_)) => Ok(Box::new(stream)),
        _ => Err(error::argument(
            "a capstan_input_stream lacks one of its functions",
        )),
    }
}

/// The meaning of what an operation returned.
fn outcome(status: capstan_stream_outcome, error: *mut capstan_error) -> StreamResult<()> {
    // SAFETY: an error that a callback stored is ours.
    let stored = (!error.is_null()).then(|| unsafe { Box::from_raw(error) });
    let described = |stored: Option<Box<capstan_error>>| {
        stored.unwrap_or_else(|| fail(Code::Host, "a host stream failed without an error"))
    };
    match status {
        STREAM_OPEN => Ok(()),
        STREAM_CLOSED => Err(StreamError::Closed),
        STREAM_FAILED => Err(StreamError::LastOperationFailed(wasmtime::Error::msg(
            described(stored).message,
        ))),
        STREAM_TRAP => Err(StreamError::Trap(error::into_wasmtime(described(stored)))),
        other => Err(StreamError::Trap(error::into_wasmtime(fail(
            Code::Host,
            format!("a host stream returned {other}, which is no capstan_stream_outcome"),
        )))),
    }
}

/// # Safety
/// `poll` may be called with `this` now.
unsafe fn poll_status(poll: Option<ReadyFn>, this: *mut c_void, context: &Context<'_>) -> Poll<()> {
    let Some(poll) = poll else {
        return Poll::Ready(());
    };
    let waker = waker::borrowed(context);
    // SAFETY: the caller's promise.
    match unsafe { poll(this, &waker) } {
        READY => Poll::Ready(()),
        _ => Poll::Pending,
    }
}

struct Output(capstan_output_stream);

// SAFETY: the header says that a store belongs to one thread at a time, and what its guests hold
// with it.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(drop) = self.0.drop {
            // SAFETY: once, as the header says.
            unsafe { drop(self.0.self_) };
        }
    }
}

impl Output {
    fn call(
        &mut self,
        operation: impl FnOnce(&capstan_output_stream, *mut *mut capstan_error) -> Option<u32>,
    ) -> StreamResult<()> {
        let mut error = ptr::null_mut();
        let status = operation(&self.0, &mut error);
        outcome(status.unwrap_or(STREAM_FAILED), error)
    }
}

#[async_trait::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        let this = &*self;
        // SAFETY: a live stream.
        poll_fn(|context| unsafe { poll_status(this.0.ready, this.0.self_, context) }).await;
    }
}

#[async_trait::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        // SAFETY: a live stream; the bytes outlive the call.
        self.call(|c, error| unsafe { Some(c.write?(c.self_, bytes.as_ptr(), bytes.len(), error)) })
    }

    fn flush(&mut self) -> StreamResult<()> {
        // SAFETY: a live stream.
        self.call(|c, error| unsafe { Some(c.flush?(c.self_, error)) })
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let mut bytes = 0;
        // SAFETY: a live stream.
        self.call(|c, error| unsafe { Some(c.check?(c.self_, &mut bytes, error)) })?;
        Ok(bytes)
    }

    async fn cancel(&mut self) {
        let this = &*self;
        // SAFETY: a live stream.
        poll_fn(|context| unsafe { poll_status(this.0.close, this.0.self_, context) }).await;
    }
}

struct Input(capstan_input_stream);

// SAFETY: as for `Output`.
unsafe impl Send for Input {}
// SAFETY: as above.
unsafe impl Sync for Input {}

impl Drop for Input {
    fn drop(&mut self) {
        if let Some(drop) = self.0.drop {
            // SAFETY: once, as the header says.
            unsafe { drop(self.0.self_) };
        }
    }
}

#[async_trait::async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        let this = &*self;
        // SAFETY: a live stream.
        poll_fn(|context| unsafe { poll_status(this.0.ready, this.0.self_, context) }).await;
    }
}

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let (mut bytes, mut count, mut error) = (ptr::null(), 0, ptr::null_mut());
        let Some(read) = self.0.read else {
            return Err(StreamError::Closed);
        };
        // SAFETY: a live stream.
        let status = unsafe { read(self.0.self_, size, &mut bytes, &mut count, &mut error) };
        outcome(status, error)?;
        if count == 0 || bytes.is_null() {
            return Ok(Bytes::new());
        }
        if count > size {
            return Err(StreamError::Trap(error::into_wasmtime(fail(
                Code::Host,
                format!("a host stream gave {count} bytes where {size} were asked for"),
            ))));
        }
        // SAFETY: valid until the stream is called again, says the header.
        Ok(Bytes::copy_from_slice(unsafe {
            slice::from_raw_parts(bytes, count)
        }))
    }
}
