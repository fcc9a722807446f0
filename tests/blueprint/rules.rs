//! Rules that templates keep: closed, tagged, retained, and in step with the configuration.

use bucketscope::blueprint::{Facts, Names, StackKind};
use bucketscope::logs::columns::COLUMNS;
use bucketscope::pipeline::{METRICS, Pipeline};
use bucketscope::query;
use serde_json::{Value, json};

use crate::scenario::{SCENARIOS, Scenario, facts, of_type, properties};

fn templates() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for name in SCENARIOS {
        for spec in Scenario::named(name).specs {
            let stack = format!("{name}: {} in {}", spec.name, spec.region);
            all.push((stack, serde_json::from_str(&spec.template).unwrap()));
        }
    }
    all
}

fn expirations(bucket: &Value) -> Vec<(String, u64)> {
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    let expiring = rules.iter().filter(|rule| rule.get("ExpirationInDays").is_some());
    expiring
        .map(|rule| (rule["Prefix"].as_str().unwrap().to_owned(), rule["ExpirationInDays"].as_u64().unwrap()))
        .collect()
}

#[test]
fn buckets_are_closed_to_the_public_and_to_whoever_comes_without_tls() {
    for (stack, template) in templates() {
        for (id, bucket) in of_type(&template, "AWS::S3::Bucket") {
            let block = &bucket["Properties"]["PublicAccessBlockConfiguration"];
            for key in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
                assert_eq!(block[key], true, "{stack}: {id}");
            }
            let policy = properties(&template, &format!("{id}Policy"));
            assert_eq!(policy["Bucket"], json!({ "Ref": id }), "{stack}");
            let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
            assert!(statements.iter().any(|statement| statement["Sid"] == "TlsOnly"), "{stack}: {id}");
        }
    }
}

#[test]
fn what_holds_data_outlives_its_stack() {
    for (stack, template) in templates() {
        for (id, bucket) in of_type(&template, "AWS::S3::Bucket") {
            let (deleted, replaced) =
                if id == "AssetsBucket" { ("Delete", "Delete") } else { ("RetainExceptOnCreate", "Retain") };
            assert_eq!(bucket["DeletionPolicy"], deleted, "{stack}: {id}");
            assert_eq!(bucket["UpdateReplacePolicy"], replaced, "{stack}: {id}");
        }
    }
}

#[test]
fn every_name_is_literal_so_that_what_was_kept_can_be_taken_back() {
    let literal = [("AWS::S3::Bucket", "BucketName"), ("AWS::IAM::Role", "RoleName"), ("AWS::Glue::Job", "Name")];
    for (stack, template) in templates() {
        for (kind, property) in literal {
            for (id, resource) in of_type(&template, kind) {
                assert!(resource["Properties"][property].is_string(), "{stack}: {id}");
            }
        }
    }
}

#[test]
fn everything_that_takes_tags_names_its_pipeline() {
    for scenario in SCENARIOS.map(Scenario::named) {
        let name = scenario.cloud.name.clone();
        for spec in &scenario.specs {
            assert_eq!(spec.tags.get("bucketscope:pipeline"), Some(&name));
        }
        for kind in ["AWS::S3::Bucket", "AWS::IAM::Role", "AWS::SNS::Topic", "AWS::Athena::WorkGroup"] {
            for (id, resource) in of_type(&scenario.lake(), kind) {
                let tags = resource["Properties"]["Tags"].as_array().unwrap();
                assert!(tags.contains(&json!({ "Key": "bucketscope:pipeline", "Value": name })), "{id}");
            }
        }
        assert_eq!(properties(&scenario.lake(), "Job")["Tags"]["bucketscope:pipeline"], json!(name));
    }
    let tags = properties(&Scenario::named("everything").lake(), "EtlRole")["Tags"].clone();
    assert!(tags.as_array().unwrap().contains(&json!({ "Key": "cost-centre", "Value": "4711" })));
}

