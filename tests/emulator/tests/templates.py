"""A pipeline as DESIGN.md of bucketscope describes one, with every resource type it uses."""


def trust(service: str) -> dict:
    """A trust policy for a service."""
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def role(service: str, name: str, *statements: dict) -> dict:
    """A role with one inline policy."""
    policies = [{"PolicyName": "calls", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}]
    return {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": name, "AssumeRolePolicyDocument": trust(service), **({"Policies": policies} if statements else {})}}


def bucket(name: str, **more) -> dict:
    """A bucket that outlives its stack."""
    return {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain",
            "Properties": {"BucketName": name, **more}}


def pipeline() -> dict:
    """The template."""
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
        "Lake": bucket(
            "demo-lake",
            BucketEncryption={"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
            PublicAccessBlockConfiguration={name: True for name in (
                "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            VersioningConfiguration={"Status": "Enabled"},
            LifecycleConfiguration={"Rules": [
                {"Id": "lake", "Status": "Enabled", "Prefix": "lake/", "ExpirationInDays": 365,
                 "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": 60}],
                 "NoncurrentVersionExpiration": {"NoncurrentDays": 7}},
                {"Id": "uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}}]}),
        "LakePolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Lake"}, "PolicyDocument": {
            "Version": "2012-10-17", "Statement": [{
                "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": [{"Fn::GetAtt": ["Lake", "Arn"]}, {"Fn::Sub": "${Lake.Arn}/*"}],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}}},
        "Database": {"Type": "AWS::Glue::Database", "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "demo", "Description": "logs"}}},
        "Table": {"Type": "AWS::Glue::Table", "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseName": {"Ref": "Database"}, "TableInput": {
                "Name": "records", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "parquet"},
                "PartitionKeys": [{"Name": "requestdate", "Type": "string"}, {"Name": "requesthour", "Type": "string"}],
                "StorageDescriptor": {
                    "Location": {"Fn::Sub": "s3://${Lake}/records/"},
                    "Columns": [{"Name": "n", "Type": "bigint"}],
                    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}}}},
        "EtlRole": role("glue", "demo-etl-us-east-1",
                        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::demo-lake/*",
                         "Condition": {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}},
                        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::demo-lake"},
                        {"Effect": "Allow", "Action": "glue:StartCrawler", "Resource": {
                            "Fn::Sub": "arn:aws:glue:${AWS::Region}:${AWS::AccountId}:crawler/demo-lake"}}),
        "Job": {"Type": "AWS::Glue::Job", "Properties": {
            "Name": "demo-etl", "Role": {"Fn::GetAtt": ["EtlRole", "Arn"]}, "MaxCapacity": 0.0625, "Timeout": 60,
            "ExecutionProperty": {"MaxConcurrentRuns": 1}, "Tags": {"kind": "etl"},
            "Command": {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://demo-lake/scripts/job.py"},
            "DefaultArguments": {"--lake": {"Fn::Sub": "s3://${Lake}/"}}}},
        "CrawlerRole": role("glue", "demo-crawler-us-east-1",
                            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::demo-lake"},
                            {"Effect": "Allow", "Action": ["glue:GetTable", "glue:GetPartitions", "glue:BatchCreatePartition"],
                             "Resource": [{"Fn::Sub": f"arn:aws:glue:${{AWS::Region}}:${{AWS::AccountId}}:{what}"} for what in
                                          ("catalog", "database/demo", "table/demo/records")]},
                            {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                             "Resource": {"Fn::Sub": "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws-glue/*"}}),
        "Crawler": {"Type": "AWS::Glue::Crawler", "Properties": {
            "Name": "demo-lake", "Role": {"Fn::GetAtt": ["CrawlerRole", "Arn"]}, "DatabaseName": {"Ref": "Database"},
            "Targets": {"CatalogTargets": [{"DatabaseName": {"Ref": "Database"}, "Tables": [{"Ref": "Table"}]}]},
            "Schedule": {"ScheduleExpression": "cron(15 3 * * ? *)"},
            "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}}},
        "WorkGroup": {"Type": "AWS::Athena::WorkGroup", "Properties": {
            "Name": "demo", "RecursiveDeleteOption": True, "State": "ENABLED", "WorkGroupConfiguration": {
                "EnforceWorkGroupConfiguration": True, "BytesScannedCutoffPerQuery": 10_000_000_000,
                "ResultConfiguration": {"OutputLocation": {"Fn::Sub": "s3://${Lake}/results/"}}}}},
        "Query": {"Type": "AWS::Athena::NamedQuery", "Properties": {
            "Name": "who", "Database": {"Ref": "Database"}, "WorkGroup": {"Ref": "WorkGroup"}, "QueryString": "SELECT n FROM records"}},
        "Statement": {"Type": "AWS::Athena::PreparedStatement", "Properties": {
            "StatementName": "who", "WorkGroup": {"Ref": "WorkGroup"}, "QueryStatement": "SELECT n FROM records WHERE n = ?"}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "demo-notices", "DisplayName": "demo"}},
        "TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                                                    "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}]}}},
        "Mail": {"Type": "AWS::SNS::Subscription", "Properties": {
            "TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "ops@example.com"}},
        "JobFailed": {"Type": "AWS::Events::Rule", "Properties": {
            "Name": "demo-job-failed", "State": "ENABLED",
            "EventPattern": {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"],
                             "detail": {"jobName": [{"Ref": "Job"}], "state": ["FAILED", "TIMEOUT"]}},
            "Targets": [{"Id": "topic", "Arn": {"Ref": "Topic"}}]}},
        "SchedulerRole": role("scheduler", "demo-scheduler-us-east-1",
                              {"Effect": "Allow", "Action": "glue:StartJobRun", "Resource": {
                                  "Fn::Sub": "arn:aws:glue:${AWS::Region}:${AWS::AccountId}:job/demo-etl"}}),
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "demo"}},
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": {
            "Name": "demo-etl", "GroupName": {"Ref": "Group"}, "ScheduleExpression": "cron(5 * * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun", "RoleArn": {"Fn::GetAtt": ["SchedulerRole", "Arn"]},
                "Input": '{"JobName": "demo-etl"}'}}},
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/demo/etl", "RetentionInDays": 30}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmName": "demo-lag", "Namespace": "demo", "MetricName": "Lag", "Statistic": "Maximum", "Period": 3600,
            "EvaluationPeriods": 1, "Threshold": 7, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [{"Ref": "Topic"}],
            "Dimensions": [{"Name": "Pipeline", "Value": "demo"}], "TreatMissingData": "notBreaching"}},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {
            "DashboardName": "demo", "DashboardBody": '{"widgets": []}'}},
        "FunctionRole": role("lambda", "demo-logging-us-east-1",
                             {"Effect": "Allow", "Action": ["s3:GetBucketLogging", "s3:PutBucketLogging"], "Resource": "arn:aws:s3:::*"}),
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "demo-logging", "Runtime": "python3.11", "Handler": "index.handler", "Timeout": 30, "MemorySize": 128,
            "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]}, "Environment": {"Variables": {"PIPELINE": "demo"}},
            "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"}}},
        "MayInvoke": {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": {"Ref": "Function"}, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["JobFailed", "Arn"]}}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "demo", "EnableKeyRotation": True, "KeyPolicy": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {
                "AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}}]}}},
        "KeyAlias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/demo", "TargetKeyId": {"Ref": "Key"}}},
        "Boundary": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "demo-boundary", "PolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}},
    }, "Outputs": {"Lake": {"Value": {"Ref": "Lake"}}, "Job": {"Value": {"Ref": "Job"}}}}
