// SPDX-License-Identifier: GPL-2.0
/// vmalloc_user() memory whose address a struct holds, which remap_vmalloc_range() maps and vfree() frees, all in one file,
/// becomes an area beside that address.
///
/// All hangs on one member of one struct: what goes through a cast, a generic container or another file is left to
/// drop-in.cocci.

@map@
identifier S, f;
struct S *p;
expression V, O;
position x;
@@
 remap_vmalloc_range@x(V, p->f, O)

@alloc@
identifier map.S, map.f;
struct S *p;
expression n;
position y;
@@
(
 p->f = vmalloc_user@y(n)
|
 p->f = vmalloc_32_user@y(n)
)

// The address that goes by way of a local variable.
@alloc2@
identifier map.S, map.f, l;
struct S *p;
expression n;
position y;
@@
 l = vmalloc_user@y(n);
 ...  when != l = n
 p->f = l;

// A subsystem that counts mappings by vm_ops of its own cannot have an area: the VMA is vmremap's.
@owner depends on map@
struct vm_area_struct *V;
expression ops;
position z;
@@
 V->vm_ops@z = ops;

@script:python area@
f << map.f;
a;
@@
coccinelle.a = cocci.make_ident(f + "_vmremap")

@member depends on (alloc || alloc2) && !owner@
identifier map.S, map.f, area.a;
type T;
@@
 struct S {
 ...
 T f;
+struct vmremap_area *a;
 ...
 };

@ depends on member @
identifier map.S, map.f, area.a;
struct S *p;
expression V, O;
@@
- remap_vmalloc_range(V, p->f, O)
+ vmremap_area_mmap(p->a, V, O)

@ depends on member @
identifier map.S, map.f, area.a;
struct S *p;
expression n;
statement s;
@@
(
- p->f = vmalloc_user(n);
|
- p->f = vmalloc_32_user(n);
)
- if (!p->f) s
+ p->a = vmremap_area_alloc(n, 0);
+ p->f = IS_ERR(p->a) ? NULL : vmremap_area_addr(p->a);
+ if (!p->f) s

@ depends on member @
identifier map.S, map.f, area.a, l;
struct S *p;
expression n;
statement s;
@@
- l = vmalloc_user(n);
+ p->a = vmremap_area_alloc(n, 0);
+ l = IS_ERR(p->a) ? NULL : vmremap_area_addr(p->a);
  if (!l) s
  ...
  p->f = l;

@ depends on member @
identifier map.S, map.f, area.a;
struct S *p;
@@
- vfree(p->f)
+ vmremap_area_put(p->a)

@script:python depends on member@
x << map.x;
S << map.S;
f << map.f;
@@
import sys
print(f"{x[0].file}:{x[0].line}: area, for {f} of struct {S}", file=sys.stderr)

@script:python depends on owner && (alloc || alloc2)@
z << owner.z;
@@
import sys
print(f"{z[0].file}:{z[0].line}: no area: the mapping has vm_ops of its own", file=sys.stderr)

@there@
@@
 #include <vmremap.h>

@beside depends on member && !there@
@@
 #include <linux/vmalloc.h>
+#include <vmremap.h>

// Where another header has linux/vmalloc.h for the file.
@depends on member && !there && !beside@
@@
 #include <...>
+#include <vmremap.h>
