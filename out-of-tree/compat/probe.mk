# SPDX-License-Identifier: GPL-2.0
#
# Probe the kernel's headers for what they lack and vmremap_compat.h provides. Not used in a kernel tree, which is the newest.
# The probes never look at the version, because stable releases backport features; 'introduced' lists the releases.

lacks = $(if $(shell grep -w '$(2)' $(srctree)/include/linux/$(1).h),,-DVMREMAP_LACKS_$(3))

vmremap-lacks := \
	$(call lacks,mm,[*]mapped,MMAP_PREPARE) \
	$(call lacks,mm,vmf_insert_page_mkwrite,INSERT_PAGE_MKWRITE) \
	$(call lacks,huge_mm,vmf_insert_folio_pmd,INSERT_FOLIO_PMD) \
	$(call lacks,dma-buf,dma_buf_invalidate_mappings,INVALIDATE_MAPPINGS) \
	$(call lacks,hrtimer,hrtimer_setup,HRTIMER_SETUP) \
	$(call lacks,slab,define kzalloc_obj,KZALLOC_OBJ) \
	$(call lacks,refcount,refcount_inc_not_zero_acquire,REFCOUNT_ACQUIRE) \
	$(call lacks,sched/mm,mm_get_unmapped_area.struct file,MM_GET_UNMAPPED_AREA) \
	$(call lacks,unroll,unrolled_count,UNROLLED_COUNT)
