"""`capstan doctor`: what works on this machine, and how to mend what does not."""

import json
import os
import subprocess

import harness


class Doctor(harness.CommandTest):
    def checks(self, **options):
        finished = self.capstan(["doctor", "--json"], **options)
        report = json.loads(finished.out)
        return report["works"], {check["name"]: check for check in report["checks"]}, finished.status

    def test_everything_for_guests_works_here(self):
        works, checks, status = self.checks()

        self.assertEqual((works, status), (True, 0))
        for name in ("engine", "toolchain", "guest compiler for C", "guest compiler for C++",
                     "cache of compiled components"):
            self.assertEqual((checks[name]["state"], checks[name]["remedy"]), ("good", ""), checks[name])

    def test_the_text_says_the_same(self):
        finished = self.capstan(["doctor"])

        self.assertEqual((finished.err, finished.status), ("", 0))
        self.assertIn("ok  engine: compiles components\n", finished.out)

    def test_a_missing_compiler_is_named_with_its_packages(self):
        works, checks, status = self.checks(environment={"PATH": str(self.folder)})

        self.assertEqual((works, status), (True, 0))
        self.assertEqual(checks["guest compiler for C++"]["state"], "missing")
        self.assertTrue(checks["guest compiler for C++"]["remedy"].startswith("apt-get install clang-19"))

    def test_a_compiler_that_does_not_work_shows_why(self):
        for name in ("clang-19", "clang++-19"):
            path = self.folder / name
            path.write_text("#!/bin/sh\necho \"fatal error: 'string' file not found\" >&2\nexit 1\n")
            path.chmod(0o755)
        _, checks, _ = self.checks(environment={"PATH": f"{self.folder}:/bin"})

        self.assertEqual(checks["guest compiler for C"]["state"], "missing")
        self.assertIn("does not work: fatal error: 'string' file not found", checks["guest compiler for C"]["found"])

    def test_a_cache_that_others_may_write_is_not_used(self):
        cache = self.folder / "cache/capstan/components"
        cache.mkdir(parents=True)
        cache.chmod(0o777)
        _, checks, _ = self.checks(environment={"XDG_CACHE_HOME": str(self.folder / "cache")})

        check = checks["cache of compiled components"]
        self.assertEqual(check["state"], "missing")
        self.assertEqual(check["found"], f"'{cache}' is not this user's alone, and is not used")
        subprocess.run(["bash", "-c", check["remedy"].replace("sudo ", "")], check=True)
        self.assertEqual(os.stat(cache).st_mode & 0o777, 0o700)

    def test_little_address_space_is_a_reason_to_stop(self):
        finished = subprocess.run(["bash", "-c", f"ulimit -v 4000000; '{harness.COMMAND}' doctor --json"],
                                  capture_output=True, text=True, check=False, cwd=self.folder,
                                  env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(harness.CACHE)})
        checks = {check["name"]: check for check in json.loads(finished.stdout)["checks"]}

        self.assertEqual(finished.returncode, 1)
        self.assertEqual(checks["address space"]["state"], "broken")
        self.assertEqual(checks["address space"]["remedy"], "ulimit -v unlimited")
        self.assertTrue(finished.stderr.startswith("capstan: Capstan cannot work on this machine"))


if __name__ == "__main__":
    harness.main()
