"""`capstan new` and `capstan build`: projects that build and run at once, and what goes wrong with them."""

import os
import pathlib
import shutil
import subprocess

import harness

FAILURE = 1
BINDGEN = pathlib.Path(harness.COMMAND).with_name("capstan-bindgen")


class ProjectTest(harness.CommandTest):
    def make(self, *arguments):
        finished = self.capstan(["new", *arguments])
        self.assertEqual((finished.err, finished.status), ("", 0))
        return finished.out

    def build(self, folder, **options):
        """Builds it; gives what it said."""
        finished = self.capstan(["build", folder], **options)
        self.assertEqual((finished.out, finished.status), ("", 0), finished.err)
        return finished.err

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))


class New(ProjectTest):
    def test_a_component_builds_and_runs(self):
        for language in ("cpp", "c"):
            with self.subTest(language):
                name = f"hello-{language}"
                self.make("component", name, "--lang", language)
                self.build(name)

                self.check(["run", name], out="hello, world\n")
                self.check(["run", name, "--", "Ada", "Grace"], out="hello, Ada\nhello, Grace\n")
                self.check(["run", name, "--invoke", 'greet("Ada")'], out='"hello, Ada"\n')

    def test_what_it_says_to_do_next_works(self):
        out = self.make("component", "hello")
        steps = out[out.index("next:\n") + len("next:\n"):]
        self.assertEqual(steps.splitlines()[:2], ["  cd hello", "  capstan build"])

        script = "set -e\n" + steps.replace("capstan ", f'"{harness.COMMAND}" ')
        finished = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True,
                                  check=False, env={"PATH": os.environ["PATH"],
                                                    "XDG_CACHE_HOME": str(harness.CACHE)})

        self.assertEqual((finished.stdout, finished.returncode), ("hello, Ada\n\"hello, Ada\"\n", 0),
                         finished.stderr)

    def test_a_name_alone_is_a_component_in_cpp(self):
        self.make("hello")

        self.assertTrue((self.folder / "hello/src/main.cc").exists())

    def test_an_http_component_has_the_standard_interfaces_and_builds(self):
        for language in ("cpp", "c"):
            with self.subTest(language):
                name = f"web-{language}"
                out = self.make("http", name, "--lang", language)
                self.assertIn("wit/deps/http.wit", out)
                self.assertIn("`capstan run` runs commands only", out)
                self.build(name)

                wit = subprocess.run([BINDGEN, "wit", self.folder / name / f"build/{name}.wasm"],
                                     check=True, capture_output=True, text=True).stdout
                self.assertIn("export wasi:http/incoming-handler@0.2", wit)
                self.assertNotIn("wasi:filesystem", wit)

    def test_names_become_what_wit_and_cpp_need(self):
        self.make("component", "my-first-tool")
        self.build("my-first-tool")

        self.check(["run", "my-first-tool", "--invoke", 'greet("x")'], out='"hello, x"\n')

    def test_an_adapter_is_the_project_of_dev_new(self):
        self.make("adapter", "my-host")
        subprocess.run(["bash", harness.SOURCE / "dev", "new", self.folder / "other/my-host"], check=True,
                       capture_output=True)

        compared = subprocess.run(["diff", "-r", "my-host", "other/my-host"], cwd=self.folder,
                                  capture_output=True, text=True, check=False)

        self.assertEqual((compared.stdout, compared.returncode), ("", 0))

    def test_a_folder_that_exists_is_left_alone(self):
        self.write("hello/mine", "")
        self.check_error(["new", "component", "hello"],
                         "'hello' exists already; take another name, or remove it first", harness.USAGE)

        self.assertEqual(os.listdir(self.folder / "hello"), ["mine"])

    def test_bad_names_are_refused_with_a_good_one(self):
        for name, better in (("Hello", "hello"), ("my host_2", "my-host"), ("2fast", "fast"), ("a--b", "a-b"),
                             ("ünder", "nder"), ("x" * 65, "x" * 64)):
            with self.subTest(name):
                finished = self.capstan(["new", "component", name])
                self.assertEqual(finished.status, harness.USAGE)
                self.assertIn(f"'{name}' cannot be the name of a project", finished.err)
                self.assertIn(f"such as '{better}'", finished.err)
                self.assertEqual(os.listdir(self.folder), [])

    def test_words_of_cpp_and_wit_are_refused(self):
        for name in ("string", "class", "world"):
            self.check_error(["new", name],
                             f"'{name}' cannot be the name of a project: C++ or WIT keep that word for "
                             f"themselves; take another, such as 'my-{name}'", harness.USAGE)

    def test_wrong_words_are_explained(self):
        self.check_error(["new", "component"],
                         "the project has no name; write 'capstan new component NAME'", harness.USAGE)
        self.check_error(["new", "widget", "w"],
                         "'widget' is no kind of project; there are component, http, adapter and bundle",
                         harness.USAGE)
        self.check_error(["new", "adapter", "a", "--lang", "c"],
                         "--lang is for projects of the kinds component and http; a project of the kind "
                         "'adapter' is written in C++", harness.USAGE)


