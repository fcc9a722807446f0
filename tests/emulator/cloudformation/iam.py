"""AWS::IAM::Role, ManagedPolicy, Policy and RolePolicy."""

from botocore.exceptions import ClientError

from .resource import Aws, Resource, absent, changed, document, fit, parsed, resource, tag_changes, tag_list


def _gone(act, **names) -> None:
    try:
        act(**names)
    except ClientError as error:
        if not absent(error):
            raise


@resource
class Role(Resource):
    """A role with its inline policies and attachments."""

    type = "AWS::IAM::Role"
    made_of = frozenset({"RoleName", "AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration",
                         "Path", "PermissionsBoundary", "Policies", "Tags"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        name, iam = aws.name(given.get("RoleName"), 64), aws("iam")
        rest = {key: value for key, value in given.items() if key != "Tags"}
        role = iam.create_role(**fit("iam", "CreateRole", rest, RoleName=name, Tags=tag_list(given.get("Tags")) or None))["Role"]
        try:
            self._policies(aws, name, {}, given)
        except ClientError:
            self.delete(aws, name, given)
            raise
        return name, {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        iam = aws("iam")
        if changed(old, new, "AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(new["AssumeRolePolicyDocument"]))
        if changed(old, new, "Description", "MaxSessionDuration"):
            iam.update_role(RoleName=name, Description=new.get("Description", ""),
                            MaxSessionDuration=int(new.get("MaxSessionDuration", 3600)))
        if changed(old, new, "PermissionsBoundary"):
            if new.get("PermissionsBoundary"):
                iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=new["PermissionsBoundary"])
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        self._policies(aws, name, old, new)
        added, removed = tag_changes(old, new)
        if added:
            iam.tag_role(RoleName=name, Tags=tag_list(added))
        if removed:
            iam.untag_role(RoleName=name, TagKeys=removed)

    def _policies(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        iam = aws("iam")
        before = {p["PolicyName"]: p["PolicyDocument"] for p in old.get("Policies", [])}
        after = {p["PolicyName"]: p["PolicyDocument"] for p in new.get("Policies", [])}
        for policy, text in after.items():
            if before.get(policy) != text:
                iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document(text))
        for policy in before.keys() - after.keys():
            _gone(iam.delete_role_policy, RoleName=name, PolicyName=policy)
        attached, wanted = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
        for arn in sorted(wanted - attached):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in sorted(attached - wanted):
            _gone(iam.detach_role_policy, RoleName=name, PolicyArn=arn)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        iam = aws("iam")
        for policy in given.get("Policies", []):
            _gone(iam.delete_role_policy, RoleName=name, PolicyName=policy["PolicyName"])
        for arn in given.get("ManagedPolicyArns", []):
            _gone(iam.detach_role_policy, RoleName=name, PolicyArn=arn)
        _gone(iam.delete_role, RoleName=name)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        iam = aws("iam")
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        order = [policy["PolicyName"] for policy in given.get("Policies", [])]
        names.sort(key=lambda n: order.index(n) if n in order else len(order))
        found = {key: role[key] for key in ("RoleName", "Path", "AssumeRolePolicyDocument", "MaxSessionDuration")}
        found["Description"] = role.get("Description", "")
        found["Tags"] = role.get("Tags", [])
        found["Policies"] = [{"PolicyName": n, "PolicyDocument": iam.get_role_policy(RoleName=name, PolicyName=n)["PolicyDocument"]}
                             for n in names]
        found["ManagedPolicyArns"] = [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]
        if boundary := role.get("PermissionsBoundary"):
            found["PermissionsBoundary"] = boundary["PermissionsBoundaryArn"]
        return found


@resource
class ManagedPolicy(Resource):
    """A customer managed policy; its physical id is its ARN."""

    type = "AWS::IAM::ManagedPolicy"
    made_of = frozenset({"ManagedPolicyName", "Description", "Path", "PolicyDocument", "Roles"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        policy = aws("iam").create_policy(**fit(
            "iam", "CreatePolicy", given, PolicyName=aws.name(given.get("ManagedPolicyName"), 128)))["Policy"]
        for role in given.get("Roles", []):
            aws("iam").attach_role_policy(RoleName=role, PolicyArn=policy["Arn"])
        return policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        iam = aws("iam")
        if changed(old, new, "PolicyDocument"):
            spare = [v for v in iam.list_policy_versions(PolicyArn=name)["Versions"] if not v["IsDefaultVersion"]]
            if len(spare) >= 4:  # five versions at most
                iam.delete_policy_version(PolicyArn=name, VersionId=spare[-1]["VersionId"])
            iam.create_policy_version(PolicyArn=name, PolicyDocument=document(new["PolicyDocument"]), SetAsDefault=True)
        for role in set(new.get("Roles", [])) - set(old.get("Roles", [])):
            iam.attach_role_policy(RoleName=role, PolicyArn=name)
        for role in set(old.get("Roles", [])) - set(new.get("Roles", [])):
            _gone(iam.detach_role_policy, RoleName=role, PolicyArn=name)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        iam = aws("iam")
        for role in given.get("Roles", []):
            _gone(iam.detach_role_policy, RoleName=role, PolicyArn=name)
        try:
            versions = iam.list_policy_versions(PolicyArn=name)["Versions"]
        except ClientError as error:
            if absent(error):
                return
            raise
        for version in versions:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=name, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=name)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        iam = aws("iam")
        try:
            policy = iam.get_policy(PolicyArn=name)["Policy"]
        except ClientError as error:
            if absent(error):
                return None
            raise
        version = iam.get_policy_version(PolicyArn=name, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {"ManagedPolicyName": policy["PolicyName"], "Path": policy["Path"], "Description": policy.get("Description", ""),
                "PolicyDocument": parsed(version["Document"])}


@resource
class Policy(Resource):
    """Inline policies put on several roles at once. CloudFormation detects no drift of it."""

    type = "AWS::IAM::Policy"
    made_of = frozenset({"PolicyName", "PolicyDocument", "Roles"})
    drifts = False

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        for role in given.get("Roles", []):
            aws("iam").put_role_policy(RoleName=role, PolicyName=given["PolicyName"], PolicyDocument=document(given["PolicyDocument"]))
        return aws.name(None, 128), {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self.create(aws, new)
        for role in set(old.get("Roles", [])) - set(new.get("Roles", [])):
            _gone(aws("iam").delete_role_policy, RoleName=role, PolicyName=old["PolicyName"])

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        for role in given.get("Roles", []):
            _gone(aws("iam").delete_role_policy, RoleName=role, PolicyName=given["PolicyName"])


@resource
class RolePolicy(Resource):
    """One inline policy of one role."""

    type = "AWS::IAM::RolePolicy"
    made_of = frozenset({"PolicyName", "PolicyDocument", "RoleName"})

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        aws("iam").put_role_policy(RoleName=given["RoleName"], PolicyName=given["PolicyName"],
                                   PolicyDocument=document(given.get("PolicyDocument", {})))
        return f"{given['PolicyName']}|{given['RoleName']}", {}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self.create(aws, new)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _gone(aws("iam").delete_role_policy, RoleName=given["RoleName"], PolicyName=given["PolicyName"])

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        try:
            found = aws("iam").get_role_policy(RoleName=given["RoleName"], PolicyName=given["PolicyName"])
        except ClientError as error:
            if absent(error):
                return None
            raise
        return {key: found[key] for key in ("RoleName", "PolicyName", "PolicyDocument")}
