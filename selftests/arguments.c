// SPDX-License-Identifier: GPL-2.0
/*
 * Bad arguments to each function: it returns the errno in its kernel-doc, the tracepoint names
 * the clause, and nothing is changed.
 */

#include <sys/stat.h>

#include "plan.h"

#define SUBJECT 0
#define GOOD 1
#define PAGES 8ULL
#define BYTES (PAGES * PAGE_SIZE)

#define AREA_MMAP VMREMAP_TEST_AREA_MMAP
#define RANGE VMREMAP_TEST_RANGE
#define PARTIAL VMREMAP_TEST_RANGE_PARTIAL

/* The number of pages at which a number of bytes wraps. */
#define WRAP (-1ULL / PAGE_SIZE + 1)
#define LAST_PAGE (-PAGE_SIZE)

/* On s390, the kernel's addresses are in the lower half: adding the upper half does not wrap. */
#ifdef __s390__
#define UPPER_HALF 0
#else
#define UPPER_HALF 1
#endif

/* AreaValid fails first where ioremap(), or stacks, are outside the vmalloc area. */
#if defined(__s390__) || defined(__powerpc__)
#define IOREMAP_ERRNO EFAULT
#else
#define IOREMAP_ERRNO EPERM
#endif
#ifdef __powerpc__
#define STACK_ERRNO EFAULT
#else
#define STACK_ERRNO EPERM
#endif

FIXTURE(arguments) {
	int fd;
};

/*
 * One call, which maps memory of @kind, of PAGES pages, in a VMA of @vma_pages pages (PAGES if
 * that is 0). @refuse is the errno to expect, or 0.
 */
FIXTURE_VARIANT(arguments) {
	struct vmremap_test_call call;
	const char *device;
	__u32 kind;
	__u32 area_flags;
	size_t vma_pages;
	int prot;
	int private;
	int revoked;
	int refuse;
};

#define CASE(name) FIXTURE_VARIANT_ADD(arguments, name)
#define CALL(fn, ...) .call = { .function = fn, __VA_ARGS__ }

/* AddrAligned */
CASE(range_misaligned_by_one) {
	.refuse = EADDRNOTAVAIL, CALL(RANGE, .kaddr = 1),
};

CASE(range_misaligned_by_half) {
	.refuse = EADDRNOTAVAIL, CALL(RANGE, .kaddr = PAGE_SIZE / 2),
};

CASE(range_misaligned_at_end) {
	.refuse = EADDRNOTAVAIL, CALL(RANGE, .kaddr = BYTES - 1),
};

CASE(partial_kaddr_misaligned) {
	.refuse = EADDRNOTAVAIL,
	CALL(PARTIAL, .kaddr = PAGE_SIZE - 1, .size = PAGE_SIZE),
};

CASE(partial_uaddr_misaligned) {
	.refuse = EADDRNOTAVAIL, CALL(PARTIAL, .uaddr = 1, .size = PAGE_SIZE),
};

CASE(partial_uaddr_ulong_max) {
	.refuse = EADDRNOTAVAIL,
	CALL(PARTIAL, .uaddr = -1ULL, .flags = VMREMAP_TEST_ABSOLUTE,
	     .size = PAGE_SIZE),
};

CASE(foreign_misaligned) {
	.refuse = EADDRNOTAVAIL, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .kaddr = 8),
};

/* SizeNonZero */
CASE(partial_size_zero) {
	.refuse = ENODATA, CALL(PARTIAL, .size = 0),
};

CASE(foreign_partial_size_zero) {
	.refuse = ENODATA, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(PARTIAL, .size = 0),
};

/* RangeNoWrap: PAGE_ALIGN(size) wraps to 0, or a sum wraps. */
CASE(partial_size_ulong_max) {
	.refuse = EOVERFLOW, CALL(PARTIAL, .size = -1ULL),
};

CASE(partial_size_aligns_to_zero) {
	.refuse = EOVERFLOW, CALL(PARTIAL, .size = LAST_PAGE + 1),
};

CASE(partial_size_last_page) {
	.refuse = EOVERFLOW, CALL(PARTIAL, .size = LAST_PAGE),
};

