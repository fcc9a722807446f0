//! Uploaded files: what the deployed template names must be there, with the content that its name says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resolve::Deployed;
use super::{Difference, Revert, State};
use crate::Result;
use crate::aws::hands::Hands;
use crate::blueprint::names::Names;
use crate::stack::site::Site;
use crate::stack::teardown::FoundStack;

/// Stands where a resource has a type.
const UPLOADED: &str = "uploaded file";

/// Compares; how many files there are, and what differs.
pub fn compare(
    site: &Site<'_>,
    hands: &Hands,
    stack: &FoundStack,
    deployed: &Deployed,
) -> Result<(u64, Vec<Difference>)> {
    let bucket = Names::of(site.cloud).assets_bucket(&stack.region);
    let mut keys = BTreeSet::new();
    collect(deployed.template(), &mut keys);
    let mut all = Vec::new();
    for key in &keys {
        let hash = key.split('/').next().unwrap_or_default();
        let base = Difference {
            state: State::Modified,
            stack: stack.name.clone(),
            region: stack.region.clone(),
            logical: key.clone(),
            kind: UPLOADED.to_owned(),
            name: key.rsplit('/').next().unwrap_or_default().to_owned(),
            physical: format!("s3://{bucket}/{key}"),
            path: "sha256".to_owned(),
            expected: hash.to_owned(),
            actual: String::new(),
            reason: String::new(),
            revert: Revert::Upload,
        };
        match hands.buckets.object(&bucket, key)? {
            None => all.push(Difference { state: State::Deleted, path: String::new(), ..base }),
            Some(object) => match object.sha256.as_deref().and_then(hexadecimal) {
                Some(actual) if actual == hash => {}
                Some(actual) => all.push(Difference { actual, ..base }),
                None => all.push(Difference {
                    state: State::Unknown,
                    reason: "S3 keeps no SHA-256 of it".to_owned(),
                    ..base
                }),
            },
        }
    }
    Ok((keys.len() as u64, all))
}

/// The keys `<64 hexadecimal digits>/<file>` in all texts of a template.
fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => keys.extend(key_in(text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        Value::Object(map) => map.values().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

fn key_in(text: &str) -> Option<String> {
    let mut parts = text.rsplitn(3, '/');
    let (file, hash) = (parts.next()?, parts.next()?);
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_file = !file.is_empty() && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    (is_hash && is_file).then(|| format!("{hash}/{file}"))
}

/// The digits of a checksum that S3 writes in base64. One of an upload in parts ends in `-N` and is none of the whole.
fn hexadecimal(base64: &str) -> Option<String> {
    let bytes = aws_smithy_types::base64::decode(base64).ok()?;
    (bytes.len() == 32).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_a_template_names_them() {
        let hash = "0a".repeat(32);
        let key = format!("{hash}/worker");
        for text in [key.clone(), format!("s3://bucket/{key}"), format!("s3://bucket/x/{key}")] {
            assert_eq!(key_in(&text), Some(key.clone()), "{text}");
        }
        for text in [hash.clone(), format!("{hash}/"), format!("{}/worker", "0A".repeat(32)), "a/b".to_owned()] {
            assert_eq!(key_in(&text), None, "{text}");
        }
    }

    #[test]
    fn a_checksum_of_s3_is_read_unless_it_is_one_of_parts() {
        assert_eq!(
            hexadecimal("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap(),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        );
        assert_eq!(hexadecimal("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=-3"), None);
        assert_eq!(hexadecimal("short"), None);
    }
}
