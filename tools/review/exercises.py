# SPDX-License-Identifier: GPL-2.0
"""Read what exercises the clauses: selftests, KUnit, programs that must not compile, and proofs.

A comment in the first column that names clauses is about the test right below it, or, where tests are a list of cases,
about all of them up to the next comment. KUnit tests also name a clause by its constant.
"""
import re

from model import Place

FUNCTIONS = {"RANGE": "vmremap_range", "PARTIAL": "vmremap_range_partial", "AREA_MMAP": "vmremap_area_mmap"}
TEST = re.compile(r"^(?:TEST(?:_F|_SIGNAL|_F_SIGNAL)?\((?P<test>[\w, ]+)\)|CASE\((?P<case>\w+)\)|"
                  r"FIXTURE_VARIANT_ADD\((?P<variant>[\w, ]+)\)|static void (?P<unit>\w+)\(struct kunit \*)")


def read(root, review, constants):
    files = {}
    for folder, suffix in ("selftests", "c"), ("kunit", "c"):
        for path in sorted((root / folder).glob("*." + suffix)):
            name = path.relative_to(root).as_posix()
            files[name] = path.read_text(encoding="utf-8")
            read_c(name, files[name], review, constants)
    for path in sorted((root / "selftests/compile-fail").glob("*.rs")):
        name = path.relative_to(root).as_posix()
        files[name] = path.read_text(encoding="utf-8")
        for number, line in enumerate(files[name].split("\n"), 1):
            if line.startswith("//!"):
                for clause in named(line, review):
                    review.places.append(Place("test", clause, "does not compile: " + path.stem, name, number))
    for path in sorted((root / "tools/proofs").glob("*.c")):
        name = path.relative_to(root).as_posix()
        files[name] = path.read_text(encoding="utf-8")
        clauses = re.search(r"^ \* Clauses: (.*)$", files[name], flags=re.MULTILINE)
        proves = re.search(r"^ \* Proves: ((?:.*\n)(?: \*\t.*\n)*)", files[name], flags=re.MULTILINE)
        text = " ".join(re.sub(r"\n \*\t", " ", proves[1]).split()) if proves else ""
        for clause in (clauses[1].split() if clauses else ()):
            if clause not in review.clauses:
                review.error(name, 1, f"{clause} is no clause of docs/contract.md")
            review.places.append(Place("proof", clause, path.stem, name, 1, text))
    matrix(root, review)
    return files


def named(text, review):
    return [name for name in re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", text) if name in review.clauses]


def read_c(path, text, review, constants):
    lines = text.split("\n")
    current, test = [], None
    found = set()
    for number, line in enumerate(lines, 1):
        if line.startswith("/*"):
            end = next(i for i in range(number - 1, len(lines)) if "*/" in lines[i])
            current, below = named(" ".join(lines[number - 1:end + 1]), review), end + 2
        start, table = TEST.match(line), re.match(r"\w.*?(\w+)\[\] = \{", line)
        here = []
        if start:
            test = next(filter(None, start.groups())).replace(", ", ".")
            listed = start["case"] or start["variant"]
            here = [(clause, number) for clause in current if listed or below == number]
        elif table:
            test = table[1]
        elif line.startswith("}"):
            test = None
        if test:
            here += [(constants[c], number) for c in re.findall(r"\bVMREMAP_[A-Z_]+\b", line) if c in constants]
        for clause, at in here:
            if (test, clause, at) not in found:
                found.add((test, clause, at))
                review.places.append(Place("test", clause, test, path, at, label(line)))


def label(line):
    name = re.match(r'\s*\{ "([^"]+)"', line)
    return name[1] if name else ""


def matrix(root, review):
    """Each clause that a function of the ABI checks needs a test that violates it through that function."""
    path = "selftests/arguments.c"
    text = (root / path).read_text(encoding="utf-8") if (root / path).exists() else ""
    violated = set()
    for case in re.finditer(r"^CASE\((\w+)\) \{(.*?)^\};", text, flags=re.MULTILINE | re.DOTALL):
        errno = re.search(r"\.refuse = (E\w+)", case[2])
        call = re.search(r"CALL\((\w+)", case[2])
        if not errno or not call:
            continue
        function = FUNCTIONS.get(call[1], "?")
        if "TEST_PREPARE" in case[2] and call[1] == "AREA_MMAP":
            function = "vmremap_area_mmap_prepare"
        for place in review.of("test", symbol=case[1]):
            if place.path == path and review.clauses[place.clause].errno != errno[1]:
                review.error(path, place.line, f"{case[1]} is about {place.clause}, but expects {errno[1]}")
        violated |= {(passed, name) for name, c in review.clauses.items() if c.errno == errno[1]
                     for passed in review.through.get(function, ())}
    for place in review.of("checks"):
        if place.symbol not in review.abi or (place.symbol, place.clause) in violated:
            continue
        others = [t for t in review.of("test", place.clause) if t.path != path and mentions(root, t, place.symbol)]
        if not others:
            review.error(place.path, place.line,
                         f"{place.symbol}() checks {place.clause}, but no test violates it through that function")


def mentions(root, place, symbol):
    """Does the test's text, its comment included, name the function?"""
    lines = (root / place.path).read_text(encoding="utf-8").split("\n")
    start = end = place.line - 1
    while start and lines[start - 1].strip() and not lines[start - 1].startswith("}"):
        start -= 1
    while end < len(lines) - 1 and not lines[end].startswith("}"):
        end += 1
    return symbol in "\n".join(lines[start:end + 1])
