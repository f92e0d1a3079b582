# SPDX-License-Identifier: GPL-2.0
#
# Builds vmremap for KERNELRELEASE under DKMS: with the crate if the kernel's metadata exists or can be made. If
# that fails, make.log has the reason, and only the C part is built.

headers := /lib/modules/$(KERNELRELEASE)/build
rust := $(if $(shell command -v linux-rust-metadata),$(shell linux-rust-metadata $(KERNELRELEASE)))

modules:
	$(MAKE) -C $(or $(rust),$(headers)) M=$(CURDIR) modules
