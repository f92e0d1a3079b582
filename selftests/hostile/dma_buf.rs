// SPDX-License-Identifier: GPL-2.0

//! What can be done to a [`DmaBuf`].

use crate::{
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    fs::file::flags::{
        O_RDONLY,
        O_RDWR,
        O_WRONLY, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};
use vmremap::{
    Area,
    DmaBuf, //
};

crate::checks! {
    forgotten_dma_buf,
    swapped_dma_bufs,
    dropped_by_another_thread,
    given_to_another_thread,
    refused,
    revoked,
    keeps_from_freezing,
}

fn exported(pages: usize) -> Result<DmaBuf> {
    filled(pages * PAGE_SIZE - 1, 1)?.dma_buf(O_RDWR)
}

/// `DmaBufHeld`: it keeps its area, and is never freed.
fn forgotten_dma_buf(_: &Function<'_>) -> Result {
    mem::forget(exported(1)?);
    Ok(())
}

/// `DmaBufHeld`: each is dropped once.
fn swapped_dma_bufs(_: &Function<'_>) -> Result {
    let mut one = exported(1)?;
    let mut two = exported(2)?;

    mem::swap(&mut one, &mut two);
    assert_eq!(one.size(), 2 * PAGE_SIZE);
    let three = mem::replace(&mut one, exported(3)?);
    drop(one);
    assert_eq!(three.size(), 2 * PAGE_SIZE);
    assert_eq!(two.size(), PAGE_SIZE);
    Ok(())
}

/// `AnyThread`: the area is gone before.
fn dropped_by_another_thread(_: &Function<'_>) -> Result {
    let dma_buf = exported(1)?;

    in_another_thread(move || drop(dma_buf))
}

/// `OwnDescriptors`: a kernel thread has descriptors as well, which nobody uses.
fn given_to_another_thread(_: &Function<'_>) -> Result {
    let dma_buf = exported(1)?;

    in_another_thread(move || {
        let _ = dma_buf.into_fd();
    })
}

/// `DmaBufHeld`: there is none after an error.
fn refused(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;

    for flags in [O_WRONLY, O_RDWR | O_WRONLY, u32::MAX] {
        assert_eq!(area.dma_buf(flags).err(), Some(EINVAL));
    }
    area.dma_buf(O_RDONLY)?;
    Ok(())
}

/// `NotRevoked`: one from before stays, and there is no other.
fn revoked(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;
    let dma_buf = area.dma_buf(O_RDWR)?;

    area.revoke()?;
    assert_eq!(area.dma_buf(O_RDWR).err(), Some(ENODEV));
    drop(area);
    assert_eq!(dma_buf.size(), PAGE_SIZE);
    Ok(())
}

/// `SoleReference`: a dma-buf has a reference on the area.
fn keeps_from_freezing(_: &Function<'_>) -> Result {
    let mut area = filled(PAGE_SIZE, 1)?;
    let _dma_buf = area.dma_buf(O_RDONLY)?;

    assert_eq!(area.freeze().err(), Some(EBUSY));
    Ok(())
}

/// Gives a program a descriptor when it is dropped, which can be when the program exits.
pub(crate) struct ExportAtEnd(pub(crate) Area<[u8]>);

/// The errno that the last one got, or 0.
static RESULT: Atomic<i32> = Atomic::new(0);

impl ExportAtEnd {
    pub(crate) fn result() -> i32 {
        RESULT.load(Relaxed)
    }
}

impl Drop for ExportAtEnd {
    fn drop(&mut self) {
        let result = self.0.dma_buf(O_RDWR).and_then(DmaBuf::into_fd);

        RESULT.store(result.err().map_or(0, |err| -err.to_errno()), Relaxed);
    }
}
