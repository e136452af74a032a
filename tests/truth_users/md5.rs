//! MD5, for what a browser answers to a challenge of the scheme Digest.

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest of a text, in small hexadecimal digits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn md5(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let bits = 8 * bytes.len() as u64;
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend(bits.to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in bytes.chunks_exact(64) {
        let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64_u8 {
            let (round, at) = (usize::from(step / 16), usize::from(step));
            let (mixed, at) = match round {
                0 => ((b & c) | (!b & d), at),
                1 => ((d & b) | (!d & c), (5 * at + 1) % 16),
                2 => (b ^ c ^ d, (3 * at + 5) % 16),
                _ => (c ^ (b | !d), 7 * at % 16),
            };
            let sine = (f64::from(step + 1).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(word(4 * at));
            let turned = sum.rotate_left(SHIFTS[round][usize::from(step % 4)]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().fold(String::new(), |text, word| format!("{text}{:08x}", word.swap_bytes()))
}
