//! Reads the lines of a configuration in httpd's order, and carries out what httpd carries out on
//! reading: variables, modules, containers, macros. Where a file is to be included, it pauses.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use super::condition;
use super::environment::Truth;
use super::expand::Substitution;
use super::macros::Macro;
use super::reading::{Line, ModuleTest, Reading, Step};
use crate::finding::{Place, Problem, ProblemKind};
use crate::load::{Files, Instance};
use crate::source::{FileId, Host, Span, offset};
use crate::syntax::StatementId;

/// How often a statement may be read, on average and to begin with: files that include each other twice
/// over, and macros that use each other, double with every level.
const READINGS: usize = 200;
const FIRST_BUDGET: usize = 300_000;

/// To begin with a file counts for several statements: it is looked for, too.
const STEPS_A_FILE: usize = 20;

/// How deep sections, files and macros may stand in each other.
const MAX_DEPTH: usize = 500;

/// An `Include` that waits for its files.
#[derive(Debug)]
pub struct Wanted {
    /// The line.
    pub line: Line,
    /// The path as it is written; none where it is not known.
    pub path: Option<PathBuf>,
    /// `IncludeOptional`.
    pub is_optional: bool,
}

/// The state of the reading.
pub struct Reader {
    pub reading: Reading,
    pub problems: Vec<Problem>,
    /// How many statements may still be read.
    pub(super) budget: usize,
    /// The files that were begun at least once.
    entered: HashSet<FileId>,
    /// Problems that were told.
    told: HashSet<(Span, String)>,
    pub(super) macros: HashMap<Vec<u8>, Macro>,
    pub(super) frames: Vec<Frame>,
    /// How many containers were come by whose condition is unknown.
    conditions: u32,
    is_htaccess: bool,
}

/// Statements that are being read one after the other.
pub(super) struct Frame {
    /// How many sections, files and macros it stands in.
    pub(super) depth: usize,
    /// Of the files that one line includes the later ones wait.
    pub(super) is_begun: bool,
    pub(super) instance: u32,
    pub(super) statements: std::vec::IntoIter<StatementId>,
    /// The section that ends with them.
    pub(super) section: Option<StatementId>,
    pub(super) condition: u32,
    pub(super) substitution: Option<Rc<Substitution>>,
    /// The macro whose body they are.
    pub(super) used: Option<(FileId, StatementId)>,
}

/// What is carried out on reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Define,
    UnDefine,
    LoadModule,
    Include,
    IncludeOptional,
    ServerRoot,
    Use,
}

const KEYWORDS: &[(&str, Keyword)] = &[
    ("Define", Keyword::Define),
    ("UnDefine", Keyword::UnDefine),
    ("LoadModule", Keyword::LoadModule),
    ("Include", Keyword::Include),
    ("IncludeOptional", Keyword::IncludeOptional),
    ("ServerRoot", Keyword::ServerRoot),
    ("Use", Keyword::Use),
];

impl Reader {
    pub fn new(reading: Reading, is_htaccess: bool) -> Self {
        let (problems, frames, told) = (Vec::new(), Vec::new(), HashSet::new());
        let budget = FIRST_BUDGET;
        Reader {
            reading,
            problems,
            budget,
            entered: HashSet::new(),
            told,
            macros: HashMap::new(),
            frames,
            conditions: 0,
            is_htaccess,
        }
    }

    /// Begins with the tops of files, one after the other.
    pub fn enter(&mut self, files: &Files, entered: &[FileId], via: Option<Line>) {
        let depth = self.frames.last().map_or(0, |frame| frame.depth + 1);
        // The first is read first: it goes on the stack last.
        for &file in entered.iter().rev() {
            self.enter_file(files, file, via, depth);
        }
    }

    fn enter_file(&mut self, files: &Files, file: FileId, via: Option<Line>, depth: usize) {
        if self.entered.insert(file) {
            self.budget += READINGS * files.tree(file).len();
        }
        self.charge_for_a_file();
        let via_instance = via.map(|line| (line.instance, line.statement));
        self.reading.instances.push(Instance { file, via: via_instance });
        let statements: Vec<StatementId> = files.tree(file).top().collect();
        self.frames.push(Frame {
            depth,
            is_begun: false,
            instance: offset(self.reading.instances.len() - 1),
            statements: statements.into_iter(),
            section: None,
            condition: via.map_or(0, |line| line.condition),
            substitution: None,
            used: None,
        });
    }

