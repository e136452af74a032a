//! The tests that httpd makes of the path of a request to a server.

use super::{Tests, Unsure};
use crate::model::{Scope, Site};

/// Gathers them.
pub fn tests(_site: &Site<'_>, server: Scope<'_>) -> Tests {
    let unsure = vec![Unsure { span: server.span(), why: "this is not worked out yet".into() }];
    Tests { unsure, ..Tests::default() }
}
