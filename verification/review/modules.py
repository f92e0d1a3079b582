# SPDX-License-Identifier: GPL-2.0
"""Write of each module of the crate what decides whether it is sound: its public items, its types with their invariants,
what establishes these, and what is unsafe, with what each callee asks for.
"""
import re

import api
import boundary
import obligations
import signed
from model import CONTRACT, Place, digest
from source_c import HEADER
from text import UNCHECKED, fold, heading, indented, label, quote

TYPE = re.compile(r"^(?:pub(?:\(\w+\))? )?(?:struct|enum|union) (\w+)", re.M)
DEFINED = re.compile(r"^ *(?:pub(?:\(\w+\))? )?(?:const |unsafe |extern \"C\" )*(?:fn|const|static|type) (?!_\b)(\w+)", re.M)
DOCUMENTATION = re.compile(r"^ *//[/!].*\n", re.M)
PROMISED = re.compile(r"^ */// # (?:Safety|Invariants)\n(?:^ *///(?! # ).*\n)*", re.M)
NAMED = re.compile(r"^(?! *//)(?=.*\b(?:fn|struct|enum|const) \w|(?:unsafe )?impl\b).*", re.M)
CODE = re.compile(r"^ *(?!//)\S.*", re.M)
RESTS = "What soundness rests on besides, each with a hash"
MACRO = r"\bio_project!"  # of the crate kernel: makes a view of a part
INTRODUCTION = """
What this page does not check
-----------------------------
{unchecked}
- This page only states what the C side guarantees and what a clause assumes of the kernel. See :doc:`functions` and
  :doc:`kernel` for the code.
- Devices, and drivers with unsafe code, are not checked.
- This page does not say whether the tests ran.

This page does not quote all code. It leaves out safe code if three things hold: the code neither makes, copies nor takes apart a
value of a type with invariants, nor names a private field of such a type; no public item that is kept by a clause, or has a known
hole, is this code; and no quoted code, argument or obligation names it. Such code may still give a wrong value, or deadlock.
``rust/api.txt`` has a hash of it, too.

What to read
------------

- *In 5 minutes*: the known holes, and the names of the clauses. Refuse if a hole is worse than you can accept.
- *In 15 minutes*: the clauses, and then {first}.
- *In 30 minutes*: the other modules, in the order in which they stand: first what gives out references, then what devices and
  the kernel call, and then the views.

The comment above each unsafe place argues clause by clause. Below the source are the clauses that each callee asks for. Unfold a
line to read what the callee itself says; this is shown once.
"""


def write(text):
    """@text: how the pages say things."""
    review = text.review
    unsafe = {unsafe.path: None for unsafe in review.unsafe}
    named = {name for one in review.unsafe for name in one.reasons}
    clauses = "".join(f"\n{text.name(name)}\n   {text.inline(clause.statement)}\n" + fold(
            f"kept by: {', '.join(sorted(clause.how))}; assumes",
            "".join(f"\n*{what}*: {text.inline(words)}\n" for what, words in (
                *(("Kept by", words) for words in clause.kept), ("Assumes", indented(clause.notes.get("Assumes", "")))))
        ) for name, clause in review.clauses.items() if name in named)
    holes = re.search(r"(?s)^## Known holes\n(.*?)(?=^## |\Z)", review.argument, re.M)
    seen, decided = set(), decisive(review)
    paths = [*dict.fromkeys([*signed.modules(review), *unsafe])]
    first = ", ".join(f":ref:`{path} <{label(path)}>`" for path in paths[:3])
    return (heading("Modules, and what is unsafe in them") + INTRODUCTION.format(unchecked=UNCHECKED.rstrip(), first=first) +
            heading("Known holes", 1) + text.prose(holes[1] if holes else "") +
            heading("The clauses that the reasons name", 1) + clauses +
            "".join(of_module(text, path, seen, decided) for path in paths))


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
    out += fold("What safe code can call", text.code(path, 1, can)) if can else ""
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
    out += "".join(asks(text, callee, review.clauses, seen) for callee in review.obligations
                   if re.search(rf"^ +unsafe fn {callee.rpartition('::')[2]}\b", review.files[path], re.M))
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
    """By file what decides: the types, and the parts that are unsafe, that make, copy, drop or take apart a value that has
    invariants, that keep safe what docs/boundary.md lists, or that these, or the words of an obligation, use; each part as in
    review.parts(), unsafe or not.
    """
    files = [path for path, _ in review.texts("rust/", suffix=".rs")]
    parts = {(path, part): DOCUMENTATION.sub("", part[1]) for path in files for part in review.parts(path)}
    types = {path: {match[1]: first + text[:match.start()].count("\n") for first, text in review.parts(path)
                    for match in TYPE.finditer(DOCUMENTATION.sub("", text))} for path in files}
    unsafe = {(one.path, review.part(one.path, one.line)) for one in review.unsafe if one.path in files}
    fields = {path: "|".join(sorted({field for name in found.keys() & review.invariants.keys()
                                     for field in fields_of(review.part(path, found[name])[1], name)})) or "-"
              for path, found in types.items()}
    makes = re.compile(rf"// INVARIANT:|{MACRO}|^(?:unsafe )?impl\b.*\b(?:Clone|Copy|Drop) for (?:{'|'.join(review.invariants)})\b|"
                       rf"^(?!impl|.*struct).*(?<!-> )\b(?:Self|{'|'.join(review.invariants)})(?:::<.*>)? ?[{{(]", re.M)
    parts = {key: text for key, text in parts.items() if CODE.search(text)}
    shown = {key for key, text in parts.items() if makes.search(text) or re.search(rf"\.(?:{fields[key[0]]})\b(?!\()", text) or
             "macro_rules!" in text and any(path == key[0] for path, _ in unsafe)} | unsafe
    words = set(re.findall(r"`Self::(\w+)", str(review.obligations)))
    words |= {key for table in review.boundary.values() for keys, cells in table
              if set(re.findall(r"\w+", cells[1])).difference(("type", "none")) for key in keys}
    while True:
        words.update(word for key in shown for word in re.findall(r"\w+", re.sub(r"//.*", "", parts[key])))
        words.update(word for key in shown for word in re.findall(r"`(?:Self::|type )?(\w+)(?:\(\)| = [^`]*)?`", parts[key]))
        more = {key for key, text in parts.items() if words.intersection(DEFINED.findall(text))} - shown
        if not more:
            break
        shown |= more
    return {path: (types[path], sorted(part for at, part in shown if at == path), {part for at, part in unsafe if at == path})
            for path in files}


