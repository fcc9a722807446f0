//! The forms that AWS gives accounts, Regions, bucket names, ARNs, tags. Each check says what it expected.

/// Whether `text` is the number of an account.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` has the form of a Region's name (`eu-central-1`, `us-gov-west-1`, `ap-southeast-2`).
pub fn is_region(text: &str) -> bool {
    // The longest bucket name has room for a Region of this length (`NAME_LIMIT`); no Region has more.
    const LONGEST: usize = 16;
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    text.len() <= LONGEST
        && (2..=3).contains(&words.len())
        && words.iter().all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The AWS partition of a Region: `aws`, `aws-cn`, `aws-us-gov` and the isolated ones.
pub fn partition_of(region: &str) -> &'static str {
    match region {
        r if r.starts_with("cn-") => "aws-cn",
        r if r.starts_with("us-gov-") => "aws-us-gov",
        r if r.starts_with("us-isob-") => "aws-iso-b",
        r if r.starts_with("us-isof-") => "aws-iso-f",
        r if r.starts_with("eu-isoe-") => "aws-iso-e",
        r if r.starts_with("us-iso-") => "aws-iso",
        r if r.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// Checks the number of an account.
///
/// # Errors
/// What was expected.
pub fn check_account(text: &str) -> Result<(), String> {
    if is_account(text) { Ok(()) } else { Err("expected the 12 digits of an AWS account, in quotes".to_owned()) }
}

/// Checks the form of a Region's name.
///
/// # Errors
/// What was expected.
pub fn check_region(text: &str) -> Result<(), String> {
    if is_region(text) { Ok(()) } else { Err(format!("`{text}` is no Region; expected one such as eu-central-1")) }
}

/// Checks a bucket's name (S3 User Guide, "General purpose bucket naming rules"). Buckets of us-east-1 from before 2018
/// may have longer names with capitals and underscores; logging and CloudFormation refuse those today.
///
/// # Errors
/// The rule that it breaks.
pub fn check_bucket(name: &str) -> Result<(), String> {
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let rule = if name.starts_with("s3://") {
        "give the name alone, without s3://"
    } else if name.starts_with("arn:") {
        "give the bucket's name, not its ARN"
    } else if !(3..=63).contains(&name.len()) {
        "a bucket's name has 3 to 63 characters"
    } else if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.')) {
        "a bucket's name has lower-case letters, digits, hyphens and dots alone"
    } else if !end(name.bytes().next()) || !end(name.bytes().next_back()) {
        "a bucket's name begins and ends with a letter or digit"
    } else if name.contains("..") {
        "a bucket's name has no two dots in a row"
    } else if name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok()) {
        "a bucket's name is no IP address"
    } else if ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| name.starts_with(start)) {
        "a bucket's name does not begin with xn--, sthree- or amzn-s3-demo-"
    } else if ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|tail| name.ends_with(tail)) {
        "this is an alias or a directory or table bucket; server access logs are delivered to general purpose buckets"
    } else {
        return Ok(());
    };
    Err(format!("`{name}` cannot be a bucket: {rule}"))
}

/// Checks what the keys of delivered logs begin with.
///
/// # Errors
/// What is wrong with it.
pub fn check_prefix(prefix: &str) -> Result<(), String> {
    // Account, Region, bucket, date and name of the partitioned layout are joined on; a key has 1,024 bytes.
    const LONGEST: usize = 800;
    if prefix.starts_with("s3://") {
        return Err(format!("`{prefix}` is no prefix: give what keys begin with, without s3:// and the bucket"));
    }
    if prefix.len() > LONGEST {
        return Err(format!("the prefix has {} bytes; keys have room for {LONGEST}", prefix.len()));
    }
    if prefix.chars().any(char::is_control) {
        return Err("the prefix holds control characters".to_owned());
    }
    Ok(())
}

/// Checks what stands before `AWSLogs/` in a trail's bucket.
///
/// # Errors
/// What is wrong with it.
pub fn check_trail_prefix(prefix: &str) -> Result<(), String> {
    check_prefix(prefix)?;
    if prefix.starts_with('/') || prefix.ends_with('/') {
        return Err(format!("`{prefix}`: CloudTrail puts the slashes itself; write the prefix without them"));
    }
    if prefix == "AWSLogs" || prefix.starts_with("AWSLogs/") || prefix.ends_with("/AWSLogs") {
        return Err(format!("`{prefix}`: give what stands before AWSLogs/, and nothing if it stands at the top"));
    }
    Ok(())
}

