//! The whole way once: compile, link, instantiate, call in and out, suspend, trap.

mod support;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use support::*;

/// The host's counters are global, so the tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    FRAMES.store(0, Ordering::SeqCst);
    POLLS.store(0, Ordering::SeqCst);
    WOKEN.store(false, Ordering::SeqCst);
    DESTROYED.lock().unwrap().clear();
    turn
}

macro_rules! host_function {
    ($name:ident, |$lift:ident, $place:ident, $waker:ident, $error:ident| $body:block) => {
        unsafe extern "C" fn $name(
            _: *mut c_void,
            $lift: *mut capstan_lift,
            $place: *mut c_void,
            $waker: *const capstan_waker,
            $error: *mut *mut capstan_error,
        ) -> capstan_status {
            unsafe { $body }
        }
    };
}

host_function!(add, |lift, place, _waker, error_out| {
    assert_eq!((*lift).user.addr(), 7);
    let (a, b) = (word(lift, 0), word(lift, 1));
    frame(
        place,
        Frame {
            number: a + b,
            string: None,
            own: false,
        },
    );
    if a == 666 {
        *error_out = error("no devils here");
        return FAILED;
    }
    READY
});

host_function!(sum, |lift, place, _waker, _error| {
    assert!((*lift).words.is_null());
    let number = (0..17).map(|position| word(lift, position)).sum();
    frame(
        place,
        Frame {
            number,
            string: None,
            own: false,
        },
    );
    READY
});

host_function!(greet, |lift, place, _waker, _error| {
    assert!((*lift).encoding == 0 && (*lift).fuel == 128 << 20);
    let mut bytes = b"hello, ".to_vec();
    bytes.extend(get(lift, word(lift, 0), word(lift, 1)));
    frame(
        place,
        Frame {
            number: 0,
            string: Some(bytes),
            own: false,
        },
    );
    READY
});

host_function!(open, |lift, place, _waker, _error| {
    frame(
        place,
        Frame {
            number: word(lift, 0),
            string: None,
            own: true,
        },
    );
    READY
});

host_function!(size, |lift, place, _waker, error_out| {
    let mut handle: capstan_handle = std::mem::zeroed();
    let error = ((*lift).take_handle)(lift, word(lift, 0) as u32, &mut handle);
    let number = u64::from(handle.rep) * 10;
    frame(
        place,
        Frame {
            number,
            string: None,
            own: false,
        },
    );
    if !error.is_null() {
        *error_out = error;
        return FAILED;
    }
    assert_eq!(handle.resource, BUCKET);
    READY
});

host_function!(wait, |lift, place, waker, error_out| {
    frame(
        place,
        Frame {
            number: word(lift, 0),
            string: None,
            own: false,
        },
    );
    poll_wait(place, waker, error_out)
});

fn host() -> Table {
    let names: [(&str, u32, EnterFn); 6] = [
        ("add", 0, add),
        ("sum", 0, sum),
        ("greet", 0, greet),
        ("open", 0, open),
        ("[method]bucket.size", 0, size),
        ("wait", MAY_SUSPEND, wait),
    ];
    table(
        "test:host/api",
        names
            .map(|(name, flags, f)| function(name, flags, f))
            .to_vec(),
    )
}

