# SPDX-License-Identifier: GPL-2.0
"""Read the Rust side: each unsafe block and impl, what its callees require, and what its comment discharges.

Which operations are unsafe, rustc says. The comments are read by hand, because what parses Rust, rustc and syn, drops
them.
"""
import itertools
import posixpath
import re

from model import Place, Unsafe, line_of

HEADER = "c/vmremap.h"
FOLDERS = "rust/", "bindings/", "samples/", "selftests/", "kunit/"
COMMENT_OR_STRING = re.compile(r"""//[^\n]*|/\*.*?\*/|r(#+)".*?"\1|r"[^"]*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""",
                               re.DOTALL)
# A function or type with the comment before it; a comment with up to four lines of the statement that follows it.
DOCUMENTED = re.compile(r'^((?: *(?:///|#\[).*\n)*)[\w() ]*\b(unsafe (?:extern "C" )?fn|struct) (\w+)', re.M)
COMMENT = re.compile(r"((?:^ *// .*\n)+)(?:(?! *//)(?!.*[;{}]\s*(?://.*)?$).*\S.*\n){0,4}\Z", re.M)
# Also a constant or a static, if all lines below it, as far as the text goes, are indented more.
FUNCTION = re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:(?:const )?(?:unsafe )?(?:extern +)?fn (\w+)|"
                      r"(?:const|static) (\w+): .*[^;\n]\n(?:(?!\1\S).*\n)*(?!\1\S).*\Z)", re.M)
OWNER = re.compile(r"^(?:unsafe )?impl(?:<.*?>)? (.*?)(?: where| \{|$)", re.M)
CALL = re.compile(r"(?<![\w.:])((?:\w+::)*\w+)(?:::<[^;()]*>)?\(")
# What brings code past rustdoc and rustc, or past the hashes of what the crate consists of.
HIDES = re.compile(r"\b(?:include\w*|\w*asm|paste|no_mangle|export_name|link_\w+|extern\s+crate)\b")
DEREFERENCE = "dereference of raw pointer"
# A reason is a sentence. Fewer words say no more than that there is one.
WORDS = 5


def read(review, operations):
    """@operations: of rustc, or None, where nothing compiled is asked for."""
    files = [entry for entry in review.texts(*FOLDERS, suffix=".rs") if "selftests/compile-fail/" not in entry[0]]
    promised = set()
    for path, text in files:
        for match in DOCUMENTED.finditer(text):
            read_documentation(path, line_of(text, match.start(3)), *match.groups(), review)
            promised.update(read_promise(path, text, match, review))
    # What an unsafe operation requires: of the ABI, of the crate, of other crates.
    ours = {*review.abi, *(p.symbol for p in review.of("requires") if p.path.endswith(".rs"))}
    for match in re.finditer(r"^ \* Context: (?!Any\.\n)((?:(?! \* Return:| \*/).*\n)*)(?: \*.*\n)*? \*/\n[^;(]*?(\w+)\(",
                             review.files[HEADER], re.M):
        review.places.append(Place("requires", "Context", match[2], HEADER, line_of(review.files[HEADER], match.start()),
                                   " ".join(match[1].replace("\n *", " ").split())))
    requires = {name: {frozenset([p.clause]) for p in review.of("requires", symbol=name)}
                for name in ours} | review.operations
    for path, text in files:
        here = [operation for operation in operations if operation.path == path]
        read_file(path, text, requires, here, review)
    for name in sorted(review.operations.keys() - promised.union(*(one.callees for one in review.unsafe))):
        review.error("docs/obligations.md", 1, f"{name} is used by nothing")


def read_documentation(path, line, comment, kind, name, review):
    text = "\n".join(re.findall(r"^ */// ?(.*)", comment, flags=re.M)) + "\n"
    sections = dict(re.findall(r"^# (\w+)\n((?:(?!# ).*\n)*)", text, flags=re.M))
    if kind == "struct":
        review.invariants |= {name: sections["Invariants"].strip()} if "Invariants" in sections else {}
        return
    clauses = items(path, line, sections.get("Safety", ""), review)
    review.error(path, line, f"unsafe fn {name}() does not say under '# Safety' which clauses it requires",
                 when=not clauses)
    review.places += [Place("requires", clause, name, path, line, asked) for clause, asked in clauses.items()]


def read_promise(path, text, match, review):
    """What an unsafe function of a foreign trait relies on is what the trait asks its callers for, and no more."""
    *_, trait = ["", *re.findall(r"^impl(?:<.*?>)? (?:.*\b(\w+)(?:<.*>)? for )?", text[:match.start()], flags=re.M)]
    if trait and match[2] != "struct" and text[text.rfind("\n", 0, match.start(2)) + 1] == " ":
        name = f"{trait}::{match[3]}"
        asked = {operation: clauses for operation, clauses in review.operations.items() if operation.endswith(f"::{name}")}
        relied = {frozenset([place.clause]) for place in review.of("requires", symbol=match[3])}
        review.error(path, line_of(text, match.start(3)), f"{name}() relies on other clauses than {'those' if asked else 'none'} "
                     "by which docs/obligations.md says what callers of the trait promise", when=relied not in asked.values())
        yield from asked


