"""capstan run: what may be run, and what it is given."""

import re
import unittest

import harness
from harness import ADAPTER_TEST, DEMO, HELLO_MODULE, NOT_RUNNABLE, PROBE, USAGE

PROBE_NAME = "cli-probe.component.wasm"


class Sources(harness.CommandTest):
    def test_a_component_runs(self):
        self.check(["run", PROBE], out=f"[{PROBE_NAME}]\n")

    def test_capstan_component_run_is_the_same(self):
        self.check(["component", "run", PROBE, "--", "arguments", "x"],
                   out=f"[{PROBE_NAME}]\n[arguments]\n[x]\n")

    def test_a_core_module_runs(self):
        self.check(["run", HELLO_MODULE, "--", "module"], out="hello, module\n")

    def test_a_core_module_keeps_its_exit_status(self):
        self.check(["run", HELLO_MODULE, "--", "you", "42"], out="hello, you\n", status=42)

    def test_text_of_a_component_runs(self):
        self.write("answer.wat", """(component
          (core module $m (func (export "answer") (result i32) (i32.const 42)))
          (core instance $i (instantiate $m))
          (func (export "answer") (result u32) (canon lift (core func $i "answer"))))""")
        self.check(["run", "answer.wat"], out="42\n")

    def test_text_of_a_module_runs(self):
        self.write("quiet.wat", '(module (memory (export "memory") 1) (func (export "_start")))')
        self.check(["run", "quiet.wat"])

    def test_a_folder_with_a_manifest_runs(self):
        self.write("app/capstan.toml", f'[component]\nname = "show"\nsource = "{PROBE}"\n')
        self.check(["run", "app", "--", "arguments"], out="[show]\n[arguments]\n")

    def test_both_seed_guests_run_without_options(self):
        self.check(["run", DEMO], out='ok("world")\n', err="Level::Info I/O: res from guest: world\n")
        self.check(["run", ADAPTER_TEST],
                   out='"set and get: passed\\nexists: passed\\nlist keys: passed\\ndelete: passed\\n'
                       'duplicate set: passed\\nclear: passed\\n"\n')

    def test_a_precompiled_artefact_runs_only_on_request(self):
        cache = self.folder / "cache"
        self.assertEqual(
            self.capstan(["run", PROBE], environment={"XDG_CACHE_HOME": str(cache)}).status, 0)
        [artefact] = (cache / "capstan" / "components").glob("*.cwasm")
        self.write("probe.cwasm", artefact.read_bytes())

        self.check_error(
            ["run", "probe.cwasm"],
            "'probe.cwasm' is precompiled, native code that runs with your rights: give "
            "--allow-precompiled if you trust it like a program of your own", NOT_RUNNABLE)
        self.check(["run", "--allow-precompiled", "probe.cwasm"], out="[probe.cwasm]\n")


