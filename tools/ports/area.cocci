// SPDX-License-Identifier: GPL-2.0
/// vmalloc memory whose address a member of a struct, or a variable of the file, holds becomes an area beside that address.
/// tools/ports/port says what they are called: it knows that all of this memory is freed by this name. If other structs have
/// a member of this name, it gives q a type.
virtual of_member, of_variable

@depends on of_member@
identifier virtual.holder, virtual.address, virtual.area;
type T;
@@
 struct holder {
 ...
 T address;
+struct vmremap_area *area;
 ...
 };

@depends on of_variable@
identifier virtual.address, virtual.area;
type T;
@@
 T address;
+static struct vmremap_area *area;

@depends on of_member@
identifier virtual.address, virtual.area, virtual.allocator, virtual.flags;
expression q, n;
type T;
@@
-q->address = \((T)allocator(n, ...)\|allocator(n, ...)\);
+q->area = vmremap_area_alloc(n, flags);
+q->address = IS_ERR(q->area) ? NULL : vmremap_area_addr(q->area);

@depends on of_variable@
identifier virtual.address, virtual.area, virtual.allocator, virtual.flags;
expression n;
type T;
@@
-address = \((T)allocator(n, ...)\|allocator(n, ...)\);
+area = vmremap_area_alloc(n, flags);
+address = IS_ERR(area) ? NULL : vmremap_area_addr(area);

// By way of a local variable.
@depends on of_member@
identifier virtual.address, virtual.area, virtual.allocator, virtual.flags, l;
expression q, n;
type T;
@@
-l = \((T)allocator(n, ...)\|allocator(n, ...)\);
+q->area = vmremap_area_alloc(n, flags);
+l = IS_ERR(q->area) ? NULL : vmremap_area_addr(q->area);
 ... when != l = allocator(...)
 q->address = l;

@depends on of_member@
identifier virtual.address, virtual.area;
identifier release = {vfree, kvfree};
expression q;
type T;
@@
-release(\(q->address\|(T)q->address\))
+vmremap_area_put(q->area)

@depends on of_variable@
identifier virtual.address, virtual.area;
identifier release = {vfree, kvfree};
type T;
@@
-release(\(address\|(T)address\))
+vmremap_area_put(area)

// What frees it twice, because no address is there any more, must find no area either.
@depends on of_member@
identifier virtual.address, virtual.area;
expression q;
@@
 q->address = NULL;
+q->area = NULL;

@depends on of_variable@
identifier virtual.address, virtual.area;
@@
 address = NULL;
+area = NULL;
