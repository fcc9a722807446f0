//! `init --target aws`: through a pseudo-terminal as a person uses it, and without one as a script does.

use std::process::Command;

use bucketscope::aws::Session;

use crate::pty::Pty;
use crate::world::World;

const DOWN: &str = "\x1b[B";
const ENTER: &str = "\r";

/// Buckets in two Regions, some of which log into others, and a trail.
fn furnish(world: &World) {
    let home = world.session("eu-central-1");
    for bucket in ["shop-logs", "photos", "films", "invoices", "audit"] {
        make(&home, bucket);
    }
    log(&home, "photos", "shop-logs", "access/photos/");
    log(&home, "films", "shop-logs", "access/films/");
    let put =
        home.s3().put_object().bucket("shop-logs").key("access/photos/2026-11-22-10-11-12-0123456789ABCDEF").send();
    home.wait(put).unwrap();
    let west = world.session("eu-west-1");
    make(&west, "letters");
    let trails = aws_sdk_cloudtrail::Client::new(home.config());
    home.wait(trails.create_trail().name("everything").s3_bucket_name("audit").is_multi_region_trail(true).send())
        .unwrap();
}

fn make(session: &Session, bucket: &str) {
    let place = aws_sdk_s3::types::BucketLocationConstraint::from(session.region());
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(place).build();
    session.wait(session.s3().create_bucket().bucket(bucket).create_bucket_configuration(place).send()).unwrap();
}

fn log(session: &Session, bucket: &str, to: &str, prefix: &str) {
    let enabled = aws_sdk_s3::types::LoggingEnabled::builder().target_bucket(to).target_prefix(prefix).build().unwrap();
    let status = aws_sdk_s3::types::BucketLoggingStatus::builder().logging_enabled(enabled).build();
    session.wait(session.s3().put_bucket_logging().bucket(bucket).bucket_logging_status(status).send()).unwrap();
}

/// The program at a terminal.
struct Terminal(Pty);

impl Terminal {
    fn open(mut command: Command) -> Self {
        command.env("TERM", "xterm-256color");
        Self(Pty::spawn(command))
    }

    /// Waits for this text; returns what stands before it.
    #[track_caller]
    fn shows(&mut self, text: &str) -> String {
        self.0.shows(text)
    }

    fn types(&mut self, keys: &str) {
        self.0.types(keys);
    }

    #[track_caller]
    fn ends(self, code: i32) -> String {
        let (status, rest) = self.0.ends();
        assert_eq!(status.code(), Some(code), "{rest}");
        rest
    }
}

#[test]
fn the_wizard_shows_what_it_found_before_it_asks_and_writes_what_is_answered() {
    let mut world = World::new();
    let _emulator = world.emulated();
    furnish(&world);
    let mut terminal = Terminal::open(world.command("init"));
    terminal.shows("Where the pipeline runs");
    terminal.types(DOWN);
    terminal.types(ENTER);
    let found = terminal.shows("Name of the pipeline");
    for part in [
        "Account   000000000000",
        "Region    eu-central-1",
        "6 buckets, 2 with logging on",
        "shop-logs/access/photos/",
        "from photos; one folder by time",
        // The reader of the terminal takes bytes for characters, so nothing is looked for that is not ASCII.
        "audit        all Regions",
    ] {
        assert!(found.contains(part), "{part}:\n{found}");
    }
    terminal.types("logs-of-shop\r");
    terminal.shows("Log buckets to read");
    terminal.shows("another one");
    terminal.types(ENTER);
    terminal.shows("Buckets to switch logging on for");
    terminal.shows("eu-west-1:letters");
    // audit, invoices, letters.
    terminal.types(DOWN);
    terminal.types(" ");
    terminal.types(DOWN);
    terminal.types(" ");
    terminal.types(ENTER);
    terminal.shows("Trails to read");
    terminal.shows("another one");
    terminal.types(ENTER);
    terminal.shows("How often new logs are read");
    terminal.shows("by hand only");
    terminal.types(ENTER);
    terminal.shows("Who gets notices by e-mail");
    terminal.types("ops\r");
    terminal.shows("is no e-mail address");
    terminal.types("\x15\x7f\x7f\x7fops@example.org\r");
    terminal.shows("Take the defaults for everything else?");
    terminal.types("y");
    terminal.shows("Wrote bucketscope.yaml");
    let rest = terminal.ends(0);
    assert!(rest.contains("bucketscope plan") && rest.contains("bucketscope deploy"), "{rest}");
    let written = world.config();
    for part in [
        "name: logs-of-shop\n",
        "  account_id: \"000000000000\"\n",
        "  - id: shop-logs-access-films\n    bucket: shop-logs\n    prefix: access/films/\n",
        "  - id: switched-on-eu-central-1\n    log_buckets:\n      - invoices\n",
        "  - id: switched-on-eu-west-1\n    region: eu-west-1\n    log_buckets:\n      - letters\n",
        "trails:\n  - id: trail-audit\n    bucket: audit\n",
        "  emails:\n    - \"ops@example.org\"\n",
    ] {
        assert!(written.contains(part), "{part}:\n{written}");
    }
    // The command that it ends with gives the same file, without a question and without AWS.
    let (_, same) = rest.split_once("The same without questions:").unwrap();
    let same = same.lines().map(str::trim).find(|line| line.starts_with("bucketscope init")).unwrap();
    let other = World::new();
    other.run(same.strip_prefix("bucketscope ").unwrap()).ok();
    assert_eq!(other.config(), written);
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let mut world = World::new();
    let _emulator = world.emulated();
    furnish(&world);
    for at in ["Name of the pipeline", "Log buckets to read"] {
        let mut terminal = Terminal::open(world.command("init --target aws"));
        terminal.shows("Name of the pipeline");
        if at != "Name of the pipeline" {
            terminal.types(ENTER);
            terminal.shows(at);
        }
        terminal.types("\x03");
        let rest = terminal.ends(130);
        assert!(rest.contains("error: interrupted; nothing was changed"), "{rest}");
        assert_eq!(std::fs::read_dir(world.path("shop")).unwrap().count(), 0);
    }
}

