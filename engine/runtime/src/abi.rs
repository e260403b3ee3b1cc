//! The structures of `capstan/interface.h` and `capstan/engine.h`, field for field, same names.
//!
//! `tests/header.rs` compares both. C enumerations are plain integers here, because a C caller may
//! pass any value.

#![allow(non_camel_case_types)]

use crate::component::Component;
use crate::driven::Call;
use crate::engine::Engine;
use crate::error::Error;
use crate::guest_resource::GuestResource;
use crate::prepared::{Export, Prepared};
use crate::store::Store;
use crate::wasi::Wasi;
use std::ffi::c_void;

pub type capstan_error = Error;
pub type capstan_engine = Engine;
pub type capstan_component = Component;
pub type capstan_prepared = Prepared;
pub type capstan_export = Export;
pub type capstan_wasi = Wasi;
pub type capstan_store = Store;
pub type capstan_call = Call;
pub type capstan_guest_resource = GuestResource;
pub type capstan_instance = u32;

pub type capstan_status = u32;
pub const READY: capstan_status = 0;
pub const PENDING: capstan_status = 1;
pub const FAILED: capstan_status = 2;

pub type capstan_handle_kind = u32;
pub const OWN: capstan_handle_kind = 0;
pub const BORROW: capstan_handle_kind = 1;

pub const MAY_SUSPEND: u32 = 1;

