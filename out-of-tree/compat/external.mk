# SPDX-License-Identifier: GPL-2.0
#
# What Kbuild needs out of tree. There is no Kconfig, so every part that is present is built as a module; a DKMS source has
# neither samples nor test modules. The kernel may be older and lack something.

include $(src)/out-of-tree/compat/probe.mk
include $(src)/out-of-tree/compat/supported.mk

CONFIG_VMREMAP := m
# Exported, because the test modules ask for it.
export CONFIG_VMREMAP_DMA_BUF := $(if $(CONFIG_DMA_SHARED_BUFFER),m)
# Without debugfs it can be built, but not loaded.
CONFIG_VMREMAP_DEBUGFS := m
CONFIG_VMREMAP_RUST := $(if $(vmremap-no-rust),,y)
CONFIG_VMREMAP_TEST := $(if $(wildcard $(src)/selftests),m)
samples := $(if $(wildcard $(src)/samples),m)
CONFIG_VMREMAP_SAMPLE_C := $(samples)
CONFIG_VMREMAP_SAMPLE_EDU_C := $(and $(CONFIG_PCI),$(samples))
CONFIG_VMREMAP_SAMPLE_RING_C := $(samples)
CONFIG_VMREMAP_SAMPLE_RUST := $(and $(CONFIG_VMREMAP_RUST),$(samples))
CONFIG_VMREMAP_SAMPLE_EDU_RUST := $(and $(CONFIG_PCI),$(CONFIG_DMA_SHARED_BUFFER),$(CONFIG_VMREMAP_SAMPLE_RUST))
CONFIG_VMREMAP_SAMPLE_RING_RUST := $(CONFIG_VMREMAP_SAMPLE_RUST)

subdir-ccflags-y := -include $(src)/out-of-tree/compat/internal.h $(vmremap-lacks) -idirafter $(src)/out-of-tree/compat/include
ifneq ($(filter %_ASSIGN_STR,$(vmremap-lacks)),)
# In place of c/trace.h, but only when the kernel's headers include it.
ccflags-y := -iquote $(src)/out-of-tree/compat/assign_str
endif
ifneq ($(filter %_MF_STATS,$(vmremap-lacks)),)
CFLAGS_c/cache.o := -include $(src)/out-of-tree/compat/mf_stats.h
endif
ifneq ($(filter %_MMAP_PREPARE,$(vmremap-lacks)),)
vmremap-y := $(filter-out c/mmap_prepare.o,$(vmremap-y))
endif
