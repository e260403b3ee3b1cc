#!/usr/bin/env python3
"""Runs the generator on the WIT corpora of wit-bindgen-cli and wit-parser, and the engine on wit-component's.

generate         every case of tests/codegen gives bindings, or the error recorded here
compile-<cxx>    those bindings compile without a warning
parser           failing cases of tests/ui end with file:line:column, valid ones give bindings
components       good cases of tests/components load, bad ones are refused with a reason

The corpora come with the crates, through cargo; nothing of them is kept in this repository.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
FILES_PER_UNIT = 12
CODEGEN_CASES = 109

# The cases that need what bindings do not have yet, and what the one error says.
UNSUPPORTED = {
    "error-context": "error-context.wit:9:3: foo:foo/error-contexts#bar uses error-context",
    "future-same-type-different-names": "future-same-type-different-names.wit:7:3: a:b/i#f1 uses future<a>",
    "futures": "futures.wit:6:3: foo:foo/futures#future-param uses future",
    "import-export-future": "import-export-future.wit:12:5: a:b/i#f uses future<r>",
    "import-export-stream": "import-export-stream.wit:12:5: a:b/i#f uses stream<r>",
    "issue-1432": "issue-1432.wit:12:5: a:b/i#f uses stream<r>",
    "issue-1433": "issue-1433.wit:7:12: a:b/w#f uses stream<r>",
    "issue-1544": "issue-1544.wit:23:5: test:repro/b#f uses future<result<_, t>>",
    "issue-1598": "issue-1598.wit:7:12: a:b/w#f uses future<result<r, string>>",
    "resources-with-futures":
        "resources-with-futures.wit:7:5: my:resources/with-futures#[constructor]x uses future<u8>",
    "resources-with-streams":
        "resources-with-streams.wit:7:5: my:resources/with-streams#[constructor]x uses stream<u8>",
    "streams": "streams.wit:20:3: foo:foo/streams#stream-param uses stream",
}
UNSUPPORTED_END = ", which host bindings do not support yet"
WORLDS = {"wasi-cli": "command", "wasi-http": "proxy"}

# Cases that only a newer wit-parser than ours rejects.
ACCEPTED = {"external-id-on-include.wit", "external-id-on-interface.wit", "external-id-on-world.wit"}
# Worlds that cannot be named on the command line, because a part of the name is a keyword of WIT.
UNNAMED = {"test:async/y"}
# Good and bad components, and the good ones that need what the engine has switched off, with what it says.
# Wasmtime 48 calls these features incomplete, and has them off by default.
COMPONENT_CASES = (128, 21)
UNLOADABLE = {
    "adapt-custom-page-sizes": "custom page sizes",
    "async-builtins": "error-context feature",
    "async-forward-builtins": "invalid leading byte",  # newer than this Wasmtime
    "async-streams-and-futures": "more async builtins feature",
    "async-unit-builtins": "more async builtins feature",
    "canonical-names": "`cm-implements` feature",
    "custom-page-sizes": "custom page sizes",
    "implements": "`cm-implements` feature",
    "import-memory-async-builtins": "error-context feature",
    "link-tag": "exceptions proposal",
    "link-thread-new-indirect": "threading feature",
    "link-wasip3-tls": "`context.get` immediate must be zero",
    "realloc-task-hook-async": "more async builtins feature",
    "return-call-ref-async": "error-context feature",
    "return-call-ref-payloads": "more async builtins feature",
    "threading": "`context.get` immediate must be zero",
    "threading-wasm-ld-symbols-coop": "`context.get` immediate must be zero",
    "threading-wasm-ld-symbols64": "component model 64-bit feature",
}
PLACE = re.compile(r"^capstan-bindgen: .*\.wit:\d+:\d+: ")


class Corpus:
    def __init__(self, arguments):
        self.bindgen = str(pathlib.Path(arguments.bindgen).resolve())
        self.loader = str(pathlib.Path(arguments.loader).resolve())
        self.source = pathlib.Path(arguments.source)
        self.cargo = arguments.cargo
        self.work = pathlib.Path(arguments.work).resolve()
        self.failures = []

    def fail(self, message):
        self.failures.append(message)

    def crate(self, name, version):
        """The folder of a crate that the helper package beside this file depends on.

        Cargo tells where its libraries are, but not its programs; they lie side by side.
        """
        manifest = ["--locked", "--manifest-path", str(HERE / "fetch" / "Cargo.toml")]
        subprocess.run([self.cargo, "fetch", *manifest], check=True, capture_output=True)
        output = subprocess.run([self.cargo, "metadata", "--format-version", "1", *manifest],
                                check=True, capture_output=True, text=True).stdout
        folders = {pathlib.Path(package["manifest_path"]).parents[1]
                   for package in json.loads(output)["packages"] if package["source"]}
        for folder in folders:
            if (folder / f"{name}-{version}").is_dir():
                return folder / f"{name}-{version}"
        sys.exit(f"cargo did not fetch {name} {version}")

    def run(self, *arguments, cwd):
        return subprocess.run([self.bindgen, *map(str, arguments)], cwd=cwd, capture_output=True,
                              text=True, timeout=60)

    # ------------------------------------------------------------------------ tests/codegen

    def generate(self):
        folder = self.crate("wit-bindgen-cli", "0.63.0") / "tests" / "codegen"
        cases = sorted(path.name for path in folder.iterdir())
        if len(cases) != CODEGEN_CASES:
            self.fail(f"{len(cases)} cases instead of {CODEGEN_CASES}")
        for number, case in enumerate(cases):
            name = case.removesuffix(".wit")
            path = f"{case}/wit" if (folder / case).is_dir() else case
            world = ["--world", WORLDS[name]] if name in WORLDS else []
            result = self.run("host", path, "--all-features", *world, "--namespace", f"c{number}",
                              "-o", self.work / "codegen" / name, cwd=folder)
            error = result.stderr.strip()
            if name in UNSUPPORTED:
                wanted = f"capstan-bindgen: {UNSUPPORTED[name]}{UNSUPPORTED_END}"
                if result.returncode != 1 or error != wanted:
                    self.fail(f"{name}: exit code {result.returncode}, said\n  {error}\nnot\n  {wanted}")
            elif result.returncode != 0 or error:
                self.fail(f"{name}: exit code {result.returncode}: {error}")

    def compile(self, compiler):
        self.generate()
        sources = sorted((self.work / "codegen").glob("*/*.cc"))
        if len(sources) != CODEGEN_CASES - len(UNSUPPORTED):
            self.fail(f"{len(sources)} files to compile")
        units = []
        for first in range(0, len(sources), FILES_PER_UNIT):
            unit = self.work / f"unit_{first // FILES_PER_UNIT}.cc"
            unit.write_text("".join(f'#include "{path}"\n'
                                    for path in sources[first:first + FILES_PER_UNIT]))
            units.append(unit)
        includes = [f"-I{self.source}/src", f"-I{self.source}/engine/runtime/include"]

        def check(unit):
            return subprocess.run([compiler, "-std=c++23", "-fsyntax-only", *WARNINGS, *includes, unit],
                                  capture_output=True, text=True)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for result in pool.map(check, units):
                if result.returncode != 0:
                    self.fail(result.stderr[:4000])

    # ----------------------------------------------------------------------------- tests/ui

    def parser(self):
        folder = self.crate("wit-parser", "0.263.0") / "tests" / "ui"
        for path in sorted((folder / "parse-fail").iterdir()):
            if path.name.endswith(".result") or path.name in ACCEPTED:
                continue
            result = self.run("host", path.name, "--features", "active", "-o", self.work / "none",
                              cwd=path.parent)
            if result.returncode != 1 or not PLACE.match(result.stderr):
                self.fail(f"{path.name}: exit code {result.returncode}: {result.stderr[:300]}")
        for path in sorted(folder.iterdir()):
            if path.name != "parse-fail" and not path.name.endswith(".json"):
                self.valid(path)

    def valid(self, path):
        """Every world of a case that parses gives bindings, or the one error."""
        printed = self.run("wit", "--json", "--features", "active", path.name, cwd=path.parent)
        if printed.returncode != 0:
            self.fail(f"{path.name}: {printed.stderr[:300]}")
            return
        wit = json.loads(printed.stdout)
        for index in wit["main_packages"]:
            package = wit["packages"][index]
            name, at, version = package["name"].partition("@")
            for world in package["worlds"]:
                if f"{name}/{world}" in UNNAMED:
                    continue
                result = self.run("host", path.name, "--features", "active", "--world",
                                  f"{name}/{world}{at}{version}", "-o", self.work / "ui" / path.name,
                                  cwd=path.parent)
                unsupported = result.returncode == 1 and result.stderr.strip().endswith(UNSUPPORTED_END)
                if result.returncode != 0 and not unsupported:
                    self.fail(f"{path.name} {world}: {result.stderr[:300]}")

    # ------------------------------------------------------------------------ tests/components

    def components(self):
        folder = self.crate("wit-component", "0.263.0") / "tests" / "components"
        good = sorted(path.parent.name for path in folder.glob("*/component.wat"))
        bad = sorted(path.parent.name for path in folder.glob("*/error.txt"))
        if (len(good), len(bad)) != COMPONENT_CASES:
            self.fail(f"{len(good)} good and {len(bad)} bad components instead of {COMPONENT_CASES}")
        output = subprocess.run([self.loader, *(f"{name}/component.wat" for name in good)], cwd=folder,
                                capture_output=True, text=True, timeout=600)
        said = dict(line.split("/component.wat: ", 1) for line in output.stdout.splitlines())
        for name in good:
            wanted = UNLOADABLE.get(name, "loaded")
            if wanted not in said.get(name, ""):
                self.fail(f"{name}: {said.get(name, 'the loader ended with ' + str(output.returncode))}, "
                          f"not {wanted}")
        for name in bad:
            self.bad_component(folder / name)

    def bad_component(self, path):
        """A module that cannot become a component is refused in words. Cases that need a linker or an adapter of their
        own have no module of that name; they are about a tool that Capstan does not have."""
        module = path / "module.wat"
        if not module.exists():
            return
        result = self.run("component", "module.wat", "--wit", "module.wit", "--adapter", "none",
                          "-o", self.work / "bad.wasm", cwd=path)
        if result.returncode != 1 or not result.stderr.startswith("capstan-bindgen: "):
            self.fail(f"{path.name}: exit code {result.returncode}: {result.stderr[:300]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what")
    for name in ("bindgen", "loader", "source", "cargo", "work"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    corpus = Corpus(arguments)
    if arguments.what.startswith("compile-"):
        corpus.compile(arguments.what.removeprefix("compile-"))
    else:
        {"generate": corpus.generate, "parser": corpus.parser,
         "components": corpus.components}[arguments.what]()
    print("\n".join(corpus.failures) or "as expected")
    return 1 if corpus.failures else 0


if __name__ == "__main__":
    sys.exit(main())
