// SPDX-License-Identifier: GPL-2.0

//! Assertions that make a test return an error. KUnit's own assertions end the test's thread, so
//! that no value is dropped.

macro_rules! assert {
    ($condition:expr $(,)?) => {
        if !$condition {
            kernel::prelude::pr_info!("# line {}: {}\n", line!(), stringify!($condition));
            return Err(kernel::error::code::EPROTO);
        }
    };
}

macro_rules! assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) if left != right => {
                kernel::prelude::pr_info!("# line {}: {:?}, not {:?}\n", line!(), left, right);
                return Err(kernel::error::code::EPROTO);
            }
            _ => {}
        }
    };
}
