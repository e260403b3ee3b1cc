//! Calls with text, and exports that are `async func`.

mod support;

use ::capstan_engine::c::*;
use std::ffi::c_void;
use std::ptr;
use std::time::{Duration, Instant};
use support::*;

const GUEST: &str = r#"
(component
  (core module $libc (memory (export "memory") 1) (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.add (i32.const 1)
          (i32.shr_u (local.get 3) (i32.const 16)))))))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core module $m
    (import "l" "memory" (memory 1))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "mirror-2") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "mirror-memory") (param i32) (result i32) (local.get 0))
    (func (export "option") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "nothing"))
    (func (export "one") (param i32) (result i32) (local.get 0))
    (func (export "spin") (loop (br 0)))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $m (with "l" (instance $libc))))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (type $color (enum "red" "some" "deep-blue"))
  (export $color' "color" (type $color))
  (type $all (record (field "a" u8) (field "b" string) (field "c" (list s16))
    (field "d" (tuple char f32)) (field "e" (option (option u32))) (field "f" $color')
    (field "g" (result string (error u8))) (field "h" bool)))
  (export $all' "all" (type $all))
  (type $shape (variant (case "none") (case "circle" f64) (case "text" string)))
  (export $shape' "shape" (type $shape))
  (type $rights (flags "read" "write" "run"))
  (export $rights' "rights" (type $rights))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $m "add")))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $m "mirror-2") (memory $memory) (realloc $realloc)))
  (func (export "bytes") (param "s" (list u8)) (result (list u8))
    (canon lift (core func $m "mirror-2") (memory $memory) (realloc $realloc)))
  (func (export "mirror") (param "v" (tuple $all' $all')) (result (tuple $all' $all'))
    (canon lift (core func $m "mirror-memory") (memory $memory) (realloc $realloc)))
  (func (export "maybe") (param "n" (option u32)) (result (option u32))
    (canon lift (core func $m "option") (memory $memory)))
  (func (export "allow") (param "r" $rights') (result $rights')
    (canon lift (core func $m "one")))
  (func (export "paint") (param "c" $color') (result $color') (canon lift (core func $m "one")))
  (func (export "nothing") (canon lift (core func $m "nothing")))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "trap") (canon lift (core func $m "trap")))
)"#;

unsafe extern "C" fn keep(context: *mut c_void, text: capstan_text) {
    unsafe { &mut *context.cast::<Vec<String>>() }.push(read(text));
}

/// A guest in its own store.
struct Guest {
    store: Store,
    instance: u32,
    prepared: Prepared,
    _engine: Engine,
}

impl Guest {
    fn new(text: &str, config: &capstan_engine_config, limits: &capstan_limits) -> Guest {
        let engine = Engine::new(config);
        let component = engine.component(text).unwrap();
        let prepared = Prepared::new(&engine, &component, false, &[]).unwrap();
        let store = Store::new(&engine, limits);
        let instance = store.instantiate(&prepared).unwrap();
        Guest {
            store,
            instance,
            prepared,
            _engine: engine,
        }
    }

    fn invoke(&self, name: &'static str, arguments: &str) -> Result<String, Failure> {
        let mut texts = Vec::<String>::new();
        let arguments = capstan_text {
            data: arguments.as_ptr(),
            size: arguments.len(),
        };
        let export = self.prepared.export("", name);
        let context = ptr::from_mut(&mut texts).cast();
        let store = self.store.0;
        check(unsafe {
            capstan_invoke_text(store, self.instance, export, arguments, Some(keep), context)
        })?;
        assert_eq!(texts.len(), 1);
        Ok(texts.remove(0))
    }

    fn refusal(&self, name: &'static str, arguments: &str) -> String {
        let failure = self.invoke(name, arguments).unwrap_err();
        assert_eq!(failure.code, 1, "{failure:?}");
        failure.message
    }
}

fn guest() -> Guest {
    Guest::new(GUEST, &config(), &limits())
}

#[test]
fn values_go_both_ways() {
    for concurrency in [0, 1] {
        let mut config = config();
        config.concurrency = concurrency;
        let guest = Guest::new(GUEST, &config, &limits());
        let same = |name, text: &str| assert_eq!(guest.invoke(name, text).unwrap(), text);
        assert_eq!(guest.invoke("add", "1, 2").unwrap(), "3");
        assert_eq!(guest.invoke("add", " 4294967295,1, // wraps").unwrap(), "0");
        same("echo", r#""grüße \"x\" \u{1b} ☃""#);
        same("echo", r#""""#);
        same("bytes", "[1, 255, 0]");
        same("bytes", "[]");
        same("maybe", "some(7)");
        same("maybe", "none");
        assert_eq!(guest.invoke("maybe", "7").unwrap(), "some(7)");
        assert_eq!(guest.invoke("maybe", "").unwrap(), "none");
        same("allow", "{read, run}");
        same("allow", "{}");
        same("paint", "deep-blue");
        same("paint", "%some");
        assert_eq!(guest.invoke("nothing", "").unwrap(), "");
        assert_eq!(guest.invoke("nothing", " \n// nothing").unwrap(), "");
        let head = r#"{a: 1, b: "x", c: [-1, 2], d: ('☃', -1.5)"#;
        let one = format!(r#"{head}, e: some(none), f: red, g: ok("y"), h: true}}"#);
        let two = r#"{a: 255, b: "", c: [], d: ('a', inf), f: %some, g: err(3), h: false}"#;
        same("mirror", &format!("({one}, {two})"));
    }
}

#[test]
fn what_does_not_fit_is_said_and_nothing_ran() {
    let guest = guest();
    for (name, text, message) in [
        ("add", "1", "expected 2 arguments, got 1"),
        ("add", "", "expected 2 arguments, got 0"),
        ("add", "1, 2, 3", "expected 2 arguments, got 3"),
        ("echo", "1, 2", "expected 1 argument, got 2"),
        ("nothing", "1", "expected 0 arguments, got 1"),
        ("add", "1, -1", "argument 2 (`b`): expected u32, got `-1`"),
        (
            "add",
            "4294967296, 1",
            "argument 1 (`a`): expected u32, got `4294967296`",
        ),
        ("add", "1.5, 1", "argument 1 (`a`): expected u32, got `1.5`"),
        ("echo", "x", "argument 1 (`s`): expected string, got `x`"),
        (
            "bytes",
            "[1, 256]",
            "argument 1 (`s`): expected u8, got `256`",
        ),
        (
            "paint",
            "green",
            "expected enum { red, some, deep-blue }, got `green`",
        ),
        (
            "allow",
            "{read, fly}",
            "flags { read, write, run } has no flag `fly`",
        ),
        ("maybe", "some()", "unexpected token at character 6, `)`"),
        ("add", "1 2", "unexpected token at character 3, `2`"),
        (
            "add",
            "1, 2) (3",
            "trailing characters after value at character 7, `(3`",
        ),
        ("add", "1, $", "invalid token at character 4, `$`"),
        ("echo", "\"abc", "invalid token at character 1, `\"abc`"),
        ("mirror", "({a: 1}, {a: 1})", "the field `b` is missing"),
        ("mirror", "({x: 1}, {a: 1})", "has no field `x`"),
    ] {
        let refusal = guest.refusal(name, text);
        assert!(refusal.contains(message), "{name}({text}): {refusal}");
    }
    assert_eq!(guest.invoke("add", "1, 2").unwrap(), "3");
}

#[test]
fn hostile_text_is_refused() {
    let guest = guest();
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("some(", ")"),
        ("ok(", ")"),
        ("{a: ", "}"),
    ] {
        for depth in [99, 200, 100_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            guest.refusal("maybe", &text);
            guest.refusal("maybe", &open.repeat(depth));
        }
    }
    let long = "9".repeat(100_000);
    assert!(guest.refusal("maybe", &long).len() < 200);
    let large = format!("\"{}\"", "x".repeat(16 << 20));
    assert_eq!(
        guest.refusal("echo", &large),
        "the arguments take more than 16 MiB"
    );
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    assert_eq!(guest.invoke("echo", &large).unwrap(), large);
    let invalid = capstan_text {
        data: b"\xff".as_ptr(),
        size: 1,
    };
    let export = guest.prepared.export("", "echo");
    let none = ptr::null_mut();
    let store = guest.store.0;
    let error =
        unsafe { capstan_invoke_text(store, guest.instance, export, invalid, Some(keep), none) };
    let message = check(error).unwrap_err().message;
    assert_eq!(message, "the text of the arguments is not valid utf-8");
}

#[test]
fn limits_and_traps_are_those_of_other_calls() {
    for concurrency in [0, 1] {
        let mut config = config();
        (config.concurrency, config.interruptible) = (concurrency, 1);
        let mut few = limits();
        few.deadline_ms = 50;
        let guest = Guest::new(GUEST, &config, &few);
        let start = Instant::now();
        assert_eq!(guest.invoke("spin", "").unwrap_err().code, 6);
        assert!(start.elapsed() < Duration::from_secs(5));
        let after = guest.invoke("add", "1, 2").unwrap_err();
        assert_eq!(
            after.message,
            "the guest is finished: an earlier call failed"
        );

        let guest = Guest::new(GUEST, &config, &limits());
        let trap = guest.invoke("trap", "").unwrap_err();
        assert_eq!(trap.code, 5);
        assert!(trap.message.contains("unreachable"), "{trap:?}");
        assert_eq!(guest.invoke("add", "1, 2").unwrap_err().code, 5);

        few.deadline_ms = 0;
        few.lifted_bytes = 1000;
        let guest = Guest::new(GUEST, &config, &few);
        let text = format!("\"{}\"", "x".repeat(2000));
        assert_eq!(guest.invoke("echo", &text).unwrap_err().code, 8);
    }
}

#[test]
fn what_has_no_text_is_named() {
    let text = r#"(component
      (core module $m (memory (export "memory") 1)
        (func (export "take") (param i32 i32))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $m (instantiate $m))
      (type $r (resource (rep i32)))
      (export $r' "thing" (type $r))
      (func (export "take") (param "many" (list (own $r'))) (canon lift (core func $m "take")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))"#;
    let guest = Guest::new(text, &config(), &limits());
    assert_eq!(
        guest.refusal("take", "[]"),
        "it cannot be called with text: the parameter `many` is or contains a resource"
    );
}

/// `KIND` is how the export is lifted: it waits in a callback, or on a stack of its own.
const ASYNC: &str = r#"
(component
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $libc (instantiate $libc))
  (core func $ret (canon task.return (result string) (memory (core memory $libc "memory"))))
  (core func $yield (canon thread.yield))
  (core module $m
    (import "h" "ret" (func $ret (param i32 i32)))
    (import "h" "yield" (func $yield (result i32)))
    (func (export "stackful") (param i32 i32)
      (drop (call $yield))
      (call $ret (local.get 0) (local.get 1))
      (drop (call $yield)))
    (global $at (mut i32) (i32.const 0)) (global $size (mut i32) (i32.const 0))
    (func (export "callback") (param i32 i32) (result i32)
      (global.set $at (local.get 0)) (global.set $size (local.get 1))
      (i32.const 1))
    (func (export "resume") (param i32 i32 i32) (result i32)
      (call $ret (global.get $at) (global.get $size))
      (i32.const 0))
    (func (export "never") (param i32 i32) (loop (drop (call $yield)) (br 0))))
  (core instance $m (instantiate $m (with "h" (instance
    (export "ret" (func $ret)) (export "yield" (func $yield))))))
  (func (export "stackful") async (param "s" string) (result string)
    (canon lift (core func $m "stackful") async
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "callback") async (param "s" string) (result string)
    (canon lift (core func $m "callback") async (callback (core func $m "resume"))
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "never") async (param "s" string) (result string)
    (canon lift (core func $m "never") async
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
"#;

#[test]
fn async_exports_wait_in_a_callback_or_on_a_stack() {
    let mut config = config();
    (config.concurrency, config.interruptible) = (1, 1);
    let guest = Guest::new(ASYNC, &config, &limits());
    for name in ["stackful", "callback", "stackful"] {
        assert_eq!(guest.invoke(name, "\"text\"").unwrap(), "\"text\"");

        let mut values = Values {
            string: Some("hello".to_owned()),
            ..Values::default()
        };
        let export = guest.prepared.export("", name);
        guest
            .store
            .call(guest.instance, export, &mut values)
            .unwrap();
        let words: Vec<u32> = values.results.iter().map(|word| *word as u32).collect();
        assert_eq!(words, [4096, 5]);
    }

    let mut few = limits();
    few.deadline_ms = 50;
    let guest = Guest::new(ASYNC, &config, &few);
    assert_eq!(guest.invoke("never", "\"\"").unwrap_err().code, 6);
}
