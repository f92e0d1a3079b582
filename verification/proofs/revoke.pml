/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proves: when vmremap_area_revoke() or vmremap_area_freeze() has returned without an error,
 *	no page table shows a page of the area, frozen nobody has pinned one, until it is
 *	thawed; and nobody waits for ever.
 * Clauses: NoUserAccess NotRevoked
 * Assumes: one page, and a mapping of it that is accessed and zapped at any time; with it two
 *	of: a child by fork(2), a new place by mremap(2), a new mapping by mmap(2), each
 *	accessed, a task that pins by gup_fast_pte_range(), and one that pins by
 *	follow_page_pte(); a folio that somebody locks at any time, so that a fault may map
 *	the page under that lock; a driver that freezes, thaws or puts its last
 *	reference, and revokes, and another that revokes or thaws at any time; steps in any
 *	order, each seen by all at once.
 * Code: c/revoke.c c/revoke.h c/cover.c
 *
 * The smallest first, because a mutant is tried in each until it fails:
 * Cases: LOCK FAST+SLOW LOCK+SLOW MAP+SLOW MOVE+SLOW FORK+SLOW LOCK+FAST MAP+FAST MOVE+FAST
 *	FORK+FAST MOVE+MAP FORK+MAP FORK+MOVE
 *
 * A mutant is the model with one of these defined, and has to fail:
 * Mutants: NO_DRAIN NO_COUNT CHECK_FIRST ZAP_FIRST MAP_EARLY COPY_EARLY MOVE_UNLOCKED
 *	NO_RECHECK LOOK_FIRST THAW_REVOKED THAW_FREEZING WAIT_COUNTED KEEP_FROZEN NO_RELOCK
 *	LOCK_FIRST NO_STATE
 */

/* enum vmremap_state */
mtype = { opened, revoked, freezing, frozen };
mtype state = opened;

/* The VMAs, in the order of the i_mmap tree: where mremap(2) puts one may come first. */
#define MOVED	0
#define PARENT	1
#define CHILD	2
#define MAPPED	3
#define VMAS	4
bool linked[VMAS];
bool entry[VMAS];

/* vmremap_area.inserting; address_space.i_mmap_rwsem */
byte inserting, i_mmap_readers;
bool i_mmap_writer;

/* The folio's lock. */
bool folio_locked;

/* References but the area's and the page cache's; those that are pins. */
byte refs, pins;

/* The driver takes the memory for its own: after freezing, until it thaws; after revoking. */
bool owned, gone;

#define shown	(entry[MOVED] || entry[PARENT] || entry[CHILD] || entry[MAPPED])

/* pte_offset_map_lock(), set_pte_at(), pte_unmap_unlock() */
inline set_entry(v)
{
	atomic { entry[v] = true; assert(!owned && !gone) }
}

/* vmremap_cover_fault(), or vmremap_prefault() for .mapped; each begins anew on VM_FAULT_RETRY */
inline fault(v)
{
	do
	::
		/* vmremap_insert_begin() */
#if !defined(NO_COUNT) && !defined(CHECK_FIRST)
		inserting++;
#endif
		if
		:: state == opened ->
#ifdef CHECK_FIRST
			inserting++;
#endif
			/* vmremap_fault() */
			set_entry(v);
			/* vmremap_insert_end() */
#ifndef NO_COUNT
			inserting--;
#endif
			break
		:: else ->
#if !defined(NO_COUNT) && !defined(WAIT_COUNTED) && !defined(CHECK_FIRST)
			inserting--;
#endif
			/* vmremap_wait_thawed() */
			if
			:: state == revoked ->
#ifdef WAIT_COUNTED
				inserting--;
#endif
				break
			:: else -> state == opened || state == revoked
			fi
#ifdef WAIT_COUNTED
			; inserting--
#endif
		fi
	od
}

inline lock_folio()
{
	atomic { !folio_locked -> folio_locked = true }
}

/* vmremap_give_locked(), then finish_fault() and folio_unlock() by the kernel */
inline fault_locked(v)
{
#ifdef LOCK_FIRST
	if
	:: state == opened -> lock_folio(); set_entry(v); folio_locked = false
	:: else
	fi
#else
	lock_folio();
	if
#ifdef NO_STATE
	:: set_entry(v)
#else
	:: state == opened -> set_entry(v)
	:: else
#endif
	fi;
	folio_locked = false
#endif
}

/* unmap() in c/revoke.c */
inline drain_and_zap()
{
#ifndef NO_DRAIN
	inserting == 0;
#endif
	zap_all();
#if defined(LOCK) && !defined(NO_RELOCK)
	lock_folio();
	if
	:: shown -> zap_all()
	:: else
	fi;
	folio_locked = false
#endif
}

/* unmap_mapping_range(): one VMA after the other, each as it is then in the tree */
inline zap_all()
{
	atomic { !i_mmap_writer -> i_mmap_readers++ };
	if :: linked[MOVED] -> entry[MOVED] = false :: else fi;
	if :: linked[PARENT] -> entry[PARENT] = false :: else fi;
	if :: linked[CHILD] -> entry[CHILD] = false :: else fi;
	if :: linked[MAPPED] -> entry[MAPPED] = false :: else fi;
	i_mmap_readers--
}

inline link(v)
{
	atomic { !i_mmap_readers && !i_mmap_writer -> linked[v] = true }
}

