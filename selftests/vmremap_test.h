/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between vmremap_test.ko and the test programs.
 *
 * The module has three devices: /dev/vmremap-test with an .mmap callback,
 * /dev/vmremap-test-prepare with an .mmap_prepare callback, and
 * /dev/vmremap-test-nested, whose .mmap calls the latter's .mmap_prepare. Each open file has
 * slots that hold memory, and a plan: the functions that the callback calls at the next mmap(2),
 * with arguments that the program chooses.
 */
#ifndef VMREMAP_TEST_H
#define VMREMAP_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Flags of an area, as in c/vmremap.h. The module includes both headers, so that the compiler
 * warns if they differ.
 */
#define VMREMAP_RDONLY		0x1U
#define VMREMAP_DONTCOPY	0x2U
#define VMREMAP_ACCOUNT		0x4U
#define VMREMAP_POPULATE	0x8U
#define VMREMAP_REVOCABLE	0x10U
#define VMREMAP_DMA32		0x20U

#define VMREMAP_TEST_SLOTS	16
#define VMREMAP_TEST_CALLS	8

/* Kinds of memory. */
enum {
	VMREMAP_TEST_AREA,		/* vmremap_area_alloc() */
	VMREMAP_TEST_AREA_NULL,		/* a NULL area, and the address NULL */
	VMREMAP_TEST_AREA_ERROR,	/* an ERR_PTR() as area and as address */
	VMREMAP_TEST_VMALLOC_USER,	/* vmalloc_user() */
	VMREMAP_TEST_VMALLOC,		/* vzalloc(): not for userspace */
	VMREMAP_TEST_VMALLOC_FREED,	/* vmalloc_user(), freed again */
	VMREMAP_TEST_VMALLOC_NEVER,	/* the middle of vmalloc space */
	VMREMAP_TEST_VMAP,		/* vmap() of pages, not for userspace */
	VMREMAP_TEST_KMALLOC,
	VMREMAP_TEST_STACK,		/* of the kernel, of this task */
	VMREMAP_TEST_TEXT,		/* of the module */
	VMREMAP_TEST_IOREMAP,
	VMREMAP_TEST_USER,		/* an address in this program */
	VMREMAP_TEST_BY_ADDRESS,	/* vmremap_alloc() */
	VMREMAP_TEST_KINDS
};

/**
 * struct vmremap_test_memory - argument of VMREMAP_TEST_ALLOC and _INFO
 * @slot: an empty slot to fill, or the slot to return information about
 * @kind: VMREMAP_TEST_AREA or another kind of memory
 * @flags: flags of the area
 * @reserved: 0
 * @size: bytes
 * @addr: out: kernel address
 */
struct vmremap_test_memory {
	__u32 slot;
	__u32 kind;
	__u32 flags;
	__u32 reserved;
	__u64 size;
	__u64 addr;
};

/* The functions that a plan can call. */
enum {
	/* vmremap_area_mmap(); on the other devices, vmremap_area_mmap_prepare() */
	VMREMAP_TEST_AREA_MMAP,
	VMREMAP_TEST_RANGE,		/* vmremap_range() */
	VMREMAP_TEST_RANGE_PARTIAL,	/* vmremap_range_partial() */
	VMREMAP_TEST_STOCK_RANGE,	/* remap_vmalloc_range() */
};

/* @uaddr is an address; without this flag, it is an offset into the VMA. */
#define VMREMAP_TEST_ABSOLUTE	0x1U
/* Make the VMA a pfn map before the call. */
#define VMREMAP_TEST_PFNMAP	0x2U
/* Put the slot's area after the call. */
#define VMREMAP_TEST_PUT	0x4U
/* Pass NULL for the VMA. */
#define VMREMAP_TEST_NO_VMA	0x8U
/* Make the VMA a mixed map after the call. */
#define VMREMAP_TEST_MIXEDMAP	0x10U
/* Set vm_ops before the call that count the VMA, and count it if the call succeeds. */
#define VMREMAP_TEST_COUNT	0x20U
/* Set vm_ops before the call that have .access, too. */
#define VMREMAP_TEST_ACCESS	0x40U

