//! What all calls of a store have in common, and the blocking ones.

use crate::abi::{
    capstan_call_values, capstan_error, capstan_export, capstan_instance, capstan_store,
};
use crate::current::{Current, Inside as ThisThread};
use crate::engine;
use crate::error::{self, Code, Error, Outcome, fail};
use crate::exports::RawArguments;
use crate::guard::guard_inside;
use crate::prepared::Export;
use crate::shared::Shared;
use crate::store::{self, Function, Slot, Store, StoreData};
use crate::ticker::Armed;
use crate::waker;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;
use wasmtime::component::ResourceAny;

pub type Inside = wasmtime::Store<StoreData>;

/// The time limit of one call.
pub struct Deadline {
    pub at: Instant,
    pub armed: Armed,
}

/// Marks the store as running a call. Unless `completed`, the store is finished afterwards: a panic
/// came through.
pub struct Busy {
    pub store: *mut Store,
    completed: bool,
}

impl Busy {
    /// # Safety
    /// `store` is NULL or alive, and stays so while the result exists.
    #[inline]
    pub unsafe fn new(store: *mut Store) -> Outcome<Busy> {
        if store.is_null() {
            return Err(error::argument("the store is null"));
        }
        // SAFETY: alive.
        let shared = unsafe { Store::shared(store) };
        if shared.busy.get() {
            return Err(fail(Code::Busy, "the store is already running a call"));
        }
        if let Some(why) = shared.finished.get() {
            return Err(fail(Code::Trap, why));
        }
        shared.busy.set(true);
        Ok(Busy {
            store,
            completed: false,
        })
    }

    pub fn shared(&self) -> &'static Shared {
        // SAFETY: alive while `self` is, and nobody keeps the reference longer.
        unsafe { Store::shared(self.store) }
    }

    /// # Safety
    /// Only one reference is in use at a time; this call is the only user of the inside.
    pub unsafe fn inside<'a>(&self) -> Outcome<&'a mut Inside> {
        // SAFETY: the store is alive and busy with this call.
        let inside = unsafe { (*self.store).inside.as_mut() };
        inside.ok_or_else(|| fail(Code::Trap, FINISHED))
    }

    /// Ends the call: judges its result, and does what was put off.
    #[inline]
    pub fn end(mut self, result: Outcome<()>) -> Outcome<()> {
        let shared = self.shared();
        self.completed = true;
        shared.busy.set(false);
        if result.is_err() {
            self.fail();
        } else if shared.has_given_up.get() {
            // SAFETY: the call is over.
            unsafe { give_up(self.store) };
        }
        result
    }

    #[cold]
    fn fail(&self) {
        self.shared().finished.set(Some(FINISHED));
        // SAFETY: the call is over.
        unsafe {
            if Store::engine(self.store).0.concurrency {
                // Other tasks of the guest may still wait for the host: they end here and not with
                // the store.
                Store::end(self.store, FINISHED);
            }
        }
    }

    /// Nothing ran: an argument was wrong.
    pub fn abandon(mut self) {
        self.completed = true;
        self.shared().busy.set(false);
    }
}

pub const FINISHED: &str = "the guest is finished: an earlier call failed";
pub const CANCELLED: &str = "the guest is finished: an earlier call was cancelled";

impl Drop for Busy {
    fn drop(&mut self) {
        if !self.completed {
            let shared = self.shared();
            shared.finished.set(Some(FINISHED));
            shared.busy.set(false);
        }
    }
}

/// Deletes the guest resources that were given up during the call.
///
/// # Safety
/// `store` is alive and not busy.
unsafe fn give_up(store: *mut Store) {
    // SAFETY: the caller's promise.
    let shared = unsafe { Store::shared(store) };
    while shared.finished.get().is_none() {
        let Some(resource) = shared.take_given_up() else {
            return;
        };
        // SAFETY: the caller's promise. A trap leaves the store finished, which later calls report.
        let _ = unsafe { Store::drop_resource(store, &resource) };
    }
}

/// # Safety
/// `store` is alive and not busy.
pub unsafe fn drop_resource(store: *mut Store, resource: ResourceAny) -> wasmtime::Result<()> {
    // SAFETY: the caller's promise.
    let busy = unsafe { Busy::new(store) };
    // In a finished store there is nobody left to tell.
    let Ok(busy) = busy else { return Ok(()) };
    // SAFETY: this is the store's only call.
    let (Ok(inside), asynchronous) = (unsafe { busy.inside() }, unsafe { (*store).asynchronous })
    else {
        return Ok(());
    };
    // SAFETY: alive.
    let mut deadline = store::arm(unsafe { Store::engine(store) }, inside, busy.shared());
    let result = if asynchronous {
        let _runtime = enter_runtime(inside);
        let future = async { resource.resource_drop_async(&mut *inside).await };
        block_on(pin!(future), deadline.as_mut())
    } else {
        resource
            .resource_drop(&mut *inside)
            .map_err(|error| from(error, Code::Trap))
    };
    busy.end(result).map_err(error::into_wasmtime)
}

pub fn from(error: wasmtime::Error, other: Code) -> Box<Error> {
    error::from_wasmtime(error, other)
}

/// Asynchronous WASI finds its timers through the thread's runtime.
pub fn enter_runtime(inside: &Inside) -> Option<tokio::runtime::EnterGuard<'static>> {
    inside
        .data()
        .wasi
        .as_ref()
        .map(|_| engine::runtime().enter())
}

