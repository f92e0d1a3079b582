# SPDX-License-Identifier: GPL-2.0
"""Judge a tree: read all that names clauses, and say what does not hold between the parts. Whoever keeps a clause, it is
kept somewhere, and something shows it."""
import pathlib
import sys
from collections import Counter

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))
import contract  # noqa: E402
import exercises  # noqa: E402
import source_c  # noqa: E402
import source_rust  # noqa: E402
from model import CONTRACT, Review  # noqa: E402

FILES = ("README.md", CONTRACT, "c/*.[ch]", "selftests/*.c", "kunit/*.c", "selftests/compile-fail/*.rs", "tools/proofs/*.c",
         "tools/proofs/*.pml", "rust/**/*.rs", "bindings/**/*.rs", "samples/**/*.rs", "selftests/**/*.rs", "kunit/**/*.rs")


def load(root):
    """By path, the text of each file that the review is of."""
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
            for pattern in FILES for path in sorted(root.glob(pattern))}


def judge(files, source):
    """The review of a tree, and of the kernel's source, if there is one."""
    review = Review(dict(files))
    contract.read(review)
    source_c.read(review)
    source_rust.read(review)
    exercises.read(review)
    if source:
        contract.read_kernel(source, review)
    for clause in review.clauses.values():
        check(clause, review)
    return review


def check(clause, review):
    name, where, how = clause.name, (CONTRACT, clause.line), clause.how
    tests, breaks, proofs = review.tests(name), review.of("breaks", name), review.of("proof", name)
    compiler = [place for place in breaks if place.path.startswith("selftests/compile-fail/")]
    paths = ", ".join(sorted({place.path for place in tests + proofs}))
    said = clause.notes.get("Shown by", "nothing")
    shown = f"{len(tests)} test{'s' * (len(tests) != 1)}, {len(proofs)} proof{'s' * (len(proofs) != 1)}"
    for message, wrong in {
        "is checked, but no test breaks it": "checked" in how and not breaks,
        "is for the caller to keep, but nothing requires it": "caller" in how and not review.of("requires", name),
        "is kept by vmremap, but no function guarantees it":
            how & {"construction", "refcount"} and not review.of("guarantees", name),
        "has no test and no proof": not tests + proofs,
        "is kept by the compiler, but no program of selftests/compile-fail/ shows it": how & {"type", "build"} and not compiler,
        "does not say what happens where it does not hold": how != {"checked"} and "Else" not in clause.notes,
        "does not say what it assumes of the kernel": "Assumes" not in clause.notes,
        f"says that it is shown by {said}, but it is by {shown} in {paths}": said != shown,
        "has no part in the soundness argument": f"`{name}`" not in review.argument,
    }.items():
        review.error(*where, f"{name} {message}", when=wrong)


def summary(review):
    counts = Counter(place.role for place in review.places)
    return (f"{len(review.clauses)} clauses, {len(review.abi)} functions of the ABI, {len(review.unsafe)} unsafe places; "
            f"{counts['requires']} times required, {counts['checks']} checked at {counts['site']} sites, "
            f"{counts['guarantees']} guaranteed, {counts['breaks']} broken by a test, {counts['test']} tested otherwise, "
            f"{counts['proof']} proved, {counts['kernel']} assumed of the kernel; {len(review.errors)} wrong")
