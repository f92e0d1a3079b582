# SPDX-License-Identifier: GPL-2.0
"""What must hold between the parts: whoever keeps a clause, it is kept somewhere, and something shows it."""
import re

# What a function that is given one relies on.
TAKES = {"vmremap_area": "AreaOutlives", "vm_area_struct": "VmaInit", "vm_area_desc": "VmaInit"}


def count(places, what):
    return f"{len(places)} {what}{'s' * (len(places) != 1)}"


def apply(review):
    for name, clause in review.clauses.items():
        where = "docs/contract.md", clause.line
        how = {kind for kind, _, _ in clause.kept}
        breaks = review.of("breaks", name)
        if clause.checked and not breaks:
            review.error(*where, f"{name} is checked, but no test breaks it")
        if clause.by_caller and not review.of("requires", name):
            review.error(*where, f"{name} is for the caller to keep, but nothing requires it")
        if how & {"construction", "refcount"} and not review.of("guarantees", name):
            review.error(*where, f"{name} is kept by vmremap, but no function guarantees it")
        if not review.tests(name) + review.of("proof", name):
            review.error(*where, f"{name} has no test and no proof")
        if how & {"type", "build"} and not any(p.path.startswith("selftests/compile-fail/") for p in breaks):
            review.error(*where, f"{name} is kept by the compiler, but no program of selftests/compile-fail/ shows it")
        if how != {"checked"} and "Else" not in clause.notes:
            review.error(*where, f"{name} does not say what happens where it does not hold")
        if "Assumes" not in clause.notes:
            review.error(*where, f"{name} does not say what it assumes of the kernel")
        tests, proofs = review.tests(name), review.of("proof", name)
        shown = f"{count(tests, 'test')}, {count(proofs, 'proof')}"
        if clause.notes.get("Shown by") != shown:
            review.error(*where, f"{name} says that it is shown by {clause.notes.get('Shown by', 'nothing')}, but it is by "
                                 f"{shown} in {', '.join(sorted({p.path for p in tests + proofs}))}")
        if f"`{name}`" not in review.argument:
            review.error(*where, f"{name} has no part in the soundness argument")
    for name, (line, arguments) in review.abi.items():
        requires = {p.clause for p in review.of("requires", symbol=name)}
        for clause in sorted({TAKES[word] for word in re.findall(r"\w+", arguments) if word in TAKES} - requires):
            review.error("c/vmremap.h", line, f"{name}() is given what {clause} is about, but does not require it")
