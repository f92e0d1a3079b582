# SPDX-License-Identifier: GPL-2.0
#
# Builds a Rust module under DKMS, if its dkms.conf contains
#
#	MAKE[0]="make -f /usr/share/linux-rust-metadata/dkms.mk"

modules:
	tree=$$(linux-rust-metadata $(KERNELRELEASE)) && $(MAKE) -C "$$tree" M=$(CURDIR) modules
