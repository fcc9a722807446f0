//! Credentials, Regions and clients.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use tokio::runtime::{Builder, Runtime};

use super::bucket_client::BucketClients;
use super::clock::Clock;
use super::error::explain;
use crate::{Error, ErrorKind, Result};

/// What AWS knows the caller as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's 12 digits.
    pub account_id: String,
    /// The caller's ARN.
    pub arn: String,
    /// The AWS partition that the ARN names.
    pub partition: String,
}

fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the threads that talk to AWS").because(error))
}

/// What the environment and the AWS configuration files say; `None` where they, and the caller, name no Region. As the AWS CLI
/// does, the machine's metadata service is asked for credentials alone, and not for long: where there is none, its address
/// answers nobody.
async fn load(region: Option<&str>) -> Option<SdkConfig> {
    const PATIENCE: Duration = Duration::from_millis(1_000);
    let said = region.map(|region| Region::new(region.to_owned()));
    let region = RegionProviderChain::first_try(said)
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .region()
        .await?;
    let machine =
        aws_config::imds::Client::builder().max_attempts(2).connect_timeout(PATIENCE).read_timeout(PATIENCE).build();
    let credentials = DefaultCredentialsChain::builder().region(region.clone()).imds_client(machine).build().await;
    Some(aws_config::defaults(BehaviorVersion::latest()).region(region).credentials_provider(credentials).load().await)
}

/// A connection to AWS in one Region. Cheap to clone; all clones share the credentials.
#[derive(Clone)]
pub struct Session {
    runtime: Arc<Runtime>,
    config: SdkConfig,
    region: String,
    clock: Clock,
    pub(super) bucket_clients: BucketClients,
}

impl Session {
    /// Opens with what the environment and the AWS configuration files give (credentials, endpoint), in `region`, or
    /// where that is `None` in the Region that they name.
    ///
    /// # Errors
    /// If there is no Region, or no runtime can be made.
    pub fn open(region: Option<&str>) -> Result<Self> {
        let runtime = runtime()?;
        let config = runtime.block_on(load(region)).ok_or_else(|| {
            Error::new(ErrorKind::InputNeeded, "no AWS Region is configured")
                .hint("give --region, set AWS_REGION, or run  aws configure set region REGION")
        })?;
        Ok(Self::over(runtime, config))
    }

    /// Opens with a configuration of one's own, such as that of a test's server, which must name a Region.
    ///
    /// # Errors
    /// If no runtime can be made.
    pub fn with(config: SdkConfig) -> Result<Self> {
        Ok(Self::over(runtime()?, config))
    }

    fn over(runtime: Runtime, config: SdkConfig) -> Self {
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let clock = Clock::over(config.time_source().unwrap_or_default());
        let config = config.into_builder().time_source(clock.clone()).build();
        Self { runtime: Arc::new(runtime), config, region, clock, bucket_clients: BucketClients::default() }
    }

    /// The same in another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self { config, region: region.to_owned(), ..self.clone() }
    }

    /// The Region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What SDK clients are made of.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// A client for S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.s3_config().build())
    }

    /// What clients for S3 are made of. At an endpoint of the user's own, buckets stand in the path: no name server knows
    /// them there.
    pub(super) fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        let own_endpoint = self.config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(own_endpoint)
            .interceptor(self.clock.clone())
            .retry_classifier(self.clock.clone())
    }

    /// The clock by which requests are signed.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where tasks run beside the threads that wait.
    pub fn tasks(&self) -> tokio::runtime::Handle {
        self.runtime.handle().clone()
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Who the credentials belong to.
    ///
    /// # Errors
    /// If there are none, they have expired, or AWS does not take them.
    pub fn identity(&self) -> Result<Identity> {
        let client = aws_sdk_sts::Client::new(&self.config);
        let answer = self
            .wait(client.get_caller_identity().send())
            .map_err(|error| explain("cannot tell who the credentials belong to", &error))?;
        let arn = answer.arn().unwrap_or_default().to_owned();
        let partition = arn.split(':').nth(1).filter(|part| !part.is_empty()).unwrap_or("aws").to_owned();
        Ok(Identity { account_id: answer.account().unwrap_or_default().to_owned(), arn, partition })
    }

    /// Checks that the credentials belong to the account of the configuration.
    ///
    /// # Errors
    /// If they belong to another account, or cannot be told.
    pub fn check_account(&self, account_id: &str) -> Result<Identity> {
        let identity = self.identity()?;
        if identity.account_id == account_id {
            return Ok(identity);
        }
        Err(Error::new(
            ErrorKind::Permission,
            format!(
                "the credentials belong to account {}, and the configuration is for {account_id}",
                identity.account_id
            ),
        )
        .because(format!("they are those of {}", identity.arn))
        .hint("choose another profile with AWS_PROFILE, or another configuration with -C or --config"))
    }
}
