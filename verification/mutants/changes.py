# SPDX-License-Identifier: GPL-2.0
"""The mutants: each changes one place. In C: each comparison, constant, operator, flag, condition and statement of a
function, and each entry of a table. In Rust: each condition and its parts; and in the declaration of an item its lifetimes,
bounds, receiver, visibility, attributes, derives and the order of its fields.

Not done with a general tool, because such a tool knows neither the kernel's flags, errnos and rounding nor the clauses, and
cargo-mutants needs a cargo package. The patterns rely on the kernel's coding style, which make lint checks.
"""
import collections
import re
import sys

import clang_c

# Text between two parentheses, with up to four nested levels.
INSIDE = r"[^()]*+"
for _ in range(4):
    INSIDE = rf"(?:[^()]++|\({INSIDE}\))*+"
# The name of a function or variable, or a member.
PLACE = r"\*?[A-Za-z_](?:\w|\.|->|\[[^]]*\])*+"

# Patterns with their replacements. At each place the first pattern that matches is used, and the search continues after the
# match; a pattern without a replacement protects its match.
C_PARTS = [
    (r'"\w+"', '""'), (r'"[^"\n]*"|->',), (r"<<=", ">>="), (r">>=", "<<="), (r"\|=", "&=", "="), (r"&=", "|=", "="),
    (r"\+=", "-=", "="), (r"-=", "+=", "="), (r"<<", ">>"), (r">>", "<<"), (r"<=", "<", "=="), (r">=", ">", "=="),
    (r"==", "!="), (r"!=", "=="), (r"&&", "||"), (r"\|\|", "&&"), (r"\+\+", "--"), (r"--", "++"), (r"<", "<=", "!="),
    (r">", ">=", "!="), (r"!|~", ""),
    # Of these operators, only the binary ones.
    (r"(?<= )\+(?= )", "-"), (r"(?<= )-(?= )", "+"), (r"(?<= )\*(?= )", "/"), (r"(?<= )\|(?= )", "&"),
    (r"(?<= )&(?= )", "|"),
    (r"\bPAGE_SIZE\b", "(2 * PAGE_SIZE)"), (r"\bPAGE_SHIFT\b", "(PAGE_SHIFT - 1)"), (r"\bPFN_UP\b", "PFN_DOWN"),
    (r"\bPAGE_ALIGN\b", ""), (r"\bIS_ALIGNED\b", "!IS_ALIGNED"), (r"\bIS_ERR_OR_NULL\b", "IS_ERR", "!"),
    (r"\bmin3\b", "max3"), (r"\bmin_t\b", "max_t"), (r"\bmin\b", "max"), (r"\bmax\b", "min"),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\b0\b", "1"), (r"\b1\b", "0", "2"), (r"\b0UL\b", "1UL"), (r"\b1UL\b", "0UL", "2UL"),
    (r"\bVM_FAULT_[A-Z]+\b", "0"), (r"\b(?:VM_[A-Z_]+|MAP_[A-Z]+|FAULT_FLAG_[A-Z]+)\b", "0UL"),
    (r"(?<=-)E[A-Z0-9]{3,}\b", "EXDEV"),
    (r"\bVMREMAP_FLAGS\b", "0U", "~0U"), (r"\bVMREMAP_(?:RDONLY|DONTCOPY|ACCOUNT|POPULATE)\b", "0U"),
    (r"\bVMREMAP_PRIVATE_RDONLY\b", "VMREMAP_PRIVATE_COPIES"),
    (r"\bVMREMAP_PRIVATE_COPIES\b", "VMREMAP_PRIVATE_RDONLY"),
    (r"(?<=return )VMREMAP_HOLDS\b", "VMREMAP_VMA_INIT"), (r"(?<=return )VMREMAP_[A-Z_]+\b", "VMREMAP_HOLDS"),
    (r"(?<=clause = )VMREMAP_HOLDS\b", "VMREMAP_ADDR_ALIGNED"),
    (r"(?:(?<=clause = )|(?<=vmremap_reject\())VMREMAP_[A-Z_]+\b", "VMREMAP_HOLDS", "VMREMAP_ADDR_ALIGNED"),
]
# Patterns that are searched one by one: an overflow check, a condition, a condition before a '?', and a statement.
C_WHOLES = [
    (rf"\bcheck_(?:add|shl)_overflow\({INSIDE}\)", r"(\g<0>, 0)", r"!\g<0>"),
    (rf"(?<=\bif \(){INSIDE}(?=\))", "0", "1"), (rf"(?<=\bwhile \(){INSIDE}(?=\))", "0"),
    (rf"(?<=[\s(])(?!return |\s)(?:[^()?:,;{{}}=\n]|[=!<>]=|\({INSIDE}\))+(?= \?)", r"!(\g<0>)"),
    (rf"(?:(?<=\t)|(?<=  )){PLACE}\({INSIDE}\);", ";"),
    (rf"(?<=\t){PLACE}(?:(?: [|&+-]?| <<| >>)=\s[^;{{}}]*|\+\+);", ";"),
]
TABLE = [(r"^\t+\.\w+ = [^\n]*,$", "")]
RUST_PARTS = [
    (r"=>|->|<=>|::<|&&|&mut|&self|&'|<<|>>",), (r"<=", "<", "==", ">="), (r"==", "!="), (r"!=", "=="), (r" & ", " | "),
    (r" \| ", " & "), (r"(?<![\w.:])0(?![\w.])", "1"), (r"(?<=\()E[A-Z]{3,}(?=\))", "EXDEV"),
    (r"\bbindings::VMREMAP_[A-Z]+\b", "0"),
    (r"([\w:<>()]*[\w)])\.checked_((?:add|mul)\((?:[^()]|\([^()]*\))*\))", r"Some(\1.wrapping_\2)"),
    (r"\boffset\.\.end\b", "0..end", "offset..offset"), (r"(?<=-> SharedMem<)'_(?=,)", "'static"),
]
# A condition, and a call.
RUST_WHOLES = [
    (r"(?<=\bif )[^{}\n]+(?= \{)", "false", "true"),
    (r"(?<=    )unsafe \{ bindings::\w+\([^\n]*\) \}(?=;$)", ""),
]
# The declaration of an item. Attributes are searched in the text, because the code has none.
RUST_ITEMS = [
    (r"(?<=[&<( ])'(?:a|_)\b(?![:'])", "'static"), (r"&mut self\b", "&self"), (r"(?<=\()&self\b(?=[,)])", "&mut self"),
    (r"\bpub\((?:crate|super)\) (?=(?:const |unsafe )*(?:fn|struct|mod|const) )", "pub "), (r"^mod (?=\w+;)", "pub mod "),
    (r"^    (?=\w+: [^=\n]*,$)", "    pub "), (r"^(?=(?:const |unsafe )?fn )", "pub "),
]
RUST_ATTRIBUTES = [
    (r"#\[inline\(never\)\]", "#[inline(always)]"), (r"#\[repr\(\w+\)\]\n", ""), (r"#\[pin\]\n *", ""),
    (r"(?<=#\[derive\()(\w+), ", ""), (r", (\w+)(?=\)\])", ""), (r"(?<=#\[derive\()", "Copy, Clone, Hash, "),
    (r"#\[vtable\]\n", ""), (r"#\[must_use\]\n *", ""),
]
FIELDS = re.compile(r"^(?:pub\S* )?struct \w+[^;{(]*\{\n((?:.*\n)*?)\}", re.M)


