/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmremap

#if !defined(VMREMAP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMREMAP_TRACE_H

#include <linux/tracepoint.h>

#include "area.h"

TRACE_EVENT(vmremap_reject,
	    TP_PROTO(const char *clause, const struct vmremap_request *req, int err),
	    TP_ARGS(clause, req, err),
	    TP_STRUCT__entry(__string(clause, clause)
			     __field(unsigned long, uaddr)
			     __field(unsigned long, kaddr)
			     __field(unsigned long, pgoff)
			     __field(unsigned long, size)
			     __field(int, err)
	    ),
	    TP_fast_assign(__assign_str(clause);
			   __entry->uaddr = req->uaddr;
			   __entry->kaddr = req->kaddr;
			   __entry->pgoff = req->pgoff;
			   __entry->size = req->size;
			   __entry->err = err;
	    ),
	    TP_printk("clause=%s err=%d uaddr=0x%lx kaddr=0x%lx pgoff=%lu size=%lu",
		      __get_str(clause), __entry->err, __entry->uaddr,
		      __entry->kaddr, __entry->pgoff, __entry->size)
);

DECLARE_EVENT_CLASS(vmremap_area,
	    TP_PROTO(const struct vmremap_area *area, int err),
	    TP_ARGS(area, err),
	    TP_STRUCT__entry(__field(unsigned long, kaddr)
			     __field(int, err)
	    ),
	    TP_fast_assign(__entry->kaddr = err == -EFAULT ? 0 : (unsigned long)area->addr;
			   __entry->err = err;
	    ),
	    TP_printk("kaddr=0x%lx err=%d", __entry->kaddr, __entry->err)
);

DEFINE_EVENT(vmremap_area, vmremap_revoke,
	     TP_PROTO(const struct vmremap_area *area, int err), TP_ARGS(area, err));
DEFINE_EVENT(vmremap_area, vmremap_freeze,
	     TP_PROTO(const struct vmremap_area *area, int err), TP_ARGS(area, err));
DEFINE_EVENT(vmremap_area, vmremap_thaw,
	     TP_PROTO(const struct vmremap_area *area, int err), TP_ARGS(area, err));

#endif /* VMREMAP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