def read_file(path, text, requires, operations, review):
    # Line by line, and character by character, the same without comments and strings.
    code = blanked(text)
    starts = [0, *(match.end() for match in re.finditer("\n", code))]
    at = {operation: starts[operation.line - 1] + operation.column - 1 for operation in operations}
    commented, inside = {}, set()
    for match in re.finditer(r"\bunsafe\b(?!\s*(?:extern\s+)?fn\b)", code):
        line, begin = line_of(code, match.start()), code.rfind("\n", 0, match.start()) + 1
        symbol, end = enclosing(code, begin), end_of(code, match.end())
        mine = [operation for operation in operations if match.end() < at[operation] < end]
        inside.update(mine)
        callees, others = called(code[match.end():end], requires, symbol, mine)
        required = set().union(*(requires[callee] for callee in callees))
        comment = COMMENT.search(text[:begin])
        words = re.sub(r"^ *// ", "", comment[1], flags=re.M) if comment else ""
        reasons = items(path, line, words, review) if words.startswith("SAFETY:") else {}
        first = commented.setdefault(comment and comment.start(), line)
        shared = reasons and (first != line or "unsafe" in code[begin:match.start()])
        review.error(path, line, "unsafe without a SAFETY comment that names clauses", when=not reasons)
        review.error(path, line, f"unsafe with the SAFETY comment of another, in line {first}", when=shared)
        review.error(path, line, f"unsafe, but what it does{others and f', {others},'} is neither in c/vmremap.h "
                                 "nor in docs/obligations.md", when=others or not callees)
        names = " and ".join(callees) or "what it does"
        for clauses in sorted(map(sorted, required)):
            review.error(path, line, f"{names} requires {' or '.join(clauses)}, which the SAFETY comment does not discharge",
                         when=not reasons.keys() & clauses)
        for clause in sorted(reasons.keys() - set().union(*required)):
            review.error(path, line, f"the SAFETY comment discharges {clause}, which {names} does not require")
        for clause, reason in reasons.items():
            review.error(path, line, f"{clause} is discharged by no reason: '{reason}'",
                         when=len(reason.split()) < WORDS)
        review.unsafe.append(Unsafe(path, line, symbol, callees, required, reasons))
        review.places += [Place("relies", clause, symbol, path, line, reason) for clause, reason in reasons.items()]
    if path.startswith("rust/"):
        for at, words in hidden(path, text, code, review.files):
            review.error(path, line_of(code, at), f"{words} hides from the review what it is about")
        for name in sorted(set(re.findall(r"\bbindings::(vmremap_\w+)\(", code))):
            review.error(path, 1, f"{name}() is called, but its signature is not pinned in bindings/signatures.rs",
                         when=not re.search(rf"=\s+{name};", review.files["bindings/signatures.rs"]))
    owners = [name for name in review.invariants if re.search(rf"\bstruct {name}\b", code)]
    read_invariants(path, text, code, owners, review)
    for match in re.finditer(r"^(?:pub(?:\(\w+\))? )?struct (\w+)[^;{]*[;{(][^}]*?(?:\bNonNull<|\*(?:mut|const) )[^}]*", code, re.M):
        review.error(path, line_of(code, match.start()), f"{match[1]} has a pointer, but no '# Invariants'",
                     when=match[1] not in review.invariants)
    for operation in operations:
        review.error(path, operation.line, f"{operation.callee}: unsafe for rustc, in no unsafe block that is seen here",
                     when=operation not in inside)