    /// A file or macro that holds nothing costs something, too.
    pub(super) fn charge_for_a_file(&mut self) {
        self.budget = self.budget.saturating_sub(STEPS_A_FILE);
    }

    /// Whether a file is being read just now.
    pub fn is_open(&self, file: FileId) -> bool {
        let mut instances = self.frames.iter().filter(|frame| frame.is_begun).map(|frame| frame.instance);
        instances.any(|instance| self.reading.instances[instance as usize].file == file)
    }

    /// Notes that what stands here is not known.
    pub fn unknown(&mut self, line: Line) {
        self.reading.lines.push(Line { step: Step::Unknown, ..line });
    }

    /// Reads on, to the end or to an `Include`.
    pub fn run(&mut self, files: &Files, host: &Host) -> Option<Wanted> {
        while let Some(frame) = self.frames.last_mut() {
            frame.is_begun = true;
            let depth = frame.depth;
            let Some(statement) = frame.statements.next() else {
                if let Some(section) = frame.section {
                    let (instance, condition) = (frame.instance, frame.condition);
                    let step = Step::Close;
                    self.reading.lines.push(Line {
                        step,
                        condition,
                        instance,
                        statement: section,
                        expanded: None,
                    });
                }
                self.frames.pop();
                continue;
            };
            if self.budget == 0 || depth > MAX_DEPTH {
                self.give_up(files, statement);
                return None;
            }
            self.budget -= 1;
            if let Some(wanted) = self.statement(files, host, statement) {
                return Some(wanted);
            }
        }
        None
    }

    fn give_up(&mut self, files: &Files, statement: StatementId) {
        if let Some(frame) = self.frames.last() {
            let file = self.reading.instances[frame.instance as usize].file;
            let message = "sections, files and macros stand in each other more often than authlint follows";
            self.problems.push(Problem::at(ProblemKind::Limit, files.head(file, statement), message));
        }
        while let Some(frame) = self.frames.pop() {
            if let Some(statement) = frame.section {
                let Frame { instance, condition, .. } = frame;
                let line = Line { step: Step::Unknown, condition, instance, statement, expanded: None };
                self.reading.lines.extend([line, Line { step: Step::Close, ..line }]);
            }
        }
    }

