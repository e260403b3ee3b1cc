"""capstan run with key-value backends: addresses, labels, names and namespaces."""

import unittest

import harness
from harness import GUESTS, USAGE

KEYVALUE = str(GUESTS / "keyvalue-draft2.component.wasm")
DRAFT = str(GUESTS / "keyvalue-draft.component.wasm")
WAITING = str(GUESTS / "keyvalue-async.component.wasm")


class KeyValue(harness.CommandTest):
    def act(self, what, out, *options, key="k", value="", bucket="b", guest=KEYVALUE):
        """What the guest of tests/capability/keyvalue says; WAVE escapes its quotation marks."""
        out = out.replace("'", "\\'")
        self.check(["run", *options, "--invoke", f'act("{what}", "{bucket}", "{key}", "{value}")', guest],
                   out=f'"{out}"\n')


class Memory(KeyValue):
    def test_is_what_there_is_without_a_word(self):
        for guest in (KEYVALUE, DRAFT, WAITING):
            self.act("set", "ok", value="00ff", guest=guest)
            self.act("get", "none", guest=guest)

    def test_holds_as_much_as_the_address_says(self):
        self.act("set", "error: the store is full: it holds at most 10000 bytes in memory",
                 "--backend", "keyvalue=memory?bytes=10000", value="00" * 20000)
        self.act("set-many", "error: the store is full: it holds at most 2 keys in memory",
                 "--backend", "keyvalue=memory?keys=2", key="a,b,c", value="00,00,00")

    def test_has_no_other_options(self):
        finished = self.capstan(["run", "--backend", "keyvalue=memory?byte=1", "--invoke", "act", KEYVALUE])
        self.assertEqual(finished.out, "")
        self.assertIn("'byte'", finished.err)
        self.assertNotEqual(finished.status, 0)


class Sqlite(KeyValue):
    FILE = ("--backend", "keyvalue=sqlite:store.db")
    SHOP = (*FILE, "--app", "shop")

    def test_keeps_between_runs_what_any_dialect_stored(self):
        self.act("set", "ok", *self.SHOP, value="00ff", guest=DRAFT)
        self.act("increment", "5", *self.SHOP, key="n", value="5", guest=WAITING)
        self.act("get", "some 00ff", *self.SHOP)
        self.act("increment", "7", *self.SHOP, key="n", value="2")
        self.assertTrue((self.folder / "store.db").exists())

    def test_runs_on_threads_of_its_own_when_it_should(self):
        threads = ("--backend", "keyvalue=sqlite:store.db?threads=2&sync=normal")
        for guest in (KEYVALUE, DRAFT, WAITING):
            self.act("set", "ok", *threads, value="01", guest=guest)
            self.act("get", "some 01", *threads, guest=guest)

    def test_applications_have_buckets_of_their_own(self):
        self.act("set", "ok", *self.FILE, "--app", "one", value="01")
        self.act("set", "ok", *self.FILE, "--app", "two", value="02")
        self.act("get", "some 01", *self.FILE, "--app", "one")
        self.act("get", "some 02", *self.FILE, "--app", "two")

    def test_applications_share_on_request(self):
        shared = ("--backend", "keyvalue=sqlite:store.db?shared=yes")
        self.act("set", "ok", *shared, "--app", "one", value="01")
        self.act("get", "some 01", *shared, "--app", "two")
        self.act("get", "none", *self.FILE, "--app", "two")

    def test_has_a_limit(self):
        self.act("set-many", "error: the store is full: 'store.db' may have at most 20000 bytes",
                 "--backend", "keyvalue=sqlite:store.db?bytes=20000", key="a,b",
                 value=f"{'00' * 9000},{'00' * 9000}")

    def test_must_be_a_database(self):
        self.write("store.db", "no database " * 100)
        self.check_error(["run", *self.FILE, "--invoke", 'act("get", "b", "k", "")', KEYVALUE],
                         "the backend of keyvalue: 'store.db' is no SQLite database", USAGE)

    def test_needs_a_file(self):
        finished = self.capstan(["run", "--backend", "keyvalue=sqlite", KEYVALUE])
        self.assertIn("write keyvalue=sqlite:FILE", finished.err)
        self.assertEqual(finished.status, USAGE)


class Names(KeyValue):
    def test_a_label_leads_to_its_own_backend(self):
        label = ("--backend", "keyvalue:kept=sqlite:store.db")
        self.act("set", "ok", *label, bucket="kept", value="01")
        self.act("set", "ok", *label, bucket="other", value="01")
        self.act("get", "some 01", *label, bucket="kept")
        self.act("get", "none", *label, bucket="other")

    def test_only_allowed_names_lead_anywhere(self):
        allowed = ("--allow-name", "keyvalue:b")
        self.act("set", "ok", *allowed, value="01")
        self.act("set", "error: no-such-store", *allowed, bucket="c", value="01")


if __name__ == "__main__":
    unittest.main()
