# SPDX-License-Identifier: GPL-2.0
"""Ask rustc and rustdoc about the crate: its items, and which expressions are unsafe. Both are run as kbuild ran rustc.

rustc names each unsafe operation, nested or not, if a copy of the source has blanks in place of the word 'unsafe' of
every block: each operation is then an error with its place and the path of what it calls.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

from source_rust import blanked

# What rustc calls unsafe: where, and the path of the function that is called, or in words what else it is.
Operation = namedtuple("Operation", "path line column callee")
# The crates whose unsafe functions and traits the crate uses.
FOREIGN = "core", "pin_init", "kernel"
BLOCK = re.compile(r"\bunsafe\b(?=\s*\{)")
SAYS = re.compile(r"(?:call to unsafe function `(.*)`|(.*?)) is unsafe and requires unsafe")


class Refused(Exception):
    """rustdoc does not take the crate: with its words."""


class Build:
    """A build of the modules, of which kbuild has saved the commands."""

    def __init__(self, root):
        release = subprocess.run([root / "tools/kernel", "release"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        command = root / "build" / release / "rust/.lib.o.cmd"
        if not command.exists():
            sys.exit("review: the crate is not built: run 'make modules'")
        self.known = {}
        self.root = root
        self.folder = command.parents[1]
        self.args, self.environment = saved(command)
        self.environment["VMREMAP_BINDINGS"] = str(self.folder / "bindings/bindings_generated.rs")
        self.kernel = pathlib.Path(self.environment["OBJTREE"])

    def ask(self, files):
        """The JSON of the crate, unless rustdoc refuses it, its unsafe operations, and what rustc has against it. What was
        asked once is known."""
        key = tuple(sorted((path, text) for path, text in files.items() if path.startswith(("rust/", "bindings/"))))
        if key not in self.known:
            with concurrent.futures.ThreadPoolExecutor() as pool:
                document, (found, wrong) = pool.submit(self.items, files), self.operations(files)
                try:
                    self.known[key] = document.result(), found, wrong
                except Refused:
                    self.known[key] = None, found, wrong or ["rust/lib.rs:1: rustdoc does not take the crate"]
        return self.known[key]

    def items(self, files):
        """rustdoc's JSON of the crate, but for what it asserts of itself: rustdoc takes none of which that does not hold."""
        with copy(self.root, files | {"rust/assert.rs": "//! Not here."}) as folder:
            done = self.run("rustdoc", folder, "--output-format=json", "--document-private-items",
                            "--document-hidden-items", f"--output={folder}/doc")
            if done.returncode:
                raise Refused(done.stderr)
            said = pathlib.Path(folder, "doc/vmremap.json").read_text(encoding="utf-8")
            return json.loads(said.replace(f"{folder}/", ""))

    def operations(self, files):
        """Each unsafe operation of the crate, and what else rustc does not like."""
        blank = {path: without_blocks(text) for path, text in files.items() if path.startswith(("rust/", "bindings/"))}
        found, wrong = [], []
        for message, span in self.errors(files | blank):
            said = SAYS.match(message)
            if said:
                found.append(Operation(*span, re.sub(r"::<[^()]*?>(?=::|$)", "", said[1] or said[2])))
            else:
                wrong.append(f"{span[0]}:{span[1]}: rustc: {message}")
        return sorted(found), wrong

    def errors(self, files):
        """Each error that rustc has with these files, and where it is."""
        with copy(self.root, files) as folder:
            done = self.run("rustc", folder, f"--emit=metadata={folder}/lib.rmeta", "--error-format=json",
                            "--forbid=unsafe_op_in_unsafe_fn", "-Ztrim-diagnostic-paths=no")
            for line in done.stderr.splitlines():
                said = json.loads(line) if line.startswith("{") else {"level": "error", "message": line, "spans": []}
                if said["level"] == "error" and not said["message"].startswith("aborting"):
                    yield said["message"], next((place(span, folder) for span in said["spans"] if span["is_primary"]),
                                                ("rust/lib.rs", 1, 1))

    def run(self, program, folder, *args):
        crate = pathlib.Path(folder, "rust/lib.rs")
        return subprocess.run([program, *self.args, *args, crate], cwd=self.folder, env=os.environ | self.environment,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def foreign(self):
        """rustdoc's JSON of the other crates, by name: made once for a kernel."""
        folder = self.kernel.parent / "rustdoc"
        for crate in FOREIGN:
            if not (folder / f"{crate}.json").exists():
                args, environment = saved(self.kernel / f"rust/.{crate}.o.cmd")
                source = [word for word in shlex.split(command_of(self.kernel / f"rust/.{crate}.o.cmd"))
                          if word.endswith(".rs")][-1]
                with tempfile.TemporaryDirectory() as made:
                    subprocess.run(["rustdoc", *args, "--output-format=json", f"--output={made}", source],
                                   cwd=self.kernel, env=os.environ | environment, check=True)
                    folder.mkdir(exist_ok=True)
                    shutil.move(f"{made}/{crate}.json", folder / f"{crate}.new")
                    (folder / f"{crate}.new").rename(folder / f"{crate}.json")
        return {crate: json.loads((folder / f"{crate}.json").read_text(encoding="utf-8")) for crate in FOREIGN}


def without_blocks(text):
    """A text with blanks in place of the word 'unsafe' of each block."""
    blocks = {match.start() for match in BLOCK.finditer(blanked(text))}
    return re.sub(r"\bunsafe\b", lambda match: " " * len(match[0]) if match.start() in blocks else match[0], text)


def command_of(path):
    return path.read_text(encoding="utf-8").split("\n")[0].partition(" := ")[2].partition(";")[0]


def saved(path):
    """The arguments of a saved command that say what is compiled and how, but not what comes out; its environment."""
    words = shlex.split(command_of(path))
    at = next(at for at, word in enumerate(words) if re.search(r"\b(?:rustc|clippy-driver)$", word))
    environment = {"RUSTC_BOOTSTRAP": "1", **dict(word.split("=", 1) for word in words[:at] if "=" in word)}
    args, skip = [], False
    for word in words[at + 1:]:
        own = re.match(r"-W|-Dwarnings|--emit|-Zbinary_dep_depinfo|--out-dir|[^-].*\.rs$", word)
        if not own and not skip:
            args.append(word)
        skip = word == "--out-dir"
    return args, environment


def copy(root, files):
    """A folder with the crate as these files have it."""
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        if path.startswith(("rust/", "bindings/")):
            to = pathlib.Path(folder.name, path)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(text, encoding="utf-8")
    return folder


def place(span, folder):
    return span["file_name"].removeprefix(f"{folder}/"), span["line_start"], span["column_start"]
