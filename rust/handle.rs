// SPDX-License-Identifier: GPL-2.0

//! The handles of an area: those that keep it, and those that can only map it.
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

/// The reference on an area that all handles of the area share.
///
/// `vmremap_area_is_sole_reference()` counts this reference as one, so neither a [`WeakArea`] nor a
/// map that is under way keeps the only [`Handle`] from freezing the area.
///
/// # Invariants
///
/// - `handles` is the number of [`Handle`]s, or saturated.
/// - `users` is the sum of [`HANDLES`](Self::HANDLES), if there is a [`Handle`], and a
///   [`MAP`](Self::MAP) for each [`Mapper`].
/// - While `users` is not 0, `area` points to a live area, and `self` owns one reference on it.
struct AreaRef {
    area: NonNull<bindings::vmremap_area>,
    handles: Refcount,
    users: Atomic<i32>,
}

impl AreaRef {
    const HANDLES: i32 = 1;
    /// A task has at most one map under way, and there are fewer than 2^22 tasks: no overflow.
    const MAP: i32 = 2;

    /// Keeps the reference for a map, if a [`Handle`] still does.
    fn start_map(&self) -> Option<Mapper<'_>> {
        let mut users = self.users.load(Relaxed);

        while users & Self::HANDLES != 0 {
            let more = users.wrapping_add(Self::MAP);
            // Acquire, so that nothing of the map comes before it.
            match self.users.cmpxchg(users, more, Acquire) {
                // INVARIANT: The map was just added to `users`.
                Ok(_) => return Some(Mapper(self)),
                Err(now) => users = now,
            }
        }
        None
    }

    /// Ends the use that `user` stands for. The last one drops the reference.
    fn end_use(&self, user: i32) {
        if self.users.fetch_sub(user, Full) == user {
            // SAFETY: `users` is 0 now. It never leaves 0, because a map only starts while there is
            // a handle. So this is the only drop.
            // - `ReferenceOwned`: `self` owned this reference until now, and all that used it, a
            //   view or a map, has ended. A VMA has a reference of its own.
            // - `Context`: the function does not sleep. No type keeps a driver from dropping its
            //   last handle in an NMI or, with `PREEMPT_RT`, where it is not preemptible: it can
            //   deadlock.
            unsafe { bindings::vmremap_area_put(self.area.as_ptr()) };
        }
    }

    /// Does what [`Area::mmap`](crate::Area::mmap) and [`WeakArea::mmap`] do.
    fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        let mapper = self.start_map();
        let area = match &mapper {
            Some(mapper) => mapper.0.area.as_ptr(),
            // The C side refuses this as it refuses all else: it takes back what the hook has
            // mapped before, and says why in its tracepoint.
            None => ptr::null_mut(),
        };

        to_result(match mapping.target() {
            // SAFETY: The C side checks all else, and keeps a reference of its own if it maps.
            // - `ReferenceHeld`: `mapper`, which lives until the call has returned, keeps the
            //   reference on the area. There is no area behind a null pointer, which is refused.
            // - `VmaInit`: by the type invariant of `Mapping` this thread sets up the VMA in an
            //   `.mmap` hook: it holds the mmap lock for writing, and nobody else can find the VMA.
            // - `VmaUntouched`: by the same invariant nothing but this crate changes the VMA.
            // - `Context`: by the same invariant this is such a hook, which may sleep.
            Target::Vma(vma) => unsafe { bindings::vmremap_area_mmap(area, vma, page_offset) },
            // SAFETY: The C side checks all else, and keeps a reference of its own if it maps.
            // - `ReferenceHeld`: `mapper`, which lives until the call has returned, keeps the
            //   reference on the area. There is no area behind a null pointer, which is refused.
            // - `VmaInit`: by the type invariant of `Mapping` an `.mmap_prepare` hook was given the
            //   description, and only this thread accesses it.
            // - `VmaUntouched`: by the same invariant nothing but this crate changes it.
            // - `Context`: by the same invariant this is such a hook.
            Target::Desc(desc) => unsafe {
                bindings::vmremap_area_mmap_prepare(area, desc, page_offset)
            },
        })
    }
}

