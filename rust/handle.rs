// SPDX-License-Identifier: GPL-2.0

//! The handles of an area: a [`Handle`] keeps the area alive, and a [`WeakArea`] can only map it.
//!
//! C header: `c/vmremap.h`

use crate::{
    bindings,
    mapping::Target,
    Flags,
    Mapping, //
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Refcount,
        UniqueArc, //
    }, //
};

/// A reference on an area, which all handles of the area share.
///
/// `vmremap_area_is_sole_reference()` sees one reference, however many handles share it. So if only
/// one [`Handle`] exists, the area can be frozen, even while [`WeakArea`]s exist and map it.
///
/// # Invariants
///
/// - `handles` is the number of [`Handle`]s, or is saturated.
/// - `users` is the sum of [`HANDLES`](Self::HANDLES), if at least one [`Handle`] exists, and one
///   [`MAP`](Self::MAP) for each [`Mapper`].
/// - While `users` is not 0, `area` points to a live area, and `self` owns one reference on it.
struct AreaRef {
    area: NonNull<bindings::vmremap_area>,
    handles: Refcount,
    users: Atomic<i32>,
}

impl AreaRef {
    const HANDLES: i32 = 1;
    /// These do not overflow `users`: a task makes at most one call at a time that maps, and there
    /// are fewer than 2^22 tasks.
    const MAP: i32 = 2;

    /// Keeps the reference for a call that maps. Returns [`None`] if no [`Handle`] is left.
    fn start_map(&self) -> Option<Mapper<'_>> {
        let mut users = self.users.load(Relaxed);

        while users & Self::HANDLES != 0 {
            let more = users.wrapping_add(Self::MAP);
            // Acquire, so that no access by the call is ordered before it.
            match self.users.cmpxchg(users, more, Acquire) {
                // INVARIANT: `MAP` was just added to `users`.
                Ok(_) => return Some(Mapper(self)),
                Err(now) => users = now,
            }
        }
        None
    }

    /// Subtracts `user`, which is [`HANDLES`](Self::HANDLES) or a [`MAP`](Self::MAP), from `users`.
    /// Drops the reference if it has no user any more.
    fn end_use(&self, user: i32) {
        if self.users.fetch_sub(user, Full) == user {
            // SAFETY: `users` is 0 now, and stays 0, because a call starts to map only while a
            // handle exists. So the reference is dropped once.
            // - `ReferenceOwned`: `self` owned this reference until now. Whatever relied on it, a
            //   view or a call that maps, has ended. A VMA has a reference of its own.
            // - `Context`: the function does not sleep. No type keeps a driver from dropping its
            //   last handle in an NMI or, with `PREEMPT_RT`, in a context that is not preemptible.
            //   The call can deadlock there, which is not undefined behaviour.
            unsafe { bindings::vmremap_area_put(self.area.as_ptr()) };
        }
    }

    /// Does what [`Area::mmap`](crate::Area::mmap) and [`WeakArea::mmap`] do.
    fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        let mapper = self.start_map();
        let area = match &mapper {
            Some(mapper) => mapper.0.area.as_ptr(),
            // The C side refuses a null pointer. Like each refusal, this undoes what the hook has
            // mapped before, and emits the tracepoint `vmremap_reject`.
            None => ptr::null_mut(),
        };

        to_result(match mapping.target() {
            // SAFETY: The C side checks all other clauses. If it maps, it takes a reference for the
            // VMA.
            // - `ReferenceHeld`: `mapper` keeps the reference on the area until the call has
            //   returned. If there is no `mapper`, the pointer is null, and the C side refuses it.
            // - `VmaInit`: by the type invariant of `Mapping` this thread sets up the VMA in an
            //   `.mmap` hook: it holds the mmap lock for writing, and nobody else can find the VMA.
            // - `VmaUntouched`: by the same invariant, only this crate changes the VMA.
            // - `Context`: by the same invariant, the call is made in such a hook, which may sleep.
            Target::Vma(vma) => unsafe { bindings::vmremap_area_mmap(area, vma, page_offset) },
            // SAFETY: The C side checks all other clauses. If it maps, it takes a reference for the
            // VMA.
            // - `ReferenceHeld`: `mapper` keeps the reference on the area until the call has
            //   returned. If there is no `mapper`, the pointer is null, and the C side refuses it.
            // - `VmaInit`: by the type invariant of `Mapping`, the descriptor is the argument of an
            //   `.mmap_prepare` hook in this thread, and nobody else accesses it.
            // - `VmaUntouched`: by the same invariant, only this crate changes the descriptor.
            // - `Context`: by the same invariant, the call is made in such a hook.
            Target::Desc(desc) => unsafe {
                bindings::vmremap_area_mmap_prepare(area, desc, page_offset)
            },
        })
    }
}

