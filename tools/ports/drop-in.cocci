// SPDX-License-Identifier: GPL-2.0
/// remap_vmalloc_range*() becomes the drop-in.

// mm has the function itself, which the drop-in calls.
@itself@
identifier f =~ "^remap_vmalloc_range";
position p;
type T;
@@
 T f@p(...) { ... }

@script:python depends on itself@
p << itself.p;
@@
import sys
print(f"{p[0].file}:{p[0].line}: not changed: this is the function that is replaced", file=sys.stderr)

@whole depends on !itself@
expression vma, addr, pgoff;
position p;
@@
- remap_vmalloc_range@p(vma, addr, pgoff)
+ vmremap_range(vma, addr, pgoff)

@part depends on !itself@
expression vma, uaddr, kaddr, pgoff, size;
position p;
@@
- remap_vmalloc_range_partial@p(vma, uaddr, kaddr, pgoff, size)
+ vmremap_range_partial(vma, uaddr, kaddr, pgoff, size)

@script:python@
p << whole.p;
@@
import sys
print(f"{p[0].file}:{p[0].line}: drop-in", file=sys.stderr)

@script:python@
p << part.p;
@@
import sys
print(f"{p[0].file}:{p[0].line}: drop-in of a part", file=sys.stderr)

@there@
@@
 #include <vmremap.h>

@beside depends on (whole || part) && !there@
@@
 #include <linux/vmalloc.h>
+#include <vmremap.h>

// Where another header has linux/vmalloc.h for the file.
@depends on (whole || part) && !there && !beside@
@@
 #include <...>
+#include <vmremap.h>