/**
 * struct vmremap_test_call - one call in a plan
 * @function: VMREMAP_TEST_AREA_MMAP or another function
 * @slot: slot with the memory to map
 * @flags: bitwise or of VMREMAP_TEST_ABSOLUTE and the other flags above
 * @result: out: what the function returned
 * @kaddr: added to the memory's address
 * @pgoff: the function's @pgoff
 * @uaddr: the function's @uaddr
 * @size: the function's @size
 */
struct vmremap_test_call {
	__u32 function;
	__u32 slot;
	__u32 flags;
	__s32 result;
	__u64 kaddr;
	__u64 pgoff;
	__u64 uaddr;
	__u64 size;
};

/**
 * struct vmremap_test_plan - argument of VMREMAP_TEST_SET_PLAN and _GET_PLAN
 * @count: number of calls; the first one that fails ends the plan, and mmap(2) fails
 * @go_on: if not 0, make all calls, and let mmap(2) succeed
 * @calls: the calls, in order
 */
struct vmremap_test_plan {
	__u32 count;
	__u32 go_on;
	struct vmremap_test_call calls[VMREMAP_TEST_CALLS];
};

/**
 * struct vmremap_test_access - argument of VMREMAP_TEST_PEEK and _POKE
 * @slot: memory to access
 * @count: number of pages, of which the first 8 bytes are accessed
 * @offset: offset in bytes of the first page in the memory
 * @value: the number in the first page; each later page holds one more
 */
struct vmremap_test_access {
	__u32 slot;
	__u32 count;
	__u64 offset;
	__u64 value;
};

/**
 * struct vmremap_test_counts - argument of VMREMAP_TEST_COUNTS
 * @opened: VMAs that VMREMAP_TEST_COUNT has counted
 * @closed: those of them that are gone
 * @synced: calls of .fsync, which the device TEST_SYNC has
 * @reserved: 0
 * @start: first byte of the last of them, counted in the file of the device
 * @end: last byte of it
 */
struct vmremap_test_counts {
	__u32 opened;
	__u32 closed;
	__u32 synced;
	__u32 reserved;
	__u64 start;
	__u64 end;
};

/* Fill a slot. Fails with the errno of the allocation. */
#define VMREMAP_TEST_ALLOC	_IOWR('v', 0x70, struct vmremap_test_memory)
/* Size and address of a slot's memory, for an area from vmremap's own functions. */
#define VMREMAP_TEST_INFO	_IOWR('v', 0x71, struct vmremap_test_memory)
/* Empty a slot: the argument is its number. */
#define VMREMAP_TEST_FREE	_IO('v', 0x72)
/* Take another reference on a slot's area: the argument is its number. */
#define VMREMAP_TEST_GET	_IO('v', 0x73)
/* Drop that reference. */
#define VMREMAP_TEST_PUT_AREA	_IO('v', 0x74)
#define VMREMAP_TEST_SET_PLAN	_IOW('v', 0x75, struct vmremap_test_plan)
#define VMREMAP_TEST_GET_PLAN	_IOR('v', 0x76, struct vmremap_test_plan)
/* Compare memory in the kernel with the expected numbers; EILSEQ if it differs. */
#define VMREMAP_TEST_PEEK	_IOW('v', 0x77, struct vmremap_test_access)
/* Write the numbers to memory in the kernel. */
#define VMREMAP_TEST_POKE	_IOW('v', 0x78, struct vmremap_test_access)
/* Fragment free memory: keep one page of each 2^argument, until close(2). */
#define VMREMAP_TEST_FRAGMENT	_IO('v', 0x79)
/* Returns the references on a slot's memory: for each page those of its folio. */
#define VMREMAP_TEST_REFERENCES	_IO('v', 0x7a)
/* Revoke, freeze or thaw a slot's area: the argument is its number. */
#define VMREMAP_TEST_REVOKE	_IO('v', 0x7b)
#define VMREMAP_TEST_FREEZE	_IO('v', 0x7c)
#define VMREMAP_TEST_THAW	_IO('v', 0x7d)
/* Take a reference on a slot's area, and drop it when others may have emptied the slot. */
#define VMREMAP_TEST_GET_AND_PUT	_IO('v', 0x7e)
#define VMREMAP_TEST_COUNTS	_IOR('v', 0x7f, struct vmremap_test_counts)
/* Returns whether a slot's area is mapped. */
#define VMREMAP_TEST_IS_MAPPED	_IO('v', 0x80)
/* Call a slot's area "test". */
#define VMREMAP_TEST_NAME	_IO('v', 0x81)

