# SPDX-License-Identifier: GPL-2.0
"""Sphinx's settings: the kernel's own extension reads kernel-doc, from $srctree."""
import os
import sys

sys.path.insert(0, os.environ.get("srctree", "") + "/Documentation/sphinx")
sys.dont_write_bytecode = True

project = "vmremap"
author = "the vmremap contributors"
release = os.environ.get("version", "")
# The pages of the review are also built without the kernel's source.
extensions = ["kerneldoc"] if "srctree" in os.environ else []
kerneldoc_srctree = os.environ.get("checkout", "")
primary_domain = "c"
highlight_language = "none"
html_theme = "furo"
html_title = f"vmremap {release}"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_show_sphinx = html_show_copyright = html_copy_source = False