const DIRECT: &str = r#"
(component
  (import "test:host/api" (instance $h
    (export "bucket" (type $b (sub resource)))
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "sum" (func (param "v" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32
                                          u32 u32 u32 u32)) (result u32)))
    (export "greet" (func (param "name" string) (result string)))
    (export "open" (func (param "rep" u32) (result (own $b))))
    (export "[method]bucket.size" (func (param "self" (borrow $b)) (result u32)))))
  (alias export $h "bucket" (type $bucket))
  (core module $libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $add (canon lower (func $h "add")))
  (core func $sum (canon lower (func $h "sum") (memory (core memory $libc "memory"))))
  (core func $greet (canon lower (func $h "greet") (memory (core memory $libc "memory"))
    (realloc (core func $libc "realloc"))))
  (core func $open (canon lower (func $h "open")))
  (core func $size (canon lower (func $h "[method]bucket.size")))
  (core func $drop (canon resource.drop $bucket))
  (core module $d (func (export "dtor") (param i32)))
  (core instance $d (instantiate $d))
  (alias core export $d "dtor" (core func $noop-dtor))
  (type $own-thing (resource (rep i32) (dtor (core func $noop-dtor))))
  (core func $new (canon resource.new $own-thing))
  (core module $m
    (import "l" "memory" (memory 1))
    (import "h" "add" (func $add (param i32 i32) (result i32)))
    (import "h" "sum" (func $sum (param i32) (result i32)))
    (import "h" "greet" (func $greet (param i32 i32 i32)))
    (import "h" "open" (func $open (param i32) (result i32)))
    (import "h" "size" (func $size (param i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "new" (func $new (param i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
    (func (export "sum") (param i32) (result i32) (call $sum (local.get 0)))
    (func (export "greet") (param i32 i32) (result i32)
      (call $greet (local.get 0) (local.get 1) (i32.const 512)) (i32.const 512))
    (func (export "buckets") (param i32) (result i32) (local $b i32)
      (local.set $b (call $open (local.get 0)))
      (call $size (local.get $b))
      (call $drop (local.get $b)))
    (func (export "wrong") (result i32) (call $size (i32.const 55)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "use") (param i32) (result i32) (local.get 0))
    (func $fail (export "fail") unreachable)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "spin") (loop $l (br $l)))
    (func $deep (export "deep") (call $deep)))
  (core instance $m (instantiate $m
    (with "l" (instance $libc))
    (with "h" (instance (export "add" (func $add)) (export "sum" (func $sum))
      (export "greet" (func $greet)) (export "open" (func $open)) (export "size" (func $size))
      (export "drop" (func $drop)) (export "new" (func $new))))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $m "add")))
  (func (export "sum") (param "v" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32
                                          u32 u32 u32 u32)) (result u32)
    (canon lift (core func $m "sum") (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc"))))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $m "greet") (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc"))))
  (func (export "buckets") (param "rep" u32) (result u32) (canon lift (core func $m "buckets")))
  (func (export "wrong") (result u32) (canon lift (core func $m "wrong")))
  (func (export "fail") (canon lift (core func $m "fail")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $m "grow")))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "deep") (canon lift (core func $m "deep")))
  (export $thing "thing" (type $own-thing))
  (func (export "make") (param "rep" u32) (result (own $thing)) (canon lift (core func $m "make")))
  (func (export "use") (param "t" (borrow $thing)) (result u32) (canon lift (core func $m "use"))))
"#;

struct Direct {
    engine: Engine,
    _component: Component,
    prepared: Prepared,
    _table: Table,
}

impl Direct {
    fn new(config: &capstan_engine_config) -> Direct {
        let engine = Engine::new(config);
        let component = engine.component(DIRECT).unwrap();
        let table = host();
        let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
        assert!(!unsafe { capstan_prepared_may_suspend(prepared.0) });
        Direct {
            engine,
            _component: component,
            prepared,
            _table: table,
        }
    }

    fn run(&self, name: &'static str, values: &mut Values) -> Result<(), Failure> {
        self.run_with(&limits(), name, values)
    }

    fn run_with(
        &self,
        limits: &capstan_limits,
        name: &'static str,
        values: &mut Values,
    ) -> Result<(), Failure> {
        let store = Store::new(&self.engine, limits);
        let instance = store.instantiate(&self.prepared)?;
        let result = store.call(instance, self.prepared.export("", name), values);
        assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
        result
    }
}

#[test]
fn values_cross_in_both_directions() {
    let _turn = turn();
    for concurrency in [0, 1] {
        let mut config = config();
        config.concurrency = concurrency;
        let direct = Direct::new(&config);

        let mut values = Values::words(&[3, 4]);
        direct.run("add", &mut values).unwrap();
        assert_eq!(values.results[0] as u32, 7);

        let wide: Vec<u64> = (1..=17).collect();
        let mut values = Values::words(&wide);
        direct.run("sum", &mut values).unwrap();
        assert_eq!(values.results[0] as u32, 153);

        let mut values = Values {
            string: Some("w\u{f6}rld".to_owned()),
            ..Values::default()
        };
        direct.run("greet", &mut values).unwrap();
        assert_eq!(values.result_string.as_deref(), Some("hello, w\u{f6}rld"));
    }
}

#[test]
fn resources_of_the_host_and_of_the_guest() {
    let _turn = turn();
    let direct = Direct::new(&config());
    let mut values = Values::words(&[12]);
    direct.run("buckets", &mut values).unwrap();
    assert_eq!(values.results[0] as u32, 120);
    assert_eq!(*DESTROYED.lock().unwrap(), [12]);

    let failure = direct.run("wrong", &mut Values::default()).unwrap_err();
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (5, "unknown handle index 55")
    );

    let store = Store::new(&direct.engine, &limits());
    let instance = store.instantiate(&direct.prepared).unwrap();
    let mut values = Values {
        words: vec![5],
        handles: 1,
        ..Values::default()
    };
    store
        .call(instance, direct.prepared.export("", "make"), &mut values)
        .unwrap();
    let guest = values.taken[0].guest;
    assert!(!guest.is_null());
    for _ in 0..2 {
        let mut values = Values {
            give: Some((guest, BORROW)),
            ..Values::default()
        };
        store
            .call(instance, direct.prepared.export("", "use"), &mut values)
            .unwrap();
        assert_eq!(values.results[0] as u32, 5);
    }
    check(unsafe { capstan_guest_resource_delete(store.0, guest) }).unwrap();
}

