"""What the command says about itself: help, completions, manual pages, docs/command.md. One source, no gaps."""

import os
import re
import shlex
import shutil
import subprocess
import time

import generators_test
import harness

DOCUMENT = harness.SOURCE / "docs/command.md"


def tool(test, name):
    """The path of a program that `./dev setup` installs."""
    path = shutil.which(name)
    if path is None:
        test.fail(f"{name} is not installed: run ./dev setup")
    return path


class DocumentationTest(harness.CommandTest):
    def commands(self, *above):
        """Names of all commands, from the help: ("bindgen", "host")."""
        text = self.capstan([*above, "--help"]).out
        listed = text[text.index("Subcommands:"):].splitlines()[1:] if "Subcommands:" in text else []
        found = []
        for line in listed:
            word = re.match(r"  (\S+)", line)
            if not word:
                break
            found.append((*above, word.group(1)))
            found += self.commands(*above, word.group(1))
        return found


class Help(DocumentationTest):
    def test_there_are_commands(self):
        found = self.commands()

        for command in (("new",), ("build",), ("bindgen", "host"), ("completion", "zsh"), ("man",)):
            self.assertIn(command, found)

    def test_every_command_has_examples_that_name_it(self):
        for command in self.commands():
            if self.commands(*command):
                continue  # its own commands have them
            with self.subTest(command):
                text = self.capstan([*command, "--help"]).out
                self.assertIn("Examples:\n", text)
                self.assertIn("  capstan " + " ".join(command), text[text.index("Examples:"):])

    def test_the_version_is_that_of_the_header(self):
        header = (harness.SOURCE / "src/capstan/base/version.h").read_text()
        version = ".".join(re.findall(r"#define CAPSTAN_VERSION_\w+ (\d+)", header))

        self.check(["--version"], out=f"capstan {version}\n")

    def test_an_unknown_command_is_refused_with_the_nearest(self):
        self.check_error(["biuld"], "there is no command 'biuld', did you mean 'build'? `capstan --help` lists them",
                         harness.USAGE)
        self.check_error(["telephone"], "there is no command 'telephone'; `capstan --help` lists them",
                         harness.USAGE)


class Bash(DocumentationTest):
    def setUp(self):
        super().setUp()
        self.write("completion", self.capstan(["completion", "bash"]).out)
        for name in ("a project/src/x", "app.wasm"):
            self.write(name, "")

    def complete(self, line):
        """What bash offers at the end of the line."""
        words = ["", *shlex.split(line)][1:] + ([""] if line.endswith(" ") else [])
        # What readline does with `=`.
        words = [part for word in words for part in re.split(r"(=)", word) if part or word == ""]
        script = ("source ./completion\ncomplete -p capstan >/dev/null || exit 1\n"
                  f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n"
                  "_capstan\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        finished = subprocess.run([tool(self, "bash"), "--norc", "-c", script], cwd=self.folder, check=True,
                                  capture_output=True, text=True)
        self.assertEqual(finished.stderr, "")
        return [word for word in finished.stdout.split("\n") if word]

    def test_commands(self):
        self.assertEqual(sorted(self.complete("capstan ")), sorted({first for first, *_ in self.commands()}))
        self.assertEqual(self.complete("capstan bui"), ["build"])
        self.assertEqual(self.complete("capstan bindgen "), ["host", "guest"])
        self.assertEqual(self.complete("capstan nonsense "), self.complete("capstan "))

    def test_options(self):
        self.assertEqual(self.complete("capstan componentize --ad"), ["--adapt", "--adapter"])
        self.assertEqual(self.complete("capstan --v"), ["--version"])
        self.assertEqual(self.complete("capstan build --adapt"), [])

    def test_values(self):
        adapters = ["auto", "command", "none", "proxy", "reactor"]
        self.assertEqual(self.complete("capstan componentize --adapt "), adapters)
        self.assertEqual(self.complete("capstan componentize --adapt=r"), ["reactor"])
        self.assertEqual(self.complete("capstan componentize --adapt="), adapters)
        self.assertEqual(self.complete("capstan build --log-level d"), ["debug"])
        self.assertEqual(self.complete("capstan new --lang "), ["cpp", "c"])
        self.assertEqual(self.complete("capstan new a"), ["adapter"])

    def test_files_and_folders(self):
        self.assertEqual(self.complete("capstan componentize app"), ["app.wasm"])
        self.assertEqual(self.complete("capstan build a"), ["a project"])
        self.assertEqual(self.complete("capstan componentize app.wasm -o a"), ["a project", "app.wasm"])

    def test_every_option_of_every_command(self):
        for command in self.commands():
            with self.subTest(command):
                text = self.capstan([*command, "--help"]).out
                options = re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE)
                self.assertIn("--help", options)
                offered = self.complete(f"capstan {' '.join(command)} --")
                self.assertEqual(set(options) - set(offered), set())