class Build(ProjectTest):
    def setUp(self):
        super().setUp()
        self.make("component", "hello")

    def test_only_what_changed_is_made_again(self):
        first = self.build("hello")
        for step in ("compile src/main.cc", "compile build/bindings/hello.cpp", "link", "make"):
            self.assertIn(f"capstan: {step}", first)
        self.assertEqual(self.build("hello"), "capstan: 'hello/build/hello.wasm' is up to date\n")

        self.edit("hello/src/main.cc", '"hello, "', '"good day, "')
        again = self.build("hello")

        self.assertIn("compile src/main.cc", again)
        self.assertNotIn("compile build/", again)
        self.check(["run", "hello"], out="good day, world\n")

    def test_a_header_counts(self):
        self.edit("hello/src/main.cc", "#include <cstdio>", '#include "word.h"\n#include <cstdio>')
        self.edit("hello/src/main.cc", '"hello, "', "word")
        self.write("hello/src/word.h", '#define word "a "\n')
        self.build("hello")

        self.write("hello/src/word.h", '#define word "b "\n')
        self.build("hello")

        self.check(["run", "hello"], out="b world\n")

    def test_changed_wit_counts(self):
        self.build("hello")
        self.edit("hello/wit/world.wit", "export greet", "export answer: func() -> u32;\n    export greet")
        self.edit("hello/src/main.cc", "// capstan run . --invoke",
                  "std::uint32_t exports::hello::Answer() { return 42; }\n// capstan run . --invoke")

        self.build("hello")

        self.check(["run", "hello", "--invoke", "answer()"], out="42\n")

    def test_changed_options_count(self):
        self.build("hello")
        self.edit("hello/capstan.toml", "[build]", '[build]\noptions = ["-DNAME=1"]')
        self.assertIn("compile src/main.cc", self.build("hello"))

    def test_a_removed_component_is_made_again(self):
        self.build("hello")
        (self.folder / "hello/build/hello.wasm").unlink()
        self.assertIn("make build/hello.wasm", self.build("hello"))

    def test_constructors_have_run_before_an_export_is_called(self):
        self.edit("hello/src/main.cc", "namespace {", 'namespace {\nconst std::string first = "made, ";')
        self.edit("hello/src/main.cc", '"hello, "', "first")
        self.build("hello")

        self.check(["run", "hello", "--invoke", 'greet("Ada")'], out='"made, Ada"\n')
        self.check(["run", "hello"], out="made, world\n")

    def test_a_main_that_fails_makes_the_run_fail(self):
        self.edit("hello/src/main.cc", "if (argc < 2)", "if (argc == 3) return 7;\n  if (argc < 2)")
        self.build("hello")

        self.check(["run", "hello", "--", "a", "b"], status=1)

    def test_the_authors_class_is_the_one_behind_an_exported_resource(self):
        self.write("counting/capstan.toml", """[component]
name = "counting"
source = "build/counting.wasm"
[build]
world = "counting"
""")
        self.write("counting/wit/world.wit", """package test:counting;
interface counters {
  record range { first: u32, last: u32 }
  resource counter { constructor(range: range); next: func() -> option<u32>; }
}
world counting { export counters; export sum: func(first: u32, last: u32) -> string; }
""")
        self.write("counting/src/exports-test-counting-counters-Counter.h", """#pragma once
#include <cstdint>
#include <optional>
#include "wit.h"
namespace exports::test::counting::counters {
struct Range;
class Counter : public wit::ResourceExportBase<Counter> {
 public:
  explicit Counter(const Range& range);
  static void Dtor(Counter* self) { delete self; }
  static Owned New(Range range);
  std::optional<uint32_t> Next();
  static int32_t ResourceNew(Counter* self);
  static Counter* ResourceRep(int32_t id);
  static void ResourceDrop(int32_t id);
 private:
  uint32_t next_;
  uint32_t last_;
};
}
""")
        self.write("counting/src/counting.cc", """#include "counting_cpp.h"
#include <string>
namespace exports::test::counting::counters {
Counter::Counter(const Range& range) : next_(range.first), last_(range.last) {}
Counter::Owned Counter::New(Range range) { return Owned(new Counter(range)); }
std::optional<uint32_t> Counter::Next() {
  if (next_ > last_) return std::nullopt;
  return next_++;
}
}
wit::string exports::counting::Sum(uint32_t first, uint32_t last) {
  uint32_t sum = 0;
  exports::test::counting::counters::Counter counter({first, last});
  while (const auto next = counter.Next()) sum += *next;
  return wit::string::from_view(std::to_string(sum));
}
""")
        self.build("counting")

        self.check(["run", "counting", "--invoke", "sum(3, 5)"], out='"12"\n')

    def test_compiler_errors_are_passed_through(self):
        self.edit("hello/src/main.cc", "return \"hello, \"", "return missing + \"hello, \"")
        finished = self.capstan(["build", "hello"])

        self.assertEqual((finished.out, finished.status), ("", FAILURE))
        self.assertIn("src/main.cc:9:", finished.err)
        self.assertIn("use of undeclared identifier 'missing'", finished.err)
        self.assertTrue(finished.err.endswith(
            "capstan: hello: compile src/main.cc failed, see above; if it is not the program's fault, "
            "'capstan doctor' looks at the compiler\n"), finished.err)
        self.assertFalse((self.folder / "hello/build/hello.wasm").exists())

    def test_a_missing_implementation_is_the_linkers_error(self):
        self.edit("hello/src/main.cc", "wit::string exports::hello::Greet", "wit::string other")
        finished = self.capstan(["build", "hello"])

        self.assertEqual(finished.status, FAILURE)
        self.assertIn("undefined symbol: exports::hello::Greet", finished.err)
        self.assertIn("capstan: hello: link build/objects/hello.wasm failed", finished.err)

    def test_warnings_are_shown_each_time(self):
        self.edit("hello/src/main.cc", "if (argc < 2)", "int unused;\n  if (argc < 2)")

        for _ in range(2):
            self.assertIn("warning: unused variable 'unused'", self.build("hello"))
        self.check(["build", "--quiet", "hello"])

    def test_wrong_wit_says_where(self):
        self.edit("hello/wit/world.wit", "string", "strin")
        finished = self.capstan(["build", "hello"])

        self.assertEqual(finished.status, harness.USAGE)
        self.assertIn("capstan: hello/wit/world.wit:5:", finished.err)

    def test_the_manifest_is_read_strictly(self):
        for old, new, message in (
                ("sources =", "sourcs =",
                 "hello/capstan.toml:8: unknown key 'sourcs', did you mean 'sources'?"),
                ('["src"]', '["lib"]', "hello/capstan.toml:8: 'sources' has 'lib', but there is no 'hello/lib'"),
                ('["src"]', '["wit"]', "hello/capstan.toml:8: there is no C or C++ file in wit of 'hello'"),
                ('["src"]', '["/tmp"]', "hello/capstan.toml:8: 'sources' has '/tmp', but a path relative to the "
                                        "project's folder is needed"),
                ('"cpp"', '"rust"', "hello/capstan.toml:7: 'language' is 'rust', which is not one of cpp, c"),
                ('wit = "wit"', 'wit = "idl"', "hello/capstan.toml:9: there is no WIT in 'hello/idl'"),
                ('"build/hello.wasm"', '"hello"',
                 "hello/capstan.toml:4: 'source' is 'hello', but what is built ends in .wasm")):
            with self.subTest(new):
                self.edit("hello/capstan.toml", old, new)
                self.check_error(["build", "hello"], message, harness.USAGE)
                self.edit("hello/capstan.toml", new, old)

    def test_a_folder_without_a_project_says_how_to_make_one(self):
        self.check_error(["build", "no"], "there is no project in 'no': 'no/capstan.toml' is missing; 'capstan "
                                          "new component NAME' makes one", harness.USAGE)


