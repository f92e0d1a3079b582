/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backports for our own modules only, because a driver may have the same ones. Included first in
 * each file that is built out of tree.
 */
#ifndef VMREMAP_INTERNAL_H
#define VMREMAP_INTERNAL_H

#include "vmremap_compat.h"

#ifdef VMREMAP_LACKS_MMAP_PREPARE
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#endif

#ifdef VMREMAP_LACKS_ANY_MM_GET_UNMAPPED_AREA
#define mm_get_unmapped_area(...)	current->mm->get_unmapped_area(__VA_ARGS__)
#elif defined(VMREMAP_LACKS_MM_GET_UNMAPPED_AREA)
#define mm_get_unmapped_area(...)	mm_get_unmapped_area(current->mm, __VA_ARGS__)
#endif

#ifdef VMREMAP_LACKS_VM_FLAGS_INIT
static inline void vm_flags_init(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags = flags;
}

static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	vma->vm_flags &= ~flags;
}
#endif

#ifdef VMREMAP_LACKS_LARGE_MAPCOUNT
/*
 * This kernel does not export its folio_mapcount(). In a folio of a file, an entry that maps the
 * whole folio is counted in each page as well.
 */
static inline int vmremap_folio_mapcount(struct folio *folio)
{
	long nr = folio_nr_pages(folio), entire = nr > 1 ? folio_entire_mapcount(folio) : 0, i;
	int count = entire - entire * nr;

	for (i = 0; i < nr; i++)
		count += atomic_read(&folio_page(folio, i)->_mapcount) + 1;
	return count;
}

#define folio_mapcount	vmremap_folio_mapcount
#endif

#ifdef VMREMAP_LACKS_INSERT_PAGE_MKWRITE
/*
 * vm_insert_page() makes the VMA a mixed map, which only mmap may do, and which keeps
 * PMDs out. So a fault lets the kernel map the page.
 */
static inline vm_fault_t vmf_insert_page_mkwrite(struct vm_fault *vmf, struct page *page,
						 bool write)
{
	bool mixed = vmf->vma->vm_flags & VM_MIXEDMAP, locked = false;
	vm_fault_t ret;

	/* While the VMA is being set up, there is no PMD yet. */
	if (vmf->pmd && !mixed) {
#ifdef VMREMAP_LACKS_SET_PTE_RANGE
		/* Unless there is a PTE table, this kernel maps the whole folio, by a PMD. */
		if (pmd_none(*vmf->pmd) &&
		    apply_to_page_range(vmf->vma->vm_mm, vmf->address, PAGE_SIZE, NULL, NULL))
			return VM_FAULT_OOM;
#endif
		get_page(page);
		vmf->page = page;
		return 0;
	}
#ifdef VMREMAP_LACKS_SET_PTE_RANGE
	/* Such a kernel demands that a large folio is locked, and CONFIG_DEBUG_VM checks it. */
	locked = folio_trylock(page_folio(page));
#endif
	ret = vmf_insert_page(vmf->vma, vmf->address, page);
	if (locked)
		folio_unlock(page_folio(page));
	if (!mixed)
		vm_flags_clear(vmf->vma, VM_MIXEDMAP);
	return ret;
}
#else
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

/*
 * If @write is true, it warns about an entry that is not none. Unless the kernel keeps
 * userfaultfd(2) out of such VMAs, as 7.2 does, it can leave a marker there at any time. Without
 * @write, the access faults again, and finds it. No header shows which kernels do that.
 */
static inline vm_fault_t vmremap_insert_page_mkwrite(struct vm_fault *vmf, struct page *page,
						     bool write)
{
	return vmf_insert_page_mkwrite(vmf, page, write && !userfaultfd_wp(vmf->vma));
}

#define vmf_insert_page_mkwrite	vmremap_insert_page_mkwrite
#endif

#ifdef VMREMAP_LACKS_INSERT_FOLIO_PMD
/* A folio that vm_file does not have is mapped page by page then. */
static inline vm_fault_t vmf_insert_folio_pmd(struct vm_fault *vmf, struct folio *folio, bool write)
{
	return vmf->vma->vm_file->f_mapping == folio->mapping ?
		filemap_map_pages(vmf, folio->index, folio->index + folio_nr_pages(folio) - 1) :
		VM_FAULT_FALLBACK;
}
#endif

#if defined(CONFIG_RISCV) && defined(CONFIG_64BIT)
#include <linux/pgtable.h>

/*
 * pmd_off() calls p4d_offset() and pud_offset(), which older kernels do not export on riscv. No
 * header shows that.
 */
static inline pmd_t *vmremap_pmd_off(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = pgtable_l5_enabled ? pgd_pgtable(pgdp_get(pgd)) + p4d_index(addr) :
					  (p4d_t *)pgd;
	pud_t *pud = pgtable_l4_enabled ? p4d_pgtable(p4dp_get(p4d)) + pud_index(addr) :
					  (pud_t *)p4d;

	return pmd_offset(pud, addr);
}

#define pmd_off	vmremap_pmd_off
#endif

/* Both are barriers that an area needs that is reused while lookups run under RCU. */
#ifdef VMREMAP_LACKS_REFCOUNT_ACQUIRE
#include <linux/refcount.h>
#define refcount_set_release(r, n)		atomic_set_release(&(r)->refs, n)
#define refcount_inc_not_zero_acquire(r) \
	({ bool _taken = refcount_inc_not_zero(r); smp_acquire__after_ctrl_dep(); _taken; })