CASE(partial_size_half) {
	.refuse = UPPER_HALF ? EOVERFLOW : ERANGE, CALL(PARTIAL, .size = -1ULL / 2 + 1),
};

CASE(partial_uaddr_wraps) {
	.refuse = EOVERFLOW,
	CALL(PARTIAL, .uaddr = LAST_PAGE, .flags = VMREMAP_TEST_ABSOLUTE,
	     .size = 2 * PAGE_SIZE),
};

CASE(range_pgoff_ulong_max) {
	.refuse = EOVERFLOW, CALL(RANGE, .pgoff = -1ULL),
};

CASE(range_pgoff_wraps) {
	.refuse = EOVERFLOW, CALL(RANGE, .pgoff = WRAP),
};

CASE(range_pgoff_wraps_to_one) {
	.refuse = EOVERFLOW, CALL(RANGE, .pgoff = WRAP + 1),
};

CASE(range_pgoff_below_wrap) {
	.refuse = EOVERFLOW, CALL(RANGE, .pgoff = WRAP - 1),
};

CASE(range_sum_wraps_to_start) {
	.refuse = EOVERFLOW, CALL(RANGE, .pgoff = WRAP - PAGES),
};

CASE(range_sum_with_addr_wraps) {
	.refuse = UPPER_HALF ? EOVERFLOW : EINVAL, CALL(RANGE, .pgoff = WRAP / 2),
};

CASE(partial_pgoff_and_size_wrap) {
	.refuse = EOVERFLOW,
	CALL(PARTIAL, .pgoff = WRAP - 1, .size = 2 * PAGE_SIZE),
};

CASE(foreign_pgoff_wraps) {
	.refuse = EOVERFLOW, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .pgoff = WRAP),
};

CASE(area_pgoff_ulong_max) {
	.refuse = EOVERFLOW, CALL(AREA_MMAP, .pgoff = -1ULL),
};

CASE(area_pgoff_wraps) {
	.refuse = EOVERFLOW, CALL(AREA_MMAP, .pgoff = WRAP),
};

CASE(area_sum_wraps) {
	.refuse = EOVERFLOW, CALL(AREA_MMAP, .pgoff = WRAP - 1),
};

CASE(prepare_pgoff_ulong_max) {
	.refuse = EOVERFLOW, .device = TEST_PREPARE,
	CALL(AREA_MMAP, .pgoff = -1ULL),
};

CASE(prepare_pgoff_wraps) {
	.refuse = EOVERFLOW, .device = TEST_PREPARE,
	CALL(AREA_MMAP, .pgoff = WRAP),
};

/* RangeInVma */
CASE(partial_one_page_past_the_vma) {
	.refuse = ERANGE, CALL(PARTIAL, .size = BYTES), .vma_pages = PAGES - 1,
};

CASE(partial_one_byte_past_the_vma) {
	.refuse = ERANGE, CALL(PARTIAL, .size = PAGE_SIZE + 1), .vma_pages = 1,
};

CASE(partial_starts_before_the_vma) {
	.refuse = ERANGE,
	CALL(PARTIAL, .uaddr = -PAGE_SIZE, .size = 2 * PAGE_SIZE),
};

CASE(partial_starts_at_the_end_of_the_vma) {
	.refuse = ERANGE, CALL(PARTIAL, .uaddr = BYTES, .size = PAGE_SIZE),
};

CASE(partial_far_from_the_vma) {
	.refuse = ERANGE,
	CALL(PARTIAL, .uaddr = PAGE_SIZE, .flags = VMREMAP_TEST_ABSOLUTE,
	     .size = PAGE_SIZE),
};

CASE(partial_covers_more_than_the_vma) {
	.refuse = ERANGE, CALL(PARTIAL, .uaddr = -PAGE_SIZE, .size = BYTES),
	.vma_pages = PAGES - 2,
};

CASE(foreign_partial_past_the_vma) {
	.refuse = ERANGE, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(PARTIAL, .size = BYTES), .vma_pages = 2,
};

