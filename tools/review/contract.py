# SPDX-License-Identifier: GPL-2.0
"""Read docs/contract.md: the clauses, what the kernel crate asks for, the soundness argument, and what is assumed of the
kernel: each function that is named is in the file that is named.

By hand, because what a heading, a list or a table means there is the contract's own, and because a file of the kernel has
no meaning to clang without a configuration.
"""
import re

from model import CONTRACT, Clause, Place, line_of

HOW = "checked", "caller", "construction", "refcount", "type", "build"
SERIES = 7, 3  # of the kernel that the contract speaks of
# Names that look like a clause's.
TYPES = "VmaNew", "VmaDesc", "SysMem", "FromBytes", "IntoBytes", "UnsafeCell"
DEFINITION = r"^(?:(?![\s/*#]).*?\b{0}\([^;{{]*\{{|#\s*define {0}\(|pub struct {0}\b)"


def read(review):
    text = review.files[CONTRACT]
    for section in re.finditer(r"^### `(\w+)`\n((?:(?!#).*\n)*)", text, flags=re.MULTILINE):
        name, where = section[1], (CONTRACT, line_of(text, section.start()))
        statement, *bullets = (" ".join(part.split()) for part in re.split(r"\n(?=- \*\*)", section[2]))
        said = [re.match(r"- \*\*(.+?)\*\*: (.*)", bullet).groups() for bullet in bullets]
        kept = [words for what, words in said if what == "Kept by"]
        how = {re.match(r"\w+", words)[0] for words in kept}
        errno = "".join(re.findall(r"^checked, `(E\w+)`", "\n".join(kept), flags=re.MULTILINE)[:1])
        review.error(*where, f"{name} is defined twice", when=name in review.clauses)
        review.error(*where, f"{name} does not say who keeps it", when=not kept)
        review.error(*where, f"{name} says nothing", when=not statement)
        review.error(*where, f"{name} is kept by {how}, but there is only {HOW}", when=how - set(HOW))
        review.error(*where, f"{name} is checked, with no errno", when="checked" in how and not errno)
        notes = {what: words for what, words in said if what != "Kept by"}
        review.clauses[name] = Clause(name, where[1], statement, kept, how, errno, notes)
    review.preface = text[text.find("## Words"):text.find("## Clauses")]
    review.argument = "".join(re.findall(r"(?s)^## Why .*", text, flags=re.MULTILINE))
    review.error(CONTRACT, 1, "the soundness argument ('## Why ...') is missing", when=not review.argument)
    for match in re.finditer(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", text):
        review.known(CONTRACT, line_of(text, match.start()), {match[1]}.difference(TYPES))
    for operations, clauses in re.findall(r"^\| (`.*?) \|.*\| (.*) \|$", text, flags=re.MULTILINE):
        for operation in re.findall(r"`([^`]+)`", operations):
            review.operations[operation] = set(re.findall(r"`(\w+)`", clauses))


def spoken_of(source):
    """The kernel's source, if it is of the series that the contract speaks of, or else None."""
    makefile = (source / "Makefile").read_text(encoding="utf-8")
    return source if "VERSION = {}\nPATCHLEVEL = {}\n".format(*SERIES) in makefile else None


def named(text):
    """The names in a text, each with the file that is named next after it; no file where none is."""
    waiting = []
    for match in re.finditer(r"`(\w+)(\(\))?`|\b[\w/-]+\.(?:[ch]|rs)\b|\Z", text):
        if match[1]:
            waiting.append((match[1], match[2]))
        else:
            yield from ((name, match[0]) for name, call in waiting if call or match[0].endswith(".rs"))
            waiting = []


def read_kernel(source, review):
    """Add to the review where each function of the kernel is, and its file."""
    for clause in review.clauses.values():
        for name, path in named(clause.notes.get("Assumes", "")):
            if path and (source / path).is_file():
                text = review.files.setdefault(f"linux/{path}", (source / path).read_text(encoding="utf-8"))
                found = re.search(DEFINITION.format(name), text, flags=re.MULTILINE)
                wrong, line = f"which {path} does not define", found and line_of(text, found.start())
            else:
                wrong, line = f"in {path or 'no file'}: there is none", None
            review.error(CONTRACT, clause.line, f"{clause.name} assumes something of {name}(), {wrong}", when=not line)
            review.places += [Place("kernel", clause.name, name, f"linux/{path}", line)] if line else []
