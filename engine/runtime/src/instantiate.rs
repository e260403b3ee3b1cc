//! Instantiation.

use crate::abi::{capstan_error, capstan_instance, capstan_prepared, capstan_store};
use crate::call::{Busy, Inside, block_on, enter_runtime, from};
use crate::component::live;
use crate::error::{self, Code, Error, Outcome, fail};
use crate::guard::guard;
use crate::prepared::Inner;
use crate::shared::Shared;
use crate::store::{self, Slot, Store};
use crate::wasi::Wasi;
use std::pin::pin;
use std::sync::Arc;
use wasmtime::component::Instance;

/// What instantiation needs, and whether it may suspend.
pub struct Instantiation {
    pub prepared: Arc<Inner>,
    pub asynchronous: bool,
}

impl Instantiation {
    /// # Safety
    /// The header's promises; this is the store's only call.
    pub unsafe fn new(
        busy: &Busy,
        inside: &mut Inside,
        prepared: *const capstan_prepared,
    ) -> Outcome<Instantiation> {
        // SAFETY: the caller's promise.
        let prepared = unsafe { &live(prepared, "the prepared component")?.0 };
        // SAFETY: alive and busy with this call.
        let (engine, asynchronous) =
            unsafe { (Store::engine(busy.store), &mut (*busy.store).asynchronous) };
        if !Arc::ptr_eq(&engine.0, &prepared.engine.0) {
            return Err(error::argument(
                "the prepared component belongs to another engine",
            ));
        }
        if prepared.wasi && inside.data().wasi.is_none() {
            inside.data_mut().wasi = Some(Wasi::new().build()?);
        }
        // A deadline can only end waits inside WASI when they suspend.
        let timed = busy.shared().limits().deadline_ms != 0;
        *asynchronous |= prepared.may_suspend || (timed && prepared.suspending.is_some());
        Ok(Instantiation {
            prepared: Arc::clone(prepared),
            asynchronous: *asynchronous,
        })
    }

    pub fn run(&self, inside: &mut Inside) -> wasmtime::Result<Instance> {
        let pre = self.prepared.direct.as_ref();
        pre.ok_or_else(|| wasmtime::format_err!("the component may suspend"))?
            .instantiate(inside)
    }

    pub async fn run_async(&self, inside: &mut Inside) -> wasmtime::Result<Instance> {
        let pre = self
            .prepared
            .suspending
            .as_ref()
            .or(self.prepared.direct.as_ref());
        let pre = pre.ok_or_else(|| wasmtime::format_err!("the component is not linked"))?;
        pre.instantiate_async(inside).await
    }

    /// Turns a limit that was hit before the guest could run into its own error.
    pub fn explain(&self, error: Box<Error>, shared: &Shared) -> Box<Error> {
        match shared.usage.take_refused() {
            Some(text) if error.code == Code::NotLinkable => fail(Code::Limit, text),
            _ if error.code == Code::Limit && error.message.contains("instance count") => {
                let limit = shared.limits().instances;
                fail(
                    Code::Limit,
                    format!("{}, the limit is {limit}", error.message),
                )
            }
            _ => error,
        }
    }
}

/// # Safety
/// The store is busy with this instantiation.
pub unsafe fn keep(store: *mut Store, instance: Instance, prepared: &Arc<Inner>) -> u32 {
    // SAFETY: the caller's promise.
    let slots = unsafe { &mut (*store).slots };
    slots.push(Slot::new(instance, Arc::clone(prepared)));
    u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
}

/// # Safety
/// The header's promises.
unsafe fn instantiate(
    store: *mut Store,
    prepared: *const capstan_prepared,
    instance_out: *mut capstan_instance,
) -> Outcome<()> {
    // SAFETY: the caller's promise, for everything below.
    unsafe {
        let busy = Busy::new(store)?;
        let inside = busy.inside()?;
        let plan = match Instantiation::new(&busy, inside, prepared) {
            Ok(plan) => plan,
            Err(error) => {
                busy.abandon();
                return Err(error);
            }
        };
        // The code is about to run: those of the guest's own that end up here go through the trap
        // codes.
        let mut deadline = store::arm(Store::engine(store), inside, busy.shared());
        let mut made = None;
        let result = if plan.asynchronous {
            let _runtime = enter_runtime(inside);
            let future = async {
                made = Some(plan.run_async(inside).await.map_err(not_linkable)?);
                Ok(())
            };
            block_on(pin!(future), deadline.as_mut())
        } else {
            plan.run(inside)
                .map(|instance| made = Some(instance))
                .map_err(|error| from(error, Code::NotLinkable))
        };
        let result = result.map_err(|error| plan.explain(error, busy.shared()));
        if let Some(instance) = made {
            instance_out.write(keep(store, instance, &plan.prepared));
        }
        busy.end(result)
    }
}

/// Errors of instantiation that are no traps come from before the guest ran.
pub fn not_linkable(error: wasmtime::Error) -> wasmtime::Error {
    error::into_wasmtime(from(error, Code::NotLinkable))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_instantiate(
    store: *mut capstan_store,
    prepared: *const capstan_prepared,
    instance_out: *mut capstan_instance,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    guard(|| unsafe { instantiate(store, prepared, instance_out) })
}