#[test]
fn traps_end_the_guest_and_say_why() {
    let _turn = turn();
    let direct = Direct::new(&config());

    let failure = direct.run("fail", &mut Values::default()).unwrap_err();
    assert_eq!(failure.code, 5);
    assert_eq!(
        failure.message,
        "wasm trap: wasm `unreachable` instruction executed"
    );
    assert!(
        failure.backtrace.starts_with("0: m!fail (offset 0x"),
        "{}",
        failure.backtrace
    );

    let failure = direct.run("deep", &mut Values::default()).unwrap_err();
    assert_eq!(failure.code, 9);

    let store = Store::new(&direct.engine, &limits());
    let instance = store.instantiate(&direct.prepared).unwrap();
    let add = direct.prepared.export("", "add");
    let failure = store
        .call(instance, add, &mut Values::words(&[666, 0]))
        .unwrap_err();
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (13, "no devils here")
    );
    assert!(!failure.backtrace.is_empty());
    let failure = store
        .call(instance, add, &mut Values::words(&[1, 1]))
        .unwrap_err();
    assert_eq!(failure.code, 5);
    assert_eq!(
        failure.message,
        "the guest is finished: an earlier call failed"
    );
}

#[test]
fn limits_hold() {
    let _turn = turn();
    let mut config = config();
    (config.interruptible, config.fuel, config.tick_ms) = (1, 1, 1);
    let direct = Direct::new(&config);

    let mut few = limits();
    few.deadline_ms = 20;
    let start = Instant::now();
    let failure = direct
        .run_with(&few, "spin", &mut Values::default())
        .unwrap_err();
    assert_eq!(
        (failure.code, failure.message.as_str()),
        (6, "the time limit ran out")
    );
    assert!(start.elapsed() >= Duration::from_millis(20));

    let mut few = limits();
    few.fuel = 100_000;
    let failure = direct
        .run_with(&few, "spin", &mut Values::default())
        .unwrap_err();
    assert_eq!(failure.code, 7);

    let mut few = limits();
    few.memory_bytes = 3 << 16;
    let mut values = Values::words(&[2]);
    direct.run_with(&few, "grow", &mut values).unwrap();
    assert_eq!(values.results[0] as u32, 1);
    let mut values = Values::words(&[3]);
    direct.run_with(&few, "grow", &mut values).unwrap();
    assert_eq!(values.results[0] as i32, -1);

    few.memory_bytes = 1000;
    let failure = direct
        .run_with(&few, "add", &mut Values::words(&[1, 2]))
        .unwrap_err();
    assert_eq!(failure.code, 8);
    assert_eq!(
        failure.message,
        "65536 bytes of memory needed, the limit is 1000"
    );

    let mut few = limits();
    few.instances = 1;
    let failure = direct
        .run_with(&few, "add", &mut Values::words(&[1, 2]))
        .unwrap_err();
    assert_eq!(failure.code, 8, "{failure:?}");
}

#[test]
fn descriptions_are_canonical() {
    let _turn = turn();
    let engine = Engine::new(&config());
    let component = engine.component(DIRECT).unwrap();
    let imports = component.imports();
    assert_eq!(imports[0], "interface test:host/api#: ");
    assert_eq!(
        imports[1],
        "resource test:host/api#bucket: test:host/api.bucket"
    );
    assert_eq!(
        imports[2],
        "function test:host/api#add: func(a: u32, b: u32) -> u32"
    );
    assert_eq!(
        imports[6],
        "function test:host/api#[method]bucket.size: \
         func(self: borrow<test:host/api.bucket>) -> u32"
    );
    let exports = component.exports();
    assert!(
        exports.contains(&"resource #thing: exported thing".to_owned()),
        "{exports:?}"
    );
    assert!(exports.contains(&"function #make: func(rep: u32) -> own<exported thing>".to_owned()));
}

#[test]
fn a_missing_function_is_named() {
    let _turn = turn();
    let engine = Engine::new(&config());
    let component = engine.component(DIRECT).unwrap();
    let few = table("test:host/api", vec![function("add", 0, add)]);
    let failure = Prepared::new(&engine, &component, false, &[&few.interface])
        .err()
        .unwrap();
    assert_eq!(failure.code, 4);
    assert_eq!(
        failure.message,
        "`test:host/api` is provided without its function `sum`"
    );
    let failure = Prepared::new(&engine, &component, false, &[])
        .err()
        .unwrap();
    assert_eq!(failure.code, 4);
    assert!(
        failure.message.contains("test:host/api"),
        "{}",
        failure.message
    );
}

