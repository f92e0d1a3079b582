/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the edu sample devices and programs agree on.
 *
 * /dev/vmremap-edu-c and /dev/vmremap-edu-rust are drivers of QEMU's "edu", a PCI
 * function whose engine copies up to 4096 bytes at a time between memory and a buffer
 * of its own. The driver's memory is a program's, too: map it at offset 0.
 *
 * While the engine runs, that memory is the device's: what a program writes to it
 * meanwhile may be lost. When the device is unplugged, a touch raises SIGBUS, and each
 * call fails with ENODEV.
 */
#ifndef VMREMAP_EDU_H
#define VMREMAP_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Size of the memory, in bytes: no more than PCI functions take in one segment by default. */
#define VMREMAP_EDU_BYTES	0x10000UL

/* What the engine copies at most, and never across a multiple of it. */
#define VMREMAP_EDU_COPY_MAX	4096UL

/**
 * struct vmremap_edu_copy - argument of VMREMAP_EDU_START
 * @offset: the first byte of the memory
 * @bytes: how many, from 1 to %VMREMAP_EDU_COPY_MAX
 * @from_device: 0 to copy them to the start of the device's buffer, 1 to copy that here
 */
struct vmremap_edu_copy {
	__u32 offset;
	__u32 bytes;
	__u32 from_device;
};

/*
 * Start the engine. Fails with EINVAL where that cannot be copied, and with EBUSY while
 * the engine runs. poll(2) says POLLIN when it has stopped, and POLLHUP when the device
 * is gone.
 */
#define VMREMAP_EDU_START	_IOW('v', 0x70, struct vmremap_edu_copy)
/* Wait until the engine has stopped. */
#define VMREMAP_EDU_WAIT	_IO('v', 0x71)

#endif /* VMREMAP_EDU_H */
