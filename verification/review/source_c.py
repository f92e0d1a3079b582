# SPDX-License-Identifier: GPL-2.0
"""Read the C side: contracts in kernel-doc, where clauses are checked, and who calls whom."""
import re
from collections import Counter

import clang_c
from model import CONTRACT, Place, line_of

ROLES = "requires", "checks", "meets", "guarantees"
TABLE, HEADER = "c/reject.c", "c/vmremap.h"
# What c/ exports to modules of vmremap's own, which are not drivers.
INTERNAL = {"vmremap_index_walk"}
# The contract's errnos are said again in these tables, each in the order of precedence.
TABLES = {TABLE: r'\[VMREMAP_\w+\] = \{ "(?P<name>\w+)", -(?P<errno>E\w+) \}',
          HEADER: r"^ \*\t%-(?P<errno>E\w+)\s+(?P<name>\w+)\s",
          "docs/guide.md": r"^\| `(?P<errno>E[A-Z]+)` \| `?(?P<name>\w+)`? \|"}
# What a function that is given one relies on: one of these.
TAKES = {"vmremap_area": {"ReferenceHeld", "ReferenceOwned"}, "vm_area_struct": {"VmaInit"}, "vm_area_desc": {"VmaInit"}}
# Whoever owns a reference holds it, and whoever holds one has an area that stays.
GIVES = ("ReferenceOwned", "ReferenceHeld"), ("ReferenceHeld", "AreaOutlives")


class Definition:
    """A function, or a struct of function pointers."""

    def __init__(self, path, text, declared, review):
        self.path, self.name, self.line = path, declared.name, line_of(text, declared.start)
        self.static = declared.tokens[0].text == "static" or declared.kind == "table"
        self.head = clang_c.code(text, declared.start, declared.inside)
        self.body = clang_c.code(text, declared.inside, declared.last)
        self.sites = [(review.constants[match[1]], line_of(text, declared.inside + match.start()))
                      for match in re.finditer(r"(?<![=!]= )\b(VMREMAP_\w+)\b", self.body)
                      if match[1] in review.constants and path != TABLE]
        self.uses = []  # of Definition


def read(review):
    entries = re.findall(r'\[(VMREMAP_\w+)\] = \{ "(\w+)"', review.files[TABLE])
    review.constants = {constant: name for constant, name in entries if name in review.clauses}
    defined, known = [], {}
    for path, text in review.texts("c/"):
        found = contracts(path, text, review)
        known.update({(name, path): entry for name, entry in found.items()})
        declared = clang_c.declarations(text)
        here = [Definition(path, text, d, review) for d in declared
                if d.kind == "function" or d.kind == "table" and "const" in (token.text for token in d.tokens)]
        if path == HEADER:
            review.abi = {d.name: line_of(text, d.start) for d in declared}
            for name in review.abi.keys() - found:
                review.error(path, review.abi[name], f"{name}() has no contract")
        for name in found.keys() - {d.name for d in here} - review.abi.keys():
            review.error(path, found[name][1], f"the contract of {name}(), which is not declared or defined here")
        defined += here
    for definition in defined:
        entries = known.get((definition.name, HEADER)), known.get((definition.name, definition.path)), (None, 0)
        definition.contract, definition.contract_line = next(filter(None, entries))
    for (name, path), (contract, line) in sorted(known.items()):
        review.places += [Place(role, clause, name, path, line) for role in ROLES for clause in sorted(contract[role])]
    review.places += [Place("site", clause, d.name, d.path, line) for d in defined for clause, line in d.sites]
    link(defined)
    review.through = {d.name: {used.name for used in reach(d)} for d in defined if d.name in review.abi}
    review.bodies = {d.name: [Place("uses", "", used.name, used.path, used.line) for used in reach(d) if used is d or
                              used.path == d.path and used.name not in review.abi] for d in defined if d.name in review.abi}
    check_tables(review)
    checks = {d.name for d in defined if "enum vmremap_clause " in d.head} | {"vmremap_reject"}
    for definition in defined:
        check_answers(definition, checks, review)
        if definition.contract:
            check_contract(definition, review)
        elif not definition.static and definition.name not in review.abi:
            review.error(definition.path, definition.line, f"{definition.name}() has no contract")
    for path, text in review.texts("c/"):
        for match in re.finditer(r"^EXPORT_SYMBOL\w*\((\w+)", text, flags=re.M):
            review.error(path, line_of(text, match.start()), f"{match[1]}() is exported, but not in {HEADER}: it has "
                                                             "no contract", when=match[1] not in {*review.abi, *INTERNAL})


def contracts(path, text, review):
    """The contract in each kernel-doc comment, with its line, by the name that the comment begins with."""
    found = {}
    for match in re.finditer(r"/\*\*\n \* (\w+) - (?:(?!\*/)(?s:.))*?\n \* Contract:((?:.*\n)(?: \*\t.*\n)*)", text):
        line = line_of(text, match.start(2))
        found[match[1]] = parse(path, line, match[1], " ".join(match[2].replace("\n *\t", " ").split()), review), line
    lines = {line for _, line in found.values()}
    for match in re.finditer(r"^[ \t/*]*Contracts?:", text, flags=re.M):
        line = line_of(text, match.start())
        review.error(path, line, "a contract that is not the only one in the kernel-doc of a function",
                     when=line not in lines)
    return found


