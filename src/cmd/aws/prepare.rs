//! What `plan` and `deploy` have in common: the right account, the binaries, the templates.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::assets::{self, Found};
use crate::aws::assets::{AssetStore, Content, S3Assets};
use crate::aws::stacks::{INLINE_LIMIT, SdkStacks, TemplateAt};
use crate::aws::{Identity, Session};
use crate::blueprint::{self, Assets, Facts, Names, StackSpec};
use crate::cli::AssetArgs;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::stack::template::{Template, hex};
use crate::{Result, blueprint::limits};

/// The script of the Python shell job.
const LAUNCHER: &str = include_str!("../../../jobs/launcher.py");

/// Everything that is known before AWS is asked to change anything.
pub struct Prepared<'a> {
    /// The configuration.
    pub cloud: &'a Cloud,
    /// The home Region.
    pub session: Session,
    /// Who asks.
    pub identity: Identity,
    /// The files to be uploaded.
    pub found: Found,
    /// Their names.
    pub assets: Assets,
    /// The stacks as they should be.
    pub specs: Vec<StackSpec>,
}

impl<'a> Prepared<'a> {
    /// Checks the account before anything else, finds the binaries, renders the templates.
    ///
    /// # Errors
    /// If the credentials are not those of the configuration's account, a binary is missing, or a limit is met.
    pub fn new(context: &Context, cloud: &'a Cloud, args: &AssetArgs) -> Result<Self> {
        let session = Session::open(Some(&cloud.aws.region))?;
        let identity = session.check_account(&cloud.aws.account_id)?;
        let given = |path: &Option<std::path::PathBuf>| path.as_deref().map(|path| context.path(path));
        let program = std::env::current_exe().ok();
        let places = assets::usual_places(program.as_deref(), &context.path(Path::new(".")));
        let (worker, functions) = (given(&args.worker), given(&args.functions));
        let found = assets::find(worker.as_deref(), functions.as_deref(), &places, LAUNCHER)?;
        found.warnings.iter().for_each(|warning| context.ui.warn(warning));
        let assets = found.assets();
        let facts = Facts { partition: identity.partition.clone(), assets: assets.clone() };
        let specs = blueprint::render(cloud, &facts)?;
        limits(&specs)?;
        Ok(Self { cloud, session, identity, found, assets, specs })
    }

    /// CloudFormation in a Region.
    pub fn stacks(&self, region: &str) -> SdkStacks {
        SdkStacks::new(&self.session.in_region(region))
    }

    /// The buckets of a Region.
    pub fn store(&self, region: &str) -> S3Assets {
        S3Assets::new(&self.session.in_region(region), &self.cloud.aws.account_id)
    }

    /// The bucket of binaries and large templates of a Region.
    pub fn bucket(&self, region: &str) -> String {
        Names::of(self.cloud).assets_bucket(region)
    }

    /// Uploads what a Region needs and does not have; returns how many files.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn upload(&self, store: &dyn AssetStore, region: &str) -> Result<u64> {
        let bucket = self.bucket(region);
        let (assets, found) = (&self.assets, &self.found);
        let mut files = vec![(&assets.functions, &found.functions.sha256, Content::File(&found.functions.path))];
        if region == self.cloud.aws.region {
            files.push((&assets.worker, &found.worker.sha256, Content::File(&found.worker.path)));
            files.push((&assets.launcher, &found.launcher, Content::Text(LAUNCHER)));
        }
        let mut uploaded = 0;
        for (asset, sha256, content) in files {
            if !store.holds(&bucket, &asset.key(), sha256)? {
                store.put(&bucket, &asset.key(), content, sha256)?;
                uploaded += 1;
            }
        }
        Ok(uploaded)
    }
}

/// Hands a template over: in the call where it is short enough, else by way of the assets bucket.
///
/// # Errors
/// If it is no template, and what AWS answers.
pub fn hand_over(store: &dyn AssetStore, bucket: &str, spec: &StackSpec) -> Result<TemplateAt> {
    let text = Template::parse(&spec.template)?.compact();
    if text.len() <= INLINE_LIMIT {
        return Ok(TemplateAt::Body(text));
    }
    let sha256: [u8; 32] = Sha256::digest(&text).into();
    let key = format!("{}/template.json", hex(&sha256));
    if !store.holds(bucket, &key, &sha256)? {
        store.put(bucket, &key, Content::Text(&text), &sha256)?;
    }
    Ok(TemplateAt::Url(store.url(bucket, &key)))
}
