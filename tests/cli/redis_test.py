"""Key-value storage in Redis, chosen on the command line; the server is a real one on a free port."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time

import harness
from harness import NOT_RUNNABLE, PROBE, USAGE

PASSWORD = "hu5h"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A redis-server on a port of its own, as tests/services/redis_server.h starts it."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.options = options
        # Debian's redis-tools has the server under this name, and starts no service.
        words = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                 "--dir", self.folder.name, *options]
        self.process = subprocess.Popen(words, executable="redis-check-rdb",
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while "PONG" not in self.cli("PING"):
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError("redis-server does not start: ./dev setup installs redis-tools")
            time.sleep(0.01)

    def cli(self, *words):
        secret = ["-a", PASSWORD, "--no-auth-warning"] if "--requirepass" in self.options else []
        done = subprocess.run(["redis-cli", "-p", str(self.port), *secret, *words],
                              capture_output=True, text=True, check=False)
        return done.stdout.strip() + done.stderr.strip()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Redis(harness.CommandTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.stop)

    def url(self, more=""):
        return f"redis://127.0.0.1:{self.server.port}{more}"

    def store(self, key, url, *options, **more):
        return self.capstan(["run", *options, "--backend", f"keyvalue={url}", PROBE, "--", "store-twice", key],
                            **more)

    def test_what_one_run_stores_the_next_one_finds(self):
        first = self.store("k", self.url())
        second = self.store("k", self.url())

        self.assertEqual((first.out, first.err, first.status), ("Key 'k' already exists\n", "", 0))
        self.assertEqual(second.out, "Key 'k' already exists\n" * 2)

    def test_keys_are_in_the_namespace_of_the_application_unless_they_are_shared(self):
        self.store("mine", self.url(), "--app", "shop")
        self.store("ours", self.url("?shared=yes"), "--app", "shop")

        self.assertEqual(self.server.cli("KEYS", "*mine"), "shop/default:mine")
        self.assertEqual(self.server.cli("KEYS", "*ours"), "default:ours")
        self.assertEqual(self.server.cli("GET", "default:ours"), "value")
        self.assertEqual(self.server.cli("TTL", "default:ours"), "-1")

    def test_the_environment_names_the_server(self):
        finished = self.store("k", "redis", environment={"REDIS_URL": self.url("/3")})

        self.assertEqual(finished.out, "Key 'k' already exists\n")
        self.assertIn("default:k", self.server.cli("-n", "3", "KEYS", "*"))

    def test_a_server_that_is_down_is_an_error_of_the_call(self):
        self.server.process.kill()
        self.server.process.wait()
        finished = self.store("k", self.url("?max-retries=1&max-delay=10ms"))

        self.assertEqual(finished.status, 0)
        self.assertEqual(
            finished.out,
            f"redis at 127.0.0.1:{self.server.port} cannot be reached: connection refused (tried 2 times): look at "
            "the address and whether the server runs; trying again may help\n" * 2)

    def test_connecting_eagerly_fails_before_the_component_runs(self):
        self.server.process.kill()
        self.server.process.wait()
        url = self.url("?connect=eager&max-retries=0")
        finished = self.store("k", url)

        self.assertEqual((finished.out, finished.status), ("", USAGE))
        self.assertIn(f"'{url}': redis at 127.0.0.1:{self.server.port} cannot be reached: connection refused "
                      "(tried 1 time): look at the address and whether the server runs\n", finished.err)

    def test_no_message_has_the_password(self):
        server = Server("--requirepass", PASSWORD)
        self.addCleanup(server.stop)
        right = f"redis://:{PASSWORD}@127.0.0.1:{server.port}"
        wrong = f"redis://:{PASSWORD}x@127.0.0.1:{server.port}"

        self.assertEqual(self.store("k", right).out, "Key 'k' already exists\n")
        for url in (wrong, wrong + "?connect=eager", wrong + "?timeot=1s", wrong + "/x", right + "/99"):
            finished = self.store("k", url)
            said = finished.out + finished.err
            self.assertTrue(said)
            self.assertNotIn(PASSWORD, said)
        self.assertIn("WRONGPASS", self.store("k", wrong).out)

    def test_inspect_and_doctor_know_it(self):
        inspected = self.capstan(["inspect", "--backend", f"keyvalue=redis://:{PASSWORD}@cache", PROBE])
        self.assertNotIn(PASSWORD, inspected.out + inspected.err)
        self.assertIn("ok  backend redis: loads, for addresses redis rediss\n", self.capstan(["doctor"]).out)

    def test_addresses_that_cannot_be_used_are_refused(self):
        for url, message in (
                ("redis:cache", "'redis:cache': write redis://HOST:PORT"),
                ("redis://cache?counters=roman",
                 "'redis://cache?counters=roman': counters: 'roman' is not understood: write binary or decimal")):
            finished = self.store("k", url)
            self.assertEqual((finished.out, finished.status), ("", USAGE), url)
            self.assertIn(message, finished.err)
        self.check_error(["run", "--backend", "keyvalue=rediss", PROBE],
                         "--backend: 'rediss' does not say where: write keyvalue=rediss://HOST:PORT", USAGE)


class NotInstalled(harness.CommandTest):
    def test_a_missing_module_concerns_only_who_asks_for_it(self):
        # The command with its libraries, but without its backends.
        program = pathlib.Path(harness.COMMAND)
        for folder, files in (("bin", [program]), ("lib", (program.parent.parent / "lib").glob("*.so"))):
            (self.folder / folder).mkdir()
            for file in files:
                os.symlink(file, self.folder / folder / file.name) if folder == "lib" else \
                    (self.folder / folder / file.name).write_bytes(file.read_bytes())
        copy = self.folder / "bin" / program.name
        copy.chmod(0o755)

        def run(*words):
            return subprocess.run([copy, "run", *words, PROBE, "--", "store-twice", "k"], cwd=self.folder,
                                  env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(harness.CACHE)},
                                  capture_output=True, text=True, check=False)

        self.assertEqual(run().stdout, "Key 'k' already exists\n")
        missing = run("--backend", "keyvalue=redis://127.0.0.1:1")
        self.assertEqual((missing.stdout, missing.returncode), ("", NOT_RUNNABLE))
        self.assertIn("the backend 'redis' is not part of this installation: there is no "
                      f"'{self.folder}/lib/capstan/backends/libcapstan_backend_redis.so'; build Capstan with "
                      "CAPSTAN_BACKEND_REDIS=ON\n", missing.stderr)


if __name__ == "__main__":
    harness.main()