class Mutant:
    """One change of one file."""

    number, by, before = 0, "", ""  # its number, the test that caught it, and the one that did in an earlier run

    def __init__(self, path, text, function, unit, start, end, new):
        self.path, self.function, self.unit, self.start, self.end, self.new = path, function, unit, start, end, new
        self.text = text[:start] + new + text[end:]
        self.line = text.count("\n", 0, start) + 1
        whole = text.split("\n")[self.line - 1]
        before = whole[:start - text.rfind("\n", 0, start) - 1].strip()
        old = re.sub(r"\s+", " ", text[start:end].strip())
        self.name = (f"{path}: {function}: {whole.strip()}: {before[-20:]}[{old or 'nothing'} -> "
                     f"{re.sub(r'\s+', ' ', new.strip()) or 'nothing'}]")


def found(rules, code, start, end):
    """The start, the end and the replacement of each change."""
    every = re.compile("|".join(f"(?P<at{nr}>{pattern})" for nr, (pattern, *_) in enumerate(rules)), flags=re.MULTILINE)
    for place in every.finditer(code, start, end):
        pattern, *new = rules[int(place.lastgroup[2:])]
        match = re.compile(pattern, flags=re.MULTILINE).match(code, place.start())
        yield from ((*match.span(), match.expand(text)) for text in new)


