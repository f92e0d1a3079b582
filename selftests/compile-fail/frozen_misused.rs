// SPDX-License-Identifier: GPL-2.0

//! `NoUserAccess` `SoleReference`: a reference to frozen memory does not outlive the guard, and nothing else accesses
//! the area meanwhile.

use core::mem;
use kernel::{
    io::io_read,
    prelude::*, //
};
use vmremap::{
    Area,
    Flags,
    Frozen,
    Mapping, //
};

fn words() -> Result<Area<[u32]>> {
    Area::<u32>::zeroed_slice(4, Flags::REVOCABLE)
}

fn reference_outlives_guard() -> Result<u32> {
    let mut area = words()?;
    let frozen = area.freeze()?;
    let word = frozen.first().ok_or(EINVAL)?;
    drop(frozen); //~ E0505
    Ok(*word)
}

fn guard_outlives_area() -> Result<Frozen<'static, [u32]>> {
    let mut area = words()?;
    area.freeze() //~ E0515
}

fn guard_while_a_view_is_out() -> Result<u32> {
    let mut area = words()?;
    let view = area.bytes();
    let _frozen = area.freeze()?; //~ E0502
    Ok(io_read!(view, [try: 0]).into())
}

fn view_while_frozen() -> Result<u32> {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    let word = io_read!(&area, [try: 0]); //~ E0502
    frozen.fill(word);
    Ok(word)
}

fn two_guards() -> Result<bool> {
    let mut area = words()?;
    let first = area.freeze()?;
    let second = area.freeze()?; //~ E0499
    Ok(first.is_empty() || second.is_empty())
}

fn cloned_while_frozen() -> Result<Area<[u32]>> {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    let other = area.clone(); //~ E0502
    frozen.fill(1);
    Ok(other)
}

fn shared_handle(area: &Area<[u32]>) -> Result<bool> {
    let frozen = area.freeze()?; //~ E0596
    Ok(frozen.is_empty())
}

fn swapped_while_frozen(mut other: Area<[u32]>) -> Result {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    mem::swap(&mut area, &mut other); //~ E0499
    frozen.fill(1);
    Ok(())
}

fn replaced_while_frozen(other: Area<[u32]>) -> Result {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    area = other; //~ E0506
    frozen.fill(1);
    drop(area);
    Ok(())
}

fn dropped_while_frozen() -> Result {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    drop(area); //~ E0505
    frozen.fill(1);
    Ok(())
}

fn mapped_while_frozen(mapping: &Mapping<'_>) -> Result {
    let mut area = words()?;
    let mut frozen = area.freeze()?;
    area.mmap(mapping, 0)?; //~ E0502
    area.revoke()?; //~ E0502
    frozen.fill(1);
    Ok(())
}
