;; Built for an earlier version of the interface than the host.
(component
  ;; LIBC
  (import "test:state/desk@1.0.0" (instance $desk
    (export "ticket" (type $ticket (sub resource)))
    (export "take" (func (result (own $ticket))))
    (export "give-back" (func (param "ticket" (own $ticket))))
    (export "name" (func (result string)))
    (export "[method]ticket.number" (func (param "self" (borrow $ticket)) (result u32)))))
  (alias export $desk "ticket" (type $ticket))
  (core func $take (canon lower (func $desk "take")))
  (core func $back (canon lower (func $desk "give-back")))
  (core func $name (canon lower (func $desk "name") (memory $memory) (realloc $realloc)))
  (core func $number (canon lower (func $desk "[method]ticket.number")))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "desk" "take" (func $take (result i32)))
    (import "desk" "back" (func $back (param i32)))
    (import "desk" "name" (func $name (param i32)))
    (import "desk" "number" (func $number (param i32) (result i32)))
    (func (export "take") (result i32) (call $take))
    (func (export "back") (param i32) (call $back (local.get 0)))
    (func (export "name") (result i32) (call $name (i32.const 16)) (i32.const 16))
    (func (export "number") (param i32) (result i32) (call $number (local.get 0)))
    (func (export "echo") (param i32) (result i32) (local.get 0)))
  (core instance $main (instantiate $main (with "libc" (instance $libc)) (with "desk" (instance
    (export "take" (func $take)) (export "back" (func $back)) (export "name" (func $name))
    (export "number" (func $number))))))
  (func (export "take") (result u32) (canon lift (core func $main "take")))
  (func (export "back") (param "ticket" u32) (canon lift (core func $main "back")))
  (func (export "name") (result string) (canon lift (core func $main "name") (memory $memory)))
  (func (export "number") (param "ticket" u32) (result u32) (canon lift (core func $main "number")))
  (func (export "echo") (param "ticket" (own $ticket)) (result (own $ticket)) (canon lift
    (core func $main "echo")))
)