def bounds(code):
    """The same for removing each bound of a type or a trait."""
    for generics in re.finditer(r"\b(?:impl|fn \w+|struct \w+)<((?:[^<>]|<[^<>]*>)*)>|\btrait (\w+: [^{]*?) \{|"
                                r"\btype (\w+: [^;=]*);", code):
        start = generics.start(generics.lastindex)
        for parameter in re.finditer(r"(\w+): ((?:[^,<>]|<[^<>]*>)+)", generics[generics.lastindex]):
            every = parameter[2].split(" + ")
            for bound in every:
                if not bound.startswith("?"):
                    left = " + ".join(other for other in every if other is not bound)
                    yield (start + parameter.start(), start + parameter.end(),
                           f"{parameter[1]}: {left}" if left else parameter[1])


def fields(text):
    """The same for swapping each two adjacent fields, with their comments and attributes."""
    for struct in FIELDS.finditer(text):
        parts = list(re.finditer(r"(?: *(?://|#\[).*\n)* *(?:pub(?:\(\w+\))? )?\w+: .*,\n", struct[1]))
        for one, other in zip(parts, parts[1:]):
            yield struct.start(1) + one.start(), struct.start(1) + other.end(), other[0] + one[0]


def changes(path, text):
    """All changes of a file, each preceded by the name of the item and, in C, its declaration."""
    aside = r"//[^\n]*|#!?\[[^\]]*\]" if path.endswith(".rs") else r"//[^\n]*|/\*.*?\*/|(?m:^#(?:[^\n]|\\\n)*)"
    code = re.sub(aside, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    if path.endswith(".rs"):
        every = [change for rules in (RUST_PARTS, *zip(RUST_WHOLES), *zip(RUST_ITEMS))
                 for change in found(rules, code, 0, len(code))]
        attributes = re.sub(r"//[^\n]*", lambda match: " " * len(match[0]), text)
        every += [change for rules in zip(RUST_ATTRIBUTES) for change in found(rules, attributes, 0, len(text))]
        for change in sorted([*every, *bounds(code), *fields(text)], key=lambda change: change[0]):
            names = re.findall(r"^(?! *//).*?\b(?:fn|const|struct|trait|impl(?:<[^\n]*>)?) (\w+)", text[:change[0]], flags=re.M)
            yield names[-1] if names else "?", None, *change
        return
    for unit in clang_c.declarations(text):
        if unit.kind == "function" or unit.kind == "table" and "const" in (token.text for token in unit.tokens):
            for rules in C_PARTS, *zip(TABLE if unit.kind == "table" else C_WHOLES):
                yield from ((unit.name, unit, *change) for change in found(rules, code, unit.inside, unit.last))


def edits(path, text, every):
    """The mutants of a file from the list of edits that tests have to notice."""
    for name, where, pattern, by, _ in every:
        if where == path:
            match = re.search(pattern, text, flags=re.M)
            if not match:
                sys.exit(f"mutants: {path} has no place for this edit: {name}")
            mutant = Mutant(path, text, name, None, *match.span(), match.expand(by))
            mutant.name = f"{path}: {name}"
            yield mutant


def mutants(path, text):
    """The mutants that differ from the text and from each other, each with a unique name."""
    seen, names = {text: None}, collections.Counter()
    for change in changes(path, text):
        mutant = Mutant(path, text, *change)
        if seen.setdefault(mutant.text, mutant) is mutant:
            names[mutant.name] += 1
            mutant.name += f" ({names[mutant.name]})" if names[mutant.name] > 1 else ""
    return list(seen.values())[1:]
