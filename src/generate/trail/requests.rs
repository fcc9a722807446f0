//! What CloudTrail records of the requests that stand in the access logs.

use super::call::{Call, NULL, time};
use super::caller::Caller;
use super::json::Json;
use super::{Event, PLACES, Place};
use crate::generate::keys::{Day, encode};
use crate::generate::line::{Line, upper_hex};
use crate::generate::random::mix2;
use crate::generate::world::{Bucket, Client, Net};

/// Buckets whose data events the trails record. Those of a CDN, of a load balancer's logs and of a website are many and cost
/// money, so they are left out, as they mostly are.
const DATA_BUCKETS: [&str; 3] = ["shop-user-uploads", "analytics-lake", "db-backups-vault"];

/// What an operation is called in CloudTrail (Amazon S3 user guide, "Amazon S3 CloudTrail events"), and whether it reads.
/// Lifecycle rules, websites, preflights and the reading half of a copy leave nothing there.
fn event_name(operation: &str) -> Option<(&'static str, bool)> {
    Some(match operation {
        "REST.GET.OBJECT" => ("GetObject", true),
        "REST.HEAD.OBJECT" => ("HeadObject", true),
        "REST.PUT.OBJECT" => ("PutObject", false),
        "REST.PUT.PART" => ("UploadPart", false),
        "REST.POST.UPLOADS" => ("CreateMultipartUpload", false),
        "REST.POST.UPLOAD" => ("CompleteMultipartUpload", false),
        "REST.COPY.OBJECT" => ("CopyObject", false),
        "REST.DELETE.OBJECT" | "BATCH.DELETE.OBJECT" => ("DeleteObject", false),
        "REST.POST.MULTI_OBJECT_DELETE" => ("DeleteObjects", false),
        "REST.GET.BUCKET" => ("ListObjects", true),
        "REST.HEAD.BUCKET" => ("HeadBucket", true),
        "REST.GET.OBJECT_TAGGING" => ("GetObjectTagging", true),
        "REST.GET.ACL" => ("GetBucketAcl", true),
        "REST.GET.LOCATION" => ("GetBucketLocation", true),
        "REST.GET.VERSIONING" => ("GetBucketVersioning", true),
        "REST.GET.BUCKETPOLICY" => ("GetBucketPolicy", true),
        _ => return None,
    })
}

/// Records requests.
#[derive(Debug)]
pub struct Recorder {
    /// Makes ids of events that no other recorder makes.
    stream: u64,
    /// Of the last request that had one. The log has none for the objects of a multi-delete, CloudTrail that of the call.
    agent: &'static str,
    /// What has been recorded.
    pub events: Vec<Event>,
}

/// A request, as an access log tells it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The record.
    pub line: &'a Line,
    /// The key.
    pub key: &'a [u8],
    /// The key that is copied.
    pub source: &'a [u8],
    /// Who calls.
    pub client: &'static Client,
    /// Seconds since the first day of the logs.
    pub second: u64,
}

impl Recorder {
    /// One whose ids of events come from this number.
    pub fn new(stream: u64) -> Self {
        Self { stream, agent: "-", events: Vec::new() }
    }

    /// Records a request, if a trail does.
    pub fn record(&mut self, request: Request<'_>, days: &[Day]) {
        let bucket = request.line.bucket;
        if !request.line.agent.is_empty() {
            self.agent = request.line.agent;
        }
        let Some((name, read_only)) = event_name(request.line.operation) else { return };
        let management = name.starts_with("GetBucket");
        if !management && !DATA_BUCKETS.contains(&bucket.name) {
            return;
        }
        let Some(place) = PLACES.iter().copied().find(|place| *place == (bucket.account, bucket.region)) else {
            return;
        };
        let requester = String::from_utf8_lossy(&request.line.requester).into_owned();
        let caller = Caller::of(&requester);
        let began = time(days, request.second - request.second % 21_600);
        let identity = caller.identity(&began, invoked_by(request.client));
        let id = mix2(self.stream, self.events.len() as u64);
        let address = String::from_utf8_lossy(&request.line.ip).into_owned();
        let call = Call { id, ..request.call(name, read_only, management, place, [&address, self.agent]) };
        let home = caller.account().filter(|account| *account != bucket.account);
        let home = home.and_then(|home| PLACES.iter().copied().find(|place| *place == (home, bucket.region)));
        match home {
            None => self.events.push(Call { identity, ..call }.event(days)),
            // A call into another account is recorded by both.
            Some(home) => {
                let shared = Some(mix2(id, 2));
                let abroad = Call { identity: caller.identity_abroad(), shared, ..call.clone() };
                self.events.push(abroad.event(days));
                let at_home = Call { place: home, identity, shared, id: mix2(id, 3), endpoint: None, ..call };
                self.events.push(at_home.event(days));
            }
        }
    }
}

/// A service that calls on somebody's behalf, as its user agent tells.
fn invoked_by(client: &Client) -> Option<&'static str> {
    (client.agents == crate::generate::agents::ATHENA).then_some("athena.amazonaws.com")
}

