# SPDX-License-Identifier: GPL-2.0
#
# bindgen as the kernel's rust/Makefile runs it. Its clang gets, of gcc's flags,
# those that the meaning of a header depends on.

# In the kernel's source, or beside its metadata where linux-rust-metadata has made it.
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
