# SPDX-License-Identifier: GPL-2.0
"""What is changed in C: each comparison, constant, operator, flag, condition and statement of a function, one at a time,
and each entry of a table.

By hand, because what is general knows nothing of the kernel's flags, errnos and rounding, nor of a clause.
"""
import collections
import re

import clang_c

# What a token becomes, one after the other. Of the first five, only what has two operands.
PUNCTUATION = {
    "+": ["-"], "-": ["+"], "*": ["/"], "|": ["&"], "&": ["|"],
    "<<=": [">>="], ">>=": ["<<="], "|=": ["&=", "="], "&=": ["|=", "="], "+=": ["-=", "="], "-=": ["+=", "="],
    "<<": [">>"], ">>": ["<<"], "<=": ["<", "=="], ">=": [">", "=="], "==": ["!="], "!=": ["=="], "&&": ["||"],
    "||": ["&&"], "++": ["--"], "--": ["++"], "<": ["<=", "!="], ">": [">=", "!="], "!": [""], "~": [""],
}
BINARY = "+-*|&"
# The same of words, where the word before is so, or any.
WORDS = [
    (r"PAGE_SIZE", "", ["(2 * PAGE_SIZE)"]),
    (r"PAGE_SHIFT", "", ["(PAGE_SHIFT - 1)"]),
    (r"VM_FAULT_[A-Z]+", "", ["0"]),
    (r"VM_[A-Z_]+|MAP_[A-Z]+|FAULT_FLAG_[A-Z]+", "", ["0UL"]),
    (r"E[A-Z0-9]{3,}", "-", ["EXDEV"]),
    (r"VMREMAP_FLAGS", "", ["0U", "~0U"]),
    (r"VMREMAP_(?:RDONLY|DONTCOPY|ACCOUNT|POPULATE)", "", ["0U"]),
    (r"VMREMAP_PRIVATE_RDONLY", "", ["VMREMAP_PRIVATE_COPIES"]),
    (r"VMREMAP_PRIVATE_COPIES", "", ["VMREMAP_PRIVATE_RDONLY"]),
    (r"VMREMAP_HOLDS", "return", ["VMREMAP_VMA_INIT"]),
    (r"VMREMAP_[A-Z_]+", "return", ["VMREMAP_HOLDS"]),
    (r"VMREMAP_HOLDS", "clause =", ["VMREMAP_ADDR_ALIGNED"]),
    (r"VMREMAP_[A-Z_]+", "clause =", ["VMREMAP_HOLDS", "VMREMAP_ADDR_ALIGNED"]),
    (r"VMREMAP_[A-Z_]+", "vmremap_reject (", ["VMREMAP_HOLDS", "VMREMAP_ADDR_ALIGNED"]),
    (r"min3", "", ["max3"]), (r"min_t", "", ["max_t"]), (r"min", "", ["max"]), (r"max", "", ["min"]),
    (r"PFN_UP", "", ["PFN_DOWN"]),
    (r"PAGE_ALIGN", "", [""]),
    (r"IS_ALIGNED", "", ["!IS_ALIGNED"]),
    (r"IS_ERR_OR_NULL", "", ["IS_ERR", "!"]),
    (r"true", "", ["false"]), (r"false", "", ["true"]),
    (r"0", "", ["1"]), (r"1", "", ["0", "2"]), (r"0UL", "", ["1UL"]), (r"1UL", "", ["0UL", "2UL"]), (r'"\w+"', "", ['""']),
]
CHECK = r"check_(?:add|shl)_overflow"
STORES = "=", "|=", "&=", "+=", "-=", "<<=", ">>="
# A condition before a '?' begins after one of these, or where its bracket is opened.
BEGINS = *STORES, "return", "?", ":", ",", ";", "{"


