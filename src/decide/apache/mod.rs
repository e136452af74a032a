//! The way of a request through apache.

use super::{Decider, Decision, Request};

/// What is worked out once and asked often.
#[derive(Debug, Default)]
pub struct Prepared<'s> {
    marker: std::marker::PhantomData<&'s ()>,
}

/// What apache answers.
pub fn decide(_decider: &Decider<'_>, _request: &Request) -> Decision {
    Decision::undetermined("this is not decided yet")
}