#[test]
fn logs_are_delivered_only_for_the_buckets_named_and_only_to_s3s_own_keys() {
    let collector = Scenario::named("regions").template(StackKind::Collector, "us-east-1");
    let delivery = &properties(&collector, "LogBucketPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!(delivery["Principal"], json!({ "Service": "logging.s3.amazonaws.com" }));
    assert_eq!(delivery["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");
    assert_eq!(delivery["Condition"]["ArnEquals"]["aws:SourceArn"], json!(["arn:aws:s3:::shop.us.orders"]));
    for template in [collector, Scenario::named("everything").collector()] {
        let bucket = properties(&template, "LogBucket");
        let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        assert_eq!(encryption["ServerSideEncryptionByDefault"], json!({ "SSEAlgorithm": "AES256" }));
        assert!(bucket.get("ObjectLockEnabled").is_none() && bucket.get("ObjectLockConfiguration").is_none());
    }
}

#[test]
fn logging_is_switched_on_after_delivery_is_allowed_and_given_back_before_it_is_not() {
    let template = Scenario::named("minimal").collector();
    let deliveries = of_type(&template, "Custom::BucketLogging");
    let [(_, delivery)] = deliveries[..] else { panic!("{deliveries:?}") };
    assert_eq!(delivery["DependsOn"], "LogBucketPolicy");
    assert_eq!(
        delivery["Properties"],
        json!({
            "ServiceToken": { "Fn::GetAtt": ["DeliveryFunction", "Arn"] },
            "ServiceTimeout": 300,
            "Account": "123456789012",
            "Region": "eu-central-1",
            "Bucket": "shop-orders",
            "TargetBucket": "bucketscope-shop-logs-eu-central-1-k3v9qd",
            "TargetPrefix": "logs/shop-orders/",
            "TargetObjectKeyFormat": "SimplePrefix",
            "StatePrefix": "state/logging/",
        })
    );
    let timeout = properties(&template, "DeliveryFunction")["Timeout"].as_u64().unwrap();
    assert!(timeout < 300, "CloudFormation would give up before the function does");
}

#[test]
fn more_deliveries_than_a_role_may_name_are_spread_over_stacks() {
    let scenario = Scenario::named("many-buckets");
    let collectors: Vec<&str> =
        scenario.specs.iter().filter(|spec| spec.kind == StackKind::Collector).map(|spec| spec.name.as_str()).collect();
    assert_eq!(collectors, ["bucketscope-shop-collector", "bucketscope-shop-collector-2"]);
    let second = scenario.named_template("bucketscope-shop-collector-2");
    assert_eq!(of_type(&second, "Custom::BucketLogging").len(), 2);
    assert!(of_type(&second, "AWS::S3::Bucket").is_empty(), "the first stack has the log bucket");
    let allowed = properties(&scenario.collector(), "LogBucketPolicy")["PolicyDocument"]["Statement"][0].clone();
    assert_eq!(allowed["Condition"]["ArnEquals"]["aws:SourceArn"].as_array().unwrap().len(), 102);
}

#[test]
fn raw_logs_expire_and_the_earlier_settings_beside_them_do_not() {
    let template = Scenario::named("everything").collector();
    assert_eq!(expirations(&properties(&template, "LogBucket")), [("logs/".to_owned(), 30)]);
}

#[test]
fn the_lake_expires_its_tables_and_never_its_state() {
    let template = Scenario::named("everything").lake();
    assert_eq!(
        expirations(&properties(&template, "LakeBucket")),
        [
            ("s3_access_logs/".to_owned(), 400),
            ("cloudtrail_events/".to_owned(), 400),
            ("s3_access_logs_joined/".to_owned(), 400),
            ("cloudtrail_events_joined/".to_owned(), 400)
        ]
    );
    assert_eq!(expirations(&properties(&template, "ResultsBucket")), [(String::new(), 14)]);
}

#[test]
fn nothing_expires_unless_configured() {
    let template = Scenario::named("minimal").lake();
    assert!(expirations(&properties(&template, "LakeBucket")).is_empty());
    assert!(expirations(&properties(&template, "ResultsBucket")).is_empty());
}

#[test]
fn the_worker_to_be_found_is_named_by_hash_in_the_jobs_definition() {
    let scenario = Scenario::named("minimal");
    let arguments = properties(&scenario.lake(), "Job")["DefaultArguments"].clone();
    assert_eq!(arguments["--worker-sha256"], json!(scenario.facts.assets.worker.sha256));
    assert_eq!(arguments["--worker-key"], json!(scenario.facts.assets.worker.key()));
    assert_eq!(arguments["--worker-bucket"], json!(Names::of(&scenario.cloud).assets_bucket("eu-central-1")));
}

#[test]
fn the_job_is_told_of_every_source_and_its_owner() {
    let arguments = properties(&Scenario::named("everything").lake(), "Job")["DefaultArguments"].clone();
    let pipeline = Pipeline::parse(arguments["--pipeline"].as_str().unwrap()).unwrap();
    let places: Vec<_> = pipeline
        .sources
        .iter()
        .chain(&pipeline.trails)
        .map(|source| {
            let place = &source.place;
            (source.id.as_str(), place.prefix.as_str(), place.region.as_str(), place.owner.as_str())
        })
        .collect();
    assert_eq!(
        places,
        [
            ("shop.shop-orders", "logs/shop-orders/", "eu-central-1", "123456789012"),
            ("old", "s3/", "eu-central-1", "123456789012"),
            ("organisation", "trails/AWSLogs/", "us-east-1", "210987654321"),
        ]
    );
}

#[test]
fn the_size_of_the_job_is_the_configured_one() {
    let small = properties(&Scenario::named("everything").lake(), "Job");
    assert_eq!((&small["MaxCapacity"], &small["Timeout"]), (&json!(0.0625), &json!(55)));
    assert_eq!(properties(&Scenario::named("minimal").lake(), "Job")["MaxCapacity"], json!(1));
    let spark = properties(&Scenario::named("glueetl").lake(), "Job");
    assert_eq!((&spark["WorkerType"], &spark["NumberOfWorkers"]), (&json!("G.2X"), &json!(10)));
    assert!(spark.get("MaxCapacity").is_none());
}

#[test]
fn what_is_too_much_for_the_small_job_has_a_job_of_its_own() {
    let template = Scenario::named("minimal").lake();
    let (small, spark) = (properties(&template, "Job"), properties(&template, "SparkJob"));
    let told = |job: &Value| Pipeline::parse(job["DefaultArguments"]["--pipeline"].as_str().unwrap()).unwrap();
    let over = told(&small).hand_over.unwrap();
    assert_eq!((&json!(over.job), over.workers_at_most, over.after_minutes), (&spark["Name"], 10, 15));
    // It works with the same program on the same pipeline, and hands nothing over.
    assert_eq!(told(&spark), Pipeline { hand_over: None, ..told(&small) });
    for same in ["--worker-sha256", "--worker-key", "--worker-bucket"] {
        assert_eq!(small["DefaultArguments"][same], spark["DefaultArguments"][same]);
    }
    assert_eq!((&spark["Command"]["Name"], &spark["WorkerType"]), (&json!("glueetl"), &json!("G.1X")));
    for alone in ["everything", "glueetl", "ray"] {
        let template = Scenario::named(alone).lake();
        assert_eq!(of_type(&template, "AWS::Glue::Job").len(), 1, "{alone}");
        assert_eq!(told(&properties(&template, "Job")).hand_over, None);
    }
}

#[test]
fn a_job_knows_its_size_and_price() {
    for (scenario, engine, dpus) in [
        ("minimal", "pythonshell", "1"),
        ("everything", "pythonshell", "0.0625"),
        ("glueetl", "glueetl", "20"),
        ("ray", "ray", "8"),
    ] {
        let job = properties(&Scenario::named(scenario).lake(), "Job");
        let arguments = &job["DefaultArguments"];
        assert_eq!((&arguments["--engine"], &arguments["--dpus"]), (&json!(engine), &json!(dpus)), "{scenario}");
        let pipeline = Pipeline::parse(arguments["--pipeline"].as_str().unwrap()).unwrap();
        assert_eq!(pipeline.dpu_hour_micro_usd, Some(440_000));
    }
    let ray = properties(&Scenario::named("ray").lake(), "Job");
    assert_eq!(ray["Command"]["Runtime"], "Ray2.4");
    assert_eq!((&ray["WorkerType"], &ray["NumberOfWorkers"]), (&json!("Z.2X"), &json!(4)));
}

#[test]
fn a_job_that_is_started_by_hand_has_no_schedule_and_may_rest() {
    let template = Scenario::named("projection").lake();
    for kind in ["AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup"] {
        assert!(of_type(&template, kind).is_empty());
    }
    assert!(template["Resources"].get("ScheduleRole").is_none());
    assert_eq!(properties(&template, "LagAlarm")["TreatMissingData"], "notBreaching");
    assert_eq!(properties(&Scenario::named("minimal").lake(), "LagAlarm")["TreatMissingData"], "breaching");
}

#[test]
fn the_alarms_ring_at_the_configured_lag_and_share_of_rejects() {
    let scenario = Scenario::named("everything");
    let template = scenario.lake();
    let notify = &scenario.cloud.notify;
    assert_eq!(properties(&template, "LagAlarm")["Threshold"], json!(notify.lag_hours));
    let rejects = properties(&template, "RejectsAlarm");
    assert_eq!(rejects["Threshold"], json!(notify.rejected_percent));
    let metrics = rejects["Metrics"].as_array().unwrap();
    let returned: Vec<&Value> = metrics.iter().filter(|metric| metric["ReturnData"] == true).collect();
    assert_eq!(returned.len(), 1, "an alarm looks at one value");
    // Each name in the expression is a metric that the worker reports.
    let expression = returned[0]["Expression"].as_str().unwrap();
    for id in expression.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        let stat = &metrics.iter().find(|metric| metric["Id"] == id).unwrap()["MetricStat"];
        assert!(["Records", "RejectedLines"].contains(&stat["Metric"]["MetricName"].as_str().unwrap()), "{id}");
    }
}

#[test]
fn the_tables_columns_are_the_parsers() {
    let input = properties(&Scenario::named("minimal").lake(), "AccessLogs")["TableInput"].clone();
    let names: Vec<&str> = input["StorageDescriptor"]["Columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["Name"].as_str().unwrap())
        .collect();
    assert_eq!(names, COLUMNS.map(|column| column.name));
    let columns = &input["StorageDescriptor"]["Columns"];
    assert_eq!(columns[2], json!({ "Name": "requestdatetime", "Type": "timestamp" }));
    assert_eq!(columns[9], json!({ "Name": "httpstatus", "Type": "int" }));
    assert_eq!(input["PartitionKeys"][1], json!({ "Name": "requesthour", "Type": "string" }));
}

#[test]
fn the_crawler_adds_partitions_and_leaves_columns_alone() {
    let crawler = properties(&Scenario::named("crawler").lake(), "Crawler");
    assert_eq!(crawler["SchemaChangePolicy"], json!({ "UpdateBehavior": "LOG", "DeleteBehavior": "LOG" }));
    assert_eq!(crawler["Targets"]["CatalogTargets"][0]["Tables"], json!(["s3_access_logs", "cloudtrail_events"]));
}

#[test]
fn with_projection_there_is_no_crawler_and_the_table_says_where_partitions_are() {
    let template = Scenario::named("projection").lake();
    for gone in ["Crawler", "CrawlerRole", "FailedCrawls"] {
        assert!(template["Resources"].get(gone).is_none(), "{gone}");
    }
    let table = &properties(&template, "AccessLogs")["TableInput"]["Parameters"];
    assert_eq!(table["projection.enabled"], "true");
    let other = properties(&Scenario::named("minimal").lake(), "AccessLogs");
    assert!(other["TableInput"]["Parameters"].get("projection.enabled").is_none());
}

#[test]
fn the_view_is_written_as_athena_writes_it() {
    let view = properties(&Scenario::named("minimal").lake(), "AccessLogsCompat")["TableInput"].clone();
    let text = view["ViewOriginalText"].as_str().unwrap();
    let encoded = text.strip_prefix("/* Presto View: ").unwrap().strip_suffix(" */").unwrap();
    let decoded: Value = serde_json::from_slice(&aws_smithy_types::base64::decode(encoded).unwrap()).unwrap();
    assert!(decoded["originalSql"].as_str().unwrap().starts_with("SELECT bucketowner, "));
    assert_eq!(decoded["schema"], "bucketscope_shop");
    let names = |list: &Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|column| column[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&decoded["columns"], "name"), names(&view["StorageDescriptor"]["Columns"], "Name"));
    // What Trino needs to take it for a view and to run it (tests/trino).
    assert_eq!(view["Parameters"], json!({ "presto_view": "true", "comment": "Presto View" }));
    assert!(view.get("Description").is_none() && view["Owner"].is_string());
}

#[test]
fn every_query_is_saved_and_prepared() {
    let template = Scenario::named("minimal").lake();
    let saved = of_type(&template, "AWS::Athena::NamedQuery");
    let prepared = of_type(&template, "AWS::Athena::PreparedStatement");
    let queries = query::catalogue().queries();
    assert_eq!((saved.len(), prepared.len()), (queries.len(), queries.len()));
    for (one, statement) in queries.iter().map(|query| (query, query.id.replace('-', "_"))) {
        let (_, found) = saved.iter().find(|(_, it)| it["Properties"]["Name"] == json!(one.id)).unwrap();
        assert!(found["Properties"]["QueryString"].as_str().unwrap().ends_with(&one.sql));
        let named = |it: &&(&String, &Value)| it.1["Properties"]["StatementName"] == json!(statement);
        let (_, found) = prepared.iter().find(named).unwrap();
        assert_eq!(found["Properties"]["QueryStatement"], json!(one.sql));
    }
}

#[test]
fn a_project_s_own_queries_are_saved_and_prepared_like_the_others() {
    let cloud = Scenario::named("minimal").cloud;
    let text = "-- id: our-own\n-- title: Ours\n-- answers: How many\n-- source: s3_access_logs\n-- category: ours\n\
                -- parameter: from | timestamp | required | From\n-- positions: from\n\
                -- column: n | bigint | - | How many\n\n\
                SELECT COUNT(*) AS n FROM s3_access_logs WHERE requestdatetime >= ?;\n";
    let own = |text: &str| vec![query::OwnQuery { file: "our-own.sql".to_owned(), text: text.to_owned() }];
    let facts = Facts { own_queries: own(text), ..facts(&cloud) };
    let specs = bucketscope::blueprint::render(&cloud, &facts).unwrap();
    let template: Value = serde_json::from_str(&specs.last().unwrap().template).unwrap();
    let sql = "SELECT COUNT(*) AS n FROM s3_access_logs WHERE requestdatetime >= ?";
    let saved = of_type(&template, "AWS::Athena::NamedQuery");
    let (_, saved) = saved.iter().find(|(_, it)| it["Properties"]["Name"] == json!("our-own")).unwrap();
    assert_eq!(saved["Properties"]["QueryString"], json!(format!("-- Values, in order: from\n{sql}")));
    let prepared = of_type(&template, "AWS::Athena::PreparedStatement");
    let (_, prepared) = prepared.iter().find(|(_, it)| it["Properties"]["StatementName"] == json!("our_own")).unwrap();
    assert_eq!(prepared["Properties"]["QueryStatement"], json!(sql));
    let wrong = Facts { own_queries: own(&text.replace("SELECT", "DROP")), ..facts };
    assert_eq!(bucketscope::blueprint::render(&cloud, &wrong).unwrap_err().code(), 64);
}

#[test]
fn the_workgroup_bounds_what_a_query_scans_and_can_be_deleted() {
    let workgroup = properties(&Scenario::named("everything").lake(), "Workgroup");
    assert_eq!(workgroup["RecursiveDeleteOption"], true);
    let configuration = &workgroup["WorkGroupConfiguration"];
    assert_eq!(configuration["EnforceWorkGroupConfiguration"], true);
    assert_eq!(configuration["BytesScannedCutoffPerQuery"], json!(7_000_000_000_u64));
}

#[test]
fn a_key_of_the_users_encrypts_lake_results_and_topic_and_no_other_key_does() {
    let with = Scenario::named("kms").lake();
    let key = json!(Scenario::named("kms").cloud.aws.kms_key.unwrap());
    assert_eq!(properties(&with, "Topic")["KmsMasterKeyId"], key);
    for bucket in ["LakeBucket", "ResultsBucket"] {
        let rule = &properties(&with, bucket)["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        assert_eq!(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"], key);
    }
    let without = Scenario::named("minimal").lake();
    assert!(properties(&without, "Topic").get("KmsMasterKeyId").is_none());
}

