"""Shows the rendered templates to cfn-lint, which must have nothing to say, and to checkov, whose findings must be explained.

Usage: python tests/blueprint/check.py    (needs tests/blueprint/requirements.txt)

The templates are the files beside the scenarios' configurations; `cargo test --test blueprint` sees to it that these are
what is rendered. At the end, templates are broken on purpose: each must be refused, or this check would prove nothing.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict

import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs

HERE = pathlib.Path(__file__).resolve().parent


def region_of(path):
    """Files are named REGION.STACK.json."""
    return path.name.split(".")[0]


def lint_findings(path):
    """What cfn-lint says of a template in the Region for which it was rendered, information included."""
    arguments = ManualArgs(regions=[region_of(path)], include_checks=["I"], ignore_checks=[])
    for match in lint(path.read_text(encoding="utf-8"), config=arguments):
        yield f"cfn-lint {match.rule.id} line {match.linenumber}: {match.message}"


def policy_findings(folder):
    """File → (check, resource, its words) of what checkov finds in a folder of templates."""
    # checkov looks for secrets in the path of a template, too, and forty letters and slashes in a row are one: where the
    # repository lies must not decide.
    with tempfile.TemporaryDirectory(prefix="_", suffix="_") as copies:
        shutil.copytree(folder, copies, dirs_exist_ok=True)
        return policy_findings_of(copies)


def policy_findings_of(folder):
    """The same of a folder whose own path is harmless."""
    checkov = pathlib.Path(sys.executable).with_name("checkov")
    # Without the download checkov asks its maker's server for links to explanations.
    command = [sys.executable, checkov, "--directory", folder, "--framework", "cloudformation", "--output", "json",
               "--quiet", "--compact", "--skip-download"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LOG_LEVEL": "CRITICAL"})
    report = json.loads(answer.stdout)
    if report["summary"]["parsing_errors"]:
        sys.exit(f"checkov cannot read some templates of {folder}:\n{answer.stderr}")
    findings = defaultdict(list)
    for found in report["results"]["failed_checks"]:
        resource = found["resource"].rsplit(".", 1)[-1]
        findings[found["file_path"].lstrip("/")].append((found["check_id"], resource, found["check_name"]))
    return findings


def exceptions():
    """(check, resource) → how often it was needed."""
    entries = yaml.safe_load((HERE / "exceptions.yaml").read_text(encoding="utf-8"))
    for entry in entries:
        if not entry["why"].strip():
            sys.exit(f"the exception from {entry['check']} has no reason")
    return {(entry["check"], resource): 0 for entry in entries for resource in entry["resources"]}


def problems_of(folder, allowed):
    """All that speaks against the templates below a folder; counts in `allowed` which exceptions were needed."""
    templates = sorted(folder.rglob("*.json"))
    policy = policy_findings(folder)
    for path in templates:
        name = path.relative_to(folder).as_posix()
        for finding in lint_findings(path):
            yield f"{name}: {finding}"
        for check, resource, words in policy.get(name, []):
            if (check, resource) in allowed:
                allowed[check, resource] += 1
            else:
                yield f"{name}: checkov {check} {resource}: {words}"


# Mistakes that people make, each as a function on a template's resources, by the stack they belong to.
def open_to_the_public(resources):
    del resources["LakeBucket"]["Properties"]["PublicAccessBlockConfiguration"]


def misspelt_property(resources):
    properties = resources["Job"]["Properties"]
    properties["TimeOut"] = properties.pop("Timeout")


def reference_to_nothing(resources):
    resources["Crawler"]["Properties"]["Role"]["Fn::GetAtt"][0] = "CrawlRole"


def impossible_value(resources):
    resources["LakeBucket"]["DeletionPolicy"] = "Keep"


def policy_for_all(resources):
    statement = resources["EtlRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    statement["Action"], statement["Resource"] = "*", "*"


def tags_of_another_form(resources):
    resources["Job"]["Properties"]["Tags"] = resources["EtlRole"]["Properties"]["Tags"]


BROKEN = [open_to_the_public, misspelt_property, reference_to_nothing, impossible_value, policy_for_all,
          tags_of_another_form]


def accepted_although_broken(allowed):
    """The mistakes that nothing was said about."""
    [path] = (HERE / "scenarios" / "minimal").glob("*-lake.json")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for breaking in BROKEN:
            template = json.loads(path.read_text(encoding="utf-8"))
            breaking(template["Resources"])
            (folder / breaking.__name__).mkdir()
            (folder / breaking.__name__ / path.name).write_text(json.dumps(template), encoding="utf-8")
        refused = {problem.split("/")[0] for problem in problems_of(folder, dict(allowed))}
    for breaking in BROKEN:
        if breaking.__name__ not in refused:
            yield f"a template broken by {breaking.__name__} is not refused"


def main():
    allowed = exceptions()
    scenarios = HERE / "scenarios"
    problems = list(problems_of(scenarios, allowed))
    problems += [f"the exception from {check} for {resource} is not needed" for (check, resource), count in allowed.items()
                 if count == 0]
    problems += accepted_although_broken(allowed)
    for problem in problems:
        print(problem)
    count = len(list(scenarios.rglob("*.json")))
    print(f"{count} templates, {len(BROKEN)} broken on purpose, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
