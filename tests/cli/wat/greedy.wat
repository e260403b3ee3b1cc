;; Opens a bucket a hundred times and keeps every handle.
(component
  (import "demo:keyvalue/store@0.1.0" (instance $kv
    (export "bucket" (type $bucket (sub resource)))
    (export "open" (func (param "name" string) (result (result (own $bucket) (error string)))))))
  (core module $libc
    (memory (export "memory") 1)
    (data (i32.const 64) "b")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $open (canon lower (func $kv "open")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $main
    (import "host" "open" (func $open (param i32 i32 i32)))
    (func (export "run") (local $i i32)
      (loop $again
        (call $open (i32.const 64) (i32.const 1) (i32.const 16))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))))
  (core instance $main (instantiate $main (with "host" (instance (export "open" (func $open))))))
  (func (export "run") (canon lift (core func $main "run")))
)
