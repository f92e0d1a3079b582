# SPDX-License-Identifier: GPL-2.0
#
# How DKMS builds vmremap for KERNELRELEASE: with its crate where the kernel's metadata
# is there or can be made, without it where that fails, and says why in make.log.

headers := /lib/modules/$(KERNELRELEASE)/build
rust := $(if $(shell command -v linux-rust-metadata),$(shell linux-rust-metadata $(KERNELRELEASE)))

modules:
	$(MAKE) -C $(or $(rust),$(headers)) M=$(CURDIR) modules
