# SPDX-License-Identifier: GPL-2.0
"""Read the C side: contracts in kernel-doc, where clauses are checked, and who calls whom."""
import re
from collections import Counter
from dataclasses import dataclass, field

import clang_c
from model import Place

ROLES = "requires", "checks", "meets", "guarantees"
TABLE = "c/reject.c"
HEADER = "c/vmremap.h"


@dataclass
class Definition:
    """A function, or a struct of function pointers."""

    path: str
    name: str
    line: int
    static: bool
    head: str
    body: str
    body_line: int
    contract: dict = None
    contract_line: int = 0
    sites: list = field(default_factory=list)  # of (clause, line)
    uses: list = field(default_factory=list)  # of Definition


def contracts(path, text, review):
    """The contract in each kernel-doc comment of @text, by the name that the comment begins with."""
    found, lines = {}, set()
    for comment in re.finditer(r"/\*\*\n \* (\w+) - .*?\*/", text, flags=re.DOTALL):
        line = text.count("\n", 0, comment.start()) + 1
        section = re.search(r"^ \* Contract:((?:.*\n)(?: \*\t.*\n)*)", comment[0], flags=re.MULTILINE)
        if section:
            line += comment[0].count("\n", 0, section.start())
            lines.add(line)
            words = " ".join(re.sub(r"^ \*", "", part).strip() for part in section[1].split("\n"))
            found[comment[1]] = parse(path, line, comment[1], words, review), line
    for number, words in enumerate(text.split("\n"), 1):
        if re.match(r"[\s/*]*Contracts?:", words) and number not in lines:
            review.error(path, number, "a contract that is not the only one in the kernel-doc of a function")
    return found


def parse(path, line, function, words, review):
    """By role, how often a contract names each clause: a number behind a name, or else once."""
    contract = {role: {} for role in ROLES}
    for part in filter(None, (p.strip() for p in words.rstrip(" .").split(";"))):
        role, _, names = part.partition(" ")
        if role not in ROLES or contract[role]:
            review.error(path, line, f"'{role}' in the contract of {function}() is none of {', '.join(ROLES)}, each once")
            continue
        for item in () if names == "nothing" else re.split(r",\s+", names):
            name, times = re.fullmatch(r"(.*?)(?: \((\d+)\))?", item).groups()
            if name not in review.clauses:
                review.error(path, line, f"{function}() {role} {name}, which docs/contract.md does not define")
            elif name in contract[role]:
                review.error(path, line, f"{function}() {role} {name} twice")
            else:
                contract[role][name] = int(times or 1)
    return contract


def definitions(path, text):
    """The functions and operation tables of a file."""
    for found in clang_c.declarations(text):
        if found.kind == "function" or found.kind == "table" and "const" in (token.text for token in found.tokens):
            yield Definition(path, found.name, line_of(text, found.start), found.tokens[0].text == "static" or found.kind == "table",
                             clang_c.code(text, found.start, found.inside), clang_c.code(text, found.inside, found.last),
                             line_of(text, found.inside))


def line_of(text, place):
    return text.count("\n", 0, place) + 1


def read(root, review):
    files = {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in sorted((root / "c").glob("*.[ch]"))}
    errnos = read_table(files, review)
    constants = {constant: name for name, (constant, _) in errnos.items()}

    defined, known = [], {}
    for path, text in files.items():
        found = contracts(path, text, review)
        known.update({name: (path, *entry) for name, entry in found.items()})
        here = list(definitions(path, text))
        for name in found.keys() - {d.name for d in here} if path != HEADER else ():
            review.error(path, found[name][1], f"the contract of {name}(), which is not defined here")
        for definition in here:
            defined.append(definition)
            if definition.name in found:
                definition.contract, definition.contract_line = found[definition.name]
            if path != TABLE:
                add_sites(definition, constants)

    read_abi(files, known, defined, review)
    compare_readme(root, review)
    link(defined)
    review.through = {d.name: {u.name for u in reach(d)} for d in defined if d.name in review.abi}
    review.defined = {d.name: (d.path, d.line) for d in reversed(defined)}
    report_places(defined, known, review)
    check(defined, review)
    return files


