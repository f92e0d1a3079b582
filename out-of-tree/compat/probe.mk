# SPDX-License-Identifier: GPL-2.0
#
# Probe the kernel's headers for what they lack and vmremap_compat.h or internal.h provides. Not used in a kernel tree, which is
# the newest. The probes never look at the version, because stable releases backport features; 'introduced' lists the releases.

lacks = $(if $(shell grep -sw '$(2)' $(srctree)/include/linux/$(1).h),,-DVMREMAP_LACKS_$(3))

vmremap-lacks := \
	$(call lacks,mm,[*]mapped,MMAP_PREPARE) \
	$(call lacks,mm,vmf_insert_page_mkwrite,INSERT_PAGE_MKWRITE) \
	$(call lacks,huge_mm,vmf_insert_folio_pmd,INSERT_FOLIO_PMD) \
	$(call lacks,dma-buf,dma_buf_invalidate_mappings,INVALIDATE_MAPPINGS) \
	$(call lacks,hrtimer,hrtimer_setup,HRTIMER_SETUP) \
	$(call lacks,slab,define kzalloc_obj,KZALLOC_OBJ) \
	$(call lacks,refcount,refcount_inc_not_zero_acquire,REFCOUNT_ACQUIRE) \
	$(call lacks,sched/mm,mm_get_unmapped_area.struct file,MM_GET_UNMAPPED_AREA) \
	$(call lacks,unroll,unrolled_count,UNROLLED_COUNT) \
	$(call lacks,anon_inodes,anon_inode_create_getfile,ANON_INODE_CREATE_GETFILE) \
	$(call lacks,../trace/stages/stage6_event_callback,define __assign_str(dst),ASSIGN_STR) \
	$(call lacks,dma-buf,dma_buf_vmap_unlocked,DMA_BUF_LOCKING) \
	$(call lacks,cleanup,scoped_cond_guard,COND_GUARD) \
	$(call lacks,slab,DEFINE_FREE.kvfree,FREE_KVFREE) \
	$(call lacks,list,list_count_nodes,LIST_COUNT_NODES) \
	$(call lacks,mm_types,_large_mapcount,LARGE_MAPCOUNT) \
	$(call lacks,mmzone,MAX_PAGE_ORDER,MAX_PAGE_ORDER) \
	$(call lacks,pagemap,MAX_PAGECACHE_ORDER,MAX_PAGECACHE_ORDER) \
	$(call lacks,mmzone,mf_stats,MF_STATS) \
	$(call lacks,fs,FMODE_NOREUSE,NOREUSE) \
	$(call lacks,pgtable,PMD_ORDER,PMD_ORDER) \
	$(call lacks,pgtable,pmdp_get_lockless,PMDP_GET_LOCKLESS) \
	$(call lacks,mm,release_fault_lock,RELEASE_FAULT_LOCK) \
	$(call lacks,mm,set_pte_range,SET_PTE_RANGE) \
	$(call lacks,scatterlist,sg_set_folio,SG_SET_FOLIO) \
	$(call lacks,mm,vm_flags_init,VM_FLAGS_INIT) \
	$(call lacks,sched/mm,mm_get_unmapped_area,ANY_MM_GET_UNMAPPED_AREA)
