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

TRACE_EVENT(vmremap_take,
	    TP_PROTO(const char *how, const struct vmremap_area *area, int err),
	    TP_ARGS(how, area, err),
	    TP_STRUCT__entry(__string(how, how)
			     __field(unsigned long, kaddr)
			     __field(int, err)
	    ),
	    TP_fast_assign(__assign_str(how);
			   __entry->kaddr = err == -EFAULT ? 0 : (unsigned long)area->addr;
			   __entry->err = err;
	    ),
	    TP_printk("how=%s err=%d kaddr=0x%lx", __get_str(how), __entry->err, __entry->kaddr)
);

#endif /* VMREMAP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
