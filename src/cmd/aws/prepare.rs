//! What `plan` and `deploy` have in common: the right account, the binaries, the templates.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::assets::{self, Found};
use crate::aws::assets::{AssetStore, Content, S3Assets};
use crate::aws::stacks::{INLINE_LIMIT, SdkStacks, Stack, Stacks, TemplateAt};
use crate::aws::{Identity, Session};
use crate::blueprint::{self, Assets, Facts, Names, StackSpec};
use crate::cli::AssetArgs;
use crate::cmd::Context;
use crate::config::cloud::Cloud;
use crate::stack::driver::{Step, next_step};
use crate::stack::template::{Template, base_state, hex, is_as_wanted};
use crate::{Error, Result};

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
        blueprint::limits(&specs)?;
        Ok(Self { cloud, session, identity, found, assets, specs })
    }

    /// How each stack is now, in the order of `specs`; all are asked about at once.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn survey(&self) -> Result<Vec<Standing>> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = self.specs.iter().map(|spec| scope.spawn(|| self.standing(spec))).collect();
            asked.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(broken()))).collect()
        })
    }

    fn standing(&self, spec: &StackSpec) -> Result<Standing> {
        let stacks = self.stacks(&spec.region);
        let stack = stacks.describe(&spec.name)?;
        let step = next_step(stack.as_ref().map(|stack| &stack.status));
        let there = !matches!(step, Step::Create | Step::Delete);
        let template = if there { Some(Template::parse(&stacks.template(&spec.name)?)?) } else { None };
        Ok(Standing { stack, step, template })
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

/// How a stack is.
pub struct Standing {
    /// The stack, where there is one.
    pub stack: Option<Stack>,
    /// What a deployment does with it first.
    pub step: Step,
    /// Its template, where it is to stay.
    pub template: Option<Template>,
}

impl Standing {
    /// The hash of what is deployed; nothing where the stack would be created.
    pub fn base(&self) -> Option<String> {
        Some(base_state(self.template.as_ref()?, self.stack.as_ref()?))
    }

    /// Whether there is nothing to do.
    pub fn is_as_wanted(&self, spec: &StackSpec) -> Result<bool> {
        let (Some(deployed), Some(stack)) = (&self.template, &self.stack) else { return Ok(false) };
        Ok(is_as_wanted(spec, &Template::parse(&spec.template)?, deployed, stack))
    }
}

/// A thread that panicked.
pub fn broken() -> Error {
    Error::failed("a part of the work ended unexpectedly").hint("please report this; trying again does no harm")
}

/// A template as it is handed to CloudFormation.
pub struct Handed {
    /// Where it is.
    pub at: TemplateAt,
    /// Its key in the assets bucket, where it was written there just now.
    pub written: Option<String>,
}

/// Whether a template has to go by way of the assets bucket.
///
/// # Errors
/// If it is no template.
pub fn is_large(spec: &StackSpec) -> Result<bool> {
    Ok(Template::parse(&spec.template)?.compact().len() > INLINE_LIMIT)
}

/// Hands a template over: in the call where it is short enough, else by way of the assets bucket.
///
/// # Errors
/// If it is no template, and what AWS answers.
pub fn hand_over(store: &dyn AssetStore, bucket: &str, spec: &StackSpec) -> Result<Handed> {
    let text = Template::parse(&spec.template)?.compact();
    if text.len() <= INLINE_LIMIT {
        return Ok(Handed { at: TemplateAt::Body(text), written: None });
    }
    let sha256: [u8; 32] = Sha256::digest(&text).into();
    let key = format!("{}/template.json", hex(&sha256));
    let there = store.holds(bucket, &key, &sha256)?;
    if !there {
        store.put(bucket, &key, Content::Text(&text), &sha256)?;
    }
    Ok(Handed { at: TemplateAt::Url(store.url(bucket, &key)), written: (!there).then_some(key) })
}
