# SPDX-License-Identifier: GPL-2.0
"""Read the Rust side: each unsafe block, what its callee requires, and what its comment discharges.

By hand, because what parses Rust, rustc and syn, drops the comments that this is about.
"""
import itertools
import re

from model import Place, Unsafe, line_of

FOLDERS = "rust/", "bindings/", "samples/", "selftests/", "kunit/"
# Each call into C relies on it; nobody has to say so.
IMPLIED = {"AbiLayout"}
COMMENT_OR_STRING = re.compile(r"""//[^\n]*|/\*.*?\*/|r(#+)".*?"\1|r"[^"]*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""",
                               re.DOTALL)
# A function or type with the comment before it; a comment with up to four lines of the statement that follows it.
DOCUMENTED = re.compile(r'^((?: *(?:///|#\[).*\n)*)[\w() ]*\b(unsafe (?:extern "C" )?fn|pub struct) (\w+)', re.M)
COMMENT = re.compile(r"((?:^ *// .*\n)+)(?:(?! *//)(?!.*[;{}]\s*(?://.*)?$).*\S.*\n){0,4}\Z", re.M)
FUNCTION = re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?(?:unsafe )?fn (\w+)", re.M)
OWNER = re.compile(r"^(?:unsafe )?impl(?:<.*?>)? (.*?)(?: where| \{|$)", re.M)


def read(review):
    files = [entry for entry in review.texts(*FOLDERS, suffix=".rs") if "selftests/compile-fail/" not in entry[0]]
    for path, text in files:
        for match in DOCUMENTED.finditer(text):
            read_documentation(path, line_of(text, match.start(3)), *match.groups(), review)
    # What an unsafe operation requires: of the ABI, of the crate, of the kernel crate.
    ours = {*review.abi, *(p.symbol for p in review.of("requires") if p.path.endswith(".rs"))}
    requires = {name: {p.clause for p in review.of("requires", symbol=name)} for name in ours} | review.operations
    for path, text in files:
        read_file(path, text, requires, review)


def read_documentation(path, line, comment, kind, name, review):
    text = "\n".join(re.findall(r"^ */// ?(.*)", comment, flags=re.M)) + "\n"
    sections = dict(re.findall(r"^# (\w+)\n((?:(?!# ).*\n)*)", text, flags=re.M))
    if kind == "pub struct":
        review.invariants |= {name: sections["Invariants"].strip()} if "Invariants" in sections else {}
        return
    clauses = items(path, line, sections.get("Safety", ""), review)
    review.error(path, line, f"unsafe fn {name}() does not say under '# Safety' which clauses it requires",
                 when=not clauses)
    review.places += [Place("requires", clause, name, path, line) for clause in clauses]


def read_file(path, text, requires, review):
    # Line by line, and character by character, the same without comments and strings.
    code = COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    commented = {}
    for match in re.finditer(r"\bunsafe\b(?!\s*(?:extern\s+)?fn\b)", code):
        line, begin = line_of(code, match.start()), code.rfind("\n", 0, match.start()) + 1
        symbol = enclosing(code, begin)
        callees, others = called(code[match.end():], requires, symbol)
        required = set().union(*(requires[callee] for callee in callees))
        comment = COMMENT.search(text[:begin])
        words = re.sub(r"^ *// ", "", comment[1], flags=re.M) if comment else ""
        reasons = items(path, line, words, review) if words.startswith("SAFETY:") else {}
        first = commented.setdefault(comment and comment.start(), line)
        shared = reasons and (first != line or "unsafe" in code[begin:match.start()])
        review.error(path, line, "unsafe without a SAFETY comment that names clauses", when=not reasons)
        review.error(path, line, f"unsafe with the SAFETY comment of another, in line {first}", when=shared)
        review.error(path, line, f"unsafe, but what it calls{others and f', {others},'} is neither in c/vmremap.h "
                                 "nor in docs/contract.md", when=others or not callees)
        names = " and ".join(callees) or "what it calls"
        for clause in sorted(required - reasons.keys()):
            review.error(path, line, f"{names} requires {clause}, which the SAFETY comment does not discharge")
        for clause in sorted(reasons.keys() - required - IMPLIED):
            review.error(path, line, f"the SAFETY comment discharges {clause}, which {names} does not require")
        review.unsafe.append(Unsafe(path, line, symbol, callees, required, reasons))
        review.places += [Place("relies", clause, symbol, path, line, reason) for clause, reason in reasons.items()]
        if any(callee.startswith("vmremap_") for callee in callees) and "AbiLayout" not in reasons:
            review.places.append(Place("relies", "AbiLayout", symbol, path, line, "as each call into C"))


def enclosing(code, begin):
    """The function, with its type, that a line is in, by indentation as rustfmt has it; or the impl that it is."""
    before, own = code[:code.find("\n", begin)], code[begin:code.find("\n", begin)].strip()
    if own.startswith("unsafe impl"):
        return re.sub(r"<.*> (Send|Sync)", r" \1", own).rstrip(" {}").replace("unsafe ", "")
    *_, function = [None, *FUNCTION.finditer(before)]
    if not function or not function[1]:
        return function[2] if function else "?"
    *_, owner = ["", *OWNER.findall(before[:function.start()])]
    return "::".join(filter(None, [re.sub("<.*", "", owner.split(" for ")[-1].lstrip("&'a ")), function[2]]))


def called(rest, requires, symbol):
    """Which of the known unsafe operations a block or impl is, and what else it is that may be one."""
    if not rest.lstrip().startswith("{"):
        trait = re.match(r"\s*impl\b[^{]*?\b(\w+) for\b", rest)
        return ([f"impl {trait[1]}"], "") if trait and f"impl {trait[1]}" in requires else ([], "")
    depths = itertools.accumulate((character == "{") - (character == "}") for character in rest.lstrip())
    body = rest.lstrip()[:next((at for at, depth in enumerate(depths) if not depth), None)]
    calls = {"::".join(call.split("::")[-2:]) for call in re.findall(r"((?:\w+::)+\w+)(?:::<[^;()]*>)?\(", body)}
    calls |= set(re.findall(r"(?<![\w:.])(\w+)(?:::<[^;()]*>)?\(", body))
    known = {call: call.removeprefix("bindings::") for call in calls}
    callees = {name for name in known.values() if name in requires}
    others = {call for call in calls if known[call] not in requires}
    # What is read through a pointer: only of the type's own, and nothing is written there.
    own = symbol.partition("::")[0] + "::as_ptr"
    for pointer in re.findall(r"(?:^|[=({;,&]|\bmut|\breturn)\s*(\*\s*(?!const\b|mut\b)[\w(][\w.]*(?:\(\))?)", body):
        read = pointer == "*self.as_ptr()" and own in requires and not re.search(r"&mut|&raw|[^=!<>]=[^=]", body)
        (callees if read else others).add(own if read else pointer)
    return sorted(callees), ", ".join(sorted(others))


def items(path, line, text, review):
    """The clauses that a list names, with their reasons."""
    reasons = {}
    for name, reason in re.findall(r"^- `(\w+)`:? ?((?:.*\n?)(?:(?!- ).*\n?)*)", text, flags=re.M):
        if review.known(path, line, [name]):
            review.error(path, line, f"{name} is discharged twice", when=name in reasons)
            reasons[name] = " ".join(reason.split())
            review.error(path, line, f"{name} is discharged without a reason", when=not reasons[name])
    return reasons
