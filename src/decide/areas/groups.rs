//! Groups of regular expressions: what begins with `(`.

use super::expression::Expression;
use super::pcre::{Reader, single};

/// Groups in groups deeper than this are not read.
const MOST_GROUPS: usize = 60;

impl Reader<'_> {
    /// Reads one, behind its `(`.
    pub(super) fn group(&mut self) -> Result<Vec<Expression>, String> {
        if self.rest.starts_with(b"*") {
            return Err("a verb in `(*...)`".into());
        }
        self.depth += 1;
        if self.depth > MOST_GROUPS {
            return Err("too many groups in groups".into());
        }
        let flags = self.flags;
        let found = self.group_inside();
        self.depth -= 1;
        let (parts, keeps_flags) = found?;
        if !keeps_flags {
            self.flags = flags;
        }
        Ok(parts)
    }

    /// The inside of a group, and whether it was `(?i)`, which goes on behind it.
    fn group_inside(&mut self) -> Result<(Vec<Expression>, bool), String> {
        if self.eat(b"?#") {
            self.until(b')')?;
            return Ok((Vec::new(), true));
        }
        if self.eat(b"?=") {
            let of = self.inside()?;
            return Ok((vec![Expression::before(of)], false));
        }
        if self.eat(b"?!") {
            self.in_negation += 1;
            let of = self.inside();
            self.in_negation -= 1;
            return Ok((vec![Expression::not_before(of?)], false));
        }
        for (start, is_negated) in [(&b"?<="[..], false), (b"?<!", true)] {
            if self.eat(start) {
                let of = self.inside()?;
                return Ok((vec![self.behind(&of, is_negated)?], false));
            }
        }
        if self.eat(b"?>") {
            let of = self.inside()?;
            self.matches_more("an atomic group")?;
            return Ok((vec![of], false));
        }
        for (start, end) in [(&b"?<"[..], b'>'), (b"?P<", b'>'), (b"?'", b'\'')] {
            if self.eat(start) {
                self.until(end)?;
                return Ok((vec![self.inside()?], false));
            }
        }
        if self.eat(b"?|") || !self.rest.starts_with(b"?") {
            return Ok((vec![self.inside()?], false));
        }
        self.next();
        let mut is_on = true;
        loop {
            match self.next() {
                Some(b'i') => self.flags.is_caseless = is_on,
                Some(b's') => self.flags.dot_all = is_on,
                Some(b'm') => self.flags.is_multiline = is_on,
                Some(b'x') => self.flags.is_extended = is_on,
                Some(b'-') if is_on => is_on = false,
                Some(b':') => return Ok((vec![self.inside()?], false)),
                Some(b')') => return Ok((Vec::new(), true)),
                _ => return Err("a group that begins with `(?`".into()),
            }
        }
    }

    fn inside(&mut self) -> Result<Expression, String> {
        let inside = self.alternatives()?;
        if self.eat(b")") { Ok(inside) } else { Err("a `(` without its `)`".into()) }
    }

    /// Lookbehind: of one byte it is worked out.
    fn behind(&mut self, of: &Expression, is_negated: bool) -> Result<Expression, String> {
        if let Some(set) = single(of) {
            let set = if is_negated { set.inverse() } else { set };
            return Ok(Expression::Behind { set, at_start: is_negated });
        }
        self.matches_more("a lookbehind")?;
        Ok(Expression::Empty)
    }
}