/* AreaValid */
CASE(range_null) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_NULL, CALL(RANGE),
};

CASE(range_one_page_from_null) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_NULL,
	CALL(RANGE, .kaddr = PAGE_SIZE),
};

CASE(range_kmalloc) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_KMALLOC, CALL(RANGE),
};

CASE(range_user_address) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_USER, CALL(RANGE),
};

CASE(range_error_pointer) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_ERROR,
	CALL(RANGE, .kaddr = -BYTES),
};

CASE(range_freed) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_VMALLOC_FREED, CALL(RANGE),
};

CASE(range_never_allocated) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_VMALLOC_NEVER, CALL(RANGE),
};

CASE(range_guard_page) {
	.refuse = EFAULT, CALL(RANGE, .kaddr = BYTES), .vma_pages = 1,
};

CASE(foreign_guard_page) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .kaddr = BYTES), .vma_pages = 1,
};

CASE(partial_null) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_NULL,
	CALL(PARTIAL, .size = PAGE_SIZE),
};

CASE(partial_kmalloc) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_KMALLOC,
	CALL(PARTIAL, .size = PAGE_SIZE),
};

CASE(area_null) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_NULL, CALL(AREA_MMAP),
};

CASE(area_error_pointer) {
	.refuse = EFAULT, .kind = VMREMAP_TEST_AREA_ERROR, CALL(AREA_MMAP),
};

CASE(prepare_null) {
	.refuse = EFAULT, .device = TEST_PREPARE,
	.kind = VMREMAP_TEST_AREA_NULL, CALL(AREA_MMAP),
};

CASE(prepare_error_pointer) {
	.refuse = EFAULT, .device = TEST_PREPARE,
	.kind = VMREMAP_TEST_AREA_ERROR, CALL(AREA_MMAP),
};

/* AreaShareable: kernel stacks and modules lie in vmalloc space, too. */
CASE(range_vmalloc) {
	.refuse = EPERM, .kind = VMREMAP_TEST_VMALLOC, CALL(RANGE),
};

CASE(range_vmap) {
	.refuse = EPERM, .kind = VMREMAP_TEST_VMAP, CALL(RANGE),
};

CASE(range_ioremap) {
	.refuse = IOREMAP_ERRNO, .kind = VMREMAP_TEST_IOREMAP, CALL(RANGE),
};

CASE(range_stack) {
	.refuse = STACK_ERRNO, .kind = VMREMAP_TEST_STACK, CALL(RANGE),
	.vma_pages = 1,
};

/* RangeInArea */
CASE(range_one_page_too_many) {
	.refuse = EINVAL, CALL(RANGE), .vma_pages = PAGES + 1,
};

CASE(range_many_pages_too_many) {
	.refuse = EINVAL, CALL(RANGE), .vma_pages = 5000,
};

CASE(range_pgoff_at_the_end) {
	.refuse = EINVAL, CALL(RANGE, .pgoff = PAGES), .vma_pages = 1,
};

CASE(range_pgoff_past_the_end) {
	.refuse = EINVAL, CALL(RANGE, .pgoff = PAGES + 1), .vma_pages = 1,
};

CASE(range_pgoff_far_past_the_end) {
	.refuse = EINVAL, CALL(RANGE, .pgoff = 1 << 20), .vma_pages = 1,
};

CASE(range_last_page_and_one_more) {
	.refuse = EINVAL, CALL(RANGE, .pgoff = PAGES - 1), .vma_pages = 2,
};

CASE(range_overruns_from_the_middle) {
	.refuse = EINVAL, CALL(RANGE, .kaddr = BYTES / 2),
};

CASE(range_overruns_from_the_last_page) {
	.refuse = EINVAL, CALL(RANGE, .kaddr = BYTES - PAGE_SIZE),
	.vma_pages = 2,
};

CASE(range_overruns_by_pgoff_from_the_middle) {
	.refuse = EINVAL, CALL(RANGE, .kaddr = BYTES / 2, .pgoff = PAGES / 2),
	.vma_pages = 1,
};

CASE(partial_one_byte_too_many) {
	.refuse = EINVAL, CALL(PARTIAL, .size = BYTES + 1),
	.vma_pages = PAGES + 1,
};