class OtherShells(DocumentationTest):
    def test_zsh_completes(self):
        zsh = tool(self, "zsh")
        self.write("functions/_capstan", self.capstan(["completion", "zsh"]).out)
        # A zsh in a terminal of its own, to which a person types.
        self.write("type.zsh", """
zmodload zsh/zpty
zpty shell zsh -f -i
type() { zpty -w -n shell "$1"; sleep 0.3; }
type $'PS1=; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; bindkey "^I" complete-word\\n'
type $'unsetopt zle_bracketed_paste; print READY\\n'
zpty -r -m shell said '*READY*READY*'
type $'capstan compon\\t'
type $'--adapt rea\\t'
zpty -r -m shell said '*--adapt*reactor*'
print -r -- "$said"
zpty -d shell
""")
        finished = subprocess.run([zsh, "-f", "type.zsh"], cwd=self.folder, capture_output=True, text=True,
                                  check=False, timeout=60, stdin=subprocess.DEVNULL)
        typed = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\x08]", "", finished.stdout)
        self.assertIn("componentize", typed, finished.stderr)
        self.assertIn("--adapt reactor", typed, finished.stderr)

    def test_fish_completes(self):
        fish = tool(self, "fish")
        self.write("completion.fish", self.capstan(["completion", "fish"]).out)
        self.write("app.wasm", "")

        def complete(line):
            finished = subprocess.run([fish, "--no-config", "-c", f"source completion.fish; complete -C '{line}'"],
                                      cwd=self.folder, check=True, capture_output=True, text=True,
                                      env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})
            self.assertEqual(finished.stderr, "")
            return [word.split("\t")[0] for word in finished.stdout.splitlines()]

        self.assertEqual(sorted(complete("capstan ")), sorted({first for first, *_ in self.commands()}))
        self.assertEqual(complete("capstan componentize --adapt "), ["auto", "command", "none", "proxy", "reactor"])
        self.assertEqual(complete("capstan bindgen guest --language "), ["c", "cpp"])
        self.assertEqual(complete("capstan componentize app"), ["app.wasm"])
        self.assertEqual(complete("capstan doctor --js"), ["--json", "--json-errors"])


