//! Buckets and prefixes as they are typed: `[ACCOUNT:][REGION:]BUCKET[/PREFIX][=KEY]`.

use std::fmt;

use crate::config::cloud::form;

/// A place in S3 with what is not as the pipeline has it. Bucket names hold neither `:` nor `=`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceName {
    /// The account that owns the bucket, if it is another.
    pub account_id: Option<String>,
    /// The bucket's Region, if it is another.
    pub region: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// What keys begin with.
    pub prefix: String,
    /// The ARN of the key that encrypts the objects.
    pub kms_key: Option<String>,
}

impl PlaceName {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (text, kms_key) = match text.find("=arn:") {
            Some(at) => (&text[..at], Some(text[at + 1..].to_owned())),
            None => (text, None),
        };
        let (head, prefix) = match text.strip_prefix("s3://").unwrap_or(text).split_once('/') {
            Some((head, prefix)) => (head, prefix),
            None => (text.strip_prefix("s3://").unwrap_or(text), ""),
        };
        let mut place = Self { prefix: prefix.to_owned(), kms_key, ..Self::default() };
        let mut parts: Vec<&str> = head.split(':').collect();
        let bucket = parts.pop().unwrap_or_default();
        for part in parts {
            if form::is_account(part) && place.account_id.is_none() {
                place.account_id = Some(part.to_owned());
            } else if form::is_region(part) && place.region.is_none() {
                place.region = Some(part.to_owned());
            } else {
                return Err(format!("`{part}` before `{bucket}` is neither an account's 12 digits nor a Region"));
            }
        }
        form::check_bucket(bucket)?;
        form::check_prefix(prefix)?;
        place.bucket = bucket.to_owned();
        Ok(place)
    }

    /// Without account and Region where they are the pipeline's own.
    #[must_use]
    pub fn seen_from(mut self, account_id: &str, region: &str) -> Self {
        self.account_id = self.account_id.filter(|account| account != account_id);
        self.region = self.region.filter(|other| other != region);
        self
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.account_id, &self.region].into_iter().flatten() {
            write!(f, "{part}:")?;
        }
        f.write_str(&self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        match &self.kms_key {
            Some(key) => write!(f, "={key}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in [
            "logs",
            "logs/access/",
            "logs//odd",
            "eu-west-1:logs/a:b",
            "111122223333:logs",
            "111122223333:us-gov-west-1:logs/x",
            "trail/org=arn:aws:kms:eu-west-1:111122223333:key/1",
        ] {
            assert_eq!(PlaceName::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(PlaceName::parse(" s3://logs/a/ ").unwrap().to_string(), "logs/a/");
        let place = PlaceName::parse("eu-west-1:logs").unwrap();
        assert_eq!(place.clone().seen_from("111122223333", "eu-west-1").to_string(), "logs");
        assert_eq!(place.seen_from("111122223333", "eu-west-2").to_string(), "eu-west-1:logs");
    }

    #[test]
    fn what_is_no_place_is_told_why() {
        for (text, says) in [
            ("", "3 to 63"),
            ("Logs", "lower-case"),
            ("x:logs", "neither an account's 12 digits nor a Region"),
            ("eu-west-1:eu-west-2:logs", "neither"),
            ("arn:aws:s3:::logs", "neither"),
        ] {
            assert!(PlaceName::parse(text).unwrap_err().contains(says), "{text}");
        }
    }
}
