# SPDX-License-Identifier: GPL-2.0
"""Read what exercises the clauses: selftests, KUnit, programs that must not compile, and proofs.

A comment in the first column that names clauses is about the test right below it, or, where tests are a list of cases,
about all of them up to the next comment. KUnit tests also name a clause by its constant. A test breaks a clause, and not
only is about it, where it expects the clause's errno or constant, or must not compile.

By hand, because a test names its clauses in a comment, and is a macro that only the harness's own headers explain.
"""
import re
from dataclasses import replace

from model import Place

FUNCTIONS = {"RANGE": "vmremap_range", "PARTIAL": "vmremap_range_partial", "AREA_MMAP": "vmremap_area_mmap"}
TEST = re.compile(r"^(?:TEST(?:_F|_SIGNAL|_F_SIGNAL)?\((?P<test>[\w, ]+)\)|"
                  r"TEST_F_TIMEOUT\((?P<timed>\w+, \w+), .*\)|CASE\((?P<case>\w+)\)|"
                  r"FIXTURE_VARIANT_ADD\((?P<variant>[\w, ]+)\)|static void (?P<unit>\w+)\(struct kunit \*)")


def read(root, review, constants):
    files = {}
    for folder, suffix in ("selftests", "c"), ("kunit", "c"):
        for path in sorted((root / folder).glob("*." + suffix)):
            name = path.relative_to(root).as_posix()
            files[name] = path.read_text(encoding="utf-8")
            read_c(name, files[name], review, constants)
    expected = {name: {c for c, n in constants.items() if n == name} | {clause.errno}
                for name, clause in review.clauses.items() if clause.errno}
    for number, place in enumerate(review.places):
        if place.role == "test" and expected.get(place.clause, set()) & set(words(files[place.path], place)):
            review.places[number] = replace(place, role="breaks")
    for path in sorted([*(root / "selftests/compile-fail").glob("*.rs"), *(root / "tools/proofs").glob("*.c"),
                        *(root / "tools/proofs").glob("*.pml")]):
        name = path.relative_to(root).as_posix()
        files[name] = path.read_text(encoding="utf-8")
        for number, line in enumerate(files[name].split("\n"), 1):
            for clause in named(line, review) if line.startswith("//!") else ():
                review.places.append(Place("breaks", clause, path.stem, name, number, "does not compile"))
        clauses = re.search(r"^ \* Clauses: (.*)$", files[name], flags=re.MULTILINE)
        proves = re.search(r"^ \* Proves: ((?:.*\n)(?: \*\t.*\n)*)", files[name], flags=re.MULTILINE)
        text = " ".join(re.sub(r"\n \*\t", " ", proves[1]).split()) if proves else ""
        for clause in (clauses[1].split() if clauses else ()):
            if clause not in review.clauses:
                review.error(name, 1, f"{clause} is no clause of docs/contract.md")
            review.places.append(Place("proof", clause, path.stem, name, 1, text))
    matrix(files, review)
    return files


def words(text, place):
    """The words of a test: of the line in a table, or else from the comment above it to its end."""
    lines = text.split("\n")
    start, end = place.line - 1, place.line
    if not place.text:
        while start and lines[start - 1].strip() and not lines[start - 1].startswith("}"):
            start -= 1
        while end < len(lines) and not lines[end - 1].startswith("}"):
            end += 1
    return re.findall(r"\w+", "\n".join(lines[start:end]))


def named(text, review):
    return [name for name in re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", text) if name in review.clauses]


def read_c(path, text, review, constants):
    lines = text.split("\n")
    current, test, row = [], None, None
    found = set()
    for number, line in enumerate(lines, 1):
        if line.startswith("/*"):
            end = next(i for i in range(number - 1, len(lines)) if "*/" in lines[i])
            current, below = named(" ".join(lines[number - 1:end + 1]), review), end + 2
        start, table = TEST.match(line), re.match(r"(?:\w.*?|\} )(\w+)\[\] = \{", line)
        here = []
        if start:
            test = next(filter(None, start.groups())).replace(", ", ".")
            listed = start["case"] or start["variant"]
            here = [(clause, number) for clause in current if listed or below == number]
        elif table:
            test = table[1]
        elif line.startswith("}"):
            test = row = None
        row = label(line) or row
        if test:
            here += [(constants[c], number) for c in re.findall(r"\bVMREMAP_[A-Z_]+\b", line) if c in constants]
        for clause, at in here:
            if (test, clause, at) not in found:
                found.add((test, clause, at))
                review.places.append(Place("test", clause, test, path, at, row or ""))


def label(line):
    name = re.match(r'\s*\{ "([^"]+)"', line)
    return name and name[1]


def matrix(files, review):
    """Each clause that a function of the ABI checks needs a test that breaks it through that function."""
    path = "selftests/arguments.c"
    text = files.get(path, "")
    for case in re.finditer(r"^CASE\((\w+)\) \{(.*?)^\};", text, flags=re.MULTILINE | re.DOTALL):
        errno = re.search(r"\.refuse = (E\w+)", case[2])
        call = re.search(r"CALL\((\w+)", case[2])
        if not errno or not call:
            continue
        function = FUNCTIONS.get(call[1], "?")
        if "TEST_PREPARE" in case[2] and call[1] == "AREA_MMAP":
            function = "vmremap_area_mmap_prepare"
        about = [p for p in review.tests() if (p.path, p.symbol) == (path, case[1])]
        for place in about:
            if review.clauses[place.clause].errno != errno[1]:
                review.error(path, place.line, f"{case[1]} is about {place.clause}, but expects {errno[1]}")
        for place in about:
            review.through_tests.setdefault(case[1], set()).update(review.through.get(function, ()))
    for place in review.tests():
        if place.path != path and not place.path.startswith("kunit/check"):
            review.through_tests.setdefault(place.symbol, set()).update(review.abi.keys() & words(files[place.path], place))
    for place in review.of("checks"):
        if place.symbol in review.abi and not any(place.symbol in review.through_tests.get(t.symbol, ())
                                                  for t in review.of("breaks", place.clause)):
            review.error(place.path, place.line,
                         f"{place.symbol}() checks {place.clause}, but no test breaks it through that function")