class WrongSources(harness.CommandTest):
    def refused(self, contents, message, name="app.wasm"):
        self.write(name, contents)
        self.check_error(["run", name], message, NOT_RUNNABLE)

    def test_no_such_file(self):
        self.check_error(["run", "nope.wasm"], "there is no file 'nope.wasm'", USAGE)

    def test_a_folder_without_a_manifest(self):
        (self.folder / "app").mkdir()
        self.check_error(["run", "app"], "the folder 'app' has no capstan.toml: name a component, or "
                         "make a project with `capstan new`", USAGE)

    def test_an_empty_file(self):
        self.refused("", "'app.wasm' is empty: build the component again")

    def test_a_truncated_file(self):
        with open(PROBE, "rb") as whole:
            self.refused(whole.read(5000), "'app.wasm' ends in the middle: copy or build it again")

    def test_a_damaged_file(self):
        with open(PROBE, "rb") as whole:
            damaged = bytearray(whole.read())
        damaged[8] = 0x63  # a section nobody knows
        self.write("app.wasm", bytes(damaged))
        finished = self.capstan(["run", "app.wasm"])
        self.assertEqual(finished.status, NOT_RUNNABLE)
        self.assertRegex(finished.err, r"^capstan: cannot load 'app\.wasm': .+\n$")

    def test_a_wit_package(self):
        # A component with nothing but an empty type and an empty export section.
        self.refused(b"\0asm\x0d\0\1\0\x07\x01\0\x0b\x01\0",
                     "'app.wasm' is a WIT package, which describes interfaces and has no code: run a "
                     "component that implements them")

    def test_a_wit_text(self):
        self.refused("package a:b;\n", "'app.wit' is a WIT text, which describes interfaces and has no "
                     "code: run a component that implements them", name="app.wit")

    def test_a_native_program(self):
        self.refused(b"\x7fELF\2\1\1\0", "'app.wasm' is a native program or library, not WebAssembly: "
                     "build it for wasm32-wasip2")

    def test_a_script(self):
        self.refused("#!/bin/sh\n", "'app.wasm' is a script, not WebAssembly")

    def test_an_archive(self):
        self.refused(b"\x1f\x8b\x08\0", "'app.wasm' is an archive: unpack it first")

    def test_a_web_page(self):
        self.refused("<!doctype html>", "'app.wasm' is a web page, not WebAssembly: the download most "
                     "likely failed")

    def test_another_version_of_webassembly(self):
        self.refused(b"\0asm\x07\0\0\0", "'app.wasm' is WebAssembly of an unknown version")

    def test_anything_else(self):
        self.refused("hello", "'app.wasm' is neither WebAssembly nor its text format")

    def test_text_with_a_mistake(self):
        self.write("app.wat", "(component (func))")
        finished = self.capstan(["run", "app.wat"])
        self.assertEqual(finished.status, NOT_RUNNABLE)
        self.assertIn("app.wat:1:", finished.err)

    def test_a_module_without_a_way_in(self):
        self.refused('(module (func (export "add")))',
                     "'app.wat' is a core module that neither exports _start nor says which world it "
                     "is for: build it as a command, or make it a component with `capstan componentize "
                     "--wit`", name="app.wat")

    def test_a_module_that_imports_what_nobody_has(self):
        self.write("app.wat", '(module (import "env" "f" (func)) (func (export "_start")))')
        finished = self.capstan(["run", "app.wat"])
        self.assertEqual(finished.status, NOT_RUNNABLE)
        self.assertIn("'app.wat' is a core module that cannot be made a component: ", finished.err)

    def test_a_component_without_anything_to_run(self):
        self.refused("(component)", "there is nothing to run in 'app.wat': it exports neither "
                     "wasi:cli/run nor a function that could be called", name="app.wat")


class Manifests(harness.CommandTest):
    def test_grant_what_the_options_grant_and_the_command_line_wins(self):
        self.write("app/data/file.txt", "x")
        self.write("app/capstan.toml", f"""
[component]
source = "{PROBE}"
[run]
args = ["environment"]
env = ["A=1", "B=2"]
dirs = ["data::/data"]
[run.config]
greeting = "hello"
""")
        self.check(["run", "app"], out="A=1\nB=2\n")
        self.check(["run", "--env", "B=3", "app"], out="A=1\nB=3\n")
        self.check(["run", "app", "--", "config", "greeting"], out="hello\n")
        self.check(["run", "--config", "greeting=bye", "app", "--", "config", "greeting"], out="bye\n")
        self.check(["run", "app", "--", "list", "/data"], out="file.txt\n")

    def test_unknown_keys_are_errors_with_the_nearest(self):
        self.write("app/capstan.toml", f'[component]\nsource = "{PROBE}"\n[run]\ntimout = "2s"\n')
        self.check_error(["run", "app"],
                         "app/capstan.toml:4: unknown key 'timout', did you mean 'timeout'?", USAGE)

    def test_the_source_it_names_must_be_there(self):
        self.write("app/capstan.toml", '[component]\nsource = "nope.wasm"\n')
        self.check_error(["run", "app"], "app/capstan.toml: there is no file 'app/nope.wasm'", USAGE)

    def test_values_are_checked_as_on_the_command_line(self):
        self.write("app/capstan.toml", f'[component]\nsource = "{PROBE}"\n[run]\nbackends = ["x=y"]\n')
        self.check_error(["run", "app"], "app/capstan.toml:4: backends: there is no capability 'x': "
                         "there are config, keyvalue, logging, messaging", USAGE)


