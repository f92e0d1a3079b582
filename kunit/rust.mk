# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites of the crate vmremap: a crate of their own, in vmremap.ko.

vmremap-y += kunit/callback.o kunit/rust.o

examples := $(obj)/kunit/examples_generated.rs

RUSTFLAGS_kunit/rust.o := --extern vmremap=$(obj)/rust/libvmremap.rmeta
$(obj)/kunit/rust.o: export VMREMAP_EXAMPLES := $(abspath $(examples))
$(obj)/kunit/rust.o: $(examples) $(obj)/rust/lib.o

quiet_cmd_examples = EXTRACT $@
      cmd_examples = $(PYTHON3) $< examples $(filter %.rs,$^) > $@

$(examples): $(src)/kunit/extract $(wildcard $(src)/rust/*.rs) FORCE
	$(call if_changed,examples)

targets += kunit/examples_generated.rs
