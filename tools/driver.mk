# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a driver that uses vmremap:
#
#	include /usr/share/vmremap/driver.mk
#
# To C it gives vmremap.h, to Rust the crate vmremap, and the symbols of the vmremap
# that is installed, by DKMS or by 'make modules_install', for the kernel built for.

vmremap := $(dir $(lastword $(MAKEFILE_LIST)))
vmremap-built := $(firstword $(wildcard $(vmremap)../../lib/vmremap/$(KERNELRELEASE) \
				/var/lib/dkms/vmremap/kernel-$(KERNELRELEASE)-*/module))
ifeq ($(vmremap-built),)
$(error no vmremap is installed for Linux $(KERNELRELEASE): see 'dkms status vmremap')
endif

ccflags-y += -I$(vmremap)include
rustflags-y += $(addprefix --extern vmremap=,$(wildcard $(vmremap-built)/libvmremap.rmeta))
KBUILD_EXTRA_SYMBOLS += $(vmremap-built)/Module.symvers
