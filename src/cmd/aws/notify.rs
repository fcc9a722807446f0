//! `notify test`: one message through everything that a notice passes: Athena, the rule, the function, the topic.

use serde::Serialize;

use super::watching::Watching;
use crate::aws::Session;
use crate::aws::hands::Hands;
use crate::aws::query_runs::{QueryRuns, SdkQueryRuns, State, Statement};
use crate::aws::topics::Subscription;
use crate::blueprint::Names;
use crate::cli::{Notify, NotifyWhat};
use crate::cmd::Context;
use crate::config::cloud::{Cloud, partition_of};
use crate::notice::report::TEST_QUERY;
use crate::stack::site::Watch;
use crate::ui::export::envelope;
use crate::ui::text::{plural, visible};
use crate::ui::{Outcome, Screen, View};
use crate::{Error, ErrorKind, Result};

/// So often Athena is asked whether the query has ended.
const LOOKS: usize = 60;

#[derive(Debug, Serialize)]
struct Sent {
    topic: String,
    query: String,
    confirmed: Vec<String>,
    pending: Vec<String>,
}

/// Runs `notify`.
///
/// # Errors
/// If nothing is deployed, or AWS cannot be asked.
pub fn execute(context: &Context, cloud: &Cloud, args: &Notify) -> Result<Outcome> {
    match args.what {
        NotifyWhat::Test => test(context, cloud),
    }
}

fn test(context: &Context, cloud: &Cloud) -> Result<Outcome> {
    let session = Session::open(Some(&cloud.aws.region))?;
    session.check_account(&cloud.aws.account_id)?;
    let names = Names::of(cloud);
    let home = Hands::sdk(&session, &cloud.aws.account_id);
    let (region, account) = (&cloud.aws.region, &cloud.aws.account_id);
    let topic = format!("arn:{}:sns:{region}:{account}:{}", partition_of(region), names.topic());
    if home.topics.policy(&topic)?.is_none() {
        return Err(Error::new(ErrorKind::NotDeployed, format!("there is no topic {topic}"))
            .hint("bucketscope deploy  makes the pipeline and its topic"));
    }
    let subscriptions = home.topics.subscriptions(&topic)?;
    let runs = SdkQueryRuns::new(&session, &names.results_bucket(), account);
    let query = fail_on_purpose(&runs, &names, &Watching::new(context.ui, context.command("notify test")))?;
    Ok(ended(context, sent(topic, query, subscriptions)))
}

/// Has Athena fail on a query that carries the mark of a test; the event of that is what the message comes of.
fn fail_on_purpose(runs: &dyn QueryRuns, names: &Names<'_>, watch: &dyn Watch) -> Result<String> {
    let id = runs.start(&Statement {
        workgroup: names.workgroup(),
        database: names.database(),
        sql: TEST_QUERY.to_owned(),
        parameters: Vec::new(),
        reuse_minutes: None,
    })?;
    for _ in 0..LOOKS {
        match runs.look(&id)?.state {
            State::Failed => return Ok(id),
            State::Succeeded | State::Cancelled => break,
            State::Queued | State::Running => watch.pause()?,
        }
    }
    Err(Error::failed(format!("the query {id}, which should fail so that a notice is sent, did not"))
        .hint("look at it in Athena's console, and try again"))
}

fn sent(topic: String, query: String, subscriptions: Vec<Subscription>) -> Sent {
    let of = |pending: bool| {
        let some = subscriptions.iter().filter(move |one| one.pending == pending);
        some.map(|one| format!("{} ({})", one.endpoint, one.protocol)).collect()
    };
    Sent { topic, query, confirmed: of(false), pending: of(true) }
}

fn ended(context: &Context, sent: Sent) -> Outcome {
    let (confirmed, pending) = (sent.confirmed.len(), sent.pending.len());
    let outcome = Outcome::of(sent);
    let outcome = match (confirmed, pending) {
        (0, 0) => outcome.note("Nobody has subscribed: put addresses into notify.emails and deploy."),
        (_, 0) => outcome,
        _ => outcome.note("Who has yet to confirm gets nothing: the link is in a mail of AWS Notifications, which may be in the spam folder."),
    };
    outcome
        .note("It should be there within a minute. If it is not, the function's log group tells why.")
        .next(context.command("drift"), "tells whether rule, function and topic are as they were deployed")
}

impl View for Sent {
    fn human(&self, _screen: &Screen) -> String {
        let mut out = format!("A test is on its way to {} by the topic {}\n", people(self.confirmed.len()), self.topic);
        for address in &self.confirmed {
            out.push_str(&format!("  {}\n", visible(address)));
        }
        for address in &self.pending {
            out.push_str(&format!("  {}: has yet to confirm\n", visible(address)));
        }
        out
    }

    fn json(&self) -> String {
        envelope("notify", self)
    }
}

fn people(count: usize) -> String {
    if count == 0 { "nobody".to_owned() } else { plural(count as u64, "subscriber", "subscribers") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_it_and_who_does_not_is_told() {
        let subscription = |endpoint: &str, pending| Subscription {
            endpoint: endpoint.to_owned(),
            protocol: "email".to_owned(),
            pending,
        };
        let all = vec![subscription("ops@example.com", false), subscription("new@example.com", true)];
        let sent = sent("arn:topic".to_owned(), "1-2".to_owned(), all);
        assert_eq!(sent.confirmed, ["ops@example.com (email)"]);
        assert_eq!(sent.pending, ["new@example.com (email)"]);
        assert_eq!((people(0), people(1)), ("nobody".to_owned(), "1 subscriber".to_owned()));
    }
}