/* vmremap_thaw(): cmpxchg() and wake_up_var() */
inline thaw(from)
{
#if defined(THAW_REVOKED)
	state = opened
#elif defined(THAW_FREEZING)
	atomic { if :: state == freezing || state == frozen -> state = opened; owned = false :: else fi }
#else
	atomic { if :: state == from -> state = opened; owned = false :: else fi }
#endif
}

/* vmremap_area_freeze(), which looks at the pins twice */
inline freeze()
{
#ifdef LOOK_FIRST
	counted = refs != 0;
#endif
#ifdef ZAP_FIRST
	drain_and_zap();
#endif
	atomic {
		if
		:: state == opened -> state = freezing; failed = false
		:: else -> failed = true
		fi
	};
	if
	:: failed
	:: else ->
#ifndef ZAP_FIRST
		drain_and_zap();
#endif
		looks = 0;
		do
		::
			/* pinned() */
#ifdef LOOK_FIRST
			if
			:: counted -> failed = true; break
			:: else -> break
			fi
#else
			if
			:: refs == 0 -> break
			:: else -> looks++
			fi;
			if
			:: looks == 2 -> failed = true; break
			:: else
			fi
#endif
		od;
		if
		:: failed -> thaw(freezing)
		:: else ->
			atomic {
				if
				:: state == freezing -> state = frozen; owned = true; assert(!shown && !pins)
				:: else -> assert(state == revoked)
				fi
			}
		fi
	fi
}

/* vmremap_area_revoke() */
inline revoke()
{
	atomic { state = revoked; owned = false };
	drain_and_zap();
	atomic { gone = true; assert(!shown) }
}

proctype driver()
{
	bool failed, counted;
	byte looks;

	freeze();
	if
	:: failed
	:: else ->
		owned = false;
		if
		:: thaw(frozen)
		/* Or it forgets: the last vmremap_area_put() thaws. */
		:: skip;
#ifndef KEEP_FROZEN
			thaw(frozen)
#endif
		fi
	fi;
	if
	:: revoke()
	:: skip
	fi
}

proctype other_driver()
{
	if
	:: revoke()
	:: thaw(frozen)
	:: skip
	fi
}

#ifdef FORK
/* dup_mmap(): vma_interval_tree_insert_after(), then copy_page_range() */
proctype forker()
{
#ifdef COPY_EARLY
	atomic { if :: entry[PARENT] -> set_entry(CHILD) :: else fi };
	link(CHILD);
#else
	link(CHILD);
	atomic { if :: entry[PARENT] -> set_entry(CHILD) :: else fi };
#endif
	fault(CHILD)
}
#endif

#ifdef MOVE
/* mremap(2): copy_vma() links the new place, move_page_tables() takes the i_mmap lock */
proctype mover()
{
	bool had;
	link(MOVED);
#ifdef MOVE_UNLOCKED
	atomic { had = entry[PARENT]; entry[PARENT] = false; if :: had -> entry[MOVED] = true :: else fi };
#else
	atomic { !i_mmap_readers && !i_mmap_writer -> i_mmap_writer = true };
	atomic { had = entry[PARENT]; entry[PARENT] = false; if :: had -> entry[MOVED] = true :: else fi };
	i_mmap_writer = false;
#endif
	fault(MOVED)
}
#endif

#ifdef MAP
/* mmap(2) with an .mmap hook maps nothing before the VMA is linked; .mapped faults after it */
proctype mapper()
{
#ifdef MAP_EARLY
	if
	:: state == opened -> set_entry(MAPPED)
	:: else
	fi;
#endif
	link(MAPPED);
	fault(MAPPED)
}
#endif

proctype toucher()
{
	fault(PARENT)
}

#ifdef LOCK
/* A fault that filemap_map_pages() has left without an entry */
proctype locked_toucher()
{
	fault_locked(PARENT)
}
#endif

/* madvise(MADV_DONTNEED) */
proctype zapper()
{
	entry[PARENT] = false
}

#ifdef FAST
/* gup_fast_pte_range() */
proctype fast_pinner()
{
	if
	:: entry[PARENT] ->
		/* try_grab_folio_fast() */
		refs++;
		/* Is the entry still there? */
#ifdef NO_RECHECK
		atomic { pins++; assert(!owned) };
		atomic { pins--; refs-- }
#else
		if
		:: atomic { entry[PARENT] -> pins++; assert(!owned) };
			atomic { pins--; refs-- }
		:: else -> refs--
		fi
#endif
	:: else
	fi
}
#endif

#ifdef SLOW
/* follow_page_pte() */
proctype pinner()
{
	if
	:: atomic { entry[MAPPED] -> refs++; pins++; assert(!owned) };
		atomic { pins--; refs-- }
	:: else
	fi
}
#endif

init
{
	atomic {
		linked[PARENT] = true;
		entry[PARENT] = true;
		run driver();
		run other_driver();
		run toucher();
		run zapper();
#ifdef FORK
		run forker();
#endif
#ifdef MOVE
		run mover();
#endif
#ifdef MAP
		run mapper();
#endif
#ifdef LOCK
		run locked_toucher();
#endif
#ifdef FAST
		run fast_pinner();
#endif
#ifdef SLOW
		run pinner();
#endif
	}
}
