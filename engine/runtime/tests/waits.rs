//! Calls that wait: for a host function, in the caller's event loop, against a deadline, and with
//! the async ABI.

mod support;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use support::host::{host, turn};
use support::*;

/// `wait` imported as a sync function; with `async func` when the placeholders are filled so.
fn waiting(asynchronous: bool) -> String {
    let text = r#"
(component
  (import "test:host/api" (instance $h
    (export "wait" (func ASYNC (param "n" u32) (result u32)))))
  (core func $wait (canon lower (func $h "wait")))
  (core module $m
    (import "h" "wait" (func $wait (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $wait (local.get 0))))
  (core instance $m (instantiate $m (with "h" (instance (export "wait" (func $wait))))))
  (func (export "run") ASYNC (param "n" u32) (result u32) (canon lift (core func $m "run"))))
"#;
    text.replace("ASYNC", if asynchronous { "async" } else { "" })
}

/// The async ABI on both sides: imports give a subtask, exports return through `task.return` and
/// wait in a callback.
const LOWERED_ASYNC: &str = r#"
(component
  (import "test:host/api" (instance $h
    (export "wait" (func async (param "n" u32) (result u32)))
    (export "sum" (func async (param "v" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32
                                          u32 u32 u32 u32)) (result u32)))))
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $libc (instantiate $libc))
  (core func $wait (canon lower (func $h "wait") async (memory (core memory $libc "memory"))))
  (core func $sum (canon lower (func $h "sum") async (memory (core memory $libc "memory"))))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $drop (canon subtask.drop))
  (core func $ret (canon task.return (result u32)))
  (core func $ret2 (canon task.return (result string) (memory (core memory $libc "memory"))))
  (core module $m
    (import "l" "memory" (memory 1))
    (import "h" "wait" (func $wait (param i32 i32) (result i32)))
    (import "h" "sum" (func $sum (param i32 i32) (result i32)))
    (import "h" "set" (func $set (result i32)))
    (import "h" "join" (func $join (param i32 i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "ret" (func $ret (param i32)))
    (import "h" "ret2" (func $ret2 (param i32 i32)))
    (func (export "run") (param i32) (result i32) (local $status i32) (local $set i32)
      (local.set $status (call $wait (local.get 0) (i32.const 64)))
      (if (i32.eq (i32.and (local.get $status) (i32.const 15)) (i32.const 2))
        (then (call $ret (i32.load (i32.const 64))) (return (i32.const 0))))
      (local.set $set (call $set))
      (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "resume") (param i32 i32 i32) (result i32)
      (call $drop (local.get 1))
      (call $ret (i32.load (i32.const 64)))
      (i32.const 0))
    (func (export "wide") (param i32) (result i32)
      (drop (call $sum (local.get 0) (i32.const 64)))
      (call $ret (i32.load (i32.const 64)))
      (i32.const 0))
    (func (export "text") (result i32) (i32.store (i32.const 256) (i32.const 0x6f6c6c48))
      (call $ret2 (i32.const 256) (i32.const 4))
      (i32.const 0)))
  (core instance $m (instantiate $m (with "l" (instance $libc)) (with "h" (instance
    (export "wait" (func $wait)) (export "sum" (func $sum)) (export "set" (func $set))
    (export "join" (func $join)) (export "drop" (func $drop))
    (export "ret" (func $ret)) (export "ret2" (func $ret2))))))
  (func (export "run") async (param "n" u32) (result u32)
    (canon lift (core func $m "run") async (callback (core func $m "resume"))))
  (func (export "wide") async
    (param "v" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32))
    (result u32)
    (canon lift (core func $m "wide") async (callback (core func $m "resume"))
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "text") async (result string)
    (canon lift (core func $m "text") async (callback (core func $m "resume"))
      (memory (core memory $libc "memory")))))
"#;

fn waiting_cases() -> Vec<(u8, String)> {
    vec![(0, waiting(false)), (1, waiting(false)), (1, waiting(true))]
}

