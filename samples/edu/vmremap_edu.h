/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface between the edu sample drivers and programs.
 *
 * /dev/vmremap-edu-c and /dev/vmremap-edu-rust are drivers of QEMU's "edu", a PCI device
 * whose engine copies up to 4096 bytes at a time between memory and its own buffer.
 * Programs share this memory: map it at offset 0.
 *
 * The engine reaches only the addresses that fit into QEMU's dma_mask, which is 28 bits by default.
 * It drops the other bits of an address, so it would access memory of somebody else. No register
 * tells the mask, so pass the same one to QEMU and to the driver, which does not use the device if
 * this mask is too small for the machine's memory:
 *
 *	qemu -device edu,dma_mask=0xffffffff ...
 *	insmod vmremap_edu_c.ko dma_mask=0xffffffff
 *
 * While the engine runs, the device owns the memory: what a program writes to it meanwhile
 * may be lost. After the device is unplugged, an access raises SIGBUS, and each call fails
 * with ENODEV.
 */
#ifndef VMREMAP_EDU_H
#define VMREMAP_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Size of the memory in bytes: the largest segment that a PCI device takes by default. */
#define VMREMAP_EDU_BYTES	0x10000UL

/* The engine copies at most so many bytes, and never across a multiple of this number. */
#define VMREMAP_EDU_COPY_MAX	4096UL

/**
 * struct vmremap_edu_copy - argument of VMREMAP_EDU_START
 * @offset: the first byte in the memory
 * @bytes: number of bytes, from 1 to %VMREMAP_EDU_COPY_MAX
 * @from_device: 0 to copy to the start of the device's buffer, 1 to copy from there
 */
struct vmremap_edu_copy {
	__u32 offset;
	__u32 bytes;
	__u32 from_device;
};

/*
 * Start a copy. Fails with EINVAL if the arguments are invalid, and with EBUSY while the
 * engine runs. poll(2) reports POLLIN when the engine has stopped, and POLLHUP when the
 * device is gone.
 */
#define VMREMAP_EDU_START	_IOW('v', 0x70, struct vmremap_edu_copy)
/* Wait until the engine has stopped. */
#define VMREMAP_EDU_WAIT	_IO('v', 0x71)

/**
 * struct vmremap_edu_import - argument of VMREMAP_EDU_IMPORT
 * @fd: descriptor of a dma-buf
 * @copy: what to copy; the offset is that in the dma-buf
 */
struct vmremap_edu_import {
	__s32 fd;
	struct vmremap_edu_copy copy;
};

/*
 * Copy between a dma-buf and the device's buffer, and wait until the engine has stopped. Fails
 * with EBADF or EINVAL if @fd is no dma-buf; with EACCES if the device must not write to it;
 * with EOPNOTSUPP if the kernel has no dma-bufs; and as VMREMAP_EDU_START does.
 */
#define VMREMAP_EDU_IMPORT	_IOW('v', 0x72, struct vmremap_edu_import)

#endif /* VMREMAP_EDU_H */
