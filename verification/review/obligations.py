# SPDX-License-Identifier: GPL-2.0
"""What unsafe functions and traits of other crates and of the kernel ask for, in their own words: docs/obligations.md.

Each has a section with a hash of what its documentation says, and a table of every point of that with the clause that
answers for it: one, at each place, where several are named. The words of a Rust function are those under '# Safety' that rustdoc gives; of a C function, which
has none, and of the language itself, they are ours, and the hash of a C function is that of its definition.
"""
import re

from model import digest, line_of

PAGE = "docs/obligations.md"
SECTION = re.compile(r"^## `([^`\n]+)`(?: \(([\w/.-]+)\))?(?: ([0-9a-f]{32}))?\n((?:(?!## ).*\n)*)", re.M)
ROW = re.compile(r"^\| (.*) \| (`\w+`(?: or `\w+`)*|) *\|$", re.M)


def read(review, foreign, source):
    """Add to the review which clauses answer for each operation. @foreign, @source: to look the words up, or None."""
    text = review.files.get(PAGE, "")
    for match in SECTION.finditer(text):
        name, path, said, body = match.groups()
        where = PAGE, line_of(text, match.start())
        rows = [row for row in ROW.findall(body) if row[0] not in ("obligation", "---")]
        review.error(*where, f"{name} is there twice", when=name in review.operations)
        review.operations[name] = {frozenset(re.findall(r"`(\w+)`", clause)) for _, clause in rows if clause}
        review.obligations[name] = rows
        for obligation, clause in rows:
            review.error(*where, f"{name}: no clause answers for '{obligation}'", when=not clause)
            review.known(*where, re.findall(r"`(\w+)`", clause))
        review.error(*where, f"{name} has no obligation", when=not rows)
        if path in review.files:
            check_c(review, where, name, path, review.files[path], said)
        elif path and source:
            file = source / path
            check_c(review, where, name, path, file.read_text(encoding="utf-8") if file.is_file() else "", said)
        elif foreign and not path and re.match(r"(?:impl )?(?:core|kernel|pin_init)::", name):
            check_rust(review, where, name, foreign, said, [obligation for obligation, _ in rows])


def check_c(review, where, name, path, text, said):
    found = re.search(rf"(?:^/\*\*?\n(?: \*.*\n)+)?^(?!\s|#|/| |EXPORT)[^;\n]*\b{name}\((?:[^;{{]|\n)*?\)\n?\s*\{{(?s:.*?)\n\}}",
                      text, flags=re.M)
    review.error(*where, f"{name}() is not defined in {path}", when=not found)
    review.error(*where, f"{name}() has changed: read it again, and write {found and digest(found[0])}",
                 when=found and digest(found[0]) != said)


def check_rust(review, where, name, foreign, said, rows):
    safety = foreign.safety(name.removeprefix("impl "))
    if safety is None:
        review.error(*where, f"{name}: no such function or trait")
        return
    docs = foreign.docs[name.removeprefix("impl ")]
    now = digest(" ".join(safety) if safety else docs)
    review.error(*where, f"what {name} says has changed: read it again, and write {now}", when=now != said)
    for point in safety:
        review.error(*where, f"{name} also asks for: {point}", when=point not in rows)
    for row in rows if safety else ():
        review.error(*where, f"{name} does not say: {row}", when=row not in safety and not row.startswith("Ours: "))
    if not safety:
        review.error(*where, f"{name} has no obligation", when=not rows)
