;; The guest of `./dev bench calls`: loops that call the host, and exports for the host to call.
;;
;; Every `run-*` export makes `n` calls; `size` is the number of bytes, or of records, that each of
;; them moves. Blocks that the host asks for are taken from a region that starts anew with every
;; call.
;;
;; Memory: 0x000000 results and arguments that are records; 0x100000 bytes to send; 0x200000 what
;; the host allocates.
(component
  (import "bench:calls/host" (instance $host
    (export "bucket" (type $bucket (sub resource)))
    (export "[constructor]bucket" (func (param "seed" u32) (result (own $bucket))))
    (export "[method]bucket.get" (func (param "self" (borrow $bucket)) (param "key" u32)
      (result u32)))
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
    (export "take-bytes" (func (param "bytes" (list u8)) (result u32)))
    (export "give-bytes" (func (param "count" u32) (result (list u8))))
    (export "echo" (func (param "text" string) (result string)))
    (type $entry-shape (record (field "name" string) (field "value" u32)))
    (export "entry" (type $entry (eq $entry-shape)))
    (export "echo-entries" (func (param "entries" (list $entry)) (result (list $entry))))))
  (alias export $host "bucket" (type $bucket))

  (core module $memory
    (memory (export "memory") 96)
    (global $top (mut i32) (i32.const 0x200000))
    (func (export "reset") (global.set $top (i32.const 0x200000)))
    (func (export "realloc")
      (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "realloc" (core func $realloc))

  (core func $bucket-new (canon lower (func $host "[constructor]bucket")))
  (core func $bucket-get (canon lower (func $host "[method]bucket.get")))
  (core func $bucket-drop (canon resource.drop $bucket))
  (core func $add (canon lower (func $host "add")))
  (core func $take-bytes (canon lower (func $host "take-bytes") (memory $m)))
  (core func $give-bytes (canon lower (func $host "give-bytes") (memory $m)
    (realloc $realloc)))
  (core func $echo (canon lower (func $host "echo") (memory $m) (realloc $realloc)))
  (core func $echo-entries (canon lower (func $host "echo-entries") (memory $m)
    (realloc $realloc)))

  (core module $guest
    (import "memory" "memory" (memory 1))
    (import "memory" "reset" (func $reset))
    (import "host" "bucket-new" (func $bucket-new (param i32) (result i32)))
    (import "host" "bucket-get" (func $bucket-get (param i32 i32) (result i32)))
    (import "host" "bucket-drop" (func $bucket-drop (param i32)))
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "take-bytes" (func $take-bytes (param i32 i32) (result i32)))
    (import "host" "give-bytes" (func $give-bytes (param i32 i32)))
    (import "host" "echo" (func $echo (param i32 i32 i32)))
    (import "host" "echo-entries" (func $echo-entries (param i32 i32 i32)))

    (func (export "run-scalar") (param $n i32) (param $size i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (call $add (local.get $sum) (i32.const 3)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    (func (export "run-bytes-in") (param $n i32) (param $size i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum)
          (call $take-bytes (i32.const 0x100000) (local.get $size))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    (func (export "run-bytes-out") (param $n i32) (param $size i32) (result i32) (local $sum i32)
      (loop $again
        (call $reset)
        (call $give-bytes (local.get $size) (i32.const 0))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 4))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    (func (export "run-echo") (param $n i32) (param $size i32) (result i32) (local $sum i32)
      (memory.fill (i32.const 0x100000) (i32.const 97) (local.get $size))
      (loop $again
        (call $reset)
        (call $echo (i32.const 0x100000) (local.get $size) (i32.const 0))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 4))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    ;; Each entry is 12 bytes: a name of 12 bytes that differs by position, and its position.
    (func $fill (param $size i32) (local $i i32) (local $at i32) (local $name i32)
      (local.set $at (i32.const 16))
      (local.set $name (i32.const 0x100000))
      (loop $again
        (i32.store (local.get $at) (local.get $name))
        (i32.store offset=4 (local.get $at) (i32.const 12))
        (i32.store offset=8 (local.get $at) (local.get $i))
        ;; "entry-name-" and a letter
        (i64.store (local.get $name) (i64.const 0x616e2d7972746e65))
        (i32.store offset=8 (local.get $name) (i32.const 0x002d656d))
        (i32.store8 offset=11 (local.get $name)
          (i32.add (i32.const 97) (i32.rem_u (local.get $i) (i32.const 26))))
        (local.set $name (i32.add (local.get $name) (i32.const 16)))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (br_if $again (i32.lt_u
          (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (local.get $size)))))

    (func (export "run-entries") (param $n i32) (param $size i32) (result i32) (local $sum i32)
      (call $fill (local.get $size))
      (loop $again
        (call $reset)
        (call $echo-entries (i32.const 16) (local.get $size) (i32.const 0))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 4))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))

    (func (export "run-method") (param $n i32) (param $size i32) (result i32)
      (local $bucket i32) (local $sum i32)
      (local.set $bucket (call $bucket-new (i32.const 5)))
      (loop $again
        (local.set $sum (i32.add (local.get $sum)
          (call $bucket-get (local.get $bucket) (local.get $n))))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $bucket-drop (local.get $bucket))
      (local.get $sum))

    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))

    (func (export "echo") (param i32 i32) (result i32)
      (call $reset)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0)))
  (core instance $guest (instantiate $guest
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "bucket-new" (func $bucket-new))
      (export "bucket-get" (func $bucket-get))
      (export "bucket-drop" (func $bucket-drop))
      (export "add" (func $add))
      (export "take-bytes" (func $take-bytes))
      (export "give-bytes" (func $give-bytes))
      (export "echo" (func $echo))
      (export "echo-entries" (func $echo-entries))))))

  (type $run (func (param "n" u32) (param "size" u32) (result u32)))
  (func (export "run-scalar") (type $run) (canon lift (core func $guest "run-scalar")))
  (func (export "run-bytes-in") (type $run) (canon lift (core func $guest "run-bytes-in")))
  (func (export "run-bytes-out") (type $run) (canon lift (core func $guest "run-bytes-out")))
  (func (export "run-echo") (type $run) (canon lift (core func $guest "run-echo")))
  (func (export "run-entries") (type $run) (canon lift (core func $guest "run-entries")))
  (func (export "run-method") (type $run) (canon lift (core func $guest "run-method")))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $guest "add")))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $guest "echo") (memory $m) (realloc $realloc)))
)