#[test]
fn without_a_terminal_what_was_found_is_taken_only_if_asked_for() {
    let mut world = World::new();
    let _emulator = world.emulated();
    furnish(&world);
    let ran = world.run("init --target aws --no-input");
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let (found, error) = ran.stderr.split_once("error: ").unwrap();
    assert!(found.contains("shop-logs/access/photos/"), "{found}");
    assert!(error.starts_with("init does not know which logs to read\n\nhint: give --log-bucket BUCKET"), "{error}");
    assert!(!world.path("shop/bucketscope.yaml").exists());
    let ran = world.run("init --target aws --defaults").ok();
    assert!(
        ran.stdout.contains("reads     shop-logs/access/films/\n            shop-logs/access/photos/\n"),
        "{}",
        ran.stdout
    );
    let first = world.config();
    assert!(first.contains("bucket: audit\n") && !first.contains("log_buckets:\n"), "{first}");
    // Again: nothing changes, least of all the end of the buckets' names.
    let again = world.run("init --defaults").ok();
    assert!(again.stdout.starts_with("Nothing to change in bucketscope.yaml\n"), "{}", again.stdout);
    assert_eq!(world.config(), first);
}

#[test]
fn a_denied_look_is_no_failure() {
    let mut world = World::new();
    let emulator = world.emulated();
    furnish(&world);
    emulator.deny("cloudtrail:DescribeTrails");
    emulator.deny("s3:GetBucketLogging");
    let mut terminal = Terminal::open(world.command("init --target aws"));
    let found = terminal.shows("Name of the pipeline");
    assert!(found.contains("6 buckets, 0 with logging on, 6 unknown"), "{found}");
    assert!(found.contains("Not seen  trails: "), "{found}");
    terminal.types("\x03");
    terminal.ends(130);
}

#[test]
fn with_account_and_region_aws_is_not_asked() {
    let mut world = World::new();
    world.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let init = "init --defaults --target aws --account-id 111122223333 --region eu-central-1";
    let ran =
        world.run(&format!("{init} --log-bucket shop-logs/access/ --switch-on eu-west-1:letters --tag team=data")).ok();
    assert!(ran.stdout.starts_with("Wrote bucketscope.yaml\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("bucketscope plan") && ran.stderr.contains("bucketscope deploy"), "{}", ran.stderr);
    let written = world.config();
    let suffix = written.lines().find_map(|line| line.trim().strip_prefix("suffix: ")).unwrap();
    let suffix = suffix.trim_matches('"');
    assert!(suffix.len() == 6 && suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{suffix}");
    // What is given is changed, every other line and comment stays.
    let mine = written.replace("name: shop\n", "name: shop  # mine\n");
    world.write("shop/bucketscope.yaml", &mine);
    let ran = world.run("init --defaults --raw-days 30 --switch-on eu-west-1:cards --email ops@example.org").ok();
    assert!(ran.stdout.starts_with("Updated bucketscope.yaml\n"), "{}", ran.stdout);
    let edited = world.config();
    let gone: Vec<&str> = mine.lines().filter(|line| !edited.lines().any(|new| new == *line)).collect();
    let new: Vec<&str> = edited.lines().filter(|line| !mine.lines().any(|old| old == *line)).collect();
    assert_eq!(gone, ["  raw_days: 90", "  emails: []"]);
    assert_eq!(new, ["      - cards", "  raw_days: 30", "  emails:", "    - \"ops@example.org\""]);
}

#[test]
fn answers_come_from_a_file_and_flags_win() {
    let world = World::new();
    world.write(
        "shop/answers.yaml",
        "target: aws\naccount-id: \"111122223333\"\nregion: eu-central-1\nlog_bucket: [shop-logs]\nraw-days: 30\nemail:\n  - a@example.org\n  - b@example.org\n",
    );
    world.run("init --no-input --answers answers.yaml --raw-days forever").ok();
    let written = world.config();
    assert!(written.contains("  raw_days: null\n") && written.contains("    - \"b@example.org\"\n"), "{written}");
    world.write("shop/wrong.yaml", "target: aws\nlog-buckets: x\n");
    let ran = world.run("init --no-input --config other.yaml --answers wrong.yaml");
    ran.fails(
        64,
        "--answers: wrong.yaml cannot be understood: unknown field `log-buckets`",
        "did you mean `log-bucket`?",
    );
}
