# SPDX-License-Identifier: GPL-2.0

# The programs that run in the VM, which are static because the VM has no libraries. Run this inside the toolroot, from the
# checkout, with out=, source= (the kernel's, for its selftests' lib.mk and harness), page_size= and pmd_size= (in bytes).
programs := $(basename $(wildcard samples/*/demo.c selftests/*.c $(addprefix verification/bench/,bench.c contention.c)))
TEST_GEN_PROGS := $(programs)
OUTPUT := $(out)
LOCAL_HDRS := $(wildcard samples/*.h samples/*/*.h selftests/*.h verification/bench/*.h) tools/programs.mk

# On each architecture, __u64 is unsigned long long with this macro.
CFLAGS := -D__SANE_USERSPACE_TYPES__ -O2 -Wall -Wextra -Wno-sign-compare -Werror -static -pthread -Isamples -isystem $(source)/tools/testing/selftests \
	-DPAGE_SIZE=$(page_size)UL -DPMD_SIZE=$(pmd_size)UL

$(shell mkdir -p $(addprefix $(out)/,$(dir $(programs))))
include $(source)/tools/testing/selftests/lib.mk
