# SPDX-License-Identifier: GPL-2.0
"""What a review is about: clauses, the places that name them, and what is wrong."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """A clause named somewhere, and in which role: requires, checks, meets, guarantees, site, relies,
    breaks, test or proof."""

    role: str
    clause: str
    symbol: str
    path: str
    line: int
    text: str = ""

    def where(self):
        return f"{self.path}:{self.line}"


@dataclass
class Clause:
    name: str
    line: int
    statement: str
    kept: list  # of (how, errno or "", in words)
    notes: dict  # "Assumes", "Else", "Shown by"

    @property
    def checked(self):
        return any(how == "checked" for how, _, _ in self.kept)

    @property
    def by_caller(self):
        return any(how == "caller" for how, _, _ in self.kept)

    @property
    def errno(self):
        return next((errno for how, errno, _ in self.kept if errno), "")


@dataclass
class Unsafe:
    """An unsafe block, function or impl, with what its callee requires and what its comment discharges."""

    path: str
    line: int
    symbol: str
    callees: list
    required: set
    reasons: dict


@dataclass
class Review:
    clauses: dict = field(default_factory=dict)
    places: list = field(default_factory=list)
    unsafe: list = field(default_factory=list)
    abi: dict = field(default_factory=dict)
    through: dict = field(default_factory=dict)  # of a function of the ABI: all functions that it uses
    through_tests: dict = field(default_factory=dict)  # of a test: the functions of the ABI that it is about
    defined: dict = field(default_factory=dict)  # of a function in C: where
    invariants: dict = field(default_factory=dict)  # of a Rust type: in words
    operations: dict = field(default_factory=dict)  # of the kernel crate: the clauses that answer for each
    kernel: dict = field(default_factory=dict)  # by place: the source of what is assumed of the kernel
    preface: str = ""
    argument: str = ""
    summary: str = ""
    errors: list = field(default_factory=list)

    def error(self, path, line, what):
        self.errors.append(f"{path}:{line}: {what}")

    def tests(self, clause=None):
        return self.of("breaks", clause) + self.of("test", clause)

    def of(self, role, clause=None, symbol=None):
        return [p for p in self.places if p.role == role and clause in (None, p.clause) and symbol in (None, p.symbol)]
