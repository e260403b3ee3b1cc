"""`capstan componentize`, `compile` and `bindgen`: what makes components and bindings."""

import os
import pathlib
import subprocess

import harness

FAILURE = 1
BINDGEN = pathlib.Path(harness.COMMAND).with_name("capstan-bindgen")


class Componentize(harness.CommandTest):
    def test_a_module_becomes_a_command(self):
        self.check(["componentize", harness.HELLO_MODULE, "-o", "hello.wasm"])

        self.assertEqual((self.folder / "hello.wasm").read_bytes()[:8], b"\0asm\x0d\0\1\0")
        self.assertEqual(self.capstan(["run", "hello.wasm"]).status, 0)

    def test_a_module_without_bindings_takes_its_world_from_wit(self):
        self.write("m.wat", '(module (func (export "answer") (result i32) i32.const 42))')
        self.write("m.wit", "package a:b;\nworld w { export answer: func() -> u32; }\n")

        self.check(["componentize", "m.wat", "--wit", "m.wit", "--world", "w", "--adapt", "none", "-o", "m.wasm"])

        self.check(["run", "m.wasm", "--invoke", "answer()"], out="42\n")

    def test_an_adapter_that_does_not_exist_names_those_that_do(self):
        self.check_error(["componentize", harness.HELLO_MODULE, "--adapt", "x", "-o", "o.wasm"],
                         "--adapt: 'x' is not one of auto|command|none|proxy|reactor; `capstan --help` shows "
                         "how it is used", harness.USAGE)

    def test_what_is_no_module_is_refused(self):
        self.write("text.wasm", "\0asm, but no more")
        finished = self.capstan(["componentize", "text.wasm", "-o", "o.wasm"])

        self.assertEqual(finished.status, FAILURE)
        self.assertIn("capstan: text.wasm: this is not a wasm module: ", finished.err)
        self.assertFalse((self.folder / "o.wasm").exists())

    def test_a_component_is_no_module(self):
        self.check_error(["componentize", harness.PROBE, "-o", "o.wasm"],
                         f"{harness.PROBE}: this is a component already; a core module was expected", FAILURE)

    def test_a_missing_import_translation_is_explained(self):
        finished = self.capstan(["componentize", harness.HELLO_MODULE, "--adapt", "none", "-o", "o.wasm"])

        self.assertEqual(finished.status, FAILURE)
        self.assertIn("wasi_snapshot_preview1", finished.err)


class Compose(harness.CommandTest):
    APP = """(component
      (import "test:lib/number@1.0.0" (instance $n (export "get" (func (result u32)))))
      (core func $get (canon lower (func $n "get")))
      (core module $m (import "n" "get" (func $get (result i32)))
        (func (export "run") (result i32) (i32.add (call $get) (i32.const 1))))
      (core instance $i (instantiate $m (with "n" (instance (export "get" (func $get))))))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))"""
    PROVIDER = """(component
      (core module $m (func (export "get") (result i32) (i32.const 41)))
      (core instance $i (instantiate $m))
      (func $get (result u32) (canon lift (core func $i "get")))
      (instance $n (export "get" (func $get)))
      (export "test:lib/number@1.0.0" (instance $n)))"""

    def setUp(self):
        super().setUp()
        self.write("app.wat", self.APP)
        self.write("number.wat", self.PROVIDER)

    def compose(self, *arguments):
        finished = self.capstan(["compose", *arguments, "-o", "whole.wasm"])
        self.assertEqual((finished.out, finished.status), ("", 0), finished.err)
        return finished.err

    def test_an_import_is_served_by_the_provider(self):
        said = self.compose("app.wat", "number.wat")

        self.assertTrue(said.startswith("capstan: test:lib/number@1.0.0 of 'app.wat' comes from 'number.wat'\n"
                                        "capstan: wrote 'whole.wasm', "), said)
        self.check(["run", "whole.wasm", "--invoke", "run()"], out="42\n")

    def test_a_compatible_version_serves_and_is_named(self):
        self.write("number.wat", self.PROVIDER.replace("@1.0.0", "@1.2.0"))

        said = self.compose("app.wat", "number.wat")

        self.assertIn("comes from 'number.wat', which exports test:lib/number@1.2.0\n", said)
        self.check(["run", "whole.wasm", "--invoke", "run()"], out="42\n")

    def test_what_nobody_uses_is_a_warning(self):
        self.write("other.wat", self.PROVIDER.replace("test:lib/number", "test:lib/other"))

        said = self.compose("app.wat", "number.wat", "other.wat")

        self.assertIn("capstan: warning: 'other.wat' is not part of the result: nobody imports what it exports\n",
                      said)

    def test_what_is_left_over_is_explained(self):
        self.write("app.wat", self.APP.replace("(component", '(component (import "test:lib/more@1.0.0" (instance))', 1))

        said = self.compose("app.wat", "number.wat")

        self.assertIn("test:lib/more@1.0.0 of 'app.wat' is left to the host: no provider exports it\n", said)

    def test_nothing_to_plug_is_an_error_with_the_reason(self):
        self.write("number.wat", self.PROVIDER.replace("@1.0.0", "@2.0.0"))
        finished = self.capstan(["compose", "app.wat", "number.wat", "-o", "whole.wasm"])

        self.assertEqual((finished.out, finished.status), ("", FAILURE))
        self.assertIn("capstan: nothing to plug into `app.wat`", finished.err)
        self.assertIn("exports another version of it: test:lib/number@2.0.0", finished.err)
        self.assertFalse((self.folder / "whole.wasm").exists())

    def test_a_provider_that_is_missing_is_named(self):
        finished = self.capstan(["compose", "app.wat", "no.wasm", "-o", "whole.wasm"])

        self.assertEqual(finished.status, harness.USAGE)
        self.assertIn("'no.wasm'", finished.err)