CASE(partial_overruns_from_the_middle) {
	.refuse = EINVAL,
	CALL(PARTIAL, .kaddr = BYTES / 2, .size = BYTES / 2 + 1),
};

CASE(foreign_one_page_too_many) {
	.refuse = EINVAL, .kind = VMREMAP_TEST_VMALLOC_USER, CALL(RANGE),
	.vma_pages = PAGES + 1,
};

CASE(foreign_pgoff_at_the_end) {
	.refuse = EINVAL, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .pgoff = PAGES), .vma_pages = 1,
};

CASE(foreign_pgoff_far_past_the_end) {
	.refuse = EINVAL, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .pgoff = 1 << 20), .vma_pages = 1,
};

CASE(foreign_overruns_from_the_middle) {
	.refuse = EINVAL, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .kaddr = BYTES / 2),
};

CASE(foreign_overruns_from_the_last_page) {
	.refuse = EINVAL, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .kaddr = BYTES - PAGE_SIZE), .vma_pages = 2,
};

CASE(area_one_page_too_many) {
	.refuse = EINVAL, CALL(AREA_MMAP), .vma_pages = PAGES + 1,
};

CASE(area_pgoff_at_the_end) {
	.refuse = EINVAL, CALL(AREA_MMAP, .pgoff = PAGES), .vma_pages = 1,
};

CASE(area_pgoff_past_the_end) {
	.refuse = EINVAL, CALL(AREA_MMAP, .pgoff = PAGES + 1), .vma_pages = 1,
};

CASE(prepare_one_page_too_many) {
	.refuse = EINVAL, .device = TEST_PREPARE, CALL(AREA_MMAP),
	.vma_pages = PAGES + 1,
};

CASE(prepare_pgoff_at_the_end) {
	.refuse = EINVAL, .device = TEST_PREPARE,
	CALL(AREA_MMAP, .pgoff = PAGES), .vma_pages = 1,
};

/* VmaInit */
CASE(range_no_vma) {
	.refuse = EBUSY, CALL(RANGE, .flags = VMREMAP_TEST_NO_VMA),
};

CASE(partial_no_vma) {
	.refuse = EBUSY,
	CALL(PARTIAL, .flags = VMREMAP_TEST_NO_VMA, .size = BYTES),
};

CASE(area_no_vma) {
	.refuse = EBUSY, CALL(AREA_MMAP, .flags = VMREMAP_TEST_NO_VMA),
};

CASE(prepare_no_desc) {
	.refuse = EBUSY, .device = TEST_PREPARE,
	CALL(AREA_MMAP, .flags = VMREMAP_TEST_NO_VMA),
};

CASE(range_pfn_map) {
	.refuse = EBUSY, CALL(RANGE, .flags = VMREMAP_TEST_PFNMAP),
};

CASE(partial_pfn_map) {
	.refuse = EBUSY,
	CALL(PARTIAL, .flags = VMREMAP_TEST_PFNMAP, .size = PAGE_SIZE),
};

CASE(foreign_pfn_map) {
	.refuse = EBUSY, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(RANGE, .flags = VMREMAP_TEST_PFNMAP),
};

CASE(area_pfn_map) {
	.refuse = EBUSY, CALL(AREA_MMAP, .flags = VMREMAP_TEST_PFNMAP),
};

CASE(prepare_other_action) {
	.refuse = EBUSY, .device = TEST_PREPARE,
	CALL(AREA_MMAP, .flags = VMREMAP_TEST_PFNMAP),
};

/* PolicyHeld */
CASE(range_write_to_rdonly) {
	.refuse = EACCES, .area_flags = VMREMAP_RDONLY, CALL(RANGE),
};

CASE(range_private_write_to_rdonly) {
	.refuse = EACCES, .area_flags = VMREMAP_RDONLY, CALL(RANGE),
	.private = true,
};

CASE(partial_write_to_rdonly) {
	.refuse = EACCES, .area_flags = VMREMAP_RDONLY,
	CALL(PARTIAL, .size = PAGE_SIZE),
};

