# SPDX-License-Identifier: GPL-2.0
"""C as clang reads it: its tokens, and what a file declares. For make review and make mutants.

Headers are not read, because most need a whole kernel: so it is tokens that tell what is declared, and not clang's tree.
"""
import bisect
import functools
from dataclasses import dataclass

from clang import cindex


@dataclass(frozen=True)
class Token:
    kind: str  # KEYWORD, IDENTIFIER, LITERAL or PUNCTUATION
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Declared:
    """A declaration in the outermost scope: text[start:end], of which text[inside:last] is a body or what is assigned."""

    kind: str  # function, table or prototype
    name: str
    tokens: list  # all before the body
    start: int
    inside: int
    last: int
    end: int

    @property
    def static(self):
        return self.tokens[0].text == "static"


@functools.lru_cache(maxsize=None)
def tokens(text):
    """All but comments and what is the preprocessor's. An offset is one of bytes, and these files are ASCII."""
    unit = cindex.TranslationUnit.from_source("c.c", unsaved_files=[("c.c", text)])
    found, directive = [], -1
    for token in unit.get_tokens(extent=unit.cursor.extent) if text.isascii() else ():
        spelling, at = token.spelling, token.location.offset
        if spelling == "#" and not text[text.rfind("\n", 0, at) + 1:at].strip():
            directive = at
            while text[text.find("\n", directive) - 1] == "\\":
                directive = text.find("\n", directive) + 1
            directive = text.find("\n", directive)
        if at >= directive and token.kind.name != "COMMENT":
            found.append(Token(token.kind.name, spelling, at, at + len(spelling)))
    return found


def within(text, start, end):
    """The tokens from one place to another."""
    every = tokens(text)
    return every[bisect.bisect_left(every, start, key=lambda t: t.start):
                 bisect.bisect_left(every, end, key=lambda t: t.start)]


def code(text, start=0, end=None):
    """A part of a text with nothing but what the compiler compiles, strings aside, each character in its place."""
    end = len(text) if end is None else end
    out = [character if character == "\n" else " " for character in text[start:end]]
    for token in within(text, start, end):
        if token.text[0] not in "\"'":
            out[token.start - start:token.end - start] = token.text
    return "".join(out)


def closing(found, at):
    """Where the bracket is closed that is token number @at."""
    depth = 0
    for number in range(at, len(found)):
        depth += (found[number].text in ("(", "[", "{")) - (found[number].text in (")", "]", "}"))
        if not depth:
            return number
    raise ValueError("a bracket stays open")


@functools.lru_cache(maxsize=None)
def declarations(text):
    """What a file declares, in order."""
    found, every, at = tokens(text), [], 0
    while at < len(found):
        first, paren, kind, inside = at, None, "prototype", None
        while found[at].text != ";":
            if found[at].text == "=" and inside is None:
                kind, inside = "table", at + 1
            elif found[at].text == "(" and inside is None:
                paren, at = at, closing(found, at)
            elif found[at].text in ("{", "["):
                if found[at].text == "{" and paren and found[at - 1].text == ")":
                    kind, inside = "function", at + 1
                at = closing(found, at)
                if kind == "function":
                    break
            at += 1
        head = found[first:(inside or at + 1) - 1]
        if paren or inside:
            name = found[paren - 1] if kind != "table" else [t for t in head if t.kind == "IDENTIFIER"][-1]
            begin = found[inside - 1].end if inside else found[at].start
            every.append(Declared(kind, name.text, head, found[first].start, begin, found[at].start, found[at].end))
        at += 1
    return every
