//! `authlint map`.

use std::path::{Path, PathBuf};

use super::options::{AnswerFormat, Map};
use super::{CLEAN, TROUBLE, complain, places, print};
use crate::load;
use crate::model::{FilesMode, Look, Site};
use crate::report;

/// Shows what is in force where.
pub fn run(options: &Map) -> u8 {
    show(options).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn show(options: &Map) -> Result<u8, String> {
    let given: Vec<&Path> = options.paths.iter().chain(&options.places.root).map(PathBuf::as_path).collect();
    let mut host = places::host(&options.places, &given)?;
    let paths = if options.paths.is_empty() {
        places::installed(&host, options.places.server)
    } else {
        options.paths.clone()
    };
    if paths.is_empty() {
        return Err("no configuration is installed here: name a file or a directory".into());
    }
    let request = load::Request {
        paths,
        server: options.places.server.into(),
        defines: options.places.define.clone(),
        ..load::Request::default()
    };
    let loaded = load::load(&request, &mut host);
    // Beside a main configuration its parts would be told twice.
    let has_main = loaded.configs.iter().any(|config| config.is_main);
    let configs = loaded.configs.iter().filter(|config| config.is_main || !has_main);
    let look = Look { host: &host, mode: FilesMode::Never };
    let sites: Vec<Site<'_>> = configs.map(|config| Site::build(&loaded.files, config, look)).collect();
    let maps: Vec<_> = sites.iter().map(|site| (site, report::map(site))).collect();
    let text = match options.format {
        AnswerFormat::Json => report::map_json(maps),
        AnswerFormat::Human => {
            maps.iter().map(|(site, nodes)| report::map_human(site, nodes)).collect::<Vec<_>>().join("\n")
        }
    };
    let problems = loaded.problems.iter().chain(sites.iter().flat_map(|site| &site.problems));
    let mut status = CLEAN;
    for problem in problems {
        complain(&report::problem_line(problem, &loaded.files.sources));
        status = TROUBLE;
    }
    print(&text).map_or_else(Ok, |()| Ok(status))
}
