//! S3.

use std::collections::BTreeMap;

use super::InRegion;
use crate::Result;
use crate::aws::buckets::{Buckets, Deleted, Held, Item, LoggingNow, ObjectNow};

impl Buckets for InRegion {
    fn names(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(self.call()?.buckets.keys().filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    fn exists(&self, bucket: &str) -> Result<bool> {
        Ok(self.call()?.buckets.contains_key(bucket))
    }

    fn tags(&self, bucket: &str) -> Result<Option<BTreeMap<String, String>>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.tags.clone()))
    }

    fn held(&self, bucket: &str) -> Result<Held> {
        let objects = self.call()?.buckets.get(bucket).map_or(0, |bucket| bucket.versions.len() as u64);
        Ok(Held { objects, bytes: objects * 10, more: false })
    }

    fn versions(&self, bucket: &str) -> Result<Vec<Item>> {
        // Pages of two: what is emptied must be asked for again.
        let world = self.call()?;
        Ok(world
            .buckets
            .get(bucket)
            .map(|bucket| bucket.versions.iter().take(2).cloned().collect())
            .unwrap_or_default())
    }

    fn delete_versions(&self, bucket: &str, items: &[Item]) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.versions.retain(|item| !items.contains(item));
        }
        Ok(())
    }

    fn uploads(&self, bucket: &str) -> Result<Vec<Item>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.uploads.clone()).unwrap_or_default())
    }

    fn abort(&self, bucket: &str, upload: &Item) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.uploads.retain(|item| item != upload);
        }
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<Deleted> {
        let mut world = self.call()?;
        let Some(bucket) = world.buckets.get_mut(name) else { return Ok(Deleted::Yes) };
        if bucket.refills > 0 {
            bucket.refills -= 1;
            bucket.versions.push(Item { key: "late".to_owned(), id: Some("v".to_owned()) });
        }
        if !bucket.versions.is_empty() || !bucket.uploads.is_empty() {
            return Ok(Deleted::NotEmpty);
        }
        world.buckets.remove(name);
        Ok(Deleted::Yes)
    }

    fn logging(&self, bucket: &str) -> Result<Option<Option<LoggingNow>>> {
        Ok(self.call()?.buckets.get(bucket).map(|bucket| bucket.logging.clone()))
    }

    fn set_logging(&self, bucket: &str, logging: &LoggingNow) -> Result<()> {
        if let Some(bucket) = self.call()?.buckets.get_mut(bucket) {
            bucket.logging = Some(logging.clone());
        }
        Ok(())
    }

    fn policy(&self, bucket: &str) -> Result<Option<String>> {
        Ok(self.call()?.buckets.get(bucket).and_then(|bucket| bucket.policy.clone()))
    }

    fn object(&self, bucket: &str, key: &str) -> Result<Option<ObjectNow>> {
        Ok(self.call()?.buckets.get(bucket).and_then(|bucket| bucket.objects.get(key).cloned()))
    }
}
