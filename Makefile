# SPDX-License-Identifier: GPL-2.0

# User-facing targets; 'make help' lists them. The kernel's build system reads Kbuild instead.

define usage
Build
  make                 build vmremap.ko for the running kernel
  make KDIR=DIR        ... for the kernel whose headers are in DIR
  make modules         build modules and test programs for Debian's kernel,
                       which is downloaded; with KDIR=DIR, nothing is
  make docs            build the documentation: build/docs/index.html

Try
  make demo            boot a VM in which a C and a Rust driver share memory
                       with a program
  make new-driver NAME=foo TEMPLATE=c|rust DIR=DIR
                       write a small driver to start from, with its test

Test
  make check           run what needs no VM: checkers, ABI (minutes)
  make test            also run what a user's kernel does: KUnit, proofs, and
                       the selftests on the stock kernel (15 minutes)
  make test-all        also run the debug kernel, the other kernels, ported
                       drivers and the kernel tree (an hour)
  make test PHASES="lint kunit"
                       run only these phases of tools/test-phases
  make test-all PHASES=named
                       run those phases that run only by name
  make test PHASES=churn SOAK=600
                       run the stress test for 600 seconds
  make test-kernels    run demo and selftests on every supported kernel
  make test-all TIMES=1
                       also print where the time of each phase went
  make lint            run the static checkers only (checkpatch, sparse, ...)
  make bench           measure instruction counts against remap_vmalloc_range()
                       and the alternatives

Verify
  make review          check the code against the contract: build/review/
                       BASE=REV prints what changed since REV
  make proofs          prove the argument checks and the policy; search the
                       model of revoke and freeze
  make mutants         mutation testing: change the code one place at a time
                       and report which test catches it

Package
  make modules_install
                       install vmremap.ko for the running kernel, or for KDIR
  make install         install the header, driver.mk and the documentation
  make uninstall       remove what both have installed
  make dist            write a source tarball, an RPM spec and a PKGBUILD
                       to build/dist/; needs no git in an unpacked tarball
  make deb             build Debian packages in build/deb/
  make series          write the patches for a kernel tree to build/series/
                       (kernel bug fixes: build/series/kernel/)
  make in-tree KSRC=DIR, make in-tree-remove KSRC=DIR
                       add vmremap to a kernel source tree, or remove it
  make clean           remove build/
  make cache           list what is in the cache, with sizes and users
  make cache-clean     remove what newer kernels or tools have replaced
  make distclean       remove build/ and the cache, and print what that frees

Variables
  V=1                  print every command and the tests' output
  -jN                  run N jobs at once (default: one for each CPU)
  KDIR=DIR             prepared build tree or headers of a kernel
  KERNEL_SERIES=6.12 FLAVOUR=cloud|rt|16k|64k ARCH=arm64|powerpc|riscv|s390
                       select another Debian kernel
  INSTALL_MOD_PATH=DIR, INSTALL_MOD_DIR=updates
                       root and folder of the installed module
  MODULE_SIGN_KEY=FILE MODULE_SIGN_CERT=FILE
                       key and certificate that sign it, for Secure Boot
  DESTDIR=DIR, prefix=/usr/local
                       root and prefix of all other installed files
endef

# Asked for once, and only by those targets that need it.
selection = $(foreach name,KERNEL_SERIES FLAVOUR ARCH,$(name)='$($(name))')
release = $(eval release := $(shell $(selection) tools/kernel release))$(release)
out = build/$(release)

# Only the recipes that pass KDIR on build for it: the tests need Debian's kernel.
kdir = $(or $(KDIR),/lib/modules/$(shell uname -r)/build)
unexport KDIR
export JOBS = $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))
export V

# A long step, whose output goes to build/log.
SHELL := /bin/bash
phase := BASH_ARGV0=make; . tools/lib.sh; phase

