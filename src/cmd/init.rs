//! `init`: writes bucketscope.yaml, or adds log folders to it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::{self, Found};
use super::{Context, input_needed, words};
use crate::cli::{Init, TargetName};
use crate::config::{self, Config, NewConfig, NewSource, Scalar};
use crate::logs::table::Table;
use crate::storage::io_error;
use crate::ui::export::envelope;
use crate::ui::text::{self, shell_word};
use crate::ui::{Outcome, Screen, View, ask};
use crate::{Error, Result};

mod answers;
mod target;

/// What `init` did.
#[derive(Debug, Serialize)]
struct Initialised {
    config: String,
    change: Change,
    name: String,
    lake: String,
    sources: Vec<SourceFound>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trails: Vec<SourceFound>,
}

/// What happened to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// Some of its lines are.
    Updated,
    /// Nothing.
    Unchanged,
}

impl Change {
    /// How the answer begins.
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "Wrote",
            Self::Updated => "Updated",
            Self::Unchanged => "Nothing to change in",
        }
    }
}

#[derive(Debug, Serialize)]
struct SourceFound {
    id: String,
    path: String,
    #[serde(flatten)]
    found: Found,
}

/// Everything that must be known before a file is written.
struct Answers {
    name: String,
    lake: PathBuf,
    logs: Vec<PathBuf>,
    trails: Vec<PathBuf>,
}

/// Runs `init`.
///
/// # Errors
/// If a value is missing or cannot be, or the file cannot be read or written.
pub fn execute(context: &Context, args: &Init) -> Result<Outcome> {
    let args = &answers::merged(context, args)?;
    let path = context.config_path();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(io_error(format!("cannot read {}", path.display()), &error)),
    };
    match target::decide(context, args, &path, text.as_deref())? {
        TargetName::Local => {}
        #[cfg(feature = "aws")]
        TargetName::Aws => return super::aws::init::execute(context, args, &path, text.as_deref()),
        #[cfg(not(feature = "aws"))]
        TargetName::Aws => {
            return Err(Error::usage("--target: `aws` is not in this build of bucketscope")
                .hint("cargo build --release  builds it with both targets"));
        }
    }
    let (done, same) = match text {
        Some(text) => (again(context, args, &path, &text)?, None),
        None => create(context, args, &path)?,
    };
    let outcome = Outcome::of(done)
        .next(context.command("deploy"), "prepares the lake")
        .next(context.command("run"), "reads the logs");
    Ok(match same {
        Some(command) => outcome.note(format!("\nThe same without questions:\n  {command}")),
        None => outcome,
    })
}

/// A new file; where questions were asked, also the command that asks none.
fn create(context: &Context, args: &Init, path: &Path) -> Result<(Initialised, Option<String>)> {
    let home = home_of(path)?;
    let answers = answers(context, args, &home)?;
    let lake = home.join(&answers.lake);
    let logs = checked_folders("logs", &answers.logs, &[], &lake)?;
    let trails = checked_folders("trails", &answers.trails, &logs, &lake)?;
    let sources: Vec<NewSource> = logs.iter().map(|log| new_source(log, &home, &[])).collect();
    let taken: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
    let trails = trails.iter().map(|trail| new_source(trail, &home, &taken)).collect();
    let new = NewConfig { name: answers.name, lake: shown_from(&home, &answers.lake), sources, trails };
    let text = config::render(&new);
    let config = Config::parse(&text, path)?;
    write(path, &text)?;
    let asked = context.ui.interactive() && !args.defaults && !context.global.yes;
    let same = asked.then(|| same_command(context, &config));
    Ok((describe(path, &home, &config, Change::Created), same))
}

