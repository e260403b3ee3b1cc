//! The engine layer against typed Rust bindings, without C++: the host functions are C functions
//! written in Rust that do no more than they must. Shows what the layer itself costs; `./dev bench
//! calls` measures the whole.
//!
//!     cargo run --release -p capstan-peer --example compare

use ::capstan_engine::c::*;
use capstan_peer::run::{self, Case, Peer};
use std::ffi::c_void;
use std::ptr;

fn text(text: &'static str) -> capstan_text {
    text.into()
}

fn check(error: *mut capstan_error) {
    if !error.is_null() {
        let message = unsafe { capstan_error_message(error) };
        let bytes = unsafe { std::slice::from_raw_parts(message.data, message.size) };
        panic!("{}", String::from_utf8_lossy(bytes));
    }
}

macro_rules! host_function {
    ($name:ident, |$lift:ident, $frame:ident| $body:expr) => {
        unsafe extern "C" fn $name(
            _: *mut c_void,
            $lift: *mut capstan_lift,
            place: *mut c_void,
            _: *const capstan_waker,
            _: *mut *mut capstan_error,
        ) -> capstan_status {
            unsafe {
                let $frame = &mut *place.cast::<[u64; 2]>();
                $body;
            }
            READY
        }
    };
}

unsafe fn word(lift: *const capstan_lift, position: usize) -> u64 {
    unsafe { u64::from(*(*lift).words.add(position) as u32) }
}

host_function!(add, |lift, frame| frame[0] = word(lift, 0) + word(lift, 1));
host_function!(take_bytes, |lift, frame| frame[0] = word(lift, 1));
host_function!(open, |lift, frame| frame[0] = word(lift, 0));
host_function!(get, |lift, frame| {
    let mut handle: capstan_handle = std::mem::zeroed();
    check(((*lift).take_handle)(
        lift,
        word(lift, 0) as u32,
        &mut handle,
    ));
    frame[0] = u64::from(handle.rep) + word(lift, 1);
});
host_function!(give_bytes, |lift, frame| {
    frame[0] = BLOB.as_ptr() as u64;
    frame[1] = word(lift, 0);
});
host_function!(echo, |lift, frame| {
    let at = (*lift).memory.add(word(lift, 0) as usize);
    let copy = std::slice::from_raw_parts(at, word(lift, 1) as usize).to_vec();
    std::str::from_utf8(&copy).unwrap();
    frame[1] = copy.len() as u64;
    frame[0] = Box::into_raw(copy.into_boxed_slice()).cast::<u8>() as u64;
});

static BLOB: [u8; 1 << 20] = [42; 1 << 20];

unsafe extern "C" fn lower_word(
    place: *mut c_void,
    lower: *mut capstan_lower,
) -> *mut capstan_error {
    unsafe { *(*lower).words = (*place.cast::<[u64; 2]>())[0] };
    ptr::null_mut()
}

unsafe extern "C" fn lower_own(
    place: *mut c_void,
    lower: *mut capstan_lower,
) -> *mut capstan_error {
    unsafe {
        let rep = (*place.cast::<[u64; 2]>())[0] as u32;
        let mut index = 0;
        let error = ((*lower).give_handle)(lower, OWN, 9, rep, &mut index);
        *(*lower).words = index.into();
        error
    }
}

unsafe extern "C" fn lower_bytes(
    place: *mut c_void,
    lower: *mut capstan_lower,
) -> *mut capstan_error {
    unsafe {
        let [data, size] = *place.cast::<[u64; 2]>();
        let mut offset = 0;
        let error = ((*lower).realloc)(lower, 0, 0, 1, size as u32, &mut offset);
        let to = (*lower).memory.add(offset as usize);
        ptr::copy_nonoverlapping(data as *const u8, to, size as usize);
        let result = (*lower)
            .memory
            .add((*lower).offset as usize)
            .cast::<[u32; 2]>();
        result.write([offset, size as u32]);
        error
    }
}

unsafe extern "C" fn drop_nothing(_: *mut c_void) {}

unsafe extern "C" fn drop_bytes(place: *mut c_void) {
    unsafe {
        let [data, size] = *place.cast::<[u64; 2]>();
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(
            data as *mut u8,
            size as usize,
        )));
    }
}

unsafe extern "C" fn destroy(_: *mut c_void, _: *mut c_void, _: u32) {}

