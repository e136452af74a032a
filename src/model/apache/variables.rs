//! Variables that have no value where they are used (spec a26).

use std::collections::HashMap;

use super::words::is_one_off;
use crate::load::UnknownVariable;
use crate::model::{Name, Site};
use crate::source::{Span, offset};

/// A use of a variable without a value: its name stays in the text.
#[derive(Clone, Debug)]
pub struct UnsetVariable<'s> {
    /// `${NAME}` as it is written.
    pub span: Span,
    /// The name.
    pub name: &'s str,
    /// Why.
    pub why: Unset,
    /// Whether the line is about access, or opens a section.
    pub is_about_access: bool,
}

/// Why a variable has no value.
#[derive(Clone, Debug)]
pub enum Unset {
    /// The `Define` stands further down.
    TooLate(Span),
    /// The `Define` gives it none, or an empty one.
    Empty(Option<Span>),
    /// There is another one of nearly this name.
    Misspelt(String),
    /// Neither a `Define` nor the environment has it.
    Nowhere,
}

impl Site<'_> {
    /// The variables that certainly have no value where they are used: in a directive that the model
    /// knows, or in the opening of a section.
    #[must_use]
    pub fn unset_variables(&self) -> Vec<UnsetVariable<'_>> {
        let all = self.reading().into_iter().flat_map(|reading| &reading.unknown_variables);
        let mut known: HashMap<&str, Option<Unset>> = HashMap::new();
        let mut why = |name| known.entry(name).or_insert_with(|| self.why_unset(name)).clone();
        all.filter_map(|variable| self.unset_variable(variable, why(&variable.name)?)).collect()
    }

    fn unset_variable<'s>(&'s self, variable: &'s UnknownVariable, why: Unset) -> Option<UnsetVariable<'s>> {
        let text = self.files.sources.text(variable.span);
        let name = text.split_ascii_whitespace().next()?.trim_end_matches('>');
        let is_asked_for = name.starts_with('<')
            || ["use", "define"].iter().any(|known| name.eq_ignore_ascii_case(known))
            || Name::of_apache(name.as_bytes()).is_some();
        if !is_asked_for {
            return None;
        }
        // What a macro made of its parameters is not there as text.
        let written = format!("${{{}}}", variable.name);
        let at = variable.span.start + offset(text.find(&written)?);
        let span = Span::new(variable.span.file, at, at + offset(written.len()));
        // What a container's environment sets, such as the document root of an image.
        let others = [Name::Root, Name::ServerName, Name::ServerAlias, Name::Alias, Name::ProxyPass];
        let is_about_access = Name::of_apache(name.as_bytes()).is_none_or(|name| !others.contains(&name));
        self.may_be_read(span).then_some(UnsetVariable { span, name: &variable.name, why, is_about_access })
    }

    fn why_unset(&self, name: &str) -> Option<Unset> {
        // The main configuration may define what a part of one uses.
        let environment = &self.reading()?.environment;
        if !environment.is_main || environment.lacks_parts {
            return None;
        }
        let definition = || self.find_line("define", |word| word.eq_ignore_ascii_case(name));
        // What is known is known at the end; a variable that has a value there had none when it was used.
        if environment.value(name.as_bytes()).is_some() {
            return definition().map(Unset::TooLate);
        }
        if environment.is_empty(name.as_bytes()) {
            return Some(Unset::Empty(definition()));
        }
        if !environment.is_unset(name.as_bytes()) {
            return None;
        }
        let known = environment.names().map(String::from_utf8_lossy);
        let mut similar: Vec<String> = known.filter(|known| is_alike(known, name)).map(Into::into).collect();
        similar.sort_unstable();
        match similar.into_iter().next() {
            Some(similar) => Some(Unset::Misspelt(similar)),
            None => environment.knows_variables().then_some(Unset::Nowhere),
        }
    }
}

/// Whether one name is probably a slip for the other.
fn is_alike(one: &str, other: &str) -> bool {
    one.len().min(other.len()) >= 4 && is_one_off(&one.to_ascii_lowercase(), &other.to_ascii_lowercase())
}