#[test]
fn a_blocking_call_waits_for_the_host() {
    let _turn = turn();
    for (concurrency, text) in waiting_cases() {
        let mut config = config();
        config.concurrency = concurrency;
        let engine = Engine::new(&config);
        let component = engine.component(&text).unwrap();
        let table = host();
        let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
        assert!(unsafe { capstan_prepared_may_suspend(prepared.0) });
        let store = Store::new(&engine, &limits());
        let instance = store.instantiate(&prepared).unwrap();
        let run = prepared.export("", "run");

        // Ready at once.
        WOKEN.store(true, Ordering::SeqCst);
        let mut values = Values::words(&[10]);
        store.call(instance, run, &mut values).unwrap();
        assert_eq!(values.results[0] as u32, 11);

        // Ready after a wake-up from another thread.
        POLLS.store(0, Ordering::SeqCst);
        wake_soon();
        let mut values = Values::words(&[20]);
        store.call(instance, run, &mut values).unwrap();
        assert_eq!(values.results[0] as u32, 21);
        assert!(POLLS.load(Ordering::SeqCst) <= 4, "{POLLS:?}");
        assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
    }
}

unsafe extern "C" fn flag_clone(data: *const c_void) -> capstan_waker {
    capstan_waker {
        data,
        vtable: &FLAG,
    }
}
unsafe extern "C" fn flag_wake(data: *const c_void) {
    unsafe { &*data.cast::<std::sync::atomic::AtomicBool>() }.store(true, Ordering::SeqCst);
}
unsafe extern "C" fn flag_drop(_: *const c_void) {}
static FLAG: capstan_waker_vtable = capstan_waker_vtable {
    clone: flag_clone,
    wake: flag_wake,
    drop: flag_drop,
};

/// Polls again after every wake-up, as an event loop does, until the call rests.
unsafe fn poll_until_quiet(
    call: *mut capstan_call,
    waker: &capstan_waker,
    flag: &std::sync::atomic::AtomicBool,
    error: &mut *mut capstan_error,
) -> capstan_status {
    for _ in 0..10 {
        flag.store(false, Ordering::SeqCst);
        let status = unsafe { capstan_call_poll(call, waker, error) };
        if status != PENDING || !flag.load(Ordering::SeqCst) {
            return status;
        }
    }
    panic!("the call keeps waking its caller");
}

#[test]
fn an_event_loop_drives_and_cancels_calls() {
    let _turn = turn();
    let flag: &'static _ = Box::leak(Box::new(std::sync::atomic::AtomicBool::new(false)));
    let waker = capstan_waker {
        data: ptr::from_ref(flag).cast(),
        vtable: &FLAG,
    };
    for (concurrency, text) in waiting_cases() {
        let mut config = config();
        config.concurrency = concurrency;
        let engine = Engine::new(&config);
        let component = engine.component(&text).unwrap();
        let table = host();
        let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
        for delete_store_first in [false, true] {
            let store = Store::new(&engine, &limits());
            let mut instance = 9;
            unsafe {
                let mut call = ptr::null_mut();
                check(capstan_instantiate_async(
                    store.0,
                    prepared.0,
                    &mut instance,
                    &mut call,
                ))
                .unwrap();
                let mut error = ptr::null_mut();
                assert_eq!(capstan_call_poll(call, &waker, &mut error), READY);
                capstan_call_delete(call);
            }
            assert_eq!(instance, 0);

            let run = prepared.export("", "run");
            let mut values = Values::words(&[1]);
            let c = values.c();
            let (mut call, mut error) = (ptr::null_mut(), ptr::null_mut());
            WOKEN.store(false, Ordering::SeqCst);
            flag.store(false, Ordering::SeqCst);
            unsafe {
                check(capstan_call_new(store.0, instance, run, &c, &mut call)).unwrap();
                assert_eq!(poll_until_quiet(call, &waker, flag, &mut error), PENDING);
                assert_eq!(FRAMES.load(Ordering::SeqCst), 1);
                let busy = store
                    .call(instance, run, &mut Values::words(&[1]))
                    .unwrap_err();
                assert_eq!(busy.code, 11);
                assert!(
                    !flag.load(Ordering::SeqCst),
                    "{concurrency} {delete_store_first}"
                );
                wake();
                assert!(flag.load(Ordering::SeqCst));
                assert_eq!(poll_until_quiet(call, &waker, flag, &mut error), READY);
                capstan_call_delete(call);
                assert_eq!(values.results[0] as u32, 2);

                WOKEN.store(false, Ordering::SeqCst);
                check(capstan_call_new(store.0, instance, run, &c, &mut call)).unwrap();
                assert_eq!(poll_until_quiet(call, &waker, flag, &mut error), PENDING);
                assert_eq!(FRAMES.load(Ordering::SeqCst), 1);
                if delete_store_first {
                    drop(store);
                    assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
                    capstan_call_delete(call);
                } else {
                    capstan_call_delete(call);
                    assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
                    let failure = store.call(instance, run, &mut values).unwrap_err();
                    assert_eq!(
                        failure.message,
                        "the guest is finished: an earlier call was cancelled"
                    );
                }
            }
            WAKER.lock().unwrap().take();
        }
    }
}