pub type capstan_item_kind = u32;
pub const ITEM_FUNCTION: capstan_item_kind = 0;
pub const ITEM_RESOURCE: capstan_item_kind = 1;
pub const ITEM_INTERFACE: capstan_item_kind = 2;
pub const ITEM_OTHER: capstan_item_kind = 3;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_text {
    pub data: *const u8,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_waker {
    pub data: *const c_void,
    pub vtable: *const capstan_waker_vtable,
}

#[repr(C)]
pub struct capstan_waker_vtable {
    pub clone: unsafe extern "C" fn(*const c_void) -> capstan_waker,
    pub wake: unsafe extern "C" fn(*const c_void),
    pub drop: unsafe extern "C" fn(*const c_void),
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_handle {
    pub rep: u32,
    pub resource: u32,
    pub guest: *mut capstan_guest_resource,
}

pub type capstan_stream_outcome = u32;
pub const STREAM_OPEN: capstan_stream_outcome = 0;
pub const STREAM_CLOSED: capstan_stream_outcome = 1;
pub const STREAM_FAILED: capstan_stream_outcome = 2;
pub const STREAM_TRAP: capstan_stream_outcome = 3;

pub type ReadyFn = unsafe extern "C" fn(*mut c_void, *const capstan_waker) -> capstan_status;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_output_stream {
    pub struct_size: usize,
    pub self_: *mut c_void,
    pub check: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *mut usize,
            *mut *mut capstan_error,
        ) -> capstan_stream_outcome,
    >,
    pub write: Option<
        unsafe extern "C" fn(
            *mut c_void,
            *const u8,
            usize,
            *mut *mut capstan_error,
        ) -> capstan_stream_outcome,
    >,
    pub flush: Option<
        unsafe extern "C" fn(*mut c_void, *mut *mut capstan_error) -> capstan_stream_outcome,
    >,
    pub ready: Option<ReadyFn>,
    pub close: Option<ReadyFn>,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_input_stream {
    pub struct_size: usize,
    pub self_: *mut c_void,
    pub read: Option<
        unsafe extern "C" fn(
            *mut c_void,
            usize,
            *mut *const u8,
            *mut usize,
            *mut *mut capstan_error,
        ) -> capstan_stream_outcome,
    >,
    pub ready: Option<ReadyFn>,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
}

pub type TakeHandleFn =
    unsafe extern "C" fn(*mut capstan_lift, u32, *mut capstan_handle) -> *mut capstan_error;

#[repr(C)]
pub struct capstan_lift {
    pub words: *const u64,
    pub word_count: usize,
    pub memory: *const u8,
    pub memory_bytes: usize,
    pub offset: u32,
    pub encoding: u8,
    pub fuel: u64,
    pub user: *mut c_void,
    pub take_handle: TakeHandleFn,
    pub engine: *mut c_void,
}

pub type ReallocFn =
    unsafe extern "C" fn(*mut capstan_lower, u32, u32, u32, u32, *mut u32) -> *mut capstan_error;
pub type GiveHandleFn = unsafe extern "C" fn(
    *mut capstan_lower,
    capstan_handle_kind,
    u32,
    u32,
    *mut u32,
) -> *mut capstan_error;
pub type GiveGuestHandleFn = unsafe extern "C" fn(
    *mut capstan_lower,
    capstan_handle_kind,
    *mut capstan_guest_resource,
    *mut u32,
) -> *mut capstan_error;
pub type GiveOutputStreamFn = unsafe extern "C" fn(
    *mut capstan_lower,
    *const capstan_output_stream,
    *mut u32,
) -> *mut capstan_error;
pub type GiveInputStreamFn = unsafe extern "C" fn(
    *mut capstan_lower,
    *const capstan_input_stream,
    *mut u32,
) -> *mut capstan_error;

#[repr(C)]
pub struct capstan_lower {
    pub words: *mut u64,
    pub word_count: usize,
    pub memory: *mut u8,
    pub memory_bytes: usize,
    pub offset: u32,
    pub encoding: u8,
    pub user: *mut c_void,
    pub realloc: ReallocFn,
    pub give_handle: GiveHandleFn,
    pub give_guest_handle: GiveGuestHandleFn,
    pub engine: *mut c_void,
    pub give_output_stream: GiveOutputStreamFn,
    pub give_input_stream: GiveInputStreamFn,
}

pub type EnterFn = unsafe extern "C" fn(
    *mut c_void,
    *mut capstan_lift,
    *mut c_void,
    *const capstan_waker,
    *mut *mut capstan_error,
) -> capstan_status;
pub type PollFn = unsafe extern "C" fn(
    *mut c_void,
    *const capstan_waker,
    *mut *mut capstan_error,
) -> capstan_status;
pub type LowerFn = unsafe extern "C" fn(*mut c_void, *mut capstan_lower) -> *mut capstan_error;
pub type DirectFn = unsafe extern "C" fn(
    *mut c_void,
    *mut capstan_lift,
    *mut u64,
    *mut *mut capstan_error,
) -> capstan_status;
pub type DropFn = unsafe extern "C" fn(*mut c_void);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_function {
    pub struct_size: usize,
    pub name: capstan_text,
    pub signature: capstan_text,
    pub flags: u32,
    pub frame_bytes: u32,
    pub frame_align: u32,
    pub enter: Option<EnterFn>,
    pub poll: Option<PollFn>,
    pub lower: Option<LowerFn>,
    pub drop: Option<DropFn>,
    pub self_: *mut c_void,
    pub direct: Option<DirectFn>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_resource {
    pub struct_size: usize,
    pub name: capstan_text,
    pub id: u32,
    pub destroy: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, u32)>,
    pub self_: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_interface {
    pub struct_size: usize,
    pub import_name: capstan_text,
    pub functions: *const *const capstan_function,
    pub function_count: usize,
    pub resources: *const *const capstan_resource,
    pub resource_count: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_pool {
    pub struct_size: usize,
    pub instances: u32,
    pub memories_per_instance: u32,
    pub tables_per_instance: u32,
    pub memory_bytes_max: u64,
    pub table_elements_max: u64,
    pub memory_bytes_resident: u64,
    pub table_bytes_resident: u64,
    pub stack_bytes_resident: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_engine_config {
    pub struct_size: usize,
    pub concurrency: u8,
    pub interruptible: u8,
    pub fuel: u8,
    pub no_signal_handlers: u8,
    pub no_parallel_compile: u8,
    pub guest_stack_bytes: u64,
    pub fiber_stack_bytes: u64,
    pub tick_ms: u32,
    pub pool: *const capstan_pool,
    pub cache_dir: capstan_text,
}

#[repr(C)]
pub struct capstan_item {
    pub kind: capstan_item_kind,
    pub interface_name: capstan_text,
    pub name: capstan_text,
    pub signature: capstan_text,
    pub is_async: bool,
}

pub type capstan_item_visitor = Option<unsafe extern "C" fn(*mut c_void, *const capstan_item)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_prepare_options {
    pub struct_size: usize,
    pub wasi: u8,
    pub interfaces: *const *const capstan_interface,
    pub interface_count: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_limits {
    pub struct_size: usize,
    pub memory_bytes: u64,
    pub table_elements: u64,
    pub instances: u64,
    pub handles: u64,
    pub fuel: u64,
    pub deadline_ms: u64,
    pub lifted_bytes: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_call_values {
    pub lower: Option<unsafe extern "C" fn(*mut c_void, *mut capstan_lower) -> *mut capstan_error>,
    pub lift: Option<unsafe extern "C" fn(*mut c_void, *mut capstan_lift) -> *mut capstan_error>,
    pub context: *mut c_void,
}

/// Structures that begin with their own size, so that a caller built against an older header passes
/// fewer fields.
///
/// # Safety
/// All bytes zero must be a valid value, and the first field must be `struct_size: usize`.
pub unsafe trait Sized_: Copy {}

// SAFETY: integers, nullable pointers and nullable function pointers only, `struct_size` first.
unsafe impl Sized_ for capstan_function {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_resource {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_interface {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_pool {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_engine_config {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_prepare_options {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_limits {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_output_stream {}
// SAFETY: as above.
unsafe impl Sized_ for capstan_input_stream {}