/// The parts of an ARN: `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// `iam`, `kms`, …
    pub service: &'a str,
    /// Empty for services without Regions.
    pub region: &'a str,
    /// Empty, `aws`, or 12 digits.
    pub account: &'a str,
    /// What the service names.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` if it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || parts.next();
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
        let clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        let whole = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        (clean && whole).then_some(Self { partition, service, region, account, resource })
    }
}

/// Checks the ARN of something in IAM: `what` is `role` or `policy`. AWS's own policies stand in the account `aws`.
///
/// # Errors
/// What was expected.
pub fn check_iam_arn(text: &str, what: &str, partition: &str) -> Result<(), String> {
    let expected = format!("expected arn:{partition}:iam::ACCOUNT:{what}/NAME");
    let Some(arn) = Arn::parse(text) else { return Err(format!("`{text}` is no ARN; {expected}")) };
    check_partition(text, arn, partition)?;
    let owner = is_account(arn.account) || (what == "policy" && arn.account == "aws");
    let named = arn.resource.strip_prefix(what).and_then(|rest| rest.strip_prefix('/')).is_some_and(|n| !n.is_empty());
    if arn.service == "iam" && arn.region.is_empty() && owner && named {
        Ok(())
    } else {
        Err(format!("`{text}` is no ARN of a {what}; {expected}"))
    }
}

/// Checks the ARN of a KMS key that is used in `region`.
///
/// # Errors
/// What was expected.
pub fn check_key_arn(text: &str, region: &str) -> Result<(), String> {
    let partition = partition_of(region);
    let expected = format!("expected arn:{partition}:kms:{region}:ACCOUNT:key/ID");
    let Some(arn) = Arn::parse(text) else { return Err(format!("`{text}` is no ARN; {expected}")) };
    check_partition(text, arn, partition)?;
    if arn.service != "kms" || !is_account(arn.account) {
        return Err(format!("`{text}` is no ARN of a key; {expected}"));
    }
    if arn.resource.starts_with("alias/") {
        return Err(format!("`{text}` is an alias, which IAM policies cannot name; {expected}"));
    }
    if arn.resource.strip_prefix("key/").is_none_or(str::is_empty) {
        return Err(format!("`{text}` is no ARN of a key; {expected}"));
    }
    if arn.region != region {
        return Err(format!(
            "the key is in {}, and what it encrypts is in {region}; S3 wants them together",
            arn.region
        ));
    }
    Ok(())
}

fn check_partition(text: &str, arn: Arn<'_>, partition: &str) -> Result<(), String> {
    if arn.partition == partition {
        return Ok(());
    }
    Err(format!("`{text}` is in the partition `{}`, and the Region in `{partition}`", arn.partition))
}

/// Checks the path of roles (IAM API Reference, CreateRole, Path).
///
/// # Errors
/// What was expected.
pub fn check_role_path(path: &str) -> Result<(), String> {
    let good = path.starts_with('/')
        && path.ends_with('/')
        && path.len() <= 512
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
    if good { Ok(()) } else { Err(format!("`{path}` is no path of roles; expected / or one such as /teams/data/")) }
}

/// Checks a tag ("Tagging AWS resources"; S3 and Glue allow fewer marks than others, so these are what all allow).
///
/// # Errors
/// What is wrong with it.
pub fn check_tag(key: &str, value: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    let length = |text: &str| text.encode_utf16().count();
    if key.is_empty() || length(key) > 128 {
        return Err(format!("the key `{key}` has {} characters; a tag's key has 1 to 128", length(key)));
    }
    if length(value) > 256 {
        return Err(format!("the value of `{key}` has {} characters; a tag's value has 256 at most", length(value)));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(format!("`{key}`: keys that begin with aws: belong to AWS"));
    }
    if key.starts_with("bucketscope:") {
        return Err(format!("`{key}`: keys that begin with bucketscope: are set by deploy itself"));
    }
    if let Some(c) = key.chars().chain(value.chars()).find(|c| !allowed(*c)) {
        let c = c.escape_debug();
        return Err(format!("`{key}`: a tag may hold letters, digits, spaces and _ . : / = + - @, not `{c}`"));
    }
    Ok(())
}

/// Checks the shape of an address. Whether it is somebody's shows when they confirm the subscription.
///
/// # Errors
/// What was expected.
pub fn check_email(text: &str) -> Result<(), String> {
    let good = text.len() <= 254
        && text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"<>,;\"()".contains(c))
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && domain.contains('.')
                && !domain.contains('@')
                && domain.split('.').all(|part| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-'))
        });
    if good { Ok(()) } else { Err(format!("`{text}` is no e-mail address; expected one such as ops@example.org")) }
}

