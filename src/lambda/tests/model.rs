//! Whatever happens in whatever order, no setting of a user is lost.

use proptest::prelude::*;

use super::*;

/// What happens to a bucket.
#[derive(Debug, Clone)]
enum Act {
    /// The user sets the logging.
    User(Option<&'static str>),
    /// A request, and after how many calls one fails, if one does.
    Request(&'static str, Option<u32>),
    /// The next answer about the logging is that from before our own last change.
    Stale,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let user = prop_oneof![Just(None), Just(Some("theirs")), Just(Some("new"))].prop_map(Act::User);
    let kind = prop_oneof![Just("Create"), Just("Update"), Just("Delete")];
    let fails = prop_oneof![2 => Just(None), 1 => (0u32..7).prop_map(Some)];
    let request = (kind, fails).prop_map(|(kind, fails)| Act::Request(kind, fails));
    prop::collection::vec(prop_oneof![2 => user, 6 => request, 1 => Just(Act::Stale)], 0..25)
}

fn other(prefix: &str) -> &'static str {
    if prefix == "logs/0/" { "logs/1/" } else { "logs/0/" }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn no_setting_of_a_user_is_ever_lost(acts in acts()) {
        let buckets = Memory::new(None);
        let mut users_own: Option<Setting> = None;
        // What it was before our own last change.
        let mut before_ours = None;
        let mut prefix = "logs/0/";
        for act in acts {
            match act {
                Act::User(setting) => {
                    users_own = setting.map(users);
                    before_ours = None;
                    buckets.set_by_user(users_own.clone());
                }
                Act::Stale => *buckets.earlier.borrow_mut() = before_ours.clone(),
                Act::Request(kind, fails) => {
                    *buckets.works.borrow_mut() = fails;
                    let present = buckets.present();
                    let event = match kind {
                        "Update" => {
                            let (from, to) = (prefix, other(prefix));
prefix = to;
                            update(from, prefix)
                        }
                        _ => Event::parse(raw(kind, "stack", properties(prefix))).unwrap(),
                    };
                    let result = perform_at(&buckets, &event);
                    buckets.earlier.take();
                    if kind == "Update" && result.is_err() {
                        // Rolled back: CloudFormation asks for an update the other way.
                        let (from, to) = (prefix, other(prefix));
prefix = to;
                        *buckets.works.borrow_mut() = None;
                        perform_at(&buckets, &update(from, prefix)).unwrap();
                    }
                    if buckets.present() != present {
                        before_ours = Some(present);
                    }
                    if result.is_ok() {
                        let is_ours = buckets.present().is_some_and(|setting| setting.bucket == TARGET);
                        prop_assert_eq!(is_ours, kind != "Delete");
                    }
                    *buckets.works.borrow_mut() = None;
                }
            }
            match buckets.present() {
                Some(setting) if setting.bucket == TARGET => {
                    let kept = buckets.kept.borrow().get("state/logging/data.json").cloned();
                    prop_assert_eq!(kept.map(|(kept, _)| kept.before), Some(users_own.clone()));
                }
                other => prop_assert_eq!(other, users_own.clone()),
            }
        }
        perform_at(&buckets, &Event::parse(raw("Delete", "stack", properties(prefix))).unwrap()).unwrap();
        prop_assert_eq!(buckets.present(), users_own);
    }
}