#[test]
fn a_deadline_ends_a_wait() {
    let _turn = turn();
    for (concurrency, text) in waiting_cases() {
        let mut config = config();
        (config.concurrency, config.interruptible) = (concurrency, 1);
        let engine = Engine::new(&config);
        let component = engine.component(&text).unwrap();
        let table = host();
        let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
        let mut few = limits();
        few.deadline_ms = 30;

        let store = Store::new(&engine, &few);
        let instance = store.instantiate(&prepared).unwrap();
        let run = prepared.export("", "run");
        let failure = store
            .call(instance, run, &mut Values::words(&[1]))
            .unwrap_err();
        assert_eq!((failure.code, FRAMES.load(Ordering::SeqCst)), (6, 0));

        let flag: &'static _ = Box::leak(Box::new(std::sync::atomic::AtomicBool::new(false)));
        let waker = capstan_waker {
            data: ptr::from_ref(flag).cast(),
            vtable: &FLAG,
        };
        let store = Store::new(&engine, &few);
        let instance = store.instantiate(&prepared).unwrap();
        let mut values = Values::words(&[1]);
        let c = values.c();
        let (mut call, mut error) = (ptr::null_mut(), ptr::null_mut());
        unsafe {
            check(capstan_call_new(store.0, instance, run, &c, &mut call)).unwrap();
            assert_eq!(poll_until_quiet(call, &waker, flag, &mut error), PENDING);
            while !flag.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(capstan_call_poll(call, &waker, &mut error), FAILED);
            assert_eq!(check(error).unwrap_err().code, 6);
            assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
            capstan_call_delete(call);
        }
        WAKER.lock().unwrap().take();
    }
}

#[test]
fn exports_and_imports_with_the_async_abi() {
    let _turn = turn();
    let bytes = wat::parse_str(LOWERED_ASYNC).unwrap();
    let mut needs = false;
    check(unsafe { capstan_component_needs_concurrency(bytes.as_ptr(), bytes.len(), &mut needs) })
        .unwrap();
    assert!(needs);
    let plain = Engine::new(&config());
    assert_eq!(plain.component(LOWERED_ASYNC).err().unwrap().code, 12);

    let mut config = config();
    config.concurrency = 1;
    let engine = Engine::new(&config);
    let component = engine.component(LOWERED_ASYNC).unwrap();
    let table = host();
    let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
    let store = Store::new(&engine, &limits());
    let instance = store.instantiate(&prepared).unwrap();

    for late in [false, true] {
        WOKEN.store(!late, Ordering::SeqCst);
        if late {
            wake_soon();
        }
        let mut values = Values::words(&[30]);
        store
            .call(instance, prepared.export("", "run"), &mut values)
            .unwrap();
        assert_eq!(values.results[0] as u32, 31);
    }

    let wide: Vec<u64> = (1..=17).collect();
    let mut values = Values::words(&wide);
    store
        .call(instance, prepared.export("", "wide"), &mut values)
        .unwrap();
    assert_eq!(values.results[0] as u32, 153);

    let mut values = Values::default();
    store
        .call(instance, prepared.export("", "text"), &mut values)
        .unwrap();
    let words: Vec<u32> = values.results.iter().map(|word| *word as u32).collect();
    assert_eq!(words, [256, 4]);
    assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
}