#[test]
fn notices_are_of_this_pipeline_alone_and_only_this_account_may_send_them() {
    let scenario = Scenario::named("everything");
    let template = scenario.lake();
    let details: Vec<&Value> = of_type(&template, "AWS::Events::Rule")
        .iter()
        .map(|(_, rule)| &rule["Properties"]["EventPattern"]["detail"])
        .collect();
    let names = Names::of(&scenario.cloud);
    for own in [("jobName", names.job()), ("crawlerName", names.crawler()), ("workgroupName", names.workgroup())] {
        assert!(details.iter().any(|detail| detail[own.0] == json!([own.1])), "{own:?}");
    }
    let finished = details.iter().find(|detail| detail.get("workgroupName").is_some()).unwrap();
    assert_eq!(finished["currentState"], json!(["FAILED", "CANCELLED", "SUCCEEDED", "RUNNING"]));
    let publish = &properties(&template, "TopicPolicy")["PolicyDocument"]["Statement"][0];
    assert_eq!(publish["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");
    assert_eq!(
        publish["Principal"],
        json!({ "Service": "cloudwatch.amazonaws.com" }),
        "functions publish with their roles"
    );
}

#[test]
fn every_rule_calls_the_function_that_it_may_call_and_keeps_what_it_cannot_deliver() {
    for (stack, template) in templates() {
        let (rules, permissions) =
            (of_type(&template, "AWS::Events::Rule"), of_type(&template, "AWS::Lambda::Permission"));
        assert_eq!(rules.len(), permissions.len(), "{stack}");
        for (id, rule) in rules {
            let target = &rule["Properties"]["Targets"][0];
            assert_eq!(target["Arn"], json!({ "Fn::GetAtt": ["NoticesFunction", "Arn"] }), "{stack}: {id}");
            assert_eq!(target["DeadLetterConfig"]["Arn"], json!({ "Fn::GetAtt": ["UndeliveredQueue", "Arn"] }));
            let name = rule["Properties"]["Name"].as_str().unwrap();
            let source = properties(&template, &format!("{id}Permission"))["SourceArn"].as_str().unwrap().to_owned();
            assert!(source.ends_with(&format!(":rule/{name}")), "{stack}: {source}");
            let kept = properties(&template, "UndeliveredQueuePolicy")["PolicyDocument"]["Statement"][0].clone();
            assert!(kept["Condition"]["ArnEquals"]["aws:SourceArn"].as_array().unwrap().contains(&json!(source)));
        }
    }
}

/// Everything that a dashboard's text names as a metric of ours, wherever it stands.
fn metrics_of(body: &Value, namespace: &str) -> Vec<String> {
    let widgets = body["widgets"].as_array().unwrap();
    let lines = widgets.iter().filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten();
    lines.filter(|line| line[0] == namespace).map(|line| line[1].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_lake_has_a_dashboard_of_its_own_metrics_and_alarms() {
    for scenario in SCENARIOS.map(Scenario::named) {
        let lake = scenario.lake();
        let dashboard = properties(&lake, "Dashboard");
        let body: Value = serde_json::from_str(dashboard["DashboardBody"].as_str().unwrap()).unwrap();
        let namespace = format!("bucketscope/{}", scenario.cloud.name);
        let mut shown = metrics_of(&body, &namespace);
        shown.sort();
        let mut told = METRICS;
        told.sort_unstable();
        assert_eq!(shown, told, "each metric that the worker tells is shown once");
        for alarm in of_type(&lake, "AWS::CloudWatch::Alarm") {
            let alarm = alarm.1["Properties"].to_string();
            let ours = alarm.split(&format!("\"{namespace}\"")).count() - 1;
            let known = METRICS.iter().map(|name| alarm.matches(&format!("\"MetricName\":\"{name}\"")).count());
            assert_eq!(known.sum::<usize>(), ours, "an alarm looks at a metric that nobody tells: {alarm}");
        }

        let widgets = body["widgets"].as_array().unwrap();
        let alarms = &widgets.iter().find(|widget| widget["type"] == "alarm").unwrap()["properties"]["alarms"];
        let partition = facts(&scenario.cloud).partition;
        let (region, account) = (&scenario.cloud.aws.region, &scenario.cloud.aws.account_id);
        let names = of_type(&lake, "AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| {
            let name = alarm["Properties"]["AlarmName"].as_str().unwrap();
            format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
        });
        let mut expected: Vec<String> = names.collect();
        let mut told: Vec<String> = serde_json::from_value(alarms.clone()).unwrap();
        expected.sort();
        told.sort();
        assert_eq!(told, expected);

        let rules = of_type(&lake, "AWS::Events::Rule");
        let counted = widgets.iter().find_map(|w| {
            (w["properties"]["metrics"][0][1] == "TriggeredRules").then(|| &w["properties"]["metrics"][0][3])
        });
        assert!(rules.iter().any(|(_, rule)| Some(&rule["Properties"]["Name"]) == counted), "{counted:?}");
    }
}

#[test]
fn widgets_of_the_dashboard_lie_side_by_side_on_24_columns() {
    let dashboard = properties(&Scenario::named("minimal").lake(), "Dashboard");
    let body: Value = serde_json::from_str(dashboard["DashboardBody"].as_str().unwrap()).unwrap();
    let mut taken = std::collections::BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let number = |key: &str| widget[key].as_u64().unwrap();
        for x in number("x")..number("x") + number("width") {
            for y in number("y")..number("y") + number("height") {
                assert!(x < 24 && taken.insert((x, y)), "{widget}");
            }
        }
    }
}

#[test]
fn one_alarm_goes_straight_to_the_topic_and_all_others_through_the_function() {
    let template = Scenario::named("minimal").lake();
    let rule = properties(&template, "Alarms");
    let told = rule["EventPattern"]["detail"]["alarmName"].as_array().unwrap();
    for (id, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let straight = alarm["Properties"].get("AlarmActions").is_some();
        assert_eq!(straight, id == "UndeliveredAlarm", "{id}");
        assert_eq!(told.contains(&alarm["Properties"]["AlarmName"]), !straight, "{id}: nobody is told twice");
    }
}
