//! The whole way once: compile, link, instantiate, call in and out, trap.

mod support;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use support::host::{add, host, host_function, open, turn};
use support::*;

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
