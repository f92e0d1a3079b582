# SPDX-License-Identifier: GPL-2.0
"""Write of each module of the crate what decides whether it is sound: its public items, its types with their invariants,
what establishes these, and what is unsafe, with what each callee asks for.
"""
import re

import api
import boundary
import obligations
import signed
from model import CONTRACT, Place
from source_c import HEADER
from text import fold, heading, label, quote

TYPE = re.compile(r"^(?:pub(?:\(\w+\))? )?(?:struct|enum|union) (\w+)", re.M)
DEFINED = re.compile(r"^ *(?:pub(?:\(\w+\))? )?(?:const |unsafe |extern \"C\" )*(?:fn|const|static) (?!_\b)(\w+)", re.M)
DOCUMENTATION = re.compile(r"^ *//[/!].*\n", re.M)
PROMISED = re.compile(r"^ */// # (?:Safety|Invariants)\n(?:^ *///(?! # ).*\n)*", re.M)
NAMED = re.compile(r"^(?! *//)(?=.*\b(?:fn|struct|enum|const) \w|(?:unsafe )?impl\b).*", re.M)
RESTS = "What soundness rests on besides, each with a hash"
INTRODUCTION = """
Of each module, those first that have a known hole: what safe code can call, its types and their invariants, what establishes
these, and what is unsafe. The reason why an operation is sound is in the comment above it, clause by clause. Below the source
stands what each callee asks for, and which of these clauses answers. The clauses are at the end of this page, with who keeps each and what it assumes of the kernel.
"""


def write(text):
    """@text: how the pages say things."""
    review = text.review
    unsafe = {unsafe.path: None for unsafe in review.unsafe}
    named = {name for one in review.unsafe for name in one.reasons}
    clauses = "".join(f"\n{text.name(name)}\n   {text.inline(clause.statement)}\n" + "".join(
        f"\n   *Kept by*: {text.inline(words)}\n" for words in clause.kept) + fold(
            "assumes", f"\n{text.inline(clause.notes.get('Assumes', ''))}\n")
                      for name, clause in review.clauses.items() if name in named)
    seen, decided = set(), decisive(review)
    return (heading("Modules, and what is unsafe in them") + INTRODUCTION +
            "".join(of_module(text, path, seen, decided) for path in dict.fromkeys([*signed.modules(review), *unsafe])) +
            heading("The clauses that the reasons name", 1) + clauses)


def of_module(text, path, seen, decided):
    review = text.review
    items = [fold(f"What prevents harm: <code>{name}</code>" + (
        "" if rows == review.boundary[name] else f", {', '.join(key for keys, _ in rows for key in keys)}"), text.rows(rows))
             for name, rows in signed.items(review, path)]
    mine = [one for one in review.unsafe if one.path == path]
    out = heading(path, 1, label(path)) + "".join(
        f"\n{said[0].upper()}{said[1:]}; to sign: ``{now}``.\n" for module, now, said in signed.state(review) if module == path)
    out += f"\nThe whole file: {text.name(path)}.\n" + "".join(items)
    types, parts, unsafe = decided.get(path, ({}, (), ()))
    makers = [first + part.count("\n") for first, part in parts if (first, part) not in unsafe and not TYPE.search(part)]
    can = "\n".join(dict.fromkeys(callable_in(review, path)))
    out += "\n**What safe code can call**\n" + text.code(path, 1, can) if can else ""
    alone = not mine and not review.invariants.keys() & types.keys()
    if alone:
        out += ("\nNothing in it is unsafe, and none of its types has an invariant: so rustc checks all that it does with the "
                "private parts of others, of which it sees none.\n")
    for name, line in types.items():
        out += f"\n**The invariants of** ``{name}``\n\n{text.prose(review.invariants[name])}\n" if name in review.invariants else ""
        out += text.source(path, line, marked=False)
    if makers:
        out += f"\n**What {'unsafe code elsewhere uses' if alone else 'these rest on, with nothing unsafe in it'}**\n"
        out += text.source(path, *makers, marked=False)
    for symbol in dict.fromkeys(unsafe.symbol for unsafe in mine):
        out += of_symbol(text, path, symbol, [unsafe for unsafe in mine if unsafe.symbol == symbol], seen)
    return out


def callable_in(review, path):
    """What safe code can name of the items of a module, as rustdoc has it, but for fields; of all integers the same once."""
    shown = review.snapshot.partition(f"\n# {api.TITLES[1]}")[0]
    names = "|".join(re.findall(r"^pub (?:struct|trait|fn) (\w+)", review.files[path], re.M)) or "-"
    head = rf"(?!pub (?:struct|use)).*?(?:\bfor (?:&'a )?|\bimpl(?:<.*>)? |\b(?:trait|fn) )(?:{names})\b.*"
    for group in re.findall(rf"^{head}\n(?:\t.*\n)*", shown, re.M):
        if re.match(r".*<'_, [iu]\w+>\n", group):
            group = re.sub(r"\b[iu](?:8|16|32|64|size)\b", "INTEGER", group)
        for line in group.splitlines():
            if not re.search(r"const HAS_|USE_VTABLE_ATTR|impl Structural", line):
                yield line.replace("\t", "    ").replace("<Self as MiscDevice>::", "Self::")