CASE(area_write_to_rdonly) {
	.refuse = EACCES, .area_flags = VMREMAP_RDONLY, CALL(AREA_MMAP),
};

CASE(prepare_write_to_rdonly) {
	.refuse = EACCES, .device = TEST_PREPARE, .area_flags = VMREMAP_RDONLY,
	CALL(AREA_MMAP),
};

CASE(area_private_write) {
	.refuse = EACCES, CALL(AREA_MMAP), .private = true,
};

CASE(prepare_private_write) {
	.refuse = EACCES, .device = TEST_PREPARE, CALL(AREA_MMAP),
	.private = true,
};

CASE(range_exec) {
	.refuse = EACCES, CALL(RANGE), .prot = PROT_READ | PROT_EXEC,
};

CASE(partial_exec) {
	.refuse = EACCES, CALL(PARTIAL, .size = PAGE_SIZE), .prot = PROT_EXEC,
};

CASE(area_exec) {
	.refuse = EACCES, CALL(AREA_MMAP), .prot = PROT_READ | PROT_EXEC,
};

CASE(prepare_exec) {
	.refuse = EACCES, .device = TEST_PREPARE, CALL(AREA_MMAP),
	.prot = PROT_READ | PROT_EXEC,
};

CASE(range_private_write_to_revocable) {
	.refuse = EACCES, .area_flags = VMREMAP_REVOCABLE, CALL(RANGE),
	.private = true,
};

CASE(partial_of_revocable) {
	.refuse = EACCES, .area_flags = VMREMAP_REVOCABLE,
	CALL(PARTIAL, .size = PAGE_SIZE),
};

/* NotRevoked */
CASE(range_revoked) {
	.refuse = ENODEV, .revoked = true, CALL(RANGE),
};

CASE(partial_whole_revoked) {
	.refuse = ENODEV, .revoked = true, CALL(PARTIAL, .size = BYTES),
};

CASE(partial_revoked) {
	.refuse = ENODEV, .revoked = true, CALL(PARTIAL, .size = PAGE_SIZE),
};

CASE(area_revoked) {
	.refuse = ENODEV, .revoked = true, CALL(AREA_MMAP),
};

CASE(prepare_revoked) {
	.refuse = ENODEV, .revoked = true, .device = TEST_PREPARE, CALL(AREA_MMAP),
};

CASE(nested_revoked) {
	.refuse = ENODEV, .revoked = true, .device = TEST_NESTED, CALL(AREA_MMAP),
};

/* If several clauses fail, the errno is that of the first in the order of the header. */
CASE(first_misaligned_then_empty) {
	.refuse = EADDRNOTAVAIL,
	CALL(PARTIAL, .kaddr = 1, .size = 0, .pgoff = -1ULL),
};

CASE(first_empty_then_wraps) {
	.refuse = ENODATA, CALL(PARTIAL, .size = 0, .pgoff = -1ULL),
};

CASE(first_wraps_then_invalid) {
	.refuse = EOVERFLOW, .kind = VMREMAP_TEST_KMALLOC,
	CALL(RANGE, .pgoff = -1ULL),
};

CASE(first_outside_vma_then_invalid) {
	.refuse = ERANGE, .kind = VMREMAP_TEST_AREA_NULL,
	CALL(PARTIAL, .size = BYTES), .vma_pages = 1,
};

CASE(first_outside_area_then_policy) {
	.refuse = EINVAL, .area_flags = VMREMAP_RDONLY,
	CALL(RANGE, .pgoff = PAGES),
};

CASE(first_pfn_map_then_policy) {
	.refuse = EBUSY, .area_flags = VMREMAP_RDONLY,
	CALL(RANGE, .flags = VMREMAP_TEST_PFNMAP),
};

CASE(first_pfn_map_then_revoked) {
	.refuse = EBUSY, .revoked = true, CALL(RANGE, .flags = VMREMAP_TEST_PFNMAP),
};

CASE(first_revoked_then_policy) {
	.refuse = ENODEV, .revoked = true, CALL(RANGE), .prot = PROT_READ | PROT_EXEC,
};

