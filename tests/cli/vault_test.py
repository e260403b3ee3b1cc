"""Vaults through the command: what components keep in them, and `capstan vault` for whoever operates them."""

import base64
import fcntl
import os
import pty
import subprocess
import termios
import time

import harness
from harness import GUESTS, USAGE

PROBE = str(GUESTS / "cli-vault-probe.component.wasm")
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
OTHER_KEY = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
SECRET = "correct-horse-battery-staple"
FILE = ["--backend", "vault=file:app.vault"]


def links(folder):
    """The links in a folder of /proc, as far as they are still there."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            yield path


def wait_until(test, condition):
    """Until it is so; a minute is enough."""
    for _ in range(6000):
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.01)
    test.fail("it did not become so within a minute")


class VaultTest(harness.CommandTest):
    def capstan(self, arguments, stdin=b"", environment=None):
        return super().capstan(arguments, stdin, {"CAPSTAN_VAULT_KEY": KEY, **(environment or {})})

    def probe(self, *arguments, options=(), **expected):
        self.check(["run", *options, PROBE, "--", *arguments], **expected)

    def put(self, locker, name, secret=SECRET, options=()):
        self.check(["vault", "set", "app.vault", locker, name, *options], stdin=secret.encode())


class Components(VaultTest):
    def test_the_vault_in_memory_lives_for_the_run(self):
        self.probe("set", "tokens", "mail", SECRET)
        self.probe("get", "tokens", "mail", out="(none)\n")

    def test_a_file_keeps_secrets(self):
        self.probe("set", "tokens", "mail", SECRET, options=FILE)

        self.probe("get", "tokens", "mail", options=FILE, out=SECRET + "\n")
        self.probe("list", "tokens", options=FILE, out="mail\n")
        self.assertEqual((self.folder / "app.vault").stat().st_mode & 0o777, 0o600)
        self.assertNotIn(b"mail", (self.folder / "app.vault").read_bytes())

    def test_an_operator_puts_in_what_a_component_reads(self):
        self.put("tokens", "mail", options=["--app", "cli-vault-probe"])

        self.probe("get", "tokens", "mail", options=FILE, out=SECRET + "\n")

    def test_a_manifest_says_where_relative_to_itself(self):
        self.write("app/capstan.toml", f'[component]\nname = "shop"\nsource = "{PROBE}"\n'
                   '[run]\nbackends = ["vault=file:../app.vault"]\n')
        self.put("shop/tokens", "mail")

        self.check(["run", "app", "--", "get", "tokens", "mail"], out=SECRET + "\n")

    def test_a_read_only_vault_denies_changes(self):
        self.put("tokens", "mail", options=["--app", "cli-vault-probe"])
        options = ["--backend", "vault=file:app.vault?read-only=yes"]

        self.probe("set", "tokens", "mail", "x", options=options, out="access-denied\n")
        self.probe("get", "tokens", "mail", options=options, out=SECRET + "\n")

    def test_limits_are_errors_of_the_interface(self):
        self.probe("set", "tokens", "mail", "x" * 2000, options=["--backend", "vault=memory?bytes=1KiB"],
                   out="other: the vault is full: it holds at most 1024 bytes\n")
        self.probe("open", "x" * 1025,
                   out="other: the locker's name has 1025 bytes: at most 1024 are allowed\n")

    def test_a_crash_image_has_no_memory(self):
        # What the process says of itself while it waits for its lock.
        self.put("tokens", "mail", options=["--app", "cli-vault-probe"])
        lock = os.open(self.folder / "app.vault.lock", os.O_RDWR)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen([harness.COMMAND, "run", *FILE, PROBE, "--", "set", "tokens", "mail", "x"],
                              cwd=self.folder, env={"CAPSTAN_VAULT_KEY": KEY, "XDG_CACHE_HOME": str(harness.CACHE),
                                                    "PATH": os.environ["PATH"]}) as process:
            def opened():
                return any(os.readlink(link).endswith("app.vault.lock")
                           for link in links(f"/proc/{process.pid}/fd"))
            wait_until(self, opened)
            with open(f"/proc/{process.pid}/coredump_filter", encoding="ascii") as filter_file:
                self.assertEqual(int(filter_file.read(), 16), 0)
            fcntl.flock(lock, fcntl.LOCK_UN)
            self.assertEqual(process.wait(timeout=60), 0)


class Names(VaultTest):
    """Namespaces, labels and allowed names, seen through lockers."""

    def test_every_application_has_its_own_lockers(self):
        for app in ("shop", "bank"):
            self.probe("set", "tokens", "mail", app, options=[*FILE, "--app", app])

        self.probe("get", "tokens", "mail", options=[*FILE, "--app", "shop"], out="shop\n")
        self.probe("get", "tokens", "mail", options=FILE, out="(none)\n")
        self.check(["vault", "list", "app.vault"], out="bank/tokens\tmail\nshop/tokens\tmail\n")

    def test_a_shared_backend_has_no_namespace(self):
        shared = ["--backend", "vault=file:app.vault?shared=yes"]
        self.probe("set", "tokens", "mail", SECRET, options=[*shared, "--app", "shop"])

        self.probe("get", "tokens", "mail", options=[*shared, "--app", "bank"], out=SECRET + "\n")
        self.check(["vault", "list", "app.vault"], out="tokens\tmail\n")

    def test_a_label_leads_to_a_backend_of_its_own(self):
        options = ["--backend", "vault:company=file:company.vault?shared=yes", *FILE, "--app", "shop"]
        self.probe("set", "company", "mail", "everybody's", options=options)
        self.probe("set", "tokens", "mail", "mine", options=options)

        self.check(["vault", "list", "company.vault"], out="company\tmail\n")
        self.check(["vault", "list", "app.vault"], out="shop/tokens\tmail\n")

    def test_only_allowed_names_can_be_opened(self):
        options = ["--allow-name", "vault:tokens"]
        self.probe("open", "tokens", options=options, out="opened\n")
        self.probe("open", "others", options=options, out="no-such-store\n")
        # What is said of another capability is nothing for this one.
        self.probe("open", "others", options=["--allow-name", "keyvalue:tokens"], out="opened\n")

    def test_a_namespace_cannot_be_left(self):
        self.probe("set", "tokens", "mail", SECRET, options=[*FILE, "--app", "bank"])

        for name in ("../bank/tokens", "bank/tokens", "/bank/tokens"):
            self.probe("get", name, "mail", options=[*FILE, "--app", "shop"], out="(none)\n")


class Keys(VaultTest):
    def test_a_key_may_be_base64_and_in_another_variable(self):
        self.put("shop/tokens", "mail")
        encoded = base64.b64encode(bytes.fromhex(KEY)).decode()

        self.check(["vault", "get", "app.vault", "tokens", "mail", "--app", "shop", "--show", "--key-env", "MY_KEY"],
                   out=SECRET, environment={"CAPSTAN_VAULT_KEY": "", "MY_KEY": encoded})

    def test_a_passphrase_is_said_to_be_one(self):
        phrase = {"PHRASE": "correct horse"}
        self.check(["vault", "set", "app.vault", "shop/tokens", "mail", "--passphrase-env", "PHRASE"],
                   stdin=b"x", environment=phrase)

        self.check(["run", "--app", "shop", "--backend", "vault=file:app.vault?passphrase-env=PHRASE", PROBE, "--",
                    "get", "tokens", "mail"], out="x\n", environment=phrase)
        self.check_error(["vault", "list", "app.vault"],
                         "the vault 'app.vault' is locked with a passphrase, and a key was given: name the "
                         "passphrase's variable with passphrase-env", USAGE)
        self.check_error(["vault", "list", "app.vault", "--passphrase-env", "PHRASE"],
                         "the vault 'app.vault' is locked with another passphrase", USAGE,
                         environment={"PHRASE": "incorrect horse"})

    def test_a_wrong_key_is_refused_before_anything_runs(self):
        self.put("shop/tokens", "mail")
        before = (self.folder / "app.vault").read_bytes()

        for arguments in (["run", *FILE, PROBE, "--", "set", "tokens", "mail", "x"],
                          ["vault", "set", "app.vault", "shop/tokens", "mail"],
                          ["vault", "get", "app.vault", "shop/tokens", "mail", "--show"]):
            self.check_error(arguments, "the vault 'app.vault' is locked with another key", USAGE,
                             environment={"CAPSTAN_VAULT_KEY": OTHER_KEY})
        self.assertEqual((self.folder / "app.vault").read_bytes(), before)

    def test_what_is_wrong_with_a_key_is_said_without_it(self):
        self.check_error(["run", *FILE, PROBE, "--", "open", "tokens"],
                         "the environment's variable 'CAPSTAN_VAULT_KEY': it is not a key: write 32 bytes as 64 "
                         "hexadecimal digits or as base64, such as `head -c 32 /dev/urandom | base64` makes them", USAGE,
                         environment={"CAPSTAN_VAULT_KEY": SECRET})
        self.check_error(["run", "--backend", "vault=file:app.vault?key-env=NO_SUCH", PROBE, "--", "open", "tokens"],
                         "the environment has no variable 'NO_SUCH': set it to the vault's key, 32 bytes as "
                         "hexadecimal digits or base64", USAGE)

    def test_a_key_is_not_inherited_by_components(self):
        options = ["--inherit-env", "--backend", "vault=file:app.vault?key-env=MY_KEY"]
        finished = self.capstan(["run", *options, harness.PROBE, "--", "environment"],
                                environment={"MY_KEY": KEY, "OTHER": "seen"})

        self.assertIn("OTHER=seen\n", finished.out)
        self.assertNotIn(KEY, finished.out)


class Operating(VaultTest):
    def test_a_secret_comes_from_a_file_byte_by_byte(self):
        self.write("mail.key", bytes(range(256)) + b"\n")
        self.check(["vault", "set", "app.vault", "tokens", "mail", "--value-file", "mail.key"])
        self.check(["vault", "set", "app.vault", "tokens", "web", "--value-file", "mail.key", "--trim"])

        self.check(["vault", "get", "app.vault", "tokens", "mail"], out="257 bytes; --show prints them\n")
        self.check(["vault", "get", "app.vault", "tokens", "web"], out="256 bytes; --show prints them\n")

    def test_a_secret_is_removed(self):
        self.put("tokens", "mail")
        self.check(["vault", "delete", "app.vault", "tokens", "mail"])

        missing = "there is no secret 'mail' in the locker 'tokens' of 'app.vault'"
        self.check_error(["vault", "get", "app.vault", "tokens", "mail"], missing, 1)
        self.check_error(["vault", "delete", "app.vault", "tokens", "mail"], missing, 1)
        self.check(["vault", "list", "app.vault"])

    def test_ids_are_listed_in_order_and_cannot_move_the_cursor(self):
        for name in ("b", "a\x1b[2J\n", "ü"):
            self.put("tokens", name)
        self.put("others", "c")

        self.check(["vault", "list", "app.vault"],
                   out="others\tc\ntokens\ta\\x1b[2J\\n\ntokens\tb\ntokens\tü\n")
        self.check(["vault", "list", "app.vault", "tokens"], out="a\\x1b[2J\\n\nb\nü\n")

    def test_listing_of_one_application(self):
        self.put("tokens", "mail", options=["--app", "shop"])
        self.put("tokens", "web", options=["--app", "shopping"])

        self.check(["vault", "list", "app.vault", "--app", "shop"], out="shop/tokens\tmail\n")
        self.check(["vault", "list", "app.vault", "tokens", "--app", "shop"], out="mail\n")

    def test_a_typed_secret_is_not_shown(self):
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        with subprocess.Popen([harness.COMMAND, "vault", "set", "app.vault", "tokens", "mail"], cwd=self.folder,
                              stdin=follower, stdout=follower, stderr=follower,
                              env={"CAPSTAN_VAULT_KEY": KEY}) as process:
            wait_until(self, lambda: not termios.tcgetattr(follower)[3] & termios.ECHO)
            os.write(leader, SECRET.encode() + b"\n")
            self.assertEqual(process.wait(timeout=60), 0)
            self.assertTrue(termios.tcgetattr(follower)[3] & termios.ECHO)
        os.close(follower)
        try:
            shown = os.read(leader, 1000)
        except OSError:  # nothing was written, and the other end is closed
            shown = b""

        self.assertNotIn(SECRET.encode(), shown)
        self.check(["vault", "get", "app.vault", "tokens", "mail", "--show"], out=SECRET)

    def test_what_is_too_large_is_refused(self):
        self.check_error(["vault", "set", "app.vault", "tokens", "mail"],
                         "standard input has more than 1048576 bytes, the most that a secret may have", USAGE,
                         stdin=b"x" * 1048577)

    def test_files_that_cannot_be_used(self):
        self.check_error(["vault", "list", "app.vault"],
                         "there is no vault 'app.vault': `capstan vault set` makes one", USAGE)
        self.check_error(["vault", "set", "app.vault", "tokens", "mail", "--value-file", "none"],
                         "cannot open 'none': No such file or directory", USAGE)
        self.write("app.vault", "something else")
        self.check_error(["vault", "list", "app.vault"],
                         "the vault 'app.vault' is no vault: give the file another name", USAGE)

    def test_a_damaged_vault_is_left_alone(self):
        self.put("tokens", "mail")
        whole = (self.folder / "app.vault").read_bytes()
        for contents, message in ((whole[:-1], f"is cut off after {len(whole) - 1} bytes: restore it from a copy"),
                                  (whole[:-1] + b"?", "is damaged: its contents do not fit its seal; restore it "
                                                      "from a copy")):
            self.write("app.vault", contents)
            self.check_error(["vault", "set", "app.vault", "tokens", "mail"], f"the vault 'app.vault' {message}",
                             USAGE, stdin=b"x")
            self.assertEqual((self.folder / "app.vault").read_bytes(), contents)

    def test_words_that_are_missing(self):
        finished = self.capstan(["vault", "set", "app.vault", "tokens"])
        self.assertEqual((finished.out, finished.status), ("", USAGE))


class Secrecy(VaultTest):
    def test_no_output_has_a_secret_that_was_not_asked_for(self):
        self.put("shop/tokens", "mail")
        self.write("mail.key", SECRET)
        loud = ["--log-level", "debug"]
        runs = [
            ["vault", "list", "app.vault", *loud],
            ["vault", "get", "app.vault", "shop/tokens", "mail", *loud],
            ["vault", "set", "app.vault", "shop/tokens", "x" * 2000, "--value-file", "mail.key", *loud],
            ["vault", "set", "no/such/folder/app.vault", "shop/tokens", "mail", "--value-file", "mail.key", *loud],
            ["vault", "delete", "app.vault", "shop/tokens", "none", "--json-errors"],
            ["run", *loud, *FILE, "--app", "shop", PROBE, "--", "list", "tokens"],
            # It traps while it has the secret in its memory.
            ["run", *loud, *FILE, "--app", "shop", PROBE, "--", "set-and-abort", "tokens", "mail", SECRET],
            ["run", "--json-errors", *FILE, PROBE, "--", "set-and-abort", "tokens", "mail", SECRET],
            ["inspect", *FILE, PROBE],
            ["inspect", "--json", *FILE, PROBE],
        ]
        forms = (SECRET, KEY, SECRET.encode().hex(), base64.b64encode(SECRET.encode()).decode(),
                 base64.b64encode(bytes.fromhex(KEY)).decode())
        for arguments in runs:
            with self.subTest(arguments):
                finished = self.capstan(arguments, stdin=SECRET.encode())
                self.assertNotEqual(finished.out + finished.err, "")
                for form in forms:
                    self.assertNotIn(form, finished.out + finished.err)


if __name__ == "__main__":
    harness.main()
