// SPDX-License-Identifier: GPL-2.0

//! What a driver does when a program maps: the offset of `mmap(2)`, in pages, says what.
//!
//! `callback.c` and `selftests/rust.c` map each, and see `EPROTO` where what the callback saw was
//! not as expected.

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
        6 => second_try(mapping),
        // Whoever called the hook releases what it has mapped.
        8 => late_failure(mapping),
        _ => Err(ENXIO),
    }
}

/// Returns an area as large as `mapping`, whose pages each begin with a one.
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

/// The last reference but the mapping's goes before the program sees the mapping.
fn dropped(mapping: &Mapping<'_>) -> Result {
    area(mapping, Flags::NONE)?.mmap(mapping, 0)
}

fn twice(mapping: &Mapping<'_>) -> Result {
    let first = area(mapping, Flags::NONE)?;
    first.mmap(mapping, 0)?;
    expect(area(mapping, Flags::NONE)?.mmap(mapping, 0) == Err(EBUSY))?;
    first.mmap(mapping, 0)
}

/// A refusal changes nothing: not what the program asked for, and not what may come next.
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
