"""capstan run --host-bundle and --host-config: interfaces from shared libraries."""

import os
import pathlib
import unittest

import harness
from harness import ADAPTER_TEST, DEMO, USAGE

BUNDLE = os.environ["CAPSTAN_BUNDLE"]  # keyvalue:store/store@0.1.0, as "keyvalue"
PASSED = ('"set and get: passed\\nexists: passed\\nlist keys: passed\\ndelete: passed\\n'
          'duplicate set: passed\\nclear: passed\\n"\n')


class Bundles(harness.CommandTest):
    def test_a_bundle_serves_what_the_component_imports(self):
        self.check(["run", "--host-bundle", BUNDLE, ADAPTER_TEST], out=PASSED)
        inspected = self.capstan(["inspect", "--host-bundle", BUNDLE, ADAPTER_TEST])
        self.assertIn("keyvalue:store/store@0.1.0  host bundle 'keyvalue'\n", inspected.out)

    def test_a_hosts_file_names_bundles(self):
        self.write("hosts.toml", f'[[host]]\nname = "primary"\nbundle = "{BUNDLE}"\n')
        self.check(["run", "--host-config", "hosts.toml", ADAPTER_TEST], out=PASSED)
        inspected = self.capstan(["inspect", "--host-config", "hosts.toml", ADAPTER_TEST])
        self.assertIn("host bundle 'primary'\n", inspected.out)

    def test_a_bundle_that_nobody_imports_is_a_warning_unless_quiet(self):
        finished = self.capstan(["run", "--host-bundle", BUNDLE, DEMO])
        self.assertEqual((finished.out, finished.status), ('ok("world")\n', 0))
        self.assertIn("warning: Unknown bundle 'keyvalue'", finished.err)
        self.check(["run", "--quiet", "--host-bundle", BUNDLE, DEMO], out='ok("world")\n',
                   err="Level::Info I/O: res from guest: world\n")

    def test_two_bundles_for_one_interface_are_an_error(self):
        self.write("hosts.toml", f'[[host]]\nname = "other"\nbundle = "{BUNDLE}"\n')
        finished = self.capstan(["run", "--host-bundle", BUNDLE, "--host-config", "hosts.toml", DEMO])
        self.assertEqual((finished.out, finished.status), ("", USAGE))
        self.assertIn("'keyvalue'", finished.err)
        self.assertIn("'other'", finished.err)

    def test_what_is_no_bundle_is_said(self):
        self.check_error(["run", "--host-bundle", "nope", DEMO],
                         "there is no folder 'nope': give the folder of the bundle, which has host.toml",
                         USAGE)
        finished = self.capstan(["run", "--host-config", "nope.toml", DEMO])
        self.assertEqual((finished.out, finished.status), ("", USAGE))
        self.assertIn("nope.toml", finished.err)

    def test_a_library_that_others_can_write_to_needs_permission(self):
        self.write("mine/host.toml", pathlib.Path(BUNDLE, "host.toml").read_bytes())
        for folder in ("wit", "lib"):
            for name in os.listdir(f"{BUNDLE}/{folder}"):
                with open(f"{BUNDLE}/{folder}/{name}", "rb") as file:
                    self.write(f"mine/{folder}/{name}", file.read())
        [library] = (self.folder / "mine" / "lib").iterdir()
        library.chmod(0o777)

        finished = self.capstan(["run", "--host-bundle", "mine", ADAPTER_TEST])
        self.assertEqual((finished.out, finished.status), ("", USAGE))
        self.assertIn("--allow-bundle-anywhere", finished.err)
        self.check(["run", "--allow-bundle-anywhere", "--host-bundle", "mine", ADAPTER_TEST], out=PASSED)


if __name__ == "__main__":
    unittest.main()
