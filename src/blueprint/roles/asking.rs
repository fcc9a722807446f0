//! The roles of who asks and tells: the functions of notices and reports, the schedules of reports, QuickSight.

use std::collections::BTreeMap;

use super::{Arns, Role, Statement, of_the_group};
use crate::blueprint::{Facts, Names, TABLES};
use crate::config::cloud::Cloud;

/// The function that starts reports. Athena reads catalogue and lake and writes results with the caller's permissions ("Fine-grained
/// access to databases and tables", "Access to Amazon S3", Amazon Athena User Guide).
pub(super) fn reports(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let account = &cloud.aws.account_id;
    let (lake, results, database) = (names.lake_bucket(), names.results_bucket(), names.database());
    let catalogue = ["catalog".to_owned(), format!("database/{database}"), format!("table/{database}/*")];
    let catalogue = catalogue.iter().map(|resource| arns.home("glue", resource)).collect();
    let tables =
        TABLES.iter().chain(&crate::blueprint::JOINED).map(|folder| arns.s3(&format!("{lake}/{folder}/*"))).collect();
    let reading =
        ["glue:BatchGetPartition", "glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"];
    let buckets = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"];
    let writing = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"];
    let mut statements = vec![
        Statement::new(
            "Ask",
            &["athena:StartQueryExecution"],
            vec![arns.home("athena", &format!("workgroup/{}", names.workgroup()))],
        ),
        Statement::new("Catalogue", &reading, catalogue),
        Statement::new("Buckets", &buckets, vec![arns.s3(&lake), arns.s3(&results)]).owned_by(account),
        Statement::new("Tables", &["s3:GetObject"], tables).owned_by(account),
        Statement::new("Results", &writing, vec![arns.s3(&format!("{results}/*"))]).owned_by(account),
    ];
    statements.extend(telling(arns, crate::blueprint::reports::REPORTS));
    Role {
        id: "ReportsRole",
        name: names.role(crate::blueprint::reports::REPORTS, &cloud.aws.region),
        description: "Asks what reports want to know".to_owned(),
        service: "lambda.amazonaws.com",
        trust_conditions: BTreeMap::new(),
        statements,
    }
}

/// What QuickSight asks with: Athena in the pipeline's workgroup, the lake to read, Athena's results to write ("Running
/// queries as an IAM role in Amazon Quick Sight", Amazon Quick Sight User Guide; the calls are those of the managed policy
/// AWSQuicksightAthenaAccess that a query of one database needs). That page shows a trust without conditions, and says that
/// the role must belong to the account that QuickSight is in.
pub(in crate::blueprint) fn dashboards(cloud: &Cloud, facts: &Facts) -> Role {
    let arns = Arns { cloud, facts };
    let names = Names::of(cloud);
    let account = &cloud.aws.account_id;
    let (lake, results) = (names.lake_bucket(), names.results_bucket());
    let tables =
        TABLES.iter().chain(&crate::blueprint::JOINED).map(|folder| arns.s3(&format!("{lake}/{folder}/*"))).collect();
    let mut catalogue = arns.catalogue();
    let views = [crate::logs::compat::VIEW, crate::logs::trail::unique::VIEW];
    catalogue.extend(views.iter().map(|view| arns.home("glue", &format!("table/{}/{view}", names.database()))));
    let athena = [
        "athena:BatchGetQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetQueryResultsStream",
        "athena:GetWorkGroup",
        "athena:ListQueryExecutions",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
    ];
    let reading = [
        "glue:BatchGetPartition",
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
    ];
    let listing = ["s3:GetBucketLocation", "s3:ListBucket"];
    let writing = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"];
    let mut statements = vec![
        Statement::new("Athena", &athena, vec![arns.home("athena", &format!("workgroup/{}", names.workgroup()))]),
        Statement::new("Catalogs", &["athena:GetDataCatalog"], vec![arns.home("athena", "datacatalog/AwsDataCatalog")]),
        Statement::new("Catalogue", &reading, catalogue),
        Statement::new("LakeList", &listing, vec![arns.s3(&lake)]).owned_by(account),
        Statement::new("Lake", &["s3:GetObject"], tables).owned_by(account),
        Statement::new(
            "ResultsList",
            &["s3:ListBucketMultipartUploads", listing[0], listing[1]],
            vec![arns.s3(&results)],
        )
        .owned_by(account),
        Statement::new("Results", &writing, vec![arns.s3(&format!("{results}/athena/*"))]).owned_by(account),
    ];
    if let Some(key) = &cloud.aws.kms_key {
        statements.push(Statement::new("LakeKey", &["kms:Decrypt", "kms:GenerateDataKey"], vec![key.clone()]));
    }
    Role {
        id: "DashboardsRole",
        name: names.role("dashboards", &cloud.aws.region),
        description: "Asks the lake for the dashboard in QuickSight".to_owned(),
        service: "quicksight.amazonaws.com",
        trust_conditions: BTreeMap::new(),
        statements,
    }
}

/// The schedules of reports.
pub(super) fn timer(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let function = arns.home("lambda", &format!("function:{}", names.function(crate::blueprint::reports::REPORTS)));
    Role {
        id: "TimerRole",
        name: names.role(crate::blueprint::reports::TIMER, &cloud.aws.region),
        description: "Calls the function that asks reports".to_owned(),
        service: "scheduler.amazonaws.com",
        trust_conditions: of_the_group(arns),
        statements: vec![
            Statement::new("Call", &["lambda:InvokeFunction"], vec![function]),
            Statement::new("Undelivered", &["sqs:SendMessage"], vec![arns.home("sqs", &names.queue())]),
        ],
    }
}

/// The function that tells the topic what happened.
pub(super) fn notices(arns: Arns) -> Role {
    let (cloud, names) = (arns.cloud, Names::of(arns.cloud));
    let account = &cloud.aws.account_id;
    let workgroup = arns.home("athena", &format!("workgroup/{}", names.workgroup()));
    let results = arns.s3(&format!("{}/*", names.results_bucket()));
    let mut statements = vec![
        Statement::new("Queries", &["athena:GetQueryExecution", "athena:GetQueryResults"], vec![workgroup]),
        // GetQueryResults reads the result with the caller's permissions (Athena API Reference).
        Statement::new("Results", &["s3:GetObject"], vec![results]).owned_by(account),
    ];
    statements.extend(telling(arns, crate::blueprint::notices::NOTICES));
    Role {
        id: "NoticesRole",
        name: names.role(crate::blueprint::notices::NOTICES, &cloud.aws.region),
        description: "Tells the topic what happened".to_owned(),
        service: "lambda.amazonaws.com",
        trust_conditions: BTreeMap::new(),
        statements,
    }
}

/// What a function needs that publishes to the topic, keeps what it fails on, and writes its log.
fn telling(arns: Arns, what: &str) -> Vec<Statement> {
    let names = Names::of(arns.cloud);
    let log = arns.home("logs", &format!("log-group:{}:*", names.log_group(what)));
    let mut statements = vec![
        Statement::new("Tell", &["sns:Publish"], vec![arns.home("sns", &names.topic())]),
        Statement::new("Undelivered", &["sqs:SendMessage"], vec![arns.home("sqs", &names.queue())]),
        Statement::new("Log", &["logs:CreateLogStream", "logs:PutLogEvents"], vec![log]),
    ];
    // Of topic and results (SNS Developer Guide, "Key management": the publisher needs both).
    if let Some(key) = &arns.cloud.aws.kms_key {
        statements.push(Statement::new("Key", &["kms:Decrypt", "kms:GenerateDataKey"], vec![key.clone()]));
    }
    statements
}
