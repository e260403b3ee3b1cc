;; A component of the world in wit/consumer.wit: run() adds 40 and then 2.
(component
  (import "consumer:test/counter@0.1.0" (instance $counter
    (export "add" (func (param "amount" u32) (result u32)))))
  (core func $add (canon lower (func $counter "add")))
  (core module $module
    (import "counter" "add" (func $add (param i32) (result i32)))
    (func (export "run") (result i32)
      (drop (call $add (i32.const 40)))
      (call $add (i32.const 2))))
  (core instance $instance (instantiate $module
    (with "counter" (instance (export "add" (func $add))))))
  (func (export "run") (result u32) (canon lift (core func $instance "run"))))
