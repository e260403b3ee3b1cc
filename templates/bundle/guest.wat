;; A component that uses the bundle: run() returns "hello, " and the name that the bundle gives.
;;   capstan run --host-bundle build/bundles/@NAME@ guest.wat --invoke 'run()'
(component
  (import "example:@NAME@/greeting@0.1.0" (instance $greeting
    (export "name" (func (result string)))))
  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 1024) "hello, ")
    ;; Hands out bytes one after the other, beginning right behind "hello, ".
    (global $next (mut i32) (i32.const 1031))
    (func (export "realloc") (param $old i32) (param i32 i32) (param $size i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get $size)))))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $name (canon lower (func $greeting "name") (memory $bytes) (realloc $realloc)))
  (core module $program
    (import "env" "memory" (memory 1))
    (import "greeting" "name" (func $name (param i32)))
    (func (export "run") (result i32)
      (call $name (i32.const 16))  ;; pointer and length of the name
      (i32.store (i32.const 32) (i32.const 1024))
      (i32.store (i32.const 36) (i32.add (i32.const 7) (i32.load (i32.const 20))))
      (i32.const 32)))
  (core instance $program (instantiate $program
    (with "env" (instance (export "memory" (memory $bytes))))
    (with "greeting" (instance (export "name" (func $name))))))
  (func (export "run") (result string)
    (canon lift (core func $program "run") (memory $bytes))))