def add_sites(definition, constants):
    for number, code in enumerate(definition.body.split("\n"), definition.body_line):
        for constant in re.findall(r"(?<![=!]= )\b(VMREMAP_\w+)\b", code):
            if constant in constants:
                definition.sites.append((constants[constant], number))


def read_table(files, review):
    """The names and errnos of the checked clauses, which the contract and the head of the header say again."""
    errnos = {}
    for number, line in enumerate(files[TABLE].split("\n"), 1):
        entry = re.search(r'\[(VMREMAP_\w+)\] = \{ "(\w+)", -(E\w+) \}', line)
        if entry:
            errnos[entry[2]] = entry[1], entry[3]
            clause = review.clauses.get(entry[2])
            if not clause or not clause.checked:
                review.error(TABLE, number, f"{entry[2]} is no checked clause of docs/contract.md")
            elif clause.errno != entry[3]:
                review.error(TABLE, number, f"{entry[2]} is {entry[3]}, but {clause.errno} in docs/contract.md")
    head = files[HEADER].split("*/", 2)[1]
    said = {name: errno for errno, name in re.findall(r"%-(E\w+)\s+(\w+)\s", head)}
    for name, clause in review.clauses.items():
        if clause.checked and name not in errnos:
            review.error("docs/contract.md", clause.line, f"{name} is checked, but has no entry in {TABLE}")
        if clause.checked and said.get(name) != clause.errno:
            review.error(HEADER, 1, f"the table in the head says {said.get(name)} for {name}, not {clause.errno}")
    return errnos


def compare_readme(root, review):
    """README.md says the errnos once more, in the order of precedence."""
    if not (root / "README.md").exists():
        return
    wanted = [(clause.errno, name) for name, clause in review.clauses.items() if clause.checked]
    rows = []
    for number, line in enumerate((root / "README.md").read_text(encoding="utf-8").split("\n"), 1):
        row = re.match(r"\| `(E[A-Z]+)` \| `?(\w+)`? \|", line)
        if row and (row[1], row[2]) not in wanted:
            review.error("README.md", number, f"{row[2]} is not {row[1]} in docs/contract.md")
        rows += [(row[1], row[2])] if row else []
    if rows and rows != wanted:
        review.error("README.md", 1, "its table of errnos is not that of docs/contract.md, in its order")


def read_abi(files, known, defined, review):
    """What the header declares: each has a contract there."""
    text = files[HEADER]
    for found in clang_c.declarations(text):
        line, name = line_of(text, found.start), found.name
        if name not in known:
            review.error(HEADER, line, f"{name}() has no contract")
        review.abi[name] = line, clang_c.code(text, found.start, found.end).partition("(")[2]
        for definition in defined:
            if definition.name == name and name in known:
                definition.contract, definition.contract_line = known[name][1:]
    for name in known.keys() - review.abi.keys() - {d.name for d in defined}:
        review.error(*known[name][::2], f"the contract of {name}(), which is not declared")
    for path, text in files.items():
        for match in re.finditer(r"^EXPORT_SYMBOL\w*\((\w+)", text, flags=re.MULTILINE):
            if match[1] not in review.abi:
                review.error(path, line_of(text, match.start()), f"{match[1]}() is exported, but not in {HEADER}: it has no contract")


def link(defined):
    by_name = {}
    for definition in defined:
        by_name.setdefault(definition.name, []).append(definition)
    for definition in defined:
        for word in set(re.findall(r"\b[a-z_]\w*\b", definition.body)):
            # A table is used by whoever sets it, not by whoever compares with it.
            if word.endswith("_ops") and not re.search(rf"(?<![=!])= &{word}\b", definition.body):
                continue
            own = [d for d in by_name.get(word, ()) if d.path == definition.path]
            others = [d for d in by_name.get(word, ()) if not d.static or d.path.endswith(".h")]
            definition.uses += [d for d in own or others if d is not definition]


