//! What is not known, tried in all its ways.
//!
//! Where the way of a request hangs on something unknown, a question is asked here and one of its answers
//! taken. The request then goes its way again with the other answers; only what all ways agree on
//! is an answer. The same question has the same answer on one way.

/// A question that was asked on the present way.
#[derive(Debug)]
struct Choice {
    key: String,
    taken: usize,
    options: usize,
    why: String,
}

/// The answers taken on the present way.
#[derive(Debug, Default)]
pub(super) struct Choices {
    made: Vec<Choice>,
    /// Why the question matters whose answer was changed last.
    pub(super) why: String,
}

impl Choices {
    /// One of `options` answers to a question. `key` tells questions apart, `why` says what is not known.
    pub(super) fn ask(&mut self, key: &str, options: usize, why: &str) -> usize {
        if let Some(choice) = self.made.iter().find(|choice| choice.key == key) {
            return choice.taken.min(options.saturating_sub(1));
        }
        self.made.push(Choice { key: key.to_owned(), taken: 0, options, why: why.to_owned() });
        0
    }

    /// Takes the next way; false when all were gone.
    pub(super) fn advance(&mut self) -> bool {
        while let Some(mut choice) = self.made.pop() {
            if choice.taken + 1 < choice.options {
                choice.taken += 1;
                self.why.clone_from(&choice.why);
                self.made.push(choice);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_are_gone() {
        let mut choices = Choices::default();
        let mut ways = Vec::new();
        loop {
            let first = choices.ask("a", 2, "a is not known");
            let second = if first == 1 { choices.ask("b", 3, "b is not known") } else { 9 };
            assert_eq!(choices.ask("a", 2, ""), first);
            ways.push((first, second));
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(ways, [(0, 9), (1, 0), (1, 1), (1, 2)]);
    }
}
