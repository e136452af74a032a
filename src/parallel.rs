//! Work shared among the processors, where there is enough of it.

use rayon::prelude::*;

/// The results of `f` for all items, in their order. Where it is not worth it, no thread is started:
/// for a small configuration that would cost more than the whole run.
pub fn map<T: Sync, R: Send>(items: &[T], is_worth_it: bool, f: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    if is_worth_it { items.par_iter().map(f).collect() } else { items.iter().map(f).collect() }
}
