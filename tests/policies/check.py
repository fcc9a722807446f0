"""Holds the policies beside this file against AWS's Service Authorization Reference, in the copy that cfn-lint carries: every
action exists, and stands on a resource of a kind that it knows, or on `*` where it knows none.

Usage: python tests/policies/check.py    (needs tests/blueprint/requirements.txt)

At the end, policies are broken on purpose: each must be refused, or this check would prove nothing.
"""

import copy
import json
import pathlib
import re
import sys

import cfnlint

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = json.loads(
    (pathlib.Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text(encoding="utf-8"))
# Action → why it stands on `*` although it knows a resource.
EXCEPTIONS = {
    "cloudformation:DescribeStacks": "destroy asks for all stacks of a Region to find what older versions have left",
}


def pattern(form):
    """The form of an ARN (`arn:${Partition}:s3:::${BucketName}`) as a regular expression."""
    parts = re.split(r"(\$\{[^}]*\}|\.\*)", form)
    return re.compile("".join(".+" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def findings(policy):
    """What is wrong with a policy, in words."""
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            prefix, _, name = action.partition(":")
            service = REFERENCE.get(prefix, {"Actions": {}})
            known = service["Actions"].get(name.lower())
            if known is None:
                yield f"{statement['Sid']}: there is no action {action}"
                continue
            kinds = known.get("Resources") or []
            if statement["Resource"] == ["*"]:
                if kinds and action not in EXCEPTIONS:
                    yield f"{statement['Sid']}: {action} stands on * and knows {kinds}"
                continue
            forms = [pattern(form) for kind in kinds for form in service["Resources"].get(kind, {}).get("ARNFormats", [])]
            if not any(form.fullmatch(arn) for arn in statement["Resource"] for form in forms):
                yield f"{statement['Sid']}: {action} knows {kinds or 'no resource'}, not {statement['Resource']}"


def broken(policy):
    """The policy with a mistake, three times."""
    for key, value in (("Action", ["s3:HeadObject"]), ("Action", ["s3:ListBuckets"]), ("Resource", ["*"])):
        mistaken = copy.deepcopy(policy)
        mistaken["Statement"] = [one for one in mistaken["Statement"] if one["Sid"] == "TableObjects"]
        mistaken["Statement"][0][key] = value
        yield mistaken


def main():
    """Checks all files."""
    files = sorted((HERE / "snapshots").glob("*.json"))
    policies = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
    wrong = [f"{name}: {finding}" for name, all in policies.items() for policy in all for finding in findings(policy)]
    for mistaken in broken(policies["minimal.analyst.json"][0]):
        if not list(findings(mistaken)):
            wrong.append(f"a policy broken on purpose passed: {mistaken}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{sum(map(len, policies.values()))} policies agree with the Service Authorization Reference")


if __name__ == "__main__":
    main()
