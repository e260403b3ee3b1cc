//! A little host in Rust, through the C interface: what the C++ layer does with templates, done by
//! hand.

#![allow(dead_code)]

pub mod host;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

pub fn text(text: &'static str) -> capstan_text {
    capstan_text {
        data: text.as_ptr(),
        size: text.len(),
    }
}

pub fn read(text: capstan_text) -> String {
    if text.size == 0 {
        return String::new();
    }
    let bytes = unsafe { std::slice::from_raw_parts(text.data, text.size) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Code, message and backtrace of an error.
#[derive(Debug, PartialEq)]
pub struct Failure {
    pub code: u32,
    pub message: String,
    pub backtrace: String,
}

pub fn check(error: *mut capstan_error) -> Result<(), Failure> {
    if error.is_null() {
        return Ok(());
    }
    unsafe {
        let failure = Failure {
            code: capstan_error_get_code(error),
            message: read(capstan_error_message(error)),
            backtrace: read(capstan_error_backtrace(error)),
        };
        capstan_error_delete(error);
        Err(failure)
    }
}

pub fn error(message: &'static str) -> *mut capstan_error {
    unsafe { capstan_error_new(13, text(message)) }
}

pub struct Engine(pub *mut capstan_engine);

pub fn config() -> capstan_engine_config {
    let mut config: capstan_engine_config = unsafe { std::mem::zeroed() };
    config.struct_size = size_of::<capstan_engine_config>();
    config
}

impl Engine {
    pub fn new(config: &capstan_engine_config) -> Engine {
        let mut engine = ptr::null_mut();
        check(unsafe { capstan_engine_new(config, &mut engine) }).unwrap();
        Engine(engine)
    }

    pub fn component(&self, wat: &str) -> Result<Component, Failure> {
        let bytes = wat::parse_str(wat).unwrap();
        let mut component = ptr::null_mut();
        let mut cached = false;
        check(unsafe {
            capstan_component_new(
                self.0,
                bytes.as_ptr(),
                bytes.len(),
                &mut component,
                &mut cached,
            )
        })?;
        Ok(Component(component, cached))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        unsafe { capstan_engine_delete(self.0) }
    }
}

pub struct Component(pub *mut capstan_component, pub bool);

unsafe extern "C" fn collect(context: *mut c_void, item: *const capstan_item) {
    unsafe {
        let item = &*item;
        let line = format!(
            "{} {}#{}: {}{}",
            ["function", "resource", "interface", "other"][item.kind as usize],
            read(item.interface_name),
            read(item.name),
            if item.is_async { "async " } else { "" },
            read(item.signature)
        );
        (*context.cast::<Vec<String>>()).push(line);
    }
}

impl Component {
    pub fn imports(&self) -> Vec<String> {
        let mut lines = Vec::<String>::new();
        let context = ptr::from_mut(&mut lines).cast();
        check(unsafe { capstan_component_imports(self.0, Some(collect), context) }).unwrap();
        lines
    }

    pub fn exports(&self) -> Vec<String> {
        let mut lines = Vec::<String>::new();
        let context = ptr::from_mut(&mut lines).cast();
        check(unsafe { capstan_component_exports(self.0, Some(collect), context) }).unwrap();
        lines
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        unsafe { capstan_component_delete(self.0) }
    }
}

pub struct Prepared(pub *mut capstan_prepared);

impl Prepared {
    pub fn new(
        engine: &Engine,
        component: &Component,
        wasi: bool,
        interfaces: &[&capstan_interface],
    ) -> Result<Prepared, Failure> {
        let interfaces: Vec<*const capstan_interface> = interfaces
            .iter()
            .map(|interface| ptr::from_ref(*interface))
            .collect();
        let options = capstan_prepare_options {
            struct_size: size_of::<capstan_prepare_options>(),
            wasi: wasi.into(),
            interfaces: interfaces.as_ptr(),
            interface_count: interfaces.len(),
        };
        let mut prepared = ptr::null_mut();
        check(unsafe { capstan_prepared_new(engine.0, component.0, &options, &mut prepared) })?;
        Ok(Prepared(prepared))
    }

    pub fn export(&self, interface: &'static str, name: &'static str) -> *const capstan_export {
        let export = unsafe { capstan_prepared_export(self.0, text(interface), text(name)) };
        assert!(!export.is_null(), "no export {interface}#{name}");
        export
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        unsafe { capstan_prepared_delete(self.0) }
    }
}

pub struct Store(pub *mut capstan_store);

pub fn limits() -> capstan_limits {
    let mut limits: capstan_limits = unsafe { std::mem::zeroed() };
    limits.struct_size = size_of::<capstan_limits>();
    limits
}

impl Store {
    pub fn new(engine: &Engine, limits: &capstan_limits) -> Store {
        Store::with_wasi(engine, limits, ptr::null_mut())
    }

    pub fn with_wasi(engine: &Engine, limits: &capstan_limits, wasi: *mut capstan_wasi) -> Store {
        let mut store = ptr::null_mut();
        let user = ptr::without_provenance_mut(7);
        check(unsafe { capstan_store_new(engine.0, limits, wasi, user, None, &mut store) })
            .unwrap();
        Store(store)
    }

    pub fn instantiate(&self, prepared: &Prepared) -> Result<u32, Failure> {
        let mut instance = 99;
        check(unsafe { capstan_instantiate(self.0, prepared.0, &mut instance) })?;
        Ok(instance)
    }

    pub fn call(
        &self,
        instance: u32,
        export: *const capstan_export,
        values: &mut Values,
    ) -> Result<(), Failure> {
        let c = values.c();
        check(unsafe { capstan_call_blocking(self.0, instance, export, &c) })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        unsafe { capstan_store_delete(self.0) }
    }
}

/// Arguments and results of one call of an export.
#[derive(Default)]
pub struct Values {
    pub words: Vec<u64>,
    /// Lowered as one string argument in front of the words.
    pub string: Option<String>,
    pub results: Vec<u64>,
    pub result_string: Option<String>,
    /// Result words that are handles.
    pub handles: usize,
    pub taken: Vec<capstan_handle>,
    pub give: Option<(*mut capstan_guest_resource, u32)>,
}

impl Values {
    pub fn words(words: &[u64]) -> Values {
        Values {
            words: words.to_vec(),
            ..Values::default()
        }
    }

    pub fn c(&mut self) -> capstan_call_values {
        capstan_call_values {
            lower: Some(lower_values),
            lift: Some(lift_values),
            context: ptr::from_mut(self).cast(),
        }
    }
}

unsafe extern "C" fn lower_values(
    context: *mut c_void,
    lower: *mut capstan_lower,
) -> *mut capstan_error {
    unsafe {
        let values = &mut *context.cast::<Values>();
        let mut words = Vec::new();
        if let Some(string) = &values.string {
            let mut offset = 0;
            let error = put(lower, string.as_bytes(), &mut offset);
            if !error.is_null() {
                return error;
            }
            words.extend([offset.into(), string.len() as u64]);
        }
        if let Some((guest, kind)) = values.give.take() {
            let mut index = 0;
            let error = ((*lower).give_guest_handle)(lower, kind, guest, &mut index);
            if !error.is_null() {
                return error;
            }
            words.push(index.into());
        }
        words.extend(&values.words);
        if (*lower).words.is_null() {
            // The tests' wide signatures are all u32.
            for (position, word) in words.iter().enumerate() {
                let at = (*lower).offset as usize + position * 4;
                assert!(at + 4 <= (*lower).memory_bytes);
                (*lower)
                    .memory
                    .add(at)
                    .cast::<u32>()
                    .write_unaligned(*word as u32);
            }
        } else {
            assert_eq!((*lower).word_count, words.len());
            for (position, word) in words.iter().enumerate() {
                (*lower).words.add(position).write(*word);
            }
        }
        ptr::null_mut()
    }
}

pub unsafe fn put(lower: *mut capstan_lower, bytes: &[u8], offset: &mut u32) -> *mut capstan_error {
    unsafe {
        let error = ((*lower).realloc)(lower, 0, 0, 1, bytes.len() as u32, offset);
        if error.is_null() {
            let to = (*lower).memory.add(*offset as usize);
            ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        error
    }
}

pub unsafe fn get(lift: *const capstan_lift, offset: u64, size: u64) -> Vec<u8> {
    unsafe {
        let (offset, size) = (offset as u32 as usize, size as u32 as usize);
        assert!(offset + size <= (*lift).memory_bytes);
        std::slice::from_raw_parts((*lift).memory.add(offset), size).to_vec()
    }
}

unsafe extern "C" fn lift_values(
    context: *mut c_void,
    lift: *mut capstan_lift,
) -> *mut capstan_error {
    unsafe {
        let values = &mut *context.cast::<Values>();
        if (*lift).words.is_null() {
            let at = (*lift).offset as usize;
            assert!(at + 8 <= (*lift).memory_bytes);
            let pair = (*lift).memory.add(at).cast::<[u32; 2]>().read_unaligned();
            values.results = vec![pair[0].into(), pair[1].into()];
            let bytes = get(lift, pair[0].into(), pair[1].into());
            values.result_string = String::from_utf8(bytes).ok();
        } else {
            let words = std::slice::from_raw_parts((*lift).words, (*lift).word_count);
            values.results = words.to_vec();
            for word in &words[..values.handles] {
                let mut handle = std::mem::zeroed();
                let error = ((*lift).take_handle)(lift, *word as u32, &mut handle);
                if !error.is_null() {
                    return error;
                }
                values.taken.push(handle);
            }
        }
        ptr::null_mut()
    }
}

/// Frames of host functions: what they hold, and how many there are.
pub static FRAMES: AtomicU32 = AtomicU32::new(0);
pub static DESTROYED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
pub static WAKER: Mutex<Option<Wake>> = Mutex::new(None);
pub static WOKEN: AtomicBool = AtomicBool::new(false);
pub static POLLS: AtomicU32 = AtomicU32::new(0);

pub struct Wake(pub capstan_waker);
unsafe impl Send for Wake {}

impl Drop for Wake {
    fn drop(&mut self) {
        unsafe { ((*self.0.vtable).drop)(self.0.data) }
    }
}

pub fn wake() {
    WOKEN.store(true, Ordering::SeqCst);
    if let Some(waker) = WAKER.lock().unwrap().take() {
        unsafe { ((*waker.0.vtable).wake)(waker.0.data) }
    }
}

pub fn wake_soon() {
    WOKEN.store(false, Ordering::SeqCst);
    std::thread::spawn(|| {
        std::thread::sleep(std::time::Duration::from_millis(30));
        wake();
    });
}

pub struct Frame {
    pub number: u64,
    pub string: Option<Vec<u8>>,
    pub own: bool,
}

pub unsafe fn frame(place: *mut c_void, frame: Frame) {
    FRAMES.fetch_add(1, Ordering::SeqCst);
    unsafe { place.cast::<Frame>().write(frame) }
}

pub unsafe extern "C" fn drop_frame(place: *mut c_void) {
    FRAMES.fetch_sub(1, Ordering::SeqCst);
    unsafe { ptr::drop_in_place(place.cast::<Frame>()) }
}

pub unsafe extern "C" fn lower_frame(
    place: *mut c_void,
    lower: *mut capstan_lower,
) -> *mut capstan_error {
    unsafe {
        let frame = &*place.cast::<Frame>();
        if let Some(string) = &frame.string {
            let mut offset = 0;
            let error = put(lower, string, &mut offset);
            if !error.is_null() {
                return error;
            }
            let to = (*lower)
                .memory
                .add((*lower).offset as usize)
                .cast::<[u32; 2]>();
            to.write_unaligned([offset, string.len() as u32]);
            return ptr::null_mut();
        }
        let mut word = frame.number;
        if frame.own {
            let mut index = 0;
            let error = ((*lower).give_handle)(lower, OWN, BUCKET, word as u32, &mut index);
            if !error.is_null() {
                return error;
            }
            word = index.into();
        }
        if (*lower).words.is_null() {
            let to = (*lower).memory.add((*lower).offset as usize).cast::<u32>();
            to.write_unaligned(word as u32);
        } else if (*lower).word_count > 0 {
            *(*lower).words = word;
        }
        ptr::null_mut()
    }
}

pub const BUCKET: u32 = 41;

pub unsafe extern "C" fn destroy(_: *mut c_void, user: *mut c_void, rep: u32) {
    assert_eq!(user.addr(), 7);
    DESTROYED.lock().unwrap().push(rep);
}

pub unsafe fn word(lift: *const capstan_lift, position: usize) -> u64 {
    unsafe {
        if (*lift).words.is_null() {
            let at = (*lift).offset as usize + position * 4;
            u64::from((*lift).memory.add(at).cast::<u32>().read_unaligned())
        } else {
            assert!(position < (*lift).word_count);
            u64::from(*(*lift).words.add(position) as u32)
        }
    }
}

pub unsafe extern "C" fn poll_wait(
    place: *mut c_void,
    waker: *const capstan_waker,
    _: *mut *mut capstan_error,
) -> capstan_status {
    POLLS.fetch_add(1, Ordering::SeqCst);
    unsafe {
        if WOKEN.load(Ordering::SeqCst) {
            (*place.cast::<Frame>()).number += 1;
            return READY;
        }
        let clone = ((*(*waker).vtable).clone)((*waker).data);
        *WAKER.lock().unwrap() = Some(Wake(clone));
        PENDING
    }
}

pub fn function(name: &'static str, flags: u32, enter: EnterFn) -> capstan_function {
    capstan_function {
        struct_size: size_of::<capstan_function>(),
        name: text(name),
        signature: text(""),
        flags,
        frame_bytes: size_of::<Frame>() as u32,
        frame_align: align_of::<Frame>() as u32,
        enter: Some(enter),
        poll: (flags & MAY_SUSPEND != 0).then_some(poll_wait),
        lower: Some(lower_frame),
        drop: Some(drop_frame),
        self_: ptr::null_mut(),
        direct: None,
    }
}

pub struct Table {
    pub interface: Box<capstan_interface>,
    _functions: Box<[capstan_function]>,
    _pointers: Vec<*const capstan_function>,
    _resource: Box<capstan_resource>,
    _resources: Box<[*const capstan_resource; 1]>,
}

pub fn table(import_name: &'static str, functions: Vec<capstan_function>) -> Table {
    let functions = functions.into_boxed_slice();
    let pointers: Vec<_> = functions.iter().map(ptr::from_ref).collect();
    let resource = Box::new(capstan_resource {
        struct_size: size_of::<capstan_resource>(),
        name: text("bucket"),
        id: BUCKET,
        destroy: Some(destroy),
        self_: ptr::null_mut(),
    });
    let resources = Box::new([ptr::from_ref(&*resource)]);
    let interface = Box::new(capstan_interface {
        struct_size: size_of::<capstan_interface>(),
        import_name: text(import_name),
        functions: pointers.as_ptr(),
        function_count: pointers.len(),
        resources: resources.as_ptr(),
        resource_count: 1,
    });
    Table {
        interface,
        _functions: functions,
        _pointers: pointers,
        _resource: resource,
        _resources: resources,
    }
}
