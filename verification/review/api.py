# SPDX-License-Identifier: GPL-2.0
"""Write down what rustdoc's JSON says of the crate, a line for each fact: rust/api.txt.

By hand, because what compares two versions of an API, cargo-semver-checks and cargo-public-api, wants a package of
cargo, and looks at neither private fields nor attributes, by which a change here can break what is sound.
"""
import posixpath
import re
from collections import Counter

from source_rust import conditions

PATH = "rust/api.txt"
HEAD = """# SPDX-License-Identifier: GPL-2.0
# What safe code can name, and what its safety rests on besides: types with all fields in the order in which they are
# dropped, attributes, bounds, and which type is Send, Sync and Unpin. Made by 'verification/review/run --api' from what rustdoc
# says of the configuration that Debian has; at the end are hashes of all code, and of words. Each change of it is read by a
# reviewer, with what depends on it.
"""
CONDITIONAL = "What only some configurations have"
TITLES = "What safe code can name", "What it cannot"
AUTO = "Send", "Sync", "Unpin"
# Attributes that say nothing about what is sound.
ASIDE = ("#[allow(", "#[expect(", "#[doc", "#[automatically_derived", "#[path", "#[cfg", "#![doc", "#[rustc_", "#[must_use",
         "#[inline]")


class Crate:
    def __init__(self, document):
        self.index, self.paths = document["index"], document["paths"]
        self.reachable = set()
        self.reach(str(document["root"]))

    def kind(self, item):
        return next(iter(item["inner"].items()))

    def reach(self, identity):
        """Mark what has a path from outside of the crate: a module or an item that is public all the way."""
        item = self.index.get(identity)
        if not item or identity in self.reachable:
            return
        self.reachable.add(identity)
        what, inner = self.kind(item)
        for child in map(str, inner["items"] if what in ("module", "trait") else ()):
            if child in self.index and (what == "trait" or self.index[child]["visibility"] == "public"):
                self.reach(child)
        if what == "use" and inner["id"] is not None:
            self.reach(str(inner["id"]))

    def path(self, name, identity):
        """A name that says what it is: of core the last part, of another crate two, of this one what is private whole."""
        full = self.paths.get(str(identity), {}).get("path") or [name or "?"]
        if full[0] == "vmremap":
            return "::".join(full[-1:] if str(identity) in self.reachable else full[1:])
        return "::".join(full[-1:] if full[0] in ("core", "alloc") else full[-2:])

    def args(self, args):
        if not args:
            return ""
        if "parenthesized" in args:
            inside = args["parenthesized"]
            return f"({', '.join(map(self.type, inside['inputs']))})" + self.output(inside["output"])
        inside = args["angle_bracketed"]
        words = [argument["lifetime"] if "lifetime" in argument else self.type(argument["type"]) if "type" in argument
                 else argument["const"]["expr"] if "const" in argument else "_" for argument in map(
                     lambda one: one if isinstance(one, dict) else {"infer": one}, inside["args"])]
        for constraint in inside["constraints"]:
            binding = constraint["binding"]
            words.append(f"{constraint['name']}: {self.bounds(binding['constraint'])}" if "constraint" in binding else
                         f"{constraint['name']} = {self.term(binding['equality'])}")
        return f"<{', '.join(words)}>" if words else ""

    def term(self, term):
        return self.type(term["type"]) if "type" in term else term["constant"]["expr"]

    def output(self, output):
        return f" -> {self.type(output)}" if output else ""

    def type(self, ty):
        (what, inner), = ty.items() if isinstance(ty, dict) else (("infer", ty),)
        if what == "resolved_path":
            return self.path(inner.get("name") or inner.get("path"), inner["id"]) + self.args(inner["args"])
        if what == "borrowed_ref":
            words = filter(None, (inner["lifetime"], "mut" if inner["is_mutable"] else ""))
            return "&" + "".join(f"{word} " for word in words) + self.type(inner["type"])
        if what == "raw_pointer":
            return f"*{'mut' if inner['is_mutable'] else 'const'} {self.type(inner['type'])}"
        if what == "tuple":
            return f"({', '.join(map(self.type, inner))})"
        if what == "slice":
            return f"[{self.type(inner)}]"
        if what == "array":
            return f"[{self.type(inner['type'])}; {inner['len']}]"
        if what == "impl_trait":
            return f"impl {self.bounds(inner)}"
        if what == "dyn_trait":
            traits = [self.path(one["trait"]["name"], one["trait"]["id"]) + self.args(one["trait"]["args"])
                      for one in inner["traits"]]
            return "dyn " + " + ".join(traits + ([inner["lifetime"]] if inner["lifetime"] else []))
        if what == "qualified_path":
            trait = inner["trait"] and self.path(inner["trait"]["name"], inner["trait"]["id"])
            of = self.type(inner["self_type"])
            return (f"<{of} as {trait}>" if trait else of) + f"::{inner['name']}{self.args(inner['args'])}"
        if what == "function_pointer":
            sig = inner["sig"]
            inputs = ", ".join(self.type(ty) for _, ty in sig["inputs"])
            return f"{self.header(inner['header'])}fn({inputs}){self.output(sig['output'])}"
        return inner if isinstance(inner, str) else what

    def bounds(self, bounds):
        words = []
        for bound in bounds:
            if "outlives" in bound:
                words.append(bound["outlives"])
            elif "use" in bound:
                words.append("use<...>")
            else:
                inner = bound["trait_bound"]
                name = self.path(inner["trait"]["name"], inner["trait"]["id"]) + self.args(inner["trait"]["args"])
                words.append(("?" if inner["modifier"] == "maybe" else "") + self.higher(inner["generic_params"]) + name)
        return " + ".join(words)

    def higher(self, params):
        return f"for<{', '.join(param['name'] for param in params)}> " if params else ""

    def generics(self, generics):
        """The parameters, and what follows where."""
        words = []
        for param in generics["params"]:
            (kind, inner), = param["kind"].items()
            if kind == "type" and not inner["is_synthetic"]:
                words.append(param["name"] + (f": {self.bounds(inner['bounds'])}" if inner["bounds"] else ""))
            elif kind == "lifetime":
                words.append(param["name"] + (f": {' + '.join(inner['outlives'])}" if inner["outlives"] else ""))
            elif kind == "const":
                words.append(f"const {param['name']}: {self.type(inner['type'])}")
        return f"<{', '.join(words)}>" if words else "", self.where(generics["where_predicates"])

    def where(self, predicates):
        words = []
        for predicate in predicates:
            (kind, inner), = predicate.items()
            if kind == "bound_predicate":
                words.append(f"{self.higher(inner['generic_params'])}{self.type(inner['type'])}: "
                             f"{self.bounds(inner['bounds'])}")
            elif kind == "lifetime_predicate":
                words.append(f"{inner['lifetime']}: {' + '.join(inner['outlives'])}")
            else:
                words.append(f"{self.type(inner['lhs'])} == {self.term(inner['rhs'])}")
        return f" where {', '.join(words)}" if words else ""

    def header(self, header):
        abi = header["abi"] if isinstance(header["abi"], str) else next(iter(header["abi"]))
        return "".join(word for word, there in (("const ", header["is_const"]), ("async ", header["is_async"]),
                                                ("unsafe ", header["is_unsafe"]),
                                                (f"extern \"{abi}\" ", abi != "Rust")) if there)

    def attributes(self, item):
        return "".join(f"{attribute} " for attribute in sorted(item["attrs"]) if not attribute.startswith(ASIDE))

    def visibility(self, item):
        said = item["visibility"]
        return {"public": "pub ", "default": "", "crate": "pub(crate) "}.get(said, "") if isinstance(said, str) else \
            "" if said["restricted"]["path"].count("::") else "pub(super) "

    def function(self, item, where):
        inner = item["inner"]["function"]
        params, bounds = self.generics(inner["generics"])
        inputs = []
        for name, ty in inner["sig"]["inputs"]:
            said = self.type(ty)
            short = {"Self": "self", "&Self": "&self", "&mut Self": "&mut self"}
            inputs.append(short[said] if name == "self" and said in short else
                          said.replace("Self", "self") if name == "self" and said.endswith(" Self") else f"{name}: {said}")
        given = " { ... }" if where == "trait" and inner["has_body"] else ""
        return (f"{self.attributes(item)}{self.visibility(item)}{self.header(inner['header'])}fn {item['name']}{params}"
                f"({', '.join(inputs)}){self.output(inner['sig']['output'])}{bounds}{given}")

    def lines(self):
        """Each item of the crate: whether it is public, the item, what it is part of, and a line. C's bindings aside."""
        for identity, item in self.index.items():
            what, inner = self.kind(item)
            name, owner = item["name"], self.paths.get(identity, {}).get("path", [])
            if item["crate_id"] or not item["span"] or not posixpath.normpath(item["span"]["filename"]).startswith("rust/"):
                continue
            public, path = identity in self.reachable, self.path(name, identity) if owner else name
            head = f"{self.attributes(item)}{self.visibility(item)}"
            if what in ("struct", "union", "enum", "trait"):
                params, bounds = self.generics(inner["generics"])
                above = f": {self.bounds(inner['bounds'])}" if inner.get("bounds") else ""
                line = f"{head}{'unsafe ' * inner.get('is_unsafe', False)}{what} {path}{params}{above}{bounds}"
                yield public, item, path, line, ""
                yield from self.fields(public, item, path, line)
                for member in self.members(public, inner.get("items", ()), "trait"):
                    yield *member[:2], path, line, member[2]
                for one in map(self.index.get, map(str, inner.get("impls", ()))):
                    yield from self.implementation(public, one, path)
            elif what == "impl" and inner["trait"] and not self.own(inner["for"]) and not inner["is_synthetic"]:
                trait = inner["trait"]
                yield from self.implementation(str(trait["id"]) in self.reachable, item,
                                               self.path(trait["name"], trait["id"]))
            elif what == "use":
                yield public, item, "", f"{head}use {inner['source']}" + "::*" * inner["is_glob"], ""
            elif owner and what in ("function", "constant", "static", "type_alias", "macro", "module"):
                typed = f": {self.type(inner['type'])}" if isinstance(inner, dict) and "type" in inner else ""
                yield public, item, "", (self.function(item | {"name": path}, "crate") if what == "function" else
                                         f"{head}{what} {path}{typed}"), ""

    def foreign(self, inner):
        """The paths of the crate kernel's types and traits that are named in a part of the JSON."""
        if isinstance(inner, dict):
            found = self.paths.get(str(inner.get("id")), {"path": [""], "kind": ""})
            here = {"::".join(found["path"])} if found["path"][0] == "kernel" and found["kind"] in (
                "struct", "enum", "trait") else set()
            return here.union(*(self.foreign(one) for key, one in inner.items() if key not in ("impls", "items")))
        return set().union(*map(self.foreign, inner)) if isinstance(inner, list) else set()

    def own(self, ty):
        ty = ty.get("borrowed_ref", {}).get("type", ty) if isinstance(ty, dict) else ty
        path = ty.get("resolved_path") if isinstance(ty, dict) else None
        return path and str(path["id"]) in self.index and not self.index[str(path["id"])]["crate_id"]

    def fields(self, public, item, path, line):
        what, inner = self.kind(item)
        kind = inner.get("kind", {})
        members = [] if isinstance(kind, str) else kind.get("plain", {}).get("fields") or kind.get("tuple") or []
        for number, field in enumerate(members, 1):
            one = self.index.get(str(field))
            if one:
                yield public, item, path, line, (f"{number}. {self.attributes(one)}{self.visibility(one)}{one['name']}: "
                                                 f"{self.type(one['inner']['struct_field'])}")
        for variant in inner.get("variants", ()):
            yield public, item, path, line, f"variant {self.index[str(variant)]['name']}"

    def implementation(self, public, item, about):
        inner = item["inner"]["impl"] if item else {"blanket_impl": True}
        trait = inner.get("trait")
        name = trait and self.path(trait["name"], trait["id"])
        if inner["blanket_impl"] or name and inner["is_synthetic"] and name not in AUTO:
            return
        params, bounds = self.generics(inner["generics"])
        of = f"{'!' * inner['is_negative']}{name}{self.args(trait['args'])} for " if trait else ""
        derived = "#[automatically_derived]" in item["attrs"] and "#[derive] " or ""
        line = f"{'auto ' * inner['is_synthetic']}{derived}impl{params} {of}{self.type(inner['for'])}{bounds}"
        yield public, item, about, line, ""
        if not derived and not (trait and str(trait["id"]) in self.index):
            for member in self.members(public, inner["items"], "impl of a trait" if trait else "impl"):
                yield *member[:2], about, line, member[2]

    def members(self, public, items, where):
        for item in map(self.index.get, map(str, items)):
            if not item:
                continue
            what, inner = self.kind(item)
            shown = public and (where != "impl" or item["visibility"] == "public")
            if what == "function":
                yield shown, item, self.function(item, where)
            elif what == "assoc_type":
                params, bounds = self.generics(inner["generics"])
                above = f": {self.bounds(inner['bounds'])}" if inner["bounds"] else ""
                of = f" = {self.type(inner['type'])}" if inner["type"] else ""
                yield shown, item, f"type {item['name']}{params}{above}{of}{bounds}"
            elif what == "assoc_const":
                yield shown, item, f"{self.visibility(item)}const {item['name']}: {self.type(inner['type'])}"