def reach(definition, stop=lambda d: False):
    """The definitions that one uses, itself included, but not what those that @stop names use."""
    seen, todo = {id(definition): definition}, [definition]
    while todo:
        for used in todo.pop().uses:
            if id(used) not in seen:
                seen[id(used)] = used
                if not stop(used):
                    todo.append(used)
    return list(seen.values())


def report_places(defined, known, review):
    for name, (path, contract, line) in sorted(known.items()):
        for role in ROLES:
            review.places += [Place(role, clause, name, path, line) for clause in sorted(contract[role])]
    for definition in defined:
        review.places += [Place("site", clause, definition.name, definition.path, line)
                          for clause, line in definition.sites]


def check(defined, review):
    for definition in defined:
        check_answers(definition, defined, review)
        if definition.contract:
            check_contract(definition, review)
        elif not definition.static and definition.name not in review.abi:
            review.error(definition.path, definition.line, f"{definition.name}() has no contract")
    for name, clause in review.clauses.items():
        if clause.checked and not review.of("site", name):
            review.error("docs/contract.md", clause.line, f"{name} is checked, but nowhere in c/")


def check_answers(definition, defined, review):
    """What a check answers is looked at: no call of one is a statement, and the last answer is given on."""
    where = definition.path, definition.line
    checks = {d.name for d in defined if "enum vmremap_clause " in d.head} | {"vmremap_reject"}
    for match in re.finditer(r"(?:[;{})]|\belse)\s*(?:\(void\)\s*)?(\w+)\(", definition.body):
        if match[1] in checks:
            review.error(*where, f"{definition.name}() does not look at what {match[1]}() says")
    last = definition.body.rpartition("clause = ")[2]
    if "clause = " in definition.body and not re.search(r"return clause\b|reject\(clause\b", last):
        review.error(*where, f"{definition.name}() does not look at the clause that fails")


def check_contract(definition, review):
    name, contract = definition.name, definition.contract
    where, at = (definition.path, definition.line), ""
    if name in review.abi:
        where, at = (HEADER, definition.contract_line), f" (defined in {definition.path}:{definition.line})"
        for clause in sorted(contract["requires"]):
            if not review.clauses[clause].by_caller:
                review.error(*where, f"{name}() requires {clause}, which by docs/contract.md is not the caller's to keep")

    # Its own code: what it uses, down to what has a contract of its own.
    own = reach(definition, lambda d: d.contract)
    callees = {d.name: d for d in own if d.contract and d.name != name}
    own = [d for d in own if d.name not in callees]
    times = Counter(clause for d in own for clause, _ in d.sites)
    for word in re.findall(r"\b\w+\b", " ".join(d.body for d in own)):
        times.update(callees[word].contract["checks"].keys() if word in callees else ())

    said = contract["checks"] | contract["meets"]
    for clause in sorted(times.keys() | said.keys()):
        if clause not in said:
            review.error(*where, f"{name}() checks {clause}, which its contract does not say{at}")
        elif not times[clause] and any(clause in d.contract["meets"] for d in callees.values()):
            continue
        elif not times[clause]:
            review.error(*where, f"{name}() says that it checks {clause}, but nothing there does{at}")
        elif times[clause] != said[clause]:
            review.error(*where, f"{name}() says that it checks {clause} at {said[clause]} places, "
                                 f"but it does at {times[clause]}{at}")
    for clause in sorted(contract["checks"].keys() & contract["meets"]):
        review.error(*where, f"{name}() both checks and meets {clause}")

    # What is the caller's to keep is no less so where some of it can be checked.
    have = {clause for clause in said if not review.clauses[clause].by_caller}
    have = have.union(contract["requires"], contract["guarantees"], *(d.contract["guarantees"] for d in callees.values()))
    for callee in callees.values():
        for clause in sorted(callee.contract["requires"].keys() - have):
            review.error(*where, f"{name}() calls {callee.name}(), which requires {clause}{at}")
