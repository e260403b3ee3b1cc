//! The oracle reads and writes every kind of value, and calls through to its echo.

use ::capstan_engine::c::*;
use capstan_peer::oracle;
use std::ffi::c_void;
use std::ptr;

const ECHO: &str = r#"
(component
  (import "test:echo/api" (instance $h (export "echo" (func (param "v" string) (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $echo (canon lower (func $h "echo") (memory $memory) (realloc $realloc)))
  (core module $m
    (import "h" "echo" (func $echo (param i32 i32 i32)))
    (func (export "string") (param i32 i32) (result i32)
      (call $echo (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "float") (param f32) (result f32) (local.get 0))
    (func (export "nested") (param i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $m (instantiate $m (with "h" (instance (export "echo" (func $echo))))))
  (func (export "string") (param "v" string) (result string)
    (canon lift (core func $m "string") (memory $memory) (realloc $realloc)))
  (func (export "float") (param "v" f32) (result f32) (canon lift (core func $m "float")))
  (type $case (variant (case "a") (case "b" u32)))
  (export $exported "case" (type $case))
  (func (export "nested") (param "v" (option $exported)) (result (tuple $exported (list u8)))
    (canon lift (core func $m "nested") (memory $memory))))
"#;

unsafe extern "C" fn keep(context: *mut c_void, data: *const u8, size: usize) {
    let bytes = unsafe { std::slice::from_raw_parts(data, size) };
    unsafe { *context.cast::<String>() = String::from_utf8(bytes.to_vec()).unwrap() };
}

fn call(oracle: *mut oracle::Oracle, name: &'static str, arguments: &str) -> Option<String> {
    let mut result = String::new();
    let context = ptr::from_mut(&mut result).cast();
    let text = |text: &str| capstan_text {
        data: text.as_ptr(),
        size: text.len(),
    };
    let error = unsafe {
        let (interface, name, arguments) = (text(""), text(name), text(arguments));
        oracle::capstan_peer_oracle_call(oracle, interface, name, arguments, Some(keep), context)
    };
    if error.is_null() {
        return Some(result);
    }
    unsafe { capstan_error_delete(error) };
    None
}

#[test]
fn values_are_read_and_written() {
    let mut config: capstan_engine_config = unsafe { std::mem::zeroed() };
    config.struct_size = size_of::<capstan_engine_config>();
    let mut engine = ptr::null_mut();
    assert!(unsafe { capstan_engine_new(&config, &mut engine) }.is_null());
    let bytes = wat::parse_str(ECHO).unwrap();
    let mut oracle = ptr::null_mut();
    let (data, size) = (bytes.as_ptr(), bytes.len());
    let error = unsafe { oracle::capstan_peer_oracle_new(engine, data, size, &mut oracle) };
    assert!(error.is_null());

    let string = "\"a \\\"b\\\" \\\\ \\n \u{e9} \\u{7}\"";
    assert_eq!(call(oracle, "string", string).as_deref(), Some(string));
    assert_eq!(
        call(oracle, "float", " 0x3fc00000 ").as_deref(),
        Some("0x3fc00000")
    );
    assert_eq!(call(oracle, "float", "nan").as_deref(), Some("nan"));
    assert_eq!(
        call(oracle, "nested", "some(b(7))").as_deref(),
        Some("(a, [])")
    );
    assert_eq!(call(oracle, "nested", "some(c)"), None);
    assert_eq!(call(oracle, "missing", ""), None);
    unsafe {
        oracle::capstan_peer_oracle_delete(oracle);
        capstan_engine_delete(engine);
    }
}
