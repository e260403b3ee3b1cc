;; Imports an interface and exports it again, with counters of its own. `unwrap` gives the
;; imported one.
(component
  (import "test:counters/api@0.2.3" (instance $inner
    (export "counter" (type $counter (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $counter))))
    (export "[method]counter.value" (func (param "self" (borrow $counter)) (result u32)))))
  (alias export $inner "counter" (type $imported))
  (core func $make-inner (canon lower (func $inner "[constructor]counter")))
  (core func $value-inner (canon lower (func $inner "[method]counter.value")))
  (type $counter (resource (rep i32)))
  (core func $new (canon resource.new $counter))
  (core module $main
    (import "inner" "make" (func $make-inner (param i32) (result i32)))
    (import "inner" "value" (func $value-inner (param i32) (result i32)))
    (import "own" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (call $make-inner (local.get 0))))
    (func (export "value") (param i32) (result i32)
      (i32.add (call $value-inner (local.get 0)) (i32.const 100)))
    (func (export "unwrap") (param i32) (result i32) (local.get 0)))
  (core instance $main (instantiate $main
    (with "inner" (instance (export "make" (func $make-inner)) (export "value"
      (func $value-inner))))
    (with "own" (instance (export "new" (func $new))))))
  (func $make (param "start" u32) (result (own $counter)) (canon lift (core func $main "make")))
  (func $value (param "self" (borrow $counter)) (result u32) (canon lift (core func $main "value")))
  (func $unwrap (param "self" (borrow $counter)) (result (own $imported)) (canon lift
    (core func $main "unwrap")))
  (component $api
    (import "imported" (type $imported (sub resource)))
    (import "counter" (type $counter (sub resource)))
    (import "make" (func $make (param "start" u32) (result (own $counter))))
    (import "value" (func $value (param "self" (borrow $counter)) (result u32)))
    (import "unwrap" (func $unwrap (param "self" (borrow $counter)) (result (own $imported))))
    (export $out "counter" (type $counter))
    (export "[constructor]counter" (func $make) (func (param "start" u32) (result (own $out))))
    (export "[method]counter.value" (func $value) (func (param "self" (borrow $out)) (result u32)))
    (export "unwrap" (func $unwrap) (func (param "self" (borrow $out)) (result (own $imported)))))
  (instance $exported (instantiate $api (with "imported" (type $imported)) (with "counter"
    (type $counter))
    (with "make" (func $make)) (with "value" (func $value)) (with "unwrap" (func $unwrap))))
  (export "test:counters/api@0.2.3" (instance $exported))
)
