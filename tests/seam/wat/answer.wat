;; Passes on what the host answers.
(component
  (import "test:same/name" (instance $host (export "answer" (func (result u32)))))
  (core func $answer (canon lower (func $host "answer")))
  (core module $main
    (import "host" "answer" (func $answer (result i32)))
    (func (export "answer") (result i32) (call $answer)))
  (core instance $main
    (instantiate $main (with "host" (instance (export "answer" (func $answer))))))
  (func (export "answer") (result u32) (canon lift (core func $main "answer")))
)
