//! Files that nginx and Debian's package of it ship, and that say the same of every place.

use std::path::Path;

use super::names::Family;

/// Each with the list that it fills. None of them has a line about `Authorization`.
const SHIPPED: &[(&str, Family)] = &[
    ("fastcgi_params", Family::FastcgiParams),
    ("fastcgi.conf", Family::FastcgiParams),
    ("snippets/fastcgi-php.conf", Family::FastcgiParams),
    ("uwsgi_params", Family::UwsgiParams),
    ("scgi_params", Family::ScgiParams),
    ("proxy_params", Family::ProxyHeaders),
];

/// The list that a file of this path fills, if it is one of those: where it is included, the lines of outer
/// blocks are not inherited (spec U4).
pub(super) fn shipped_list(path: &str) -> Option<Family> {
    let known = SHIPPED.iter().find(|(name, _)| Path::new(path).ends_with(name));
    known.map(|(_, list)| *list)
}
