//! The imaginary company whose buckets are logged: who calls, with what program, from where, for which keys.
//!
//! All shares are listed in docs/generate.md; keep the two together.

/// Who stands in the field `requester`.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// Nobody: the request carries no signature.
    Anonymous,
    /// Always this text.
    Fixed(&'static str),
    /// An assumed role whose session is an EC2 instance; the text goes up to the session name.
    Instance(&'static str),
    /// An assumed role whose session is an ECS task.
    Task(&'static str),
    /// An assumed role whose session is a person's address.
    Person(&'static str),
}

/// Where a caller's address comes from, and whether S3 can say its Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Net {
    /// Private addresses through a gateway endpoint.
    Vpc,
    /// Public addresses of AWS.
    Aws,
    /// Other people's addresses, one in eight of them IPv6.
    Internet,
}

/// A kind of caller.
#[derive(Debug)]
pub struct Client {
    /// The requester.
    pub who: Who,
    /// Its user agents; a session keeps one.
    pub agents: &'static [&'static str],
    /// There are 2^this many sessions, used by Zipf's law.
    pub session_bits: u32,
    /// Where it sits.
    pub net: Net,
    /// Signature version, `-` without.
    pub sigv: &'static str,
    /// AuthHeader, QueryString or `-`.
    pub auth: &'static str,
    /// Whether its SDK adds `?x-id=GetObject` and its like to the request line.
    pub names_operation: bool,
    /// Whether it changes anything; one that does not leaves that to the next client in the list that does.
    pub writes: bool,
}

/// What kind of keys a bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Product pictures behind a CDN.
    Media,
    /// Hive-partitioned Parquet.
    Lake,
    /// Logs of load balancers.
    Logs,
    /// Database backups, with spaces in their names.
    Backups,
    /// What people upload: spaces, umlauts, percent signs.
    Uploads,
    /// A static website.
    Site,
}

/// What happens to a bucket: one of these, then the rows that S3 writes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// REST.GET.OBJECT.
    Get,
    /// REST.HEAD.OBJECT.
    Head,
    /// REST.PUT.OBJECT under a new key.
    Put,
    /// REST.PUT.PART of an upload.
    Part,
    /// REST.POST.UPLOADS or REST.POST.UPLOAD.
    Upload,
    /// REST.GET.BUCKET.
    List,
    /// REST.DELETE.OBJECT.
    Delete,
    /// REST.POST.MULTI_OBJECT_DELETE and its BATCH.DELETE.OBJECT rows.
    MultiDelete,
    /// S3.EXPIRE.OBJECT and S3.CREATE.DELETEMARKER.
    Expire,
    /// S3.TRANSITION….
    Transition,
    /// REST.COPY.OBJECT and REST.COPY.OBJECT_GET.
    Copy,
    /// WEBSITE.GET.OBJECT.
    Website,
    /// Reads of a bucket's or an object's settings.
    Settings,
    /// REST.OPTIONS.PREFLIGHT.
    Preflight,
}

/// A bucket that is logged.
#[derive(Debug)]
pub struct Bucket {
    /// Its name.
    pub name: &'static str,
    /// Canonical id of its owner.
    pub owner: &'static str,
    /// The account.
    pub account: &'static str,
    /// The Region.
    pub region: &'static str,
    /// The host names callers use, most of them the first.
    pub endpoints: [&'static str; 2],
    /// Requests to it, of 1000.
    pub weight: u32,
    /// Its keys.
    pub keys: Keys,
    /// Old keys that are asked for again: 2^this many.
    pub key_bits: u32,
    /// Whether it keeps versions.
    pub versioned: bool,
    /// An access point that some calls come through.
    pub access_point: Option<&'static str>,
    /// What happens, in parts of 1000.
    pub actions: &'static [(Action, u32)],
    /// Who calls, in parts of 100.
    pub clients: &'static [(&'static Client, u32)],
}

