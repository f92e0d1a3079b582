# SPDX-License-Identifier: GPL-2.0
"""What is changed in Rust: each condition, of values and of types, and what it is made of, one at a time.

By hand, because cargo-mutants wants a package of cargo, which a crate of the kernel is not.
"""
import re

import c

OPERATORS = [
    (r"//[^\n]*|#!?\[[^\]]*\]", {}),
    (r"=>|->|<=>|::<|&&|&mut|&self|&'|<<|>>", {}),
    (r"<=", {"<=": ["<", "==", ">="]}),
    (r"==", {"==": ["!="]}),
    (r"!=", {"!=": ["=="]}),
    (r" & ", {" & ": [" | "]}),
    (r" \| ", {" | ": [" & "]}),
    (r"(?<![\w.:])\d+(?![\w.])", {"0": ["1"]}),
    (r"(?<=\()E[A-Z]{3,}(?=\))", lambda errno: ["EXDEV"]),
    (r"\bbindings::VMREMAP_[A-Z]+\b", lambda flag: ["0"]),
    (r"[\w:<>()]*[\w)]\.checked_(?:add|mul)\((?:[^()]|\([^()]*\))*\)",
     lambda call: [re.sub(r"(.*)\.checked_(.*)", r"Some(\1.wrapping_\2)", call)]),
    (r"\boffset\.\.end\b", {"offset..end": ["0..end", "offset..offset"]}),
    (r"(?<=-> SysMem<)'_(?=,)", {"'_": ["'static"]}),
]


def unit(text, at):
    """What a place is in: what was named last before it."""
    names = re.findall(r"\b(?:fn|const|impl(?:<[^\n]*>)?) (\w+)", text[:at])
    return names[-1] if names else "?"


def bounds(code):
    """The bounds of a type or a trait, one at a time: where each begins and ends, and what remains without it."""
    for generics in re.finditer(r"\b(?:impl|fn \w+|struct \w+)<([^<>]*)>|\btrait (\w+: [^{]*?) \{", code):
        start = generics.start(1 if generics[1] else 2)
        for parameter in re.finditer(r"(\w+): ([^,]+)", generics[1] or generics[2]):
            every = parameter[2].split(" + ")
            for bound in every:
                if not bound.startswith(("?", "'")):
                    left = " + ".join(other for other in every if other is not bound)
                    yield (start + parameter.start(), start + parameter.end(),
                           f"{parameter[1]}: {left}" if left else parameter[1])


def changes(code):
    """Where each begins and ends, and what is there then."""
    at = 0
    while at < len(code):
        for pattern, new in OPERATORS:
            match = re.compile(pattern).match(code, at)
            if match:
                yield from ((at, match.end(), n) for n in (new(match[0]) if callable(new) else new.get(match[0], [])))
                at = match.end() - 1
                break
        at += 1
    for match in re.finditer(r"\bif ([^{}\n]+) \{", code):
        yield from ((*match.span(1), new) for new in ("false", "true"))
    yield from bounds(code)
    # A call that is not made.
    for match in re.finditer(r"^ +(unsafe \{ bindings::\w+\([^\n]*\) \});$", code, flags=re.MULTILINE):
        yield *match.span(1), ""


def mutants(path, text):
    """Each change of a file, comments aside."""
    code = re.sub(r"//[^\n]*", lambda match: " " * len(match[0]), text)
    return c.distinct(text, (c.Mutant(path, text, unit(text, change[0]), None, *change) for change in changes(code)))
