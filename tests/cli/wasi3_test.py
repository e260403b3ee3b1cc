"""capstan run with a command of WASI 0.3, and what --allow-net opens, tried with real connections."""

import socket

import harness
from harness import GUESTS, LIMIT

TOOL3 = GUESTS / "seam-tool3.component.wasm"
NAME = TOOL3.name


class Commands(harness.CommandTest):
    def test_gets_its_arguments_and_writes_to_a_stream(self):
        self.check(["run", TOOL3, "--", "arguments", "a", "b"], out=f"[{NAME}][arguments][a][b]")

    def test_gets_what_is_granted(self):
        self.check(["run", "--env", "A=1", TOOL3, "--", "environment"], out="[A]=[1]")

    def test_copies_standard_input(self):
        text = "0123456789" * 30000
        self.check(["run", TOOL3, "--", "copy"], stdin=text.encode(), out=text)

    def test_ends_with_its_own_status(self):
        self.check(["run", TOOL3, "--", "exit", "7"], status=7)

    def test_an_error_of_run_is_status_1(self):
        self.check(["run", TOOL3, "--", "no such word"], status=1)

    def test_a_time_limit_ends_it_while_it_waits(self):
        finished = self.capstan(["run", "--timeout", "50ms", TOOL3, "--", "sleep", "60000"])

        self.assertEqual((finished.out, finished.status), ("", LIMIT))
        self.assertIn("--timeout", finished.err)


class Network(harness.CommandTest):
    """A server on a free port of this machine, for each test."""

    def setUp(self):
        super().setUp()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.port = str(self.server.getsockname()[1])

    def connect(self, *options):
        return self.capstan(["run", *options, TOOL3, "--", "connect", self.port]).out

    def test_is_closed_unless_granted(self):
        self.assertEqual(self.connect(), "no sockets")

    def test_one_address_is_opened_and_no_other(self):
        self.assertEqual(self.connect("--allow-net", f"127.0.0.1:{self.port}"), "ok")
        self.assertEqual(self.connect("--allow-net", f"127.0.0.2:{self.port}"), "denied")
        self.assertEqual(self.connect("--allow-net", "127.0.0.1:9"), "denied")

    def test_a_name_stands_for_its_addresses(self):
        self.assertEqual(self.connect("--allow-net", f"localhost:{self.port}"), "ok")

    def test_all_of_it_is_inherited(self):
        self.assertEqual(self.connect("--inherit-network"), "ok")


if __name__ == "__main__":
    harness.main()
