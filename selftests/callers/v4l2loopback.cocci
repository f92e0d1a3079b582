// SPDX-License-Identifier: GPL-2.0
/// What v4l2loopback 0.15.0 lacks for Linux 6.18 and later: file handles are added with their file, and found there alone.

@@
expression fh;
@@
(
- v4l2_fh_add(fh)
+ v4l2_fh_add(fh, file)
|
- v4l2_fh_del(fh)
+ v4l2_fh_del(fh, file)
)

@@
identifier fn, file, fh;
@@
 fn(struct file *file, void *fh, ...)
 {
 <...
 fh_to_opener(
-	fh
+	file->private_data
 )
 ...>
 }
