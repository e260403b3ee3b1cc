"""What makes the command start fast."""

import subprocess
import unittest

import harness


class Startup(harness.CommandTest):
    def test_the_toolchain_is_not_loaded_before_it_is_needed(self):
        dynamic = subprocess.run(["readelf", "-d", harness.COMMAND], capture_output=True, text=True,
                                 check=True).stdout
        self.assertIn("libcapstan_engine", dynamic)
        # If it is: a function of toolchain.h is missing in src/capstan/cli/toolchain_lazy.cc.
        self.assertNotIn("libcapstan_toolchain", dynamic)

    def test_the_version_is_said(self):
        finished = self.capstan(["--version"])
        self.assertRegex(finished.out, r"^capstan \d+\.\d+\.\d+\n$")
        self.assertEqual((finished.err, finished.status), ("", 0))


if __name__ == "__main__":
    unittest.main()
