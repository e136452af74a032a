//! Cuts the paths of a server into areas: all paths of an area pass the same tests of the configuration,
//! so that one of them speaks for all, unless an answer hangs on more ([`Decision::hangs_on`]).
//!
//! Tests are gathered generously. One too many cuts an area in two and costs time; one too few would let
//! a path speak for others that it does not know. What tests the path in a way that is not followed here
//! is an [`Unsure`]: where there is one, no path speaks for another.
//!
//! [`Decision::hangs_on`]: super::Decision::hangs_on

mod automaton;
mod bytes;
mod class;
mod expression;
mod names;
mod path;
mod pcre;
mod program;
mod walk;

pub use automaton::{Automaton, State, TooLarge};
pub use bytes::Bytes;
pub use expression::Expression;
pub use path::{decode, encode, normalised};
pub use pcre::{Flags, Pcre, read};
pub use walk::{Area, Failure, Test, areas};
