"""`capstan bundle`: output, errors and exit status.

    command_test.py CAPSTAN FOLDER-OF-BUNDLES
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND, BUNDLES = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def capstan(*arguments):
    done = subprocess.run([COMMAND, "bundle", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Check(unittest.TestCase):
    def test_shows_what_a_bundle_provides(self):
        status, output, errors = capstan("check", BUNDLES / "broken_nothing")

        self.assertEqual(output, "bundle 'broken_nothing' is in order\n"
                                 "test:broken/calls\n"
                                 "  one: func(n: u32)\n"
                                 "  two: func()\n")
        self.assertEqual((status, errors), (0, ""))

    def test_of_no_folder_is_wrong_usage(self):
        self.assertEqual(capstan("check", "gone"), (
            2, "", "capstan: there is no folder 'gone': give the folder of the bundle, which has host.toml\n"))

    def test_of_a_bundle_that_does_not_agree_with_its_wit_is_not_loadable(self):
        self.assertEqual(capstan("check", BUNDLES / "broken_missing_function"), (
            3, "", "capstan: bundle 'broken_missing_function': test:broken/calls: the library has no function 'two'\n"))

    def test_respects_json_errors(self):
        status, _, errors = capstan("check", "--json-errors", BUNDLES / "broken_wrong_version")

        self.assertEqual(status, 3)
        self.assertIn('"error":"not_loadable"', errors)


class List(unittest.TestCase):
    def test_shows_every_bundle_in_a_folder(self):
        status, output, errors = capstan("list", BUNDLES)

        self.assertEqual((status, errors), (0, ""))
        self.assertIn(f"broken_nothing  {BUNDLES}/broken_nothing  test:broken/calls\n", output)
        self.assertIn(f"-  {BUNDLES}/broken_fails_to_start  not usable: bundle 'broken_fails_to_start': "
                      "it did not start: the database is locked\n", output)

    def test_of_a_hosts_file_warns_of_conflicts(self):
        with tempfile.TemporaryDirectory() as folder:
            hosts = pathlib.Path(folder) / "hosts.toml"
            hosts.write_text("".join(f'[[host]]\nname = "{name}"\nbundle = "{BUNDLES}/broken_nothing"\n'
                                     for name in ("one", "two")))

            status, output, errors = capstan("list", "--host-config", hosts)

        self.assertEqual(status, 0)
        self.assertEqual([line.split()[0] for line in output.splitlines()], ["one", "two"])
        self.assertEqual(errors, "capstan: warning: the bundles 'one' and 'two' both provide test:broken/calls: "
                                 "give only one of them\n")

    def test_of_an_empty_folder_says_what_a_bundle_is(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(capstan("list", folder), (
                0, "", "capstan: no bundle found; a bundle is a folder with a host.toml\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