/*
 * The interface of vmremap_test_dma_buf.ko, which has the device /dev/vmremap-test-dma-buf. An open
 * file has one area, to which VMREMAP_TEST_ALLOC, _PUT_AREA, _REVOKE, _FREEZE and _THAW refer, too,
 * and one import.
 */

/**
 * struct vmremap_test_dma_buf_access - argument of VMREMAP_TEST_DMA_BUF_ACCESS
 * @offset: offset of a 64-bit word in the memory
 * @value: in: the word to write; out: the word that was written or read
 * @write: 1 to write
 * @device: 1 to access at the address that the import's device has, 0 at that of its vmap
 */
struct vmremap_test_dma_buf_access {
	__u64 offset;
	__u64 value;
	__u32 write;
	__u32 device;
};

/* Export the area: the argument is the flags. Returns the descriptor. */
#define VMREMAP_TEST_DMA_BUF_EXPORT		_IO('v', 0x90)
/* Attach a device to a dma-buf: the argument is its descriptor. */
#define VMREMAP_TEST_DMA_BUF_ATTACH		_IO('v', 0x91)
/* The same, as an importer that unmaps if it is told to. */
#define VMREMAP_TEST_DMA_BUF_ATTACH_DYNAMIC	_IO('v', 0x92)
#define VMREMAP_TEST_DMA_BUF_DETACH		_IO('v', 0x93)
/*
 * Map: the argument is 0 for both directions, 1 to the device, 2 from it. Returns the entries.
 * Fails with EXDEV if an entry is longer than the device accepts, or crosses its boundary.
 */
#define VMREMAP_TEST_DMA_BUF_MAP		_IO('v', 0x94)
#define VMREMAP_TEST_DMA_BUF_UNMAP		_IO('v', 0x95)
#define VMREMAP_TEST_DMA_BUF_VMAP		_IO('v', 0x96)
#define VMREMAP_TEST_DMA_BUF_VUNMAP		_IO('v', 0x97)
/* Returns how often the import was told to unmap. */
#define VMREMAP_TEST_DMA_BUF_INVALIDATED	_IO('v', 0x98)
#define VMREMAP_TEST_DMA_BUF_ACCESS		_IOWR('v', 0x99, struct vmremap_test_dma_buf_access)
/* The longest entry that the device accepts: the argument is its size in bytes. */
#define VMREMAP_TEST_DMA_BUF_SEGMENT		_IO('v', 0x9a)
/* Attach, map, unmap and detach: the argument is a descriptor. */
#define VMREMAP_TEST_DMA_BUF_IMPORT		_IO('v', 0x9b)
/* When this file is closed, the device maps the dma-buf. */
#define VMREMAP_TEST_DMA_BUF_MAP_ON_RELEASE	_IO('v', 0x9c)
/* Map for both directions, in a kernel thread. */
#define VMREMAP_TEST_DMA_BUF_MAP_IN_KTHREAD	_IO('v', 0x9f)
/* The boundary that no entry may cross: the argument is a mask, or 0 for none. */
#define VMREMAP_TEST_DMA_BUF_BOUNDARY		_IO('v', 0x9d)
/* Returns how often the vm_ops were called that the driver sets before it passes an mmap on. */
#define VMREMAP_TEST_DMA_BUF_CALLED		_IO('v', 0x9e)

#endif /* VMREMAP_TEST_H */
