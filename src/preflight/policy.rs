//! Policies of others, read as far as preflight needs: does a statement let somebody do something?

use serde_json::Value;

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// No statement allows it.
    No,
    /// A statement allows it under a condition, or one denies it to some.
    Perhaps,
    /// A statement allows it.
    Yes,
}

/// Whether one of these principals may do this.
pub(super) fn verdict(policy: &str, principals: &[String], action: &str) -> Verdict {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut best = Verdict::No;
    let mut denied = false;
    for statement in many(policy.get("Statement")) {
        if !names_action(statement, action) || !names_principal(statement, principals) {
            continue;
        }
        if statement.get("Effect").and_then(Value::as_str) == Some("Allow") {
            let condition = statement.get("Condition").is_some();
            best = best.max(if condition { Verdict::Perhaps } else { Verdict::Yes });
        } else {
            denied = true;
        }
    }
    if denied { best.min(Verdict::Perhaps) } else { best }
}

/// A value that may stand alone or in a list.
fn many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn names_action(statement: &Value, action: &str) -> bool {
    many(statement.get("Action"))
        .iter()
        .filter_map(Value::as_str)
        .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
}

fn names_principal(statement: &Value, principals: &[String]) -> bool {
    let principal = statement.get("Principal");
    if principal.and_then(Value::as_str) == Some("*") {
        return true;
    }
    let groups = principal.and_then(Value::as_object).into_iter().flat_map(|groups| groups.values());
    groups
        .flat_map(|group| many(Some(group)))
        .filter_map(Value::as_str)
        .any(|named| named == "*" || principals.iter().any(|principal| principal == named))
}

/// Whether a text matches a pattern in which `*` is any text and `?` any character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.splitn(2, '*');
    let (first, rest) = (parts.next().unwrap_or_default(), parts.next());
    let Some(tail) = skip(first, text) else { return false };
    match rest {
        None => tail.is_empty(),
        Some(rest) => {
            let starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            starts.into_iter().any(|at| tail.get(at..).is_some_and(|tail| matches(rest, tail)))
        }
    }
}

/// What is left of a text behind a pattern without `*`.
fn skip<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
    let mut left = text.chars();
    for wanted in pattern.chars() {
        let found = left.next()?;
        if wanted != '?' && wanted != found {
            return None;
        }
    }
    Some(left.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(policy: &str, action: &str) -> Verdict {
        verdict(policy, &["arn:aws:iam::111122223333:root".to_owned(), "111122223333".to_owned()], action)
    }

    #[test]
    fn statements_allow_perhaps_allow_and_do_not() {
        let root = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}}"#;
        assert_eq!(asked(root, "kms:Decrypt"), Verdict::Yes);
        assert_eq!(asked(root, "s3:GetObject"), Verdict::No);
        let other = root.replace("111122223333", "999999999999");
        assert_eq!(asked(&other, "kms:Decrypt"), Verdict::No);
        let conditional = root.replace("\"Resource\"", "\"Condition\":{\"StringEquals\":{}},\"Resource\"");
        assert_eq!(asked(&conditional, "kms:Decrypt"), Verdict::Perhaps);
        let both = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["kms:Decrypt","kms:Generate*"]},{"Effect":"Deny","Principal":"*","Action":"kms:Dec*"}]}"#;
        assert_eq!(asked(both, "kms:Decrypt"), Verdict::Perhaps);
        assert_eq!(asked(both, "kms:GenerateDataKey"), Verdict::Yes);
        assert_eq!(asked("no policy", "kms:Decrypt"), Verdict::No);
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("kms:*", "kms:Decrypt", true),
            ("kms:Gen*Key", "kms:GenerateDataKey", true),
            ("kms:Gen*Key", "kms:GenerateDataKeyPair", false),
            ("k?s:Decrypt", "kms:Decrypt", true),
            ("*", "", true),
            ("", "x", false),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
