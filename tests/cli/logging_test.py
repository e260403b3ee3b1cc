"""Log messages of components, as `capstan run` writes them."""

import json
import re

import harness
from harness import PROBE, USAGE


class Logging(harness.CommandTest):
    def log(self, message, address=None, options=()):
        """What stderr says when the probe logs the message at `warn`."""
        backend = ["--backend", f"logging={address}"] if address else []
        finished = self.capstan(["run", *backend, *options, PROBE, "--", "log", message])
        self.assertEqual((finished.out, finished.status), ("", 0))
        return finished.err

    def test_a_message_is_one_line_whatever_is_in_it(self):
        self.assertEqual(self.log("a\nLevel::Error bank: \x1b[2Jforged\u202e"),
                         "Level::Warn probe: a\\nLevel::Error bank: \\x1b[2Jforged\\u{202e}\n")

    def test_json_lines_name_the_component(self):
        line = self.log("a\n\u202e", "stderr?format=json")
        self.assertEqual(line.count("\n"), 1)
        self.assertTrue(line.isascii())
        said = json.loads(line)

        self.assertRegex(said.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(said, {"level": "warn", "component": "cli-probe", "context": "probe",
                                "message": "a\n\u202e"})
        self.assertEqual(json.loads(self.log("a", "stderr?format=json", ["--app", "shop"]))["component"], "shop")

    def test_time_and_component_on_request(self):
        line = self.log("hi", "stderr?timestamps=yes&components=yes")
        self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[cli-probe\] Level::Warn probe: hi\n",
                                     line), line)

    def test_less_important_messages_are_left_out(self):
        self.assertEqual(self.log("hi", "stderr?level=warn"), "Level::Warn probe: hi\n")
        self.assertEqual(self.log("hi", "stderr?level=error"), "")

    def test_a_long_message_is_cut(self):
        self.assertEqual(self.log("x" * 40000), "Level::Warn probe: " + "x" * 40000 + "\n")
        self.assertEqual(self.log("x" * 40000, "stderr?message-bytes=32KiB"),
                         "Level::Warn probe: " + "x" * 32768 + "... (7232 more bytes)\n")
        self.assertEqual(self.log("abcdef", "stderr?message-bytes=4"), "Level::Warn probe: abcd... (2 more bytes)\n")

    def test_a_file_is_appended_to(self):
        self.assertEqual(self.log("one", "file:app.log"), "")
        self.assertEqual(self.log("two", "file:app.log?level=info"), "")

        self.assertEqual((self.folder / "app.log").read_text(), "Level::Warn probe: one\nLevel::Warn probe: two\n")
        self.assertEqual((self.folder / "app.log").stat().st_mode & 0o777, 0o600)

    def test_a_file_of_a_manifest_is_relative_to_it(self):
        self.write("app/capstan.toml", f'[component]\nname = "shop"\nsource = "{PROBE}"\n'
                   '[run]\nbackends = ["logging=file:app.log"]\n')
        self.check(["run", "app", "--", "log", "hi"])

        self.assertEqual((self.folder / "app/app.log").read_text(), "Level::Warn probe: hi\n")

    def test_what_cannot_be_is_said_before_anything_runs(self):
        for address, message in (
                ("stderr?level=loud", "'stderr?level=loud': level: 'loud' is no level: write trace, debug, info, "
                                      "warn, error, critical"),
                ("file:no/such/app.log", "cannot write the log 'no/such/app.log': No such file or directory"),
                ("none?format=json", "'none?format=json': the backend 'none' has no option 'format': it takes none")):
            self.check_error(["run", "--backend", f"logging={address}", PROBE, "--", "log", "hi"], message, USAGE)


if __name__ == "__main__":
    harness.main()
