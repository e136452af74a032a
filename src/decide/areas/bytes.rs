//! Sets of bytes.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes([u64; 4]);

impl Bytes {
    /// No byte.
    pub const NONE: Bytes = Bytes([0; 4]);
    /// Every byte.
    pub const ALL: Bytes = Bytes([u64::MAX; 4]);

    /// The set whose bits are those of four words.
    #[must_use]
    pub const fn from_words(words: [u64; 4]) -> Self {
        Bytes(words)
    }

    /// One byte alone.
    #[must_use]
    pub fn one(byte: u8) -> Self {
        Bytes::range(byte, byte)
    }

    /// All bytes from `first` to `last`.
    #[must_use]
    pub fn range(first: u8, last: u8) -> Self {
        let mut set = Bytes::NONE;
        for byte in first..=last {
            set.insert(byte);
        }
        set
    }

    /// Exactly these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        bytes.iter().fold(Bytes::NONE, |mut set, &byte| {
            set.insert(byte);
            set
        })
    }

    /// Takes a byte in.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Whether the byte is one of them.
    #[must_use]
    pub fn contains(self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Bytes::NONE
    }

    /// The bytes of both.
    #[must_use]
    pub fn or(self, other: Bytes) -> Self {
        Bytes(std::array::from_fn(|n| self.0[n] | other.0[n]))
    }

    /// All other bytes.
    #[must_use]
    pub fn inverse(self) -> Self {
        Bytes(self.0.map(|word| !word))
    }

    /// The same with letters of the other case; only ASCII has cases.
    #[must_use]
    pub fn caseless(self) -> Self {
        let mut set = self;
        for letter in b'a'..=b'z' {
            if self.contains(letter) || self.contains(letter.to_ascii_uppercase()) {
                set.insert(letter);
                set.insert(letter.to_ascii_uppercase());
            }
        }
        set
    }
}
