"""Two processes write to one SQLite store and are killed at random moments, 200 times: nothing that
was acknowledged is lost, and nothing is torn."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest

WRITER = os.environ["CAPSTAN_CRASH_WRITER"]
ROUNDS = int(os.environ.get("CAPSTAN_CRASH_ROUNDS", "200"))
NAMES = ("one", "two")
KEYS = 5
SEED = 20261125


class Crash(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "store.db"
        self.acknowledged = {name: [] for name in NAMES}

    def kill_while_writing(self, moment):
        writers = {}
        for name in NAMES:
            writers[name] = subprocess.Popen([WRITER, "write", self.file, name],
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(moment)
        for name, writer in writers.items():
            writer.send_signal(signal.SIGKILL)
            said, complaint = writer.communicate()
            self.assertEqual(writer.returncode, -signal.SIGKILL, complaint.decode())
            # A line that was being written when the process died says nothing.
            whole = said[:said.rfind(b"\n") + 1].split()
            self.acknowledged[name] += [int(number) for number in whole]

    def check(self, name, round_number):
        found = subprocess.run([WRITER, "check", self.file, name], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(found.returncode, 0, found.stderr.decode())
        values = dict(line.split() for line in found.stdout.decode().splitlines())
        values = {key: int(number) for key, number in values.items()}
        acknowledged = self.acknowledged[name]
        last = max(acknowledged, default=0)
        count = values["count"]
        where = f"round {round_number}, {name}: {values}, acknowledged {last}"

        self.assertEqual(len(set(acknowledged)), len(acknowledged), where)
        self.assertGreaterEqual(count, last, where)
        # Each kill can leave one number counted and not acknowledged.
        self.assertLessEqual(count, len(acknowledged) + round_number, where)
        self.assertEqual(values["a"], values["b"], where)
        self.assertTrue(last <= values["a"] <= count, where)
        for key in range(KEYS):
            stored = values[f"k{key}"]
            mine = max((number for number in acknowledged[-3 * KEYS:] if number % KEYS == key),
                       default=0)
            self.assertTrue(mine <= stored <= count, f"k{key}, {where}")
            self.assertTrue(stored == 0 or stored % KEYS == key, f"k{key}, {where}")

    def test_loses_nothing_that_was_acknowledged(self):
        moments = random.Random(SEED)
        for round_number in range(1, ROUNDS + 1):
            self.kill_while_writing(moments.uniform(0.005, 0.3))
            for name in NAMES:
                self.check(name, round_number)
        total = sum(map(len, self.acknowledged.values()))
        print(f"{ROUNDS} rounds, {total} acknowledged", file=sys.stderr)
        self.assertGreater(total, ROUNDS)  # otherwise nothing was tried


if __name__ == "__main__":
    unittest.main()
