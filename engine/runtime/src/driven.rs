//! Calls and instantiations that the caller's event loop drives.

use crate::abi::{
    FAILED, PENDING, READY, capstan_call, capstan_call_values, capstan_error, capstan_export,
    capstan_instance, capstan_prepared, capstan_status, capstan_store, capstan_waker,
};
use crate::call::{Busy, CANCELLED, Deadline, FINISHED, Target, deadline_passed, from};
use crate::current::{Current, Inside as ThisThread};
use crate::engine;
use crate::error::{self, Code, Outcome, fail};
use crate::guard::{catch, guard, guard_value};
use crate::instantiate::{Instantiation, keep, not_linkable};
use crate::prepared::Export;
use crate::store::{self, Store};
use crate::waker;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::Poll;
use std::time::Instant;

/// A call that the caller's event loop drives. Its parts refer to each other, so it stays where it
/// was made.
pub struct Call {
    /// NULL once the store has gone.
    store: *mut Store,
    busy: Option<Busy>,
    /// Refers to `target` and the store's inside.
    future: Option<Pin<Box<dyn Future<Output = wasmtime::Result<()>>>>>,
    target: *mut Target,
    plan: *mut Instantiation,
    deadline: Option<Deadline>,
    /// WASI may wait for the runtime's timers.
    runtime: bool,
    started: bool,
    polling: bool,
}

fn current_of(target: *const Target) -> *const Current {
    // SAFETY: NULL, or the target of a call, which lives as long as the call.
    unsafe { target.as_ref() }.map_or(ptr::null(), |target| &raw const target.current)
}

impl Call {
    /// # Safety
    /// `this` is alive and its store still there.
    unsafe fn poll(&mut self, waker: *const capstan_waker) -> Poll<Outcome<()>> {
        let Some(future) = &mut self.future else {
            return Poll::Ready(Err(error::argument("the call has already ended")));
        };
        self.started = true;
        self.polling = true;
        let current = current_of(self.target);
        let _runtime = self.runtime.then(|| engine::runtime().enter());
        // SAFETY: the caller's waker is alive.
        let polled = unsafe {
            waker::with_foreign(waker, |context| {
                if let Some(deadline) = &mut self.deadline {
                    deadline.armed.wake_at(deadline.at, context.waker());
                }
                ThisThread::new().with_call(current, || future.as_mut().poll(context))
            })
        };
        self.polling = false;
        match polled {
            Poll::Ready(result) => {
                Poll::Ready(self.finish(result.map_err(|error| from(error, Code::Trap))))
            }
            Poll::Pending => match &self.deadline {
                Some(deadline) if deadline.at <= Instant::now() => {
                    self.cancel(FINISHED);
                    Poll::Ready(Err(deadline_passed()))
                }
                _ => Poll::Pending,
            },
        }
    }

    /// The call ended by itself. The store stays busy until the call is deleted.
    fn finish(&mut self, result: Outcome<()>) -> Outcome<()> {
        self.future = None;
        self.deadline = None;
        // SAFETY: alive while the call has a store.
        let shared = unsafe { Store::shared(self.store) };
        if result.is_err() {
            shared.finished.set(Some(FINISHED));
        }
        // SAFETY: the plan lives as long as the call.
        match (unsafe { self.plan.as_ref() }, result) {
            (Some(plan), Err(error)) => Err(plan.explain(error, shared)),
            (_, result) => result,
        }
    }

    /// Drops what is under way, and all guests of the store with it.
    fn cancel(&mut self, why: &'static str) {
        let Some(future) = self.future.take() else {
            return;
        };
        self.deadline = None;
        if !self.started {
            return;
        }
        let current = current_of(self.target);
        let _runtime = self.runtime.then(|| engine::runtime().enter());
        ThisThread::new().with_call(current, || drop(future));
        // SAFETY: alive while the call has a store.
        unsafe { Store::end(self.store, why) };
    }

