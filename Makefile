# SPDX-License-Identifier: GPL-2.0

# The person's entry. The kernel's build system reads Kbuild instead.

# Asked for once, and only by those targets that want it.
selection = $(foreach name,KERNEL_SERIES FLAVOUR ARCH,$(name)='$($(name))')
release = $(eval release := $(shell $(selection) tools/kernel release))$(release)
out = build/$(release)

comma := ,
# One for each language; in C with the newer hook where the kernel has it.
samples = $(firstword $(wildcard $(addprefix $(out)/samples/c/vmremap_sample_c,.ko _mmap.ko))) \
	$(wildcard $(out)/samples/rust/vmremap_sample_rust.ko)
edu_samples = $(wildcard $(addprefix $(out)/samples/edu/,vmremap_edu_c.ko rust/vmremap_edu_rust.ko))

help:
	@echo 'make demo        map memory of a C and a Rust driver into a program, on the stock kernel in a VM'
	@echo 'make test        everything that must hold; make test PHASES="NAME..." runs some of it'
	@echo 'SOAK=600 make test PHASES=churn  for so many seconds'
	@echo 'make test-kernels the demo and the selftests on each of Debian'"'"'s kernels that vmremap is for'
	@echo 'make test-quick  what fits into a working day'
	@echo 'make lint        the checkers alone'
	@echo 'make review      the contract in the code, in build/review/; BASE=REV prints what changed since REV'
	@echo 'make proofs      what is proved of the checks, with its assumptions'
	@echo 'make mutants     each change of what checks and decides, and what notices it'
	@echo 'make modules     modules and programs, in build/RELEASE/'
	@echo 'make in-tree KSRC=DIR         put vmremap into the kernel source tree DIR, as mm/vmremap'
	@echo 'make in-tree-remove KSRC=DIR  take it out again'
	@echo 'make series      the patches for a kernel tree, in build/series/; in kernel/, those for what was found in it'
	@echo 'make bench       count what sharing memory costs, beside the kernel'"'"'s own function and what else there is'
	@echo 'make docs        all that there is to read, C and Rust, in build/docs/index.html'
	@echo 'make new-driver NAME=foo LANG=rust|c DIR=DIR  a small driver to start from, and how to try it'
	@echo 'make deb         packages for Debian, in build/deb/'
	@echo 'make install, make modules_install  without DKMS: header and documents; modules, for KDIR=/lib/modules/.../build'
	@echo 'make clean       remove build/; the cache stays'
	@echo 'KERNEL_SERIES=6.12, FLAVOUR=cloud|rt|16k and ARCH=arm64 select another kernel.'

setup:
	@tools/kernel prepare

modules: setup
	@tools/phase modules 30 tools/kmake
	@tools/phase programs 10 tools/enter make -f tools/programs.mk -j"$$(nproc)" \
		CC="$$(tools/kernel cc)" out=$(out) source="$$(tools/kernel source)" page_size="$$(tools/kernel page-size)"

demo: modules
	@tools/vm --module $(out)/vmremap.ko $(patsubst %,--module %,$(samples) $(edu_samples)) \
		$(patsubst %,--device edu$(comma)dma_mask=0xffffffffffffffff,$(edu_samples)) \
		--copy $(out)/samples/c/demo:/demo --copy $(out)/samples/edu/demo:/demo-edu -- \
		sh -c '/demo /dev/vmremap-sample-* && exec /demo-edu /dev/vmremap-edu-*'

docs: setup
	@tools/phase docs 30 tools/kmake VMREMAP_DOCS=y
	@tools/phase review 10 tools/enter tools/review/run --kernel "$$(tools/kernel source)" --out build/review
	@tools/phase pages 20 tools/enter tools/docs/build "$$(tools/kernel source)" build/docs $(out)/rust/doc build/review
	@ls build/docs/index.html

test: modules
	@tools/test $(PHASES)

test-quick: modules
	@tools/test --quick

lint: modules
	@tools/test lint

review:
	@tools/enter tools/review/run --kernel "$$(tools/kernel source)" --out build/review $(if $(BASE),--base "$(BASE)")

proofs:
	@tools/prove
	@tools/enter tools/proofs/model

mutants:
	@tools/mutate

test-kernels:
	@tools/test-kernels

bench: modules
	@tools/bench/run

series:
	@tools/enter tools/series/write "$$(tools/kernel-upstream)" build/series

in-tree:
	@tools/in-tree add "$(KSRC)"

in-tree-remove:
	@tools/in-tree remove "$(KSRC)"

# DESTDIR and prefix are honoured.
install:
	@tools/install files

# LANG is the locale's, too, when nobody says it here.
new-driver:
	@LANG=C tools/new-driver '$(NAME)' '$(if $(filter command line,$(origin LANG)),$(LANG))' '$(DIR)'

deb:
	@tools/deb

modules_install:
	@tools/install modules

clean:
	rm -rf build

.PHONY: bench help new-driver deb install modules_install setup modules demo docs test test-kernels test-quick lint review proofs mutants series in-tree in-tree-remove clean
