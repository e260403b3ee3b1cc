;; Asks for the address of "localhost": 99 when it may, else the number of the error.
(component
  (import "wasi:sockets/network@0.2.0" (instance $net
    (export "network" (type $network (sub resource)))
    (type $codes (enum
      "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused"
      "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
      "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type $code (eq $codes)))))
  (alias export $net "network" (type $network))
  (alias export $net "error-code" (type $code))
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance
    (export "network" (type $n (eq $network)))
    (export "instance-network" (func (result (own $n))))))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
    (export "network" (type $n (eq $network)))
    (export "error-code" (type $c (eq $code)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $n)) (param "name" string)
      (result (result (own $stream) (error $c)))))))
  (core module $libc (memory (export "memory") 1) (data (i32.const 64) "localhost"))
  (core instance $libc (instantiate $libc))
  (core func $network (canon lower (func $instance "instance-network")))
  (core func $resolve (canon lower (func $lookup "resolve-addresses") (memory (core memory $libc "memory"))))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "host" "network" (func $network (result i32)))
    (import "host" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (func (export "resolve") (result i32)
      (call $resolve (call $network) (i32.const 64) (i32.const 9) (i32.const 16))
      (if (result i32) (i32.load8_u (i32.const 16))
        (then (i32.load8_u (i32.const 20))) (else (i32.const 99)))))
  (core instance $main (instantiate $main (with "libc" (instance $libc))
    (with "host" (instance (export "network" (func $network)) (export "resolve" (func $resolve))))))
  (func (export "resolve") (result u32) (canon lift (core func $main "resolve")))
)