/* A module cannot map plain vmalloc memory to a part of a VMA. This errno belongs to no clause. */
CASE(foreign_partial) {
	.refuse = EOPNOTSUPP, .kind = VMREMAP_TEST_VMALLOC_USER,
	CALL(PARTIAL, .size = PAGE_SIZE),
};

/* Valid arguments that are close to the bad ones above. */
CASE(good_range) {
	CALL(RANGE),
};

CASE(good_range_from_the_middle) {
	CALL(RANGE, .kaddr = BYTES / 2), .vma_pages = PAGES / 2,
};

CASE(good_range_middle_and_pgoff) {
	CALL(RANGE, .kaddr = BYTES / 2, .pgoff = PAGES / 2 - 1), .vma_pages = 1,
};

CASE(good_range_last_page) {
	CALL(RANGE, .pgoff = PAGES - 1), .vma_pages = 1,
};

CASE(good_range_private) {
	CALL(RANGE), .private = true,
};

CASE(good_partial_whole) {
	CALL(PARTIAL, .size = BYTES - 1),
};

CASE(good_partial_at_the_end) {
	CALL(PARTIAL, .uaddr = BYTES - PAGE_SIZE, .size = 1),
};

CASE(good_foreign) {
	.kind = VMREMAP_TEST_VMALLOC_USER, CALL(RANGE),
};

CASE(good_foreign_from_the_middle) {
	.kind = VMREMAP_TEST_VMALLOC_USER, CALL(RANGE, .kaddr = BYTES / 2),
	.vma_pages = PAGES / 2,
};

CASE(good_foreign_partial_whole) {
	.kind = VMREMAP_TEST_VMALLOC_USER, CALL(PARTIAL, .size = BYTES),
};

CASE(good_area) {
	CALL(AREA_MMAP),
};

CASE(good_area_last_page) {
	CALL(AREA_MMAP, .pgoff = PAGES - 1), .vma_pages = 1,
};

CASE(good_area_rdonly) {
	.area_flags = VMREMAP_RDONLY, CALL(AREA_MMAP), .prot = PROT_READ,
};

CASE(good_area_rdonly_private) {
	.area_flags = VMREMAP_RDONLY, CALL(AREA_MMAP), .prot = PROT_READ,
	.private = true,
};

CASE(good_prepare) {
	.device = TEST_PREPARE, CALL(AREA_MMAP),
};

CASE(good_revocable) {
	.area_flags = VMREMAP_REVOCABLE, CALL(AREA_MMAP),
};

CASE(good_range_revocable_private) {
	.area_flags = VMREMAP_REVOCABLE, CALL(RANGE), .prot = PROT_READ,
	.private = true,
};

FIXTURE_SETUP(arguments)
{
	self->fd = open_or_skip(_metadata, variant->device ? : TEST_MMAP);
	if (variant->kind == VMREMAP_TEST_STACK && variant->refuse == EPERM &&
	    !kernel_symbol("free_vm_stack_cache"))
		SKIP(return, "the stacks of this kernel are no vmalloc memory");
	ASSERT_EQ(0, memory_alloc(self->fd, SUBJECT, variant->kind, BYTES,
				  variant->area_flags |
				  (variant->revoked ? VMREMAP_REVOCABLE : 0)));
	if (variant->revoked)
		ASSERT_EQ(0, ioctl(self->fd, VMREMAP_TEST_REVOKE, SUBJECT));
	ASSERT_EQ(0, memory_alloc(self->fd, GOOD, VMREMAP_TEST_AREA, BYTES, 0));
}

FIXTURE_TEARDOWN(arguments)
{
	close(self->fd);
}

static void *map_subject(int fd, const struct _fixture_variant_arguments *variant)
{
	return map_call(fd, &variant->call, variant->vma_pages ? : PAGES,
			variant->prot ? : RW,
			variant->private ? MAP_PRIVATE : MAP_SHARED);
}

