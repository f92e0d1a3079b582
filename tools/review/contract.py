# SPDX-License-Identifier: GPL-2.0
"""Read docs/contract.md: the clauses, what the kernel crate asks for, and the soundness argument.

By hand, because what a heading, a list or a table means there is the contract's own.
"""
import re

from model import Clause

PATH = "docs/contract.md"
HOW = "checked", "caller", "construction", "refcount", "type", "build"


def read(root, review):
    """Fill in the clauses; return which clauses answer for each unsafe operation of the kernel crate."""
    text = (root / PATH).read_text(encoding="utf-8")
    for section in re.finditer(r"^### `(\w+)`\n((?:(?!#).*\n)*)", text, flags=re.MULTILINE):
        statement, *bullets = (" ".join(part.split()) for part in re.split(r"\n(?=- \*\*)", section[2]))
        clause = Clause(section[1], text.count("\n", 0, section.start()) + 1, statement, [], {})
        if clause.name in review.clauses:
            review.error(PATH, clause.line, f"{clause.name} is defined twice")
        review.clauses[clause.name] = clause
        for what, words in (re.match(r"- \*\*(.+?)\*\*: (.*)", bullet).groups() for bullet in bullets):
            if what == "Kept by":
                keep(review, clause, words)
            else:
                clause.notes[what] = words
    for clause in review.clauses.values():
        if not clause.kept:
            review.error(PATH, clause.line, f"{clause.name} does not say who keeps it")
        if not clause.statement:
            review.error(PATH, clause.line, f"{clause.name} says nothing")
    start = text.find("## Why ")
    review.argument = text[start:] if start >= 0 else ""
    review.preface = text[text.find("## Words"):text.find("## Clauses")]
    if not review.argument:
        review.error(PATH, 1, "the soundness argument ('## Why ...') is missing")
    for number, line in enumerate(text.split("\n"), 1):
        for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", line):
            if name not in review.clauses and name not in ("VmaNew", "VmaDesc", "SysMem", "FromBytes", "IntoBytes", "UnsafeCell"):
                review.error(PATH, number, f"{name} is no clause")
    return {operation: set(re.findall(r"`(\w+)`", clauses))
            for names, clauses in re.findall(r"^\| (`.*?) \|.*\| (.*) \|$", text, flags=re.MULTILINE)
            for operation in re.findall(r"`([^`]+)`", names)}


def items(text):
    """The items of the lists in a text, each as one line."""
    found = []
    for line in text.split("\n"):
        if re.match(r"(\d+\.|-) ", line):
            found.append(line)
        elif found and line.startswith("  "):
            found[-1] += " " + line.strip()
    return found


def keep(review, clause, words):
    how = re.match(r"\w+", words)[0]
    if how not in HOW:
        review.error(PATH, clause.line, f"{clause.name} is kept by '{how}', which is none of {', '.join(HOW)}")
    errno = re.match(r"checked, `(E\w+)`", words)
    if how == "checked" and not errno:
        review.error(PATH, clause.line, f"{clause.name} is checked, with no errno")
    clause.kept.append((how, errno[1] if errno else "", words))
