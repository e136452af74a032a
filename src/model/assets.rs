//! Which names are of static files: of directories, by suffixes, and of what is fetched without the page.

use super::Location;

/// Fetched by browsers and robots without the credentials of the page.
const FETCHED_ALONE: &[&str] = &[
    "favicon.ico",
    "favicon.png",
    "favicon.svg",
    "robots.txt",
    "manifest.json",
    "manifest.webmanifest",
    "site.webmanifest",
    "apple-touch-icon.png",
    "apple-touch-icon-precomposed.png",
    "browserconfig.xml",
    "sitemap.xml",
    "ads.txt",
    "humans.txt",
    "sw.js",
    "service-worker.js",
    "security.txt",
    "mta-sts.txt",
];
const DIRECTORIES: &[&str] = &[
    "static", "assets", "css", "js", "img", "image", "images", "font", "fonts", "icon", "icons", "dist",
    "_next", "_nuxt", "_app",
];
/// Beside one of those: alone these may be anything.
const MAYBE_DIRECTORIES: &[&str] = &[
    "asset",
    "build",
    "bundle",
    "bundles",
    "javascript",
    "javascripts",
    "lib",
    "libs",
    "media",
    "pics",
    "pictures",
    "script",
    "scripts",
    "skin",
    "skins",
    "style",
    "styles",
    "stylesheets",
    "theme",
    "themes",
    "vendor",
    "vendors",
    "webfonts",
];
const SUFFIXES: &[&str] = &[
    "css",
    "js",
    "mjs",
    "png",
    "apng",
    "jpg",
    "jpeg",
    "gif",
    "ico",
    "svg",
    "svgz",
    "webp",
    "avif",
    "bmp",
    "woff",
    "woff2",
    "ttf",
    "ttc",
    "otf",
    "eot",
    "map",
    "wasm",
    "webmanifest",
    "cur",
    "htc",
];
/// Files that are served beside styles, scripts and pictures, by expressions that name all that is no program.
const DOWNLOADS: &[&str] = &[
    "zip", "tgz", "gz", "bz2", "rar", "tar", "7z", "pdf", "txt", "xml", "doc", "xls", "ppt", "rtf", "swf",
    "flv", "mp3", "mp4", "ogg", "ogv", "oga", "webm", "wav", "mid", "midi", "exe", "bz", "m4a", "m4v", "mov",
    "avi", "aac", "tif", "tiff", "docx", "xlsx", "pptx", "csv", "json", "br", "flac", "mpg", "mpeg", "scss",
    "less", "pbf", "heic", "jxl", "jp2", "ts", "vtt", "glb",
];
/// Of pages and programs: what names one of these is for more than files.
const PAGES: &[&str] = &[
    "asp", "aspx", "cgi", "do", "fcgi", "htm", "html", "inc", "jsp", "php", "php5", "phtml", "pl", "py",
    "rb", "shtml", "xhtml",
];
/// More alternatives than this are not looked at.
const MOST: usize = 1000;
const DEEPEST: usize = 6;

/// What one name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Made for pages.
    Asset,
    /// Served beside them.
    Download,
    /// Some other kind of file.
    Unknown,
    /// A page, a program, or nobody knows what.
    Other,
}

impl Location<'_> {
    /// Whether all that the location names are static files.
    pub(super) fn is_of_assets(&self) -> bool {
        if self.is_regex() {
            return names(&self.path).is_some_and(|names| is_all_of_assets(&names));
        }
        let last = self.path.split('/').rfind(|segment| !segment.is_empty());
        let name = self.path.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
        self.path.strip_prefix('/').is_some_and(|name| FETCHED_ALONE.contains(&name))
            || last.is_some_and(|last| DIRECTORIES.contains(&last))
            || name.is_some_and(|(name, suffix)| !name.is_empty() && SUFFIXES.contains(&suffix))
    }

    /// Whether a file that browsers and robots fetch without the credentials of the page is named, among others or
    /// alone.
    pub(super) fn names_what_is_fetched_alone(&self) -> bool {
        let path = self.path.replace('\\', "");
        FETCHED_ALONE.iter().any(|name| path.contains(name))
    }
}

/// Whether an expression is of names alone that are fetched without the page: `^(favicon\.ico)$`.
pub(super) fn is_of_files_fetched_alone(regex: &str) -> bool {
    names(regex).is_some_and(|names| {
        !names.is_empty() && names.iter().all(|name| FETCHED_ALONE.contains(&name.trim_start_matches('/')))
    })
}

