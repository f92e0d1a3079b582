# SPDX-License-Identifier: GPL-2.0
"""Tokens and declarations of a C file, read by clang. Used by make review and make mutants.

The declarations come from the tokens, not from clang's tree, because headers are not read: most need a configured kernel.
"""
import functools
import re
from collections import namedtuple

from clang import cindex

# The kind is KEYWORD, IDENTIFIER, LITERAL or PUNCTUATION.
Token = namedtuple("Token", "kind text start end")
# A declaration in the outermost scope is text[start:end]; its body or initializer is text[inside:last]. The kind is function,
# table or prototype; the tokens are those before the body.
Declared = namedtuple("Declared", "kind name tokens start inside last end")
# A preprocessor directive, with its continuation lines.
DIRECTIVE = re.compile(r"^[ \t]*#(?:/\*(?s:.*?)\*/|\\\n|.)*", re.M)
# A declaration in the outermost scope. An opening bracket stands for the bracket and its contents, 'w' for a word.
SHAPE = re.compile(r"(?P<head>[^;=]*?)(?:(?P<function>(?<=\()\{)|(?P<table>=)[^;]*;|(?P<prototype>;))")


@functools.lru_cache(maxsize=None)
def tokens(text):
    """All tokens but comments and directives. clang's offsets count bytes, so the file must be ASCII."""
    if not text.isascii():
        return []
    bare = DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    unit = cindex.TranslationUnit.from_source("c.c", unsaved_files=[("c.c", bare)])
    return [Token(token.kind.name, token.spelling, token.location.offset, token.location.offset + len(token.spelling))
            for token in unit.get_tokens(extent=unit.cursor.extent) if token.kind.name != "COMMENT"]


def within(text, start, end):
    """The tokens between two offsets."""
    return [token for token in tokens(text) if start <= token.start < end]


def code(text, start=0, end=None):
    """A part of a text without comments, directives and strings; every other character keeps its place."""
    end = len(text) if end is None else end
    out = [character if character == "\n" else " " for character in text[start:end]]
    for token in within(text, start, end):
        if token.text[0] not in "\"'":
            out[token.start - start:token.end - start] = token.text
    return "".join(out)


def closing(found, at):
    """The number of the token that closes the bracket @at, or @at if that token is no bracket."""
    depth = 0
    for number in range(at, len(found)):
        depth += (found[number].text in ("(", "[", "{")) - (found[number].text in (")", "]", "}"))
        if not depth:
            return number
    raise ValueError("a bracket stays open")


@functools.lru_cache(maxsize=None)
def declarations(text):
    """The declarations of a file, in order."""
    found, outermost, every, at = tokens(text), [], [], 0
    while at < len(found):
        outermost.append(at)
        at = closing(found, at) + 1
    shape = "".join(found[at].text if found[at].text in tuple("([{=;") else "w" for at in outermost)
    for match in SHAPE.finditer(shape):
        kind, paren = match.lastgroup, match["head"].rfind("(")
        mark, end = outermost[match.end("head")], found[closing(found, outermost[match.end() - 1])]
        head = found[outermost[match.start()]:mark]
        if kind == "table":
            name = [token.text for token in head if token.kind == "IDENTIFIER"][-1]
        elif paren > 0:
            name = found[outermost[match.start() + paren] - 1].text
        else:
            continue
        inside = end.start if kind == "prototype" else found[mark].end
        every.append(Declared(kind, name, head, head[0].start, inside, end.start, end.end))
    return every
