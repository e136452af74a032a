//! Quotes, and what was meant where they are wrong.

use pest::Parser;

use super::grammar::{Grammar, Rule};
use super::{BUFFER, Reader};
use crate::source::offset;
use crate::syntax::{Range, Slip, flag, template};

impl<'s> Reader<'s> {
    pub(super) fn quoted(&mut self, at: Range) -> u32 {
        let behind = self.text[at.end as usize..].chars().next().filter(|&next| !may_follow_quote(next));
        let is_wrong = behind.is_some() || !self.fits(at.end, at.start + 1);
        // Once slips are only counted, it is not worth reading anything again for what was meant.
        if is_wrong
            && self.more_slips == 0
            && let Some(end) = self.meant(at, behind)
        {
            return end;
        }
        if let Some(behind) = behind {
            self.wrong_quote(at, behind);
        }
        self.quoted_word(at);
        at.end
    }

    fn quoted_word(&mut self, at: Range) {
        self.word(at, Range { start: at.start + 1, end: at.end - 1 }, flag::QUOTED);
    }

    fn wrong_quote(&mut self, at: Range, behind: char) -> &mut Slip {
        let place = Range { start: at.end - 1, end: at.end + offset(behind.len_utf8()) };
        self.slip(place, "only a blank, `;`, `{` or `)` may follow a closing quote")
    }

    /// Takes in what was meant, if it can be guessed, by a quoted word that nginx does not take; gives
    /// the end of it.
    fn meant(&mut self, at: Range, behind: Option<char>) -> Option<u32> {
        if let Some(end) = self.filled_in(at.start) {
            self.quoted_word(Range { end, ..at });
            return Some(end);
        }
        if self.slice(at).contains(&b'\n') {
            return Some(self.unclosed_quote(at.start, Some(Range { start: at.end - 1, ..at })));
        }
        // `'it's so'`: the next quote looks more like the closing one.
        let line = self.line(at.end);
        let end = memchr::memchr(self.text.as_bytes()[at.start as usize], line.as_bytes())?;
        if line[..end].ends_with([' ', '\t']) || !line[end + 1..].chars().next().is_none_or(may_follow_quote)
        {
            return None;
        }
        self.wrong_quote(at, behind?).help = Some("write `\\` before a quote that belongs to the value");
        let end = at.end + offset(end) + 1;
        self.quoted_word(Range { end, ..at });
        Some(end)
    }

    /// The end of a quoted word with template marks that hold quotes, if that is what begins here.
    fn filled_in(&self, start: u32) -> Option<u32> {
        let line = self.line(start);
        let word = Grammar::parse(Rule::filled_in, line).ok()?.as_str();
        let behind = line[word.len()..].chars().next();
        (template::has_brackets(word.as_bytes()) && behind.is_none_or(may_follow_quote))
            .then(|| start + offset(word.len()))
    }

    /// The rest of the line, or as much of it as a word can have.
    fn line(&self, start: u32) -> &'s str {
        let rest = &self.text[start as usize..];
        let rest = &rest[..rest.floor_char_boundary(BUFFER)];
        &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())]
    }

    /// A quote without its end, or with one too far away: it is taken to end with its line, before
    /// the `;` or `{` there. Gives the end of the word.
    pub(super) fn unclosed_quote(&mut self, start: u32, next: Option<Range>) -> u32 {
        let quote = Range { start, end: start + 1 };
        match next {
            None => drop(self.slip(quote, "this quote is never closed")),
            Some(next) => {
                self.slip(quote, "this quote is not closed on its line").because =
                    Some((next, "nginx takes everything up to here for one word"));
            }
        }
        let line = self.line(start + 1).trim_ascii_end();
        let end = line.rfind([';', '{']).filter(|end| {
            let behind = line[end + 1..].trim_ascii_start();
            behind.is_empty() || behind.starts_with('#')
        });
        let end = start + 1 + offset(line[..end.unwrap_or(line.len())].trim_ascii_end().len());
        let inside = Range { start: start + 1, end };
        self.word(inside, inside, 0);
        end
    }
}

fn may_follow_quote(next: char) -> bool {
    matches!(next, ' ' | '\t' | '\r' | '\n' | ';' | '{' | ')')
}
