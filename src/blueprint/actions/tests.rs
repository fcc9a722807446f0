use super::*;

fn names(service: &str, operation: &str, versioned: bool) -> Vec<(String, On)> {
    let needs = needs(service, operation, versioned).unwrap_or_else(|| panic!("{service}:{operation}"));
    needs.iter().map(|need| (need.name(), need.on)).collect()
}

#[test]
fn calls_are_mapped_as_the_reference_says() {
    for (service, operation, versioned, expected) in [
        ("s3", "ListObjectsV2", false, vec![("s3:ListBucket", On::Bucket)]),
        ("s3", "HeadObject", false, vec![("s3:GetObject", On::Object)]),
        ("s3", "UploadPart", false, vec![("s3:PutObject", On::Object)]),
        ("s3", "DeleteObjects", true, vec![("s3:DeleteObjectVersion", On::Object)]),
        ("s3", "PutObject", true, vec![("s3:PutObject", On::Object)]),
        ("s3", "CopyObject", false, vec![("s3:GetObject", On::Object), ("s3:PutObject", On::Object)]),
        ("glue", "StartJobRun", false, vec![("glue:StartJobRun", On::Job)]),
        ("glue", "BatchCreatePartition", false, vec![("glue:BatchCreatePartition", On::Catalogue)]),
        ("glue", "CreateCrawler", false, vec![("glue:CreateCrawler", On::Anything)]),
        ("resourcegroupstaggingapi", "GetResources", false, vec![("tag:GetResources", On::Anything)]),
        ("sts", "GetCallerIdentity", false, vec![]),
    ] {
        let expected: Vec<(String, On)> = expected.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
        assert_eq!(names(service, operation, versioned), expected, "{service}:{operation}");
    }
    assert_eq!(needs("s3", "PutBucketAcl", false), None);
    assert_eq!(needs("glue", "ListObjectsV2", false), None);
}

#[test]
fn no_call_stands_in_the_table_twice() {
    let mut all: Vec<(&str, &str)> =
        SAME.iter().flat_map(|(service, _, _, names)| names.iter().map(move |name| (*service, *name))).collect();
    all.extend(OTHER.iter().map(|(service, name, _)| (*service, *name)));
    all.extend(FREE);
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}