// SAFETY: What it consists of, a reference on an area and two counts, belongs to no task.
// - `AnyThread`: any task can use the reference and drop it.
unsafe impl Send for AreaRef {}

// SAFETY: The pointer never changes, and the counts are atomic.
// - `AnyThread`: several tasks can call the C side at once, on the same area.
unsafe impl Sync for AreaRef {}

/// A map that is under way.
///
/// # Invariants
///
/// It is one of the `users` of what it refers to.
struct Mapper<'a>(&'a AreaRef);

impl Drop for Mapper<'_> {
    fn drop(&mut self) {
        self.0.end_use(AreaRef::MAP);
    }
}

/// A handle that keeps an area: what an [`Area`](crate::Area) is, but for its type.
///
/// # Invariants
///
/// It is one of the `handles` of what it refers to.
pub(crate) struct Handle(Arc<AreaRef>);

impl Handle {
    /// Allocates an area of `size` bytes. Returns a handle of the area and the address of its
    /// memory.
    ///
    /// This is not generic, so that it is compiled into vmremap.ko and not into each of its users.
    pub(crate) fn alloc(size: usize, flags: Flags) -> Result<(Self, NonNull<c_void>)> {
        let shared = UniqueArc::new_uninit(GFP_KERNEL)?;
        // SAFETY: The C side checks the size and the flags, and returns an area or an error.
        // - `Context`: the caller may sleep, as for each allocation with `GFP_KERNEL`; no type says
        //   so.
        let area = from_err_ptr(unsafe { bindings::vmremap_area_alloc(size, flags.as_raw()) })?;
        // SAFETY: The area was just allocated, and nobody else has it.
        // - `ReferenceHeld`: the reference that was just given is still there.
        let memory = unsafe { bindings::vmremap_area_addr(area) };
        // INVARIANT: The reference that was just given is now the value's, and there is one handle.
        let shared = shared.write(AreaRef {
            area: NonNull::new(area).ok_or(ENOMEM)?,
            handles: Refcount::new(1),
            users: Atomic::new(AreaRef::HANDLES),
        });

        // INVARIANT: This is the one handle that was just counted.
        Ok((Self(shared.into()), NonNull::new(memory).ok_or(ENOMEM)?))
    }

    #[inline]
    pub(crate) fn as_raw(&self) -> *mut bindings::vmremap_area {
        self.0.area.as_ptr()
    }

    /// Returns whether nobody else in the kernel has a handle of the area, or any other reference
    /// on it.
    pub(crate) fn is_sole(&self) -> bool {
        // Acquire pairs with the release of a drop: the accesses by that handle are complete.
        let handles = self.0.handles.as_atomic().load(Acquire);

        // SAFETY: The function only reads a count.
        // - `ReferenceHeld`: by the type invariants there is a reference while there is this
        //   handle.
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

/// A handle that can only map an area, and does not keep it: see
/// [`Area::downgrade`](crate::Area::downgrade).
///
/// A driver that [freezes](crate::Area::freeze) an area has the only [`Area`](crate::Area) of the
/// memory, in a lock. But an mmap hook runs under the mmap lock of the program, which a fault in
/// `copy_from_user()` takes, too. So a driver that takes the same lock in the hook and around such
/// a copy can deadlock. A `WeakArea` maps without any lock:
///
/// - It is no [`Area`](crate::Area), so that [`Area::freeze`](crate::Area::freeze) succeeds while
///   there are `WeakArea`s, even while they map. A program that touches frozen memory waits, also
///   in a mapping that was made meanwhile.
/// - It gives no access to the memory, and no [`Area`](crate::Area): it has no `upgrade()`.
/// - Once the last [`Area`](crate::Area) of the memory is dropped, nothing is mapped any more. What
///   was mapped before stays.
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
    /// Maps the area into the whole of `mapping`, from the area's page `page_offset` on, as
    /// [`Area::mmap`](crate::Area::mmap) does.
    ///
    /// # Errors
    ///
    /// - [`EFAULT`]: the last [`Area`](crate::Area) of the memory was dropped (`AreaValid`).
    /// - Those of [`Area::mmap`](crate::Area::mmap).
    pub fn mmap(&self, mapping: &Mapping<'_>, page_offset: usize) -> Result {
        self.shared.mmap(mapping, page_offset)
    }
}
