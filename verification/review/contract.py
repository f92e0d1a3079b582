# SPDX-License-Identifier: GPL-2.0
"""Judge a tree by docs/contract.md: read the clauses, the soundness argument, and all that names a clause. Whoever keeps a clause, it is kept somewhere, and something shows it; and each function of the
kernel of which something is assumed is in the file that is named.

By hand, because what a heading, a list or a table means there is the contract's own, and because a file of the kernel
has no meaning to clang without a configuration.
"""
import pathlib
import re
import sys
from collections import Counter

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))
import api  # noqa: E402
import boundary  # noqa: E402
import exercises  # noqa: E402
import modules  # noqa: E402
import obligations  # noqa: E402
import signed  # noqa: E402
import source_c  # noqa: E402
import source_rust  # noqa: E402
from model import CONTRACT, Clause, Place, Review, line_of  # noqa: E402

FILES = (CONTRACT, boundary.PAGE, obligations.PAGE, api.PATH, signed.PAGE, "docs/guide.md", "c/*.[ch]", "dma-buf/*.c", "selftests/*.c", "kunit/*.c",
         "bindings/*.*", "rust/crate.mk", "rust/exports.c",
         "selftests/compile-fail/*.rs",
         "verification/proofs/*.c", "verification/proofs/*.pml",
         "selftests/*/run", *(f"{folder}/**/*.rs" for folder in ("rust", "bindings", "samples", "selftests", "kunit")))

HOW = "checked", "caller", "construction", "refcount", "type", "build", "kernel", "language", "crate"
SERIES = 7, 3  # of the kernel that the contract speaks of
# Names that look like a clause's.
TYPES = "VmaNew", "Mapping", "FromBytes", "IntoBytes", "UnsafeCell", "PinInit", "MaybeUninit", \
    "DmaArea", "DmaBuf", "DmaBufImporter", "MiscDevice", "MiscDeviceRegistration", "WeakArea", "ThisModule", \
    "DmaMapping", "ProjectIndex", "KnownSize", "IoCopyable", "MiscDeviceOptions"
DEFINITION = r"^(?:(?:(?![\s/*#])| {{4}}fn ).*?\b{0}(?:<\w*>)?\([^;{{]*\{{|#\s*define {0}\(|pub (?:unsafe )?(?:struct|trait) {0}\b)"


def load(root):
    """By path, the text of each file that the review is of."""
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
            for pattern in FILES for path in sorted(root.glob(pattern))}


def judge(files, source, build, foreign):
    """The review of a tree, of the crate as rustc has it, and of the kernel's source and crates, if they are there."""
    review = Review(dict(files))
    document, operations, wrong = build.ask(files)
    review.errors += wrong
    read(review)
    obligations.read(review, foreign, source)
    source_c.read(review)
    source_rust.read(review, operations)
    exercises.read(review)
    if not document:
        return review
    boundary.read(review, document, foreign)
    review.snapshot = api.snapshot(document, files) + modules.recorded(review)
    for sign, fact in api.difference(review.files.get(api.PATH, ""), review.snapshot):
        review.error(api.PATH, 1, f"{'is not so' if sign == '-' else 'is not recorded'}: {fact}")
    if source:
        read_kernel(source, review)
    for clause in review.clauses.values():
        check(clause, review)
    return review


