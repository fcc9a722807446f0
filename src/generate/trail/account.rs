//! What happens in the accounts beside the requests to buckets: sign-ins, roles taken on, and now and then something that
//! somebody should look at.

use super::call::{Call, NULL, time};
use super::caller::{Caller, key_id};
use super::json::Json;
use super::{DATA, Event, SHOP};
use crate::generate::line::upper_hex;
use crate::generate::random::{Random, mix2};
use crate::generate::scribe::World;

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";
const CLI: &str = "aws-cli/2.27.22 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-59-generic md/arch#x86_64 lang/python#3.13.3";
const ADMINS: &str = "AWSReservedSSO_Admin_0a9b8c7d6e5f4a3b";
const ANALYSTS: &str = "AWSReservedSSO_Analyst_8c1f0e2d3b4a5968";
const ALICE: Caller<'static> = Caller::Session(DATA, ADMINS, "person23@shop.example");
const BOB: Caller<'static> = Caller::Session(DATA, ANALYSTS, "person41@shop.example");
const ROOT: Caller<'static> = Caller::Root(DATA);
const ALICES: &str = "198.51.100.23";
const BOBS: &str = "198.51.100.41";
const STRANGER: &str = "203.0.113.77";
const XMLNS: &str = r#""xmlns":"http://s3.amazonaws.com/doc/2006-03-01/""#;
const TMP: &str = "shop-tmp-exports";

/// Tells what happens, hour by hour.
#[derive(Debug)]
pub struct Accounts<'a> {
    world: &'a World,
    seed: u64,
    hour: u64,
}

/// A call, as far as the stories tell it: who, from where, with what, in which Region, and what.
struct Tale<'a> {
    who: Caller<'a>,
    /// Whose trail records it.
    account: &'static str,
    from: &'a str,
    with: &'a str,
    region: &'static str,
    what: (&'static str, &'static str),
    read_only: bool,
    request: Vec<u8>,
    response: Vec<u8>,
    additional: Option<Vec<u8>>,
    error: Option<(&'static str, &'static str)>,
    kind: &'static str,
}

impl Default for Tale<'_> {
    fn default() -> Self {
        Self {
            who: ALICE,
            account: DATA,
            from: ALICES,
            with: CLI,
            region: "eu-west-1",
            what: ("s3", ""),
            read_only: false,
            request: NULL.to_vec(),
            response: NULL.to_vec(),
            additional: None,
            error: None,
            kind: "AwsApiCall",
        }
    }
}

impl<'a> Accounts<'a> {
    /// The accounts' own doings.
    pub fn new(seed: u64, world: &'a World) -> Self {
        Self { world, seed, hour: 0 }
    }

    /// What happens up to the end of the hours before `now`.
    pub fn until(&mut self, now: u64) -> Vec<Event> {
        let mut events = Vec::new();
        while (self.hour + 1) * 3600 <= now {
            let mut teller = Teller {
                world: self.world,
                random: Random::new(self.seed, mix2(0xACC0_0275, self.hour)),
                hour: self.hour,
                minute: 0,
                events: Vec::new(),
            };
            teller.everyday();
            teller.stories();
            events.append(&mut teller.events);
            self.hour += 1;
        }
        events
    }
}

struct Teller<'a> {
    world: &'a World,
    random: Random,
    hour: u64,
    minute: u64,
    events: Vec<Event>,
}