def fields_of(text, name):
    """The fields of a struct that is in a part."""
    body = re.search(rf"struct {name}\b[^{{;(]*(?:\(|\{{(?s:(.*?))^\}})", text, re.M)
    return re.findall(r"^    (?:pub\(\w+\) )?(\w+):", body[1], re.M) if body and body[1] else ["0"]


def rests(review):
    """What soundness rests on besides the API, each with a hash: all code, with what its documentation promises, because also
    what a name means, or what a function returns that nothing here speaks of, can decide; of words the clauses, the answers to
    what others ask for, and what prevents each hazard.
    """
    for path, _ in sorted(review.texts("rust/", suffix=".rs")):
        for _, text in review.parts(path):
            code = CODE.findall(text)
            named = " ".join(dict.fromkeys(name.strip(" {(") for name in NAMED.findall(text)[:2] or code[:1]))
            if code:
                yield f"{path}: {named}", "".join(PROMISED.findall(text)) + DOCUMENTATION.sub("", text)
    yield from review.texts("bindings/", "rust/crate.mk", "rust/exports.c")
    yield from ((f"{CONTRACT}: the words", review.preface), (f"{CONTRACT}: the argument", review.argument))
    for clause in review.clauses.values():
        yield f"{CONTRACT}: {clause.name}", " ".join([clause.statement, *clause.kept, clause.notes.get("Assumes", "")])
    for path, rows in (obligations.PAGE, review.obligations), (boundary.PAGE, review.boundary), (boundary.PAGE, review.verdicts):
        for name, table in rows.items():
            yield f"{path}: {name}", f"{table}"


def recorded(review):
    """The part of rust/api.txt that this is."""
    return f"# {RESTS}\n" + "".join(f"{what} {digest(text)}\n" for what, text in rests(review))


def of_symbol(text, path, symbol, mine, seen):
    """A function that is safe to call, or an impl, with all that is unsafe in it."""
    review = text.review
    out = heading(symbol, 2, label(symbol)) + f"\n{mine[0].path}:{mine[0].line}\n" + text.source(
        path, *(unsafe.line for unsafe in mine))
    asked = dict.fromkeys((callee, tuple(unsafe.reasons)) for unsafe in mine for callee in unsafe.callees)
    out += "".join(asks(text, callee, reasons, seen) for callee, reasons in asked)
    words = "".join(review.part(path, unsafe.line)[1] for unsafe in mine)
    places = {place.symbol: place for place in [*review.of("kernel"), *(
        used for name, uses in review.bodies.items() if f"`{name}()`" in words for used in uses[1:])]}
    named = [place for name, place in places.items() if f"`{name}()`" in words and name not in seen]
    seen.update(place.symbol for place in named)
    return out + text.spots(named)


def asks(text, callee, reasons, seen):
    """What a callee asks for, in its own words if it is foreign, each with the clauses that answer: the words only once."""
    review, known = text.review, f"{callee} asks" in seen
    seen.add(f"{callee} asks")
    if callee in review.obligations:
        rows = [(quote(asked), answers(text, re.findall(r"`(\w+)`", clauses), reasons))
                for asked, clauses in review.obligations[callee]]
    else:
        wanted = {place.clause: place.text for place in review.of("requires", symbol=callee)}
        rows = [(text.inline(asked), answers(text, [name], reasons)) for name, asked in wanted.items()]
    out = f"\n``{callee}`` asks for {', '.join(dict.fromkeys(name for _, name in rows))}.\n"
    if known or not any(asked for asked, _ in rows):
        return out
    return out + fold("in its own words", "\n" + "".join(f"- {f'{asked} {name}'.strip()}\n" for asked, name in rows)) + text.spots(
        [Place("", "", callee, HEADER, review.abi[callee])] if callee in review.abi else [])


def answers(text, clauses, reasons):
    """Those of the clauses that are named: one is enough."""
    return ", ".join(text.name(name) for name in clauses if name in reasons) or "**not discharged**"
