# SPDX-License-Identifier: GPL-2.0

# The programs that run in the VM, which are static because the VM has no libraries. Run this inside the toolroot, from the
# checkout, with out=, source= (the kernel's, for its selftest harness), page_size= and pmd_size= (in bytes).
programs := $(patsubst %.c,$(out)/%,$(wildcard samples/*/demo.c selftests/*.c $(addprefix verification/bench/,bench.c contention.c)))

# On each architecture, __u64 is unsigned long long with this macro.
CFLAGS := -D__SANE_USERSPACE_TYPES__ -O2 -Wall -Wextra -Wno-sign-compare -Werror -static -pthread -MMD -MP -Isamples -isystem $(source)/tools/testing/selftests \
	-DPAGE_SIZE=$(page_size)UL -DPMD_SIZE=$(pmd_size)UL

all: $(programs)

$(out)/%: %.c tools/programs.mk
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $<

-include $(programs:=.d)