class Grants(harness.CommandTest):
    def test_nothing_is_inherited(self):
        self.check(["run", PROBE, "--", "environment"])
        self.check(["run", PROBE, "--", "list", "."], err=".: Capabilities insufficient\n", status=1)

    def test_standard_streams_are_the_programs_own(self):
        self.check(["run", PROBE, "--", "copy"], stdin=b"some input", out="some input")
        self.check(["run", PROBE, "--", "complain"], err="complaint\n")
        self.check(["run", PROBE, "--", "no-newline"], out="no newline")

    def test_env_sets_and_passes_on(self):
        self.check(["run", "--env", "A=1", "--env", "B", "--env", "A=2", PROBE, "--", "environment"],
                   environment={"B": "b", "C": "c"}, out="B=b\nA=2\n")

    def test_env_of_what_is_not_set_is_an_error(self):
        self.check_error(["run", "--env", "NOT_SET", PROBE],
                         "--env: 'NOT_SET' is not set in the environment: set it, or write "
                         "NOT_SET=VALUE", USAGE)

    def test_inherit_env_passes_on_everything(self):
        finished = self.capstan(["run", "--inherit-env", "--env", "B=2", PROBE, "--", "environment"],
                                environment={"A": "1", "B": "1"})
        self.assertEqual(finished.status, 0)
        self.assertIn("A=1\n", finished.out)
        self.assertIn("B=2\n", finished.out)
        self.assertNotIn("B=1\n", finished.out)

    def test_config_values_can_be_read(self):
        self.check(["run", "--config", "a=1=2", PROBE, "--", "config", "a"], out="1=2\n")
        self.check(["run", PROBE, "--", "config", "a"], out="(none)\n")
        self.check_error(["run", "--config", "a", PROBE],
                         "--config: 'a' has no '=': write KEY=VALUE", USAGE)

    def test_a_folder_is_read_only_unless_said_otherwise(self):
        self.write("data/one.txt", "1")
        self.check(["run", "--dir", "data", PROBE, "--", "list", "data"], out="one.txt\n")
        self.check(["run", "--dir", "data::/d", PROBE, "--", "list", "/d"], out="one.txt\n")
        refused = self.capstan(["run", "--dir", "data::/d", PROBE, "--", "write", "/d/two.txt", "2"])
        self.assertEqual(refused.status, 1)
        self.assertRegex(refused.err, r"^/d/two\.txt: (Read-only file system|Operation not permitted|"
                                      r"Permission denied)\n$")
        self.check(["run", "--dir", "data::/d,rw", PROBE, "--", "write", "/d/two.txt", "2"])
        self.assertEqual((self.folder / "data" / "two.txt").read_text(), "2")

    def test_a_folder_must_be_there_and_have_a_name_of_its_own(self):
        self.check_error(["run", "--dir", "nope", PROBE],
                         "there is no folder 'nope': make it, or correct --dir", USAGE)
        (self.folder / "data").mkdir()
        self.check_error(["run", "--dir", "data::/d", "--dir", ".::/d", PROBE],
                         "two folders would be '/d' for the component: give one another name with --dir "
                         "HOST::GUEST", USAGE)
        self.check_error(["run", "--dir", "::x", PROBE],
                         "--dir: '::x' names no directory: write HOST, HOST::GUEST, or either with ,rw",
                         USAGE)

    def test_keyvalue_lives_for_the_run(self):
        for _ in range(2):
            self.check(["run", PROBE, "--", "store-twice", "k"], out="Key 'k' already exists\n")

    def test_logging_goes_to_stderr_unless_it_is_switched_off(self):
        self.check(["run", PROBE, "--", "log", "hi"], err="Level::Warn probe: hi\n")
        self.check(["run", "--backend", "logging=stderr", PROBE, "--", "log", "hi"],
                   err="Level::Warn probe: hi\n")
        self.check(["run", "--backend", "logging=none", PROBE, "--", "log", "hi"])
        self.check(["run", "--quiet", PROBE, "--", "log", "hi"], err="Level::Warn probe: hi\n")

    def test_backends_are_chosen_by_name(self):
        self.check(["run", "--backend", "keyvalue=memory", "--backend", "keyvalue:default=memory",
                    "--backend", "config=options", PROBE, "--", "store-twice", "k"],
                   out="Key 'k' already exists\n")
        for text, message in (
                ("keyvalue", "'keyvalue' has no '=': write CAPABILITY=URL, such as keyvalue=memory"),
                ("keyvalu=memory", "there is no capability 'keyvalu', did you mean 'keyvalue'?"),
                ("keyvalue=", "'keyvalue=' names no backend: keyvalue can be memory, sqlite"),
                ("keyvalue=redis://x", "keyvalue has no backend 'redis': it can be memory, sqlite")):
            self.check_error(["run", "--backend", text, PROBE], f"--backend: {message}", USAGE)
        self.check_error(["run", "--backend", "logging=none", "--backend", "logging=stderr", PROBE],
                         "logging has two backends, 'none' and 'stderr': choose one", USAGE)


