// SPDX-License-Identifier: GPL-2.0

//! What can be done to a [`DmaBuf`] and a [`DmaBufImporter`].

use crate::{
    filled,
    in_another_thread,
    Function, //
};
use core::mem;
use kernel::{
    dma::DataDirection,
    fs::file::flags::{
        O_RDONLY,
        O_RDWR,
        O_WRONLY, //
    },
    page::PAGE_SIZE,
    prelude::*,
    scatterlist::SGTable,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
};
use vmremap::{
    Area,
    DmaBuf,
    DmaBufImporter, //
};

crate::checks! {
    forgotten_dma_buf,
    swapped_dma_bufs,
    dropped_by_another_thread,
    given_to_another_thread,
    refused,
    revoked,
    keeps_from_freezing,
    imported_in_no_direction,
    imported_by_a_forgotten_importer,
    imported_again_meanwhile,
    imported_by_another_thread_meanwhile,
    imported_while_it_is_revoked,
    written_though_it_is_read_only,
    of_a_wrong_descriptor,
}

fn exported(pages: usize) -> Result<DmaBuf> {
    filled(pages * PAGE_SIZE - 1, 1)?.dma_buf(O_RDWR)
}

/// `DmaBufHeld`: the dma-buf keeps its area, and neither is ever freed.
fn forgotten_dma_buf(_: &Function<'_>) -> Result {
    mem::forget(exported(1)?);
    Ok(())
}

/// `DmaBufHeld`: each reference is dropped once, wherever it was moved to.
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

/// `AnyThread`: the thread that made it has dropped its area by then.
fn dropped_by_another_thread(_: &Function<'_>) -> Result {
    let dma_buf = exported(1)?;

    in_another_thread(move || drop(dma_buf))
}

/// `OwnDescriptors`: a kernel thread has a table of file descriptors, too, so this only leaks.
fn given_to_another_thread(_: &Function<'_>) -> Result {
    let dma_buf = exported(1)?;

    in_another_thread(move || {
        let _ = dma_buf.into_fd();
    })
}

/// `DmaBufHeld`: an error leaves no dma-buf behind.
fn refused(_: &Function<'_>) -> Result {
    let area = filled(PAGE_SIZE, 1)?;

    for flags in [O_WRONLY, O_RDWR | O_WRONLY, u32::MAX] {
        assert_eq!(area.dma_buf(flags).err(), Some(EINVAL));
    }
    area.dma_buf(O_RDONLY)?;
    Ok(())
}

/// `NotRevoked`: a revoked area is not exported, and a dma-buf from before stays usable.
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

/// Returns how many bytes are mapped.
fn bytes(table: &SGTable) -> usize {
    table.iter().map(|entry| entry.dma_len() as usize).sum()
}

/// `DmaMapped`: for this direction, the kernel does a `BUG_ON()`.
fn imported_in_no_direction(pdev: &Function<'_>) -> Result {
    let importer = DmaBufImporter::new(pdev.as_ref())?;
    let mapped = importer.map(&exported(1)?, DataDirection::None, bytes);

    assert_eq!(mapped.err(), Some(EINVAL));
    Ok(())
}

/// `DeviceBound`: devres ends the importer that was forgotten, when the device is unbound.
fn imported_by_a_forgotten_importer(pdev: &Function<'_>) -> Result {
    let importer = KBox::leak(KBox::new(DmaBufImporter::new(pdev.as_ref())?, GFP_KERNEL)?);
    let mut other = DmaBufImporter::new(pdev.as_ref())?;

    mem::swap(importer, &mut other);
    drop(other);
    assert_eq!(
        importer.map(&exported(3)?, DataDirection::ToDevice, bytes)?,
        3 * PAGE_SIZE
    );
    Ok(())
}

/// `ImportStays`: each map has a table of its own.
fn imported_again_meanwhile(pdev: &Function<'_>) -> Result {
    let importer = DmaBufImporter::new(pdev.as_ref())?;
    let dma_buf = exported(2)?;

    importer.map(&dma_buf, DataDirection::ToDevice, |outer| {
        for _ in 0..3 {
            importer.map(&dma_buf, DataDirection::Bidirectional, |inner| {
                assert_eq!(bytes(inner), 2 * PAGE_SIZE);
                Ok(())
            })??;
        }
        assert_eq!(bytes(outer), 2 * PAGE_SIZE);
        Ok(())
    })?
}

/// `AnyThread`: two threads map for the same device.
fn imported_by_another_thread_meanwhile(pdev: &Function<'_>) -> Result {
    let importer = Arc::new(DmaBufImporter::new(pdev.as_ref())?, GFP_KERNEL)?;
    let shared = (importer.clone(), exported(1)?);
    let dma_buf = exported(2)?;

    importer.map(&dma_buf, DataDirection::FromDevice, |table| {
        in_another_thread(move || {
            let (importer, dma_buf) = shared;

            if importer.map(&dma_buf, DataDirection::ToDevice, bytes) != Ok(PAGE_SIZE) {
                pr_err!("another thread cannot map\n");
            }
        })?;
        assert_eq!(bytes(table), 2 * PAGE_SIZE);
        Ok(())
    })?
}

/// `AreaOutlives`, `ImportStays`: the table stays while the area is revoked and dropped.
fn imported_while_it_is_revoked(pdev: &Function<'_>) -> Result {
    let importer = DmaBufImporter::new(pdev.as_ref())?;
    let area = filled(PAGE_SIZE, 1)?;
    let dma_buf = area.dma_buf(O_RDWR)?;

    importer.map(&dma_buf, DataDirection::ToDevice, move |table| {
        area.revoke()?;
        drop(area);
        for _ in 0..64 {
            drop(filled(PAGE_SIZE, 2)?);
        }
        assert_eq!(bytes(table), PAGE_SIZE);
        Ok(())
    })??;
    assert_eq!(
        importer.map(&dma_buf, DataDirection::ToDevice, bytes).err(),
        Some(ENODEV)
    );
    Ok(())
}

/// `PolicyHeld`: a device cannot write to a dma-buf that was exported read-only.
fn written_though_it_is_read_only(pdev: &Function<'_>) -> Result {
    let importer = DmaBufImporter::new(pdev.as_ref())?;
    let dma_buf = filled(PAGE_SIZE, 1)?.dma_buf(O_RDONLY)?;

    for direction in [DataDirection::FromDevice, DataDirection::Bidirectional] {
        assert_eq!(importer.map(&dma_buf, direction, bytes).err(), Some(EACCES));
    }
    Ok(())
}

/// `DmaBufHeld`: a number that is no file descriptor gives no dma-buf.
fn of_a_wrong_descriptor(_: &Function<'_>) -> Result {
    for fd in [u32::MAX, i32::MAX as u32, 1 << 31, 12345] {
        assert_eq!(DmaBuf::from_fd(fd).err(), Some(EBADF));
    }
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
