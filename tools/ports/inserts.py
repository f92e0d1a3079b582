# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the pages that it looks up and inserts."""
import re

import flow
from words import shown, split

# What a fault handler may call that does nothing but look a page up.
HARMLESS = re.compile(r"return|sizeof|(?:un)?likely|vmalloc_to_page|get_page|if|while|do|printk\w*|(?:pr|dev|netdev|drm|v4l2)_"
                      r"(?:dbg|debug|info|notice|warn|err)\w*|KERN_\w+")


class Inserts:
    """The part of a Driver that is about single pages."""

    def near(self, page):
        """What may insert the page that is looked up: it is in the same function, one that it calls or that calls it, or is given
        the array that the page is kept in. The closest is first."""
        callers = {call.function for call in self.called_by_name[page.function]}
        near = {page.function, *callers}
        near |= {call.words[0] for name in list(near) for call in self.of("invoke", name)}
        kept = {re.findall(r"\w+", copy.words[0].split(" [")[0])[-1] for copy in self.of("copy", page.function)
                if copy.at == page.at and copy.file == page.file and re.search(r"->|\.", copy.words[0])}
        found = [insert for insert in self.of("insert") if insert.function in near or kept & set(insert.words[1].split())]
        names = {copy.words[0] for copy in self.of("copy", page.function) if (copy.file, copy.at) == (page.file, page.at)}
        return sorted(found, key=lambda insert: (
            not names & set(insert.words[1].split()), (insert.file, insert.function) != (page.file, page.function), insert.file != page.file, abs(insert.at - page.at)))

    def called_in_loop(self, function):
        """A call of this function in a loop, or None."""
        return next((call for call in self.called_by_name[function] if call.token is not None and
                     flow.loop(self.files[call.file], call.token) is not None), None)

    def why_not(self, page):
        """Why a place that looks a page up and inserts it is none of those that can be changed."""
        insert = self.near(page)[0]
        name = f"{insert.words[0]}()"
        if insert.words[0] == "vmf->page":
            return f"the fault handler is another function ({insert.file}:{insert.line})"
        if insert.function != page.function:
            return f"{name} ({insert.file}:{insert.line}) is in another function, and the page may be one of other memory"
        if "fault" in insert.words[0] or insert.words[0].startswith("vmf_"):
            return f"this fault handler calls {name}, and only one that sets vmf->page can be replaced"
        if insert.words[0] not in ("vm_insert_page", "remap_pfn_range"):
            return f"{name} is not one of the functions whose loops this tool knows"
        file = self.files[insert.file]
        loop = insert.token is not None and flow.loop(file, insert.token)
        args = split(insert.words[1], ",")
        if insert.words[0] == "remap_pfn_range" and len(args) == 5:
            if args[4] not in ("PAGE_SHARED", f"{args[0]} -> vm_page_prot"):
                return f"the pages get the protection {shown(args[4])}, and not the VMA's"
            if args[3] != "PAGE_SIZE":
                return f"{name} maps {shown(args[3])} bytes from the page on, which need not be pages of this memory"
        if loop is None:
            if call := self.called_in_loop(insert.function):
                return f"{insert.function}() maps one page, and its caller has the loop ({call.file}:{call.line})"
            return f"{name} maps one page in a form that this tool does not know"
        end = flow.end_of(file, loop)
        for at in range(loop, end):
            if file.words[at] in ("break", "continue") and flow.loop(file, at) == loop:
                return f"{file.words[at]} ({insert.file}:{file.tokens[at][1]}) leaves the loop early"
        return f"{name} is in no loop of a form that this tool knows"

    def mixed(self):
        """Why a loop that inserts pages could not be replaced where it stands: where, and the reason, or None."""
        for page in self.of("page"):
            inserts = [insert for insert in self.of("insert", page.function) if insert.words[0] in ("vm_insert_page", "remap_pfn_range")]
            if not page.function or not inserts:
                continue
            looked_up = {copy.words[0] for copy in self.of("copy", page.function) if re.search(r"\bvmalloc_to_p", copy.words[1])}
            own = [insert for insert in inserts if "vmalloc_to_p" in insert.words[1] or looked_up & set(split(insert.words[1], ","))]
            for insert in own:
                if split(insert.words[1], ",")[-1] == "PAGE_SHARED" and (prot := next(
                        (copy for copy in self.of("copy", page.function) if copy.words[0].endswith("-> vm_page_prot") and
                         not copy.words[1].startswith("pgprot_decrypted (")), None)):
                    return f"the pages get PAGE_SHARED, and not the protection that {prot.file}:{prot.line} gives the VMA"
                for other in self.of("insert", page.function):
                    if other not in own and other.words[0] != "vmf->page" and self.together(insert, other):
                        return f"{other.words[0]}() ({other.file}:{other.line}) maps something else into the same VMA"
            for call in self.of("invoke", page.function) + self.of("copy", page.function):
                if "VM_PFNMAP" in call.words[1].split() and ("vm_flags" in call.words[0]):
                    return f"{call.file}:{call.line} sets VM_PFNMAP, which vmremap refuses"
        return None

    def harmless(self, name, depth=3):
        """Does a function or macro that a fault handler calls do nothing that matters?"""
        if HARMLESS.fullmatch(name):
            return True
        calls = self.of("invoke", name)
        return bool(depth and name in self.parameters and calls and not self.of("copy", name)) and \
            all(self.harmless(call.words[0], depth - 1) for call in calls)
