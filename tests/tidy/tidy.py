"""The project's own rules, as far as a machine can check them.

Each rule is a generator that takes one file and yields (line, message). A message says what is wrong and
what to do instead. Run as a program, it prints every violation below a folder (default: this checkout).
"""

import os
import pathlib
import re
import subprocess
import sys

LINES_MAX = 800
COLUMNS_MAX = 100
BYTES_MAX = 512 * 1024

# Files that may have more than LINES_MAX lines, each for a reason.
LONG_FILES = {
    "engine/Cargo.lock",  # written by cargo
}

EXTENSIONS = {
    "", ".c", ".cc", ".cmake", ".go", ".h", ".in", ".js", ".json", ".lock", ".map", ".md", ".mod", ".py", ".rs",
    ".seed", ".sh", ".sum",
    ".toml", ".txt", ".wasm", ".wat", ".wit",
}
NAMES_WITHOUT_EXTENSION = {
    ".clang-format", ".clang-tidy", ".editorconfig", ".gitattributes", ".gitignore", ".gitignore.in",
    "LICENSE", "dev", "run",
}
SOURCES = {".c", ".cc", ".h"}
CODE = SOURCES | {".rs"}
LIMITED_LENGTH = CODE | {".py", ".sh", ".cmake"}
BINARY = {".wasm", ".seed"}

# Folders whose text is data of tests: compared, never edited or read as ours.
DATA_FOLDERS = ("tests/golden/", "tests/corpus/", "fuzz/corpus/")

# Which <capstan/...> headers each room may include; the first match of a file's path decides.
ROOMS = {
    "src/capstan/base/": ("capstan/base/",),
    "src/capstan/abi/": ("capstan/base/", "capstan/abi/", "capstan/engine.h"),
    "src/capstan/host/": ("capstan/base/", "capstan/abi/", "capstan/host/", "capstan/engine.h"),
    "src/capstan/bundle.h": ("capstan/interface.h",),
    "src/capstan/bundle/": ("capstan/base/", "capstan/abi/", "capstan/host/", "capstan/bundle/",
                            "capstan/bundle.h", "capstan/interface.h", "capstan/engine.h",
                            "capstan/toolchain.h"),
    "src/capstan/keyfiles/": ("capstan/keyfiles/", "capstan/base/descriptor.h"),
    "src/capstan/capability/": ("capstan/base/", "capstan/abi/", "capstan/host/", "capstan/capability/",
                                "capstan/keyfiles/"),
    "src/capstan/backend/": ("capstan/base/", "capstan/capability/", "capstan/backend/"),
    "src/capstan/platform/": ("capstan/base/", "capstan/host/", "capstan/bundle/", "capstan/capability/",
                              "capstan/platform/", "capstan/toolchain.h"),
    "src/capstan/cli/": ("capstan/base/", "capstan/host/", "capstan/bundle/", "capstan/platform/",
                         "capstan/cli/", "capstan/toolchain.h"),
    "codegen/": ("capstan/base/", "capstan/codegen/", "capstan/toolchain.h"),
}


def word(*parts):
    """Joins the parts of a banned word, so that this file does not contain it."""
    return re.escape("".join(parts))


MACHINE_PATH = re.compile(r"(?<![\w.$})>@-])/(?:" + "|".join(["wo" + "rk", "ro" + "ot"]) + r")(?![\w-])"
                          r"|(?<![\w.$}])/(?:home|Users)/[a-z]")
