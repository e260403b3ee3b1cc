"""capstan run: databases for wasi:sql, by the environment, by --backend and by name."""

import sqlite3
import time

import harness
from harness import GUESTS, USAGE

SQL = str(GUESTS / "cli-sql.component.wasm")
CREATE = "CREATE TABLE t (id INTEGER, name TEXT, day DATE)"
INSERT = "INSERT INTO t VALUES (1, 'one', '2026-02-28'), (2, NULL, NULL)"
SELECT = "SELECT * FROM t ORDER BY id"
ROWS = "1|one|2026-02-28\n2|null|null\n"


class Sql(harness.CommandTest):
    def sql(self, *words, options=(), environment=None):
        return self.capstan(["run", *options, SQL, "--", *words], environment=environment)

    def check_sql(self, *words, out="", status=0, **more):
        finished = self.sql(*words, **more)
        self.assertEqual((finished.out, finished.err, finished.status), (out, "", status))

    def test_a_database_in_memory_is_there_without_asking_and_gone_afterwards(self):
        self.check_sql("default", CREATE, INSERT, SELECT, out=ROWS)
        finished = self.sql("default", SELECT)
        self.assertEqual((finished.out, finished.status),
                         (f"error: no such table: t (SQLITE_ERROR), in: {SELECT}\n", 1))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_names_in_memory_are_databases_of_their_own(self):
        self.check_sql("one", CREATE, "@two", CREATE, INSERT, SELECT, "@one", SELECT, out=ROWS)

    def test_the_environment_names_a_file(self):
        here = {"SQL_DATABASE": "app.db"}
        self.check_sql("default", CREATE, INSERT, environment=here)
        self.check_sql("other", SELECT, out=ROWS, environment=here)
        with sqlite3.connect(self.folder / "app.db") as other:
            self.assertEqual(other.execute("SELECT name FROM t WHERE id = 1").fetchall(), [("one",)])
        self.check_sql("default", CREATE, environment={"SQL_DATABASE": ":memory:"})

    def test_what_the_operator_chose_wins_over_the_environment(self):
        options = ["--backend", "sql=sqlite:chosen.db"]
        self.check_sql("x", CREATE, INSERT, options=options, environment={"SQL_DATABASE": "env.db"})
        self.check_sql("x", SELECT, out=ROWS, options=options)
        self.assertFalse((self.folder / "env.db").exists())

    def test_a_label_is_a_file_of_its_own(self):
        options = ["--backend", "sql:orders=sqlite:orders.db"]
        self.check_sql("orders", CREATE, INSERT, "@default", CREATE, SELECT, options=options)
        self.check_sql("orders", SELECT, out=ROWS, options=options)

    def test_a_manifest_finds_its_file_beside_it(self):
        self.write("shop/shop.wasm", (GUESTS / "cli-sql.component.wasm").read_bytes())
        self.write("shop/capstan.toml", '[component]\nsource = "shop.wasm"\n[run]\n'
                                        'backends = ["sql=sqlite:shop.db"]\n')
        self.check(["run", "shop", "--", "default", CREATE])
        self.assertTrue((self.folder / "shop" / "shop.db").exists())

    def test_a_name_that_is_not_allowed_is_an_error_of_the_interface(self):
        self.check_sql("other", SELECT, "@orders", CREATE, options=["--allow-name", "sql:orders"], status=1,
                       out="error: the database 'other' is none of those that this component may use "
                           "(ACCESS_DENIED)\n")

    def test_a_file_that_may_only_be_read(self):
        self.check_sql("x", CREATE, INSERT, options=["--backend", "sql=sqlite:a.db"])
        readonly = ["--backend", "sql=sqlite:a.db?readonly=yes"]
        self.check_sql("x", SELECT, out=ROWS, options=readonly)
        self.check_sql("x", "DELETE FROM t", options=readonly, status=1,
                       out="error: attempt to write a readonly database (SQLITE_READONLY), in: DELETE FROM t\n")

    def test_statements_cannot_reach_other_files(self):
        self.write("secret.txt", "secret")
        finished = self.sql("x", "ATTACH 'other.db' AS o", "VACUUM INTO 'copy.db'",
                            "PRAGMA journal_mode = DELETE", "SELECT load_extension('x')",
                            "SELECT readfile('secret.txt')",
                            options=["--backend", "sql=sqlite:a.db"])
        self.assertEqual([line.startswith("error: ") for line in finished.out.splitlines()], [True] * 5)
        self.assertNotIn("secret\n", finished.out)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir() if "a.db" not in path.name),
                         ["secret.txt"])

    def test_a_statement_ends_when_its_time_is_over(self):
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        begin = time.monotonic()
        self.check_sql("x", endless, "SELECT 1", options=["--backend", "sql=memory?time=200ms"], status=1,
                       out="error: the statement ran for more than 200 ms and was stopped (TIMEOUT), in: "
                           f"{endless}\n1\n")
        self.assertLess(time.monotonic() - begin, 20)

    def test_the_time_limit_of_the_run_ends_a_statement_too(self):
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        begin = time.monotonic()
        finished = self.sql("x", endless, options=["--timeout", "300ms"])
        self.assertNotEqual(finished.status, 0)
        self.assertLess(time.monotonic() - begin, 20)

    def test_results_and_databases_have_limits(self):
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11) SELECT i FROM n"
        finished = self.sql("x", numbers, options=["--backend", "sql=memory?rows=10"])
        self.assertIn("error: the result has more than 10 rows (LIMIT)", finished.out)
        finished = self.sql("x", "CREATE TABLE t (v BLOB)", "INSERT INTO t VALUES (zeroblob(3000000))",
                            options=["--backend", "sql=memory?bytes=1MiB"])
        self.assertIn("error: the database is full: it has at most 1048576 bytes (SQLITE_FULL)", finished.out)

    def test_backends_that_cannot_be_are_refused_before_anything_runs(self):
        for backend, message in (
                ("sql=sqlite:no/where.db", "unable to open database file"),
                ("sql=sqlite", "does not say where: write sql=sqlite:FILE"),
                ("sql=memory?rows=none", "rows"),
                ("sql=memory?raws=1", "raws")):
            finished = self.sql("x", options=["--backend", backend])
            self.assertEqual((finished.out, finished.status), ("", USAGE), finished.err)
            self.assertIn(message, finished.err)


if __name__ == "__main__":
    harness.main()
