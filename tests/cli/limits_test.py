"""capstan run: limits, traps and signals, and how they end the program."""

import os
import pty
import signal
import subprocess
import time
import unittest

import harness
from harness import LIMIT, PROBE, TRAP, USAGE

WAT = harness.SOURCE / "tests" / "cli" / "wat"
STOPPED = "'cli-probe.component.wasm' was stopped: "


class Limits(harness.CommandTest):
    def test_time_ends_a_loop_and_a_wait(self):
        for what in (["spin"], ["sleep", "60000"]):
            begin = time.monotonic()
            self.check_error(["run", "--timeout", "200ms", PROBE, "--", *what],
                             STOPPED + "the time limit ran out; give it more with --timeout", LIMIT)
            self.assertLess(time.monotonic() - begin, 20)

    def test_enough_time_changes_nothing(self):
        self.check(["run", "--timeout", "1m", PROBE, "--", "sleep", "1"])

    def test_fuel_ends_a_loop(self):
        self.check_error(["run", "--fuel", "1000000", PROBE, "--", "spin"],
                         STOPPED + "the fuel ran out; give it more with --fuel", LIMIT)

    def test_memory_cannot_grow_beyond_its_limit(self):
        finished = self.capstan(["run", "--max-memory", "8MiB", PROBE, "--", "allocate", "100"])
        self.assertRegex(finished.out, r"^no memory after \d MiB\n$")
        self.assertEqual((finished.err, finished.status), ("", 1))
        self.check(["run", "--max-memory", "200MiB", PROBE, "--", "allocate", "100"], out="allocated\n")

    def test_a_component_that_needs_more_memory_to_begin_with_does_not_start(self):
        finished = self.capstan(["run", "--max-memory", "64KiB", PROBE])
        self.assertEqual((finished.out, finished.status), ("", LIMIT))
        self.assertRegex(finished.err,
                         r"^capstan: cannot instantiate 'cli-probe\.component\.wasm': \d+ bytes of memory "
                         r"needed, the limit is 65536; allow more with --max-memory\n$")

    def test_handles_cannot_be_hoarded(self):
        self.check(["run", "--max-handles", "100", WAT / "greedy.wat"])
        finished = self.capstan(["run", "--max-handles", "10", WAT / "greedy.wat"])
        self.assertEqual((finished.out, finished.status), ("", LIMIT))
        self.assertIn("allow more with --max-handles", finished.err)

    def test_values_that_make_no_sense_are_refused(self):
        for option, text, message in (
                ("--timeout", "2", "'2' is not understood: write a time with its unit, such as 500ms, 2s "
                                   "or 1m"),
                ("--timeout", "0s", "'0s' is nothing: leave the option out instead"),
                ("--fuel", "lots", "'lots' is not understood: write a whole number from 1 to "
                                   "9223372036854775807"),
                ("--max-memory", "64mb", "'64mb' is not understood: write a size such as 64MiB, 1GB or "
                                         "65536"),
                ("--max-handles", "0", "'0' is not understood: write a whole number from 1 to 16777216")):
            self.check_error(["run", option, text, PROBE], f"{option}: {message}", USAGE)


class Network(harness.CommandTest):
    def resolve(self, *options):
        finished = self.capstan(["run", *options, WAT / "resolve.wat"])
        self.assertEqual((finished.err, finished.status), ("", 0))
        return finished.out

    def test_is_off_unless_granted(self):
        self.assertNotEqual(self.resolve(), "99\n")
        self.assertNotEqual(self.resolve("--allow-net", "example.org:443"), "99\n")

    def test_a_name_that_is_granted_can_be_looked_up(self):
        self.assertEqual(self.resolve("--allow-net", "localhost:80"), "99\n")

    def test_all_of_it_can_be_granted(self):
        self.assertEqual(self.resolve("--inherit-network"), "99\n")

    def test_addresses_are_checked(self):
        self.check_error(["run", "--allow-net", "example.org", PROBE],
                         "--allow-net: 'example.org' has no port: write HOST:PORT, or HOST:* for every "
                         "port", USAGE)


class Endings(harness.CommandTest):
    def test_run_that_returns_an_error_is_status_1(self):
        self.check(["run", PROBE, "--", "fail"], status=1)

    def test_a_trap_is_status_134_and_says_where_on_request(self):
        self.check_error(["run", PROBE, "--", "abort"],
                         STOPPED + "wasm trap: wasm `unreachable` instruction executed; --log-level debug "
                         "shows where", TRAP)
        finished = self.capstan(["run", "--log-level", "debug", PROBE, "--", "abort"])
        self.assertEqual(finished.status, TRAP)
        self.assertIn("module.wasm!abort", finished.err)

    def test_an_exhausted_stack_is_a_limit(self):
        self.write("deep.wat", '(module (memory (export "memory") 1) (func $f (call $f)) '
                               '(func (export "_start") (call $f)))')
        finished = self.capstan(["run", "deep.wat"])
        self.assertEqual((finished.out, finished.status), ("", LIMIT))
        self.assertIn("'deep.wat' was stopped: ", finished.err)

    def test_ctrl_c_ends_it_as_usual(self):
        process = subprocess.Popen([harness.COMMAND, "run", PROBE, "--", "spin"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={"XDG_CACHE_HOME": str(harness.CACHE)})
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGINT)


class Progress(harness.CommandTest):
    def test_is_shown_on_a_terminal_and_erased(self):
        # Large enough that compiling takes longer than the moment before the line appears.
        body = "(local.set 0 (i32.mul (local.get 0) (i32.add (local.get 0) (i32.const 3))))" * 40
        functions = f"(func (param i32) (result i32) {body} (local.get 0))" * 4000
        self.write("large.wat", f'(module (memory (export "memory") 1) {functions} (func (export "_start")))')

        ours, theirs = pty.openpty()
        process = subprocess.Popen([harness.COMMAND, "run", "--no-cache", "large.wat"], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        shown = b""
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # what Linux says when the other side is closed
                break
            if not read:
                break
            shown += read
        out, _ = process.communicate(timeout=100)

        self.assertEqual((out, process.returncode), (b"", 0))
        self.assertIn(b"capstan: compiling large.wat ... 0 s", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown)


if __name__ == "__main__":
    unittest.main()
