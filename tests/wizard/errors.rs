//! What goes wrong before anything is done: malformed configurations, credentials, accounts, Regions, permissions.

use std::time::Duration;

use crate::server;
use crate::world::{CONFIG, World};

/// Commands that read the configuration and then ask AWS who is asking.
const COMMANDS: [&str; 6] = ["plan", "deploy --yes", "run", "status", "drift", "destroy --confirm shop"];

/// `init` that has to ask AWS for the account alone.
const INIT: &str = "init --defaults --target aws --log-bucket shop-logs --region eu-central-1";

#[test]
fn a_malformed_configuration_names_line_key_and_what_was_expected() {
    let world = World::new();
    for (from, to, error, hint) in [
        (
            "region: eu",
            "regoin: eu",
            "bucketscope.yaml:6: unknown key `regoin` in `aws`: expected account_id, region, suffix,",
            "did you mean `region`?",
        ),
        (
            "sources:",
            "job:\n  engine: spark\nsources:",
            "bucketscope.yaml:9: job.engine: unknown value `spark`: expected auto, pythonshell, glueetl or ray",
            "",
        ),
        (
            "sources:",
            "keep:\n  raw_days: long\nsources:",
            "bucketscope.yaml:9: keep.raw_days: found text \"long\", expected a whole number",
            "",
        ),
        ("name: shop", "name: My_Shop", "bucketscope.yaml:2: name: `My_Shop` cannot be a name: expected 1 to 40", ""),
        (
            "bucket: shop-logs",
            "bucket: Shop_Logs",
            "bucketscope.yaml:10: sources[0].bucket: `Shop_Logs` cannot be a bucket: a bucket's name has lower-case",
            "",
        ),
        (
            "eu-central-1",
            "frankfurt",
            "bucketscope.yaml:6: aws.region: `frankfurt` is no Region; expected one such as",
            "",
        ),
        (
            "\"000000000000\"",
            "\"12\"",
            "bucketscope.yaml:5: aws.account_id: expected the 12 digits of an AWS account",
            "",
        ),
        ("target: aws", "target: azure", "bucketscope.yaml:3: target: unknown target `azure`", "`target: aws`"),
        (
            "    bucket: shop-logs\n",
            "    bucket: shop-logs\n  - id: more\n    bucket: shop-logs\n    prefix: x\n",
            "bucketscope.yaml:11: sources[1]: `more` and `logs` hold the same objects of `shop-logs`; records would be read twice",
            "none begins with another",
        ),
    ] {
        assert!(CONFIG.contains(from), "{from}");
        world.write("shop/bucketscope.yaml", &CONFIG.replace(from, to));
        for command in COMMANDS {
            let ran = world.run(command);
            assert_eq!(ran.code, 64, "{command}: {}", ran.stderr);
            assert!(ran.stderr.starts_with(&format!("error: {error}")), "{command}: {}", ran.stderr);
            assert!(ran.stderr.contains(hint), "{command}: {}", ran.stderr);
        }
    }
}

#[test]
fn without_credentials_every_command_says_so() {
    let world = World::new();
    world.write("shop/bucketscope.yaml", CONFIG);
    for command in COMMANDS {
        let ran = world.run(command);
        ran.fails(3, "cannot tell who the credentials belong to: no AWS credentials were found\n", "aws configure sso");
        assert!(ran.took < Duration::from_secs(3), "{:?}", ran.took);
    }
}

#[test]
fn a_machine_without_a_metadata_service_is_not_waited_for() {
    let mut world = World::new();
    world.unset("AWS_EC2_METADATA_DISABLED");
    world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server::silent());
    let ran = world.run(INIT);
    ran.fails(3, "cannot tell who the credentials belong to: no AWS credentials were found\n", "--account-id DIGITS");
    assert!(ran.took < Duration::from_secs(4), "{:?}", ran.took);
    // A Region is never asked of it.
    let ran = world.run("init --defaults --target aws --log-bucket shop-logs");
    ran.fails(5, "no AWS Region is configured", "--region");
    assert!(ran.took < Duration::from_secs(1), "{:?}", ran.took);
}