impl Teller<'_> {
    /// Adds a call, some minutes after the one before.
    fn add(&mut self, tale: Tale<'_>) {
        self.minute = (self.minute + 1 + u64::from(self.random.below(4))).min(59);
        let second = self.hour * 3600 + self.minute * 60 + u64::from(self.random.below(60));
        let (account, place) = (tale.account, (tale.account, tale.region));
        let (service, name) = tale.what;
        let bucket = std::str::from_utf8(&tale.request).ok().and_then(|text| text.split(r#""bucketName":""#).nth(1));
        let bucket = bucket.and_then(|rest| rest.split('"').next());
        let resources = bucket.filter(|_| service == "s3").map(|bucket| {
            format!(r#"[{{"accountId":"{account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::{bucket}"}}]"#)
        });
        let began = time(&self.world.days, second - second % 21_600);
        let call = Call {
            second,
            place,
            identity: tale.who.identity(&began, None),
            service,
            name,
            address: tale.from,
            agent: tale.with,
            error: tale.error,
            request: tale.request,
            response: tale.response,
            additional: tale.additional,
            request_id: String::from_utf8_lossy(&upper_hex(self.random.bits())).into_owned(),
            id: self.random.bits(),
            read_only: tale.read_only,
            resources: resources.map(String::into_bytes),
            kind: tale.kind,
            management: true,
            shared: None,
            endpoint: None,
            tls: ["TLSv1.3", "TLS_AES_128_GCM_SHA256", ""],
        };
        let host = format!("{service}.{}.amazonaws.com", place.1);
        let is_direct = tale.kind == "AwsApiCall" && tale.from != tale.with;
        let tls = if is_direct { [call.tls[0], call.tls[1], &host] } else { ["-"; 3] };
        self.events.push(Call { tls, ..call }.event(&self.world.days));
    }

    /// What happens every hour, more of it by day.
    fn everyday(&mut self) {
        self.takes_on_role(SHOP, "ecs-tasks.amazonaws.com", "shop-web-task");
        self.takes_on_role(DATA, "ec2.amazonaws.com", "emr-ec2-default");
        if !(7..18).contains(&(self.hour % 24)) {
            return;
        }
        if self.random.below(3) == 0 {
            let number = u64::from(self.random.below(20)) + 10;
            let session = format!("person{number}@shop.example");
            let address = format!("198.51.100.{number}");
            let who = Caller::Session(DATA, ADMINS, &session);
            self.signs_in(who, &address, "Yes", true);
            for name in ["ListBuckets", "GetAccountPublicAccessBlock"] {
                let request = br#"{"Host":"s3.eu-west-1.amazonaws.com"}"#.to_vec();
                let (from, with) = (address.as_str(), BROWSER);
                self.add(Tale { who, from, with, what: ("s3", name), read_only: true, request, ..Tale::default() });
            }
        }
        if self.random.below(12) == 0 {
            let user = Caller::User(DATA, "arn:aws:iam::444455556666:user/backup/pg-backup");
            self.signs_in(user, STRANGER, "No", false);
        }
    }

    fn takes_on_role(&mut self, account: &'static str, service: &'static str, role: &str) {
        for _ in 0..=self.random.below(3) {
            self.minute = u64::from(self.random.below(59));
            let session = String::from_utf8_lossy(&upper_hex(self.random.bits())).to_ascii_lowercase();
            let arn = format!("arn:aws:iam::{account}:role/{role}");
            let request = Json::of(|json| {
                json.text("roleArn", &arn);
                json.text("roleSessionName", &session);
            });
            let response = Json::of(|json| {
                json.object("credentials", |json| json.text("accessKeyId", &key_id("ASIA", &session, 16)));
            });
            let (who, what) = (Caller::Service(service), ("sts", "AssumeRole"));
            let (from, with) = (service, service);
            self.add(Tale { who, account, from, with, what, read_only: true, request, response, ..Tale::default() });
        }
        self.minute = 0;
    }

    fn signs_in(&mut self, who: Caller<'_>, from: &str, second_factor: &str, works: bool) {
        let additional = Json::of(|json| {
            json.text("LoginTo", "https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true");
            json.text("MobileVersion", "No");
            json.text("MFAUsed", second_factor);
        });
        let response: &[u8] = if works { br#"{"ConsoleLogin":"Success"}"# } else { br#"{"ConsoleLogin":"Failure"}"# };
        self.add(Tale {
            who,
            from,
            with: BROWSER,
            region: "us-east-1",
            what: ("signin", "ConsoleLogin"),
            response: response.to_vec(),
            additional: Some(additional),
            // A failed sign-in has a message and no code.
            error: (!works).then_some(("", "Failed authentication")),
            kind: "AwsConsoleSignIn",
            ..Tale::default()
        });
    }

    /// Alice makes a bucket for a moment, opens it, and tidies up after herself, every week anew; root and Bob try things.
    fn stories(&mut self) {
        match (self.hour / 24 % 7, self.hour % 24) {
            (0, 10) => self.alice_makes_a_bucket(),
            (0, 15) => self.bob_tries_things(),
            (1, 11) => self.alice_opens_the_bucket(),
            (1, 21) => self.root_signs_in(),
            (2, 9) => self.alice_switches_logging_off(),
            (2, 16) => self.alice_removes_the_bucket(),
            _ => {}
        }
    }

    fn alice(&mut self, name: &'static str, parameters: &str, error: Option<(&'static str, &'static str)>) {
        let comma = if parameters.is_empty() { "" } else { "," };
        let request =
            format!(r#"{{"bucketName":"{TMP}","Host":"{TMP}.s3.eu-west-1.amazonaws.com"{comma}{parameters}}}"#);
        self.add(Tale { what: ("s3", name), request: request.into_bytes(), error, ..Tale::default() });
    }

    fn alice_makes_a_bucket(&mut self) {
        self.alice(
            "CreateBucket",
            &format!(r#""CreateBucketConfiguration":{{"LocationConstraint":"eu-west-1",{XMLNS}}}"#),
            None,
        );
        self.alice("PutBucketEncryption", &encryption(
            r#""SSEAlgorithm":"aws:kms","KMSMasterKeyID":"arn:aws:kms:eu-west-1:444455556666:key/2c1a5b7e-0000-4000-8000-5d0f3f1f7f10""#,
        ), None);
        self.alice(
            "PutBucketLogging",
            &format!(r#""logging":"","BucketLoggingStatus":{{{XMLNS},"LoggingEnabled":{{"TargetBucket":"platform-access-logs","TargetPrefix":"{TMP}/"}}}}"#),
            None,
        );
    }

    fn bob_tries_things(&mut self) {
        for (name, bucket) in [("GetBucketPolicy", "db-backups-vault"), ("PutBucketPolicy", "db-backups-vault")] {
            let request = format!(r#"{{"bucketName":"{bucket}","policy":"","Host":"s3.eu-west-1.amazonaws.com"}}"#);
            self.add(Tale {
                who: BOB,
                from: BOBS,
                what: ("s3", name),
                read_only: name.starts_with("Get"),
                request: request.into_bytes(),
                error: Some(("AccessDenied", "Access Denied")),
                ..Tale::default()
            });
        }
        self.add(Tale {
            who: BOB,
            from: STRANGER,
            region: "ap-southeast-2",
            what: ("ec2", "RunInstances"),
            request: br#"{"instanceType":"p5.48xlarge","minCount":1,"maxCount":4}"#.to_vec(),
            error: Some(("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")),
            ..Tale::default()
        });
    }

    fn alice_opens_the_bucket(&mut self) {
        self.alice(
            "PutBucketPublicAccessBlock",
            &format!(r#""publicAccessBlock":"","PublicAccessBlockConfiguration":{{{XMLNS},"RestrictPublicBuckets":false,"BlockPublicPolicy":false,"BlockPublicAcls":true,"IgnorePublicAcls":true}}"#),
            None,
        );
        self.alice(
            "PutBucketPolicy",
            &format!(r#""policy":"","bucketPolicy":{{"Version":"2012-10-17","Statement":[{{"Sid":"share","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{TMP}/*"}}]}}"#),
            None,
        );
    }

    fn root_signs_in(&mut self) {
        self.signs_in(ROOT, STRANGER, "No", true);
        self.add(Tale {
            who: ROOT,
            from: STRANGER,
            with: BROWSER,
            region: "us-east-1",
            what: ("iam", "CreateAccessKey"),
            request: br#"{"userName":"pg-backup"}"#.to_vec(),
            response:
                br#"{"accessKey":{"userName":"pg-backup","accessKeyId":"AKIAQXAMPLE234567ABC","status":"Active"}}"#
                    .to_vec(),
            ..Tale::default()
        });
    }

    fn alice_switches_logging_off(&mut self) {
        self.alice("PutBucketEncryption", &encryption(r#""SSEAlgorithm":"AES256""#), None);
        self.alice("PutBucketLogging", &format!(r#""logging":"","BucketLoggingStatus":{{{XMLNS}}}"#), None);
        self.add(Tale {
            what: ("cloudtrail", "StopLogging"),
            request: br#"{"name":"arn:aws:cloudtrail:eu-west-1:444455556666:trail/shop"}"#.to_vec(),
            error: Some(("AccessDenied", "User is not authorized to perform: cloudtrail:StopLogging with an explicit deny in a service control policy")),
            ..Tale::default()
        });
    }

    fn alice_removes_the_bucket(&mut self) {
        self.alice("DeleteBucketPolicy", r#""policy":"""#, None);
        self.alice("DeleteBucket", "", Some(("BucketNotEmpty", "The bucket you tried to delete is not empty")));
        self.alice("DeleteBucket", "", None);
    }
}

fn encryption(default: &str) -> String {
    format!(
        r#""encryption":"","ServerSideEncryptionConfiguration":{{{XMLNS},"Rule":{{"ApplyServerSideEncryptionByDefault":{{{default}}},"BucketKeyEnabled":true}}}}"#
    )
}
