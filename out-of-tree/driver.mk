# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a driver that uses vmremap:
#
#	include /usr/share/vmremap/driver.mk
#
# It locates the header, the crate and the symbols of the vmremap that DKMS or 'make
# modules_install' has installed for the target kernel.

vmremap := $(dir $(lastword $(MAKEFILE_LIST)))
vmremap-built := $(firstword $(wildcard $(vmremap)../../lib/vmremap/$(KERNELRELEASE) \
				/var/lib/dkms/vmremap/kernel-$(KERNELRELEASE)-*/module))
ifeq ($(vmremap-built),)
$(error vmremap is not installed for Linux $(KERNELRELEASE): see 'dkms status vmremap')
endif

include $(vmremap)probe.mk
ccflags-y += -I$(vmremap)include $(vmremap-lacks)
rustflags-y += $(addprefix --extern vmremap=,$(wildcard $(vmremap-built)/libvmremap.rmeta))
KBUILD_EXTRA_SYMBOLS += $(vmremap-built)/Module.symvers
