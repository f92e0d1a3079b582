# SPDX-License-Identifier: GPL-2.0
"""What the files of a driver say about the VMAs that it maps: which callbacks get them, and what else changes them."""
import collections
import re

import flow
from words import bare, shown

# The .mmap callbacks of these are called with vm_ops that their subsystem has set, and that have a fault handler. Those of
# ib_uverbs do nothing unless vm_private_data is set, which remap_vmalloc_range() does not: so they can go, and what is called
# when its file is closed.
SUBSYSTEMS = {
    ("ib_device_ops", "mmap"): ("ib_uverbs", "ib_uverbs_close"),
    ("ib_device", "mmap"): ("ib_uverbs", "ib_uverbs_close"),
    ("drm_gem_object_funcs", "mmap"): ("GEM", None),
    ("bpf_map_ops", "map_mmap"): ("BPF", None),
}
# Those of these have .open and .close alone, which count mappings.
COUNTING = {("snd_pcm_ops", "mmap"), ("snd_malloc_ops", "mmap")}
# vm_ops of subsystems that have .open and .close alone.
OPEN_CLOSE = {"vb2_common_vm_ops": ("open", "close")}
# When these are called depends on the file that a mapping holds.
RELEASES = {("file_operations", "release"), ("v4l2_file_operations", "release"), ("proc_ops", "proc_release"), ("proto_ops", "release"),
            ("fb_ops", "fb_release"), ("vfio_device_ops", "close_device"), ("drm_driver", "postclose")}
# Where the kernel asks for an address that suits large pages, and by which member.
PLACES = {"file_operations": ("mmap", "get_unmapped_area"), "proc_ops": ("proc_mmap", "proc_get_unmapped_area")}
# What belongs to vmremap once an area is mapped.
OWNED = re.compile(r"(?:->|\.) vm_(?:pgoff|file)$")


