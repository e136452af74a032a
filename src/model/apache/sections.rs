//! Makes scopes of the lines that httpd reads.

use std::sync::OnceLock;

use crate::finding::{Problem, ProblemKind};
use crate::load::{Line, Reading, Step};
use crate::model::build::new_scope;
use crate::model::names::{Family, Name};
use crate::model::{DirectiveData, Kind, ScopeData, Site};
use crate::source::offset;

/// A scope before it has its final number.
struct Draft {
    data: ScopeData,
    depth: usize,
    own: Vec<DirectiveData>,
    condition: u32,
    /// The number of the `.htaccess` that it is the whole of.
    htaccess: Option<u32>,
}

impl Site<'_> {
    /// Makes the scopes and works out what is in force in each.
    pub(in crate::model) fn read_apache(&mut self, reading: &Reading) {
        let drafts = self.drafts(reading);
        self.instances.clone_from(&reading.instances);
        let mut apache = super::Apache::default();
        self.number(drafts, &mut apache);
        for (at, instance) in (0..).zip(&reading.instances) {
            if instance.via.is_some() {
                self.inclusions.entry(instance.file).or_insert((at, 0)).1 += 1;
            }
        }
        self.matchings = (0..self.scopes.len()).map(|_| OnceLock::new()).collect();
        self.expressions = (0..self.scopes.len()).map(|_| OnceLock::new()).collect();
        self.place_scopes(apache, reading);
        let refused = self.sections().filter(|scope| scope.has_refused_expression()).map(|scope| {
            let message = "httpd refuses this regular expression";
            Problem::at(ProblemKind::Syntax, scope.span(), message)
        });
        let refused: Vec<Problem> = refused.collect();
        self.problems.extend(refused);
    }

    /// The sections in the order of reading, each with the lines that belong to it.
    fn drafts(&mut self, reading: &Reading) -> Vec<Draft> {
        let is_main = self.config.is_main;
        let mut top = new_scope(if is_main { Kind::Main } else { Kind::Snippet }, 0, None, 0);
        top.unknown_inside = !is_main;
        let mut drafts = vec![Draft { data: top, depth: 0, own: Vec::new(), condition: 0, htaccess: None }];
        let mut open = vec![0];
        for &line in &reading.lines {
            let Some(&here) = open.last() else { break };
            match line.step {
                Step::Open | Step::Htaccess => {
                    let at = drafts.len();
                    drafts.push(self.draft(reading, line, &drafts, here));
                    open.push(at);
                }
                Step::Close => {
                    open.pop();
                }
                Step::Unknown => {
                    let data = &mut drafts[here].data;
                    data.unknown_inside = true;
                    data.conditional = true;
                }
                Step::Directive => self.directive_line(reading, line, &mut drafts, here),
            }
        }
        drafts
    }

    fn draft(&self, reading: &Reading, line: Line, drafts: &[Draft], outer: usize) -> Draft {
        let file = reading.file(line);
        if line.step == Step::Htaccess {
            // The instance is that of the file's first line, which comes next.
            let data = new_scope(Kind::Htaccess, 0, None, line.instance);
            let htaccess = Some(line.statement);
            return Draft { data, depth: 1, own: Vec::new(), condition: 0, htaccess };
        }
        let name = match line.expanded.and_then(|id| reading.expanded(id)) {
            Some(expanded) => expanded.words.first().cloned().unwrap_or_default(),
            None => {
                let source = self.files.sources.get(file);
                self.files.tree(file).raw(source, line.statement, 0).unwrap_or_default().to_vec()
            }
        };
        let outer_depth = drafts[outer].depth;
        let kind = section_kind(&name.to_ascii_lowercase());
        let mut data = new_scope(kind, offset(outer), Some((file, line.statement)), line.instance);
        data.expanded = line.expanded;
        Draft { data, depth: outer_depth + 1, own: Vec::new(), condition: line.condition, htaccess: None }
    }

    fn directive_line(&mut self, reading: &Reading, line: Line, drafts: &mut Vec<Draft>, here: usize) {
        let file = reading.file(line);
        let expanded = line.expanded.and_then(|id| reading.expanded(id));
        let source = self.files.sources.get(file);
        let name = match expanded {
            Some(expanded) => expanded.words.first().map_or(b"".as_slice(), Vec::as_slice),
            None => self.files.tree(file).raw(source, line.statement, 0).unwrap_or_default(),
        };
        let Some(name) = Name::of_apache_line(name) else { return };
        // A container may not be there, and then neither are its lines.
        let mut is_certain = line.condition == 0;
        let mut outer = here;
        while matches!(drafts[outer].data.kind, Kind::Limit | Kind::Requirement) {
            is_certain &= drafts[outer].condition == 0;
            outer = drafts[outer].data.parent as usize;
        }
        let mut data = DirectiveData {
            name,
            is_certain,
            file,
            statement: line.statement,
            expanded: line.expanded,
            role: None,
        };
        data.role = self.directive(data).find_role();
        // All but rules of access belong to the section around (spec a79).
        let is_of_container = matches!(name.family(), Family::Require | Family::Rules | Family::Satisfy);
        let owner = if is_of_container { here } else { outer };
        drafts[owner].own.push(data);
        let is_server = matches!(drafts[owner].data.kind, Kind::Main | Kind::Snippet | Kind::Server);
        let is_mapping = match name {
            Name::ProxyPass | Name::ProxyPassMatch | Name::Alias => true,
            Name::RewriteRule => self.directive(data).is_passed_on(),
            Name::AliasMatch => self.directive(data).is_named("ScriptAliasMatch"),
            _ => false,
        };
        if is_server && is_mapping {
            // The path that is mapped is a place like that of a section.
            let mut place =
                new_scope(Kind::Mapping, offset(owner), Some((file, line.statement)), line.instance);
            place.expanded = line.expanded;
            let depth = drafts[owner].depth + 1;
            let condition = line.condition;
            drafts.push(Draft { data: place, depth, own: vec![data], condition, htaccess: None });
        }
    }

    /// Numbers the scopes level by level, so that the children of each are next to each other.
    fn number(&mut self, drafts: Vec<Draft>, apache: &mut super::Apache) {
        let mut order: Vec<usize> = (0..drafts.len()).collect();
        order.sort_by_key(|&at| drafts[at].depth);
        let mut numbers = vec![0; drafts.len()];
        for (number, &at) in order.iter().enumerate() {
            numbers[at] = offset(number);
        }
        let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        for at in order {
            let Some(mut draft) = drafts[at].take() else { continue };
            let id = offset(self.scopes.len());
            draft.data.parent = numbers[draft.data.parent as usize];
            if id > 0 {
                let parent = draft.data.parent as usize;
                let is_server = draft.data.kind == Kind::Server;
                draft.data.server = if is_server { Some(id) } else { self.scopes[parent].server };
                let children = &mut self.scopes[parent].children;
                *children = if children.0 == children.1 { (id, id + 1) } else { (children.0, id + 1) };
            } else {
                draft.data.server = Some(0);
            }
            apache.conditions.push(draft.condition);
            if let Some(htaccess) = draft.htaccess {
                apache.htaccess.insert(id, super::HtaccessScope::new(htaccess));
            }
            let first = offset(self.directives.len());
            // Stable: within a family the order of the text stays.
            draft.own.sort_by_key(|directive| directive.name.family());
            self.directives.extend(draft.own);
            draft.data.own = (first, offset(self.directives.len()));
            self.scopes.push(draft.data);
        }
    }
}

fn section_kind(name: &[u8]) -> Kind {
    match name {
        b"virtualhost" => Kind::Server,
        b"directory" | b"directorymatch" => Kind::Directory,
        b"files" | b"filesmatch" => Kind::Files,
        b"location" | b"locationmatch" => Kind::Location,
        b"proxy" | b"proxymatch" => Kind::Proxy,
        b"if" | b"elseif" | b"else" => Kind::If,
        b"limit" | b"limitexcept" => Kind::Limit,
        b"requireall" | b"requireany" | b"requirenone" => Kind::Requirement,
        _ => Kind::Other,
    }
}
