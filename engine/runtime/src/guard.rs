//! The boundary: no panic leaves this library.

use crate::current::{self, Inside};
use crate::error::{self, Error, Outcome};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::Once;

/// Runs the body of an exported function.
#[inline]
pub fn guard(body: impl FnOnce() -> Outcome<()>) -> *mut Error {
    guard_inside(|_| body())
}

/// The same for a body that needs the thread's state.
#[inline]
pub fn guard_inside(body: impl FnOnce(&Inside) -> Outcome<()>) -> *mut Error {
    match catch(body) {
        Ok(()) => ptr::null_mut(),
        Err(error) => Box::into_raw(error),
    }
}

/// The same for functions that cannot fail: a panic gives `otherwise`.
pub fn guard_value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch(|_| Ok(body())).unwrap_or(otherwise)
}

#[inline]
pub fn catch<T>(body: impl FnOnce(&Inside) -> Outcome<T>) -> Outcome<T> {
    let inside = Inside::new();
    match panic::catch_unwind(AssertUnwindSafe(|| body(&inside))) {
        Ok(result) => result,
        Err(payload) => Err(panicked(payload.as_ref())),
    }
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> Box<Error> {
    let text = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "no message",
    };
    error::internal(format!("the engine panicked: {text}"))
}

/// Keeps panics that become errors off standard error. Called when an engine is made.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !current::is_inside() {
                previous(info);
            }
        }));
    });
}