TEST_F(arguments, answer)
{
	size_t pages = variant->vma_pages ? : PAGES;
	char *map = map_subject(self->fd, variant);

	if (variant->refuse) {
		ASSERT_EQ(variant->refuse, errno_of(map));
	} else {
		ASSERT_NE(MAP_FAILED, map) TH_LOG("%m");
		EXPECT_EQ(0, munmap(map, pages * PAGE_SIZE));
	}

	/* A valid mapping still works afterwards. */
	ASSERT_EQ(0, memory_poke(self->fd, GOOD, PAGES, 100));
	map = map_area(self->fd, GOOD, 0, PAGES);
	ASSERT_NE(MAP_FAILED, map);
	for (size_t n = 0; n < PAGES; n++) {
		EXPECT_EQ(100 + n, *page_word(map, n));
		*page_word(map, n) = 200 + n;
	}
	EXPECT_EQ(0, memory_peek(self->fd, GOOD, PAGES, 200));
	EXPECT_EQ(0, munmap(map, BYTES));
}

static const char *clause(int err)
{
	switch (err) {
	case EADDRNOTAVAIL:
		return "AddrAligned";
	case ENODATA:
		return "SizeNonZero";
	case EOVERFLOW:
		return "RangeNoWrap";
	case ERANGE:
		return "RangeInVma";
	case EFAULT:
		return "AreaValid";
	case EPERM:
		return "AreaShareable";
	case EINVAL:
		return "RangeInArea";
	case EBUSY:
		return "VmaInit";
	case ENODEV:
		return "NotRevoked";
	case EACCES:
		return "PolicyHeld";
	default:
		return NULL;
	}
}

#define EVENTS "/sys/kernel/tracing/instances/vmremap_selftest"

TEST_F(arguments, trace)
{
	char want[64], line[512];
	bool found = false;

	mkdir(EVENTS, 0700);
	if (!write_text(EVENTS "/events/vmremap/vmremap_reject/enable", "1"))
		SKIP(return, "no tracepoint to be had in tracefs");
	write_text(EVENTS "/trace", "");

	map_subject(self->fd, variant);

	snprintf(want, sizeof(want), "clause=%s err=%d ",
		 clause(variant->refuse) ? : "", -variant->refuse);
	ASSERT_EQ(0, access(EVENTS "/trace", R_OK));
	for_each_line(line, EVENTS "/trace") {
		if (!strstr(line, "vmremap_reject:"))
			continue;
		EXPECT_FALSE(found);
		EXPECT_NE(NULL, strstr(line, want)) TH_LOG("%s", line);
		found = true;
	}
	EXPECT_EQ(!!clause(variant->refuse), found);
	write_text(EVENTS "/events/vmremap/vmremap_reject/enable", "0");
}

/*
 * A range that @pgoff moves from one area over its guard page into the next. Its size fits the
 * first area, and each page of the range exists.
 */
TEST(foreign_reaches_into_neighbour)
{
	__u64 addr[VMREMAP_TEST_SLOTS];
	int fd = open(TEST_MMAP, O_RDWR | O_CLOEXEC), tried = 0;

	if (fd < 0 && errno == ENOENT)
		SKIP(return, "%s", why_no_device());
	ASSERT_LE(0, fd);
	for (int n = 0; n < VMREMAP_TEST_SLOTS; n++) {
		ASSERT_EQ(0, memory_alloc(fd, n, VMREMAP_TEST_VMALLOC_USER,
					  BYTES, 0));
		addr[n] = memory_info(fd, n, NULL);
	}

	for (int n = 0; n < VMREMAP_TEST_SLOTS; n++) {
		for (int next = 0; next < VMREMAP_TEST_SLOTS; next++) {
			struct vmremap_test_call call = {
				.function = RANGE, .slot = n,
				.kaddr = BYTES - PAGE_SIZE, .pgoff = 2,
			};

			if (addr[next] != addr[n] + BYTES + PAGE_SIZE)
				continue;
			tried++;
			EXPECT_EQ(EINVAL, errno_of(map_call(fd, &call, 1, RW, MAP_SHARED)));
		}
	}
	close(fd);
	if (!tried)
		SKIP(return, "no two areas are neighbours");
}

TEST_HARNESS_MAIN