host_function!(gather, |lift, place, _waker, error_out| {
    // (list<own bucket>, option<borrow bucket>, u32): the list first, then the option's payload.
    let (data, count) = (word(lift, 0) as usize, word(lift, 1) as usize);
    let mut wanted: Vec<u32> = (0..count)
        .map(|position| {
            (*lift)
                .memory
                .add(data + position * 4)
                .cast::<u32>()
                .read_unaligned()
        })
        .collect();
    if word(lift, 2) == 1 {
        wanted.push(word(lift, 3) as u32);
    }
    let mut number = word(lift, 4);
    let mut failure = ptr::null_mut();
    for index in wanted {
        let mut handle: capstan_handle = std::mem::zeroed();
        failure = ((*lift).take_handle)(lift, index, &mut handle);
        if !failure.is_null() {
            break;
        }
        number = number * 10 + u64::from(handle.rep);
    }
    frame(
        place,
        Frame {
            number,
            string: None,
            own: false,
        },
    );
    if failure.is_null() {
        return READY;
    }
    *error_out = failure;
    FAILED
});

#[test]
fn handles_anywhere_in_the_parameters() {
    let _turn = turn();
    let text = r#"
(component
  (import "test:host/api" (instance $h
    (export "bucket" (type $b (sub resource)))
    (export "open" (func (param "rep" u32) (result (own $b))))
    (export "gather" (func (param "all" (list (own $b))) (param "one" (option (borrow $b)))
      (param "n" u32) (result u32)))))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core func $open (canon lower (func $h "open")))
  (core func $gather (canon lower (func $h "gather") (memory (core memory $libc "memory"))))
  (core module $m
    (import "l" "memory" (memory 1))
    (import "h" "open" (func $open (param i32) (result i32)))
    (import "h" "gather" (func $gather (param i32 i32 i32 i32 i32) (result i32)))
    (func (export "run") (param $count i32) (param $case i32) (result i32) (local $i i32)
      (loop $again
        (i32.store (i32.add (i32.const 100) (i32.mul (local.get $i) (i32.const 4)))
          (call $open (i32.add (local.get $i) (i32.const 1))))
        (br_if $again (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
      (call $gather (i32.const 100) (local.get $count) (local.get $case)
        (call $open (i32.const 9)) (i32.const 7)))
    (func (export "wild") (param $at i32) (param $count i32) (result i32)
      (call $gather (local.get $at) (local.get $count) (i32.const 0) (i32.const 0) (i32.const 0))))
  (core instance $m (instantiate $m (with "l" (instance $libc)) (with "h" (instance
    (export "open" (func $open)) (export "gather" (func $gather))))))
  (func (export "run") (param "count" u32) (param "case" u32) (result u32)
    (canon lift (core func $m "run")))
  (func (export "wild") (param "at" u32) (param "count" u32) (result u32)
    (canon lift (core func $m "wild"))))
"#;
    let engine = Engine::new(&config());
    let component = engine.component(text).unwrap();
    let functions = vec![function("open", 0, open), function("gather", 0, gather)];
    let table = table("test:host/api", functions);
    let prepared = Prepared::new(&engine, &component, false, &[&table.interface]).unwrap();
    let run = |name, first, second| {
        let store = Store::new(&engine, &limits());
        let instance = store.instantiate(&prepared).unwrap();
        let mut values = Values::words(&[first, second]);
        let result = store.call(instance, prepared.export("", name), &mut values);
        result
            .map(|()| values.results[0] as u32)
            .map_err(|failure| (failure.code, failure.message))
    };
    assert_eq!(run("run", 1, 0), Ok(71));
    assert_eq!(run("run", 3, 1), Ok(71239));
    assert_eq!(
        run("run", 3, 2),
        Err((5, "unexpected discriminant: 2".to_owned()))
    );
    assert_eq!(
        run("wild", 2, 1),
        Err((5, "list pointer is not aligned".to_owned()))
    );
    let outside = "list pointer/length out of bounds of memory".to_owned();
    assert_eq!(run("wild", 65_532, 2), Err((5, outside.clone())));
    assert_eq!(run("wild", 0, 0x8000_0000), Err((5, outside)));
    assert_eq!(
        run("wild", 0, 1),
        Err((5, "unknown handle index 0".to_owned()))
    );
    assert_eq!(FRAMES.load(Ordering::SeqCst), 0);
}

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
