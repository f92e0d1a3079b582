# SPDX-License-Identifier: GPL-2.0
"""What a review is about: files, clauses, the places that name them, and what is wrong."""
import hashlib
import re
from collections import namedtuple
from dataclasses import dataclass, field

CONTRACT = "docs/contract.md"
# @kept are words; @how their first ones; @notes by name: "Assumes", "Else", "Shown by".
Clause = namedtuple("Clause", "name line statement kept how errno notes")
# A clause named somewhere, in a role: requires, checks, meets, guarantees, site, relies, breaks, test, proof, kernel.
Place = namedtuple("Place", "role clause symbol path line text", defaults=[""])
# An unsafe block or impl, with what its callees require and what its comment discharges, each with a reason.
Unsafe = namedtuple("Unsafe", "path line symbol callees required reasons")
# Behind an empty line: what begins at the margin, but no label or preprocessor's line that is in a function; in Rust
# also a function or a type in an impl or a module, with the comments and attributes above it.
BEGINS = {".rs": r"\n\n(?=\S| {4}(?:(?://|#\[).*\n {4})*(?:pub|(?:unsafe )?(?:fn|impl)|const [A-Z]\w*|macro_rules)\b)",
          "": r"\n\n(?=\S)(?!(?:[#\s].*\n|\w+:\n|\n)*\})"}
WHOLE = "verification/proofs/", "selftests/compile-fail/"


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def digest(text):
    """So many digits that nobody finds another text with the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass
class Review:
    files: dict  # by path: the text
    clauses: dict = field(default_factory=dict)
    constants: dict = field(default_factory=dict)  # of C: the clause that each stands for
    places: list = field(default_factory=list)
    unsafe: list = field(default_factory=list)
    abi: dict = field(default_factory=dict)  # of a function: the line in the header
    through: dict = field(default_factory=dict)  # of a function of the ABI: all functions that it uses
    through_tests: dict = field(default_factory=dict)  # of a test: the functions of the ABI that it is about
    bodies: dict = field(default_factory=dict)  # of a function of the ABI: itself, and what it uses in the same file
    invariants: dict = field(default_factory=dict)  # of a Rust type: in words
    operations: dict = field(default_factory=dict)  # of other crates: the clauses that answer for each
    obligations: dict = field(default_factory=dict)  # of the same: each point in its own words, and its clause
    boundary: dict = field(default_factory=dict)  # of a public item: rows of what can be done to it
    verdicts: dict = field(default_factory=dict)  # of a type of the crate kernel: rows of its safe methods
    behind: dict = field(default_factory=dict)  # of a hash in these rows: the names of the methods that it is of
    snapshot: str = ""  # of the API, as it is
    preface: str = ""
    argument: str = ""
    errors: list = field(default_factory=list)

    def error(self, path, line, what, when=True):
        self.errors += [f"{path}:{line}: {what}"] if when else []

    def known(self, path, line, names):
        """Those of the names that are clauses."""
        for name in names:
            self.error(path, line, f"{name} is no clause of {CONTRACT}", when=name not in self.clauses)
        return [name for name in names if name in self.clauses]

    def texts(self, *folders, suffix=""):
        return [(path, text) for path, text in self.files.items() if path.startswith(folders) and path.endswith(suffix)]

    def tests(self, clause=None):
        return self.of("breaks", clause) + self.of("test", clause)

    def of(self, role, clause=None, symbol=None):
        return [p for p in self.places if p.role == role and clause in (None, p.clause) and symbol in (None, p.symbol)]

    def parts(self, path):
        """The functions, tables and comments of a file, each with its first line's number; whole, a proof or a program that
        must not compile.
        """
        first, begins = 1, BEGINS[".rs" if path.endswith(".rs") else ""]
        for text in [self.files[path]] if path.startswith(WHOLE) else re.split(begins, self.files[path]):
            yield first, text
            first += text.count("\n") + 2

    def part(self, path, line):
        """The one of the parts that a line is in."""
        return max(part for part in self.parts(path) if part[0] <= line)
