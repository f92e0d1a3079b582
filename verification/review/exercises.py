# SPDX-License-Identifier: GPL-2.0
"""Read what exercises the clauses: selftests, KUnit, programs that must not compile, and proofs.

A comment in the first column that names clauses is about the test right below it, or, where tests are a list of cases,
about all of them up to the next comment. KUnit tests also name a clause by its constant. A test breaks a clause, and
not only is about it, where it expects the clause's errno or constant, or must not compile.

By hand, because a test names its clauses in a comment, and is a macro that only the harness's own headers explain.
"""
import pathlib
import re

from model import Place, line_of

FUNCTIONS = {"RANGE": "vmremap_range", "PARTIAL": "vmremap_range_partial", "AREA_MMAP": "vmremap_area_mmap"}
SCAN = re.compile(r"""^/\*(?P<comment>(?s:.*?))\*/\n
                      |^TEST(?:_F|_SIGNAL|_F_SIGNAL)?\((?P<test>[\w, ]+)\) |^TEST_F_TIMEOUT\((?P<timed>\w+,[ ]\w+)
                      |^static[ ]void[ ](?P<unit>\w+)\(struct[ ]kunit[ ]\*
                      |^CASE\((?P<case>\w+)\) |^FIXTURE_VARIANT_ADD\((?P<variant>[\w, ]+)\)
                      |^(?:\w.*?|\}[ ])(?P<table>\w+)\[\][ ]=[ ]\{ |^(?P<end>\})
                      |^[ \t]*\{[ ]"(?P<row>[^"]+)" |\b(?P<constant>VMREMAP_[A-Z_]+)\b""", re.MULTILINE | re.VERBOSE)


def read(review):
    for path, text in review.texts("selftests/", "kunit/", suffix=".c"):
        read_c(path, text, review)
    for path, text in review.texts("selftests/compile-fail/", "verification/proofs/"):
        name = pathlib.Path(path).stem
        for number, line in enumerate(text.split("\n"), 1):
            review.places += [Place("breaks", clause, name, path, number, "does not compile")
                              for clause in (named(line, review) if line.startswith("//!") else ())]
        said = {what: " ".join(words.replace("\n *\t", " ").split()) for what, words in
                re.findall(r"^ \* (Clauses|Proves): (.*\n(?: \*\t.*\n)*)", text, flags=re.M)}
        review.places += [Place("proof", clause, name, path, 1, said["Proves"])
                          for clause in review.known(path, 1, said.get("Clauses", "").split())]
    check_functions(review)


def named(text, review):
    return [name for name in re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", text) if name in review.clauses]


def read_c(path, text, review):
    current, below, test, row, found = [], 0, "", "", {}
    for match in SCAN.finditer(text):
        what, line, clauses = match.lastgroup, line_of(text, match.start()), []
        word = match[what]
        if what == "comment":
            current, below = named(word, review), match.end()
        elif what == "row":
            row = word
        elif what == "constant":
            clauses = [review.constants[word]] if test and word in review.constants else []
        else:
            test, row = ("", "") if what == "end" else (word.replace(", ", "."), row)
            about = what in ("case", "variant") or what in ("test", "timed", "unit") and below == match.start()
            clauses = current if about else []
        for clause in clauses:
            found.setdefault((test, clause, line), row)
    for (test, clause, line), row in found.items():
        place = Place("test", clause, test, path, line, row)
        expected = {constant for constant, name in review.constants.items() if name == clause}
        breaks = (expected | {review.clauses[clause].errno}) & set(re.findall(r"\w+", source(place, review)))
        review.places.append(place._replace(role="breaks") if breaks else place)


def source(place, review):
    """A test's, with the comment above it; of a row in a table that line."""
    _, text = review.part(place.path, place.line)
    return review.files[place.path].split("\n")[place.line - 1] if place.text else text


def check_functions(review):
    """Each clause that a function of the ABI checks needs a test that breaks it through that function."""
    for place in review.tests():
        text, through = source(place, review), ()
        errno, call = re.search(r"\.refuse = (E\w+)", text), re.search(r"CALL\((\w+)", text)
        if place.path != "selftests/arguments.c":
            through = review.abi.keys() & re.findall(r"\w+", text) if not place.path.startswith("kunit/check") else ()
        elif errno and call:
            prepare = "_prepare" if "TEST_PREPARE" in text and call[1] == "AREA_MMAP" else ""
            through = review.through.get(FUNCTIONS.get(call[1], "?") + prepare, ())
            review.error(place.path, place.line, f"{place.symbol} is about {place.clause}, but expects {errno[1]}",
                         when=review.clauses[place.clause].errno != errno[1])
        review.through_tests.setdefault(place.symbol, set()).update(through)
    for place in review.of("checks"):
        tested = any(place.symbol in review.through_tests[test.symbol] for test in review.of("breaks", place.clause))
        review.error(place.path, place.line, f"{place.symbol}() checks {place.clause}, but no test breaks it through "
                                             "that function", when=place.symbol in review.abi and not tested)
