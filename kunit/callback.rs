// SPDX-License-Identifier: GPL-2.0

//! What a driver does when a program maps: the offset of `mmap(2)`, in pages, says what.
//!
//! `callback.c` and `selftests/rust.c` map each, and see `EPROTO` where what the callback saw was
//! not as expected.

use kernel::{
    io::io_write,
    mm::virt::VmaNew,
    page::{
        Page,
        PAGE_SIZE, //
    },
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    VmaDesc,
    VmaNewExt, //
};

pub(crate) fn mmap_prepare(desc: &VmaDesc) -> Result {
    let area = |flags| area_of(desc.end() - desc.start(), flags);

    match desc.pgoff() {
        0 => area(Flags::NONE)?.mmap_prepare(desc, 0),
        1 => {
            let first = area(Flags::NONE)?;
            first.mmap_prepare(desc, 0)?;
            expect(area(Flags::NONE)?.mmap_prepare(desc, 0) == Err(EBUSY))?;
            first.mmap_prepare(desc, 0)
        }
        // A refusal changes nothing: not what the program asked for, and not what may come next.
        6 => {
            let right = area(Flags::NONE)?;
            expect(right.mmap_prepare(desc, 1) == Err(EINVAL))?;
            expect(right.mmap_prepare(desc, usize::MAX) == Err(EOVERFLOW))?;
            expect(area(Flags::READ_ONLY)?.mmap_prepare(desc, 0) == Err(EACCES))?;
            expect(desc.pgoff() == 6)?;
            right.mmap_prepare(desc, 0)
        }
        // What the mapping was to hold is given back, by whoever called.
        8 => {
            area(Flags::NONE)?.mmap_prepare(desc, 0)?;
            Err(ENXIO)
        }
        _ => Err(ENXIO),
    }
}

pub(crate) fn mmap(vma: &VmaNew) -> Result {
    match vma.page_offset() {
        0 => dropped(vma),
        1 => twice(vma),
        2 => mixed_before(vma),
        3 => mixed_after(vma),
        4 => foreign_page_after(vma),
        6 => second_try(vma),
        _ => Err(ENXIO),
    }
}

/// Returns an area as large as `vma`, whose bytes are ones.
fn area(vma: &VmaNew, flags: Flags) -> Result<Area<[u8]>> {
    area_of(vma.end() - vma.start(), flags)
}

/// Returns an area of `size` bytes, whose pages each begin with a one.
fn area_of(size: usize, flags: Flags) -> Result<Area<[u8]>> {
    let area = Area::<u8>::zeroed_slice(size, flags)?;
    for page in (0..area.len()).step_by(PAGE_SIZE) {
        io_write!(&area, [try: page], 1);
    }
    Ok(area)
}

fn expect(what: bool) -> Result {
    what.then_some(()).ok_or(EPROTO)
}

/// The last reference but the mapping's goes before the program sees the mapping.
fn dropped(vma: &VmaNew) -> Result {
    area(vma, Flags::NONE)?.mmap(vma, 0)
}

fn twice(vma: &VmaNew) -> Result {
    let first = area(vma, Flags::NONE)?;
    first.mmap(vma, 0)?;
    expect(area(vma, Flags::NONE)?.mmap(vma, 0) == Err(EBUSY))?;
    first.mmap(vma, 0)
}

fn mixed_before(vma: &VmaNew) -> Result {
    let area = area(vma, Flags::NONE)?;
    let mixed = vma.set_mixedmap();
    expect(area.mmap(vma, 0) == Err(EBUSY))?;
    mixed.vm_insert_page(vma.start(), &Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?)
}

fn mixed_after(vma: &VmaNew) -> Result {
    area(vma, Flags::NONE)?.mmap(vma, 0)?;
    vma.set_mixedmap();
    Ok(())
}

/// The first page that the program sees is none of the area's.
fn foreign_page_after(vma: &VmaNew) -> Result {
    let page = Page::alloc_page(GFP_KERNEL | __GFP_ZERO)?;
    area(vma, Flags::NONE)?.mmap(vma, 0)?;
    vma.set_mixedmap().vm_insert_page(vma.start(), &page)
}

/// A refusal changes nothing: not what the program asked for, and not what may come next.
fn second_try(vma: &VmaNew) -> Result {
    let (offset, flags) = (vma.page_offset(), vma.flags());
    let right = area(vma, Flags::NONE)?;
    let wrong = Area::<u8>::zeroed_slice(vma.end() - vma.start(), Flags::READ_ONLY)?;

    expect(right.mmap(vma, 1) == Err(EINVAL))?;
    expect(right.mmap(vma, usize::MAX) == Err(EOVERFLOW))?;
    expect(wrong.mmap(vma, 0) == Err(EACCES))?;
    expect(vma.page_offset() == offset && vma.flags() == flags)?;
    right.mmap(vma, 0)
}
