//! Glue: jobs, crawlers, the catalogue.

use std::collections::BTreeMap;

use super::InRegion;
use crate::Result;
use crate::aws::crawlers::{Crawl, CrawlerNow, Crawlers};
use crate::aws::jobs::{Jobs, Run, Started};
use crate::aws::tables::{Table, Tables};

impl Jobs for InRegion {
    fn exists(&self, job: &str) -> Result<bool> {
        Ok(self.call()?.job.as_deref() == Some(job))
    }

    fn runs(&self, job: &str, limit: usize) -> Result<Vec<Run>> {
        let mut world = self.call()?;
        let runs = if world.job.as_deref() == Some(job) { world.runs.clone() } else { Vec::new() };
        for run in &mut world.runs {
            if run.state == "STOPPING" {
                run.state = "STOPPED".to_owned();
            }
        }
        Ok(runs.into_iter().take(limit).collect())
    }

    fn run(&self, _job: &str, id: &str) -> Result<Option<Run>> {
        Ok(self.call()?.runs.iter().find(|run| run.id == id).cloned())
    }

    fn start(&self, _job: &str, arguments: &BTreeMap<String, String>) -> Result<Started> {
        let mut world = self.call()?;
        if world.runs.iter().any(Run::is_active) {
            return Ok(Started::Busy);
        }
        world.started.push(arguments.clone());
        Ok(Started::Run("jr_new".to_owned()))
    }

    fn stop(&self, _job: &str, ids: &[String]) -> Result<()> {
        for run in self.call()?.runs.iter_mut().filter(|run| ids.contains(&run.id) && run.is_active()) {
            run.state = "STOPPING".to_owned();
        }
        Ok(())
    }
}

impl Crawlers for InRegion {
    fn find(&self, name: &str) -> Result<Option<CrawlerNow>> {
        let mut world = self.call()?;
        let Some((_, crawler)) = world.crawler.as_mut().filter(|(known, _)| known == name) else { return Ok(None) };
        let now = crawler.clone();
        if crawler.state == "STOPPING" {
            crawler.state = "READY".to_owned();
        }
        Ok(Some(now))
    }

    fn crawls(&self, _name: &str, _limit: u16) -> Result<Vec<Crawl>> {
        drop(self.call()?);
        Ok(Vec::new())
    }

    fn stop(&self, _name: &str) -> Result<()> {
        if let Some((_, crawler)) = self.call()?.crawler.as_mut() {
            crawler.state = "STOPPING".to_owned();
        }
        Ok(())
    }
}

impl Tables for InRegion {
    fn database_exists(&self, database: &str) -> Result<bool> {
        Ok(self.call()?.database.as_deref() == Some(database))
    }

    fn delete_database(&self, _database: &str) -> Result<()> {
        let mut world = self.call()?;
        world.database = None;
        world.tables.clear();
        Ok(())
    }

    fn names(&self, _database: &str) -> Result<Vec<String>> {
        Ok(self.call()?.tables.keys().cloned().collect())
    }

    fn find(&self, _database: &str, name: &str) -> Result<Option<Table>> {
        Ok(self.call()?.tables.get(name).cloned())
    }

    fn put(&self, _database: &str, table: &Table) -> Result<()> {
        self.call()?.tables.insert(table.name.clone(), table.clone());
        Ok(())
    }

    fn delete(&self, _database: &str, name: &str) -> Result<()> {
        self.call()?.tables.remove(name);
        Ok(())
    }
}