def parse(path, line, function, words, review):
    """By role, how often a contract names each clause: a number behind a name, or else once."""
    contract = {role: {} for role in ROLES}
    for role, _, names in (part.partition(" ") for part in words.removesuffix(".").split("; ")):
        review.error(path, line, f"'{role}' in the contract of {function}() is none of {', '.join(ROLES)}, each once",
                     when=role not in ROLES or contract[role])
        named = contract.setdefault(role, {})
        for item in names.split(", ") if names != "nothing" else ():
            name, times = re.fullmatch(r"(.*?)(?: \((\d+)\))?", item).groups()
            review.error(path, line, f"{function}() {role} {name} twice", when=name in named)
            review.error(path, line, f"{function}() {role} {name}, which {CONTRACT} does not define",
                         when=name not in review.clauses)
            named |= {name: int(times or 1)} if name in review.clauses else {}
    return contract


def link(defined):
    for definition in defined:
        words = set(re.findall(r"\b[a-z_]\w*\b", definition.body))
        # A table is used by whoever sets it, not by whoever compares with it.
        words -= {word for word in re.findall(r"\b\w+_ops\b", definition.body)
                  if not re.search(rf"(?<![=!])= &{word}\b", definition.body)}
        used = [d for d in defined if d.name in words and d is not definition]
        here = {d.name for d in defined if d.path == definition.path}
        definition.uses = [d for d in used if d.path == definition.path or d.name not in here and (
            not d.static or d.path.endswith(".h"))]


def reach(definition, stop=lambda d: False):
    """The definitions that one uses, itself included, but not what those that @stop names use."""
    found = [definition]
    for one in found:
        if one is definition or not stop(one):
            found += [used for used in one.uses if used not in found]
    return found


def check_tables(review):
    wanted = [(name, clause.errno) for name, clause in review.clauses.items() if "checked" in clause.how]
    for path, pattern in TABLES.items():
        text = review.files.get(path, "")
        rows = [(row["name"], row["errno"], row.start()) for row in re.finditer(pattern, text, flags=re.M)]
        for name, errno, at in rows:
            review.error(path, line_of(text, at), f"{name} is {errno}, which is not in {CONTRACT}",
                         when=(name, errno) not in wanted)
        review.error(path, 1, f"its table of errnos is not that of {CONTRACT}, in its order",
                     when=[row[:2] for row in rows] != wanted)


def check_answers(definition, checks, review):
    """What a check answers is looked at: no call of one is a statement, none is overwritten, and the last is given on."""
    where = definition.path, definition.line
    for match in re.finditer(r"(?:[;{})]|\belse)\s*(?:\(void\)\s*)?(\w+)\(", definition.body):
        review.error(*where, f"{definition.name}() does not look at what {match[1]}() says", when=match[1] in checks)
    *answers, last = definition.body.split("clause = ")
    review.error(*where, f"{definition.name}() does not look at the clause that fails",
                 when=answers and not re.search(r"return clause\b|reject\(clause\b", last) or
                 any(answer.startswith("vmremap_check_") and not re.search(r"\bclause\b", answer) for answer in answers))


def check_contract(definition, review):
    name, contract = definition.name, definition.contract
    where, at = (definition.path, definition.line), ""
    theirs = {clause for clause in review.clauses if "caller" in review.clauses[clause].how}
    if name in review.abi:
        where, at = (HEADER, definition.contract_line), f" (defined in {definition.path}:{definition.line})"
        for clause in sorted(contract["requires"].keys() - theirs):
            review.error(*where, f"{name}() requires {clause}, which by {CONTRACT} is not the caller's to keep")
        for word in TAKES.keys() & re.findall(r"\w+", definition.head.partition("(")[2]):
            review.error(*where, f"{name}() is given a {word}, but does not require {' or '.join(sorted(TAKES[word]))}",
                         when=not TAKES[word] & contract["requires"].keys())

    # Its own code: what it uses, down to what has a contract of its own.
    own = reach(definition, lambda d: d.contract)
    callees = {d.name: d.contract for d in own if d.contract and d.name != name}
    own = [d for d in own if d.name not in callees]
    times = Counter(clause for d in own for clause, _ in d.sites)
    for word in re.findall(r"\b\w+\b", " ".join(d.body for d in own)):
        times.update(callees[word]["checks"].keys() if word in callees else ())

    said = contract["checks"] | contract["meets"]
    for clause in sorted(times.keys() | said.keys()):
        if clause not in said:
            review.error(*where, f"{name}() checks {clause}, which its contract does not say{at}")
        elif times[clause]:
            review.error(*where, f"{name}() says that it checks {clause} at {said[clause]} places, "
                                 f"but it does at {times[clause]}{at}", when=times[clause] != said[clause])
        elif not any(clause in callee["meets"] for callee in callees.values()):
            review.error(*where, f"{name}() says that it checks {clause}, but nothing there does{at}")
    for clause in sorted(contract["checks"].keys() & contract["meets"]):
        review.error(*where, f"{name}() both checks and meets {clause}")

    # What is the caller's to keep is no less so where some of it can be checked.
    have = (said.keys() - theirs).union(contract["requires"], contract["guarantees"])
    have = have.union(*(callee["guarantees"] for callee in callees.values()))
    for clause, follows in GIVES:
        have |= {follows} if clause in have else set()
    for callee in callees:
        for clause in sorted(callees[callee]["requires"].keys() - have):
            review.error(*where, f"{name}() calls {callee}(), which requires {clause}{at}")
