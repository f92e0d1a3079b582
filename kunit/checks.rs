// SPDX-License-Identifier: GPL-2.0

//! Tests of what the examples in the documentation do not cover.

use kernel::{
    current,
    io::{
        io_project,
        io_read,
        io_write,
        Io,
        IoBase, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::atomic::{
        Acquire,
        Full,
        Relaxed,
        Release, //
    },
    uaccess::UserSlice, //
};
use vmremap::{
    Area,
    Flags,
    PollEvents, //
};

checks! {
    vmremap_rust:
    area_of_no_size_is_refused,
    size_that_wraps_is_refused,
    size_of_no_machine_is_refused,
    zeroed_to_the_last_byte,
    each_set_of_flags_makes_an_area,
    view_is_of_the_field_alone,
    every_access_sees_the_same_bytes,
    copies_end_with_the_area,
    narrow_atomic_leaves_its_neighbours,
    copies_with_no_program_fail,
    guard_that_is_dropped_thaws,
    only_other_areas_prevent_a_freeze,
    index_past_the_end_is_refused,
    clone_outlives_the_first,
    atomics_of_every_type,
    each_event_is_another,
    type_aligned_to_a_page,
}

#[repr(C)]
#[derive(FromBytes, IntoBytes, Clone, Copy, PartialEq, Debug)]
struct Mixed {
    word: u64,
    half: u32,
    bytes: [u8; 4],
}

#[repr(C, align(4096))]
#[derive(FromBytes, IntoBytes)]
struct PageAligned([u8; 4096]);

/// Returns the error of allocating an area of `len` `T`s.
fn refusal<T: FromBytes + IntoBytes>(len: usize) -> Option<Error> {
    Area::<T>::zeroed_slice(len, Flags::NONE).err()
}

fn area_of_no_size_is_refused() -> Result {
    assert_eq!(refusal::<u64>(0), Some(ENODATA));
    assert_eq!(refusal::<()>(7), Some(ENODATA));
    assert_eq!(Area::<()>::zeroed(Flags::NONE).err(), Some(ENODATA));
    Ok(())
}

fn size_that_wraps_is_refused() -> Result {
    let to_bytes = usize::MAX / 8 + 1;
    let to_pages = (usize::MAX - PAGE_SIZE) / 8 + 2;

    assert_eq!(refusal::<u64>(usize::MAX), Some(EOVERFLOW));
    assert_eq!(refusal::<u64>(to_bytes), Some(EOVERFLOW));
    assert_eq!(refusal::<u64>(to_pages), Some(EOVERFLOW));
    Ok(())
}

fn size_of_no_machine_is_refused() -> Result {
    assert_eq!(refusal::<u8>(usize::MAX / 2), Some(ENOMEM));
    Ok(())
}

fn zeroed_to_the_last_byte() -> Result {
    let area = Area::<u8>::zeroed_slice(PAGE_SIZE + 1, Flags::NONE)?;
    for i in 0..area.len() {
        assert_eq!(io_read!(&area, [try: i]), 0);
    }
    Ok(())
}

fn each_set_of_flags_makes_an_area() -> Result {
    let all = [
        Flags::READ_ONLY,
        Flags::DONT_COPY,
        Flags::ACCOUNT,
        Flags::POPULATE,
    ];
    let combined = |set: usize| {
        let chosen = all
            .iter()
            .enumerate()
            .filter(|(bit, _)| set & 1 << bit != 0);
        chosen.fold(Flags::NONE, |flags, (_, &flag)| flags | flag)
    };
    for set in 0..1 << all.len() {
        let flags = combined(set);
        assert_eq!(flags | combined(set), flags);
        for other in 0..1 << all.len() {
            assert_eq!(flags.contains(combined(other)), set & other == other);
        }
        Area::<u8>::zeroed(flags)?;
    }
    Ok(())
}

fn view_is_of_the_field_alone() -> Result {
    let area = Area::<Mixed>::zeroed_slice(300, Flags::NONE)?;
    let start = area.as_view().as_ptr().addr();

    assert_eq!(start % PAGE_SIZE, 0);
    assert_eq!(area.len(), 300);
    assert_eq!(area.size(), 300 * 16);
    assert_eq!(area.bytes().len(), 300 * 16);
    assert_eq!(area.bytes().as_ptr().addr(), start);

    let field = io_project!(&area, [try: 299].bytes[build: 3]);
    assert_eq!(field.as_ptr().addr(), start + 299 * 16 + 15);
    assert_eq!(io_project!(&area, [try: 10..20]).len(), 10);
    Ok(())
}

fn every_access_sees_the_same_bytes() -> Result {
    let area = Area::<Mixed>::zeroed(Flags::NONE)?;
    let mut copy = [0; 16];

    io_write!(&area, .word, u64::from_ne_bytes(*b"abcdefgh"));
    io_project!(&area, .half).store(u32::from_ne_bytes(*b"ijkl"), Release);
    area.bytes().write_at(12, b"mnop")?;

    area.bytes().read_at(0, &mut copy)?;
    assert_eq!(&copy, b"abcdefghijklmnop");
    assert_eq!(io_read!(&area, .bytes[build: 3]), b'p');
    assert_eq!(area.as_view().read_val().bytes, *b"mnop");
    Ok(())
}

fn copies_end_with_the_area() -> Result {
    let area = Area::<u8>::zeroed_slice(PAGE_SIZE - 1, Flags::NONE)?;
    let end = area.size();
    let mut two = [0xff; 2];

    area.bytes().write_at(end - 2, b"yz")?;
    area.bytes().read_at(end - 2, &mut two)?;
    assert_eq!(&two, b"yz");

    for offset in [end - 1, end, PAGE_SIZE, usize::MAX - 1, usize::MAX] {
        assert_eq!(area.bytes().read_at(offset, &mut two), Err(ERANGE));
        assert_eq!(area.bytes().write_at(offset, b"no"), Err(ERANGE));
    }
    assert_eq!(&two, b"yz");
    assert_eq!(io_read!(&area, [try: end - 1]), b'z');

    area.bytes().read_at(end, &mut [])?;
    area.bytes().write_at(0, &[])?;
    assert_eq!(area.bytes().write_at(end + 1, &[]), Err(ERANGE));
    Ok(())
}

fn narrow_atomic_leaves_its_neighbours() -> Result {
    let area = Area::<u8>::zeroed_slice(8, Flags::NONE)?;
    let field = io_project!(&area, [try: 3]);
    let mut all = [0; 8];

    area.bytes().write_at(0, &[0x55; 8])?;
    assert_eq!(field.xchg(0xff, Full), 0x55);
    assert_eq!(field.cmpxchg(0xff, 0x80, Full), Ok(0xff));
    area.bytes().read_at(0, &mut all)?;
    assert_eq!(all, [0x55, 0x55, 0x55, 0x80, 0x55, 0x55, 0x55, 0x55]);
    Ok(())
}

/// These addresses belong to no program.
fn copies_with_no_program_fail() -> Result {
    let area = Area::<u8>::zeroed_slice(100, Flags::NONE)?;
    let user = || UserSlice::new(UserPtr::from_addr(usize::MAX - 4096), 100);

    assert_eq!(
        area.bytes().copy_to_user(0, 100, &mut user().writer()),
        Err(EFAULT)
    );
    assert_eq!(
        area.bytes().copy_from_user(0, 100, &mut user().reader()),
        Err(EFAULT)
    );
    assert_eq!(
        area.bytes().copy_to_user(0, 101, &mut user().writer()),
        Err(ERANGE)
    );
    assert_eq!(
        area.bytes().copy_from_user(0, 101, &mut user().reader()),
        Err(ERANGE)
    );
    assert_eq!(
        area.bytes().copy_to_user(1, 100, &mut user().writer()),
        Err(ERANGE)
    );
    assert_eq!(
        area.bytes()
            .copy_from_user(usize::MAX, 2, &mut user().reader()),
        Err(ERANGE)
    );

    // In insmod this is granted, and in KUnit's kernel thread it is refused.
    let nothing = current!().mm().map(|_| ()).ok_or(EFAULT);
    assert_eq!(
        area.bytes().copy_to_user(100, 0, &mut user().writer()),
        nothing
    );
    assert_eq!(
        area.bytes().copy_from_user(100, 0, &mut user().reader()),
        nothing
    );

    let less = || UserSlice::new(UserPtr::from_addr(usize::MAX - 4096), 99);
    assert_eq!(
        area.bytes().copy_to_user(0, 100, &mut less().writer()),
        Err(ERANGE)
    );
    assert_eq!(
        area.bytes().copy_from_user(0, 100, &mut less().reader()),
        Err(ERANGE)
    );
    Ok(())
}

/// `NoUserAccess`: memory can be frozen again after the guard was dropped.
fn guard_that_is_dropped_thaws() -> Result {
    let mut area = Area::<u32>::zeroed(Flags::REVOCABLE)?;

    drop(area.freeze()?);
    drop(area.freeze()?);
    Ok(())
}

/// `SoleReference`: another `Area` prevents freezing, because it gives access to the memory. A
/// `WeakArea` can only map the memory, and does not prevent freezing.
fn only_other_areas_prevent_a_freeze() -> Result {
    let mut area = Area::<u32>::zeroed(Flags::REVOCABLE)?;
    let weak = area.downgrade();
    let _weaker = weak.clone();

    for _ in 0..2 {
        let clone = area.clone();
        let _weakest = clone.downgrade();

        assert_eq!(area.freeze().err(), Some(EBUSY));
        drop(clone);
        drop(area.freeze()?);
    }
    Ok(())
}

fn index_past_the_end_is_refused() -> Result {
    fn read(area: &Area<[u16]>, index: usize) -> Result<u16> {
        Ok(io_read!(area, [try: index]))
    }
    let area = Area::<u16>::zeroed_slice(5, Flags::NONE)?;

    assert_eq!(read(&area, 4), Ok(0));
    assert_eq!(read(&area, 5), Err(ERANGE));
    assert_eq!(read(&area, usize::MAX), Err(ERANGE));
    Ok(())
}

fn clone_outlives_the_first() -> Result {
    let first = Area::<u32>::zeroed(Flags::NONE)?;
    let second = first.clone();
    let third = second.clone();

    first.as_view().write_val(7);
    drop(first);
    drop(third);
    assert_eq!(second.as_view().read_val(), 7);
    Ok(())
}

fn atomics_of_every_type() -> Result {
    macro_rules! atomic {
        ($ty:ident, $top:expr $(, $fetch_add:ident)?) => {
            let (one, top): ($ty, $ty) = (1, $top);
            let area = Area::<$ty>::zeroed(Flags::NONE)?;
            let field = area.as_view();

            assert_eq!(field.load(Acquire), 0);
            assert_eq!(field.xchg(one, Full), 0);
            assert_eq!(field.cmpxchg(0, top, Full), Err(one));
            assert_eq!(field.cmpxchg(one, top, Relaxed), Ok(one));
            field.store(one, Release);
            assert_eq!(field.read_val(), one);
            field.write_val(top);
            assert_eq!(field.load(Relaxed), top);
            $(
                assert_eq!(field.$fetch_add(one, Relaxed), top);
                assert_eq!(field.load(Acquire), $ty::MIN);
            )?
        };
    }
    atomic!(i8, i8::MIN);
    atomic!(u8, u8::MAX);
    atomic!(i16, i16::MIN);
    atomic!(u16, u16::MAX);
    atomic!(i32, i32::MAX, fetch_add);
    atomic!(u32, u32::MAX, fetch_add);
    atomic!(i64, i64::MAX, fetch_add);
    atomic!(u64, u64::MAX, fetch_add);
    atomic!(isize, isize::MAX, fetch_add);
    atomic!(usize, usize::MAX, fetch_add);
    Ok(())
}

fn each_event_is_another() -> Result {
    let all = [
        PollEvents::IN,
        PollEvents::OUT,
        PollEvents::ERR,
        PollEvents::HUP,
    ];
    for (nr, &one) in all.iter().enumerate() {
        assert!(one != PollEvents::NONE);
        assert_eq!(one | PollEvents::NONE, one);
        for &other in all.iter().skip(nr + 1) {
            assert!(one | other != one && one | other != other);
        }
    }
    Ok(())
}

fn type_aligned_to_a_page() -> Result {
    let area = Area::<PageAligned>::zeroed_slice(2, Flags::NONE)?;

    assert!(area.as_view().as_ptr().cast::<PageAligned>().is_aligned());
    Ok(())
}
