# SPDX-License-Identifier: GPL-2.0
#
# Stop with an error if vmremap cannot be built for this kernel; if only the Rust half cannot, vmremap-no-rust is the reason.
# Needs what probe.mk sets, and the variables of the kernel's build: its configuration, objtree, KERNELVERSION and RUSTC.

since = $(filter yes,$(shell printf '%s\n' $(1) $(KERNELVERSION) $(2) | sort -VC && echo yes))

# If the kernel lacks vmf_insert_page_mkwrite(), its finish_fault() maps the pages of vmremap_range_partial(). Unless it compares
# i_size with the end of a large folio, it maps the whole folio, also the pages outside of the part. No header shows that.
# Linux 6.1 maps a page or, by a PMD, the whole folio, which internal.h prevents. No series in between is tested.
ifneq ($(filter %_INSERT_PAGE_MKWRITE,$(vmremap-lacks)),)
ifeq ($(call since,6.1.176,6.2)$(call since,6.12.107,6.13),)
$(error vmremap needs Linux 6.1.176 or a later 6.1, 6.12.107 or a later 6.12, or 6.15 or later: this is $(KERNELVERSION))
endif
endif
ifeq ($(CONFIG_MMU),)
$(error vmremap needs a kernel with an MMU (CONFIG_MMU))
endif

rustc := $(shell $(RUSTC) --version 2>/dev/null)
# Only the compiler that made the metadata of the kernel's crates can read it.
ifeq ($(call since,7.3),)
vmremap-no-rust := this is no Linux 7.3 or later
else ifeq ($(CONFIG_RUST),)
vmremap-no-rust := the kernel was built without Rust
else ifeq ($(wildcard $(objtree)/rust/libkernel.rmeta),)
vmremap-no-rust := the headers lack the metadata of the crate kernel
else ifneq ($(rustc),$(CONFIG_RUSTC_VERSION_TEXT))
vmremap-no-rust := the kernel was built with $(CONFIG_RUSTC_VERSION_TEXT), this is $(or $(rustc),no rustc)
endif