/// `init` over its own file: adds folders, changes what is given, keeps every comment.
fn again(context: &Context, args: &Init, path: &Path, text: &str) -> Result<Initialised> {
    let home = home_of(path)?;
    let before = Config::parse(text, path)?;
    let mut edited = text.to_owned();
    if let Some(name) = args.name.as_ref().filter(|name| **name != before.name) {
        config::check_name(name).map_err(|why| Error::usage(format!("--name: `{name}` cannot be a name: {why}")))?;
        edited = config::set_scalar(&edited, Scalar::Name, name, path)?;
    }
    if let Some(lake) = &args.lake {
        let lake = shown_from(&home, &absolute(&context.path(lake))?);
        if home.join(&lake) != home.join(&before.lake) {
            edited = config::set_scalar(&edited, Scalar::Lake, &lake, path)?;
        }
    }
    let lake = home.join(&Config::parse(&edited, path)?.lake);
    let logs: Vec<PathBuf> = before.sources.iter().map(|source| home.join(&source.path)).collect();
    let trails: Vec<PathBuf> = before.trails.iter().map(|trail| home.join(&trail.path)).collect();
    let new = |given: &[PathBuf], known: &[PathBuf]| -> Result<Vec<PathBuf>> {
        let given = given.iter().map(|folder| absolute(&context.path(folder))).collect::<Result<Vec<_>>>()?;
        Ok(given.into_iter().filter(|folder| !known.iter().any(|old| same_folder(old, folder))).collect())
    };
    let known: Vec<PathBuf> = logs.iter().chain(&trails).cloned().collect();
    let new_logs = checked_folders("logs", &new(&args.logs, &logs)?, &known, &lake)?;
    let known: Vec<PathBuf> = known.into_iter().chain(new_logs.iter().cloned()).collect();
    let new_trails = checked_folders("trails", &new(&args.trails, &trails)?, &known, &lake)?;
    if !new_logs.is_empty() || !new_trails.is_empty() {
        let sources = before.sources.iter().map(|source| source.id.as_str());
        let mut ids: Vec<&str> = sources.chain(before.trails.iter().map(|trail| trail.id.as_str())).collect();
        let sources: Vec<NewSource> = new_logs.iter().map(|log| new_source(log, &home, &ids)).collect();
        ids.extend(sources.iter().map(|source| source.id.as_str()));
        let trails: Vec<NewSource> = new_trails.iter().map(|trail| new_source(trail, &home, &ids)).collect();
        edited = config::add_sources(&edited, &sources, &trails, path)?;
    }
    let change = if edited == text { Change::Unchanged } else { Change::Updated };
    if change == Change::Updated {
        write(path, &edited)?;
    }
    Ok(describe(path, &home, &Config::parse(&edited, path)?, change))
}

fn answers(context: &Context, args: &Init, home: &Path) -> Result<Answers> {
    let folder = home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = args.name.clone().unwrap_or_else(|| config::slug(&folder));
    let check = |name: &str| config::check_name(name);
    check(&name).map_err(|why| Error::usage(format!("--name: `{name}` cannot be a name: {why}")))?;
    let lake = match &args.lake {
        Some(lake) => absolute(&context.path(lake))?,
        None => home.join("lake"),
    };
    let mut logs = args.logs.iter().map(|log| absolute(&context.path(log))).collect::<Result<Vec<_>>>()?;
    let trails = args.trails.iter().map(|trail| absolute(&context.path(trail))).collect::<Result<Vec<_>>>()?;
    if args.defaults || !context.ui.interactive() {
        if logs.is_empty() && trails.is_empty() {
            return Err(input_needed(
                "init does not know where the logs are",
                "--logs PATH, a folder of S3 server access logs",
            ));
        }
        return Ok(Answers { name, lake, logs, trails });
    }
    if logs.is_empty() && trails.is_empty() {
        logs.push(ask_for_logs(context, home)?);
    } else {
        logs.iter().for_each(|log| context.ui.note(&format!("{}: {}", log.display(), folder::look(log).words())));
    }
    if context.global.yes {
        return Ok(Answers { name, lake, logs, trails });
    }
    let name = if args.name.is_some() { name } else { ask::text("Name of the pipeline", Some(name), check)? };
    let lake = match &args.lake {
        Some(_) => lake,
        None => {
            let typed = ask::text("Folder of the lake", Some("lake".to_owned()), |_| Ok(()))?;
            absolute(&home.join(typed))?
        }
    };
    Ok(Answers { name, lake, logs, trails })
}

/// Shows log folders close by, then asks; an answer is looked into before it is taken.
fn ask_for_logs(context: &Context, home: &Path) -> Result<PathBuf> {
    let near = folder::near(home);
    if !near.is_empty() {
        context.ui.note("Log objects found close by:");
        for (path, found) in &near {
            context.ui.note(&format!("  {}: {}", text::visible(&below(home, path)), found.words()));
        }
    }
    let default = near.first().map(|(path, _)| below(home, path));
    let check = |typed: &str| match home.join(typed) {
        path if !path.is_dir() => Err(format!("{} is no folder", path.display())),
        path if folder::look(&path).log_objects == 0 => {
            Err(format!("{} holds no S3 server access logs", path.display()))
        }
        _ => Ok(()),
    };
    let typed = ask::text("Folder of the S3 server access logs", default, check)?;
    let path = absolute(&home.join(typed))?;
    context.ui.note(&format!("  {}", folder::look(&path).words()));
    Ok(path)
}

fn below(home: &Path, path: &Path) -> String {
    path.strip_prefix(home).unwrap_or(path).display().to_string()
}

/// The folders, if each is one and none holds another or the lake: a record would then be read twice.
fn checked_folders(flag: &str, new: &[PathBuf], known: &[PathBuf], lake: &Path) -> Result<Vec<PathBuf>> {
    let mut taken: Vec<PathBuf> = known.to_vec();
    let mut out = Vec::new();
    for log in new {
        if log.to_str().is_none() {
            return Err(Error::usage(format!(
                "--{flag}: the name of {} is not UTF-8, which YAML must be",
                log.display()
            ))
            .hint("rename the folder, or give a link to it"));
        }
        if log.is_file() {
            return Err(Error::usage(format!("--{flag}: {} is a file", log.display()))
                .hint("give the folder it is in; bucketscope parse FILE reads single files"));
        }
        if !log.is_dir() {
            return Err(Error::usage(format!("--{flag}: there is no folder {}", log.display())));
        }
        if out.contains(log) {
            continue;
        }
        folder::check_apart(log, &taken, lake)?;
        taken.push(log.clone());
        out.push(log.clone());
    }
    Ok(out)
}

