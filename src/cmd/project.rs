//! A project: a configuration file and what it leads to.

use std::path::{Path, PathBuf};

use super::{Context, folder};
use crate::config::{self, Config};
#[cfg(feature = "local")]
use crate::engine::local::{Engine, EngineSettings};
use crate::etl::model::Source;
use crate::etl::{Pipeline, Settings};
#[cfg(feature = "local")]
use crate::etl::{committed, state};
use crate::logs::table::Table;
use crate::storage::Store;
use crate::{Error, ErrorKind, Result};

/// A configuration that was read, and where it was found.
pub struct Project {
    /// What it says.
    pub config: Config,
    /// The file, as the user knows it.
    pub file: PathBuf,
    /// The file's folder, absolute.
    home: PathBuf,
}

impl Project {
    /// Reads the project's configuration.
    ///
    /// # Errors
    /// If there is none or it is wrong.
    pub fn load(context: &Context) -> Result<Self> {
        let file = context.config_path();
        let config = config::load(&file)?;
        let absolute = std::path::absolute(&file)
            .map_err(|error| Error::usage(format!("`{}` is no path", file.display())).because(error))?;
        let home = absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
        let project = Self { config, file, home };
        let mut before: Vec<PathBuf> = Vec::new();
        let sources = project.config.sources.iter().map(|source| &source.path);
        for path in sources.chain(project.config.trails.iter().map(|trail| &trail.path)) {
            let path = project.home.join(path);
            folder::check_apart(&path, &before, &project.lake_path())?;
            before.push(path);
        }
        Ok(project)
    }

    /// The lake's folder, absolute.
    pub fn lake_path(&self) -> PathBuf {
        self.home.join(&self.config.lake)
    }

    /// The lake's folder as it is told to the user, who knows where the configuration is.
    pub fn lake_shown(&self) -> PathBuf {
        self.file.parent().map_or_else(|| self.config.lake.clone(), |folder| folder.join(&self.config.lake))
    }

    /// The pipeline over a lake that has been deployed.
    ///
    /// # Errors
    /// If the lake is not there.
    pub fn pipeline(&self) -> Result<Pipeline> {
        let path = self.lake_path();
        if !path.is_dir() {
            return Err(Error::new(ErrorKind::NotDeployed, format!("`{}` has not been deployed", self.config.name))
                .because(format!("there is no lake in {}", self.lake_shown().display()))
                .hint("bucketscope deploy  prepares it"));
        }
        Ok(self.over(Store::folder(&path)?))
    }

    /// The pipeline, its lake's folder made if it is not there.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn pipeline_created(&self) -> Result<Pipeline> {
        Ok(self.over(Store::folder_created(&self.lake_path())?))
    }

    fn over(&self, lake: Store) -> Pipeline {
        let sources = self.config.sources.iter().map(|source| Source {
            id: source.id.clone(),
            table: Table::AccessLogs,
            location: self.home.join(&source.path).display().to_string(),
            account_id: source.account_id.clone(),
            bucket_region: source.bucket_region.clone(),
        });
        let trails = self.config.trails.iter().map(|trail| Source {
            id: trail.id.clone(),
            table: Table::CloudTrail,
            location: self.home.join(&trail.path).display().to_string(),
            ..Source::default()
        });
        let mut settings = Settings::default();
        if let Some(seconds) = self.config.run.settling_seconds {
            settings.settling_ms = i64::from(seconds) * 1000;
        }
        if let Some(megabytes) = self.config.run.shard_megabytes {
            settings.limits.shard_bytes = u64::from(megabytes) * 1_000_000;
        }
        Pipeline { lake, sources: sources.chain(trails).collect(), settings }
    }

    /// The embedded engine over what is committed.
    ///
    /// # Errors
    /// If the lake has not been deployed or cannot be read.
    #[cfg(feature = "local")]
    pub fn engine(&self) -> Result<Engine> {
        self.engine_with(|settings| settings)
    }

    /// The engine for a report's statements.
    ///
    /// # Errors
    /// If the lake has not been deployed or cannot be read.
    #[cfg(feature = "local")]
    pub fn report_engine(&self) -> Result<Engine> {
        self.engine_with(EngineSettings::for_a_report)
    }

    #[cfg(feature = "local")]
    fn engine_with(&self, wish: fn(EngineSettings) -> EngineSettings) -> Result<Engine> {
        let pipeline = self.pipeline()?;
        state::check_format(&pipeline.lake)?;
        let mut settings = EngineSettings::default();
        if let Some(megabytes) = self.config.query.memory_megabytes {
            settings.memory_bytes = (megabytes as usize).saturating_mul(1_000_000);
        }
        Engine::with_settings(&pipeline.lake, committed(&pipeline.lake)?, wish(settings))
    }
}
