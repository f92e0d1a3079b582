// SPDX-License-Identifier: GPL-2.0
/// A loop that inserts vmalloc pages one by one becomes remap_vmalloc_range_partial(). First, whatever inserts one page becomes a
/// call of port_insert(), whether it is by page or by frame number; then a loop over that becomes one call.

// Another protection than the VMA's, as pgprot_noncached(), would be lost.
@@
expression V, U, E;
@@
(
-vm_insert_page(V, U, E)
+port_page(V, U, E, 0)
|
-remap_pfn_range(V, U, E, PAGE_SIZE, PAGE_SHARED)
+port_page(V, U, E, PAGE_SHARED)
|
-remap_pfn_range(V, U, E, PAGE_SIZE, V->vm_page_prot)
+port_page(V, U, E, V->vm_page_prot)
)

@checked@
expression V, U, K, E, P, X;
identifier pg;
statement S, S1;
type T, T1;
@@
(
-T pg = \(vmalloc_to_page(K)\|vmalloc_to_pfn(K)\|(T1)vmalloc_to_page(K)\|(T1)vmalloc_to_pfn(K)\);
|
-pg = \(vmalloc_to_page(K)\|vmalloc_to_pfn(K)\|(T1)vmalloc_to_page(K)\|(T1)vmalloc_to_pfn(K)\);
)
-if (!pg) S1
(
 E =
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
|
 V->vm_page_prot = X;
 E =
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
|
 if (<+...
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ...+>) S
|
 V->vm_page_prot = X;
 if (<+...
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ...+>) S
|
 return
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
)

@unchecked@
expression V, U, K, E, P, X;
identifier pg;
statement S;
type T, T1;
@@
(
-T pg = \(vmalloc_to_page(K)\|vmalloc_to_pfn(K)\|(T1)vmalloc_to_page(K)\|(T1)vmalloc_to_pfn(K)\);
|
-pg = \(vmalloc_to_page(K)\|vmalloc_to_pfn(K)\|(T1)vmalloc_to_page(K)\|(T1)vmalloc_to_pfn(K)\);
)
(
 E =
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
|
 V->vm_page_prot = X;
 E =
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
|
 if (<+...
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ...+>) S
|
 V->vm_page_prot = X;
 if (<+...
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ...+>) S
|
 return
-port_page(V, U, pg, P)
+port_insert(V, U, K)
 ;
)

@@
expression V, U, K, P;
@@
-port_page(V, U, \(vmalloc_to_page(K)\|vmalloc_to_pfn(K)\|page_to_pfn(vmalloc_to_page(K))\), P)
+port_insert(V, U, K)

// What is not from vmalloc memory stays.
@@
expression V, U, E;
@@
-port_page(V, U, E, 0)
+vm_insert_page(V, U, E)

@@
expression V, U, E, P;
@@
-port_page(V, U, E, P)
+remap_pfn_range(V, U, E, PAGE_SIZE, P)

// The address may be a number.
@@
expression V, U, K;
type T;
@@
 port_insert(V, U,
-	(T)K
+	K
 )

// A loop must have no declarations left, which nothing uses.
@@
expression C;
identifier pg;
type T;
@@
 while (C) {
-T pg;
 ... when != pg
 }

@@
expression I, C, N;
identifier pg;
type T;
@@
 for (I; C; N) {
-T pg;
 ... when != pg
 }

@@
identifier checked.pg;
type T;
@@
-T pg;
 ... when != pg

@@
identifier unchecked.pg;
type T;
@@
-T pg;
 ... when != pg

// The protection is the same for all pages.
@@
expression V, U, K, C, E, X;
@@
+V->vm_page_prot = X;
 while (C) {
-V->vm_page_prot = X;
(
 E = port_insert(V, U, K);
|
 if (<+... port_insert(V, U, K) ...+>) { ... }
)
 ...
 }