class Linking(harness.CommandTest):
    RUNNABLE = '''
      (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f")))'''

    def needs(self, interface):
        self.write("app.wat", f'(component (import "{interface}" (instance (export "g" (func)))) '
                              f'{self.RUNNABLE})')

    def test_what_nobody_serves_is_named_with_what_to_do(self):
        self.needs("acme:db/store@1.0.0")
        self.check_error(["run", "app.wat"],
                         "'app.wat' cannot run: nothing serves acme:db/store@1.0.0: give a host bundle "
                         "that serves it (--host-bundle DIR), or plug in a component that exports it "
                         "(capstan compose)", NOT_RUNNABLE)

    def test_another_version_is_named(self):
        self.needs("wasi:logging/logging@0.2.0")
        self.check_error(["run", "app.wat"],
                         "'app.wat' cannot run: nothing serves wasi:logging/logging@0.2.0: another "
                         "version of it is served, wasi:logging/logging@0.1.0-draft: build the component "
                         "for that one", NOT_RUNNABLE)

    def test_a_misspelt_interface_is_recognised(self):
        self.needs("keyvalue:store/stor@0.1.0")
        self.check_error(["run", "app.wat"],
                         "'app.wat' cannot run: nothing serves keyvalue:store/stor@0.1.0: did you mean "
                         "keyvalue:store/store@0.1.0?", NOT_RUNNABLE)

    def test_an_old_wasi_is_named(self):
        self.needs("wasi:cli/environment@0.2.0-rc-2023-11-10")
        self.check_error(["run", "app.wat"],
                         "'app.wat' cannot run: nothing serves wasi:cli/environment@0.2.0-rc-2023-11-10: "
                         "this Capstan serves WASI 0.2 and 0.3: build the component with newer tools",
                         NOT_RUNNABLE)

    def test_another_type_is_shown(self):
        self.write("app.wat", '(component (import "keyvalue:store/store@0.1.0" (instance (export "exists" '
                              f'(func (result bool))))) {self.RUNNABLE})')
        finished = self.capstan(["run", "app.wat"])
        self.assertEqual(finished.status, NOT_RUNNABLE)
        self.assertIn("exists", finished.err)
        self.assertIn("func(key: string) -> bool", finished.err)

    def test_imports_that_are_granted_but_unused_never_fail(self):
        self.write("app.wat", f"""(component
          (import "wasi:sockets/instance-network@0.2.0" (instance))
          (import "keyvalue:store/store@0.1.0" (instance))
          (import "acme:types/only@1.0.0" (instance (type $t u32) (export "t" (type (eq $t)))))
          {self.RUNNABLE})""")
        self.check(["run", "app.wat"])


class Speaking(harness.CommandTest):
    def test_errors_can_be_json(self):
        error, status = self.json_error(["run", "nope.wasm"])
        self.assertEqual(error, {"error": "io", "message": "there is no file 'nope.wasm'",
                                 "exit_status": 2})
        self.assertEqual(status, 2)
        trap, status = self.json_error(["run", PROBE, "--", "abort"])
        self.assertEqual((trap["error"], status), ("trap", 134))
        self.assertIn("abort", trap["backtrace"])

    def test_the_command_line_is_checked(self):
        self.check_error(["run"], "SOURCE is required; `capstan --help` shows how it is used", USAGE)
        self.check_error(["run", PROBE, "--bogus"], "The following argument was not expected: --bogus; "
                         "`capstan --help` shows how it is used", USAGE)
        self.check_error(["run", "--log-level", "loud", PROBE],
                         "--log-level: loud not in {error,warn,info,debug}; `capstan --help` shows how it "
                         "is used", USAGE)

    def test_help_has_examples(self):
        finished = self.capstan(["run", "--help"])
        self.assertEqual(finished.status, 0)
        self.assertIn("capstan run --invoke 'add(1, 2)' math.wasm", finished.out)

    def test_nothing_is_said_about_progress_without_a_terminal(self):
        self.check(["run", "--no-cache", PROBE], out=f"[{PROBE_NAME}]\n")

    def test_no_cache_leaves_nothing_behind(self):
        cache = self.folder / "cache"
        variables = {"XDG_CACHE_HOME": str(cache)}
        self.assertEqual(self.capstan(["run", "--no-cache", PROBE], environment=variables).status, 0)
        self.assertFalse(cache.exists())
        self.assertEqual(self.capstan(["run", PROBE], environment=variables).status, 0)
        self.assertTrue(re.search(r"\.cwasm$", str(next((cache / "capstan" / "components").iterdir()))))


if __name__ == "__main__":
    unittest.main()
