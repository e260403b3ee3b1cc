"""capstan inspect: what a component needs and offers, for people and for programs."""

import json
import unittest

import harness
from harness import DEMO, HELLO_MODULE, NOT_RUNNABLE, PROBE, USAGE

SHOP = harness.SOURCE / "tests" / "cli" / "wat" / "shop.wat"
MISSING = '(component (import "acme:db/store@1.0.0" (instance (export "get" (func (result u32))))))'
MISSING_SENTENCE = (
    "'app.wat' cannot run: nothing serves acme:db/store@1.0.0: give a host bundle that serves it "
    "(--host-bundle DIR), or plug in a component that exports it (capstan compose)")


class Text(harness.CommandTest):
    def test_shows_exports_and_what_would_be_called(self):
        finished = self.capstan(["inspect", SHOP])
        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertIn("shop.wat: component, ", finished.out)
        self.assertIn("\nimports\n  nothing\n", finished.out)
        self.assertIn("\nexports\n  add: func(a: u32, b: u32) -> u32\n", finished.out)
        self.assertIn("  test:shop/one@0.1.0\n      answer: func() -> u32\n", finished.out)
        self.assertIn("`capstan run` needs --invoke 'name(arguments)' to know what to call\n",
                      finished.out)

    def test_shows_who_serves_each_import(self):
        finished = self.capstan(["inspect", DEMO])
        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertRegex(finished.out, r"\n  demo:keyvalue/store@0\.1\.0 +keyvalue \(memory\)\n"
                                       r"      \[method\]bucket\.get: func\(")
        self.assertRegex(finished.out, r"\n  wasi:logging/logging@0\.1\.0-draft +logging \(stderr\)\n")
        self.assertRegex(finished.out, r"\n  wasi:io/streams@0\.2\.\d+ +WASI\n")
        self.assertIn("\n`capstan run` calls run\n", finished.out)

    def test_shows_what_the_options_change(self):
        finished = self.capstan(["inspect", "--backend", "logging=none", DEMO])
        self.assertRegex(finished.out, r"logging@0\.1\.0-draft +logging \(none\)\n")

    def test_shows_what_is_missing_and_how_to_get_it(self):
        self.write("app.wat", MISSING)
        finished = self.capstan(["inspect", "app.wat"])
        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertIn("  acme:db/store@1.0.0  nobody\n      get: func() -> u32\n", finished.out)
        self.assertTrue(finished.out.endswith(MISSING_SENTENCE + "\n"), finished.out)

    def test_shows_who_made_it(self):
        finished = self.capstan(["inspect", PROBE])
        self.assertIn("\nmade with\n", finished.out)
        self.assertIn("wit-component", finished.out)

    def test_takes_modules_too(self):
        finished = self.capstan(["inspect", HELLO_MODULE])
        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertRegex(finished.out, r"`capstan run` calls wasi:cli/run@0\.2\.\d+\.run\n$")


class Wit(harness.CommandTest):
    def test_prints_the_world(self):
        finished = self.capstan(["inspect", "--wit", DEMO])
        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertIn("import demo:keyvalue/store@0.1.0;", finished.out)
        self.assertIn("export run: func() -> result<string, string>;", finished.out)

    def test_is_not_json_at_the_same_time(self):
        finished = self.capstan(["inspect", "--wit", "--json", DEMO])
        self.assertEqual((finished.out, finished.status), ("", USAGE))


class Json(harness.CommandTest):
    def inspect(self, *arguments):
        finished = self.capstan(["inspect", "--json", *arguments])
        self.assertEqual((finished.err, finished.status), ("", 0))
        return json.loads(finished.out)

    def test_says_everything(self):
        found = self.inspect(DEMO)
        self.assertEqual(list(found), ["name", "bytes", "concurrent", "linkable", "problem", "entry",
                                       "imports", "exports", "producers"])
        self.assertEqual(found["name"], "keyvalue-demo-guest.component.wasm")
        self.assertGreater(found["bytes"], 1000)
        self.assertIs(found["concurrent"], False)
        self.assertIs(found["linkable"], True)
        self.assertIsNone(found["problem"])
        self.assertEqual(found["entry"], "run")
        self.assertEqual(found["exports"], [{
            "interface": "", "resources": [],
            "functions": [{"name": "run", "signature": "func() -> result<string, string>",
                           "async": False}]}])
        served = {one["interface"]: one["served_by"] for one in found["imports"]}
        self.assertEqual(served["demo:keyvalue/store@0.1.0"],
                         {"kind": "capability", "name": "keyvalue", "backend": "memory"})
        [store] = [one for one in found["imports"] if one["interface"] == "demo:keyvalue/store@0.1.0"]
        self.assertEqual(store["resources"], ["bucket"])
        self.assertIn({"kind": "wasi"}, served.values())
        self.assertIsNotNone(found["producers"])

    def test_says_what_is_missing(self):
        self.write("app.wat", MISSING)
        found = self.inspect("app.wat")
        self.assertIs(found["linkable"], False)
        self.assertEqual(found["problem"], MISSING_SENTENCE)
        [missing] = found["imports"]
        self.assertIsNone(missing["served_by"])
        self.assertIn("--host-bundle", missing["advice"])
        self.assertIsNone(found["entry"])


class Errors(harness.CommandTest):
    def test_are_those_of_run(self):
        self.check_error(["inspect", "nope.wasm"], "there is no file 'nope.wasm'", USAGE)
        self.write("app.wasm", "")
        self.check_error(["inspect", "app.wasm"], "'app.wasm' is empty: build the component again",
                         NOT_RUNNABLE)


if __name__ == "__main__":
    unittest.main()
