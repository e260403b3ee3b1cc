"""One adapter, three placements: linked into a program, in a bundle, and composed as a component.

The class is that of examples/host-adapter each time; the component that uses it is the example's own
test component, whose report must be the same wherever the adapter runs.
"""

import pathlib
import subprocess

import harness
from harness import ADAPTER_TEST, COMMAND, GUESTS

PROGRAMS = pathlib.Path(COMMAND).parent
BUNDLE = PROGRAMS.parent / "examples" / "bundle-keyvalue" / "bundles" / "keyvalue"
PROVIDER = GUESTS / "keyvalue-provider-guest.component.wasm"

SCENARIOS = ("set and get", "exists", "list keys", "delete", "duplicate set", "clear")
REPORT = "".join(f"{scenario}: passed\n" for scenario in SCENARIOS)
WAVE = '"' + REPORT.replace("\n", "\\n") + '"\n'


class Placements(harness.CommandTest):
    def test_linked_into_a_program(self):
        run = subprocess.run([PROGRAMS / "standalone-runner", ADAPTER_TEST], capture_output=True, text=True,
                             check=True, timeout=60)

        self.assertTrue(run.stdout.endswith("\n\n" + REPORT), run.stdout)

    def test_in_a_bundle(self):
        self.check(["run", "--host-bundle", BUNDLE, ADAPTER_TEST], out=WAVE)

    def test_composed_as_a_component(self):
        composed = self.capstan(["compose", ADAPTER_TEST, PROVIDER, "-o", "composed.wasm"])
        self.assertEqual(composed.status, 0, composed.err)

        self.check(["run", "composed.wasm"], out=WAVE)

    def test_served_by_the_command_itself(self):
        self.check(["run", ADAPTER_TEST], out=WAVE)


if __name__ == "__main__":
    harness.main()
