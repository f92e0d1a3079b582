/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmremap_dma_buf - pass an area on as a dma-buf.
 *
 * This is a module of its own, so that only drivers that use it depend on it.
 */
#ifndef VMREMAP_DMA_BUF_H
#define VMREMAP_DMA_BUF_H

struct dma_buf;
struct vmremap_area;

/**
 * vmremap_area_dma_buf - export an area as a dma-buf
 * @area: an area on which the caller has a reference
 * @flags: O_RDWR or O_RDONLY; O_CLOEXEC is ignored, so that the driver can pass the same flags to
 *	dma_buf_fd()
 *
 * The dma-buf has a reference on @area of its own, so it outlives the driver's reference, and the
 * driver itself. Its size is that of @area, rounded up to whole pages. Exporting an area twice
 * makes two dma-bufs, which do not know of each other's devices.
 *
 * What a program may do with the dma-buf:
 *
 * * mmap(2) maps it as vmremap_area_mmap() maps @area, with the flags of @area. If @flags is
 *   O_RDONLY, the mapping is read-only, also if it was made through an importing driver.
 * * An importing driver lets a device read the memory. Only if @flags is O_RDWR, it can let a
 *   device write to the memory, too, or call dma_buf_vmap(), which does not say whether the
 *   driver will write. Otherwise dma_buf_map_attachment() fails with %-EACCES unless its
 *   direction is %DMA_TO_DEVICE, and dma_buf_vmap() fails with %-EINVAL.
 *
 * %VMREMAP_RDONLY restricts only the mappings of programs. If a program must not change the
 * memory through a device either, such as a video capture device, pass O_RDONLY, too.
 *
 * While a device has @area mapped, or a driver has called dma_buf_vmap(), vmremap_area_freeze()
 * fails with %-EBUSY. While @area is frozen, dma_buf_map_attachment() and dma_buf_vmap() wait for
 * vmremap_area_thaw(), and hold the dma-buf's reservation lock meanwhile. So between freezing and
 * thawing, call no function of dma-buf for @area. And thaw it soon, because each task that takes
 * this lock waits, too, and cannot be killed meanwhile: poll(2) on the dma-buf, for instance. The
 * kernel cannot freeze such a task either, so that a suspend of the system fails.
 * dma_buf_attach() waits for thaw without the lock. It and dma_buf_map_attachment() fail with
 * %-EINTR if the task is killed. Where no signal could end the wait, they wait only until
 * vmremap_area_freeze() returns, and fail if it has succeeded: in a kernel thread, and in a task
 * that exits, if a driver's .release imports.
 *
 * vmremap_area_revoke() tells importing drivers by dma_buf_invalidate_mappings() to unmap @area,
 * but does not wait until they have: like a page that is pinned, the memory stays accessible to a
 * device until then. Afterwards dma_buf_map_attachment() fails with %-ENODEV, and dma_buf_vmap()
 * maps a single zeroed page at each place, because the kernel warns if it fails. It does so, too,
 * if a wait for thaw ends with %-EINTR as above. But as long as one driver has a
 * dma-buf mapped by dma_buf_vmap(), the kernel gives each further caller the same mapping: that of
 * @area also after a revoke, and the zeroed page also if @area was thawed meanwhile.
 *
 * Hold no reservation lock of a dma-buf of @area when you call this function or
 * vmremap_area_revoke(). On Linux 6.12, an importer with importer_ops has mapped @area when it
 * attached: dma_buf_map_attachment() then returns that mapping, also after a revoke.
 *
 * No entry of a device's scatterlist is larger than dma_get_max_seg_size(),
 * dma_max_mapping_size() or a folio, or crosses a multiple of dma_get_seg_boundary() + 1. So the
 * importing driver should call dma_set_max_seg_size() first, because the default is 64 KiB. Unless
 * the limit is a power of two, entries are shorter: they end at the power of two below it. If one
 * of the three limits allows less than PAGE_SIZE, dma_buf_map_attachment() fails with %-EINVAL.
 *
 * Contract: requires ReferenceHeld, DeviceTurn; guarantees AreaOutlives, RightPage, AnyThread.
 * Context: Process context. May sleep.
 * Return:
 * * the dma-buf, with one reference, which the caller owns: pass it to dma_buf_fd(), or drop it by
 *   dma_buf_put()
 * * %-EFAULT as an ERR_PTR(), like all that follow - @area is NULL or an ERR_PTR()
 * * %-EINVAL - @flags has another bit, such as O_WRONLY
 * * %-ENODEV - @area is revoked
 * * %-EOPNOTSUPP - Linux 6.1, where importing drivers map without the reservation lock
 * * %-ENOMEM - not enough memory
 * * %-ENFILE - the system limit of open files (fs.file-max) was reached
 */
struct dma_buf *vmremap_area_dma_buf(struct vmremap_area *area, unsigned int flags) __must_check;

#endif /* VMREMAP_DMA_BUF_H */
