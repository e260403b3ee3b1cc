"""capstan run with the blobstore: where objects are kept, and who may see them."""

import os
import signal
import subprocess
import time
import unittest

import harness
from harness import USAGE

TOOL = str(harness.GUESTS / "blobstore-sync.component.wasm")


class Blobstore(harness.CommandTest):
    def act(self, words, said, *options):
        quoted = said.replace("'", "\\'")
        self.check(["run", *options, "--invoke", f'act("{words}")', TOOL], out=f'"{quoted}"\n')

    def test_is_in_memory_unless_told_otherwise(self):
        self.act("create c", "ok")
        self.act("exists c", "no")

    def test_files_stay_from_run_to_run(self):
        there = ("--backend", "blobstore=file:objects?shared=yes")
        self.act("create c", "ok", *there)
        self.act("write c a/b text", "ok", *there)
        self.act("read c a/b 0 0", "text", *there)
        self.assertEqual((self.folder / "objects" / "c" / "a%2Fb").read_text(), "text")
        self.assertEqual(os.listdir(self.folder / "objects" / ".tmp"), [])

    def test_what_lies_in_the_folder_is_there(self):
        self.write("objects/photos/cat.txt", "meow")
        self.act("list photos 10", "cat.txt.", "--backend", "blobstore=file:objects?shared=yes")

    def test_applications_have_containers_of_their_own(self):
        there = ("--backend", "blobstore=file:objects")
        self.act("create c", "ok", *there)
        self.act("exists c", "yes", *there)
        self.act("exists c", "no", "--backend", "blobstore=file:objects?shared=yes")
        self.assertEqual(len([name for name in os.listdir(self.folder / "objects")
                              if name.endswith("%2Fc")]), 1)

    def test_a_label_is_a_backend_of_its_own(self):
        both = ("--backend", "blobstore=file:one?shared=yes",
                "--backend", "blobstore:images=file:two?shared=yes")
        self.act("create images", "ok", *both)
        self.act("create others", "ok", *both)
        self.act("write images o text", "ok", *both)
        self.act("copy images o others p", "ok", *both)
        self.assertEqual((self.folder / "two" / "images" / "o").read_text(), "text")
        self.assertEqual((self.folder / "one" / "others" / "p").read_text(), "text")

    def test_only_allowed_names_may_be_used(self):
        self.act("create c", "error: access denied: the container 'c' is not among those this "
                 "component may use", "--allow-name", "blobstore:d")
        self.act("create d", "ok", "--allow-name", "blobstore:d")

    def test_limits_are_errors_of_the_interface(self):
        self.act("fill c o 100000", "error: container not found: 'c'")
        there = ("--backend", "blobstore=file:objects?object-bytes=1KiB")
        self.act("create c", "ok", *there)
        self.act("fill c o 100000",
                 "error: cannot write object 'o': an object has at most 1024 bytes", *there)
        self.act("has c o", "no", *there)

    def test_a_wrong_address_is_told_before_anything_runs(self):
        def refused(url, message):
            self.check_error(["run", "--backend", f"blobstore={url}", "--invoke", 'act("exists c")', TOOL],
                             message, USAGE)
        refused("files:x", "--backend: blobstore has no backend 'files', did you mean 'file'?")
        refused("file", "--backend: 'file' does not say where: write blobstore=file:DIR")

    def test_what_a_killed_run_left_goes_with_the_next_one(self):
        there = ["run", "--backend", "blobstore=file:objects?shared=yes"]
        self.act("create c", "ok", *there[1:])
        process = subprocess.Popen(
            [harness.COMMAND, *there, "--invoke", 'act("fill c o 4000000000")', TOOL], cwd=self.folder,
            env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(harness.CACHE)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        temporary = self.folder / "objects" / ".tmp"
        deadline = time.monotonic() + 60
        while not os.listdir(temporary) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertEqual(len(os.listdir(temporary)), 1)

        self.act("list c 10", ".", *there[1:])

        self.assertEqual(os.listdir(temporary), [])


if __name__ == "__main__":
    unittest.main()