// By an address and what is left.
@@
expression V, U, K, size, E, C;
statement S;
@@
-while (\(size > 0\|size\)) {
(
 E =
-port_insert(V, U, K)
+remap_vmalloc_range_partial(V, U, (void *)K, 0, size)
 ;
 if (C) S
|
 if (<+...
-port_insert(V, U, K)
+remap_vmalloc_range_partial(V, U, (void *)K, 0, size)
 ...+>) S
)
(
-U += PAGE_SIZE;
-K += PAGE_SIZE;
|
-K += PAGE_SIZE;
-U += PAGE_SIZE;
)
(
-size -= PAGE_SIZE;
|
-if (size > PAGE_SIZE)
-	size -= PAGE_SIZE;
-else
-	size = 0;
)
-}
 ... when != U
     when != K
     when != size

// The same, if something reads the variables after it: a second loop may go on from there.
@@
expression V, U, K, size, E, C;
statement S;
@@
-while (\(size > 0\|size\)) {
(
 E =
-port_insert(V, U, K)
+remap_vmalloc_range_partial(V, U, (void *)K, 0, size)
 ;
 if (C) S
|
 if (<+...
-port_insert(V, U, K)
+remap_vmalloc_range_partial(V, U, (void *)K, 0, size)
 ...+>) S
)
(
-U += PAGE_SIZE;
-K += PAGE_SIZE;
|
-K += PAGE_SIZE;
-U += PAGE_SIZE;
)
(
-size -= PAGE_SIZE;
|
-if (size > PAGE_SIZE)
-	size -= PAGE_SIZE;
-else
-	size = 0;
)
-}
+U += size;
+K += size;
+size = 0;

// By an offset in bytes.
@bytes@
expression V, U, K, size, E, C;
identifier off;
statement S;
@@
-for (off = 0; off < size; off += PAGE_SIZE) {
(
 E =
-port_insert(V, U + off, K + off)
+remap_vmalloc_range_partial(V, U, K, 0, size)
 ;
 if (C) S
|
 if (<+...
-port_insert(V, U + off, K + off)
+remap_vmalloc_range_partial(V, U, K, 0, size)
 ...+>) S
)
-}
 ... when != off

// By the number of a page.
@@
expression V, U, K, i;
@@
(
-port_insert(V, U + i * PAGE_SIZE, K + i * PAGE_SIZE)
+port_insert_nth(V, U, K, i)
|
-port_insert(V, U + (i << PAGE_SHIFT), K + (i << PAGE_SHIFT))
+port_insert_nth(V, U, K, i)
)

@number@
expression V, U, K, pages, E, C;
identifier i;
statement S;
@@
-for (i = 0; i < pages; \(i++\|++i\)) {
(
 E =
-port_insert_nth(V, U, K, i)
+remap_vmalloc_range_partial(V, U, K, 0, pages * PAGE_SIZE)
 ;
 if (C) S
|
 if (<+...
-port_insert_nth(V, U, K, i)
+remap_vmalloc_range_partial(V, U, K, 0, pages * PAGE_SIZE)
 ...+>) S
)
-}
 ... when != i

// The same without braces.
@bytes_alone@
expression V, U, K, size;
identifier off;
statement S;
@@
-for (off = 0; off < size; off += PAGE_SIZE)
 if (<+...
-port_insert(V, U + off, K + off)
+remap_vmalloc_range_partial(V, U, K, 0, size)
 ...+>) S
 ... when != off

@number_alone@
expression V, U, K, pages;
identifier i;
statement S;
@@
-for (i = 0; i < pages; \(i++\|++i\))
 if (<+...
-port_insert_nth(V, U, K, i)
+remap_vmalloc_range_partial(V, U, K, 0, pages * PAGE_SIZE)
 ...+>) S
 ... when != i

// Variables that nothing else uses.
@@
identifier bytes.off;
type T;
@@
-T off;
 ... when != off

@@
identifier number.i;
type T;
@@
-T i;
 ... when != i

@@
identifier bytes_alone.off;
type T;
@@
-T off;
 ... when != off

@@
identifier number_alone.i;
type T;
@@
-T i;
 ... when != i
