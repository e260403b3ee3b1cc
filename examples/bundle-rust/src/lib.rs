//! A bundle in Rust: `example:sums/sums`, with a running total for each store.
//!
//! A panic must not cross the boundary: this crate is compiled with `panic = "abort"`.

mod abi;

use abi::*;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null;

/// One loaded instance: the host, and the tables it was given, which stay where they are.
struct Instance {
    host: *const capstan_bundle_host,
    functions: [capstan_function; 2],
    function_list: [*const capstan_function; 2],
    interface: capstan_interface,
    interface_list: [*const capstan_interface; 1],
    bundle: capstan_bundle,
}

/// What one store has added up.
#[derive(Default)]
struct Store {
    grand_total: Cell<u64>,
}

/// The storage of one call: its result.
struct Frame {
    result: u64,
}

/// The two 32-bit words of a `list` argument: where it is, and how many elements it has.
unsafe fn list_argument(call: &capstan_lift) -> (u64, u64) {
    unsafe {
        if call.words.is_null() {
            let at = call.memory.add(call.offset as usize).cast::<u32>();
            let (offset, count) = (at.read_unaligned(), at.add(1).read_unaligned());
            (offset.into(), count.into())
        } else {
            // The upper halves of the words are undefined.
            let (offset, count) = (*call.words as u32, *call.words.add(1) as u32);
            (offset.into(), count.into())
        }
    }
}

unsafe extern "C" fn total_enter(
    self_: *mut c_void,
    call: *mut capstan_lift,
    frame: *mut c_void,
    _waker: *const c_void,
    error_out: *mut *mut capstan_error,
) -> u32 {
    unsafe {
        let call = &*call;
        let (offset, count) = list_argument(call);
        // What is in the guest's memory is the guest's word: check it.
        if offset % 4 != 0 || offset + 4 * count > call.memory_bytes as u64 {
            let instance = &*self_.cast::<Instance>();
            let message = capstan_text::new("list pointer unaligned or out of bounds");
            *error_out = ((*instance.host).error_new)(ERROR_TRAP, message);
            return FAILED;
        }
        let values = call.memory.add(offset as usize).cast::<u32>();
        let total = (0..count as usize)
            .map(|i| u64::from(values.add(i).read_unaligned()))
            .sum();
        let store = &*call.user.cast::<Store>();
        store.grand_total.set(store.grand_total.get() + total);
        frame.cast::<Frame>().write(Frame { result: total });
        READY
    }
}

unsafe extern "C" fn grand_total_enter(
    _self: *mut c_void,
    call: *mut capstan_lift,
    frame: *mut c_void,
    _waker: *const c_void,
    _error_out: *mut *mut capstan_error,
) -> u32 {
    unsafe {
        let store = &*(*call).user.cast::<Store>();
        let result = store.grand_total.get();
        frame.cast::<Frame>().write(Frame { result });
        READY
    }
}

unsafe extern "C" fn lower(frame: *mut c_void, call: *mut capstan_lower) -> *mut capstan_error {
    unsafe {
        let (result, call) = ((*frame.cast::<Frame>()).result, &*call);
        if call.words.is_null() {
            let at = call.memory.add(call.offset as usize).cast::<u64>();
            at.write_unaligned(result);
        } else {
            *call.words = result;
        }
        std::ptr::null_mut()
    }
}

/// Nothing in a frame needs to be dropped.
unsafe extern "C" fn drop_frame(_frame: *mut c_void) {}

unsafe extern "C" fn store_new(
    _self: *mut c_void,
    store_out: *mut *mut c_void,
) -> *mut capstan_error {
    unsafe { *store_out = Box::into_raw(Box::<Store>::default()).cast() };
    std::ptr::null_mut()
}

unsafe extern "C" fn store_delete(_self: *mut c_void, store: *mut c_void) {
    drop(unsafe { Box::from_raw(store.cast::<Store>()) });
}

unsafe extern "C" fn stop(self_: *mut c_void) {
    drop(unsafe { Box::from_raw(self_.cast::<Instance>()) });
}

fn function(
    name: &'static str,
    signature: &'static str,
    enter: Enter,
    self_: *mut c_void,
) -> capstan_function {
    capstan_function {
        struct_size: size_of::<capstan_function>(),
        name: capstan_text::new(name),
        signature: capstan_text::new(signature),
        flags: 0,
        frame_bytes: size_of::<Frame>() as u32,
        frame_align: align_of::<Frame>() as u32,
        enter: Some(enter),
        poll: null(),
        lower: Some(lower),
        drop: Some(drop_frame),
        self_,
        direct: null(),
    }
}

/// # Safety
/// Called by Capstan, with a table that lives until `stop`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_bundle_v1(
    host: *const capstan_bundle_host,
    bundle_out: *mut *const capstan_bundle,
) -> *mut capstan_error {
    let memory = Box::into_raw(Box::<Instance>::new_uninit());
    let instance = memory.cast::<Instance>();
    let self_ = instance.cast::<c_void>();
    unsafe {
        let functions = &raw const (*instance).functions;
        let first = functions.cast::<capstan_function>();
        instance.write(Instance {
            host,
            functions: [
                function(
                    "total",
                    "func(values: list<u32>) -> u64",
                    total_enter,
                    self_,
                ),
                function("grand-total", "func() -> u64", grand_total_enter, self_),
            ],
            function_list: [first, first.add(1)],
            interface: capstan_interface {
                struct_size: size_of::<capstan_interface>(),
                import_name: capstan_text::new("example:sums/sums@1.0.0"),
                functions: (&raw const (*instance).function_list).cast(),
                function_count: 2,
                resources: null(),
                resource_count: 0,
            },
            interface_list: [&raw const (*instance).interface],
            bundle: capstan_bundle {
                struct_size: size_of::<capstan_bundle>(),
                abi_major: 1,
                abi_minor: 0,
                interfaces: (&raw const (*instance).interface_list).cast(),
                interface_count: 1,
                self_,
                store_new: Some(store_new),
                store_delete: Some(store_delete),
                stop: Some(stop),
            },
        });
        *bundle_out = &raw const (*instance).bundle;
    }
    std::ptr::null_mut()
}
