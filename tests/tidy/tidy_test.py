"""The checkout obeys the rules of tidy.py, and each rule catches what it is for."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy  # noqa: E402  (the path above comes first)


class Checkout(unittest.TestCase):
    def test_has_no_violations(self):
        found = tidy.violations(tidy.checkout())

        if found:
            self.fail("\n\n" + "\n".join(found) + "\n")


class Rules(unittest.TestCase):
    """Writes one file into an empty tree and looks at what tidy says about it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, content, mode=0o644):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content if isinstance(content, bytes) else content.encode())
        full.chmod(mode)

    def expect(self, *messages):
        found = tidy.violations(self.root)
        self.assertEqual(len(found), len(messages), found)
        for line, message in zip(found, messages):
            self.assertIn(message, line)

    def test_good_tree_passes(self):
        self.write("src/capstan/abi/lift.h", "#include <capstan/base/result.h>\n\n// TODO(perf): less.\n")
        self.write("src/capstan/host/store.cc", "#include <capstan/engine.h>\n#include <fmt/core.h>\n")
        self.write("docs/a.md", "# A b\n\n[here](a.md#a-b), [web](https://example.org), `[no](no.md)`\n")
        self.write("dev", "#!/usr/bin/env bash\n", 0o755)
        self.write("tests/golden/long.h", "//" + "x" * 200 + "\n")
        self.write("README.md", "Use $HOME/.cache, src/roots and ./workers.\n")

        self.expect()

    def test_snippets_equal_their_source(self):
        self.write("main.cc", "// snippet: a\nint a;\n// end snippet\nint b;\n")
        self.write("docs/a.md", "<!-- snippet: main.cc#a -->\n```cpp\nint a;\n```\n")
        self.expect()

        self.write("docs/a.md", "<!-- snippet: main.cc#a -->\n```cpp\nint c;\n```\n")
        self.expect("docs/a.md:1: snippet differs from \"main.cc\"")

        self.write("docs/a.md", "<!-- snippet: main.cc#z -->\n```cpp\nint a;\n```\n")
        self.expect("docs/a.md:1: snippet \"main.cc\": no such file, or no such marker")

    def test_path_of_one_machine(self):
        for path in ("/" + "work/main", "/" + "root/.cargo", "/" + "home/ann/x"):
            self.write("docs/a.md", f"see {path}\n")
            self.expect("docs/a.md:1: path of one machine")

    def test_host_of_a_registry(self):
        self.write("engine/a.rs", "// from https://" + "crates" + ".io/crates/wat\n")
        self.write("engine/Cargo.lock", "source = \"index." + "crates" + ".io\"\n")

        self.expect("engine/a.rs:1: name of a registry's host")

    def test_unfinished_work(self):
        self.write("codegen/a.cc", "// " + "FIX" + "ME later\n// " + "TO" + "DO: later\n")

        self.expect("a.cc:1: reminder of unfinished work", "a.cc:2: reminder without a kind")

    def test_tab_and_trailing_space(self):
        self.write("codegen/a.cc", "int a;\n\tint b; \n")

        self.expect("a.cc:2: tab", "a.cc:2: space at the end")

    def test_long_line(self):
        for name in ("codegen/a.cc", "codegen/a.h", "engine/a.rs"):
            self.write(name, "//" + "x" * 98 + "\n" + "//" + "x" * 99 + "\n")

        self.expect("a.cc:2: line of 101", "a.h:2: line of 101", "a.rs:2: line of 101")

    def test_long_file(self):
        self.write("codegen/a.cc", "//\n" * 801)
        self.write("codegen/b.cc", "//\n" * 800)

        self.expect("a.cc:801: more than 800 lines")

    def test_unexpected_kind_of_file(self):
        self.write("docs/a.exe", "x")
        self.write("docs/notes", "x")

        self.expect("docs/a.exe:0: unexpected extension", "docs/notes:0: file without extension")

    def test_stray_executable(self):
        self.write("codegen/a.cc", "#!x\n", 0o755)
        self.write("tools/a.sh", "echo\n", 0o755)

        self.expect("a.cc:0: executable that is no script", "a.sh:0: executable without #!")

    def test_large_file(self):
        self.write("tests/seam/a.wasm", b"\0" * (512 * 1024 + 1))

        self.expect("a.wasm:0: 524289 bytes")

    def test_arrows_between_rooms(self):
        self.write("codegen/a.cc", "#include <capstan/host/store.h>\n")
        self.write("src/capstan/abi/a.cc", "#include <capstan/host/store.h>\n")
        self.write("src/capstan/base/a.cc", "#include <capstan/abi/lift.h>\n")
        self.write("src/capstan/host/a.cc", "#include \"capstan/toolchain.h\"\n")

        self.expect("codegen/ may not", "src/capstan/abi/ may not", "src/capstan/base/ may not",
                    "src/capstan/host/ may not")

    def test_third_party_in_a_public_header(self):
        self.write("src/capstan/base/a.h", "#include <fmt/core.h>\n")
        self.write("src/capstan/base/b_testing.h", "#include <gtest/gtest.h>\n")

        self.expect("a.h:1: public header includes <fmt/core.h>")

    def test_printing_in_the_library(self):
        self.write("src/capstan/abi/a.cc", "std::cout << 1;\nprintf(\"x\");\nsnprintf(b, 1, \"x\");\n")

        self.expect("a.cc:1: printing in the library", "a.cc:2: printing in the library")

    def test_broken_links(self):
        self.write("docs/a.md", "# Top\n\n[a](b.md)\n[b](#nowhere)\n[c](a.md#top)\n")

        self.expect("a.md:3: link to \"b.md\"", "a.md:4: link to \"#nowhere\"")

    def test_versions_that_differ(self):
        self.write("src/capstan/base/version.h", "".join(
            f"#define CAPSTAN_VERSION_{part} {number}\n"
            for part, number in (("MAJOR", 0), ("MINOR", 2), ("PATCH", 0))))
        self.write("engine/Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n")

        self.expect("version 0.1.0, but version.h says 0.2.0")


if __name__ == "__main__":
    unittest.main()
