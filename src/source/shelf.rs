//! A list that grows while others read it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Rows hold 1, 2, 4, ... things, so that nothing is ever moved.
const ROWS: usize = 31;

/// A list to which anybody may add; what is in it stays where it is.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    rows: [OnceLock<Box<[OnceLock<T>]>>; ROWS],
    len: AtomicU32,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { rows: [const { OnceLock::new() }; ROWS], len: AtomicU32::new(0) }
    }
}

impl<T> Shelf<T> {
    /// Adds a thing and gives its number.
    pub fn put(&self, thing: T) -> u32 {
        let number = self.len.fetch_add(1, Ordering::Relaxed);
        let (row, at) = place(number);
        let make = || std::iter::repeat_with(OnceLock::new).take(1 << row).collect();
        if let Some(row) = self.rows.get(row) {
            let _ = row.get_or_init(make)[at].set(thing);
        }
        number
    }

    /// The thing with a number.
    pub fn get(&self, number: u32) -> Option<&T> {
        let (row, at) = place(number);
        self.rows.get(row)?.get()?.get(at)?.get()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed) as usize
    }
}

/// The row of a number and its place in it.
fn place(number: u32) -> (usize, usize) {
    let number = number as usize + 1;
    let row = number.ilog2() as usize;
    (row, number - (1 << row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_stays() {
        let shelf = Shelf::default();
        let first = shelf.put(0);
        let kept = shelf.get(first);
        assert!((1..100).all(|thing| shelf.put(thing) == thing));
        assert_eq!(kept, Some(&0));
        assert!((0..100).all(|number| shelf.get(number) == Some(&number)));
        assert_eq!((shelf.get(100), shelf.len()), (None, 100));
    }
}