// SAFETY: An `AreaRef` is a reference on an area and two counts. None of them belongs to a task.
// - `AnyThread`: any task may use the reference and drop it.
unsafe impl Send for AreaRef {}

// SAFETY: The pointer never changes, and the counts are atomic.
// - `AnyThread`: several tasks may call the C functions at once, on the same area.
unsafe impl Sync for AreaRef {}

/// A call that is mapping the area, and keeps the reference meanwhile.
///
/// # Invariants
///
/// The `users` of the [`AreaRef`] count it, by one [`MAP`](AreaRef::MAP).
struct Mapper<'a>(&'a AreaRef);

impl Drop for Mapper<'_> {
    fn drop(&mut self) {
        self.0.end_use(AreaRef::MAP);
    }
}

/// A handle that keeps an area alive. An [`Area`](crate::Area) is a `Handle` and a typed pointer.
///
/// # Invariants
///
/// The `handles` of the [`AreaRef`] count it.
pub(crate) struct Handle(Arc<AreaRef>);

impl Handle {
    /// Allocates an area of `size` bytes. Returns a handle of the area and the address of its
    /// memory.
    ///
    /// This is not generic, so that it is compiled into vmremap.ko and not into each of its users.
    pub(crate) fn alloc(size: usize, flags: Flags) -> Result<(Self, NonNull<c_void>)> {
        let shared = UniqueArc::new_uninit(GFP_KERNEL)?;
        // SAFETY: The C side checks the size and the flags, and returns an area or an error.
        // - `Context`: the call may sleep, like any allocation with `GFP_KERNEL`. No type ensures
        //   that the caller may sleep: a known hole.
        let area = from_err_ptr(unsafe { bindings::vmremap_area_alloc(size, flags.as_raw()) })?;
        // SAFETY: The area was just allocated, and nobody else has a reference on it.
        // - `ReferenceHeld`: the reference that was just given by the allocation is still held.
        let memory = unsafe { bindings::vmremap_area_addr(area) };
        // INVARIANT: The new value owns the reference that the allocation has given. It has one
        // handle, the one that is returned below.
        let shared = shared.write(AreaRef {
            area: NonNull::new(area).ok_or(ENOMEM)?,
            handles: Refcount::new(1),
            users: Atomic::new(AreaRef::HANDLES),
        });

        // INVARIANT: `handles` is 1, and counts this handle.
        Ok((Self(shared.into()), NonNull::new(memory).ok_or(ENOMEM)?))
    }

    #[inline]
    pub(crate) fn as_raw(&self) -> *mut bindings::vmremap_area {
        self.0.area.as_ptr()
    }

    /// Returns whether this is the only handle of the area, and no other kernel code has a
    /// reference on the area.
    pub(crate) fn is_sole(&self) -> bool {
        // Acquire pairs with the release in `drop()`: accesses through dropped handles are done.
        let handles = self.0.handles.as_atomic().load(Acquire);

        // SAFETY: The function only reads a count.
        // - `ReferenceHeld`: by the type invariants, the reference exists as long as this handle.
        handles == 1 && unsafe { bindings::vmremap_area_is_sole_reference(self.as_raw()) }
    }

