// SPDX-License-Identifier: GPL-2.0

//! Mmap hooks under test. The offset of `mmap(2)`, in pages, selects one of them.
//!
//! `callback.c` and `selftests/rust.c` call each hook. If a hook sees something unexpected, it
//! returns `EPROTO`.

use kernel::{
    io::io_write,
    page::PAGE_SIZE,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    Mapping, //
};

pub(crate) fn mmap(mapping: &Mapping<'_>) -> Result {
    match mapping.page_offset() {
        0 => dropped(mapping),
        1 => twice(mapping),
        2 => weak(mapping),
        3 => weak_of_nothing(mapping),
        4 => weak_while_frozen(mapping),
        6 => second_try(mapping),
        // The hook fails after it has mapped an area. Its caller must release the area.
        8 => late_failure(mapping),
        _ => Err(ENXIO),
    }
}

/// Returns an area as large as `mapping`. The first byte of each page is 1.
fn area(mapping: &Mapping<'_>, flags: Flags) -> Result<Area<[u8]>> {
    let area = Area::<u8>::zeroed_slice(mapping.end() - mapping.start(), flags)?;
    for page in (0..area.len()).step_by(PAGE_SIZE) {
        io_write!(&area, [try: page], 1);
    }
    Ok(area)
}

fn expect(what: bool) -> Result {
    what.then_some(()).ok_or(EPROTO)
}

/// Drops the driver's reference before the program sees the mapping, which has its own.
fn dropped(mapping: &Mapping<'_>) -> Result {
    area(mapping, Flags::NONE)?.mmap(mapping, 0)
}

fn twice(mapping: &Mapping<'_>) -> Result {
    let first = area(mapping, Flags::NONE)?;
    first.mmap(mapping, 0)?;
    expect(area(mapping, Flags::NONE)?.mmap(mapping, 0) == Err(EBUSY))?;
    // A driver that ignores the error cannot map the VMA any more.
    first.mmap(mapping, 0)
}

/// A mapping through a weak handle is like any other, also after this handle was dropped.
fn weak(mapping: &Mapping<'_>) -> Result {
    let area = area(mapping, Flags::NONE)?;
    let first = area.downgrade();
    let second = first.clone();

    drop(first);
    expect(!area.is_mapped())?;
    second.mmap(mapping, 0)?;
    expect(area.is_mapped())
}

/// Once the last `Area` is dropped, a weak handle refuses to map. Until then, it returns the same
/// errors as an `Area`.
fn weak_of_nothing(mapping: &Mapping<'_>) -> Result {
    let area = area(mapping, Flags::NONE)?;
    let (weak, clone) = (area.downgrade(), area.clone());

    drop(area);
    expect(weak.mmap(mapping, usize::MAX) == Err(EOVERFLOW))?;
    drop(clone);
    // The refusal below also undoes this mapping.
    self::area(mapping, Flags::NONE)?.mmap(mapping, 0)?;
    weak.mmap(mapping, 0)
}

/// Maps a frozen area. After the thaw, the program sees what the driver has written before.
fn weak_while_frozen(mapping: &Mapping<'_>) -> Result {
    let len = mapping.end() - mapping.start();
    let mut area = Area::<u8>::zeroed_slice(len, Flags::REVOCABLE)?;
    let weak = area.downgrade();
    let mut frozen = area.freeze()?;

    weak.mmap(mapping, 0)?;
    for page in frozen.chunks_mut(PAGE_SIZE) {
        if let Some(first) = page.first_mut() {
            *first = 1;
        }
    }
    Ok(())
}

/// A call that fails leaves the mapping as it was, so that a later call can succeed.
fn second_try(mapping: &Mapping<'_>) -> Result {
    let right = area(mapping, Flags::NONE)?;
    let wrong = area(mapping, Flags::READ_ONLY)?;

    expect(right.mmap(mapping, 1) == Err(EINVAL))?;
    expect(right.mmap(mapping, usize::MAX) == Err(EOVERFLOW))?;
    expect(wrong.mmap(mapping, 0) == Err(EACCES))?;
    right.mmap(mapping, 0)
}

fn late_failure(mapping: &Mapping<'_>) -> Result {
    dropped(mapping)?;
    Err(ENXIO)
}
