//! What a store shares with the calls inside it.
//!
//! While the guest runs, Wasmtime has the store borrowed; host functions, and C++ code that calls
//! back into this library, reach only this part. It is used by one thread at a time and therefore
//! made of cells.

use crate::frames::FramePool;
use crate::guest_resource::GuestResource;
use crate::limits::{Limits, Usage};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;

pub struct Shared {
    /// Handed to every host callback.
    pub user: *mut c_void,
    limits: Cell<Limits>,
    /// One of the limits, needed for each call.
    pub lifted_bytes: Cell<u64>,
    pub usage: Usage,
    /// Dropped after the store, because frames are given back while the store goes.
    pub frames: FramePool,
    /// A call is under way.
    pub busy: Cell<bool>,
    /// Why no more calls are possible: the guest's state cannot be trusted after an error.
    pub finished: Cell<Option<&'static str>>,
    /// Guest resources that were given up during a call.
    given_up: RefCell<Vec<GuestResource>>,
    pub has_given_up: Cell<bool>,
}

impl Shared {
    pub fn new(user: *mut c_void, limits: Limits) -> Box<Shared> {
        Box::new(Shared {
            user,
            limits: Cell::new(limits),
            lifted_bytes: Cell::new(limits.lifted_bytes),
            usage: Usage::default(),
            frames: FramePool::new(),
            busy: Cell::new(false),
            finished: Cell::new(None),
            given_up: RefCell::default(),
            has_given_up: Cell::new(false),
        })
    }

    pub fn give_up(&self, resource: GuestResource) {
        self.given_up.borrow_mut().push(resource);
        self.has_given_up.set(true);
    }

    pub fn take_given_up(&self) -> Option<GuestResource> {
        let resource = self.given_up.borrow_mut().pop();
        self.has_given_up.set(resource.is_some());
        resource
    }

    pub fn limits(&self) -> Limits {
        self.limits.get()
    }

    pub fn set_limits(&self, limits: Limits) {
        self.limits.set(limits);
        self.lifted_bytes.set(limits.lifted_bytes);
    }
}