#[test]
fn profiles_that_give_no_credentials_are_told_apart() {
    let mut world = World::new();
    world.set("AWS_PROFILE", "nowhere");
    let error = "cannot tell who the credentials belong to: no AWS credentials were found in the profile `nowhere`";
    world.run(INIT).fails(3, error, "aws configure sso");
    world.write(
        ".aws/config",
        "[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = dev\nregion = eu-central-1\n\
         [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\n\
         sso_registration_scopes = sso:account:access\n\
         [profile half]\naws_access_key_id = x\n\
         [profile chain]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone\n\
         [profile broken]\ncredential_process = /bin/false\n",
    );
    for (profile, why, hint) in [
        ("nowhere", "the credentials cannot be loaded: ", "AWS_PROFILE"),
        ("sso", "nobody is signed in to the single sign-on of this profile", "aws sso login"),
        ("half", "the credentials cannot be loaded: ", "~/.aws/config"),
        ("chain", "the credentials cannot be loaded: ", "AWS_PROFILE"),
        ("broken", "the credentials cannot be loaded: ", "AWS_PROFILE"),
    ] {
        world.set("AWS_PROFILE", profile);
        world.run(INIT).fails(3, &format!("cannot tell who the credentials belong to: {why}"), hint);
    }
    // The name of the file is the SHA-1 of the session's name, which is how every tool finds it.
    world.write(
        ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        "{\"accessToken\": \"x\", \"expiresAt\": \"2020-01-01T00:00:00Z\", \"region\": \"eu-central-1\", \"startUrl\": \"https://corp.awsapps.com/start\"}",
    );
    world.set("AWS_PROFILE", "sso");
    let error = "cannot tell who the credentials belong to: the single sign-on session has expired\n";
    world.run(INIT).fails(3, error, "aws sso login");
}

#[test]
fn credentials_that_aws_does_not_take_are_told_why() {
    let mut world = World::new();
    let _emulator = world.emulated();
    world.write("shop/bucketscope.yaml", CONFIG);
    for (key, why, hint) in [
        ("EXPIREDKEY", "the credentials have expired\n", "aws sso login"),
        ("INVALIDKEY", "AWS does not take the credentials: ", "aws sts get-caller-identity"),
    ] {
        world.set("AWS_ACCESS_KEY_ID", key);
        for command in COMMANDS {
            world.run(command).fails(3, &format!("cannot tell who the credentials belong to: {why}"), hint);
        }
    }
    world.set("AWS_ACCESS_KEY_ID", "111122223333");
    for command in COMMANDS {
        let error = "the credentials belong to account 111122223333, and the configuration is for 000000000000: they are those of arn:aws:";
        world.run(command).fails(3, error, "AWS_PROFILE");
    }
}

#[test]
fn a_denied_action_is_named_with_what_grants_it() {
    let mut world = World::new();
    let emulator = world.emulated();
    world.write("shop/bucketscope.yaml", CONFIG);
    emulator.deny("cloudformation:*");
    let ran = world.run("drift");
    ran.fails(3, "", "bucketscope policy deployer  prints what the caller of this command needs");
    assert!(ran.stderr.contains("is not authorized to perform: cloudformation:"), "{}", ran.stderr);
}

#[test]
fn an_aws_that_cannot_be_reached_is_no_matter_of_credentials() {
    let mut world = World::new();
    world.connect("http://127.0.0.1:1");
    let ran = world.run(INIT);
    ran.fails(
        1,
        "cannot tell who the credentials belong to: ",
        "check the network, the Region's name and AWS_ENDPOINT_URL",
    );
    assert!(ran.stderr.contains("Connection refused"), "{}", ran.stderr);
    world.connect(&server::always(403, "<html>a proxy's page</html>"));
    let ran = world.run(INIT);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(!ran.stderr.contains("Response {"), "{}", ran.stderr);
}

#[test]
fn answers_are_checked_before_aws_is_asked() {
    let world = World::new();
    for (flags, error) in [
        ("--log-bucket Shop", "--log-bucket: `Shop` cannot be a bucket: "),
        ("--switch-on photos/x", "--switch-on: `photos/x`: expected BUCKET or REGION:BUCKET"),
        ("--trail audit/AWSLogs/", "--trail: `AWSLogs/`: "),
        ("--log-bucket shop-logs --region mars", "--region: `mars` is no Region"),
        ("--log-bucket shop-logs --account-id 12", "--account-id: expected the 12 digits"),
        ("--log-bucket shop-logs --email ops", "--email: `ops` is no e-mail address"),
        ("--log-bucket shop-logs --schedule hourly", "--schedule: `hourly` is no schedule; expected cron("),
        (
            "--log-bucket shop-logs --engine spark",
            "--engine: `spark` is not known; expected auto, pythonshell, glueetl, ray",
        ),
        ("--log-bucket shop-logs --raw-days 3", "--raw-days: `3`: expected 14 days or more, or forever"),
        ("--log-bucket shop-logs --tag team", "--tag: `team`: expected KEY=VALUE"),
        ("--log-bucket shop-logs --name My_Shop", "--name: `My_Shop` cannot be a name"),
        ("--log-bucket shop-logs --logs here", "--logs is for `--target local`"),
    ] {
        let ran = world.run(&format!("init --defaults --target aws {flags}"));
        assert_eq!(ran.code, 64, "{flags}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error: {error}")), "{flags}: {}", ran.stderr);
    }
    assert!(!world.path("shop/bucketscope.yaml").exists());
}
