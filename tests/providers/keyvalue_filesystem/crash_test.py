"""The provider keyvalue-filesystem when it is killed, and when several processes share a folder.

A guest that changes a bucket as fast as it can is composed with the provider and run by `capstan run`.
It says after each change that it was acknowledged; what was said is compared with the files.
"""

import os
import pathlib
import random
import subprocess
import tempfile
import time
import unittest

COMMAND = os.environ["CAPSTAN_COMMAND"]
GUESTS = pathlib.Path(os.environ["CAPSTAN_GUESTS"])
CACHE = os.environ["CAPSTAN_TEST_CACHE"]
ROUNDS = int(os.environ.get("CAPSTAN_CRASH_ROUNDS", "300"))
ENVIRONMENT = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": CACHE}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.bucket = self.root / "data" / "bucket"
        self.bucket.mkdir(parents=True)
        self.component = self.root / "hammer.wasm"
        subprocess.run([COMMAND, "compose", "--quiet", GUESTS / "keyvalue-hammer.component.wasm",
                        GUESTS / "keyvalue-filesystem.component.wasm", "-o", self.component],
                       env=ENVIRONMENT, check=True)

    def start(self, *arguments, sync="on"):
        """Runs the guest; a lock that somebody left behind keeps others waiting for 200 ms."""
        return subprocess.Popen(
            [COMMAND, "run", "--dir", f"{self.root}/data::keyvalue-data,rw", "--env", f"KEYVALUE_SYNC={sync}",
             "--env", "KEYVALUE_LOCK_LEASE_MS=200", self.component, "--", *map(str, arguments)],
            env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def counter(self):
        path = self.bucket / "n"
        return int.from_bytes(path.read_bytes(), "little") if path.exists() else 0


class SeveralProcesses(Folder):
    def test_four_that_count_ten_thousand_times_count_forty_thousand(self):
        running = [self.start("count", "bucket", 10_000, sync="off") for _ in range(4)]
        for process in running:
            out, err = process.communicate(timeout=280)
            self.assertEqual((process.returncode, err), (0, ""), out)

        self.assertEqual(self.counter(), 40_000)
        self.assertEqual(sorted(path.name for path in self.bucket.iterdir()), ["n"])


class Killed(Folder):
    def test_nothing_acknowledged_is_lost_and_nothing_is_torn(self):
        moments = random.Random(7)
        first, counted, acknowledged = 1, 0, {}
        for _ in range(ROUNDS):
            process = self.start("write", "bucket", first)
            line = process.stdout.readline()  # it is at work
            time.sleep(moments.uniform(0.002, 0.06))
            process.kill()
            rest, err = process.communicate(timeout=60)
            for said in (line + rest).split("\n")[:-1]:
                what, number = said.split(" ", 1)
                if what == "count":
                    counted = int(number)
                else:
                    self.assertEqual(what, "set", said + err)
                    acknowledged[int(number) % 10] = int(number)
            first, counted = self.check(acknowledged, counted)
        self.assertGreater(first, ROUNDS)
        print(f"{ROUNDS} times killed, {first} values written")

    def check(self, acknowledged, counted):
        """Where to go on. What the guest did last it may not have got to say."""
        found = [self.found(key) for key in range(10)]
        for key, number in acknowledged.items():
            self.assertGreaterEqual(found[key], number, "an acknowledged value was lost")
        counter = self.counter()
        self.assertGreaterEqual(counter, counted, "an acknowledged count was lost")
        # It counts after each value that it set, so this is how often it can have counted.
        self.assertLessEqual(counter, max(found), "something was counted twice")
        return max(found) + 1, counter

    def found(self, key):
        """The number that a key's file holds; 0 without a file."""
        path = self.bucket / f"key-{key}"
        if not path.exists():
            return 0
        value = path.read_text()
        number = int(value[:12])
        self.assertEqual((number % 10, value), (key, f"{number:012d};" * (number % 400 + 1)), "a torn value")
        return number


if __name__ == "__main__":
    unittest.main()
