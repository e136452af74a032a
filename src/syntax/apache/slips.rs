//! What httpd would refuse, up to a number.

use std::borrow::Cow;

use crate::syntax::{MAX_SLIPS, Range, Slip};

#[derive(Default)]
pub struct Slips {
    told: Vec<Slip>,
    more: usize,
    /// Takes the details of a slip that is only counted.
    untold: Slip,
}

impl Slips {
    /// Notes what httpd refuses; from a certain number on it is only counted.
    pub fn add<M: Into<Cow<'static, str>>>(&mut self, at: Range, message: M) -> &mut Slip {
        if self.told.len() == MAX_SLIPS - 1 {
            self.more += 1;
            return &mut self.untold;
        }
        self.told.push(Slip { at, message: message.into(), ..Slip::default() });
        self.told.last_mut().expect("one was pushed")
    }

    pub fn finish(mut self) -> Vec<Slip> {
        if self.more > 0 {
            let at = self.told[MAX_SLIPS - 2].at;
            let message = format!("{} more places like these in the file", self.more);
            self.told.push(Slip { at, message: message.into(), ..Slip::default() });
        }
        self.told
    }
}