def read(review):
    text = review.files[CONTRACT]
    for section in re.finditer(r"^### `(\w+)`\n((?:(?!#).*\n)*)", text, flags=re.M):
        name, where = section[1], (CONTRACT, line_of(text, section.start()))
        statement, *bullets = re.split(r"\n(?=- \*\*)", section[2])
        statement = " ".join(statement.split())
        # A part that is a list has one line for each item.
        bullets = ("\n".join(" ".join(item.split()) for item in re.split(r"\n(?=  - )", bullet)) for bullet in bullets)
        said = [re.match(r"(?s)- \*\*(.+?)\*\*:\s+(.*)", bullet).groups() for bullet in bullets]
        kept = [words for what, words in said if what == "Kept by"]
        how = {re.match(r"\w+", words)[0] for words in kept}
        errno = "".join(re.findall(r"^checked, `(E\w+)`", "\n".join(kept), flags=re.M)[:1])
        review.error(*where, f"{name} is defined twice", when=name in review.clauses)
        review.error(*where, f"{name} does not say who keeps it", when=not kept)
        review.error(*where, f"{name} says nothing", when=not statement)
        review.error(*where, f"{name} is kept by {how}, but there is only {HOW}", when=how - set(HOW))
        review.error(*where, f"{name} is checked, with no errno", when="checked" in how and not errno)
        notes = {what: words for what, words in said if what != "Kept by"}
        review.clauses[name] = Clause(name, where[1], statement, kept, how, errno, notes)
    review.preface = text[text.find("## Words"):text.find("## Clauses")]
    review.argument = "".join(re.findall(r"(?s)^## Why .*", text, flags=re.M))
    review.error(CONTRACT, 1, "the soundness argument ('## Why ...') is missing", when=not review.argument)
    for match in re.finditer(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", text):
        review.known(CONTRACT, line_of(text, match.start()), {match[1]}.difference(TYPES))


def spoken_of(source):
    """The kernel's source, if it is of the series that the contract speaks of, or else None."""
    makefile = (source / "Makefile").read_text(encoding="utf-8")
    return source if "VERSION = {}\nPATCHLEVEL = {}\n".format(*SERIES) in makefile else None


def read_kernel(source, review):
    """Add to the review where each function of the kernel is, and its file: the one that is named next after it."""
    for clause in review.clauses.values():
        parts = [*re.split(r"\b([\w/-]+\.(?:[ch]|rs))\b", clause.notes.get("Assumes", "")), ""]
        for words, path in zip(parts[::2], parts[1::2]):
            text = (source / path).read_text(encoding="utf-8") if path and (source / path).is_file() else ""
            review.files |= {f"linux/{path}": text} if text else {}
            # In Rust, types too.
            for name in re.findall(r"`(\w+)(?:\(\))?`" if path.endswith(".rs") else r"`(\w+)\(\)`", words):
                found = re.search(DEFINITION.format(name), text, flags=re.M)
                review.error(CONTRACT, clause.line, f"{clause.name} assumes something of {name}(), which "
                                                    f"{path or 'no file'} does not define", when=not found)
                if found:
                    line = line_of(text, found.start())
                    review.places.append(Place("kernel", clause.name, name, f"linux/{path}", line))


def check(clause, review):
    name, where, how = clause.name, (CONTRACT, clause.line), clause.how
    tests, breaks, proofs = review.tests(name), review.of("breaks", name), review.of("proof", name)
    compiler = [place for place in breaks if place.path.startswith("selftests/compile-fail/")]
    paths = ", ".join(sorted({place.path for place in tests + proofs}))
    rows = [cells for table in review.boundary.values() for _, cells in table if name in re.findall(r"\w+", cells[1])] \
        if how & {"type", "kernel", "language", "crate"} or name == "Context" else []
    said = clause.notes.get("Shown by", "0 tests, 0 proofs")
    shown = f"{len(tests)} test{'s' * (len(tests) != 1)}, {len(proofs)} proof{'s' * (len(proofs) != 1)}"
    for message, wrong in {
        "is checked, but nowhere in c/": "checked" in how and not review.of("site", name),
        "is checked, but no test breaks it": "checked" in how and not breaks,
        "is for the caller to keep, but nothing requires it": "caller" in how and not review.of("requires", name),
        "is kept by vmremap, but no function guarantees it":
            how & {"construction", "refcount"} and not review.of("guarantees", name),
        "has no test, no proof and no row in docs/boundary.md": not tests + proofs + rows,
        "is kept by the compiler, but no program of selftests/compile-fail/ shows it, and no row of docs/boundary.md":
            how & {"type", "build"} and not compiler + rows,
        "is kept by the kernel, of which nothing is assumed": "kernel" in how and not review.of("kernel", name),
        "does not say what happens where it does not hold": how != {"checked"} and "Else" not in clause.notes,
        "does not say what it assumes of the kernel": "Assumes" not in clause.notes,
        f"says that it is shown by {said}, but it is by {shown} in {paths}": said != shown,
        "has no part in the soundness argument": f"`{name}`" not in review.argument,
    }.items():
        review.error(*where, f"{name} {message}", when=wrong)


def summary(review):
    counts = Counter(place.role for place in review.places)
    return (f"{len(review.clauses)} clauses, {len(review.abi)} functions of the ABI, {len(review.unsafe)} unsafe "
            "places; {requires} times required, {checks} checked at {site} sites, {guarantees} guaranteed, {breaks} "
            "broken by a test, {test} tested otherwise, {proof} proved, {kernel} assumed of the kernel; "
            f"{len(review.errors)} wrong").format_map(counts)
