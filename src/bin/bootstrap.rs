//! The Lambda function of the collector stacks: see `bucketscope::lambda`.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use bucketscope::aws::Session;
use bucketscope::lambda::{self, Here};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Stands in the file as text: `deploy` looks for it without running the program.
#[used]
static VERSION: &str = concat!("bucketscope-function ", env!("CARGO_PKG_VERSION"), "\n");

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        let said = std::io::stdout().write_all(std::hint::black_box(VERSION).as_bytes());
        return said.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let session = match Session::open(None) {
        Ok(session) => session,
        Err(error) => {
            log(&json!({ "level": "ERROR", "message": error.to_string() }));
            return ExitCode::FAILURE;
        }
    };
    let ran = session.wait(lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| answer(&session, event))));
    ran.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

async fn answer(session: &Session, event: LambdaEvent<Value>) -> Result<(), lambda_runtime::Error> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    // arn:aws:lambda:REGION:ACCOUNT:function:NAME
    let account = event.context.invoked_function_arn.split(':').nth(4).unwrap_or_default().to_owned();
    let here = Here { account, region: session.region().to_owned() };
    match lambda::handle(session, here, event.payload, left).await {
        Ok(answered) => {
            let (level, message) = match answered.outcome {
                Ok(note) => ("INFO", note),
                Err(error) => ("ERROR", error.to_string()),
            };
            log(&json!({ "level": level, "asked": answered.asked, "message": message }));
            Ok(())
        }
        Err(error) => {
            log(&json!({ "level": "ERROR", "message": error.to_string() }));
            Err(error.into())
        }
    }
}

/// A line of the function's log.
fn log(line: &Value) {
    // Nobody is left to be told when this cannot be written.
    let _ = writeln!(std::io::stdout(), "{line}");
}