/// Checks the random part of bucket names.
///
/// # Errors
/// What was expected.
pub fn check_suffix(text: &str) -> Result<(), String> {
    let good = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if good { Ok(()) } else { Err("expected six lower-case letters or digits, as init makes them".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_rules_of_s3() {
        for good in ["abc", "my-logs", "logs.example.org", "0a1", &"a".repeat(63), "1.2.3.400"] {
            assert_eq!(check_bucket(good), Ok(()), "{good}");
        }
        for (wrong, says) in [
            ("ab", "3 to 63"),
            (&"a".repeat(64), "3 to 63"),
            ("My-Logs", "lower-case"),
            ("my_logs", "lower-case"),
            ("-logs", "begins and ends"),
            ("logs.", "begins and ends"),
            ("a..b", "two dots"),
            ("192.168.5.4", "IP address"),
            ("xn--logs", "xn--"),
            ("name-s3alias", "alias"),
            ("s3://logs", "without s3://"),
            ("arn:aws:s3:::logs", "not its ARN"),
            ("logs/prefix", "lower-case"),
        ] {
            assert!(check_bucket(wrong).expect_err(wrong).contains(says), "{wrong}");
        }
    }

    #[test]
    fn regions_and_their_partitions() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert!(is_region(region), "{region}");
            assert_eq!(partition_of(region), partition);
        }
        for wrong in ["", "frankfurt", "eu-central", "EU-CENTRAL-1", "eu-central-1a", "eu-central-123", "a-b-1"] {
            assert!(!is_region(wrong), "{wrong}");
        }
    }

    #[test]
    fn arns_are_of_the_right_kind_and_partition() {
        assert_eq!(check_iam_arn("arn:aws:iam::111122223333:role/deploy/cfn", "role", "aws"), Ok(()));
        assert_eq!(check_iam_arn("arn:aws:iam::aws:policy/PowerUserAccess", "policy", "aws"), Ok(()));
        for (wrong, what, says) in [
            ("deployer", "role", "`deployer` is no ARN; expected arn:aws:iam::ACCOUNT:role/NAME"),
            ("arn:aws:iam::111122223333:user/x", "role", "is no ARN of a role"),
            ("arn:aws:iam::aws:role/x", "role", "is no ARN of a role"),
            ("arn:aws-cn:iam::111122223333:role/x", "role", "is in the partition `aws-cn`"),
            ("arn:aws:iam::111122223333:role/x y", "role", "is no ARN"),
        ] {
            let why = check_iam_arn(wrong, what, "aws").expect_err(wrong);
            assert!(why.contains(says), "{wrong}: {why}");
        }
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(check_key_arn(key, "eu-west-1"), Ok(()));
        assert!(check_key_arn(key, "eu-west-2").unwrap_err().contains("the key is in eu-west-1"));
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/logs";
        assert!(check_key_arn(alias, "eu-west-1").unwrap_err().contains("is an alias"));
        assert!(check_key_arn("1234abcd", "eu-west-1").unwrap_err().contains("is no ARN"));
    }

    #[test]
    fn tags_addresses_and_paths() {
        assert_eq!(check_tag("cost-centre", "4711 / Büro"), Ok(()));
        for (key, value) in [("", "x"), ("aws:x", "y"), ("AWS:x", "y"), ("bucketscope:pipeline", "n"), ("a", "b\u{7}")]
        {
            assert!(check_tag(key, value).is_err(), "{key}");
        }
        assert!(check_tag(&"k".repeat(129), "").is_err() && check_tag("k", &"v".repeat(257)).is_err());
        assert_eq!(check_email("ops+s3@example.org"), Ok(()));
        for wrong in ["", "ops", "ops@", "@example.org", "ops@example", "a b@example.org", "a@b@c.org", "Ops <o@e.org>"]
        {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
        assert!(check_role_path("/").is_ok() && check_role_path("/a/b/").is_ok());
        assert!(check_role_path("a/").is_err() && check_role_path("/a").is_err() && check_role_path("").is_err());
    }

    #[test]
    fn prefixes_are_taken_as_they_are_and_those_of_trails_without_slashes() {
        for good in ["", "logs", "logs/", "/odd/", "ä b"] {
            assert_eq!(check_prefix(good), Ok(()), "{good}");
        }
        assert!(
            check_prefix("s3://b/x").is_err()
                && check_prefix("a\nb").is_err()
                && check_prefix(&"a".repeat(801)).is_err()
        );
        assert_eq!(check_trail_prefix("org/audit"), Ok(()));
        for wrong in ["/a", "a/", "AWSLogs", "AWSLogs/1", "a/AWSLogs"] {
            assert!(check_trail_prefix(wrong).is_err(), "{wrong}");
        }
    }
}
