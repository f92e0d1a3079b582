# SPDX-License-Identifier: GPL-2.0
"""Read the Rust side: each unsafe block, what its callee requires, and what its comment discharges."""
import re

from model import Place, Unsafe

FOLDERS = "rust", "bindings", "samples", "selftests", "kunit"
# Each call into C relies on it; nobody has to say so.
IMPLIED = {"AbiLayout"}


def strip(text):
    """Blank out comments and strings; line numbers stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"', blank, text, flags=re.DOTALL)


def read(root, review, operations):
    requires = {}
    for place in review.of("requires"):
        requires.setdefault(place.symbol, set()).add(place.clause)
    files = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("**/*.rs")):
            name = path.relative_to(root).as_posix()
            if name.startswith(("bindings/signatures", "selftests/compile-fail")):
                continue
            files[name] = path.read_text(encoding="utf-8")
            # Safe by the compiler's own word. Elsewhere it is our claim.
            if folder in ("rust", "bindings"):
                read_file(name, files[name], requires, operations, review)
    return files


def read_file(path, text, requires, operations, review):
    for doc, name in re.findall(r"((?:^///.*\n)+)(?:#\[.*\n)*pub struct (\w+)", text, flags=re.MULTILINE):
        words = re.search(r"# Invariants\n((?:(?!/// #).*\n)*)", doc)
        if words:
            review.invariants[name] = re.sub(r"^/// ?", "", words[1], flags=re.MULTILINE).strip()
    code = strip(text)
    lines, bare = text.split("\n"), code.split("\n")
    for match in re.finditer(r"\bunsafe\b(?! extern)", code):
        line = code.count("\n", 0, match.start()) + 1
        rest = code[match.end():]
        kind = re.match(r"\s*(\{|fn\s+\w+|impl|trait|extern)", rest)
        kind = kind[1].split()[0] if kind else "?"
        body = block(rest) if kind == "{" else rest.partition("{")[0]
        end = line + body.count("\n")
        symbol = enclosing(bare, line)
        if kind == "fn":
            read_fn(path, lines, line, rest, review)
            continue
        callees, required = called(kind, body, requires, operations, review)
        reasons = comment(path, lines, bare, line, review)
        if reasons is None:
            review.error(path, line, "unsafe without a SAFETY comment that names clauses")
            reasons = {}
        if not callees:
            review.error(path, line, "unsafe, but what it calls is neither in c/vmremap.h nor in docs/contract.md")
        names = " and ".join(callees) or "what it calls"
        for clause in sorted(required - reasons.keys()):
            review.error(path, line, f"{names} requires {clause}, which the SAFETY comment does not discharge")
        for clause in sorted(reasons.keys() - required - IMPLIED):
            review.error(path, line, f"the SAFETY comment discharges {clause}, which {names} does not require")
        text_of = "\n".join(lines[line - 1:end])
        review.unsafe.append(Unsafe(path, line, end, symbol, callees, required, reasons, text_of))
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


def called(kind, body, requires, operations, review):
    if kind == "impl":
        trait = re.search(r"\b(\w+) for\b", body)
        name = f"impl {trait[1]}" if trait else "impl"
        return ([name], operations[name]) if name in operations else ([], set())
    callees = sorted(set(re.findall(r"\bbindings::(vmremap_\w+)", body)))
    if not callees:
        callees = [o for o in operations if not o.startswith("impl ") and matches(o, body)]
    required = set()
    for callee in callees:
        required |= operations.get(callee) or requires.get(callee, set())
    return [c for c in callees if c in operations or c in review.abi], required


def matches(operation, body):
    owner, _, name = operation.rpartition("::")
    called_by_name = re.search(rf"\b{owner}::{name}\(", body)
    read_through = name == "as_ptr" and re.search(r"\(\*\w+\.as_ptr\(\)\)", body)
    return bool(called_by_name or read_through)


def comment(path, lines, bare, line, review):
    """The clauses in the SAFETY comment that stands before the statement, with their reasons; None without one."""
    at = line - 1
    while at > 0 and not lines[at - 1].lstrip().startswith("//"):
        if line - at > 4 or re.search(r"[;{}]\s*$", bare[at - 1]) or not bare[at - 1].strip():
            return None
        at -= 1
    words = []
    while at > 0 and lines[at - 1].lstrip().startswith("// "):
        words.insert(0, lines[at - 1].strip()[3:])
        at -= 1
    text = "\n".join(words)
    if not text.startswith("SAFETY:"):
        return None
    return items(path, line, text, review)


def items(path, line, text, review):
    reasons = {}
    for name, reason in re.findall(r"^- `(\w+)`:? ?((?:.*\n?)(?:(?!- ).*\n?)*)", text, flags=re.MULTILINE):
        if name not in review.clauses:
            review.error(path, line, f"{name} is no clause of docs/contract.md")
            continue
        reasons[name] = " ".join(reason.split())
        if not reasons[name]:
            review.error(path, line, f"{name} is discharged without a reason")
    return reasons or None


def read_fn(path, lines, line, rest, review):
    at, words = line - 1, []
    while at > 0 and re.match(r"\s*(///|#\[)", lines[at - 1]):
        words.insert(0, re.sub(r"^\s*/// ?", "", lines[at - 1]))
        at -= 1
    _, found, text = "\n".join(words).partition("# Safety")
    name = re.match(r"\s*fn\s+(\w+)", rest)[1]
    tags = items(path, line, text.lstrip("\n"), review) if found else None
    if not tags:
        review.error(path, line, f"unsafe fn {name}() does not say under '# Safety' which clauses it requires")
    review.places += [Place("requires", clause, name, path, line) for clause in tags or {}]