#endif

#ifdef VMREMAP_LACKS_PMD_ORDER
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#endif

#ifdef VMREMAP_LACKS_PMDP_GET_LOCKLESS
#define pmdp_get(pmdp)		READ_ONCE(*(pmdp))
#define pmdp_get_lockless	pmdp_get
#endif

/* MAX_ORDER is one more than the largest order, and from Linux 6.4 on the largest itself. */
#ifdef VMREMAP_LACKS_MAX_PAGE_ORDER
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#endif

/* As mm/readahead.c has it, but no larger than the XArray can split, like later kernels. */
#ifdef VMREMAP_LACKS_MAX_PAGECACHE_ORDER
#define MAX_PAGECACHE_ORDER	(!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) ? 8 : \
				 PMD_ORDER < 2 * XA_CHUNK_SHIFT ? PMD_ORDER : 2 * XA_CHUNK_SHIFT - 1)
#endif

/* Such a kernel always tracks which pages are accessed. */
#ifdef VMREMAP_LACKS_NOREUSE
#define FMODE_NOREUSE	((__force fmode_t)0)
#endif

/* In such a kernel, every fault that calls .fault holds the mmap lock. */
#ifdef VMREMAP_LACKS_RELEASE_FAULT_LOCK
#define release_fault_lock(vmf)	mmap_read_unlock((vmf)->vma->vm_mm)
#endif

#ifdef VMREMAP_LACKS_ANON_INODE_CREATE_GETFILE
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

/*
 * Before Linux 6.6, only a kernel thread may call __fput_sync(), so for any other task a worker
 * does. No header shows that. A worker must not wait for one of another queue: its own may have
 * WQ_MEM_RECLAIM.
 */
static inline long vmremap_fput_sync(void *file)
{
	__fput_sync(file);
	return 0;
}

#define __fput_sync(file)	(current->flags & PF_KTHREAD ? vmremap_fput_sync(file) : \
				 work_on_cpu(raw_smp_processor_id(), vmremap_fput_sync, file))

/*
 * All anonymous inodes are in one file system, which is never unmounted. Any file of such an inode
 * leads there.
 */
static inline struct vfsmount *vmremap_anon_mount(void)
{
	static const struct file_operations no_fops;
	static struct vfsmount *mount;
	struct file *any;

	if (READ_ONCE(mount))
		return mount;
	any = anon_inode_getfile("[vmremap]", &no_fops, NULL, O_RDWR);
	if (IS_ERR(any))
		return ERR_CAST(any);
	WRITE_ONCE(mount, any->f_path.mnt);
	/* Not fput(), which reads f_op later, when this module may be gone. */
	__fput_sync(any);
	return mount;
}

/* No security module is asked, because modules cannot call the hook for a new inode. */
static inline struct file *
anon_inode_create_getfile(const char *name, const struct file_operations *fops, void *priv,
			  int flags, const struct inode *context_inode)
{
	struct vfsmount *mount = vmremap_anon_mount();
	struct inode *inode;
	struct file *file;

	if (IS_ERR(mount))
		return ERR_CAST(mount);
	inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	file = alloc_file_pseudo(inode, mount, name, flags, fops);
	if (IS_ERR(file)) {
		iput(inode);
		return file;
	}
	/* The file drops it. It cannot fail, because the caller is code of the module. */
	__module_get(fops->owner);
	file->private_data = priv;
	return file;
}
#endif

#ifdef VMREMAP_LACKS_COND_GUARD
#include <linux/cleanup.h>
#include <linux/mutex.h>

DEFINE_CLASS(mutex_intr, struct mutex *, if (_T) mutex_unlock(_T),
	     mutex_lock_interruptible(lock) ? NULL : lock, struct mutex *lock);

#define scoped_cond_guard(_name, _fail, args...)			\
	for (CLASS(_name, scope)(args), *done = NULL; !done; done = (void *)1) \
		if (!scope) _fail; else
#endif

#ifdef VMREMAP_LACKS_FREE_KVFREE
#include <linux/cleanup.h>
#include <linux/slab.h>

DEFINE_FREE(kvfree, void *, if (_T) kvfree(_T));
#endif

#ifdef VMREMAP_LACKS_LIST_COUNT_NODES
#include <linux/list.h>

static inline size_t list_count_nodes(struct list_head *head)
{
	struct list_head *node;
	size_t count = 0;

	list_for_each(node, head)
		count++;
	return count;
}
#endif

#ifdef VMREMAP_LACKS_SG_SET_FOLIO
#include <linux/scatterlist.h>

static inline void sg_set_folio(struct scatterlist *sg, struct folio *folio, size_t len,
				size_t offset)
{
	sg_set_page(sg, folio_page(folio, 0), len, offset);
}
#endif

#ifdef VMREMAP_LACKS_INVALIDATE_MAPPINGS
#define dma_buf_invalidate_mappings(dmabuf)	dma_buf_move_notify(dmabuf)
#endif

/*
 * If importing drivers map a dma-buf without its reservation lock, nothing protects the list of its
 * mappings.
 */
#ifdef VMREMAP_LACKS_DMA_BUF_LOCKING
#include <linux/dma-buf.h>
#define dma_buf_export(info)	((void)(info), (struct dma_buf *)ERR_PTR(-EOPNOTSUPP))
#endif

#ifdef VMREMAP_LACKS_UNROLLED_COUNT
#define unrolled_count(n)
#endif

#endif /* VMREMAP_INTERNAL_H */
