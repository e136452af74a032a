//! `authlint trace`.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::options::{AnswerFormat, Trace};
use super::{CLEAN, TROUBLE, complain, places, print, site};
use crate::decide::{Credentials, Decider, Request};
use crate::model::{Family, FilesMode, Look, Site};
use crate::parallel;
use crate::report;
use crate::source::Host;

/// Answers what the options ask. `settled` are the paths of `authlint.toml`.
pub fn run(options: &Trace, settled: &[PathBuf]) -> u8 {
    answer(options, settled).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn answer(options: &Trace, settled: &[PathBuf]) -> Result<u8, String> {
    let given = options.main.config.iter().chain(settled).chain(&options.places.root);
    let given: Vec<&Path> = given.map(PathBuf::as_path).collect();
    let mut host = places::host(&options.places, &given)?;
    let loaded = site::load(&options.main, settled, &options.places, &mut host)?;
    let config = site::main_configuration(&loaded)?;
    let site = Site::build(&loaded.files, config, Look { host: &host, mode: FilesMode::from(options.files) });
    let problems: Vec<_> = loaded.problems.iter().chain(&site.problems).collect();
    for problem in &problems {
        complain(&report::problem_line(problem, &loaded.files.sources));
    }
    if options.requests.is_none() && FilesMode::from(options.files) == FilesMode::Always {
        for root in missing_roots(&site, &host) {
            complain(&format!(
                "{root} is not here: what lies there counts as missing (--files never leaves it open)"
            ));
        }
    }
    let decider = Decider::new(&site, Look { host: &host, mode: FilesMode::from(options.files) });
    let is_understood = match &options.requests {
        Some(path) => answer_lines(&decider, path)?,
        None => answer_urls(&decider, options)?,
    };
    Ok(if problems.is_empty() && is_understood { CLEAN } else { TROUBLE })
}

/// The document roots that are not there, as in a checkout; two are enough to show what is the matter.
fn missing_roots(site: &Site<'_>, host: &Host) -> BTreeSet<String> {
    let named = site.scopes().flat_map(|scope| scope.own(Family::Root)).filter_map(|line| line.literal(0));
    let roots = named.filter_map(|root| site.absolute(Path::new(root.as_ref())));
    roots.filter(|root| !host.is_directory(root)).map(|root| root.display().to_string()).take(2).collect()
}

fn answer_urls(decider: &Decider<'_>, options: &Trace) -> Result<bool, String> {
    let credentials = match &options.user {
        Some(user) => Credentials::User(user.clone()),
        None if options.bad_password => Credentials::Bad,
        None => Credentials::None,
    };
    let mut text = String::new();
    for url in &options.urls {
        let request = Request {
            method: options.method.clone(),
            from: options.from,
            credentials: credentials.clone(),
            ..Request::get(url).map_err(|refused| format!("{url}: {}", refused.0))?
        };
        let decision = decider.decide(&request);
        match options.format {
            AnswerFormat::Json => text += &report::decision_json(&decision, decider.site),
            AnswerFormat::Human => {
                let style = super::style(options.color, true);
                text += &report::decision_human(&request, &decision, decider.site, style);
            }
        }
        text.push('\n');
    }
    print(&text).map_err(|_| String::new())?;
    Ok(true)
}

/// False if a line is no request.
fn answer_lines(decider: &Decider<'_>, path: &Path) -> Result<bool, String> {
    let mut text = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut text))
    };
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let lines = lines.strip_suffix(&[b"".as_slice()]).unwrap_or(&lines);
    let answers = parallel::map(lines, lines.len() > 100, |line| match report::parse_request(line) {
        Ok(request) => (report::decision_json(&decider.decide(&request), decider.site), None),
        Err(error) => (report::no_decision_json(&error), Some(error)),
    });
    let mut out = String::new();
    let mut is_understood = true;
    for (number, (answer, error)) in (1..).zip(&answers) {
        out += answer;
        out.push('\n');
        if let Some(error) = error {
            is_understood = false;
            complain(&format!("{}:{number}: {error}", path.display()));
        }
    }
    print(&out).map_err(|_| String::new())?;
    Ok(is_understood)
}
