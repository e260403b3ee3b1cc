//! WASI: what a guest may do, and how its waits end. And what the engine keeps on disk.

mod support;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::ptr;
use std::time::{Duration, Instant};
use support::*;

const GUEST: &str = r#"
(component
  (import "wasi:io/error@0.2.0" (instance $e (export "error" (type (sub resource)))))
  (alias export $e "error" (type $error))
  (import "wasi:io/poll@0.2.3" (instance $p
    (export "pollable" (type $t (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $t))))))
  (alias export $p "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $s
    (export "output-stream" (type $t (sub resource)))
    (alias outer 1 $error (type $outer))
    (export "error" (type $err (eq $outer)))
    (type $case (variant (case "last-operation-failed" (own $err)) (case "closed")))
    (export "stream-error" (type $failure (eq $case)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $t)) (param "contents" (list u8))
        (result (result (error $failure)))))))
  (alias export $s "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.0" (instance $o
    (alias outer 1 $stream (type $outer))
    (export "output-stream" (type $t (eq $outer)))
    (export "get-stdout" (func (result (own $t))))))
  (import "wasi:cli/exit@0.2.0" (instance $x
    (export "exit" (func (param "status" (result))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $c
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $t (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $t))))))
  (core module $libc (memory (export "memory") 1) (data (i32.const 0) "hello"))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $o "get-stdout")))
  (core func $write (canon lower (func $s "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $libc "memory"))))
  (core func $exit (canon lower (func $x "exit")))
  (core func $subscribe (canon lower (func $c "subscribe-duration")))
  (core func $block (canon lower (func $p "[method]pollable.block")))
  (core module $m
    (import "h" "get" (func $get (result i32)))
    (import "h" "write" (func $write (param i32 i32 i32 i32)))
    (import "h" "exit" (func $exit (param i32)))
    (import "h" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "h" "block" (func $block (param i32)))
    (func (export "hello") (call $write (call $get) (i32.const 0) (i32.const 5) (i32.const 64)))
    (func (export "leave") (call $exit (i32.const 1)))
    (func (export "sleep") (param i64) (call $block (call $subscribe (local.get 0)))))
  (core instance $m (instantiate $m (with "h" (instance (export "get" (func $get))
    (export "write" (func $write)) (export "exit" (func $exit))
    (export "subscribe" (func $subscribe)) (export "block" (func $block))))))
  (func (export "hello") (canon lift (core func $m "hello")))
  (func (export "leave") (canon lift (core func $m "leave")))
  (func (export "sleep") (param "ns" u64) (canon lift (core func $m "sleep"))))
"#;

unsafe extern "C" fn sink(context: *mut c_void, bytes: *const u8, size: usize) {
    let bytes = unsafe { std::slice::from_raw_parts(bytes, size) };
    unsafe { &mut *context.cast::<Vec<u8>>() }.extend(bytes);
}

unsafe extern "C" fn sink_dropped(context: *mut c_void) {
    unsafe { &mut *context.cast::<Vec<u8>>() }.push(b'!');
}

#[test]
fn output_exit_and_sleep() {
    for concurrency in [0, 1] {
        let mut config = config();
        config.concurrency = concurrency;
        let engine = Engine::new(&config);
        let component = engine.component(GUEST).unwrap();
        let prepared = Prepared::new(&engine, &component, true, &[]).unwrap();

        let mut written = Vec::<u8>::new();
        let store = unsafe {
            let wasi = capstan_wasi_new();
            let context = ptr::from_mut(&mut written).cast();
            capstan_wasi_sink(wasi, 1, Some(sink), Some(sink_dropped), context);
            Store::with_wasi(&engine, &limits(), wasi)
        };
        let instance = store.instantiate(&prepared).unwrap();
        let call = |name| store.call(instance, prepared.export("", name), &mut Values::default());
        call("hello").unwrap();
        let failure = call("leave").unwrap_err();
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (10, "the guest exited with status 1")
        );
        drop(store);
        assert_eq!(String::from_utf8(written).unwrap(), "hello!");

        let store = Store::new(&engine, &limits());
        let instance = store.instantiate(&prepared).unwrap();
        let start = Instant::now();
        let mut values = Values::words(&[20_000_000]);
        store
            .call(instance, prepared.export("", "sleep"), &mut values)
            .unwrap();
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}

#[test]
fn a_deadline_ends_a_sleep() {
    for concurrency in [0, 1] {
        let mut config = config();
        (config.concurrency, config.interruptible) = (concurrency, 1);
        let engine = Engine::new(&config);
        let component = engine.component(GUEST).unwrap();
        let prepared = Prepared::new(&engine, &component, true, &[]).unwrap();
        assert!(!unsafe { capstan_prepared_may_suspend(prepared.0) });
        let mut few = limits();
        few.deadline_ms = 30;
        let store = Store::new(&engine, &few);
        let instance = store.instantiate(&prepared).unwrap();
        let start = Instant::now();
        let mut values = Values::words(&[10_000_000_000]);
        let sleep = prepared.export("", "sleep");
        let failure = store.call(instance, sleep, &mut values).unwrap_err();
        assert_eq!(failure.code, 6);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn engines_with_a_pool_or_without_signal_handlers() {
    let mut pool: capstan_pool = unsafe { std::mem::zeroed() };
    pool.struct_size = size_of::<capstan_pool>();
    pool.instances = 2;
    let mut pooled = config();
    pooled.pool = &pool;
    let mut quiet = config();
    quiet.no_signal_handlers = 1;
    for config in [pooled, quiet] {
        let engine = Engine::new(&config);
        let component = engine.component(GUEST).unwrap();
        let prepared = Prepared::new(&engine, &component, true, &[]).unwrap();
        for _ in 0..3 {
            let store = Store::new(&engine, &limits());
            let instance = store.instantiate(&prepared).unwrap();
            let hello = prepared.export("", "hello");
            store.call(instance, hello, &mut Values::default()).unwrap();
        }
        if !config.pool.is_null() {
            let stores = [(); 3].map(|()| Store::new(&engine, &limits()));
            let results = stores.each_ref().map(|store| store.instantiate(&prepared));
            assert!(results[0].is_ok() && results[1].is_ok());
            assert_eq!(results[2].as_ref().unwrap_err().code, 8, "{results:?}");
        }
    }
}

/// A fresh directory, removed at the end.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("capstan-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn text(&self) -> capstan_text {
        let path = self.0.to_str().unwrap();
        capstan_text {
            data: path.as_ptr(),
            size: path.len(),
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_cache_serves_what_is_whole_and_its_own() {
    let dir = Dir::new("cache");
    let mut config = config();
    config.cache_dir = dir.text();
    let from_cache = |config: &capstan_engine_config| {
        let engine = Engine::new(config);
        let component = engine.component(GUEST).unwrap();
        let prepared = Prepared::new(&engine, &component, true, &[]).unwrap();
        let store = Store::new(&engine, &limits());
        let instance = store.instantiate(&prepared).unwrap();
        store
            .call(
                instance,
                prepared.export("", "hello"),
                &mut Values::default(),
            )
            .unwrap();
        component.1
    };
    assert!(!from_cache(&config));
    assert!(from_cache(&config));
    config.fuel = 1;
    assert!(!from_cache(&config));
    config.fuel = 0;

    let entries = || {
        fs::read_dir(&dir.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    assert_eq!(entries().count(), 2);
    for path in entries() {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    assert!(!from_cache(&config));
    assert!(from_cache(&config));
    for path in entries() {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
    }
    assert!(!from_cache(&config));
    assert!(from_cache(&config));

    fs::set_permissions(&dir.0, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!from_cache(&config));
}

unsafe extern "C" fn write_file(context: *mut c_void, bytes: *const u8, size: usize) {
    let bytes = unsafe { std::slice::from_raw_parts(bytes, size) };
    fs::write(unsafe { &*context.cast::<PathBuf>() }, bytes).unwrap();
}

#[test]
fn precompiled_artefacts_load_again() {
    let dir = Dir::new("precompiled");
    let path = dir.0.join("guest.cwasm");
    let engine = Engine::new(&config());
    let component = engine.component(GUEST).unwrap();
    let context = ptr::from_ref(&path).cast_mut().cast();
    check(unsafe { capstan_component_serialize(component.0, Some(write_file), context) }).unwrap();

    let name = path.to_str().unwrap();
    let name = capstan_text {
        data: name.as_ptr(),
        size: name.len(),
    };
    let mut loaded = ptr::null_mut();
    check(unsafe { capstan_component_from_precompiled(engine.0, name, &mut loaded) }).unwrap();
    assert_eq!(Component(loaded, false).exports(), component.exports());

    let missing = text("/nowhere/guest.cwasm");
    let error = unsafe { capstan_component_from_precompiled(engine.0, missing, &mut loaded) };
    assert_eq!(check(error).unwrap_err().code, 2);
    let bytes = b"\0asm nonsense";
    let mut none = ptr::null_mut();
    let error = unsafe {
        capstan_component_new(
            engine.0,
            bytes.as_ptr(),
            bytes.len(),
            &mut none,
            ptr::null_mut(),
        )
    };
    assert_eq!(check(error).unwrap_err().code, 3);
}