def snapshot(document, files):
    """The text of rust/api.txt."""
    text = HEAD
    every = {(not public, about, line, member) for public, _, about, line, member in Crate(document).lines()}
    every = {entry for entry in every if not entry[0] or (False, *entry[1:]) not in every}
    for hidden in False, True:
        text += f"\n# {TITLES[hidden]}\n"
        before = ""
        for _, _, line, member in sorted(entry for entry in every if entry[0] == hidden):
            text += f"{line}\n" * (line != before) + f"\t{member}\n" * bool(member)
            before = line
    return text + f"\n# {CONDITIONAL}\n" + "".join(
        f"{path}: {condition} {about}\n" for path, source in sorted(files.items()) if re.match(r"rust/.*\.rs$", path)
        for _, condition, about in conditions(source)) + "\n"


def facts(text):
    """Each line of a snapshot by itself: a member with what it is a member of."""
    of = ""
    for line in text.splitlines():
        if line.startswith("\t"):
            yield f"{of}: {line.strip()}"
        elif line and not line.startswith("# "):
            of = line
            yield line


def difference(old, new):
    """What only one of two snapshots says, with a sign for which."""
    before, now = Counter(facts(old)), Counter(facts(new))
    yield from (("-", fact) for fact in sorted((before - now).elements()))
    yield from (("+", fact) for fact in sorted((now - before).elements()))