def blanked(text, strings=True):
    """The same, line by line and character by character, without comments, and without strings."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match[0])
                                 if strings or match[0].startswith("/") else match[0], text)


def conditions(text):
    """Each condition of the configuration: where it begins, in words, and the line that it is about."""
    code, said = blanked(text), blanked(text, strings=False)
    for match in re.finditer(r"\bcfg\w*\s*!?\s*\(", code):
        depths = itertools.accumulate((character == "(") - (character == ")") for character in code[match.end() - 1:])
        end = match.end() + next((at for at, depth in enumerate(depths) if not depth), len(code))
        about = re.match(r"\s*\]?(?:\s*#!?\[[^\]]*\])*\s*(.*)", said[end:])[1]
        yield match.start(), " ".join(said[match.start():end].split()), about.strip()


def hidden(path, text, code, files):
    """What rustdoc, rustc or the review do not see as it is: where, and what hides it. Comments within comments, too."""
    yield from ((match.start(), " ".join(match[0].split())) for match in HIDES.finditer(code))
    yield from ((match.start(), "/*") for match in COMMENT_OR_STRING.finditer(text) if match[0].startswith("/*"))
    yield from ((at, words) for at, words, _ in conditions(text) if re.search(r"\bdoc", words))
    for match in re.finditer(r"\bpath\s*=(?!=)", code):
        said = re.match(r'\s*"([^"]*)"', text[match.end():])
        if not said or posixpath.normpath(f"{path}/../{said[1]}") not in files:
            yield match.start(), "path"


def read_invariants(path, text, code, owners, review):
    """Whoever makes a value of a type that has invariants says why they hold, and names what is a clause."""
    for match in re.finditer(r"(?:[=(]|\breturn|^)\s*(Self|" + "|".join(owners or ["-"]) + r")(?:::<.*>)?\s*[{(](?!\s*$\s*\})",
                             code, flags=re.M):
        begin = code.rfind("\n", 0, match.start(1)) + 1
        symbol = enclosing(code, begin)
        name = symbol.partition("::")[0] if match[1] == "Self" else match[1]
        before = code[begin:match.start(1)]
        if name not in owners or re.search(r"\b(?:let|struct|impl|for|->|if let|match)\b|->", before):
            continue
        start = [0, *(one.start() for one in FUNCTION.finditer(code, 0, begin))][-1]
        near = text[max(start, text.rfind("\n\n", 0, begin)):end_of(code, match.end() - 1)] if code[
            match.end() - 1] == "{" else text[max(start, text.rfind("\n\n", 0, begin)):begin]
        review.error(path, line_of(code, match.start(1)), f"{symbol} makes a {name} without an INVARIANT comment",
                     when="// INVARIANT:" not in near)


def end_of(code, begin):
    """Where the block ends that begins next, or an impl before its block."""
    rest = code[begin:]
    if not rest.lstrip().startswith("{"):
        return begin + rest.find("{")
    depths = itertools.accumulate((character == "{") - (character == "}") for character in rest)
    opened = rest.find("{")
    return begin + next(at for at, depth in enumerate(depths) if at > opened and not depth)


def enclosing(code, begin):
    """The function, with its type, that a line is in, by indentation as rustfmt has it; or the impl that it is."""
    before, own = code[:code.find("\n", begin)], code[begin:code.find("\n", begin)].strip()
    if own.startswith("unsafe impl"):
        return re.sub(r"<.*> (\w+)", r" \1", own).rstrip(" {}").replace("unsafe ", "")
    *_, function = [None, *FUNCTION.finditer(before)]
    if not function or not function[1]:
        return function[function.lastindex] if function else "?"
    *_, owner = ["", *OWNER.findall(before[:function.start()])]
    return "::".join(filter(None, [re.sub("<.*", "", owner.split(" for ")[-1].lstrip("&'a ")),
                                   function[function.lastindex]]))


def called(body, requires, symbol, operations):
    """Which of the known unsafe operations a block or impl is, and what else it is that may be one."""
    trait = re.match(r"\s*impl\b[^{]*?\b(\w+)(?:<[^{]*?>)? for\b", body)
    if trait:
        names = {next((name for name in requires if re.fullmatch(rf"impl (?:.*::)?{trait[1]}", name)), f"impl {trait[1]}")}
    elif operations:
        of = f"dereference in {symbol.partition('::')[0]}"
        names = {of if operation.callee == DEREFERENCE else short(operation.callee) for operation in operations}
    else:
        # Not compiled for this kernel, or a test's: then only calls of functions, all of which count.
        calls = {short("bindings::" + call) if call.startswith("bindings::") else call for call in CALL.findall(body)}
        names = {next((name for name in requires if name.endswith(f"::{call}")), call) for call in calls}
        names |= {f"{other}, in a block of which rustc names no operation" for other in re.findall(r"\*\s*\w+", body)}
    return sorted(names & requires.keys()), ", ".join(sorted(names - requires.keys()))


def short(callee):
    """Of a function in C or of this crate the name alone."""
    crate = callee.partition("::")[0]
    foreign = crate in ("core", "pin_init", "kernel") and not callee.startswith("kernel::bindings::")
    return callee if foreign else callee.rpartition("::")[2]


def items(path, line, text, review):
    """The clauses that a list names, one or several in each item, with their reasons."""
    reasons = {}
    listed = re.findall(r"^- ((?:`\w+`,\s+)*`\w+`):? ?((?:.*\n?)(?:(?!- ).*\n?)*)", text, flags=re.M)
    for name, reason in ((name, reason) for names, reason in listed for name in re.findall(r"\w+", names)):
        if review.known(path, line, [name]):
            review.error(path, line, f"{name} is discharged twice", when=name in reasons)
            reasons[name] = " ".join(reason.split())
            review.error(path, line, f"{name} is discharged without a reason", when=not reasons[name])
    return reasons
