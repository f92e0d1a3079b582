# SPDX-License-Identifier: GPL-2.0
"""What is changed in Rust: each condition, of values and of types, and what it is made of, one at a time.

By hand, because cargo-mutants wants a package of cargo, which a crate of the kernel is not.
"""
import os
import re
import shutil
import subprocess
import tempfile

import c

OPERATORS = [
    (r"//[^\n]*|#!?\[[^\]]*\]", {}),
    (r"=>|->|<=>|::<|&&|&mut|&self|&'|<<|>>", {}),
    (r"<=", {"<=": ["<", "==", ">="]}),
    (r"==", {"==": ["!="]}),
    (r"!=", {"!=": ["=="]}),
    (r" & ", {" & ": [" | "]}),
    (r" \| ", {" | ": [" & "]}),
    (r"(?<![\w.:])\d+(?![\w.])", {"0": ["1"]}),
    (r"(?<=\()E[A-Z]{3,}(?=\))", lambda errno: ["EXDEV"]),
    (r"\bbindings::VMREMAP_[A-Z]+\b", lambda flag: ["0"]),
    (r"[\w:<>()]*[\w)]\.checked_(?:add|mul)\((?:[^()]|\([^()]*\))*\)",
     lambda call: [re.sub(r"(.*)\.checked_(.*)", r"Some(\1.wrapping_\2)", call)]),
    (r"\boffset\.\.end\b", {"offset..end": ["0..end", "offset..offset"]}),
    (r"(?<=-> SysMem<)'_(?=,)", {"'_": ["'static"]}),
]


class Mutant(c.Mutant):
    """One change; its function is the one whose name was last before it."""

    def __init__(self, path, text, start, end, new):
        names = re.findall(r"\b(?:fn|const|impl(?:<[^\n]*>)?) (\w+)", text[:start])
        super().__init__(path, text, start, end, new, c.Unit(names[-1] if names else "?", 0, 0, 0, []))


def bounds(code):
    """The bounds of a type or a trait, one at a time: where each begins and ends, and what remains without it."""
    for generics in re.finditer(r"\b(?:impl|fn \w+|struct \w+)<([^<>]*)>|\btrait (\w+: [^{]*?) \{", code):
        start = generics.start(1 if generics[1] else 2)
        for parameter in re.finditer(r"(\w+): ([^,]+)", generics[1] or generics[2]):
            every = parameter[2].split(" + ")
            for bound in every:
                if not bound.startswith(("?", "'")):
                    left = " + ".join(other for other in every if other is not bound)
                    yield (start + parameter.start(), start + parameter.end(),
                           f"{parameter[1]}: {left}" if left else parameter[1])


def without_comments(text):
    return re.sub(r"//[^\n]*", lambda match: " " * len(match[0]), text)


def mutants(path, text):
    seen, names = {}, {}
    code = without_comments(text)
    at = 0
    while at < len(code):
        for pattern, changes in OPERATORS:
            match = re.compile(pattern).match(code, at)
            if match and match[0]:
                new = changes(match[0]) if callable(changes) else changes.get(match[0], [])
                for n in new:
                    mutant = Mutant(path, text, match.start(), match.end(), n)
                    seen.setdefault(mutant.text, mutant)
                at = match.end() - 1
                break
        at += 1
    for match in re.finditer(r"\bif ([^{}\n]+) \{", code):
        for new in "false", "true":
            mutant = Mutant(path, text, match.start(1), match.end(1), new)
            seen.setdefault(mutant.text, mutant)
    for start, end, new in bounds(code):
        mutant = Mutant(path, text, start, end, new)
        seen.setdefault(mutant.text, mutant)
    # A call that is not made.
    for match in re.finditer(r"^ +(unsafe \{ bindings::\w+\([^\n]*\) \});$", code, flags=re.MULTILINE):
        mutant = Mutant(path, text, match.start(1), match.end(1), "")
        seen.setdefault(mutant.text, mutant)
    for mutant in seen.values():
        names[mutant.name] = number = names.get(mutant.name, 0) + 1
        if number > 1:
            mutant.name += f" ({number})"
    return list(seen.values())


class TypeChecker:
    """The compiler, with the crate as kbuild compiles it for the stock kernel, and the programs that must not compile."""

    def __init__(self, root, build):
        self.root, self.build = root, build
        self.crate = self.command("rust/.lib.o.cmd")
        self.programs = {name[1:-len(".errors.cmd")]: self.command(f"compile-fail/{name}")
                         for name in sorted(os.listdir(build + "/compile-fail")) if name.endswith(".errors.cmd")}
        with tempfile.TemporaryDirectory() as folder:
            path = "rust/lib.rs"
            with open(f"{root}/{path}", encoding="utf-8") as f:
                same = Mutant(path, f.read(), 0, 0, "")
            if not self.compiles(same, folder):
                raise SystemExit("mutants: the crate does not compile unchanged")
            self.expected = {name: self.errors(name, folder) for name in self.programs}
        if not all(self.expected.values()):
            raise SystemExit("mutants: a program of compile-fail compiles unchanged")

    def command(self, name):
        """How kbuild called rustc, without what it wrote."""
        with open(f"{self.build}/{name}", encoding="utf-8") as f:
            line = f.readline().split(" := ", 1)[1]
        line = re.sub(r"^! \{ | 2>&1; \}.*", "", line.strip())
        return re.sub(r" --(?:emit=[^ ]*|out-dir [^ ]*)", "", line)

    def run(self, command, folder):
        return subprocess.run(["sh", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False,
                              env=os.environ | {"RUSTC_BOOTSTRAP": "1",
                                                "VMREMAP_BINDINGS": f"{self.build}/bindings/bindings_generated.rs"})

    def compiles(self, mutant, folder):
        shutil.copytree(self.root + "/rust", folder + "/rust")
        os.symlink(self.root + "/bindings", folder + "/bindings")
        with open(f"{folder}/{mutant.path}", "w", encoding="utf-8") as f:
            f.write(mutant.text)
        command = self.crate.replace(self.root + "/rust/lib.rs", folder + "/rust/lib.rs")
        return not self.run(f"{command} --emit=metadata={folder}/libvmremap.rmeta --emit=obj={folder}/lib.o",
                            folder).returncode

    def errors(self, name, folder):
        """Which errors a program gets, and where; nothing when it compiles."""
        command = re.sub(r"--extern vmremap=[^ ]*", f"--extern vmremap={folder}/libvmremap.rmeta", self.programs[name])
        done = self.run(f"{command} --emit=obj={folder}/program.o", folder)
        return done.returncode and sorted(re.findall(
            r"/(\w+\.rs:\d+):\d+: (error\[E\d+\]|note: the above error)", done.stdout))

    def killer(self, mutant, folder):
        if not self.compiles(mutant, folder):
            return "the type checker"
        for name, expected in self.expected.items():
            if self.errors(name, folder) != expected:
                return "the type checker, by compile-fail/" + name
        return ""
