// SPDX-License-Identifier: GPL-2.0

//! `RegistrationPinned`: a registration stays where it was made, and so does the data in it.

use core::mem;
use kernel::{
    miscdevice::MiscDeviceOptions,
    prelude::*, //
};
use vmremap::{
    MiscArgs,
    MiscDevice,
    MiscDeviceRegistration, //
};

type Boxed<T> = Pin<KBox<MiscDeviceRegistration<T>>>;

fn made_on_the_stack<T: MiscDevice<RegistrationData = ()>>(
    options: MiscDeviceOptions,
) -> MiscDeviceRegistration<T> {
    MiscDeviceRegistration::register(options, ()) //~ E0308
}

fn moved_out<T: MiscDevice>(registration: Boxed<T>) -> KBox<MiscDeviceRegistration<T>> {
    Pin::into_inner(registration) //~ E0277
}

fn swapped<T: MiscDevice>(one: &mut Boxed<T>, other: &mut Boxed<T>) {
    mem::swap(
        &mut **one,   //~ E0596
        &mut **other, //~ E0596
    );
}

fn data_moved_out<T: MiscDevice>(registration: &MiscDeviceRegistration<T>) -> T::RegistrationData {
    *registration.data() //~ E0507
}

fn data_replaced<T: MiscDevice<RegistrationData = u64>>(registration: &MiscDeviceRegistration<T>) {
    *registration.data() = 1; //~ E0594
}

fn data_moved_in_open<T: MiscDevice>(args: MiscArgs<'_, T>) -> T::RegistrationData {
    *args.data //~ E0507
}
