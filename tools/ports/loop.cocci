// SPDX-License-Identifier: GPL-2.0
/// A loop that inserts vmalloc pages one by one becomes vmremap_range_partial(), and the memory, which has to be zeroed and
/// marked for programs, comes from vmalloc_user().

@loop@
expression vma, uaddr, kaddr, size, error;
identifier page;
statement fail;
position p;
@@
-while@p (size > 0) {
-	struct page *page = vmalloc_to_page(kaddr);
-	error = vm_insert_page(vma, uaddr, page);
-	if (error < 0)
-		fail
-	uaddr += PAGE_SIZE;
-	kaddr += PAGE_SIZE;
-	size -= PAGE_SIZE;
-}
+error = vmremap_range_partial(vma, uaddr, kaddr, 0, size);
+if (error < 0)
+	fail

@source@
expression loop.kaddr, offset;
identifier S, f;
struct S *p;
@@
(
 kaddr = p->f
|
 kaddr = p->f + offset
)

@memory@
identifier source.S, source.f;
struct S *p;
expression n;
@@
 p->f =
(
-	vmalloc(n)
+	vmalloc_user(n)
|
-	vzalloc(n)
+	vmalloc_user(n)
)

@script:python@
p << loop.p;
@@
import sys
print(f"{p[0].file}:{p[0].line}: drop-in for a loop over vm_insert_page()", file=sys.stderr)

@script:python depends on !memory@
p << loop.p;
@@
import sys
print(f"{p[0].file}:{p[0].line}: what is mapped must come from vmalloc_user(): where it does not, change that", file=sys.stderr)

@beside depends on loop@
@@
 #include <linux/vmalloc.h>
+#include <vmremap.h>

@depends on loop && !beside@
@@
 #include <...>
+#include <vmremap.h>