def decisive(review):
    """By file what decides: the types, and the parts that are unsafe, that make, copy or drop a value that has invariants, or
    that these, or the words of an obligation, use; each part as in review.parts(), unsafe or not.
    """
    files = [path for path, _ in review.texts("rust/", suffix=".rs")]
    parts = {(path, part): DOCUMENTATION.sub("", part[1]) for path in files for part in review.parts(path)}
    types = {path: {match[1]: first + text[:match.start()].count("\n") for first, text in review.parts(path)
                    for match in TYPE.finditer(DOCUMENTATION.sub("", text))} for path in files}
    unsafe = {(one.path, review.part(one.path, one.line)) for one in review.unsafe if one.path in files}
    makes = re.compile(rf"// INVARIANT:|^(?:unsafe )?impl\b.*\b(?:Clone|Copy|Drop) for (?:{'|'.join(review.invariants)})\b", re.M)
    shown = {key for key, text in parts.items() if makes.search(text) or
             "macro_rules!" in text and any(path == key[0] for path, _ in unsafe)} | unsafe
    words = set(re.findall(r"`Self::(\w+)", str(review.obligations)))
    while True:
        words.update(word for key in shown for word in re.findall(r"\w+", re.sub(r"//.*", "", parts[key])))
        more = {key for key, text in parts.items() if words.intersection(DEFINED.findall(text))} - shown
        if not more:
            break
        shown |= more
    return {path: (types[path], sorted(part for at, part in shown if at == path), {part for at, part in unsafe if at == path})
            for path in files}


def rests(review):
    """What soundness rests on besides the API, each with a hash: of code what decides, with what its documentation promises;
    of words the clauses, the answers to what others ask for, and what prevents each hazard.
    """
    for path, (types, parts, _) in sorted(decisive(review).items()):
        for _, text in sorted({*parts, *(review.part(path, line) for name, line in types.items() if name in review.invariants)}):
            named = " ".join(dict.fromkeys(name.strip(" {(") for name in NAMED.findall(text)[:2]))
            yield f"{path}: {named}", "".join(PROMISED.findall(text)) + DOCUMENTATION.sub("", text)
    yield from review.texts("bindings/", "rust/crate.mk", "rust/assert.rs")
    yield from ((f"{CONTRACT}: the words", review.preface), (f"{CONTRACT}: the argument", review.argument))
    for clause in review.clauses.values():
        yield f"{CONTRACT}: {clause.name}", " ".join([clause.statement, *clause.kept, clause.notes.get("Assumes", "")])
    for path, rows in (obligations.PAGE, review.obligations), (boundary.PAGE, review.boundary), (boundary.PAGE, review.verdicts):
        for name, table in rows.items():
            yield f"{path}: {name}", f"{table}"


def recorded(review):
    """The part of rust/api.txt that this is."""
    return f"# {RESTS}\n" + "".join(f"{what} {obligations.digest(text)}\n" for what, text in rests(review))


def of_symbol(text, path, symbol, mine, seen):
    """A function that is safe to call, or an impl, with all that is unsafe in it."""
    review = text.review
    out = heading(symbol, 2, label(symbol)) + f"\n{mine[0].path}:{mine[0].line}\n" + text.source(
        path, *(unsafe.line for unsafe in mine))
    asked = dict.fromkeys((callee, tuple(unsafe.reasons)) for unsafe in mine for callee in unsafe.callees)
    out += "".join(asks(text, callee, reasons) for callee, reasons in asked)
    words = "".join(review.part(path, unsafe.line)[1] for unsafe in mine)
    places = {place.symbol: place for place in [*review.of("kernel"), *(
        used for name, uses in review.bodies.items() if f"`{name}()`" in words for used in uses[1:])]}
    named = [place for name, place in places.items() if f"`{name}()`" in words and name not in seen]
    seen.update(place.symbol for place in named)
    return out + text.spots(named)


def asks(text, callee, reasons):
    """What a callee asks for, in its own words if it is foreign, each with the clauses that answer."""
    review = text.review
    if callee in review.obligations:
        return f"\n``{callee}`` asks that\n\n" + "".join(
            f"- {quote(asked)} {answers(text, re.findall(r'`(\w+)`', clauses), reasons)}\n"
            for asked, clauses in review.obligations[callee])
    wanted = {place.clause: place.text or review.clauses[place.clause].statement
              for place in review.of("requires", symbol=callee)}
    header = [Place("", "", callee, HEADER, review.abi[callee])] if callee in review.abi else []
    return f"\n``{callee}`` asks that\n\n" + "".join(
        f"- {text.inline(asked)} {answers(text, [name], reasons)}\n" for name, asked in wanted.items()) + text.spots(header)


def answers(text, clauses, reasons):
    """Those of the clauses that are named: one is enough."""
    return ", ".join(text.name(name) for name in clauses if name in reasons) or "**not discharged**"