comma := ,
# One for each language; in C with the newer hook if the kernel has it.
samples = $(firstword $(wildcard $(addprefix $(out)/samples/c/vmremap_sample_c,.ko _mmap.ko))) \
	$(wildcard $(out)/samples/rust/vmremap_sample_rust.ko)
# On s390, QEMU has no such device; on powerpc, its registers are big-endian, which no PCI device's are.
edu_samples = $(if $(filter s390 powerpc,$(ARCH)),,$(wildcard $(addprefix $(out)/samples/edu/,vmremap_edu_c.ko rust/vmremap_edu_rust.ko)))
edu_mask = dma_mask=0xffffffffffffffff
ring_samples = $(wildcard $(addprefix $(out)/samples/ring/,vmremap_ring_c.ko rust/vmremap_ring_rust.ko))

all:
	@KDIR='$(kdir)' out-of-tree/build

help:
	$(info $(usage))
	@:

setup:
	@tools/kernel prepare

modules: $(if $(KDIR),all,stock)

stock: setup
	@$(phase) modules 30 tools/kmake
	@$(phase) programs 10 tools/enter make -f tools/programs.mk -j"$${JOBS:-$$(nproc)}" \
		CC="$$(tools/kernel cc)" out=$(out) source="$$(tools/kernel harness)" page_size="$$(tools/kernel page-size)" \
		pmd_size="$$(tools/kernel pmd-size)"

demo: stock
	@tools/vm --module $(out)/vmremap.ko $(patsubst %,--module %,$(samples) $(ring_samples)) \
		$(foreach module,$(edu_samples),--module '$(module) $(edu_mask)' --device edu$(comma)$(edu_mask)) \
		--copy $(out)/samples/c/demo:/demo --copy $(out)/samples/edu/demo:/demo-edu \
		--copy $(out)/samples/ring/demo:/demo-ring -- \
		sh -c '/demo /dev/vmremap-sample-* && $(if $(edu_samples),/demo-edu /dev/vmremap-edu-* && )exec /demo-ring /dev/vmremap-ring-*'

docs: setup
	@$(phase) docs 30 tools/kmake VMREMAP_DOCS=y
	@$(phase) review 10 tools/enter verification/review/run --kernel "$$(tools/kernel source)" --out build/review
	@$(phase) pages 20 tools/enter tools/docs/build "$$(tools/kernel source)" build/docs $(out)/rust/doc build/review
	@ls build/docs/index.html

new-driver:
	@tools/new-driver '$(NAME)' '$(TEMPLATE)' '$(DIR)'

check: stock
	@tools/test $(or $(PHASES),check)

test: stock
	@tools/test $(or $(PHASES),test)

test-all: stock
	@tools/test $(or $(PHASES),all)

test-kernels:
	@tools/test-kernels

lint: stock
	@tools/test lint

bench: stock
	@verification/bench/run

review:
	@tools/enter verification/review/run --kernel "$$(tools/kernel source)" --out build/review $(if $(BASE),--base "$(BASE)")

proofs:
	@nice tools/enter verification/proofs/run
	@tools/enter verification/proofs/model

mutants:
	@verification/mutate

modules_install: all
	@KDIR='$(kdir)' out-of-tree/install modules

install:
	@out-of-tree/install files

uninstall:
	@out-of-tree/install --remove files modules

dist:
	@out-of-tree/dist

deb:
	@tools/deb

series:
	@tools/enter tools/series/write "$$(tools/kernel-upstream)" build/series

in-tree:
	@tools/in-tree add "$(KSRC)"

in-tree-remove:
	@tools/in-tree remove "$(KSRC)"

clean:
	rm -rf build

cache:
	@tools/cache

cache-clean:
	@tools/cache --clean

distclean:
	@tools/distclean

.PHONY: all help setup modules stock demo docs new-driver check test test-all test-kernels lint bench review proofs mutants \
	modules_install install uninstall dist deb series in-tree in-tree-remove clean cache cache-clean distclean
