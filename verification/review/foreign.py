# SPDX-License-Identifier: GPL-2.0
"""What rustdoc says of other crates: what unsafe functions and traits ask for, and which methods are safe."""
import json
import pathlib
import re

from model import digest

FEW = 6


class Foreign:
    """@docs: by public path, what functions, methods and traits say. @types: by public path, their safe methods and some
    of their traits; @derefs: what else a reference to one gives the methods of. @behind: by hash, the names that it is of."""

    def __init__(self, build):
        folder = build.kernel.parent / "rustdoc"
        key = digest(pathlib.Path(__file__).read_text(encoding="utf-8"))[:12]
        kept = folder / f"facts-{key}.json"
        if not kept.exists():
            self.docs, self.types, self.derefs, self.behind = {}, {}, {}, {}
            for crate, document in build.foreign().items():
                self.index, self.paths, self.seen = document["index"], document["paths"], set()
                self.walk(document["root"], crate)
                self.take()
            derefs = {path: sorted(of) for path, of in self.derefs.items()}
            kept.write_text(json.dumps([self.docs, self.types, derefs, self.behind]), encoding="utf-8")
        self.docs, self.types, self.derefs, self.behind = json.loads(kept.read_text(encoding="utf-8"))

    def walk(self, identity, path):
        """What is public below a module, by the path by which it is."""
        item = self.index.get(str(identity))
        if not item or (identity, path) in self.seen:
            return
        self.seen.add((identity, path))
        what, inner = next(iter(item["inner"].items()))
        if what == "module":
            for child in inner["items"]:
                self.child(child, path)
        elif what in ("struct", "enum", "union", "trait", "function"):
            self.docs[path] = item["docs"] or ""
            if what != "function":
                self.types[path] = sorted(set(self.methods(what, inner, path)))

    def take(self):
        """Add to each type with methods the safe functions that take one, or if these are many, a hash of their names. Those of
        other crates' traits do nothing with it but compare it or convert it."""
        owners, takers = {}, {}
        for item in self.index.values():
            (what, inner), = item["inner"].items()
            trait = str(((what == "impl" and inner["trait"]) or {}).get("id"))
            if what in ("impl", "trait") and self.paths.get(trait, {"path": ["kernel"]})["path"][0] == "kernel":
                owner = item["name"] or [*self.named(inner["for"]), ""][0].split("::")[-1]
                owners.update((str(one), owner) for one in inner["items"])
        for identity, item in self.index.items():
            function = item["inner"].get("function")
            if function and not function["header"]["is_unsafe"] and (identity in owners or item["visibility"] == "public"):
                taken = {name for given, ty in function["sig"]["inputs"] if given != "self" for name in self.named(ty)}
                for path in filter(None, map(self.resolve, (name for name in taken if name.startswith("kernel::")))):
                    takers.setdefault(path, set()).add(f"taken by {owners.get(identity, '')}::{item['name']}")
        for path in takers.keys() & {path for path, methods in self.types.items() if methods}:
            all_of_them = f"taken by {digest(' '.join(sorted(takers[path])))}"
            few = takers[path] if len(takers[path]) <= FEW else [all_of_them]
            self.behind[all_of_them] = sorted(taker.removeprefix("taken by ") for taker in takers[path])
            self.types[path] = sorted({*self.types[path], *few})

    def named(self, inner):
        """The paths of all types that are named in a part of the JSON."""
        if isinstance(inner, dict):
            path = self.paths.get(str((inner.get("resolved_path") or {}).get("id")), {}).get("path", ())
            return ["::".join(path)] * bool(path) + [name for one in inner.values() for name in self.named(one)]
        return [name for one in inner for name in self.named(one)] if isinstance(inner, list) else []

    def child(self, child, path):
        item = self.index.get(str(child))
        use = item and item["inner"].get("use")
        if use and use["is_glob"]:
            target = self.index.get(str(use["id"])) or {"inner": {}}
            for one in target["inner"].get("module", {}).get("items", ()):
                self.child(one, path)
        elif use:
            self.walk(use["id"], f"{path}::{use['name']}")
        elif item:
            self.walk(child, f"{path}::{item['name']}")

    def methods(self, what, inner, path):
        for member in self.members(inner.get("items", ()), path):
            yield member
        for block in map(self.index.get, map(str, inner.get("impls", ()))):
            said = block and block["inner"]["impl"]
            if not said or said["is_synthetic"] or said["blanket_impl"]:
                continue
            if not said["trait"]:
                yield from self.members(said["items"], path)
            elif re.match(r"(?:Deref(?:Mut)?|AsRef|From|TryFrom|Clone|Copy|Drop|Send|Sync)$", said["trait"]["name"]):
                yield f"impl {said['trait']['name']}"
            if said["trait"] and said["trait"]["name"] == "Deref":
                targets = [self.index[str(one)]["inner"]["assoc_type"]["type"] for one in said["items"]
                           if "assoc_type" in self.index[str(one)]["inner"]]
                identity = str((targets[0].get("resolved_path") or {}).get("id"))
                if identity in self.paths:
                    self.derefs.setdefault(path, set()).add("::".join(self.paths[identity]["path"]))

    def members(self, items, path):
        for member in map(self.index.get, map(str, items)):
            function = member and member["inner"].get("function")
            if function:
                self.docs[f"{path}::{member['name']}"] = member["docs"] or ""
                if not function["header"]["is_unsafe"]:
                    yield member["name"]

    def resolve(self, path):
        """The public path of a type, by that of where it is defined."""
        crate, module, *_, last = path.split("::")
        longer = [name for name in self.types if name.startswith(f"{crate}::{module}") and name.endswith(f"::{last}")]
        return path if path in self.types else min(longer, key=len, default=None)

    def reached(self, path):
        """Of the crate kernel, what a reference to a type derefs to, and what that does."""
        for target in self.derefs.get(self.resolve(path), ()):
            if target.startswith("kernel::") and target != path:
                yield target
                yield from self.reached(target)

    def safety(self, path):
        """The points of what is said under '# Safety'; None where there is no such path."""
        docs = self.docs.get(path)
        section = docs and re.search(r"^#+ Safety\n((?:(?!#+ ).*\n?)*)", docs, flags=re.M)
        return points(section[1]) if section else None if docs is None else []


def points(text):
    """Each bullet, and each paragraph that is no bullet and introduces none, without examples and what links lead to."""
    found, text = [], re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    for paragraph in re.split(r"\n\s*\n", re.sub(r"^\[.*\]: .*$", "", text, flags=re.M).strip()):
        parts = re.split(r"^(?=[-*] )", paragraph, flags=re.M)
        found += [" ".join(part.lstrip("-*").split()) for part in parts if part.strip() and part.strip()[-1] != ":"]
    return [re.sub(r"(?<!\\)\|", r"\\|", point) for point in found]
