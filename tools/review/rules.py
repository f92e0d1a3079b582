# SPDX-License-Identifier: GPL-2.0
"""What must hold between the parts: whoever keeps a clause, it is kept somewhere, and something shows it."""


def apply(review):
    for name, clause in review.clauses.items():
        where = "docs/contract.md", clause.line
        how = {kind for kind, _, _ in clause.kept}
        shown = review.of("test", name) + review.of("proof", name)
        if clause.checked and not review.of("test", name):
            review.error(*where, f"{name} is checked, but no test violates it")
        if "caller" in how and not review.of("requires", name):
            review.error(*where, f"{name} is for the caller to keep, but nothing requires it")
        if how & {"construction", "refcount"} and not review.of("guarantees", name):
            review.error(*where, f"{name} is kept by vmremap, but no function guarantees it")
        if not shown:
            review.error(*where, f"{name} has no test and no proof")
        refused = [p for p in review.of("test", name) if p.symbol.startswith("does not compile")]
        if how & {"type", "build"} and not refused:
            review.error(*where, f"{name} is kept by the compiler, but no program of selftests/compile-fail/ shows it")
