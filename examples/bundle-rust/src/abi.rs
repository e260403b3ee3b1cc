//! What this bundle uses of `capstan/interface.h` and `capstan/bundle.h`, under the same names.
//!
//! Written by hand; a generator of bindings would give the same. Structures have all fields, since
//! their sizes are part of the interface.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct capstan_text {
    pub data: *const u8,
    pub size: usize,
}

impl capstan_text {
    pub const fn new(text: &'static str) -> capstan_text {
        capstan_text {
            data: text.as_ptr(),
            size: text.len(),
        }
    }
}

/// Opaque.
#[repr(C)]
pub struct capstan_error {
    _private: [u8; 0],
}

pub const ERROR_TRAP: u32 = 5;
pub const READY: u32 = 0;
pub const FAILED: u32 = 2;

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
    pub take_handle: *const c_void,
    pub engine: *mut c_void,
}

#[repr(C)]
pub struct capstan_lower {
    pub words: *mut u64,
    pub word_count: usize,
    pub memory: *mut u8,
    pub memory_bytes: usize,
    pub offset: u32,
    pub encoding: u8,
    pub user: *mut c_void,
    pub realloc: *const c_void,
    pub give_handle: *const c_void,
    pub give_guest_handle: *const c_void,
    pub engine: *mut c_void,
}

pub type Enter = unsafe extern "C" fn(
    *mut c_void,
    *mut capstan_lift,
    *mut c_void,
    *const c_void,
    *mut *mut capstan_error,
) -> u32;

#[repr(C)]
pub struct capstan_function {
    pub struct_size: usize,
    pub name: capstan_text,
    pub signature: capstan_text,
    pub flags: u32,
    pub frame_bytes: u32,
    pub frame_align: u32,
    pub enter: Option<Enter>,
    pub poll: *const c_void,
    pub lower: Option<unsafe extern "C" fn(*mut c_void, *mut capstan_lower) -> *mut capstan_error>,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
    pub self_: *mut c_void,
    pub direct: *const c_void,
}

#[repr(C)]
pub struct capstan_interface {
    pub struct_size: usize,
    pub import_name: capstan_text,
    pub functions: *const *const capstan_function,
    pub function_count: usize,
    pub resources: *const *const c_void,
    pub resource_count: usize,
}

#[repr(C)]
pub struct capstan_bundle_host {
    pub struct_size: usize,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub context: *mut c_void,
    pub error_new: unsafe extern "C" fn(u32, capstan_text) -> *mut capstan_error,
    pub error_delete: *const c_void,
    pub log: *const c_void,
    pub config_get: *const c_void,
    pub resource_id_new: *const c_void,
}

#[repr(C)]
pub struct capstan_bundle {
    pub struct_size: usize,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub interfaces: *const *const capstan_interface,
    pub interface_count: usize,
    pub self_: *mut c_void,
    pub store_new:
        Option<unsafe extern "C" fn(*mut c_void, *mut *mut c_void) -> *mut capstan_error>,
    pub store_delete: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    pub stop: Option<unsafe extern "C" fn(*mut c_void)>,
}