struct Arguments {
    words: [u64; 2],
    string: Option<Vec<u8>>,
    result: u64,
}

unsafe extern "C" fn lower(context: *mut c_void, lower: *mut capstan_lower) -> *mut capstan_error {
    unsafe {
        let arguments = &*context.cast::<Arguments>();
        let words = (*lower).words;
        if let Some(string) = &arguments.string {
            let mut offset = 0;
            let size = string.len();
            let error = ((*lower).realloc)(lower, 0, 0, 1, size as u32, &mut offset);
            ptr::copy_nonoverlapping(string.as_ptr(), (*lower).memory.add(offset as usize), size);
            *words = offset.into();
            *words.add(1) = size as u64;
            return error;
        }
        *words = arguments.words[0];
        *words.add(1) = arguments.words[1];
    }
    ptr::null_mut()
}

unsafe extern "C" fn lift(context: *mut c_void, lift: *mut capstan_lift) -> *mut capstan_error {
    unsafe {
        let arguments = &mut *context.cast::<Arguments>();
        if (*lift).words.is_null() {
            let [at, size] = *(*lift)
                .memory
                .add((*lift).offset as usize)
                .cast::<[u32; 2]>();
            let at = (*lift).memory.add(at as usize);
            let copy = std::slice::from_raw_parts(at, size as usize).to_vec();
            std::str::from_utf8(&copy).unwrap();
            arguments.result = copy.len() as u64;
        } else {
            arguments.result = u64::from(*(*lift).words as u32);
        }
    }
    ptr::null_mut()
}

struct Raw {
    engine: *mut capstan_engine,
    prepared: *mut capstan_prepared,
    store: *mut capstan_store,
}

impl Raw {
    fn new(engine: *mut capstan_engine, bytes: &[u8]) -> Raw {
        let function = |name, enter: EnterFn, lower: LowerFn, drop: DropFn| capstan_function {
            struct_size: size_of::<capstan_function>(),
            name: text(name),
            signature: text(""),
            flags: 0,
            frame_bytes: 16,
            frame_align: 8,
            enter: Some(enter),
            poll: None,
            lower: Some(lower),
            drop: Some(drop),
            self_: ptr::null_mut(),
            direct: None,
        };
        let functions = [
            function("add", add, lower_word, drop_nothing),
            function("take-bytes", take_bytes, lower_word, drop_nothing),
            function("give-bytes", give_bytes, lower_bytes, drop_nothing),
            function("echo", echo, lower_bytes, drop_bytes),
            function("echo-entries", echo, lower_bytes, drop_bytes),
            function("[constructor]bucket", open, lower_own, drop_nothing),
            function("[method]bucket.get", get, lower_word, drop_nothing),
        ];
        let pointers = functions.each_ref().map(ptr::from_ref);
        let resource = capstan_resource {
            struct_size: size_of::<capstan_resource>(),
            name: text("bucket"),
            id: 9,
            destroy: Some(destroy),
            self_: ptr::null_mut(),
        };
        let resources = [ptr::from_ref(&resource)];
        let interface = capstan_interface {
            struct_size: size_of::<capstan_interface>(),
            import_name: text(run::HOST),
            functions: pointers.as_ptr(),
            function_count: pointers.len(),
            resources: resources.as_ptr(),
            resource_count: 1,
        };
        let interfaces = [ptr::from_ref(&interface)];
        let options = capstan_prepare_options {
            struct_size: size_of::<capstan_prepare_options>(),
            wasi: 0,
            interfaces: interfaces.as_ptr(),
            interface_count: 1,
        };
        let (mut component, mut prepared) = (ptr::null_mut(), ptr::null_mut());
        let mut raw = Raw {
            engine,
            prepared,
            store: ptr::null_mut(),
        };
        unsafe {
            let (data, size) = (bytes.as_ptr(), bytes.len());
            check(capstan_component_new(
                engine,
                data,
                size,
                &mut component,
                ptr::null_mut(),
            ));
            check(capstan_prepared_new(
                engine,
                component,
                &options,
                &mut prepared,
            ));
            raw.prepared = prepared;
            raw.store = raw.make();
        }
        raw
    }

    fn make(&self) -> *mut capstan_store {
        let (mut store, mut instance) = (ptr::null_mut(), 0);
        unsafe {
            let nothing = ptr::null_mut();
            check(capstan_store_new(
                self.engine,
                ptr::null(),
                nothing,
                nothing.cast(),
                None,
                &mut store,
            ));
            check(capstan_instantiate(store, self.prepared, &mut instance));
        }
        store
    }

