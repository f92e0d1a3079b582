// SPDX-License-Identifier: GPL-2.0
/// An .mmap callback whose VMA takes its pages from a fault handler maps all of them by remap_vmalloc_range(). The virtual
/// identifiers are the handler, the vm_operations_struct that has nothing else, and the member or the variable that
/// holds the address, and the struct in another struct that has the member.
virtual of_member, of_nested, of_variable, of_private

@member depends on of_member@
identifier virtual.table, virtual.address;
expression V;
identifier q;
@@
(
-V->vm_private_data = q;
 ...
-V->vm_ops = &table;
 ...
-return 0;
+return remap_vmalloc_range(V, q->address, V->vm_pgoff);
|
-V->vm_ops = &table;
 ...
-V->vm_private_data = q;
 ...
-return 0;
+return remap_vmalloc_range(V, q->address, V->vm_pgoff);
)

@nested depends on of_nested@
identifier virtual.table, virtual.outer, virtual.address;
expression V;
identifier q;
@@
(
-V->vm_private_data = q;
 ...
-V->vm_ops = &table;
 ...
-return 0;
+return remap_vmalloc_range(V, q->outer.address, V->vm_pgoff);
|
-V->vm_ops = &table;
 ...
-V->vm_private_data = q;
 ...
-return 0;
+return remap_vmalloc_range(V, q->outer.address, V->vm_pgoff);
)

@variable depends on of_variable@
identifier virtual.table, virtual.address;
expression V;
@@
-V->vm_ops = &table;
 ...
-return 0;
+return remap_vmalloc_range(V, address, V->vm_pgoff);

@private depends on of_private@
identifier virtual.table;
expression V;
@@
-V->vm_ops = &table;
 ...
-return 0;
+return remap_vmalloc_range(V, V->vm_private_data, V->vm_pgoff);

@depends on member || nested || variable || private@
identifier virtual.table;
@@
-struct vm_operations_struct table = { ... };

@depends on member || nested || variable || private@
identifier virtual.handler;
type T;
@@
-T handler(...) { ... }
