# SPDX-License-Identifier: GPL-2.0
#
# Builds vmremap under DKMS, for KERNELRELEASE, whose headers are in KDIR, and by the compiler that built this kernel: with the
# crate if the kernel's metadata exists or can be made. If that fails, make.log has the reason, and only the C part is built.

rust := $(if $(shell command -v linux-rust-metadata),$(shell linux-rust-metadata $(KERNELRELEASE)))
tree := $(or $(rust),$(KDIR))

modules:
	tools=$$(out-of-tree/toolchain $(tree)) && $(MAKE) -C $(tree) M=$(CURDIR) $$tools modules