    /// Ends the call because its store goes, or because it is deleted.
    ///
    /// # Safety
    /// `this` is alive.
    pub unsafe fn detach(this: *mut Call) {
        // SAFETY: the caller's promise.
        let this = unsafe { &mut *this };
        if this.store.is_null() || this.polling {
            return;
        }
        this.cancel(CANCELLED);
        let store = std::mem::replace(&mut this.store, ptr::null_mut());
        // SAFETY: alive until now.
        unsafe { (*store).call = ptr::null_mut() };
        if let Some(busy) = this.busy.take() {
            // SAFETY: alive until now.
            let finished = unsafe { Store::shared(store) }.finished.get();
            // The error, if any, was given to the caller when it happened.
            let result = finished.map_or(Ok(()), |why| Err(fail(Code::Trap, why)));
            match result {
                Ok(()) => drop(busy.end(Ok(()))),
                Err(error) => {
                    let _ = busy.end(Err(error));
                    // SAFETY: alive until now.
                    unsafe { Store::shared(store) }.finished.set(finished);
                }
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.future = None;
        // SAFETY: both were made by `Box::into_raw` for this call, and the future that used them is
        // gone.
        unsafe {
            if !self.target.is_null() {
                drop(Box::from_raw(self.target));
            }
            if !self.plan.is_null() {
                drop(Box::from_raw(self.plan));
            }
        }
    }
}

/// # Safety
/// The header's promises.
unsafe fn start_call(
    store: *mut Store,
    instance: capstan_instance,
    export: *const Export,
    values: *const capstan_call_values,
) -> Outcome<Box<Call>> {
    // SAFETY: the caller's promise, for everything below.
    unsafe {
        let busy = Busy::new(store)?;
        let inside = busy.inside()?;
        let target = match Target::new(&busy, inside, instance, export, values) {
            Ok(target) => Box::into_raw(Box::new(target)),
            Err(error) => {
                busy.abandon();
                return Err(error);
            }
        };
        let deadline = store::arm(Store::engine(store), inside, busy.shared());
        let (asynchronous, runtime) = ((*store).asynchronous, inside.data().wasi.is_some());
        let future = Box::pin(async move {
            match asynchronous {
                true => (*target).call_async(inside).await,
                false => (*target).call(inside),
            }
        });
        Ok(begin(
            store,
            busy,
            future,
            target,
            ptr::null_mut(),
            deadline,
            runtime,
        ))
    }
}

/// # Safety
/// The header's promises.
unsafe fn start_instantiation(
    store: *mut Store,
    prepared: *const capstan_prepared,
    instance_out: *mut capstan_instance,
) -> Outcome<Box<Call>> {
    // SAFETY: the caller's promise, for everything below.
    unsafe {
        let busy = Busy::new(store)?;
        let inside = busy.inside()?;
        let plan = match Instantiation::new(&busy, inside, prepared) {
            Ok(plan) => Box::into_raw(Box::new(plan)),
            Err(error) => {
                busy.abandon();
                return Err(error);
            }
        };
        let deadline = store::arm(Store::engine(store), inside, busy.shared());
        let runtime = inside.data().wasi.is_some();
        let future = Box::pin(async move {
            let instance = match (*plan).asynchronous {
                true => (*plan).run_async(inside).await,
                false => (*plan).run(inside),
            };
            let instance = instance.map_err(not_linkable)?;
            instance_out.write(keep(store, instance, &(*plan).prepared));
            Ok(())
        });
        Ok(begin(
            store,
            busy,
            future,
            ptr::null_mut(),
            plan,
            deadline,
            runtime,
        ))
    }
}

/// # Safety
/// `store` is alive and busy with this call.
unsafe fn begin(
    store: *mut Store,
    busy: Busy,
    future: Pin<Box<dyn Future<Output = wasmtime::Result<()>>>>,
    target: *mut Target,
    plan: *mut Instantiation,
    deadline: Option<Deadline>,
    runtime: bool,
) -> Box<Call> {
    let mut call = Box::new(Call {
        store,
        busy: Some(busy),
        future: Some(future),
        target,
        plan,
        deadline,
        runtime,
        started: false,
        polling: false,
    });
    // SAFETY: the caller's promise.
    unsafe { (*store).call = &raw mut *call };
    call
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_call_new(
    store: *mut capstan_store,
    instance: capstan_instance,
    export: *const capstan_export,
    values: *const capstan_call_values,
    call_out: *mut *mut capstan_call,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        unsafe {
            let call = start_call(store, instance, export, values)?;
            call_out.write(Box::into_raw(call));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_instantiate_async(
    store: *mut capstan_store,
    prepared: *const capstan_prepared,
    instance_out: *mut capstan_instance,
    call_out: *mut *mut capstan_call,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        unsafe {
            let call = start_instantiation(store, prepared, instance_out)?;
            call_out.write(Box::into_raw(call));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_call_poll(
    call: *mut capstan_call,
    waker: *const capstan_waker,
    error_out: *mut *mut capstan_error,
) -> capstan_status {
    let polled = catch(|_| {
        if call.is_null() || waker.is_null() {
            return Err(error::argument("the call or the waker is null"));
        }
        // SAFETY: alive, and no other reference to it is in use.
        let call = unsafe { &mut *call };
        if call.store.is_null() {
            return Err(error::argument("the call's store was deleted"));
        }
        // SAFETY: the header's promises.
        Ok(unsafe { call.poll(waker) })
    });
    let error = match polled {
        Ok(Poll::Ready(Ok(()))) => return READY,
        Ok(Poll::Pending) => return PENDING,
        Ok(Poll::Ready(Err(error))) | Err(error) => error,
    };
    if !error_out.is_null() {
        // SAFETY: the header asks for room.
        unsafe { error_out.write(Box::into_raw(error)) };
    }
    FAILED
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_call_delete(call: *mut capstan_call) {
    guard_value((), || {
        if call.is_null() {
            return;
        }
        // SAFETY: owned by the caller until now.
        unsafe {
            Call::detach(call);
            if !(*call).polling {
                drop(Box::from_raw(call));
            }
        }
    });
}
