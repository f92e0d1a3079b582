# SPDX-License-Identifier: GPL-2.0
"""Look up what the contract assumes of the kernel: each function that it names is in the file that it names.

By hand, because a file of the kernel has no meaning to clang without a configuration, and a pattern finds what is sought.
"""
import re

from model import Place

SERIES = 7, 3  # that docs/contract.md speaks of


def series(source):
    makefile = (source / "Makefile").read_text(encoding="utf-8")
    return tuple(int(re.search(rf"^{word} = (\d+)", makefile, flags=re.MULTILINE)[1]) for word in ("VERSION", "PATCHLEVEL"))


def named(text):
    """The names in a text, each with the file that is named next after it; no file where none is."""
    waiting = []
    for match in re.finditer(r"`(\w+)(\(\))?`|\b[\w/-]+\.(?:[ch]|rs)\b", text):
        if match[1]:
            waiting.append((match[1], match[2]))
            continue
        yield from ((name, match[0]) for name, call in waiting if call or match[0].endswith(".rs"))
        waiting = []
    yield from ((name, "") for name, call in waiting if call)


def definition(text, name, path):
    """Where the definition of a name begins and ends; None without one."""
    if path.endswith(".rs"):
        match = re.search(rf"(?:^(?:///|#\[).*\n)*^pub struct {name}\b[^;{{]*(?:;|\{{[^}}]*\}})", text, flags=re.MULTILINE)
        return match and match.span()
    starts = rf"^(?![\s/*#]).*?\b{name}\(|^#\s*define {name}\("
    for match in re.finditer(starts, text, flags=re.MULTILINE):
        if match[0].startswith("#"):
            return match.start(), re.compile(r"(?:.*\\\n)*.*").match(text, match.start()).end()
        if re.compile(r"[;{]").search(text, match.end())[0] == "{":
            return match.start(), text.index("\n}", match.end()) + 2
    return None


def read(source, review):
    """Add to the review where each is."""
    texts = {}
    for clause in review.clauses.values():
        for name, path in named(clause.notes.get("Assumes", "")):
            where = "docs/contract.md", clause.line
            if not path or not (source / path).is_file():
                review.error(*where, f"{clause.name} assumes something of {name}(), in {path or 'no file'}: there is none")
                continue
            text = texts.setdefault(path, (source / path).read_text(encoding="utf-8"))
            found = definition(text, name, path)
            if not found:
                review.error(*where, f"{clause.name} assumes something of {name}(), which {path} does not define")
                continue
            line = text.count("\n", 0, found[0]) + 1
            review.kernel[f"linux/{path}:{line}"] = text[slice(*found)]
            review.places.append(Place("kernel", clause.name, name, f"linux/{path}", line))