fn same_folder(a: &Path, b: &Path) -> bool {
    folder::resolved(a) == folder::resolved(b)
}

/// The id is made of the folder's name and its place: `init` on the same folder gives the same id, even after the
/// configuration was lost, and on another folder of the same name another one.
fn new_source(log: &Path, home: &Path, taken: &[&str]) -> NewSource {
    let name = log.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let place = folder::resolved(log);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(place.as_os_str().as_encoded_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let ids = (4..=hex.len()).map(|end| format!("{}-{}", slug_24(&name), &hex[..end.min(12)]));
    let id = ids.into_iter().find(|id| !taken.contains(&id.as_str())).unwrap_or_else(|| "logs".to_owned());
    NewSource { id, path: shown_from(home, log), account_id: None, bucket_region: None }
}

fn slug_24(name: &str) -> String {
    let mut slug = config::slug(name);
    slug.truncate(24);
    slug.trim_end_matches('-').to_owned()
}

/// The folder that holds the configuration; made if it is not there.
///
/// # Errors
/// If the path is none.
pub fn home_of(path: &Path) -> Result<PathBuf> {
    let path = absolute(path)?;
    Ok(path.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path)
        .map_err(|error| Error::usage(format!("`{}` is no path", path.display())).because(error))?;
    // `a/../b` and `./b` are the same folder and shall look the same in the file.
    Ok(std::fs::canonicalize(&path).unwrap_or(path))
}

/// A path as it stands in the file: relative below the file's folder, absolute elsewhere.
fn shown_from(home: &Path, path: &Path) -> String {
    let resolved_home = folder::resolved(home);
    let resolved = folder::resolved(path);
    match resolved.strip_prefix(&resolved_home) {
        Ok(below) if below.as_os_str().is_empty() => "./".to_owned(),
        Ok(below) => below.to_string_lossy().into_owned(),
        Err(_) => resolved.to_string_lossy().into_owned(),
    }
}

/// Writes the configuration: a reader, and a crash, see the old file or the new one.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let cannot = |error| io_error(format!("cannot write {}", path.display()), &error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(cannot)?;
    }
    let temporary = path.with_extension("yaml.tmp");
    std::fs::write(&temporary, text).map_err(cannot)?;
    std::fs::rename(&temporary, path).map_err(cannot)
}

fn describe(path: &Path, home: &Path, config: &Config, change: Change) -> Initialised {
    let sources = config.sources.iter().map(|source| SourceFound {
        id: source.id.clone(),
        path: source.path.display().to_string(),
        found: folder::look(&home.join(&source.path)),
    });
    let trails = config.trails.iter().map(|trail| SourceFound {
        id: trail.id.clone(),
        path: trail.path.display().to_string(),
        found: folder::look_for(&home.join(&trail.path), Table::CloudTrail),
    });
    Initialised {
        config: path.display().to_string(),
        change,
        name: config.name.clone(),
        lake: config.lake.display().to_string(),
        sources: sources.collect(),
        trails: trails.collect(),
    }
}

fn same_command(context: &Context, config: &Config) -> String {
    let words = |flag: &str, paths: Vec<&PathBuf>| match paths.is_empty() {
        true => String::new(),
        false => {
            let words: Vec<_> = paths.iter().map(|path| shell_word(&path.to_string_lossy()).into_owned()).collect();
            format!(" --{flag} {}", words.join(" "))
        }
    };
    context.command(&format!(
        "init --defaults --target local --name {} --lake {}{}{}",
        config.name,
        shell_word(&config.lake.to_string_lossy()),
        words("logs", config.sources.iter().map(|source| &source.path).collect()),
        words("trails", config.trails.iter().map(|trail| &trail.path).collect())
    ))
}

impl View for Initialised {
    fn human(&self, screen: &Screen) -> String {
        let paint = screen.paint;
        let mut rows = vec![("name", vec![self.name.clone()])];
        for source in &self.sources {
            rows.push(("logs", vec![format!("{}: {}", text::visible(&source.path), source.found.words())]));
        }
        for trail in &self.trails {
            rows.push(("trail", vec![format!("{}: {}", text::visible(&trail.path), trail.found.words())]));
        }
        rows.push(("lake", vec![text::visible(&self.lake).into_owned()]));
        format!("{} {}\n{}", paint.green(self.change.words()), text::visible(&self.config), words::sheet(&rows, screen))
    }

    fn json(&self) -> String {
        envelope("init", self)
    }
}
