"""capstan run --invoke: calls of exports by name, with values as text."""

import unittest

import harness
from harness import ADAPTER_TEST, DEMO, TRAP, USAGE

SHOP = harness.SOURCE / "tests" / "cli" / "wat" / "shop.wat"
ALL = "add, fail, nothing, test:shop/one@0.1.0.answer, test:shop/two@0.1.0.answer, test:shop/two@0.1.0.add"


class Invoke(harness.CommandTest):
    def invoke(self, text, out="", status=0):
        self.check(["run", "--invoke", text, SHOP], out=out, status=status)

    def refused(self, text, message):
        self.check_error(["run", "--invoke", text, SHOP], message, USAGE)

    def test_prints_the_result(self):
        self.invoke("add(1, 2)", out="3\n")
        self.invoke("nothing()")
        self.invoke("nothing")

    def test_finds_interfaces_by_as_much_of_their_name_as_is_needed(self):
        for name in ("test:shop/one@0.1.0.answer()", "test:shop/one.answer()", "one.answer()",
                     "test:shop/one@0.1.0#answer()", "one#answer"):
            self.invoke(name, out="42\n")

    def test_an_error_that_the_function_returns_is_printed_and_counts_as_failure(self):
        self.invoke("fail()", out='err("no such thing")\n', status=1)

    def test_seed_guests_can_be_called_by_name(self):
        self.check(["run", "--invoke", "run()", DEMO], out='ok("world")\n',
                   err="Level::Info I/O: res from guest: world\n")
        finished = self.capstan(["run", "--invoke", "test:component/test.run-tests()", ADAPTER_TEST])
        self.assertIn("duplicate set: passed", finished.out)

    def test_an_unknown_name_lists_what_there_is_nearest_first(self):
        self.refused("ad(1)", f"'shop.wat' exports no function 'ad': it has {ALL}")
        self.refused("nothin()", "'shop.wat' exports no function 'nothin': it has nothing, add, fail, "
                     "test:shop/one@0.1.0.answer, test:shop/two@0.1.0.answer, test:shop/two@0.1.0.add")

    def test_an_ambiguous_name_needs_its_interface(self):
        self.refused("answer()", "'answer' could be test:shop/one@0.1.0.answer, "
                     "test:shop/two@0.1.0.answer: name the interface too")

    def test_what_is_no_call_is_refused(self):
        self.refused("add(1, 2", "'add(1, 2' has no ')' at its end: write name(arguments)")
        self.refused("", "'' names no function: write name(arguments)")

    def test_wrong_arguments_show_the_signature(self):
        for text in ("add(1)", "add(1, 2, 3)", 'add(1, "two")', "add(1, -2)", "add(,)"):
            finished = self.capstan(["run", "--invoke", text, SHOP])
            self.assertEqual((finished.out, finished.status), ("", USAGE), text)
            self.assertIn("func(a: u32, b: u32) -> u32", finished.err)

    def test_without_a_name_nothing_can_be_chosen_among_several(self):
        self.check_error(["run", SHOP], "'shop.wat' exports no wasi:cli/run: choose a function with "
                         f"--invoke; it has {ALL}", USAGE)

    def test_a_trap_is_a_trap(self):
        self.write("trap.wat", """(component
          (core module $m (func (export "f") (result i32) unreachable))
          (core instance $i (instantiate $m))
          (func (export "f") (result u32) (canon lift (core func $i "f"))))""")
        self.check_error(["run", "--invoke", "f()", "trap.wat"],
                         "'trap.wat' was stopped: wasm trap: wasm `unreachable` instruction executed; "
                         "--log-level debug shows where", TRAP)


if __name__ == "__main__":
    unittest.main()