class Mutant:
    """One change of one file."""

    number, by = 0, ""  # its place among all, and who noticed it

    def __init__(self, path, text, function, unit, start, end, new):
        self.path, self.function, self.unit, self.start, self.end, self.new = path, function, unit, start, end, new
        self.text = text[:start] + new + text[end:]
        self.line = text.count("\n", 0, start) + 1
        whole = text.split("\n")[self.line - 1]
        column = start - (text.rfind("\n", 0, start) + 1)
        before = whole[:column].strip()
        old = re.sub(r"\s+", " ", text[start:end].strip())
        self.name = (f"{path}: {function}: {whole.strip()}: {before[-20:]}[{old or 'nothing'} -> "
                     f"{re.sub(r'[ ]+', ' ', new.strip()) or 'nothing'}]")


def mutants(path, text):
    """Each change of a file's functions and tables."""
    return distinct(text, (Mutant(path, text, unit.name, unit, *change) for unit in clang_c.declarations(text)
                           if unit.kind == "function" or unit.kind == "table" and is_const(unit) for change in changes(
                               text, clang_c.within(text, unit.inside, unit.last), unit.kind == "table")))


def is_const(unit):
    return "const" in (token.text for token in unit.tokens)


def distinct(text, every):
    """Those that differ from the text and from each other, each with a name of its own."""
    seen, names = {text: None}, collections.Counter()
    for mutant in every:
        if seen.setdefault(mutant.text, mutant) is mutant:
            names[mutant.name] += 1
            mutant.name += f" ({names[mutant.name]})" if names[mutant.name] > 1 else ""
    return list(seen.values())[1:]


def changes(text, found, table):
    """Where each begins and ends, and what is there then."""
    for at, token in enumerate(found):
        yield from ((token.start, token.end, new) for new in of_token(text, found, at))
        word, close = token.text, at + 1 < len(found) and found[at + 1].text == "(" and clang_c.closing(found, at + 1)
        if close and re.fullmatch(CHECK, word):
            call = text[token.start:found[close].end]
            yield from ((token.start, found[close].end, new) for new in (f"({call}, 0)", f"!{call}"))
        # A condition that never holds, and one that always does.
        if close and word in ("if", "while"):
            yield from ((found[at + 1].end, found[close].start, new) for new in ["0", "1"][:1 + (word == "if")])
        if word == "?":
            begin = found[operand(found, at)].start
            yield begin, token.start - 1, f"!({text[begin:token.start - 1]})"
    # A statement, or an entry of a table, that is not there.
    for at, token in enumerate(found):
        if not text[text.rfind("\n", 0, token.start) + 1:token.start].strip():
            end = statement(found, at, "," if table else ";")
            if end is not None and (not table or token.text == "."):
                start = text.rfind("\n", 0, token.start) + 1 if table else token.start
                yield start, found[end].end, "" if table else ";"


def of_token(text, found, at):
    token, before = found[at], " ".join(t.text for t in found[max(at - 2, 0):at])
    if token.kind == "PUNCTUATION":
        spaced = text[token.start - 1] + text[token.end] == "  "
        return PUNCTUATION.get(token.text, []) if spaced or token.text not in BINARY else []
    return next((new for pattern, after, new in WORDS
                 if re.fullmatch(pattern, token.text) and (before + " ").endswith(after + " ")), [])


def operand(found, at):
    """The token at which the condition before a '?' begins."""
    depth = 0
    while at:
        at -= 1
        depth += (found[at].text in (")", "]")) - (found[at].text in ("(", "["))
        if depth < 0 or not depth and found[at].text in BEGINS:
            return at + 1
    return at


def statement(found, at, ends):
    """Where a call or an assignment that begins here ends; None for anything else."""
    if found[at].kind != "IDENTIFIER" and found[at].text not in ("*", "."):
        return None
    stored = called = False
    for number in range(at, len(found)):
        token, after = found[number], found[min(number + 1, len(found) - 1)]
        if token.text == ends:
            return number if stored or called else None
        if not stored and not called:
            if token.text == "(":
                called = number > at and found[clang_c.closing(found, number) + 1].text == ";"
                if not called:
                    return None
            elif token.text in (*STORES, "++"):
                stored = True
            elif token.kind in ("IDENTIFIER", "KEYWORD") and after.kind == "IDENTIFIER" or token.text in ("{", "}", ":"):
                return None
        elif token.text in ("{", "}"):
            return None
    return None