/// Nothing is a page or a program, something is surely made for pages, and what nobody knows is the smaller part.
fn is_all_of_assets(names: &[String]) -> bool {
    let count = |wanted: Kind| names.iter().filter(|name| kind(name) == wanted).count();
    let assets = count(Kind::Asset);
    assets > 0 && count(Kind::Other) == 0 && 2 * count(Kind::Unknown) <= assets
}

fn kind(name: &str) -> Kind {
    let path = name.trim_start_matches(['/', '*']).split('?').next().unwrap_or_default();
    if FETCHED_ALONE.contains(&path) {
        return Kind::Asset;
    }
    let (directories, last) = path.rsplit_once('/').unwrap_or(("", path));
    let suffix = last.rsplit_once('.').map(|(_, suffix)| suffix.trim_end_matches('*'));
    if suffix.is_some_and(|suffix| PAGES.contains(&suffix)) {
        return Kind::Other;
    }
    // `^/static` and `^/static$` are of the directory as well.
    let directories = if directories.is_empty() && name.starts_with('/') { last } else { directories };
    let is_in = |list: &[&str]| {
        directories.split('/').next().is_some_and(|first| list.contains(&first))
            || last.is_empty() && directories.rsplit('/').next().is_some_and(|inner| list.contains(&inner))
    };
    match suffix {
        _ if is_in(DIRECTORIES) => Kind::Asset,
        Some(suffix) if SUFFIXES.contains(&suffix) => Kind::Asset,
        _ if is_in(MAYBE_DIRECTORIES) => Kind::Download,
        // `\.(js|css)?$` is for what ends in a dot besides, and there is no such file.
        Some("") if last.ends_with('.') => Kind::Download,
        Some(suffix) if DOWNLOADS.contains(&suffix) => Kind::Download,
        Some(suffix) if !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Kind::Unknown
        }
        _ => Kind::Other,
    }
}

/// The names that an expression is for, each with `*` for what is open; none where it is not so simple.
fn names(regex: &str) -> Option<Vec<String>> {
    let mut rest = regex.chars().peekable();
    let names = alternatives(&mut rest, 0)?;
    rest.next().is_none().then_some(names)
}

type Rest<'r> = std::iter::Peekable<std::str::Chars<'r>>;

fn alternatives(rest: &mut Rest<'_>, depth: usize) -> Option<Vec<String>> {
    if depth > DEEPEST {
        return None;
    }
    let (mut all, mut current) = (Vec::new(), vec![String::new()]);
    while let Some(&next) = rest.peek() {
        if next == ')' {
            break;
        }
        rest.next();
        let piece = match next {
            '|' => {
                all.append(&mut current);
                current.push(String::new());
                continue;
            }
            '^' | '$' => continue,
            '(' => group(rest, depth)?,
            '[' => class(rest)?,
            // Many forget to escape the dot of a name.
            '.' if !matches!(rest.peek(), Some('*' | '+' | '?' | '{')) => vec![".".to_owned()],
            '.' => vec!["*".to_owned()],
            '\\' => vec![escaped(rest.next()?)],
            other => vec![other.to_ascii_lowercase().to_string()],
        };
        let piece = repeated(rest, piece);
        if all.len() + current.len() * piece.len() > MOST {
            return None;
        }
        current = joined(current, &piece);
    }
    all.append(&mut current);
    Some(all)
}

/// Each start with each end. What is open is open once.
fn joined(mut starts: Vec<String>, ends: &[String]) -> Vec<String> {
    let append = |start: &mut String, end: &str| {
        let end = if start.ends_with('*') { end.trim_start_matches('*') } else { end };
        start.push_str(end);
    };
    if let [end] = ends {
        starts.iter_mut().for_each(|start| append(start, end));
        return starts;
    }
    let mut all = Vec::with_capacity(starts.len() * ends.len());
    for start in &starts {
        for end in ends {
            let mut name = start.clone();
            append(&mut name, end);
            all.push(name);
        }
    }
    all
}

fn group(rest: &mut Rest<'_>, depth: usize) -> Option<Vec<String>> {
    let mut is_look = false;
    if rest.next_if_eq(&'?').is_some() {
        match rest.next()? {
            ':' => {}
            '!' | '=' => is_look = true,
            'P' => drop(rest.find(|c| *c == '>')?),
            '<' => {
                is_look = matches!(rest.peek(), Some('!' | '='));
                if !is_look {
                    rest.find(|c| *c == '>')?;
                }
            }
            // `(?i)` is for what follows.
            'i' if rest.next_if_eq(&')').is_some() => return Some(vec![String::new()]),
            'i' if rest.next_if_eq(&':').is_some() => {}
            _ => return None,
        }
    }
    let inner = alternatives(rest, depth + 1)?;
    rest.next_if_eq(&')')?;
    Some(if is_look { vec![String::new()] } else { inner })
}

