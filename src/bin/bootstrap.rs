//! The Lambda functions: see `bucketscope::lambda`. Which of them this is says the handler that the template gives it.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use bucketscope::aws::Session;
use bucketscope::lambda::{self, Here};
use bucketscope::notice::{NOTIFY, REPORT};
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
    // Lambda Developer Guide, "Building a custom runtime": `_HANDLER` is the function's handler.
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    let ran = session.wait(lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let (session, handler) = (&session, handler.as_str());
        async move {
            match handler {
                NOTIFY => said(lambda::notify(session, event.payload).await),
                REPORT => said(lambda::report(session, event.payload).await),
                _ => answer(session, event).await,
            }
        }
    })));
    ran.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Logs what was done; what failed is Lambda's to try again.
fn said(outcome: bucketscope::Result<String>) -> Result<(), lambda_runtime::Error> {
    match outcome {
        Ok(message) => {
            log(&json!({ "level": "INFO", "message": message }));
            Ok(())
        }
        Err(error) => {
            log(&json!({ "level": "ERROR", "message": error.to_string() }));
            Err(error.into())
        }
    }
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
