// SPDX-License-Identifier: GPL-2.0

//! Copies out of an area, as drivers make them: `fetch` reads what the compiler has made of each.

#![forbid(unsafe_code)]

use core::hint::black_box;
use kernel::{
    io::{
        io_project,
        io_read,
        io_write,
        Io,
        IoBase, //
    },
    prelude::*, //
};
use vmremap::{
    Area,
    Flags, //
};

module! {
    type: FetchModule,
    name: "vmremap_rust_fetch",
    authors: ["vmremap"],
    description: "vmremap: copies whose machine code is checked",
    license: "GPL",
}

/// Copies a message, checks the copy, and queues it.
#[inline(never)]
fn copies_1_view(area: &Area<[u8]>, queue: &mut [u8; 64]) -> Result<u8> {
    let mut message = [0; 64];

    io_project!(area, [try: 0..64]).read_at(0, &mut message)?;
    match message[0] {
        length @ 0..=64 => {
            *queue = message;
            Ok(length)
        }
        _ => Err(EINVAL),
    }
}

/// The same, by an offset.
#[inline(never)]
fn copies_1_offset(area: &Area<[u8]>, queue: &mut [u8; 512]) -> Result<u8> {
    let mut message = [0; 512];

    area.bytes().read_at(0, &mut message)?;
    match message[0] {
        length @ 0..=64 => {
            *queue = message;
            Ok(length)
        }
        _ => Err(EINVAL),
    }
}

/// The same, as a value.
#[inline(never)]
fn copies_1_value(area: &Area<[u8; 64]>, queue: &mut [u8; 64]) -> Result<u8> {
    let message = area.read_val();

    match message[0] {
        length @ 0..=64 => {
            *queue = message;
            Ok(length)
        }
        _ => Err(EINVAL),
    }
}

/// Copies the same 8 bytes twice.
#[inline(never)]
fn copies_2_words(area: &Area<[u8]>) -> Result<[[u8; 8]; 2]> {
    let (mut first, mut second) = ([0; 8], [0; 8]);
    let view = io_project!(area, [try: 0..8]);

    view.read_at(0, &mut first)?;
    view.read_at(0, &mut second)?;
    Ok([first, second])
}

/// Waits for a program to change 8 bytes.
#[inline(never)]
fn copies_1_repeatedly(area: &Area<[u8]>) -> Result {
    let view = io_project!(area, [try: 0..8]);
    let mut bytes = [0; 8];

    while bytes == [0; 8] {
        view.read_at(0, &mut bytes)?;
    }
    Ok(())
}

#[repr(C)]
#[derive(FromBytes, IntoBytes)]
struct Integers {
    long: u64,
    int: u32,
    short: u16,
    bytes: [u8; 2],
}

/// Reads and writes an integer of each size, by one access.
#[inline(never)]
fn copies_0_integers(area: &Area<Integers>) -> u64 {
    let sum = io_read!(area, .long)
        ^ u64::from(io_read!(area, .int))
        ^ u64::from(io_read!(area, .short))
        ^ u64::from(io_read!(area, .bytes[build: 0]));

    io_write!(area, .long, sum);
    io_write!(area, .int, sum as u32);
    io_write!(area, .short, sum as u16);
    io_write!(area, .bytes[build: 1], sum as u8);
    sum
}

/// Reads and writes all of a struct.
#[inline(never)]
fn copies_2_struct(area: &Area<Integers>) -> u64 {
    let integers = area.as_view().read_val();
    let long = integers.long;

    area.as_view().write_val(integers);
    long
}

struct FetchModule;

impl kernel::Module for FetchModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let area = Area::<u8>::zeroed_slice(4096, Flags::NONE)?;
        let message = Area::<[u8; 64]>::zeroed(Flags::NONE)?;

        area.bytes().write_at(0, &[1])?;
        copies_1_view(&area, black_box(&mut [0; 64]))?;
        copies_1_offset(&area, black_box(&mut [0; 512]))?;
        copies_1_value(&message, black_box(&mut [0; 64]))?;
        black_box(copies_2_words(&area)?);
        copies_1_repeatedly(&area)?;
        let integers = Area::<Integers>::zeroed(Flags::NONE)?;
        black_box(copies_0_integers(&integers));
        black_box(copies_2_struct(&integers));
        Ok(Self)
    }
}