REGISTRY_HOST = re.compile("|".join([
    word("crates", ".io"), word("pypi", ".org"), word("python", "hosted.org"), word("npmjs", ".org"),
    word("npmjs", ".com"), word("proxy.", "golang.org"), word("repo.maven", ".apache.org"),
    word("deb.", "debian.org"), word("archive.", "ubuntu.com"),
]), re.IGNORECASE)
FIX_LATER = re.compile(r"\b" + word("FIX", "ME") + r"\b|\b" + word("XX", "X") + r"\b")
REMINDER = re.compile(r"\b" + word("TO", "DO") + r"\b(\([a-z]+\))?")
REMINDER_KINDS = {"(perf)", "(port)", "(test)", "(someday)"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')
DEBUG_PRINT = re.compile(r"\bstd::c(?:out|err)\b|(?<![\w:.])(?:std::)?printf\s*\(")
THIRD_PARTY = re.compile(r"^(?:fmt|nlohmann|gtest|gmock|wasmtime|wasm)(?:/|\.h)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)")


class File:
    """One file of the project, read once."""

    def __init__(self, root, path):
        self.root = pathlib.Path(root)
        self.path = path
        self.full = self.root / path
        self.name = self.full.name
        self.extension = "" if self.name.startswith(".") else self.full.suffix
        self.size = self.full.stat().st_size
        self.executable = os.access(self.full, os.X_OK)
        data = self.full.read_bytes()
        self.text = data.decode("utf-8", errors="replace")
        self.lines = self.text.split("\n")
        self.is_data = path.startswith(DATA_FOLDERS)


def banned_words(file):
    if file.extension in BINARY:
        return
    for number, line in enumerate(file.lines, 1):
        if MACHINE_PATH.search(line):
            yield number, "path of one machine: use a path relative to the checkout or a variable"
        # Cargo writes its registry's name into the lock file.
        if file.name != "Cargo.lock" and REGISTRY_HOST.search(line):
            yield number, "name of a registry's host: say \"the Rust registry\" and so on"
        if file.is_data:
            continue
        if FIX_LATER.search(line):
            yield number, "reminder of unfinished work: finish it, or open an issue"
        for reminder in REMINDER.finditer(line):
            if file.extension in CODE and reminder.group(1) not in REMINDER_KINDS:
                yield number, "reminder without a kind: one of " + " ".join(sorted(REMINDER_KINDS))


def layout(file):
    if file.is_data:
        return
    if file.extension in LIMITED_LENGTH and file.path not in LONG_FILES:
        if len(file.lines) - 1 > LINES_MAX:
            yield LINES_MAX + 1, f"more than {LINES_MAX} lines: split it, or add it to LONG_FILES"
    for number, line in enumerate(file.lines, 1):
        if file.extension in SOURCES and "\t" in line:
            yield number, "tab: use spaces"
        if file.extension in CODE and len(line) > COLUMNS_MAX:
            yield number, f"line of {len(line)} columns: at most {COLUMNS_MAX}"
        if file.extension in CODE | {".py", ".sh", ".cmake"} and line != line.rstrip():
            yield number, "space at the end of the line: remove it"


def kind_of_file(file):
    if file.extension not in EXTENSIONS:
        yield 0, f"unexpected extension \"{file.extension}\": is the file meant to be here? see EXTENSIONS"
    elif file.extension == "" and file.name not in NAMES_WITHOUT_EXTENSION and not file.is_data:
        yield 0, "file without extension: give it one, or add it to NAMES_WITHOUT_EXTENSION"
    if file.size > BYTES_MAX:
        yield 0, f"{file.size} bytes: at most {BYTES_MAX}; make it in the build instead"
    if file.executable and not file.text.startswith("#!"):
        yield 0, "executable without #!: chmod -x"
    if file.executable and file.extension not in {"", ".sh", ".py"}:
        yield 0, "executable that is no script: chmod -x"


def rooms(file):
    if file.extension not in SOURCES:
        return
    room = next((room for room in ROOMS if file.path.startswith(room)), None)
    in_library = file.path.startswith("src/capstan/")
    testing = re.search(r"_(?:test|testing)\.", file.name)
    for number, line in enumerate(file.lines, 1):
        include = INCLUDE.match(line)
        if include:
            header = include.group(1)
            if room and header.startswith("capstan/") and not header.startswith(ROOMS[room]):
                yield number, f"{room} may not include <{header}>: see \"Rooms\" in STYLE.md"
            if in_library and header.startswith(".."):
                yield number, "relative include: write <capstan/...>"
            if in_library and file.extension == ".h" and not testing and THIRD_PARTY.match(header):
                yield number, f"public header includes <{header}>: move it to the .cc file"
        if in_library and not testing and DEBUG_PRINT.search(line):
            yield number, "printing in the library: return an error, or use the log"


def heading_anchors(text):
    """GitHub's anchors of the headings of a markdown text."""
    anchors = set()
    for heading in re.findall(r"^#+\s+(.*)$", text, re.MULTILINE):
        anchors.add(re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-"))
    return anchors


def links(file):
    if file.extension != ".md" or file.is_data:
        return
    fenced = False
    for number, line in enumerate(file.lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            found = file.full.parent / path if path else file.full
            if not found.exists():
                yield number, f"link to \"{target}\": there is no such file"
            elif anchor and found.suffix == ".md":
                if anchor not in heading_anchors(found.read_text(encoding="utf-8")):
                    yield number, f"link to \"{target}\": there is no such heading"


SNIPPET = re.compile(r"<!-- snippet: ([^\s#]+)(?:#(\S+))? -->")


def snippet_of(full, name):
    """The text between `snippet: NAME` and `end snippet` in a file, or the whole file; None if missing."""
    if not full.is_file():
        return None
    lines = full.read_text(encoding="utf-8").splitlines()
    if name is None:
        return lines
    begin = next((i for i, line in enumerate(lines) if line.endswith(f"snippet: {name}")), None)
    if begin is None:
        return None
    end = next((i for i in range(begin, len(lines)) if lines[i].endswith("end snippet")), len(lines))
    return lines[begin + 1:end]


def snippets(file):
    """Code in a text is quoted from a file that is compiled: the block after the marker must equal it."""
    if file.extension != ".md" or file.is_data:
        return
    for number, line in enumerate(file.lines, 1):
        marker = SNIPPET.fullmatch(line.strip())
        if not marker:
            continue
        source = snippet_of(file.root / marker.group(1), marker.group(2))
        if source is None:
            yield number, f"snippet \"{marker.group(1)}\": no such file, or no such marker in it"
            continue
        block = file.lines[number + 1:]
        end = next((i for i, text in enumerate(block) if text.startswith("```")), len(block))
        if not file.lines[number].startswith("```") or block[:end] != source:
            yield number, f"snippet differs from \"{marker.group(1)}\": copy the code again"


RULES = (banned_words, layout, kind_of_file, rooms, links, snippets)


def versions(root):
    """The version is written twice, for C++ and for cargo; both must agree."""
    header = root / "src/capstan/base/version.h"
    manifest = root / "engine/Cargo.toml"
    if not header.exists() or not manifest.exists():
        return
    numbers = re.findall(r"^#define CAPSTAN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$",
                         header.read_text(encoding="utf-8"), re.MULTILINE)
    cargo = re.search(r'^version = "([^"]+)"', manifest.read_text(encoding="utf-8"), re.MULTILINE)
    if cargo and cargo.group(1) != ".".join(numbers):
        yield f"engine/Cargo.toml: version {cargo.group(1)}, but version.h says {'.'.join(numbers)}"


def project_files(root):
    """Paths of the files that belong to the project: what git knows or would add; else all of them."""
    root = pathlib.Path(root)
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
        paths = {path for path in listed if path}
    else:
        paths = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return sorted(path for path in paths if (root / path).is_file())


def violations(root):
    """All violations below `root`, as lines "path:line: message"."""
    root = pathlib.Path(root)
    found = []
    for path in project_files(root):
        file = File(root, path)
        for rule in RULES:
            found += [f"{path}:{number}: {message}" for number, message in rule(file)]
    return found + list(versions(root))


def checkout():
    return pathlib.Path(__file__).resolve().parents[2]


if __name__ == "__main__":
    problems = violations(sys.argv[1] if len(sys.argv) > 1 else checkout())
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