class Vmas:
    """The part of a Driver that is about VMAs."""

    def points(self, fact):
        """For each function, the places from which this is reached with its VMA; and the callbacks that these functions are."""
        found, callbacks, todo = collections.defaultdict(list), [], [fact.function]
        found[fact.file, fact.function].append(fact)
        for name in todo:
            calls = [call for call in self.of("call") if call.words[0] == name]
            for bound in self.of("bound"):
                if bound.words[3] == name:
                    callbacks.append(bound)
                    calls += [call for call in self.of("method") if call.words[0] == bound.words[2]]
            for call in calls:
                found[call.file, call.function].append(call)
                todo += [call.function] if call.function not in todo else []
        return found, callbacks

    def ordered(self, first, then):
        """Can @then run after @first, which succeeds, in the same call of the function that both are in?"""
        if None in (first.token, then.token):
            return True
        file = self.files[first.file]
        if first.token > then.token:
            return flow.loop(file, then.token) is not None
        if file.words[first.token - 1] == "!" and file.words[start := flow.start_of(file, first.token)] == "if" and \
                file.words[file.ends[start + 1] + 1] == "return":
            return False
        return flow.follows(file, first.token, then.token)

    def precedes(self, one, other):
        """Can one call of a function run this, and then the other?"""
        first, then = self.points(one)[0], self.points(other)[0]
        return any(here is not there and self.ordered(here, there)
                   for place in first.keys() & then.keys() for here in first[place] for there in then[place])

    def together(self, one, other):
        return self.precedes(one, other) or self.precedes(other, one)

    def vm_ops(self, site):
        """Why vm_ops of another cannot be an area's, or None; the assignments to move before the call, of which None sets vm_ops
        to NULL; and whether vm_ops count mappings."""
        moves, counting = [], False
        for ops in self.of("ops"):
            # A VMA that a struct keeps can be any.
            kept = ops.words[1].count("->") > 1
            after = kept or self.precedes(site, ops)
            if not after and not self.precedes(ops, site):
                continue
            table, where = bare(ops.words[0]).removeprefix("& "), f"{ops.file}:{ops.line} sets vm_ops ({shown(ops.words[0])})"
            if table == "NULL" and not after:
                counting = None
                continue
            members = self.members(table)
            if members is None:
                return f"{where}, whose callbacks these files do not show", [], None
            if more := members.keys() - {"open", "close"}:
                return f"{where}, which have .{min(more)} ({members[min(more)].file}:{members[min(more)].line})", [], None
            if after and (kept or not self.movable(ops, site)):
                return f"{where} after the memory is mapped: set them before", [], None
            moves += [ops] if after else []
            counting = counting or bool(members) or None
        callbacks = {(bound.words[0], bound.words[2]) for bound in self.points(site)[1]}
        for callback, (subsystem, release) in SUBSYSTEMS.items():
            if callback in callbacks and counting is False:
                if not release:
                    return f"{subsystem} sets vm_ops, which can have more than .open and .close", [], None
                if not self.braced(site):
                    return f"{subsystem} sets vm_ops: set them to NULL before", [], None
                moves.append(None)
        return None, moves, bool(counting or callbacks & COUNTING)

    def members(self, table):
        """The callbacks of a vm_operations_struct, or None if these files do not show it."""
        found = [bound for bound in self.of("bound") if bound.words[:2] == ("vm_operations_struct", table)]
        if found or table in OPEN_CLOSE:
            return {bound.words[2]: bound for bound in found if bound.words[3] != "NULL"} or dict.fromkeys(OPEN_CLOSE.get(table, ()))
        return None

    def braced(self, site):
        """Is there a place for a statement before this one?"""
        file = self.files[site.file]
        return site.token is not None and file.words[flow.start_of(file, site.token) - 1] in (";", "{", "}", ":")

    def movable(self, ops, site):
        """Can an assignment be moved to before the call, which it is next to?"""
        if (ops.file, ops.function) != (site.file, site.function) or None in (ops.token, site.token):
            return False
        file = self.files[site.file]
        blocks = [next(flow.blocks(file, flow.start_of(file, fact.token))) for fact in (ops, site)]
        return blocks[0] == blocks[1] and self.braced(site) and self.braced(ops)

    def with_callback(self, site, structs):
        """The callback that maps, and the other members of the tables that have it."""
        for bound in self.points(site)[1]:
            if bound.words[0] in structs and bound.words[1] == bound.function and bound.token is not None:
                yield bound, {other.words[2]: other for other in self.of("bound") if other.file == bound.file and
                              other.words[:2] == bound.words[:2]}

    def closed(self, site):
        """What is called when the file is closed that the mapping came from, and where that is said. With an .fsync, the mapping
        keeps the file."""
        found = [(others[name], others[name].words[3]) for bound, others in self.with_callback(site, {struct for struct, _ in RELEASES})
                 for struct, name in RELEASES if struct == bound.words[0] and name in others and "fsync" not in others]
        return found + [(site, SUBSYSTEMS[bound.words[0], bound.words[2]][1]) for bound in self.points(site)[1]
                        if (bound.words[0], bound.words[2]) in SUBSYSTEMS]

    def placed(self, site):
        """The designators of .mmap next to which .get_unmapped_area is missing, and whether there is a place for it at all."""
        found = [(bound, others) for bound, others in self.with_callback(site, PLACES)
                 if bound.words[2] == PLACES[bound.words[0]][0]]
        return [bound for bound, others in found if PLACES[bound.words[0]][1] not in others], bool(found)

    def after(self, site):
        """What of the VMA is changed after it was mapped, or None."""
        for copy in self.of("copy"):
            if OWNED.search(copy.words[0]) and self.files[copy.file].types.get(copy.function, {}).get(
                    copy.words[0].split()[0]) == "vm_area_struct" and self.precedes(site, copy):
                return f"{copy.file}:{copy.line} sets {shown(copy.words[0])} after it is mapped, which belongs to vmremap then"
        return None

    def zapped(self, file):
        """What takes mappings back from programs in this file or a related one, or None. The mappings of an area are not in the
        driver's inode."""
        return next((f"{zap.words[0]}() ({zap.file}:{zap.line}) would not reach the mappings: vmremap_area_revoke() does"
                     for zap in self.of("zap") if zap.file == file.name or self.files[zap.file].headers & file.headers), None)