    fn run(&mut self, case: Case, iterations: u32, size: u32) -> u64 {
        let start = std::time::Instant::now();
        unsafe {
            let export =
                |name| capstan_prepared_export(self.prepared, capstan_text::EMPTY, text(name));
            let mut arguments = Arguments {
                words: [1, 3],
                string: None,
                result: 0,
            };
            let (export, times) = match (case, case.guest_loop()) {
                (_, Some(name)) => {
                    arguments.words = [iterations.into(), size.into()];
                    (export(name), 1)
                }
                (Case::ExportScalar, _) => (export("add"), iterations),
                (Case::ExportEcho, _) => {
                    arguments.string = Some(vec![b'a'; size as usize]);
                    (export("echo"), iterations)
                }
                _ => {
                    for _ in 0..iterations {
                        capstan_store_delete(self.make());
                    }
                    return start.elapsed().as_nanos() as u64;
                }
            };
            let values = capstan_call_values {
                lower: Some(lower),
                lift: Some(lift),
                context: ptr::from_mut(&mut arguments).cast(),
            };
            for _ in 0..times {
                check(capstan_call_blocking(self.store, 0, export, &values));
            }
        }
        start.elapsed().as_nanos() as u64
    }
}

fn main() {
    let wat = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../bench/components/calls.wat"
    );
    let bytes = wat::parse_file(wat).unwrap();
    let mut pool: capstan_pool = unsafe { std::mem::zeroed() };
    pool.struct_size = size_of::<capstan_pool>();
    pool.instances = 100;
    let mut config: capstan_engine_config = unsafe { std::mem::zeroed() };
    config.struct_size = size_of::<capstan_engine_config>();
    config.pool = &pool;
    config.concurrency = u8::from(std::env::args().any(|argument| argument == "concurrency"));
    let mut engine = ptr::null_mut();
    check(unsafe { capstan_engine_new(&config, &mut engine) });

    let wasmtime = unsafe { &*engine }.wasmtime();
    let mut typed = Peer::new(wasmtime, 0, &bytes).unwrap();
    let mut dynamic = Peer::new(wasmtime, 1, &bytes).unwrap();
    let mut raw = Raw::new(engine, &bytes);
    let cases = [
        (Case::Scalar, 0, 200_000),
        (Case::Method, 0, 200_000),
        (Case::BytesIn, 1 << 20, 300),
        (Case::BytesOut, 1 << 20, 300),
        (Case::Echo, 4096, 50_000),
        (Case::ExportScalar, 0, 200_000),
        (Case::ExportEcho, 16, 200_000),
        (Case::ExportEcho, 4096, 50_000),
        (Case::Instantiate, 0, 20_000),
    ];
    // `compare only raw scalar 1000000` runs one thing, for a profiler.
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, only, kind, case, iterations] = arguments.as_slice()
        && only == "only"
    {
        let case = Case::ALL
            .into_iter()
            .find(|known| format!("{known:?}").eq_ignore_ascii_case(case));
        let (case, iterations) = (case.unwrap(), iterations.parse().unwrap());
        let nanoseconds = match kind.as_str() {
            "raw" => raw.run(case, iterations, 16),
            _ => typed.run(case, iterations, 16).unwrap(),
        };
        println!("{:.1} ns", nanoseconds as f64 / f64::from(iterations));
        return;
    }
    println!(
        "{:14} {:>8} {:>10} {:>10} {:>6} {:>12}",
        "case", "size", "raw", "typed", "ratio", "dynamic"
    );
    for (case, size, iterations) in cases {
        let mut best = [f64::MAX; 3];
        for _ in 0..9 {
            let few = if size >= 4096 {
                iterations / 100 + 1
            } else {
                iterations / 4
            };
            let times = [
                raw.run(case, iterations, size) as f64 / f64::from(iterations),
                typed.run(case, iterations, size).unwrap() as f64 / f64::from(iterations),
                dynamic.run(case, few, size).unwrap() as f64 / f64::from(few),
            ];
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time);
            }
        }
        let [raw, typed, dynamic] = best;
        let case = format!("{case:?}");
        let ratio = raw / typed;
        println!("{case:14} {size:8} {raw:10.1} {typed:10.1} {ratio:6.2} {dynamic:12.1}");
    }
}