    fn statement(&mut self, files: &Files, host: &Host, statement: StatementId) -> Option<Wanted> {
        let frame = self.frames.last()?;
        let (instance, condition) = (frame.instance, frame.condition);
        let substitution = frame.substitution.clone();
        let file = self.reading.instances[instance as usize].file;
        let tree = files.tree(file);
        let mut line = Line { step: Step::Directive, condition, instance, statement, expanded: None };
        if tree.is_insertion(statement) || tree.is_template_word(statement, 0) {
            self.unknown(line);
            return None;
        }
        line.expanded = self.expand(files, line, substitution.as_deref());
        let expanded = line.expanded.and_then(|id| self.reading.expanded(id));
        let source = files.sources.get(file);
        let name = match expanded {
            Some(expanded) => expanded.words.first().map_or(b"".as_slice(), Vec::as_slice),
            None => tree.raw(source, statement, 0).unwrap_or_default(),
        };
        if tree.is_block(statement) {
            let name = name.to_ascii_lowercase();
            self.section(files, host, line, &name);
            return None;
        }
        let keyword = KEYWORDS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        match keyword {
            Some(&(_, keyword)) if self.is_htaccess => {
                // httpd answers 500 for each of them there (spec a40).
                if keyword != Keyword::Use {
                    self.unknown(line);
                }
                None
            }
            Some(&(_, keyword)) => self.carry_out(files, line, keyword),
            None => {
                if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)) {
                    self.no_directive(files, line);
                }
                self.reading.lines.push(line);
                None
            }
        }
    }

    /// No module has a directive of such a name: "Invalid command", or 500 in a `.htaccess` (spec a4, a40).
    fn no_directive(&mut self, files: &Files, line: Line) {
        let file = self.reading.file(line);
        let at = files.tree(file).word_range(line.statement, 0);
        let message = "no directive has a name like this: httpd refuses it";
        self.problem(Problem::at(ProblemKind::Syntax, Span::new(file, at.start, at.end), message));
    }

    fn section(&mut self, files: &Files, host: &Host, line: Line, name: &[u8]) {
        let file = self.reading.file(line);
        let tree = files.tree(file);
        let Some(frame) = self.frames.last() else { return };
        let mut inner = Frame {
            depth: frame.depth + 1,
            is_begun: false,
            instance: line.instance,
            statements: tree.children(line.statement).collect::<Vec<_>>().into_iter(),
            section: None,
            condition: line.condition,
            substitution: frame.substitution.clone(),
            used: None,
        };
        if name == b"macro" {
            self.define_macro(files, line);
            return;
        }
        if condition::is_read_time(name) {
            let truth = self.test(files, host, line, name);
            if name == b"ifmodule" {
                let (instance, statement) = (line.instance, line.statement);
                self.reading.module_tests.push(ModuleTest { instance, statement, result: truth });
            }
            self.check_end(files, line, truth);
            if truth == Truth::No {
                let range = tree.range(line.statement);
                self.reading.soaked.push(Span::new(file, tree.head(line.statement).end, range.end));
                return;
            }
            if truth == Truth::Maybe {
                self.conditions += 1;
                inner.condition = self.conditions;
            }
        } else {
            self.reading.lines.push(Line { step: Step::Open, ..line });
            inner.section = Some(line.statement);
            // What is in it is certain, if the section is there at all.
            inner.condition = 0;
        }
        self.frames.push(inner);
    }

    fn test(&self, files: &Files, host: &Host, line: Line, name: &[u8]) -> Truth {
        let words = self.reading.known_words(files, line);
        let known: Option<Vec<&[u8]>> = words.iter().skip(1).map(Option::as_deref).collect();
        known.map_or(Truth::Maybe, |words| {
            condition::holds(
                name,
                &words,
                &self.reading.environment,
                host,
                self.reading.server_root.as_deref(),
            )
        })
    }

    /// A container that is read may end with the file, one that is not may have words behind its
    /// closing tag; the reverse is refused (spec a17).
    fn check_end(&mut self, files: &Files, line: Line, truth: Truth) {
        let file = self.reading.file(line);
        let tree = files.tree(file);
        let head = files.head(file, line.statement);
        if truth != Truth::Yes && tree.unclosed().contains(&line.statement) {
            let message =
                "this container is never closed, which httpd accepts only where its condition is true";
            self.problem(Problem::at(ProblemKind::Syntax, head, message));
        }
        if truth == Truth::Yes && tree.trailing().contains(&line.statement) {
            let closing = tree.closing(line.statement);
            let span = Span::new(file, closing.start, closing.end);
            let message = "nothing may stand behind the closing tag of a container that is read";
            self.problem(Problem::at(ProblemKind::Syntax, span, message).also(head, "which this one is"));
        }
    }

    /// The same text, read again, has the same problem.
    pub(super) fn problem(&mut self, problem: Problem) {
        let is_new = match problem.place {
            Place::Span(span) => self.told.insert((span, problem.message.clone())),
            Place::Path(_) => true,
        };
        if is_new {
            self.problems.push(problem);
        }
    }

    fn carry_out(&mut self, files: &Files, line: Line, keyword: Keyword) -> Option<Wanted> {
        let words = self.reading.known_words(files, line);
        let argument = |n: usize| words.get(n).and_then(Option::as_deref);
        let path = |n: usize| argument(n).map(|word| PathBuf::from(OsStr::from_bytes(word)));
        let is_certain = line.condition == 0;
        match keyword {
            Keyword::Define => {
                if let Some(name) = argument(1) {
                    // A value that is not known hides one that is.
                    let is_certain = is_certain && words.get(2).is_none_or(Option::is_some);
                    self.reading.environment().define(name, argument(2).map(<[u8]>::to_vec), is_certain);
                }
            }
            Keyword::UnDefine => {
                if let Some(name) = argument(1) {
                    self.reading.environment().undefine(name, is_certain);
                }
            }
            Keyword::LoadModule => {
                if let (Some(identifier), Some(file)) = (argument(1), argument(2)) {
                    self.reading.environment().load_module(identifier, file, is_certain);
                }
            }
            Keyword::ServerRoot => {
                if let Some(root) = path(1).filter(|root| root.is_absolute() && is_certain) {
                    self.reading.server_root = Some(root);
                }
            }
            Keyword::Use => self.use_macro(files, line, &words),
            Keyword::Include | Keyword::IncludeOptional => {
                let is_optional = keyword == Keyword::IncludeOptional;
                return Some(Wanted { line, path: path(1), is_optional });
            }
        }
        None
    }
}