class Compiler(ProjectTest):
    def setUp(self):
        super().setUp()
        self.make("component", "hello", "--lang", "c")

    def test_a_wasi_sdk_comes_first(self):
        # A stand-in: the distribution's clang behind the SDK's names and options.
        for name, program in (("clang", "clang-19"), ("clang++", "clang++-19")):
            path = self.folder / "sdk/bin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/bash\nwords=()\nfor word; do case $word in --target=wasm32-wasip1) ;; "
                            "--sysroot=*/sdk/share/wasi-sysroot) ;; *) words+=(\"$word\") ;; esac; done\n"
                            f"exec {shutil.which(program)} --target=wasm32-wasi \"${{words[@]}}\"\n")
            path.chmod(0o755)
        (self.folder / "sdk/share/wasi-sysroot").mkdir(parents=True)

        said = self.build("hello", environment={"WASI_SDK_PATH": str(self.folder / "sdk")})

        self.assertIn(f"by WASI SDK ({self.folder}/sdk)", said)

    def test_zig_is_used_when_there_is_nothing_else(self):
        # A stand-in: takes what `zig cc` takes, and no more.
        path = self.folder / "bin/zig"
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n[ \"$1\" = cc ] || exit 9\nshift\n"
                        "for word; do case $word in *--stack-first*) echo \"error: unsupported linker arg\" >&2; "
                        f"exit 1 ;; esac; done\nPATH='{os.environ['PATH']}' exec {shutil.which('clang-19')} \"$@\"\n")
        path.chmod(0o755)

        said = self.build("hello", environment={"PATH": str(self.folder / "bin")})

        self.assertIn(f"by zig ({path})", said)

    def test_a_wrong_wasi_sdk_is_an_error(self):
        self.check_error(["build", "hello"], "WASI_SDK_PATH is 'nowhere', but there is no "
                         f"'{self.folder}/nowhere/bin/clang'; correct it, or unset it to use another compiler",
                         harness.USAGE, environment={"WASI_SDK_PATH": "nowhere"})

    def test_without_any_it_says_what_to_install(self):
        self.check_error(["build", "hello"], "there is no compiler for WebAssembly; on Debian: apt-get install "
                         "clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc. Elsewhere, "
                         "set WASI_SDK_PATH to a WASI SDK, or put zig into PATH",
                         harness.USAGE, environment={"PATH": str(self.folder)})


if __name__ == "__main__":
    harness.main()
