# SPDX-License-Identifier: GPL-2.0
#
# How DKMS builds a module with Rust, where its dkms.conf says
#
#	MAKE[0]="make -f /usr/share/linux-rust-metadata/dkms.mk"

modules:
	tree=$$(linux-rust-metadata $(KERNELRELEASE)) && $(MAKE) -C "$$tree" M=$(CURDIR) modules
