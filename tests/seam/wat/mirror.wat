;; `echo` gives a text back as it came; `mirror` shows it to the host on the way. ENCODING is
;; replaced.
(component
  ;; LIBC
  (import "test:text/mirror" (instance $mirror
    (export "show" (func (param "text" string) (result string)))
    (export "show-all" (func (param "texts" (list string)) (result (list string))))))
  (core func $show (canon lower (func $mirror "show") (memory $memory)
    (realloc $realloc) string-encoding=ENCODING))
  (core func $show-all
    (canon lower (func $mirror "show-all") (memory $memory)
      (realloc $realloc) string-encoding=ENCODING))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "mirror" "show" (func $show (param i32 i32 i32)))
    (import "mirror" "show-all" (func $show-all (param i32 i32 i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
    (func (export "mirror") (param i32 i32) (result i32)
      (call $show (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "mirror-all") (param i32 i32) (result i32)
      (call $show-all (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "units") (param i32 i32) (result i32) (local.get 1)))
  (core instance $main (instantiate $main (with "libc" (instance $libc))
    (with "mirror" (instance (export "show" (func $show)) (export "show-all" (func $show-all))))))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $main "echo") (memory $memory)
      (realloc $realloc) string-encoding=ENCODING))
  (func (export "mirror") (param "text" string) (result string)
    (canon lift (core func $main "mirror") (memory $memory)
      (realloc $realloc) string-encoding=ENCODING))
  (func (export "mirror-all") (param "texts" (list string)) (result (list string))
    (canon lift (core func $main "mirror-all") (memory $memory)
      (realloc $realloc) string-encoding=ENCODING))
  (func (export "units") (param "text" string) (result u32)
    (canon lift (core func $main "units") (memory $memory)
      (realloc $realloc) string-encoding=ENCODING))
)
