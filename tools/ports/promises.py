# SPDX-License-Identifier: GPL-2.0
"""What the allocators of vmalloc memory promise, and whether vmremap_alloc() keeps it."""
import re

from words import shown, split

# An area is zeroed, comes from any zone, from the nodes of the task's policy, and is aligned to a page at least.
PLAIN_GFP = {"GFP_KERNEL", "GFP_USER", "GFP_HIGHUSER", "__GFP_ZERO", "__GFP_NOWARN", "__GFP_HIGHMEM"}
CHARGED_GFP = {"GFP_KERNEL_ACCOUNT", "__GFP_ACCOUNT"}
# Where the GFP flags and the node are among the arguments.
ARGUMENTS = {
    "vmalloc": (None, None), "vzalloc": (None, None), "vmalloc_user": (None, None), "vmalloc_32": (None, None),
    "vmalloc_32_user": (None, None), "vmalloc_huge": (1, None), "__vmalloc": (1, None), "vmalloc_node": (None, 1),
    "vzalloc_node": (None, 1), "vmalloc_huge_node": (1, 2), "__vmalloc_node": (2, 3), "__vmalloc_node_range": (4, 7),
}
ARRAYS = {"vmalloc_array", "vcalloc", "__vmalloc_array", "__vcalloc"}
KNOWN = set(ARGUMENTS) | ARRAYS | {"vmap"}
# What an area keeps of the other arguments of __vmalloc_node_range(), and how the promise is called. vmalloc_user() aligns to SHMLBA.
RANGE = ((2, {"VMALLOC_START"}, "takes it from addresses that begin at"), (3, {"VMALLOC_END"}, "takes it from addresses that end at"),
         (5, {"PAGE_KERNEL"}, "gives it the protection"), (6, {"0", "VM_USERMAP"}, "gives it the flags"))


def for_userspace(name, args):
    """Has the kernel marked this memory for remap_vmalloc_range()?"""
    return name in ("vmalloc_user", "vmalloc_32_user") or "VM_USERMAP" in args


def area(name, args):
    """The flags of an area that keeps what the allocator promises, and why there is none."""
    flags = set()
    if name == "vmap":
        return flags, "maps pages that the driver has already"
    if name in ARRAYS:
        return flags, "multiplies two arguments, and vmremap_alloc() takes their product"
    args = split(args, ",")
    gfp, node = (args[at] if at is not None and at < len(args) else None for at in ARGUMENTS[name])
    if name.startswith("__vmalloc_node") and args[1] not in ("1", "PAGE_SIZE", "SHMLBA"):
        return flags, f"aligns it to {shown(args[1])}"
    for at, kept, promise in RANGE if name == "__vmalloc_node_range" else ():
        if len(args) > at and args[at] not in kept:
            return flags, f"{promise} {shown(args[at])}"
    if node and node != "NUMA_NO_NODE":
        return flags, f"takes it from node {shown(node)}, and an area follows the task's memory policy"
    if "_32" in name:
        flags.add("VMREMAP_DMA32")
    for word in re.split(r"[|() ]+", gfp or ""):
        if word in CHARGED_GFP:
            flags.add("VMREMAP_ACCOUNT")
        elif word and word not in PLAIN_GFP:
            return flags, f"has {word} in its GFP flags, and an area is allocated with GFP_KERNEL"
    return flags, None
