#!/usr/bin/env python3
"""Components of the crate wash-runtime import what Capstan serves, with the types it serves them with.

wasi:http is not served yet: that is all the linker may miss.
"""

import argparse
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CRATE = ("wash-runtime", "0.1.0")
COMPONENTS = {
    "http_blobstore.wasm": "76230b8f7e5b68d4a425b4fffbf10851fb2a7485e6d5dfb96bb7dc07e55a661a",
    "http_counter.wasm": "588a6c78f14b2775b0e233afd94f1448a4f9ca4e80f3ea7ad105f9fc85b40599",
}
MISSING = re.compile(r"the component imports wasi:http/[a-z-]+@0\.2\.2, which nothing provides")


def crate_folder(cargo):
    """`cargo info` fetches one crate without what it depends on; cargo checks it against the index."""
    name, version = CRATE
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cargo, "info", "--quiet", f"{name}@{version}"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    found = sorted((home / "registry" / "src").glob(f"*/{name}-{version}"))
    if not found:
        sys.exit(f"cargo did not fetch {name} {version}")
    return found[0]


def problems(linker, component):
    """What is wrong, one sentence each; empty when all is well."""
    said = subprocess.run([linker, component], check=True, capture_output=True, text=True).stdout
    if said.startswith("linked"):
        return
    lines = said.splitlines()
    missing = [line.removeprefix("- ") for line in lines if not line.startswith("cannot link")]
    if len(lines) == 1:
        missing = [lines[0].split(": ", 1)[1]]
    yield from (line for line in missing if not MISSING.match(line))
    if not missing:
        yield f"there is no reason in {said!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cargo", required=True)
    parser.add_argument("--linker", required=True)
    arguments = parser.parse_args()
    folder = crate_folder(arguments.cargo) / "tests" / "fixtures"
    failures = []
    for name, checksum in COMPONENTS.items():
        component = folder / name
        if hashlib.sha256(component.read_bytes()).hexdigest() != checksum:
            failures.append(f"{name} is not the one that is meant")
        failures += [f"{name}: {problem}" for problem in problems(arguments.linker, component)]
    print("\n".join(failures) or "as expected")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