impl Request<'_> {
    fn call<'a>(
        &'a self,
        name: &'static str,
        read_only: bool,
        management: bool,
        place: Place,
        [address, agent]: [&'a str; 2],
    ) -> Call<'a> {
        let line = self.line;
        let [.., endpoint, tls, access_point, _, _] = line.tail;
        let service = match Caller::of(std::str::from_utf8(&line.requester).unwrap_or_default()) {
            Caller::Service(_) => std::str::from_utf8(&line.requester).ok().and_then(|text| text.strip_prefix("svc:")),
            _ => invoked_by(self.client),
        };
        let has_key = !self.is_about_bucket();
        Call {
            second: self.second,
            place,
            identity: Vec::new(),
            service: "s3",
            name,
            address: service.unwrap_or(address),
            agent: service.unwrap_or(agent),
            error: error(line.status, line.error),
            request: self.parameters(name, endpoint),
            response: if read_only || line.status >= 400 { NULL.to_vec() } else { response(name, line) },
            additional: Some(self.additional(name)),
            request_id: String::from_utf8_lossy(&upper_hex(line.request_id)).into_owned(),
            id: 0,
            read_only,
            resources: Some(resources(line.bucket, has_key.then_some(self.key), access_point, management)),
            kind: "AwsApiCall",
            management,
            shared: None,
            endpoint: (self.client.net == Net::Vpc && service.is_none()).then(|| endpoint_of(line.bucket)),
            tls: if service.is_some() { ["-"; 3] } else { [tls, line.tail[1], endpoint] },
        }
    }

    fn is_about_bucket(&self) -> bool {
        self.line.key == b"-"
    }

    /// `requestParameters`: the bucket, the key, the host, and what the query of the request line says.
    fn parameters(&self, name: &str, host: &str) -> Vec<u8> {
        let query = self.line.uri.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let query = query.iter().position(|byte| *byte == b'?').and_then(|at| query.get(at + 1..)).unwrap_or_default();
        let query = String::from_utf8_lossy(query).into_owned();
        Json::of(|json| {
            for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !matches!(name, "X-Amz-Signature" | "X-Amz-Credential") {
                    json.text(name, &decoded(value));
                }
            }
            json.text("bucketName", self.line.bucket.name);
            json.text("Host", host);
            if name == "CopyObject" {
                let mut source = format!("{}/", self.line.bucket.name).into_bytes();
                encode(self.source, &mut source);
                json.text("x-amz-copy-source", &String::from_utf8_lossy(&source));
            }
            if !self.is_about_bucket() {
                json.text("key", &String::from_utf8_lossy(self.key));
            }
        })
    }

    fn additional(&self, name: &str) -> Vec<u8> {
        let line = self.line;
        let [signature, cipher, authentication, _, _, _, acl, _] = line.tail;
        let (mut received, mut sent) = (0, line.sent.unwrap_or(0));
        if matches!(name, "PutObject" | "UploadPart") && line.status < 400 {
            (received, sent) = (line.size.unwrap_or(0), 0);
        }
        Json::of(|json| {
            json.known("SignatureVersion", signature);
            json.known("CipherSuite", cipher);
            json.raw("bytesTransferredIn", received.to_string());
            if name == "PutObject" && line.status < 400 {
                json.text("SSEApplied", "Default_SSE_S3");
            }
            json.known("AuthenticationMethod", authentication);
            json.text("x-amz-id-2", &String::from_utf8_lossy(&line.host_id));
            json.raw("bytesTransferredOut", sent.to_string());
            json.known("aclRequired", acl);
        })
    }
}

fn error(status: u16, code: &'static str) -> Option<(&'static str, &'static str)> {
    Some(match (status, code) {
        (0..400, _) => return None,
        (_, "AccessDenied") => (code, "Access Denied"),
        (_, "NoSuchKey") => (code, "The specified key does not exist."),
        (_, "SlowDown") => (code, "Please reduce your request rate."),
        _ => (code, "We encountered an internal error. Please try again."),
    })
}

fn response(name: &str, line: &Line) -> Vec<u8> {
    if !matches!(name, "PutObject" | "CopyObject" | "CompleteMultipartUpload") {
        return NULL.to_vec();
    }
    let version = String::from_utf8_lossy(&line.version);
    Json::of(|json| {
        json.text("x-amz-server-side-encryption", "AES256");
        json.known("x-amz-version-id", &version);
    })
}

fn resources(bucket: &Bucket, key: Option<&[u8]>, access_point: &str, management: bool) -> Vec<u8> {
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    let list = Json::of(|json| {
        json.list("resources", |json| {
            if !management {
                json.item(|json| {
                    json.text("type", "AWS::S3::Object");
                    match key {
                        Some(key) => json.text("ARN", &format!("{arn}/{}", String::from_utf8_lossy(key))),
                        None => json.text("ARNPrefix", &format!("{arn}/")),
                    }
                });
            }
            json.item(|json| {
                json.text("accountId", bucket.account);
                json.text("type", "AWS::S3::Bucket");
                json.text("ARN", &arn);
            });
            if access_point != "-" {
                json.item(|json| {
                    json.text("accountId", bucket.account);
                    json.text("type", "AWS::S3::AccessPoint");
                    json.text("ARN", access_point);
                });
            }
        });
    });
    // Only the list is wanted.
    list.get(br#"{"resources":"#.len()..list.len() - 1).unwrap_or(NULL).to_vec()
}

fn endpoint_of(bucket: &Bucket) -> &'static str {
    if bucket.account == super::SHOP { "vpce-0a1b2c3d4e5f60718" } else { "vpce-0f9e8d7c6b5a40312" }
}

/// A value of a query, decoded.
fn decoded(value: &str) -> String {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