    pub(crate) fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        self.0.mmap(mapping, page_offset)
    }

    pub(crate) fn downgrade(&self) -> WeakArea {
        WeakArea {
            shared: self.0.clone(),
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        self.0.handles.inc();
        // INVARIANT: This handle was just counted.
        Self(self.0.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.0.handles.dec_and_test() {
            self.0.end_use(AreaRef::HANDLES);
        }
    }
}

/// A handle that can only map an area, and does not keep it alive: see
/// [`Area::downgrade`](crate::Area::downgrade).
///
/// A driver that [freezes](crate::Area::freeze) an area keeps the only [`Area`](crate::Area) of the
/// memory in a lock. But an mmap hook runs under the program's mmap lock, which a fault in
/// `copy_from_user()` takes, too. So if a driver takes its lock in the hook, and also holds it
/// during such a copy, the two can deadlock. The hook needs no lock to map a `WeakArea`:
///
/// - A `WeakArea` does not count as an [`Area`](crate::Area). So
///   [`Area::freeze`](crate::Area::freeze) succeeds while `WeakArea`s exist, and even while one
///   maps the memory. If memory is mapped while it is frozen, a program that accesses the new
///   mapping waits, as in older mappings.
/// - It gives no access to the memory, and cannot become an [`Area`](crate::Area) again: there is
///   no `upgrade()`.
/// - Once the last [`Area`](crate::Area) of the memory is dropped, mapping fails. Mappings that
///   were made before stay.
///
/// # Examples
///
/// ```
/// use kernel::{
///     fs::File,
///     new_mutex,
///     sync::Mutex,
///     uaccess::UserSlice, //
/// };
/// use vmremap::{Area, Flags, Mapping, MiscArgs, MiscDevice, WeakArea};
///
/// #[pin_data]
/// struct Commands {
///     #[pin]
///     area: Mutex<Area<[u8]>>,
///     mappable: WeakArea,
/// }
///
/// #[vtable]
/// impl MiscDevice for Commands {
///     type Ptr = Pin<KBox<Self>>;
///     type RegistrationData = ();
///
///     fn open(_: MiscArgs<'_, Self>) -> Result<Pin<KBox<Self>>> {
///         let area = Area::<u8>::zeroed_slice(4096, Flags::REVOCABLE)?;
///         let mappable = area.downgrade();
///         KBox::pin_init(pin_init!(Self { area <- new_mutex!(area), mappable }), GFP_KERNEL)
///     }
///
///     // Takes no lock.
///     fn mmap(me: Pin<&Self>, _: &File, mapping: &Mapping<'_>) -> Result {
///         me.mappable.mmap(mapping, mapping.page_offset())
///     }
///
///     // Copies the program's commands, and returns how many there are.
///     fn ioctl(me: Pin<&Self>, _: &File, _cmd: u32, arg: usize) -> Result<isize> {
///         let mut area = me.area.lock();
///         let user = UserSlice::new(UserPtr::from_addr(arg), 4096);
///
///         area.bytes().copy_from_user(0, 4096, &mut user.reader())?;
///         let frozen = area.freeze()?;
///         Ok(frozen.iter().take_while(|&&command| command != 0).count() as isize)
///     }
/// }
/// ```
#[derive(Clone)]
pub struct WeakArea {
    shared: Arc<AreaRef>,
}

impl WeakArea {
    /// Maps the area into the whole of `mapping`, from the area's page `page_offset` on, like
    /// [`Area::mmap`](crate::Area::mmap).
    ///
    /// # Errors
    ///
    /// - [`EFAULT`]: the last [`Area`](crate::Area) of the memory was dropped (`AreaValid`).
    /// - Those of [`Area::mmap`](crate::Area::mmap).
    pub fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        self.shared.mmap(mapping, page_offset)
    }
}