const OWNER_SHOP: &str = "6f0a1c53d8e94b27a1f2c07e5b8d93e4417c26aa90be5d3f8821c4b7f05e9d36";
const OWNER_DATA: &str = "b92d47e10c6f8a35e7104fd2936b8ac5de21750f9c84e3b6a0d7518f24c96e0b";

const WEB_TASK: Client = Client {
    who: Who::Task("arn:aws:sts::111122223333:assumed-role/shop-web-task/"),
    agents: super::agents::SERVICES,
    session_bits: 7,
    net: Net::Vpc,
    sigv: "SigV4",
    auth: "AuthHeader",
    names_operation: true,
    writes: true,
};
const CDN_OAI: Client = Client {
    who: Who::Fixed("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"),
    agents: &["Amazon CloudFront"],
    session_bits: 10,
    net: Net::Aws,
    sigv: "SigV4",
    auth: "AuthHeader",
    names_operation: false,
    writes: false,
};
const CDN_OAC: Client = Client { who: Who::Fixed("svc:cloudfront.amazonaws.com"), ..CDN_OAI };
const BROWSER: Client = Client {
    who: Who::Anonymous,
    agents: super::agents::BROWSERS,
    session_bits: 13,
    net: Net::Internet,
    sigv: "-",
    auth: "-",
    names_operation: false,
    writes: false,
};
const PRESIGNED: Client = Client {
    who: Who::Fixed("arn:aws:sts::111122223333:assumed-role/shop-api/shop-api-presign"),
    sigv: "SigV4",
    auth: "QueryString",
    writes: true,
    ..BROWSER
};
const SPARK: Client = Client {
    who: Who::Instance("arn:aws:sts::444455556666:assumed-role/emr-ec2-default/"),
    agents: super::agents::ANALYTICS,
    session_bits: 8,
    net: Net::Vpc,
    sigv: "SigV4",
    auth: "AuthHeader",
    names_operation: false,
    writes: true,
};
const ATHENA: Client = Client {
    who: Who::Person("arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Analyst_8c1f0e2d3b4a5968/"),
    agents: super::agents::ATHENA,
    session_bits: 6,
    net: Net::Aws,
    ..SPARK
};
const PEOPLE: Client = Client {
    who: Who::Person("arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Admin_0a9b8c7d6e5f4a3b/"),
    agents: super::agents::TOOLS,
    session_bits: 5,
    net: Net::Internet,
    ..SPARK
};
const ELB: Client = Client {
    who: Who::Fixed("svc:elasticloadbalancing.amazonaws.com"),
    agents: super::agents::SERVICES,
    session_bits: 6,
    net: Net::Aws,
    ..SPARK
};
const BACKUP_USER: Client = Client {
    who: Who::Fixed("arn:aws:iam::444455556666:user/backup/pg-backup"),
    agents: super::agents::TOOLS,
    session_bits: 4,
    net: Net::Internet,
    ..SPARK
};
const OLD_SCRIPT: Client =
    Client { who: Who::Fixed(OWNER_DATA), agents: super::agents::OLD, session_bits: 2, sigv: "SigV2", ..BACKUP_USER };

