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
        first, counted, acknowledged = 1, 0, {}  # acknowledged: what each key may have
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
                    first = int(number) + 1
                    acknowledged[int(number) % 10] = {int(number)}
            # This one was perhaps written, but nobody heard of it.
            acknowledged.setdefault(first % 10, {None}).add(first)
            counted = self.check(acknowledged, counted)
            first += 1
        self.assertGreater(first, ROUNDS)
        print(f"{ROUNDS} times killed, {first} values written")

    def found(self, path):
        """The number that a file holds; none without a file."""
        if not path.exists():
            return None
        value = path.read_text()
        number = int(value[:12])
        self.assertEqual(value, f"{number:012d};" * (number % 400 + 1), "a torn value")
        return number

    def check(self, acknowledged, counted):
        for key, numbers in acknowledged.items():
            self.assertIn(self.found(self.bucket / f"key-{key}"), numbers, "an acknowledged value was lost")
        # The last one may have been counted without anybody hearing of it.
        counter = self.counter()
        self.assertIn(counter, (counted, counted + 1))
        return counter


if __name__ == "__main__":
    unittest.main()
