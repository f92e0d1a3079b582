# SPDX-License-Identifier: GPL-2.0
"""Read the Rust side: each unsafe block, what its callee requires, and what its comment discharges.

By hand, because what parses Rust, rustc and syn, drops the comments that this is about.
"""
import re

from model import Place, Unsafe

FOLDERS = "rust", "bindings", "samples", "selftests", "kunit"
# Each call into C relies on it; nobody has to say so.
IMPLIED = {"AbiLayout"}


def strip(text):
    """Blank out comments and strings; line numbers stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|r(#+)".*?"\1|r"[^"]*"|"(?:\\.|[^"\\])*"' r"|'(?:\\.|[^'\\])'", blank, text,
                  flags=re.DOTALL)


def read(root, review, operations):
    files = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("**/*.rs")):
            name = path.relative_to(root).as_posix()
            if not name.startswith("selftests/compile-fail"):
                files[name] = path.read_text(encoding="utf-8")
    for name, text in files.items():
        read_functions(name, text, review)
    # What an unsafe operation requires: of the ABI, of the crate, of the kernel crate.
    requires = {name: set() for name in review.abi}
    for place in review.of("requires"):
        if place.symbol in review.abi or place.path.endswith(".rs"):
            requires.setdefault(place.symbol, set()).add(place.clause)
    for name, text in files.items():
        read_file(name, text, requires | operations, review)
    return files


def read_functions(path, text, review):
    code = strip(text)
    for match in re.finditer(r"\bunsafe\s+(?:extern\s+)?fn\s+\w+", code):
        read_fn(path, text.split("\n"), code.count("\n", 0, match.start()) + 1, match[0].split()[-1], review)


def read_file(path, text, requires, review):
    for doc, name in re.findall(r"((?:^///.*\n)+)(?:#\[.*\n)*pub struct (\w+)", text, flags=re.MULTILINE):
        words = re.search(r"# Invariants\n((?:(?!/// #).*\n)*)", doc)
        if words:
            review.invariants[name] = re.sub(r"^/// ?", "", words[1], flags=re.MULTILINE).strip()
    code = strip(text)
    lines, bare = text.split("\n"), code.split("\n")
    commented = {}
    for match in re.finditer(r"\bunsafe\b", code):
        line = code.count("\n", 0, match.start()) + 1
        rest = code[match.end():]
        kind = re.match(r"\s*(?:extern\s+)?(\{|fn\b|impl\b)", rest)
        kind = kind[1] if kind else "?"
        if kind == "fn":
            continue
        body = block(rest) if kind == "{" else rest.partition("{")[0]
        symbol = enclosing(bare, line)
        callees, others = called(kind, body, requires, symbol)
        required = set().union(*(requires[callee] for callee in callees))
        reasons, at = comment(path, lines, bare, line, review)
        if reasons is None:
            review.error(path, line, "unsafe without a SAFETY comment that names clauses")
            reasons = {}
        elif commented.setdefault(at, line) != line or code[:match.start()].rpartition("\n")[2].count("unsafe"):
            review.error(path, line, f"unsafe with the SAFETY comment of another, in line {commented[at]}")
        if others or not callees:
            review.error(path, line, f"unsafe, but what it calls{others and f', {others},'} is neither in c/vmremap.h "
                                     "nor in docs/contract.md")
        names = " and ".join(callees) or "what it calls"
        for clause in sorted(required - reasons.keys()):
            review.error(path, line, f"{names} requires {clause}, which the SAFETY comment does not discharge")
        for clause in sorted(reasons.keys() - required - IMPLIED):
            review.error(path, line, f"the SAFETY comment discharges {clause}, which {names} does not require")
        review.unsafe.append(Unsafe(path, line, symbol, callees, required, reasons))
        review.places += [Place("relies", clause, symbol, path, line, reason) for clause, reason in reasons.items()]
        if any(c.startswith("vmremap_") for c in callees) and "AbiLayout" not in reasons:
            review.places.append(Place("relies", "AbiLayout", symbol, path, line, "as each call into C"))


def block(rest):
    depth = 0
    for i, char in enumerate(rest):
        depth += (char == "{") - (char == "}")
        if char == "}" and depth == 0:
            return rest[:i + 1]
    return rest


def enclosing(bare, line):
    """The function, with its type, that a line is in, by indentation as rustfmt has it."""
    own = bare[line - 1].strip()
    if own.startswith("unsafe impl"):
        return re.sub(r"<.*> (Send|Sync)", r" \1", own).rstrip(" {}").replace("unsafe ", "")
    function, indent = "?", None
    for text in reversed(bare[:line]):
        fn = re.match(r"( *)(?:pub(?:\([a-z]+\))? )?(?:const )?(?:unsafe )?fn (\w+)", text)
        if fn and indent is None:
            function, indent = fn[2], len(fn[1])
            if not indent:
                return function
        owner = re.match(r"(?:unsafe )?impl(?:<.*?>)? (.*?)(?: where| \{|$)", text)
        if owner and indent is not None:
            return re.sub(r"<.*", "", owner[1].split(" for ")[-1].lstrip("&'a ")) + "::" + function
    return function


def called(kind, body, requires, symbol):
    """Which of the known unsafe operations a block or impl is, and what else it is that may be one."""
    if kind != "{":
        trait = re.search(r"\b(\w+) for\b", body)
        name = f"impl {trait[1]}" if kind == "impl" and trait else kind
        return ([name], "") if name in requires else ([], "")
    calls = {"::".join(call.split("::")[-2:]) for call in re.findall(r"((?:\w+::)+\w+)(?:::<[^;()]*>)?\(", body)}
    calls |= set(re.findall(r"(?<![\w:.])(\w+)(?:::<[^;()]*>)?\(", body))
    known = {call: call.removeprefix("bindings::") for call in calls}
    callees = {name for name in known.values() if name in requires}
    others = {call for call in calls if known[call] not in requires}
    # What is read through a pointer: only of the type's own, and nothing is written there.
    pointers = set(re.findall(r"(?:^|[=({;,&]|\bmut|\breturn)\s*(\*\s*(?!const\b|mut\b)[\w(][\w.]*(?:\(\))?)", body))
    for pointer in pointers:
        own = symbol.partition("::")[0] + "::as_ptr"
        if pointer == "*self.as_ptr()" and own in requires and not re.search(r"&mut|&raw|[^=!<>]=[^=]", body):
            callees.add(own)
        else:
            others.add(pointer)
    return sorted(callees), ", ".join(sorted(others))


def comment(path, lines, bare, line, review):
    """The clauses in the SAFETY comment that stands before the statement, with their reasons; None without one."""
    at = line - 1
    while at > 0 and not lines[at - 1].lstrip().startswith("//"):
        if line - at > 4 or re.search(r"[;{}]\s*$", bare[at - 1]) or not bare[at - 1].strip():
            return None, at
        at -= 1
    words = []
    while at > 0 and lines[at - 1].lstrip().startswith("// "):
        words.insert(0, lines[at - 1].strip()[3:])
        at -= 1
    text = "\n".join(words)
    return items(path, line, text, review) if text.startswith("SAFETY:") else None, at


def items(path, line, text, review):
    reasons = {}
    for name, reason in re.findall(r"^- `(\w+)`:? ?((?:.*\n?)(?:(?!- ).*\n?)*)", text, flags=re.MULTILINE):
        if name not in review.clauses:
            review.error(path, line, f"{name} is no clause of docs/contract.md")
            continue
        if name in reasons:
            review.error(path, line, f"{name} is discharged twice")
        reasons[name] = " ".join(reason.split())
        if not reasons[name]:
            review.error(path, line, f"{name} is discharged without a reason")
    return reasons or None


def read_fn(path, lines, line, name, review):
    at, words = line - 1, []
    while at > 0 and re.match(r"\s*(///|#\[)", lines[at - 1]):
        words.insert(0, re.sub(r"^\s*/// ?", "", lines[at - 1]))
        at -= 1
    _, found, text = "\n".join(words).partition("# Safety")
    tags = items(path, line, text.lstrip("\n"), review) if found else None
    if not tags:
        review.error(path, line, f"unsafe fn {name}() does not say under '# Safety' which clauses it requires")
    review.places += [Place("requires", clause, name, path, line) for clause in tags or {}]
