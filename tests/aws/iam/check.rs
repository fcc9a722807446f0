//! What of a recording speaks against the roles and policies of a pipeline.

use std::collections::{BTreeMap, BTreeSet};

use bucketscope::blueprint::Names;
use bucketscope::blueprint::policies::{Who, handled, statements};
use bucketscope::blueprint::roles::Statement;
use bucketscope::config::cloud::Cloud;
use serde_json::Value;

use super::compare::{Call, on_behalf, refused, unused};

/// The statements of each role in a template, by the role's name.
pub fn granted(template: &Value) -> BTreeMap<String, Vec<Statement>> {
    let resources = template["Resources"].as_object().unwrap().values();
    let roles = resources.filter(|resource| resource["Type"] == "AWS::IAM::Role");
    roles
        .map(|role| {
            let properties = &role["Properties"];
            let policies = properties["Policies"].as_array().unwrap().iter();
            let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            (properties["RoleName"].as_str().unwrap().to_owned(), statements.map(statement).collect())
        })
        .collect()
}

fn statement(json: &Value) -> Statement {
    let texts = |key: &str| json[key].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    assert_eq!(json["Effect"], "Allow", "{json}");
    Statement {
        sid: json["Sid"].as_str().unwrap().to_owned(),
        actions: texts("Action"),
        resources: texts("Resource"),
        conditions: BTreeMap::new(),
    }
}

/// What roles lack, and what they have too much; `region` is that of their stack.
pub fn roles(
    calls: &[Call],
    cloud: &Cloud,
    region: &str,
    granted: &BTreeMap<String, Vec<Statement>>,
) -> BTreeSet<String> {
    let (stem, end) = (format!("{}-", Names::of(cloud).stem()), format!("-{region}"));
    let mut all = BTreeSet::new();
    for (name, statements) in granted {
        let what = name.trim_start_matches(&stem).trim_end_matches(&end);
        let of_role: Vec<&Call> = calls.iter().filter(|call| call.role_name() == Some(name)).collect();
        let mut found = refused(&of_role, statements);
        found.extend(unused(&of_role, statements, |action| on_behalf(what, action)));
        all.extend(found.into_iter().map(|text| format!("{what}: {text}")));
    }
    all
}

/// Actions of the deployer's policy that a life without accidents does not show.
const RARE: &[(&str, &str)] = &[
    ("cloudformation:ListStacks", "what DescribeStacks needs where it is asked for all stacks"),
    ("cloudtrail:DescribeTrails", "init, and preflight where there are trails"),
    ("iam:ListRoleTags", "destroy where roles are left"),
    ("logs:DeleteLogGroup", "destroy where a log group is left"),
    ("s3:DeleteObjectVersion", "destroy --purge-data: the recording of DeleteObjects does not tell versions"),
    ("s3:GetBucketLocation", "init"),
    ("s3:GetBucketRequestPayment", "preflight where a source belongs to another account"),
    ("cloudformation:CancelUpdateStack", "the second Ctrl-C of deploy"),
    ("cloudformation:ContinueUpdateRollback", "deploy over a stack that could not be rolled back"),
    ("cloudformation:DeleteChangeSet", "plan, and a deployment that has nothing to change"),
    ("cloudformation:RollbackStack", "deploy over a stack whose creation failed"),
    ("glue:BatchStopJobRun", "destroy while a run is going on"),
    ("glue:CreateTable", "deploy --revert-drift where a table was deleted"),
    ("glue:DeleteDatabase", "destroy where something has made a table or a database anew"),
    ("glue:DeleteTable", "the same"),
    ("glue:StopCrawler", "destroy while a crawl is going on"),
    ("glue:UpdateTable", "deploy --revert-drift where a table was changed"),
    ("athena:BatchGetQueryExecution", "status where there were queries"),
    ("athena:DeleteWorkGroup", "destroy where the stack has left it"),
    ("s3:AbortMultipartUpload", "destroy --purge-data where an upload was not completed"),
    ("s3:PutBucketLogging", "deploy --revert-drift, and destroy where the function could not give logging back"),
    ("sns:SetTopicAttributes", "deploy --revert-drift where the topic's policy was changed"),
];

/// What the policy of `who` lacks for these calls of theirs.
pub fn lacking(calls: &[Call], cloud: &Cloud, who: Who) -> BTreeSet<String> {
    refused(&calls.iter().collect::<Vec<_>>(), &statements(cloud, who).unwrap())
}

/// What the deployer's policy allows without need.
pub fn idle(calls: &[Call], cloud: &Cloud) -> BTreeSet<String> {
    let calls: Vec<&Call> = calls.iter().collect();
    let statements = statements(cloud, Who::Deployer).unwrap();
    let mut found = unused(&calls, &statements, |action| {
        handled(action) || action == "iam:PassRole" || RARE.iter().any(|(rare, _)| *rare == action)
    });
    found.remove(WRITTEN_BY_ATHENA);
    found
}

/// Athena writes results with the permissions of who asks ("Access to Amazon S3", Amazon Athena User Guide); the query of
/// `notify test` fails before, so no recording shows it.
const WRITTEN_BY_ATHENA: &str = "ResultObjects allows s3:PutObject, and nothing calls it";

/// Actions of the analyst's policy that no question shows.
const OF_THE_CONSOLE: &[(&str, &str)] = &[
    ("athena:BatchGetQueryExecution", "the console's list of recent queries"),
    ("athena:GetNamedQuery", "the console's saved queries"),
    ("athena:GetPreparedStatement", "EXECUTE in the console"),
    ("athena:GetWorkGroup", "the console's choice of a workgroup"),
    ("athena:ListNamedQueries", "the console's saved queries"),
    ("athena:ListPreparedStatements", "the console"),
    ("athena:ListQueryExecutions", "the console's list of recent queries"),
    ("glue:BatchGetPartition", "what Athena calls for partitions, which the emulator tells as GetPartitions"),
    ("glue:GetPartition", "the same"),
    ("glue:GetTables", "the console's list of tables"),
    ("s3:AbortMultipartUpload", "Athena writes large results in parts"),
    ("s3:ListBucketMultipartUploads", "the same"),
    ("s3:ListMultipartUploadParts", "the same"),
];

/// What the analyst's policy allows without need.
pub fn idle_of_analyst(calls: &[Call], cloud: &Cloud) -> BTreeSet<String> {
    let calls: Vec<&Call> = calls.iter().collect();
    let statements = statements(cloud, Who::Analyst).unwrap();
    unused(&calls, &statements, |action| OF_THE_CONSOLE.iter().any(|(rare, _)| *rare == action))
}