fn class(rest: &mut Rest<'_>) -> Option<Vec<String>> {
    let (mut chars, mut is_open) = (Vec::new(), rest.next_if_eq(&'^').is_some());
    loop {
        match rest.next()? {
            ']' if is_open || !chars.is_empty() => break,
            '\\' => {
                let letter = rest.next()?;
                is_open |= letter.is_ascii_alphanumeric();
                chars.push(letter);
            }
            other => chars.push(other),
        }
    }
    // `[.]` is how some write `\.`, and `[34]` is two.
    let is_few = !is_open && chars.len() <= 4 && !chars.contains(&'-');
    let of = |letter: char| letter.to_ascii_lowercase().to_string();
    Some(if is_few { chars.into_iter().map(of).collect() } else { vec!["*".to_owned()] })
}

fn escaped(letter: char) -> String {
    match letter {
        'b' | 'B' | 'A' | 'z' | 'Z' => String::new(),
        letter if letter.is_ascii_alphanumeric() => "*".to_owned(),
        letter => letter.to_string(),
    }
}

/// What a piece comes to with what says how often it stands.
fn repeated(rest: &mut Rest<'_>, mut piece: Vec<String>) -> Vec<String> {
    let times = match rest.peek() {
        Some('?') => {
            if !piece.iter().any(String::is_empty) {
                piece.insert(0, String::new());
            }
            rest.next()
        }
        Some('*' | '+') => {
            piece = vec!["*".to_owned()];
            rest.next()
        }
        Some('{') => {
            piece = vec!["*".to_owned()];
            rest.find(|c| *c == '}')
        }
        _ => None,
    };
    if times.is_some() {
        // Lazy or possessive: the same names.
        rest.next_if(|c| matches!(c, '?' | '+'));
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Modifier;

    #[test]
    fn expressions() {
        for (regex, is_of_assets) in [
            (r"\.(css|js|png|jpe?g|woff2?)$", true),
            (r"\.css$", true),
            (r".*\.(js|css)?$", true),
            (r".*\.(gif|jpg|jpeg|png|bmp|swf)$", true),
            (r"\.(?:css|js)(?:\?.*)?$", true),
            (r"\.(css|js|mjs|wasm|xyz)$", true),
            (r"^.+[.](?:[Cc][Ss][Ss]|js|mp[34])$", true),
            (r"^(?!/admin/).*\.(?i:css|js)", true),
            (r"(?i)\.(css|js)$", true),
            (r"^/static/.*", true),
            (r".(css|js|png)$", true),
            (r"^/(favicon.ico|robots.txt)$", true),
            (r"^/images?/", true),
            (r"/(css|js|img|fonts)/.+", true),
            (r"^/(static|media|assets)/", true),
            (r"^/(favicon\.ico|manifest\.json|apple-touch-icon\.png|icons/.*)$", true),
            (r"^/(manifest\.json|favicon\.png)$", true),
            (r"^/(img/|favicon\.ico)", true),
            (r"^/themes/[^/]+/assets/", true),
            (r"\.(php|css)$", false),
            (r"\.(html|css|js)$", false),
            (r"^/static/.*\.php$", false),
            (r"\.php$", false),
            (r"\.(pdf|zip)$", false),
            (r"\.(css|aaa|bbb)$", false),
            (r"^/(css|js|admin)/", false),
            (r"^/media/", false),
            (r"^/(media|vendor)/", false),
            (r"\.(css|js|[a-z]+)$", false),
            (r"^/(health|users)$", false),
            (r"^/(.*)$", false),
            (r"/", false),
            (r"", false),
            (r"(", false),
            (r"[", false),
            (r"\", false),
        ] {
            let location = Location { modifier: Modifier::Regex, path: regex.into() };
            assert_eq!(location.is_of_assets(), is_of_assets, "{regex}: {:?}", names(regex));
        }
        assert!(names(&"(".repeat(100)).is_none());
        assert!(names(&"(a|b)".repeat(100)).is_none());
    }

    #[test]
    fn alone() {
        assert!(is_of_files_fetched_alone(r"^(favicon\.ico|robots\.txt)$"));
        assert!(!is_of_files_fetched_alone(r"^(favicon\.ico|app\.js)$"));
    }
}
