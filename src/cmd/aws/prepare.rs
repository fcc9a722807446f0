//! What `plan` and `deploy` have in common: the right account, the binaries, the templates.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::assets::{self, Found, Search};
use crate::aws::assets::{AssetStore, Content, S3Assets};
use crate::aws::hands::Hands;
use crate::aws::stacks::{INLINE_LIMIT, SdkStacks, Stack, Stacks, TemplateAt};
use crate::aws::{Identity, Session};
use crate::blueprint::names::TAG;
use crate::blueprint::{self, Assets, Facts, Names, StackKind, StackSpec};
use crate::cli::AssetArgs;
use crate::cmd::{Context, saved};
use crate::config::cloud::Cloud;
use crate::stack::driver::{Step, next_step};
use crate::stack::site::{Event, Site, Watch};
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
        let search = Search {
            worker: worker.as_deref(),
            functions: functions.as_deref(),
            places: &places,
            embedded: assets::EMBEDDED,
            any_glibc: args.any_glibc,
        };
        let found = assets::find(&search, LAUNCHER)?;
        found.warnings.iter().for_each(|warning| context.ui.warn(warning));
        let assets = found.assets();
        // An own query that is wrong is said here, with file and line, before anything is rendered.
        saved::all(context)?;
        let facts =
            Facts { partition: identity.partition.clone(), assets: assets.clone(), own_queries: saved::own(context)? };
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

    /// Stacks of log collection and of dashboards that are deployed and that nothing in the configuration needs any more, as they are.
    /// Those of programs stay until `destroy`: they cost next to nothing, and old job definitions may name them.
    ///
    /// # Errors
    /// What AWS answers.
    pub fn surplus(&self) -> Result<Vec<StackSpec>> {
        let hands = |region: &str| Hands::sdk(&self.session.in_region(region), &self.cloud.aws.account_id);
        let site = Site::whole(self.cloud, &hands, &Still)?;
        let names = Names::of(self.cloud);
        let found = site.everywhere(|hands| {
            let mut surplus = Vec::new();
            // By name, as a CI job may not list the stacks of others. Parts are numbered without gaps.
            for part in 1.. {
                let name = names.collector_stack(part);
                if self.specs.iter().any(|spec| spec.name == name && spec.region == hands.region) {
                    continue;
                }
                match self.as_deployed(StackKind::Collector, &name, &hands.region)? {
                    Some(spec) => surplus.push(spec),
                    None => break,
                }
            }
            if hands.region == self.cloud.aws.region && self.cloud.quicksight.is_none() {
                let name = names.dashboards_stack();
                surplus.extend(self.as_deployed(StackKind::Dashboards, &name, &hands.region)?);
            }
            Ok(surplus)
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A stack of this pipeline as it is deployed.
    fn as_deployed(&self, kind: StackKind, name: &str, region: &str) -> Result<Option<StackSpec>> {
        let stacks = self.stacks(region);
        let Some(stack) = stacks.describe(name)? else { return Ok(None) };
        // Names can be guessed, and a pipeline `x-collector` has stacks that begin like those of `x`.
        if stack.tags.get(TAG) != Some(&self.cloud.name) {
            return Ok(None);
        }
        Ok(Some(StackSpec {
            kind,
            name: name.to_owned(),
            region: region.to_owned(),
            template: stacks.template(name)?,
            parameters: stack.parameters,
            tags: stack.tags,
        }))
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
        let mut files = vec![(&assets.functions, &found.functions.sha256, found.functions.content())];
        if region == self.cloud.aws.region {
            files.push((&assets.worker, &found.worker.sha256, found.worker.content()));
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

/// Nothing is told of short work.
struct Still;

impl Watch for Still {
    fn tell(&self, _event: Event) {}

    fn pause(&self) -> Result<()> {
        Ok(())
    }

    fn check(&self) -> Result<()> {
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    /// Buckets in memory; counts what is written.
    #[derive(Default)]
    struct Memory {
        objects: Mutex<BTreeMap<String, [u8; 32]>>,
        writes: Mutex<u32>,
    }

    impl AssetStore for Memory {
        fn bucket_exists(&self, _bucket: &str) -> Result<bool> {
            Ok(true)
        }
        fn holds(&self, _bucket: &str, key: &str, sha256: &[u8; 32]) -> Result<bool> {
            Ok(self.objects.lock().unwrap().get(key) == Some(sha256))
        }
        fn put(&self, _bucket: &str, key: &str, _content: Content<'_>, sha256: &[u8; 32]) -> Result<()> {
            *self.writes.lock().unwrap() += 1;
            self.objects.lock().unwrap().insert(key.to_owned(), *sha256);
            Ok(())
        }
        fn remove(&self, _bucket: &str, key: &str) -> Result<()> {
            self.objects.lock().unwrap().remove(key);
            Ok(())
        }
        fn url(&self, bucket: &str, key: &str) -> String {
            format!("https://{bucket}/{key}")
        }
    }

    fn spec(description: usize) -> StackSpec {
        StackSpec {
            kind: StackKind::Lake,
            name: "s".to_owned(),
            region: "eu-central-1".to_owned(),
            template: format!("{{\n  \"Description\": \"{}\"\n}}", "x".repeat(description)),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn a_short_template_goes_along_without_its_spaces() {
        let handed = hand_over(&Memory::default(), "b", &spec(3)).unwrap();
        assert_eq!(handed.at, TemplateAt::Body("{\"Description\":\"xxx\"}".to_owned()));
        assert_eq!(handed.written, None);
    }

    #[test]
    fn a_large_template_goes_by_the_bucket_and_is_written_once() {
        let (store, large) = (Memory::default(), spec(INLINE_LIMIT));
        assert!(is_large(&large).unwrap());
        let first = hand_over(&store, "b", &large).unwrap();
        let TemplateAt::Url(url) = &first.at else { panic!("{:?}", first.at) };
        assert!(url.starts_with("https://b/") && url.ends_with("/template.json"), "{url}");
        assert!(first.written.is_some());
        assert_eq!(hand_over(&store, "b", &large).unwrap().written, None);
        assert_eq!(*store.writes.lock().unwrap(), 1);
    }

    #[test]
    fn what_lies_under_a_hash_without_having_it_is_written_again() {
        let (store, large) = (Memory::default(), spec(INLINE_LIMIT));
        let key = hand_over(&store, "b", &large).unwrap().written.unwrap();
        store.objects.lock().unwrap().insert(key.clone(), [0; 32]);
        assert_eq!(hand_over(&store, "b", &large).unwrap().written, Some(key));
    }
}
