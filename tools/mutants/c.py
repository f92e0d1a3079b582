# SPDX-License-Identifier: GPL-2.0
"""What is changed in C: each comparison, constant, operator, flag, condition and statement of a function, one at a time,
and each entry of a table."""
import re

# What is changed into what. The first that matches at a place is taken, and each of its replacements is tried.
OPERATORS = [
    (r"<<=|>>=", {"<<=": [">>="], ">>=": ["<<="]}),
    (r"\|=", {"|=": ["&=", "="]}),
    (r"&=", {"&=": ["|=", "="]}),
    (r"\+=", {"+=": ["-=", "="]}),
    (r"-=", {"-=": ["+=", "="]}),
    (r"<<", {"<<": [">>"]}),
    (r">>", {">>": ["<<"]}),
    (r"<=", {"<=": ["<", "=="]}),
    (r">=", {">=": [">", "=="]}),
    (r"==", {"==": ["!="]}),
    (r"!=", {"!=": ["=="]}),
    (r"&&", {"&&": ["||"]}),
    (r"\|\|", {"||": ["&&"]}),
    (r"->|\+\+|--", {"++": ["--"], "--": ["++"]}),
    (r"<", {"<": ["<=", "!="]}),
    (r">", {">": [">=", "!="]}),
    (r" \+ ", {" + ": [" - "]}),
    (r" - ", {" - ": [" + "]}),
    (r" \* ", {" * ": [" / "]}),
    (r" \| ", {" | ": [" & "]}),
    (r" & ", {" & ": [" | "]}),
    (r"!(?=[\w(*])", {"!": [""]}),
    (r"~", {"~": [""]}),
    (r"\b\d+(?=UL\b|\b)", {"0": ["1"], "1": ["0", "2"]}),
    (r'"\w+"', lambda text: ['""']),
    (r"\bPAGE_SIZE\b", {"PAGE_SIZE": ["(2 * PAGE_SIZE)"]}),
    (r"\bPAGE_SHIFT\b", {"PAGE_SHIFT": ["(PAGE_SHIFT - 1)"]}),
    (r"\bVM_(?!FAULT)[A-Z_]+\b|\bMAP_[A-Z]+\b|\bFAULT_FLAG_[A-Z]+\b", lambda flag: ["0UL"]),
    (r"\bVM_FAULT_[A-Z]+\b", lambda code: ["0"]),
    (r"(?<=-)E[A-Z0-9]{3,}\b", lambda errno: ["EXDEV"]),
    (r"\bVMREMAP_FLAGS\b", lambda flags: ["0U", "~0U"]),
    (r"\bVMREMAP_(?:RDONLY|DONTCOPY|ACCOUNT|POPULATE)\b", lambda flag: ["0U"]),
    (r"\bVMREMAP_PRIVATE_(?:RDONLY|COPIES)\b", {"VMREMAP_PRIVATE_RDONLY": ["VMREMAP_PRIVATE_COPIES"],
                                                 "VMREMAP_PRIVATE_COPIES": ["VMREMAP_PRIVATE_RDONLY"]}),
    (r"(?<=return )VMREMAP_HOLDS\b", lambda name: ["VMREMAP_VMA_INIT"]),
    (r"(?<=return )VMREMAP_[A-Z_]+\b", lambda name: ["VMREMAP_HOLDS"]),
    (r"(?<=clause = )VMREMAP_HOLDS\b", lambda name: ["VMREMAP_ADDR_ALIGNED"]),
    (r"(?<=clause = )VMREMAP_[A-Z_]+\b", lambda name: ["VMREMAP_HOLDS", "VMREMAP_ADDR_ALIGNED"]),
    (r"(?<=vmremap_reject\()VMREMAP_[A-Z_]+\b", lambda name: ["VMREMAP_HOLDS", "VMREMAP_ADDR_ALIGNED"]),
    (r"\bmin3\b|\bmin_t\b|\bmin\b", lambda name: [name.replace("min", "max")]),
    (r"\bmax\b", lambda name: ["min"]),
    (r"\bPFN_UP\b", lambda name: ["PFN_DOWN"]),
    (r"\bPAGE_ALIGN\b(?=\()", lambda name: [""]),
    (r"\bIS_ALIGNED\b", lambda name: ["!IS_ALIGNED"]),
    (r"\bIS_ERR_OR_NULL\b", lambda name: ["IS_ERR", "!"]),
    (r"\b(?:true|false)\b", {"true": ["false"], "false": ["true"]}),
    (r"\bcheck_(?:add|shl)_overflow\((?:[^()]|\([^()]*\))*\)", lambda call: [f"({call}, 0)", f"!{call}"]),
]
CALL = r"\bcheck_"
ASSIGNMENT = r"(?<=[\t ])(?:\*?[a-z][\w.>-]*(?:\[\w+\])? (?:[|&+-]|<<|>>)?= |[\w>-]+(?:\[\w+\])?\+\+)[^;]*;"
STATEMENT_CALL = r"(?<=\t)(?!return\b|if\b|for\b|while\b|switch\b|list_for_each)[a-z][\w>-]*\([^;{}]*\);"
TABLE = r"^(?:static )?const (?:struct )(?:\w+ |\{[^}]*\} )(\w+)(?:\[\])? =\s(?:\{\n.*?^\}|[^;{]*);"


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.DOTALL)


def strip(text):
    """Only what is compiled as C, each character in its place."""
    return re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", blank, without_comments(text), flags=re.MULTILINE)


