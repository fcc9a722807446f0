//! Keys, and whether their policies let in who needs them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::policy::{Verdict, verdict};
use super::{Check, Code, Finding, Findings, Scene};

/// Who publishes to an encrypted topic without a role.
const ALARMS: &str = "cloudwatch.amazonaws.com";

/// What lets it. The key that AWS manages for SNS has a policy that nobody can change ("Enable compatibility between event sources from
/// AWS services and encrypted topics", Amazon SNS Developer Guide).
const STATEMENT: &str = r#"{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}"#;

pub(super) fn checks<'a>(scene: &'a Scene<'a>, checks: &mut Vec<Check<'a>>) {
    let own = scene.cloud.aws.kms_key.iter().map(|key| (key, scene.cloud.aws.region.as_str()));
    let trails = scene.cloud.trails.iter();
    let trails = trails.filter_map(|trail| trail.kms_key.as_ref().map(|key| (key, trail.region(scene.cloud))));
    let all: BTreeSet<(&String, &str)> = own.chain(trails).collect();
    for (key, region) in all {
        // A key may be used in the Region that its ARN names only.
        let region = key.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or(region);
        checks.push(Box::new(move |findings| one(scene, key, region, findings)));
    }
}

fn one(scene: &Scene<'_>, key: &str, region: &str, findings: &mut Findings) {
    let Some(seen) = findings.see(scene.eyes.key(region, key)) else { return };
    let Some(seen) = seen else {
        findings.push(Finding::error(
            Code::KeyMissing,
            format!("there is no key {key}"),
            "the configuration names it",
            "correct  kms_key",
        ));
        return;
    };
    if seen.managed || !seen.enabled {
        let why = if seen.managed { "AWS manages it for one service alone" } else { "it is disabled" };
        let hint = if seen.managed { "use a key of your own" } else { "aws kms enable-key --key-id KEY" };
        findings.push(Finding::error(Code::KeyUnusable, format!("the key {key} cannot be used"), why, hint));
        return;
    }
    let Some(policy) = seen.policy else {
        let what = format!("the policy of the key {key} may not be read");
        let why = "it must let the pipeline's roles use the key";
        findings.push(Finding::warning(Code::CouldNotLook, what, why, "kms:GetKeyPolicy  lets you read it"));
        return;
    };
    for (who, principals, action) in needs(scene, key) {
        let found = verdict(&policy, &principals, &action);
        if found != Verdict::Yes {
            findings.push(closed(key, &who, &action, found));
        }
    }
}

fn closed(key: &str, who: &str, action: &str, found: Verdict) -> Finding {
    let hint = match who {
        ALARMS => format!("add to the key's policy:  {STATEMENT}"),
        _ => format!("add a statement to the key's policy that allows {action} to {who}"),
    };
    match found {
        Verdict::No => {
            let what = format!("the policy of the key {key} does not let {who} do {action}");
            Finding::error(Code::KeyClosed, what, "reading or writing what it encrypts would fail", hint)
        }
        Verdict::Perhaps | Verdict::Yes => {
            let what = format!("the policy of the key {key} lets {who} do {action} under conditions only");
            Finding::warning(Code::KeyClosed, what, "whether they hold cannot be told from here", hint)
        }
    }
}

/// Who needs to do what with a key: the roles whose statements name it, and the services that publish to a topic that
/// is encrypted with it.
fn needs(scene: &Scene<'_>, key: &str) -> BTreeSet<(String, Vec<String>, String)> {
    let (account, partition) = (&scene.cloud.aws.account_id, scene.partition);
    let mut all = BTreeSet::new();
    for role in scene.planned.of_kind("AWS::IAM::Role") {
        let Some(name) = role.text(&["RoleName"]) else { continue };
        let path = role.text(&["Path"]).unwrap_or("/");
        // An account in a key's policy stands for what IAM allows in it ("Default key policy", AWS KMS Developer Guide).
        let principals = vec![
            format!("arn:{partition}:iam::{account}:role{path}{name}"),
            format!("arn:{partition}:iam::{account}:root"),
            account.clone(),
        ];
        for action in actions(&role.properties, key) {
            all.insert((format!("the role {name}"), principals.clone(), action));
        }
    }
    let encrypted = |topic: &super::planned::Resource| topic.text(&["KmsMasterKeyId"]) == Some(key);
    if scene.planned.of_kind("AWS::SNS::Topic").any(encrypted) {
        // The one alarm that goes straight to the topic; functions publish with their roles.
        for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
            all.insert((ALARMS.to_owned(), vec![ALARMS.to_owned()], action.to_owned()));
        }
    }
    all
}

/// The actions on a key that a role's own statements allow.
fn actions(role: &Value, key: &str) -> BTreeSet<String> {
    let list = |value: Option<&Value>| -> Vec<Value> {
        match value {
            Some(Value::Array(all)) => all.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        }
    };
    let mut all = BTreeSet::new();
    for policy in list(role.get("Policies")) {
        for statement in list(policy.get("PolicyDocument").and_then(|document| document.get("Statement"))) {
            if !list(statement.get("Resource")).iter().any(|resource| resource.as_str() == Some(key)) {
                continue;
            }
            let named = list(statement.get("Action"));
            all.extend(named.iter().filter_map(Value::as_str).filter(|it| it.starts_with("kms:")).map(str::to_owned));
        }
    }
    all
}
