"""Configuration values, from every place they may come from."""

import harness
from harness import PROBE, USAGE


class Config(harness.CommandTest):
    def value(self, expected, *options, source=PROBE, environment=None):
        self.check(["run", *options, source, "--", "config", "greeting"], out=f"{expected}\n",
                   environment=environment)

    def manifest(self, run):
        self.write("app/capstan.toml", f'[component]\nname = "shop"\nsource = "{PROBE}"\n{run}')

    def test_the_environment_is_read_by_name_only(self):
        self.value("(none)", environment={"greeting": "hello"})
        self.value("hello", "--config-env", "greeting", environment={"greeting": "hello"})
        self.value("hello", "--config-env", "greeting=WORD", environment={"WORD": "hello"})

    def test_a_value_that_looks_like_a_reference_is_none(self):
        self.value("env:WORD", "--config", "greeting=env:WORD", environment={"WORD": "hello"})

    def test_a_variable_that_is_not_set_is_an_error(self):
        for text, message in (
                ("greeting=WORD", "'WORD' is not set in the environment: set it, or give a value with --config "
                                  "greeting=VALUE"),
                ("=WORD", "'=WORD' is not understood: write KEY=NAME, or KEY if the environment's variable is called "
                          "the same"),
                ("greeting=", "'greeting=' is not understood: write KEY=NAME, or KEY if the environment's variable is "
                              "called the same")):
            self.check_error(["run", "--config-env", text, PROBE], f"--config-env: {message}", USAGE)

    def test_a_file_of_lines(self):
        self.write("app.env", "# words\nexport greeting = \"hello, you\"\n")
        self.value("hello, you", "--backend", "config=file:app.env")

    def test_a_toml_file(self):
        self.write("app.toml", 'greeting = "hello"\ncount = 3\n')
        self.value("hello", "--backend", "config=file:app.toml")
        self.check(["run", "--backend", "config=file:app.toml", PROBE, "--", "config", "count"], out="3\n")

    def test_who_wins(self):
        self.write("app/app.env", "greeting=file\n")
        self.manifest('[run]\nbackends = ["config=file:app.env"]\n')
        self.value("file", source="app")

        self.manifest('[run]\nbackends = ["config=file:app.env"]\n[run.config]\ngreeting = "manifest"\n')
        self.value("manifest", source="app")
        self.value("flag", "--config", "greeting=flag", source="app")

        self.manifest('[run]\nconfig-env = ["greeting=WORD"]\n[run.config]\ngreeting = "manifest"\n')
        words = {"WORD": "environment", "OTHER": "other"}
        self.value("environment", source="app", environment=words)
        self.value("flag", "--config", "greeting=flag", source="app", environment=words)
        self.value("other", "--config", "greeting=flag", "--config-env", "greeting=OTHER", source="app",
                   environment=words)

    def test_what_is_wrong_is_said_without_the_value(self):
        self.write("app.env", "a=1\ngreeting: hunter2\n")
        self.check_error(["run", "--backend", "config=file:app.env", PROBE],
                         "app.env:2: a line without '=': write KEY=VALUE", USAGE)
        self.write("tables.toml", "[a]\nb = 1\n")
        self.check_error(["run", "--backend", "config=file:tables.toml", PROBE],
                         "tables.toml:1: 'a' must be a single value, not a table", USAGE)
        self.check_error(["run", "--backend", "config=file:none.env", PROBE],
                         "there is no configuration file 'none.env'", USAGE)
        self.check_error(["run", "--config-env", "greeting", PROBE],
                         "the configuration value of 'greeting' has 65537 bytes: at most 65536 are allowed", USAGE,
                         environment={"greeting": "x" * 65537})
        self.check_error(["run", "--config-env", "greeting", PROBE],
                         "the configuration value of 'greeting' is not UTF-8", USAGE,
                         environment={"greeting": b"\xff"})


if __name__ == "__main__":
    harness.main()