class Unit:
    """A function or a table: text[head:start] introduces it, text[start:end] is changed."""

    def __init__(self, name, head, start, end, conditions):
        self.name, self.head, self.start, self.end, self.conditions = name, head, start, end, conditions


class Mutant:
    """One change of one file."""

    def __init__(self, path, text, start, end, new, unit=None):
        self.path, self.unit, self.start, self.end, self.new = path, unit, start, end, new
        self.text = text[:start] + new + text[end:]
        self.line = text.count("\n", 0, start) + 1
        self.function = unit.name if unit else "?"
        whole = text.split("\n")[self.line - 1]
        column = start - (text.rfind("\n", 0, start) + 1)
        before = whole[:column].strip()
        old = re.sub(r"\s+", " ", text[start:end].strip())
        self.name = (f"{path}: {self.function}: {whole.strip()}: {before[-20:]}[{old or 'nothing'} -> "
                     f"{re.sub(r'[ ]+', ' ', new.strip()) or 'nothing'}]")


def conditions(text, at):
    """The preprocessor's conditions that hold at a place."""
    open_ones = []
    for line in text[:at].split("\n"):
        match = re.match(r"#\s*(if|ifdef|ifndef|else|endif)\b\s*(.*)", line)
        if not match:
            continue
        if match[1] == "endif":
            open_ones.pop()
        elif match[1] == "else":
            what = open_ones[-1]
            open_ones[-1] = what[1:] if what.startswith("!") else "!" + what
        else:
            open_ones.append(("!" if match[1] == "ifndef" else "") + match[2])
    return open_ones


def units(text):
    """The functions and the tables of a file, in order."""
    code = strip(text)
    for body in re.finditer(r"^\{\n(.*?)^\}", code, flags=re.MULTILINE | re.DOTALL):
        head = code.rfind("\n", 0, body.start() - 1)
        while code[code.rfind("\n", 0, head) + 1:head].strip() not in ("", "}", "};"):
            head = code.rfind("\n", 0, head)
        name = re.search(r"(\w+)\(", code[head + 1:body.start()])[1]
        yield Unit(name, head + 1, body.start(1), body.end(1), conditions(text, head + 1))
    for table in re.finditer(TABLE, code, flags=re.MULTILINE | re.DOTALL):
        yield Unit(table[1], table.start(), code.index("=", table.start(1)) + 1, table.end() - 1, None)


def mutants(path, text, wanted=None):
    """Each change of a file, or of the functions that are @wanted."""
    code = strip(text)
    found = [unit for unit in units(text) if not wanted or unit.name in wanted]
    if missing := set(wanted or ()) - {unit.name for unit in found}:
        raise SystemExit(f"{path}: no function {', '.join(sorted(missing))} any more")
    seen = {}
    for unit in found:
        for mutant in in_function(path, text, code, unit) if unit.conditions is not None else \
                in_table(path, text, code, unit):
            if mutant.text != text and mutant.text not in seen:
                seen[mutant.text] = mutant
    names = {}
    for mutant in seen.values():
        names[mutant.name] = number = names.get(mutant.name, 0) + 1
        if number > 1:
            mutant.name += f" ({number})"
    return list(seen.values())


def tokens(path, text, code, unit):
    at = unit.start
    while at < unit.end:
        for pattern, changes in OPERATORS:
            match = re.compile(pattern).match(text if pattern[0] == '"' else code, at)
            if match:
                new = changes(match[0]) if callable(changes) else changes.get(match[0], [])
                yield from (Mutant(path, text, match.start(), match.end(), n, unit) for n in new)
                if not pattern.startswith(CALL):
                    at = match.end() - 1
                break
        at += 1


def in_table(path, text, code, unit):
    yield from tokens(path, text, code, unit)
    for entry in re.compile(r"^\t\.\w+ = \w+,$", re.MULTILINE).finditer(code, unit.start, unit.end):
        yield Mutant(path, text, entry.start(), entry.end(), "", unit)


def in_function(path, text, code, unit):
    yield from tokens(path, text, code, unit)
    start, end = unit.start, unit.end
    # A condition that never holds, and one that always does.
    for match in re.compile(r"\b(?:if|while) \(").finditer(code, start, end):
        close = matching(code, match.end() - 1)
        yield Mutant(path, text, match.end(), close, "0", unit)
        if code.startswith("if", match.start()):
            yield Mutant(path, text, match.end(), close, "1", unit)
    for match in re.compile(r" \? ").finditer(code, start, end):
        begin = operand(code, match.start())
        yield Mutant(path, text, begin, match.start(), f"!({text[begin:match.start()]})", unit)
    # A statement that is not there.
    for pattern in ASSIGNMENT, STATEMENT_CALL:
        for match in re.compile(pattern).finditer(code, start, end):
            if code[:match.start()].rstrip(" \t").endswith("\n"):
                yield Mutant(path, text, match.start(), match.end(), ";", unit)


def matching(code, at):
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] == "(") - (code[place] == ")")
        if not depth:
            return place
    raise ValueError("unbalanced parentheses")


def operand(code, at):
    """Where the condition before a '?' begins."""
    depth, place = 0, at
    while place > 0:
        place -= 1
        depth += (code[place] == ")") - (code[place] == "(")
        before = code[:place + 1]
        if depth < 0 or not depth and (code[place] in ",;{" or re.search(r"[^=!<>]= $|\breturn $|[?:] $", before)):
            break
    place += 1
    return place + len(code[place:at]) - len(code[place:at].lstrip())