/// Polls until ready, parking this thread; past the deadline, gives up.
pub fn block_on(
    mut future: Pin<&mut dyn Future<Output = wasmtime::Result<()>>>,
    deadline: Option<&mut Deadline>,
) -> Outcome<()> {
    let waker = waker::this_thread();
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result.map_err(|error| from(error, Code::Trap));
        }
        match &deadline {
            None => thread::park(),
            Some(deadline) => match deadline.at.checked_duration_since(Instant::now()) {
                Some(left) => thread::park_timeout(left),
                None => return Err(deadline_passed()),
            },
        }
    }
}

pub fn deadline_passed() -> Box<Error> {
    fail(Code::Deadline, "the time limit ran out")
}

#[cold]
fn wrong_target(what: &str) -> Box<Error> {
    error::argument(what)
}

/// The export and the instance that a caller means.
///
/// # Safety
/// The header's promises; this is the store's only call.
#[inline(always)]
pub unsafe fn find<'a>(
    busy: &Busy,
    instance: capstan_instance,
    export: *const Export,
) -> Outcome<(&'a Export, &'a mut Slot)> {
    // SAFETY: the caller's promise.
    let (export, slots) = unsafe { (export.as_ref(), &mut (*busy.store).slots) };
    match (export, slots.get_mut(instance as usize)) {
        (Some(export), Some(slot)) if export.belongs_to(&slot.prepared) => Ok((export, slot)),
        (Some(_), Some(_)) => Err(wrong_target("the export is of another component")),
        _ => Err(wrong_target("there is no such export or instance")),
    }
}

/// An export of an instance, looked up and checked.
pub struct Target {
    /// In the store, which makes no instances while this exists.
    function: *const Function,
    pub current: Current,
}

impl Target {
    /// # Safety
    /// The header's promises; this is the store's only call.
    #[inline(always)]
    pub unsafe fn new(
        busy: &Busy,
        inside: &mut Inside,
        instance: capstan_instance,
        export: *const Export,
        values: *const capstan_call_values,
    ) -> Outcome<Target> {
        // SAFETY: the caller's promise.
        let (export, slot) = unsafe { find(busy, instance, export) }?;
        if values.is_null() {
            return Err(wrong_target("`values` is null"));
        }
        Ok(Target {
            function: Store::function(inside, slot, export)?,
            current: Current {
                values,
                shared: busy.shared(),
                resources: Arc::as_ptr(&slot.prepared.resources),
                argument_words: export.plain_words.unwrap_or(0),
                result_handles: export.result_handles,
            },
        })
    }

    #[inline]
    pub fn call(&self, inside: &mut Inside) -> wasmtime::Result<()> {
        let any = RawArguments::<false>(&self.current);
        let numbers = RawArguments::<true>(&self.current);
        // SAFETY: alive, see `function`.
        match unsafe { &*self.function } {
            Function::AnyToAny(function) => function.call(inside, any).map(drop),
            Function::AnyToNumber(function) => function.call(inside, any).map(drop),
            Function::AnyToNothing(function) => function.call(inside, any).map(drop),
            Function::NumbersToAny(function) => function.call(inside, numbers).map(drop),
            Function::NumbersToNumber(function) => function.call(inside, numbers).map(drop),
            Function::NumbersToNothing(function) => function.call(inside, numbers).map(drop),
        }
    }

    pub async fn call_async(&self, inside: &mut Inside) -> wasmtime::Result<()> {
        let any = RawArguments::<false>(&self.current);
        let numbers = RawArguments::<true>(&self.current);
        // SAFETY: alive, see `function`.
        match unsafe { &*self.function } {
            Function::AnyToAny(function) => function.call_async(inside, any).await.map(drop),
            Function::AnyToNumber(function) => function.call_async(inside, any).await.map(drop),
            Function::AnyToNothing(function) => function.call_async(inside, any).await.map(drop),
            Function::NumbersToAny(function) => {
                function.call_async(inside, numbers).await.map(drop)
            }
            Function::NumbersToNumber(function) => {
                function.call_async(inside, numbers).await.map(drop)
            }
            Function::NumbersToNothing(function) => {
                function.call_async(inside, numbers).await.map(drop)
            }
        }
    }
}

/// # Safety
/// The header's promises.
unsafe fn call_blocking(
    thread: &ThisThread,
    store: *mut Store,
    instance: capstan_instance,
    export: *const Export,
    values: *const capstan_call_values,
) -> Outcome<()> {
    // SAFETY: the caller's promise, for everything below.
    unsafe {
        let busy = Busy::new(store)?;
        let inside = busy.inside()?;
        let target = match Target::new(&busy, inside, instance, export, values) {
            Ok(target) => target,
            Err(error) => {
                busy.abandon();
                return Err(error);
            }
        };
        let mut deadline = store::arm(Store::engine(store), inside, busy.shared());
        let result = thread.with_call(&target.current, || {
            if !(*store).asynchronous {
                return target.call(inside).map_err(|error| from(error, Code::Trap));
            }
            let _runtime = enter_runtime(inside);
            block_on(pin!(target.call_async(inside)), deadline.as_mut())
        });
        busy.end(result)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_call_blocking(
    store: *mut capstan_store,
    instance: capstan_instance,
    export: *const capstan_export,
    values: *const capstan_call_values,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    guard_inside(|thread| unsafe { call_blocking(thread, store, instance, export, values) })
}