/// The buckets.
pub const BUCKETS: &[Bucket] = &[
    Bucket {
        name: "shop-media-prod",
        owner: OWNER_SHOP,
        account: "111122223333",
        region: "eu-west-1",
        endpoints: ["shop-media-prod.s3.eu-west-1.amazonaws.com", "shop-media-prod.s3.amazonaws.com"],
        weight: 320,
        keys: Keys::Media,
        key_bits: 14,
        versioned: false,
        access_point: None,
        actions: &[
            (Action::Get, 868),
            (Action::Head, 50),
            (Action::Put, 62),
            (Action::Copy, 5),
            (Action::MultiDelete, 1),
            (Action::Preflight, 10),
            (Action::Settings, 4),
        ],
        clients: &[(&CDN_OAI, 34), (&CDN_OAC, 26), (&WEB_TASK, 28), (&BROWSER, 10), (&PEOPLE, 2)],
    },
    Bucket {
        name: "analytics-lake",
        owner: OWNER_DATA,
        account: "444455556666",
        region: "eu-west-1",
        endpoints: [
            "analytics-lake.s3.eu-west-1.amazonaws.com",
            "analytics-444455556666.s3-accesspoint.eu-west-1.amazonaws.com",
        ],
        weight: 165,
        keys: Keys::Lake,
        key_bits: 14,
        versioned: false,
        access_point: Some("arn:aws:s3:eu-west-1:444455556666:accesspoint/analytics"),
        actions: &[
            (Action::Get, 520),
            (Action::Head, 130),
            (Action::Put, 200),
            (Action::Part, 8),
            (Action::Upload, 6),
            (Action::List, 70),
            (Action::Delete, 14),
            (Action::MultiDelete, 2),
            (Action::Copy, 6),
            (Action::Transition, 8),
            (Action::Settings, 6),
        ],
        clients: &[(&SPARK, 62), (&ATHENA, 33), (&PEOPLE, 4), (&OLD_SCRIPT, 1)],
    },
    Bucket {
        name: "platform-elb-logs",
        owner: OWNER_DATA,
        account: "444455556666",
        region: "us-east-1",
        endpoints: ["platform-elb-logs.s3.amazonaws.com", "platform-elb-logs.s3.us-east-1.amazonaws.com"],
        weight: 90,
        keys: Keys::Logs,
        key_bits: 13,
        versioned: false,
        access_point: None,
        actions: &[
            (Action::Get, 430),
            (Action::Head, 40),
            (Action::Put, 420),
            (Action::List, 40),
            (Action::Expire, 60),
            (Action::Settings, 10),
        ],
        clients: &[(&ELB, 58), (&ATHENA, 36), (&PEOPLE, 5), (&OLD_SCRIPT, 1)],
    },
    Bucket {
        name: "db-backups-vault",
        owner: OWNER_DATA,
        account: "444455556666",
        region: "eu-central-1",
        endpoints: ["db-backups-vault.s3.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com"],
        weight: 60,
        keys: Keys::Backups,
        key_bits: 12,
        versioned: true,
        access_point: None,
        actions: &[
            (Action::Get, 180),
            (Action::Head, 130),
            (Action::Put, 230),
            (Action::Part, 90),
            (Action::Upload, 60),
            (Action::List, 50),
            (Action::Delete, 10),
            (Action::Expire, 30),
            (Action::Transition, 30),
            (Action::Settings, 10),
        ],
        clients: &[(&BACKUP_USER, 82), (&PEOPLE, 12), (&OLD_SCRIPT, 6)],
    },
    Bucket {
        name: "shop-user-uploads",
        owner: OWNER_SHOP,
        account: "111122223333",
        region: "eu-west-1",
        endpoints: ["shop-user-uploads.s3.eu-west-1.amazonaws.com", "shop-user-uploads.s3.amazonaws.com"],
        weight: 120,
        keys: Keys::Uploads,
        key_bits: 13,
        versioned: false,
        access_point: None,
        actions: &[
            (Action::Get, 640),
            (Action::Head, 80),
            (Action::Put, 200),
            (Action::Part, 6),
            (Action::Delete, 15),
            (Action::MultiDelete, 4),
            (Action::Copy, 21),
            (Action::Preflight, 20),
        ],
        clients: &[(&PRESIGNED, 15), (&WEB_TASK, 75), (&BROWSER, 8), (&PEOPLE, 2)],
    },
    Bucket {
        name: "www.shop.example",
        owner: OWNER_SHOP,
        account: "111122223333",
        region: "eu-west-1",
        endpoints: ["www.shop.example.s3-website-eu-west-1.amazonaws.com", "www.shop.example"],
        weight: 110,
        keys: Keys::Site,
        key_bits: 10,
        versioned: false,
        access_point: None,
        actions: &[(Action::Website, 930), (Action::Get, 40), (Action::Put, 20), (Action::List, 10)],
        clients: &[(&BROWSER, 96), (&PEOPLE, 4)],
    },
];
