//! `<Macro>` and `Use` (spec a31).

use std::rc::Rc;

use super::reader::{Frame, Reader};
use super::reading::Line;
use crate::finding::{Problem, ProblemKind};
use crate::load::{Files, Instance};
use crate::source::offset;
use crate::syntax::StatementId;

/// A macro: its text is that of its section.
pub struct Macro {
    instance: u32,
    statement: StatementId,
    parameters: Vec<Vec<u8>>,
}

impl Reader {
    pub(super) fn define_macro(&mut self, files: &Files, line: Line) {
        let mut words = self.reading.known_words(files, line).into_iter().skip(1);
        let Some(name) = words.next().flatten() else { return };
        let parameters = words.map(Option::unwrap_or_default).collect();
        let Line { instance, statement, .. } = line;
        self.macros.insert(name.to_ascii_lowercase(), Macro { instance, statement, parameters });
    }

    pub(super) fn use_macro(&mut self, files: &Files, line: Line, words: &[Option<Vec<u8>>]) {
        let head = files.head(self.reading.file(line), line.statement);
        let name = words.get(1).and_then(Option::as_deref).map(<[u8]>::to_ascii_lowercase);
        let Some(used) = name.as_ref().and_then(|name| self.macros.get(name)) else {
            self.unknown(line);
            if let Some(name) = name.filter(|_| self.reading.environment.is_main) {
                let message =
                    format!("no macro `{}` is defined before this line", String::from_utf8_lossy(&name));
                self.problem(Problem::at(ProblemKind::Syntax, head, message));
            }
            return;
        };
        let file = self.reading.instances[used.instance as usize].file;
        let values = &words[2..];
        if values.len() != used.parameters.len() {
            let (wanted, given) = (used.parameters.len(), values.len());
            let message =
                format!("another number of arguments than the macro has: {given} instead of {wanted}");
            let problem = Problem::at(ProblemKind::Syntax, head, message);
            let because = files.head(file, used.statement);
            self.unknown(line);
            self.problem(problem.also(because, "it is defined here"));
            return;
        }
        let body_of = Some((file, used.statement));
        if self.frames.iter().any(|frame| frame.used == body_of) {
            self.unknown(line);
            self.problem(Problem::at(ProblemKind::Include, head, "a macro cannot use itself"));
            return;
        }
        let unknown = || b"${macro}".to_vec();
        let values = values.iter().map(|value| value.clone().unwrap_or_else(unknown));
        let mut substitution: Vec<(Vec<u8>, Vec<u8>)> = used.parameters.iter().cloned().zip(values).collect();
        substitution.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let condition = line.condition;
        let body = files.tree(file).children(used.statement).collect::<Vec<_>>().into_iter();
        self.charge_for_a_file();
        self.reading.instances.push(Instance { file, via: Some((line.instance, line.statement)) });
        let instance = offset(self.reading.instances.len() - 1);
        let substitution = Some(Rc::from(substitution));
        let depth = self.frames.last().map_or(0, |frame| frame.depth + 1);
        self.frames.push(Frame {
            depth,
            is_begun: false,
            instance,
            statements: body,
            section: None,
            condition,
            substitution,
            used: body_of,
        });
    }
}
