# SPDX-License-Identifier: GPL-2.0
"""Prove one harness of this folder with CBMC, on one machine: a width and a page size."""
import errno
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMIT = 1800  # seconds for one proof
CHECKS = ["--unsigned-overflow-check", "--no-standard-checks", "--bounds-check", "--pointer-check",
          "--div-by-zero-check", "--signed-overflow-check", "--undefined-shift-check", "--unwinding-assertions",
          "--pointer-primitive-check", "--drop-unused-functions", "--slice-formula"]
# By page shift: the shift of a PMD, and the largest order that the page allocator has.
MACHINES = {("64", "12"): (21, 10), ("64", "14"): (25, 11), ("64", "16"): (29, 13), ("32", "12"): (22, 10)}


class Proof:
    """One harness: what its head says, by key."""

    def __init__(self, name):
        self.name = name
        with open(f"{HERE}/{name}.c", encoding="utf-8") as f:
            head = f.read().split("*/", 1)[0]
        text = re.sub(r"\n \*[ \t]+(?![A-Z]\w+:)", " ", head)
        self.head = dict(re.findall(r"^ \* ([A-Z]\w+): +(.*)$", text, flags=re.MULTILINE))
        for key in "Proves", "Clauses", "Assumes", "Code", "Pages":
            if key not in self.head:
                sys.exit(f"verification/proofs/{name}.c:1: the head does not say '{key}:'")
        self.machines = [tuple(machine.split("/")) for machine in self.head["Pages"].split()]


def tool(*args, check=True):
    return subprocess.run(args, cwd=ROOT, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT).stdout


def flags_header(source, folder):
    """The VM_* flags of the kernel's own list, as the real header needs a whole kernel."""
    with open(source + "/include/linux/mm.h", encoding="utf-8") as f:
        bits = re.findall(r"^\tDECLARE_VMA_BIT\((\w+), (\d+)\)", f.read(), flags=re.MULTILINE)
    with open(folder + "/vm_flags.h", "w", encoding="utf-8") as f:
        f.writelines(f"#define VM_{name} (1UL << {bit})\n" for name, bit in bits)


def flags(proof, machine, source, folder):
    """What makes the code that of a machine, with the kernel's own headers as far as they need no whole kernel."""
    width, shift, *small = machine
    pmd_shift, order = (int(shift) + int(small[0]), small[0]) if small else MACHINES[machine]
    return ["-m" + width, *([f"-I{HERE}/include/walk"] if "Cases" in proof.head else []), f"-I{HERE}/include",
            f"-I{folder}", f"-I{ROOT}/c", f"-I{source}/include", f"-I{source}/include/uapi",
            "-include", "linux/compiler_types.h", "-D__KERNEL__", f"-DCONFIG_PAGE_SHIFT={shift}",
            f"-DCONFIG_PMD_SHIFT={pmd_shift}", f"-DCONFIG_ARCH_FORCE_MAX_ORDER={order}",
            *(["-DCONFIG_64BIT=1"] if width == "64" else [])]


def sources(proof, code=()):
    return [f"verification/proofs/{proof.name}.c", *(code or proof.head["Code"].split())]


def compiled(proof, machine, source, folder, code=()):
    """Compile harness and code, or other @code in its place."""
    program = f"{folder}/{proof.name}-{'-'.join(machine)}"
    compiler = ["goto-cc", "--function", "proof", "-D__typeof_unqual__=__typeof__"]
    if "Cases" in proof.head:
        compiler = ["gcc", "-O2", "-static", "-std=gnu11", "-fno-builtin", "-fno-strict-aliasing", "-w",
                    "-Wno-implicit-function-declaration"]
    tool(*compiler, *flags(proof, machine, source, folder), "-o", program, *sources(proof, code))
    return program


def cbmc(program, *options):
    """What cbmc found: its list of results of one kind."""
    unwind = ["--unwind", "17"]
    found = json.loads(tool("cbmc", program, "--json-ui", *unwind, *options, check=False))
    for entry in found:
        for key in "result", "goals":
            if key in entry:
                return entry[key]
    errors = [entry["messageText"] for entry in found if entry.get("messageType") == "ERROR"]
    raise RuntimeError("; ".join(errors) or "cbmc gave no result")


def place(entry):
    where = entry.get("sourceLocation", {})
    return f"{where.get('file', '?')}:{where.get('line', '?')}"


def lines_of(description):
    """The project's own lines in a goal's description: 'block 1 (lines FILE:FUNCTION:1,3-4;FILE:...)'."""
    for file, numbers in re.findall(r"[ ;]((?:c|tools)/[\w./]+):\w+:([\d,-]+)", description):
        for part in numbers.split(","):
            first, _, last = part.partition("-")
            yield from ((file, line) for line in range(int(first), int(last or first) + 1))


class Skipped(Exception):
    """A proof cannot be run on this machine."""


def hold(proof, program):
    """Returns the properties of a program, or the number of its cases, and what does not hold."""
    if "Cases" in proof.head:
        try:
            done = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False, timeout=LIMIT)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            raise Skipped("this machine's kernel runs no 32-bit programs") from error
        return done.stdout.split(), [done.stdout or f"it ends by {done.returncode}"] if done.returncode else []
    checks = [check for check in CHECKS if "Wraps" not in proof.head or check != "--unsigned-overflow-check"]
    properties = cbmc(program, *checks)
    return properties, [f"{place(p)}: {p['description']}" for p in properties if p["status"] != "SUCCESS"]


def prove(proof, machine, source, folder):
    """Returns how many properties hold, how many lines are reached, and what is wrong."""
    program = compiled(proof, machine, source, folder)
    properties, wrong = hold(proof, program)
    if "Cases" in proof.head:
        return int(properties[0]) if not wrong else 0, 0, wrong
    if not any(".assertion." in p["property"] for p in properties):
        wrong.append(f"verification/proofs/{proof.name}.c:1: nothing is proved")
    lines, reached = set(), set()
    for goal in cbmc(program, "--cover", "location", "--drop-unused-functions"):
        of_goal = set(lines_of(goal["description"]))
        lines |= of_goal
        if goal["status"] == "satisfied":
            reached |= of_goal
    wrong += [f"{file}:{line}: not reached" for file, line in sorted(lines - reached)]
    return len(properties), len(lines), wrong


def key(proof, machine, source, folder):
    """A name for all that a proof depends on: the code as the compiler sees it, and what is asked of it."""
    digest = hashlib.sha256(repr((machine, CHECKS)).encode())
    for name in sources(proof):
        digest.update(tool("gcc", "-E", "-P", *flags(proof, machine, source, folder), name).encode())
    return f"{proof.name}-{'-'.join(machine)}-{digest.hexdigest()[:16]}"


def timed(proof, machine, source, cache, folder):
    """The result of a proof and its seconds, from the cache if it is there; only what holds gets there."""
    known = f"{cache}/{key(proof, machine, source, folder)}"
    if os.path.exists(known):
        with open(known, encoding="utf-8") as f:
            return *json.load(f), " (known)"
    start = time.monotonic()
    try:
        count, lines, wrong = prove(proof, machine, source, folder)
    except Skipped as reason:
        return 0, 0, [], time.monotonic() - start, f" # SKIP {reason}"
    except (RuntimeError, ValueError, subprocess.SubprocessError) as error:
        count, lines, wrong = 0, 0, [str(getattr(error, "output", None) or error)]
    result = count, lines, wrong, time.monotonic() - start
    if not wrong:
        with tempfile.NamedTemporaryFile("w", dir=cache, delete=False) as f:
            json.dump(result, f)
        os.replace(f.name, known)
    return *result, ""