class Compile(harness.CommandTest):
    def test_an_artefact_runs_when_that_is_allowed(self):
        finished = self.capstan(["compile", harness.HELLO_MODULE, "-o", "hello.cwasm"])
        self.assertEqual((finished.out, finished.status), ("", 0), finished.err)
        self.assertRegex(finished.err, r"capstan: wrote 'hello.cwasm', \d+ KiB of native code")

        compiled = self.capstan(["run", "--allow-precompiled", "hello.cwasm"])
        plain = self.capstan(["run", harness.HELLO_MODULE])

        self.assertEqual((compiled.out, compiled.err, compiled.status), (plain.out, plain.err, plain.status))
        self.assertEqual(self.capstan(["run", "hello.cwasm"]).status, harness.NOT_RUNNABLE)

    def test_an_artefact_for_runs_with_limits_is_another(self):
        self.check(["compile", "-q", "--interruptible", "--fuel", harness.HELLO_MODULE, "-o", "hello.cwasm"])

        limited = self.capstan(["run", "--allow-precompiled", "--timeout", "9s", "--fuel", "9000000", "hello.cwasm"])
        plain = self.capstan(["run", "--allow-precompiled", "hello.cwasm"])

        self.assertEqual((limited.out, limited.status), ("hello, world\n", 0), limited.err)
        self.assertEqual(plain.status, harness.NOT_RUNNABLE)

    def test_text_is_compiled_too(self):
        self.write("c.wat", "(component)")
        self.check(["compile", "--quiet", "c.wat", "-o", "c.cwasm"])
        self.assertEqual((self.folder / "c.cwasm").read_bytes()[:4], b"\x7fELF")

    def test_a_file_that_is_missing_or_wrong_is_an_error(self):
        finished = self.capstan(["compile", "no.wasm", "-o", "c.cwasm"])
        self.assertEqual(finished.status, harness.USAGE)
        self.assertIn("'no.wasm'", finished.err)

        self.write("bad.wasm", b"\0asm\x0d\0\1\0\xff")
        self.assertEqual(self.capstan(["compile", "bad.wasm", "-o", "c.cwasm"]).status, harness.NOT_RUNNABLE)
        self.assertEqual(os.listdir(self.folder), ["bad.wasm"])


class Bindgen(harness.CommandTest):
    def setUp(self):
        super().setUp()
        self.write("w.wit", "package a:b;\nworld some-world { import log: func(text: string); export run: func(); }\n")

    def made(self, *arguments):
        self.check(["bindgen", *arguments, "-o", "out"])
        return sorted(os.listdir(self.folder / "out"))

    def test_host_writes_classes(self):
        self.assertEqual(self.made("host", "w.wit"), ["some_world.cc", "some_world.h"])

    def test_guest_writes_cpp_unless_told_otherwise(self):
        self.assertEqual(self.made("guest", "w.wit"),
                         ["some_world.cpp", "some_world_component_type.o", "some_world_cpp.h"])

    def test_guest_writes_c(self):
        self.assertEqual(self.made("guest", "w.wit", "--language", "c"),
                         ["some_world.c", "some_world.h", "some_world_component_type.o"])

    def test_check_says_what_would_change_and_writes_nothing(self):
        self.check_error(["bindgen", "host", "w.wit", "--check", "-o", "out"],
                         "out/some_world.h is missing\nout/some_world.cc is missing", FAILURE)
        self.assertEqual(os.listdir(self.folder), ["w.wit"])

    def test_it_writes_what_capstan_bindgen_writes(self):
        self.made("host", "w.wit", "--namespace", "x", "--async", "all", "--depfile", "out/w.d")
        self.run_bindgen("host", "w.wit", "--namespace", "x", "--async", "all", "-o", "other")

        for name in ("some_world.cc", "some_world.h"):
            self.assertEqual((self.folder / "out" / name).read_text(), (self.folder / "other" / name).read_text())
        self.assertIn("w.wit", (self.folder / "out/w.d").read_text())

    def run_bindgen(self, *arguments):
        subprocess.run([BINDGEN, *arguments], cwd=self.folder, check=True)

    def test_errors_can_be_json(self):
        self.write("bad.wit", "package a:b;\nworld w { export run: fun(); }\n")
        finished = self.capstan(["bindgen", "guest", "bad.wit", "-o", "out", "--json-errors"])

        self.assertEqual(finished.status, FAILURE)
        self.assertTrue(finished.err.startswith('{"error":"failure","exit_status":1,"message":"bad.wit:2:'),
                        finished.err)


if __name__ == "__main__":
    harness.main()
