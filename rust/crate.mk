# SPDX-License-Identifier: GPL-2.0
#
# The crate vmremap, compiled into vmremap.ko; modules that use it need its
# metadata (rust/libvmremap.rmeta) and its symbols, which rust/exports.c exports.

include $(src)/bindings/bindgen.mk

vmremap-y += bindings/assert.o rust/lib.o rust/exports.o

bindings := $(obj)/bindings/bindings_generated.rs
exports := $(obj)/rust/exports_generated.h

# kbuild's rule for a Rust object gives the crate no name, and its users no metadata.
RUSTFLAGS_rust/lib.o := --crate-name vmremap \
			--emit=metadata=$(obj)/rust/libvmremap.rmeta
$(obj)/rust/lib.o: export VMREMAP_BINDINGS := $(abspath $(bindings))
$(obj)/rust/lib.o: $(bindings)

# Do not generate these types: the crate uses the ones of the crate kernel.
$(bindings): bindgen-target-flags := --allowlist-function 'vmremap_.*' \
	--allowlist-var 'VMREMAP_.*' \
	--blocklist-type 'dma_buf|file|gfp_t|sg_table|vm_area_desc|vm_area_struct'
$(bindings): $(src)/bindings/helper.h $(bindgen-parameters) FORCE
	$(call if_changed_dep,bindgen)

quiet_cmd_exports = EXPORTS $@
      cmd_exports = \
	$(NM) -p --defined-only $< | \
	awk '$$2~/(T|R|D|B)/ && $$3!~/__(pfx|cfi|odr_asan)/ { \
		printf "EXPORT_SYMBOL_RUST_GPL(%s);\n",$$3 }' > $@

$(exports): $(obj)/rust/lib.o FORCE
	$(call if_changed,exports)

CFLAGS_rust/exports.o := -I$(obj)/rust
$(obj)/rust/exports.o: $(exports)

targets += bindings/bindings_generated.rs rust/exports_generated.h

# The crate's documentation, with VMREMAP_DOCS=y.
docs := $(obj)/rust/doc/vmremap/index.html
always-$(VMREMAP_DOCS) += rust/doc/vmremap/index.html

quiet_cmd_docs = RUSTDOC $@
      cmd_docs = \
	OBJTREE=$(abspath $(objtree)) \
	$(RUSTDOC) $(filter-out --remap-path-scope=%,$(rust_flags)) -Dwarnings \
		-Zcrate-attr=no_std -Zunstable-options --sysroot=/dev/null \
		--extern pin_init --extern kernel --extern zerocopy \
		--extern zerocopy_derive -L $(objtree)/rust/ \
		--extern-html-root-url kernel=https://rust.docs.kernel.org \
		--crate-name vmremap --output $(obj)/rust/doc $<

$(docs): export VMREMAP_BINDINGS := $(abspath $(bindings))
$(docs): $(src)/rust/lib.rs $(wildcard $(src)/rust/*.rs) $(bindings) FORCE
	$(call if_changed,docs)
