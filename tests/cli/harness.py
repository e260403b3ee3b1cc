"""What the tests of the command share: running it, and files to run it with.

    class Env(harness.CommandTest):
        def test_passes_on_what_is_named(self):
            self.check(["run", "--env", "A=1", PROBE, "--", "environment"], out="A=1\\n")

Every test has an empty folder of its own as working directory, and an environment without anything
of the person who runs it. Compiled components are cached for all tests together.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

COMMAND = os.environ["CAPSTAN_COMMAND"]
GUESTS = pathlib.Path(os.environ["CAPSTAN_GUESTS"])
SOURCE = pathlib.Path(os.environ["CAPSTAN_SOURCE"])
CACHE = pathlib.Path(os.environ["CAPSTAN_TEST_CACHE"])

PROBE = str(GUESTS / "cli-probe.component.wasm")  # shows what it is granted
HELLO_MODULE = str(GUESTS / "cli-hello.wasm")  # a core module
DEMO = str(GUESTS / "keyvalue-demo-guest.component.wasm")
ADAPTER_TEST = str(GUESTS / "host-adapter-guest.component.wasm")

USAGE, NOT_RUNNABLE, LIMIT, TRAP = 2, 3, 124, 134


class Finished:
    """One run of the program that ended."""

    def __init__(self, process):
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()
        self.status = process.returncode


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, contents):
        """A file in the test's folder; gives its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        return name

    def capstan(self, arguments, stdin=b"", environment=None):
        variables = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(CACHE)}
        variables.update(environment or {})
        for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if variable in os.environ:
                variables[variable] = os.environ[variable]
        return Finished(subprocess.run(
            [COMMAND, *map(str, arguments)], cwd=self.folder, env=variables, input=stdin, timeout=100,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False))

    def check(self, arguments, out="", err="", status=0, **options):
        """Runs it and compares everything it left behind."""
        finished = self.capstan(arguments, **options)
        self.assertEqual((finished.out, finished.err, finished.status), (out, err, status))

    def check_error(self, arguments, message, status, **options):
        """The usual failure: nothing on stdout, one message on stderr."""
        self.check(arguments, err=f"capstan: {message}\n", status=status, **options)

    def json_error(self, arguments):
        finished = self.capstan(["--json-errors" if arguments[0].startswith("-") else arguments[0],
                                 "--json-errors", *arguments[1:]])
        self.assertEqual(finished.out, "")
        self.assertEqual(finished.err.count("\n"), 1)
        return json.loads(finished.err), finished.status


main = unittest.main
