//! The short way of a GET: signed here and given to the SDK's HTTP connector.
//!
//! A GET of 10 KB through the SDK's client costs three times what it costs to parse the object and to write its records
//! (BENCHMARKS.md, "On S3"): each operation makes its configuration, endpoint, plugins and interceptors anew. So the first try of an
//! object that is read whole goes this way, with endpoint, credentials and clock of the session; whatever comes of it but the
//! object's bytes, and be it an error, is not looked at: the caller asks again through the SDK's client, which knows what to do.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_async::time::TimeSource;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OnceCell};

use super::clock::Clock;

/// Credentials are asked for again after this long, and this long before they expire.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// SHA-256 of nothing, which is what a GET's body is.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const USER_AGENT: &str = concat!("bucketscope/", env!("CARGO_PKG_VERSION"));

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Get<'a> {
    /// The object's key.
    pub key: &'a str,
    /// The version that is wanted.
    pub etag: &'a str,
    /// The account that must own the bucket.
    pub owner: &'a str,
}

/// The short way to a bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Direct(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    client: Client,
    bucket: String,
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    clock: Clock,
    endpoint: OnceCell<Option<Endpoint>>,
    key: Mutex<Option<Arc<Key>>>,
}

/// Where a bucket's objects are: `https://HOST` and `/BUCKET/` or `/`.
#[derive(Debug)]
struct Endpoint {
    origin: String,
    host: String,
    path: String,
}

/// What requests of a day are signed with.
struct Key {
    credentials: Credentials,
    until: SystemTime,
    day: String,
    signing: Box<dyn AsRef<[u8]> + Send + Sync>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.day)
    }
}

impl Direct {
    /// The way to `bucket` in `region`, of which `client` knows the endpoint.
    pub fn new(
        client: Client,
        (region, bucket): (&str, &str),
        credentials: Option<SharedCredentialsProvider>,
        clock: Clock,
    ) -> Self {
        let tls = Provider::Rustls(CryptoMode::AwsLc);
        let mut connector = Connector::builder();
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        Self(Arc::new(Shared {
            connector: connector.tls_provider(tls).build(),
            client,
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            credentials,
            clock,
            endpoint: OnceCell::new(),
            key: Mutex::new(None),
        }))
    }

    /// The answer to one request; `None` if there is none.
    pub async fn get(&self, get: Get<'_>) -> Option<HttpResponse> {
        let shared = &*self.0;
        let endpoint = shared.endpoint.get_or_init(|| shared.find_endpoint()).await.as_ref()?;
        let now = shared.clock.now();
        let time = jiff::Timestamp::try_from(now).ok()?.strftime("%Y%m%dT%H%M%SZ").to_string();
        let key = shared.key(now, time.get(..8)?).await?;
        let request = request(endpoint, &key, &shared.region, &time, get)?;
        shared.connector.call(request).await.ok()
    }
}

impl Shared {
    /// The SDK knows where a bucket is (partitions, dual stack, endpoints of one's own) and says so in a URL that it signs.
    async fn find_endpoint(&self) -> Option<Endpoint> {
        let for_a_while = PresigningConfig::expires_in(FRESH).ok()?;
        let presigned = self.client.get_object().bucket(&self.bucket).key("k").presigned(for_a_while).await.ok()?;
        endpoint(presigned.uri())
    }

    async fn key(&self, now: SystemTime, day: &str) -> Option<Arc<Key>> {
        // Held while credentials are asked for: the others need them too.
        let mut held = self.key.lock().await;
        if let Some(key) = held.as_ref().filter(|key| now < key.until && key.day == day) {
            return Some(Arc::clone(key));
        }
        let credentials = self.credentials.as_ref()?.provide_credentials().await.ok()?;
        let until = credentials
            .expiry()
            .and_then(|expiry| expiry.checked_sub(FRESH))
            .map_or(now + FRESH, |until| until.min(now + FRESH));
        let signing = generate_signing_key(credentials.secret_access_key(), now, &self.region, "s3");
        let key = Arc::new(Key { credentials, until, day: day.to_owned(), signing: Box::new(signing) });
        *held = Some(Arc::clone(&key));
        Some(key)
    }
}

/// The endpoint in the URL of an object called `k`.
fn endpoint(url: &str) -> Option<Endpoint> {
    let base = url.split('?').next()?.strip_suffix('k')?;
    let (scheme, rest) = base.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    Some(Endpoint { origin: format!("{scheme}://{host}"), host: host.to_owned(), path: path.to_owned() })
}

/// A request that is signed as the IAM User Guide says ("Create a signed AWS API request").
fn request(endpoint: &Endpoint, key: &Key, region: &str, time: &str, get: Get<'_>) -> Option<HttpRequest> {
    let Get { key: object, etag, owner } = get;
    let (path, host, day) = (encoded(&endpoint.path, object), &endpoint.host, &key.day);
    let token = key.credentials.session_token();
    let (token_line, token_name) = match token {
        Some(token) => (format!("x-amz-security-token:{token}\n"), ";x-amz-security-token"),
        None => (String::new(), ""),
    };
    let names = format!("host;if-match;x-amz-content-sha256;x-amz-date;x-amz-expected-bucket-owner{token_name}");
    let canonical = format!(
        "GET\n{path}\n\nhost:{host}\nif-match:{etag}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:{time}\n\
         x-amz-expected-bucket-owner:{owner}\n{token_line}\n{names}\n{EMPTY}"
    );
    let scope = format!("{day}/{region}/s3/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{:x}", Sha256::digest(canonical));
    let signature = calculate_signature((*key.signing).as_ref(), to_sign.as_bytes());
    let access_key = key.credentials.access_key_id();
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}");
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(format!("{}{path}", endpoint.origin)).ok()?;
    let headers = request.headers_mut();
    headers.try_insert("if-match", etag.to_owned()).ok()?;
    headers.try_insert("x-amz-content-sha256", EMPTY).ok()?;
    headers.try_insert("x-amz-date", time.to_owned()).ok()?;
    headers.try_insert("x-amz-expected-bucket-owner", owner.to_owned()).ok()?;
    if let Some(token) = token {
        headers.try_insert("x-amz-security-token", token.to_owned()).ok()?;
    }
    headers.try_insert("authorization", authorization).ok()?;
    headers.try_insert("user-agent", USER_AGENT).ok()?;
    Some(request)
}

/// The path of an object as S3 has it signed: every byte but letters, digits, `-._~` and the slash as `%XX`.
fn encoded(before: &str, key: &str) -> String {
    let mut path = String::with_capacity(before.len() + key.len() + 16);
    path.push_str(before);
    for &byte in key.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_what_stands_before_the_key() {
        let own = endpoint("http://127.0.0.1:8333/logs/k?x-id=GetObject").unwrap();
        assert_eq!((&*own.origin, &*own.host, &*own.path), ("http://127.0.0.1:8333", "127.0.0.1:8333", "/logs/"));
        let aws = endpoint("https://logs.s3.eu-west-1.amazonaws.com/k?X-Amz-Date=1").unwrap();
        assert_eq!((&*aws.host, &*aws.path), ("logs.s3.eu-west-1.amazonaws.com", "/"));
        assert!(endpoint("nothing").is_none());
    }

    #[test]
    fn a_key_is_encoded_byte_by_byte() {
        assert_eq!(encoded("/b/", "a b/+%~\u{e9}//c"), "/b/a%20b/%2B%25~%C3%A9//c");
    }
}