class Manual(DocumentationTest):
    def test_there_is_a_page_for_every_command(self):
        self.check(["man", "--directory", "man1"])
        pages = set(os.listdir(self.folder / "man1"))

        self.assertEqual(pages, {"capstan.1"} | {"capstan-" + "-".join(command) + ".1"
                                                 for command in self.commands()})

    def test_pages_are_correct(self):
        self.check(["man", "--directory", "man1"])
        for page in sorted(os.listdir(self.folder / "man1")):
            finished = subprocess.run([tool(self, "mandoc"), "-T", "lint", "-W", "warning", f"man1/{page}"],
                                      cwd=self.folder, capture_output=True, text=True, check=False)
            # A date would make two builds of one version differ.
            said = [line for line in finished.stdout.splitlines() if "missing date" not in line]
            self.assertEqual(said, [])

    def test_a_page_has_options_and_examples(self):
        page = self.capstan(["man", "bindgen", "host"]).out
        text = subprocess.run([tool(self, "mandoc"), "-T", "utf8", "-O", "width=200"], input=page, text=True,
                              capture_output=True, check=True).stdout
        text = re.sub(".\b", "", text)

        self.assertIn("capstan-bindgen-host - write the C++ classes", text)
        self.assertIn("--async all|none|auto|INTERFACE,..", text)
        self.assertIn("capstan bindgen host wit --world host -o generated", text)

    def test_a_command_that_does_not_exist_has_none(self):
        self.check_error(["man", "bindgen", "guests"],
                         "there is no command 'bindgen guests'; `capstan --help` lists them", harness.USAGE)


class CommandDocument(DocumentationTest):
    """docs/command.md shows every command, and what it shows works."""

    def sections(self):
        """Heading to the lines of its first console block."""
        found = {}
        heading = None
        block = None
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                heading = line[3:].strip("`")
            elif line == "```console" and heading not in found:
                block = found.setdefault(heading, [])
            elif line.startswith("```"):
                block = None
            elif block is not None:
                block.append(line)
        return found

    def test_every_command_has_a_section(self):
        documented = set(self.sections())
        commands = {"capstan " + " ".join(command) for command in self.commands()
                    if not self.commands(*command)}
        commands -= {f"capstan completion {shell}" for shell in ("zsh", "fish")}

        self.assertEqual(commands - documented, set())

    def test_every_example_runs(self):
        for name in ("wit", "templates"):
            self.assertTrue((harness.SOURCE / name).is_dir())
        for heading, lines in self.sections().items():
            if not heading.startswith("capstan "):
                continue
            with self.subTest(heading):
                self.prepare()
                script = "set -eo pipefail\n" + "\n".join(line[2:] for line in lines if line.startswith("$ "))
                finished = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True,
                                          text=True, check=False, timeout=100, env=self.environment())
                self.assertEqual(finished.returncode, 0, script + "\n" + finished.stderr)
                shown = [line for line in lines if not line.startswith("$ ") and line != "..."]
                said = finished.stdout + finished.stderr
                for line in shown:
                    self.assertIn(line, said)

    def prepare(self):
        """The files that the examples name."""
        for entry in os.listdir(self.folder):
            path = self.folder / entry
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        (self.folder / "bin").mkdir()
        (self.folder / "bin/capstan").symlink_to(harness.COMMAND)
        shutil.copy(harness.HELLO_MODULE, self.folder / "tool.wasm")
        for name, text in (("app", generators_test.Compose.APP), ("number", generators_test.Compose.PROVIDER)):
            self.write(f"{name}.wat", text)
            subprocess.run([generators_test.BINDGEN, "wat", f"{name}.wat", "-o", f"{name}.wasm"], check=True,
                           cwd=self.folder)
        shutil.copytree(harness.GUESTS.parent / "examples/bundle-keyvalue/bundles", self.folder / "bundles")
        self.write("wit/world.wit", "package example:demo@0.1.0;\n\ninterface names { pick: func() -> string; }\n\n"
                   "world host { import names; export run: func(); }\n")

    def environment(self):
        return {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "XDG_CACHE_HOME": str(harness.CACHE),
                "HOME": str(self.folder)}


class Speed(DocumentationTest):
    def test_the_version_is_there_at_once(self):
        best = 1.0
        for _ in range(20):
            started = time.perf_counter()
            self.capstan(["--version"])
            best = min(best, time.perf_counter() - started)

        # The aim is 10 ms; the best of many runs on a busy machine, and Python's own part, are in here.
        self.assertLess(best, 0.05)


if __name__ == "__main__":
    harness.main()
