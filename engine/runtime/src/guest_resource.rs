//! Resources that the guest implements, held by the host.

use crate::error::{self, Code, Error, Outcome};
use crate::guard::{guard, guard_value};
use crate::shared::Shared;
use crate::store::Store;
use std::ptr;
use wasmtime::component::ResourceAny;

pub struct GuestResource {
    /// Only compared, never followed: the handle may outlive its store.
    store: *const Shared,
    resource: ResourceAny,
}

impl GuestResource {
    pub fn new(store: &Shared, resource: ResourceAny) -> Box<GuestResource> {
        Box::new(GuestResource {
            store: ptr::from_ref(store),
            resource,
        })
    }

    pub fn belongs_to(&self, store: &Shared) -> bool {
        ptr::eq(self.store, store)
    }

    pub fn resource(&self) -> ResourceAny {
        self.resource
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_guest_resource_delete(
    store: *mut Store,
    resource: *mut GuestResource,
) -> *mut Error {
    guard(|| {
        if resource.is_null() {
            return Ok(());
        }
        // SAFETY: owned by the caller until now.
        let resource = unsafe { Box::from_raw(resource) };
        // SAFETY: a live store of this thread.
        unsafe { delete(store, resource) }
    })
}

unsafe fn delete(store: *mut Store, resource: Box<GuestResource>) -> Outcome<()> {
    if store.is_null() {
        return Err(error::argument("the store is null"));
    }
    // SAFETY: a live store, says the caller; the shared part may be used during a call.
    let shared = unsafe { Store::shared(store) };
    if !resource.belongs_to(shared) {
        return Err(error::argument(
            "the guest resource belongs to another store",
        ));
    }
    if shared.busy.get() {
        shared.give_up(*resource);
        return Ok(());
    }
    // SAFETY: not busy, so nothing else refers to the inside of the store.
    let result = unsafe { Store::drop_resource(store, &resource) };
    result.map_err(|error| error::from_wasmtime(error, Code::Trap))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_guest_resource_forget(resource: *mut GuestResource) {
    guard_value((), || {
        if !resource.is_null() {
            // SAFETY: owned by the caller until now.
            drop(unsafe { Box::from_raw(resource) });
        }
    })
}
