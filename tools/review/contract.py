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
    lines = (root / PATH).read_text(encoding="utf-8").split("\n")
    clause = item = None
    operations = {}
    for number, line in enumerate(lines, 1):
        heading = re.match(r"(#+) (.*)", line)
        if heading:
            name = re.fullmatch(r"`(\w+)`", heading[2])
            clause = item = None
            if name and len(heading[1]) == 3:
                clause = Clause(name[1], number, "", [], {})
                if name[1] in review.clauses:
                    review.error(PATH, number, f"{name[1]} is defined twice")
                review.clauses[name[1]] = clause
            continue
        row = re.match(r"\| (`.*?) \|.*\| (.*) \|$", line)
        if row and not clause:
            for operation in re.findall(r"`([^`]+)`", row[1]):
                operations[operation] = set(re.findall(r"`(\w+)`", row[2]))
        if clause and line.strip():
            bullet = re.match(r"- \*\*(.+?)\*\*: (.*)", line)
            if bullet:
                item = bullet[1]
                add(review, clause, item, bullet[2], number)
            elif item:
                extend(clause, item, line.strip())
            else:
                clause.statement = f"{clause.statement} {line}".strip()
    for clause in review.clauses.values():
        if not clause.kept:
            review.error(PATH, clause.line, f"{clause.name} does not say who keeps it")
        if not clause.statement:
            review.error(PATH, clause.line, f"{clause.name} says nothing")
    text = "\n".join(lines)
    start = text.find("## Why ")
    review.argument = text[start:] if start >= 0 else ""
    review.preface = text[text.find("## Words"):text.find("## Clauses")]
    if not review.argument:
        review.error(PATH, 1, "the soundness argument ('## Why ...') is missing")
    for number, line in enumerate(lines, 1):
        for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", line):
            if name not in review.clauses and name not in ("VmaNew", "VmaDesc", "SysMem", "FromBytes", "IntoBytes", "UnsafeCell"):
                review.error(PATH, number, f"{name} is no clause")
    return operations


def items(text):
    """The items of the lists in a text, each as one line."""
    found = []
    for line in text.split("\n"):
        if re.match(r"(\d+\.|-) ", line):
            found.append(line)
        elif found and line.startswith("  "):
            found[-1] += " " + line.strip()
    return found


def add(review, clause, item, text, number):
    if item != "Kept by":
        clause.notes[item] = text
        return
    how = re.match(r"\w+", text)[0]
    if how not in HOW:
        review.error(PATH, number, f"{clause.name} is kept by '{how}', which is none of {', '.join(HOW)}")
    errno = re.match(r"checked, `(E\w+)`", text)
    if how == "checked" and not errno:
        review.error(PATH, number, f"{clause.name} is checked, with no errno")
    clause.kept.append((how, errno[1] if errno else "", text))


def extend(clause, item, text):
    if item == "Kept by":
        how, errno, words = clause.kept[-1]
        clause.kept[-1] = how, errno, f"{words} {text}"
    else:
        clause.notes[item] += " " + text
