# SPDX-License-Identifier: GPL-2.0
#
# Run bindgen like the kernel's rust/Makefile. Pass only those of gcc's flags to
# its clang that affect the meaning of a header.

# This file is in the kernel's source, or next to the metadata of linux-rust-metadata.
bindgen-parameters := $(firstword $(wildcard $(addsuffix /rust/bindgen_parameters,$(srctree) $(objtree))))
bindgen-flags = $(shell grep -Ev '^\#|^$$' $(bindgen-parameters)) \
		--rust-target 1.85 --use-core --with-derive-default \
		--ctypes-prefix ffi --no-layout-tests --no-debug '.*' \
		--enable-function-attribute-detection
bindgen-cflags = $(addprefix --target=,$(patsubst %-,%,$(notdir $(CROSS_COMPILE)))) \
		 $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) \
		 $(filter -std=% -m32 -m64 -fms-% -fshort-wchar -funsigned-char,$(KBUILD_CFLAGS)) \
		 -fno-builtin -D__BINDGEN__ -DMODULE -w

quiet_cmd_bindgen = BINDGEN $@
      cmd_bindgen = mkdir -p $(@D); \
	$(BINDGEN) $< $(bindgen-flags) $(bindgen-target-flags) \
		-o $@ -- $(bindgen-cflags) -Wp,-MMD,$(depfile) -MT $@ $(bindgen-target-extra)
