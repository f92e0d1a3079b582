# SPDX-License-Identifier: GPL-2.0
#
# What Kbuild needs out of tree. There is no Kconfig, so every part that is present is built as a module; a DKMS source has
# neither samples nor test modules. The kernel may be older and lack something.

CONFIG_VMREMAP := m
CONFIG_VMREMAP_TEST := $(if $(wildcard $(src)/selftests),m)
samples := $(if $(wildcard $(src)/samples),m)
CONFIG_VMREMAP_SAMPLE_C := $(samples)
CONFIG_VMREMAP_SAMPLE_EDU_C := $(and $(CONFIG_PCI),$(samples))
CONFIG_VMREMAP_SAMPLE_RING_C := $(samples)
# The Rust half needs the kernel crate of 7.3 or later, and its metadata.
ifeq ($(shell printf '7.3\n%s\n' $(KERNELVERSION) | sort -VC && echo yes),yes)
CONFIG_VMREMAP_RUST := $(and $(CONFIG_RUST),$(wildcard $(objtree)/rust/libkernel.rmeta),y)
endif
CONFIG_VMREMAP_SAMPLE_RUST := $(and $(CONFIG_VMREMAP_RUST),$(samples))
CONFIG_VMREMAP_SAMPLE_EDU_RUST := $(and $(CONFIG_PCI),$(CONFIG_VMREMAP_SAMPLE_RUST))
CONFIG_VMREMAP_SAMPLE_RING_RUST := $(CONFIG_VMREMAP_SAMPLE_RUST)

include $(src)/out-of-tree/compat/probe.mk
# If the kernel lacks vmf_insert_page_mkwrite(), its finish_fault() maps the pages of vmremap_range_partial(). Unless it compares
# i_size with the end of a large folio, it maps the whole folio, also the pages outside of the part. No header shows that.
ifneq ($(filter %_INSERT_PAGE_MKWRITE,$(vmremap-lacks)),)
ifneq ($(shell printf '6.12.107\n%s\n6.13\n' $(KERNELVERSION) | sort -VC && echo yes),yes)
$(error vmremap needs Linux 6.12.107 or a later 6.12, or 6.15 or later: this is $(KERNELVERSION))
endif
endif
subdir-ccflags-y := -include $(src)/out-of-tree/compat/vmremap_compat.h $(vmremap-lacks)
ifneq ($(filter %_MMAP_PREPARE,$(vmremap-lacks)),)
vmremap-y := $(filter-out c/mmap_prepare.o,$(vmremap-y))
endif
