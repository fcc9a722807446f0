"""AWS::QuickSight::DataSource, DataSet, RefreshSchedule and Dashboard.

ministack has no QuickSight, so these are kept here and not made through an API: what passes the resource schema is
accepted, if what it refers to is there.
"""

import copy

from emulator import inventory
from emulator.registry import on_reset

from .resource import Aws, Resource, resource

# (account, Region, kind, id) -> properties
_made: dict[tuple[str, str, str, str], dict] = {}
on_reset(_made.clear)


class Kept(Resource):
    """Something of QuickSight's: `kind` as ARNs name it, `named` the property with its id."""

    kind = ""
    named = ""

    def _key(self, aws: Aws, given: dict) -> tuple[str, str, str, str]:
        return aws.account, aws.region, self.kind, given[self.named]

    def check(self, aws: Aws, given: dict) -> None:
        """Refuses what refers to something that is not there."""

    def create(self, aws: Aws, given: dict) -> tuple[str, dict]:
        if given["AwsAccountId"] != aws.account:
            raise ValueError(f"{given['AwsAccountId']} is not the account of the caller")
        key = self._key(aws, given)
        if key in _made:
            raise ValueError(f"{self.kind} {key[-1]} already exists (HandlerErrorCode: AlreadyExists)")
        self.check(aws, given)
        _made[key] = copy.deepcopy(given)
        return f"{aws.account}|{key[-1]}", {"Arn": aws.arn("quicksight", f"{self.kind}/{key[-1]}")}

    def update(self, aws: Aws, name: str, old: dict, new: dict) -> None:
        self.check(aws, new)
        _made[self._key(aws, new)] = copy.deepcopy(new)

    def delete(self, aws: Aws, name: str, given: dict) -> None:
        _made.pop(self._key(aws, given), None)

    def read(self, aws: Aws, name: str, given: dict) -> dict | None:
        return copy.deepcopy(_made.get(self._key(aws, given)))


def _there(arn: str) -> dict:
    """What an ARN of QuickSight names; a refusal if there is no such thing."""
    _, _, _, region, account, thing = arn.split(":", 5)
    found = _made.get((account, region, *thing.split("/", 1)))
    if found is None:
        raise ValueError(f"{arn} does not exist (HandlerErrorCode: NotFound)")
    return found


@resource
class DataSource(Kept):
    """A data source; its role must let QuickSight take it, and its workgroup must be there."""

    type = "AWS::QuickSight::DataSource"
    kind, named = "datasource", "DataSourceId"
    made_of = frozenset({"AwsAccountId", "DataSourceId", "Name", "Type", "DataSourceParameters", "SslProperties", "Permissions",
                         "Tags"})

    def check(self, aws: Aws, given: dict) -> None:
        athena = given["DataSourceParameters"]["AthenaParameters"]
        aws("athena").get_work_group(WorkGroup=athena["WorkGroup"])
        role = aws("iam").get_role(RoleName=athena["RoleArn"].rsplit("/", 1)[-1])["Role"]
        trusted = [one["Principal"].get("Service") for one in role["AssumeRolePolicyDocument"]["Statement"]]
        if "quicksight.amazonaws.com" not in trusted:
            raise ValueError(f"QuickSight cannot assume {athena['RoleArn']}")


@resource
class DataSet(Kept):
    """A data set on custom SQL."""

    type = "AWS::QuickSight::DataSet"
    kind, named = "dataset", "DataSetId"
    made_of = frozenset({"AwsAccountId", "DataSetId", "Name", "ImportMode", "IngestionWaitPolicy", "DatasetParameters",
                         "PhysicalTableMap", "LogicalTableMap", "Permissions", "Tags"})

    def check(self, aws: Aws, given: dict) -> None:
        for table in given["PhysicalTableMap"].values():
            sql = table["CustomSql"]
            _there(sql["DataSourceArn"])
            # "Using dataset parameters in custom SQL": each that stands there must be declared.
            declared = [kind["Name"] for one in given.get("DatasetParameters", []) for kind in one.values()]
            for word in sql["SqlQuery"].split("<<$")[1:]:
                if word.split(">>")[0] not in declared:
                    raise ValueError(f"the SQL names the parameter {word.split('>>')[0]}, which is not declared")


@resource
class RefreshSchedule(Kept):
    """When a data set is imported anew."""

    type = "AWS::QuickSight::RefreshSchedule"
    kind, named = "refresh-schedule", "DataSetId"
    made_of = frozenset({"AwsAccountId", "DataSetId", "Schedule"})

    def check(self, aws: Aws, given: dict) -> None:
        found = _there(aws.arn("quicksight", f"dataset/{given['DataSetId']}"))
        if found.get("ImportMode") != "SPICE":
            raise ValueError(f"the data set {given['DataSetId']} is not imported")


@resource
class Dashboard(Kept):
    """A dashboard; its visuals stand on columns that its data sets have, its controls on what is declared."""

    type = "AWS::QuickSight::Dashboard"
    kind, named = "dashboard", "DashboardId"
    made_of = frozenset({"AwsAccountId", "DashboardId", "Name", "Permissions", "DashboardPublishOptions", "ValidationStrategy",
                         "Definition", "Tags"})

    def check(self, aws: Aws, given: dict) -> None:
        definition = given["Definition"]
        sets = {one["Identifier"]: _there(one["DataSetArn"]) for one in definition["DataSetIdentifierDeclarations"]}
        columns = {name: {column["Name"] for table in found["PhysicalTableMap"].values()
                          for column in table["CustomSql"]["Columns"]} for name, found in sets.items()}
        for column in _all(definition, "ColumnName"):
            if column["ColumnName"] not in columns.get(column["DataSetIdentifier"], ()):
                raise ValueError(f"the data set {column['DataSetIdentifier']} has no column {column['ColumnName']}")
        for mapped in _all(definition, "DataSetParameterName"):
            declared = [kind["Name"] for one in sets[mapped["DataSetIdentifier"]].get("DatasetParameters", [])
                        for kind in one.values()]
            if mapped["DataSetParameterName"] not in declared:
                raise ValueError(f"{mapped['DataSetIdentifier']} has no parameter {mapped['DataSetParameterName']}")
        filters = {one["FilterId"] for one in _all(definition["FilterGroups"], "FilterId")}
        parameters = {kind["Name"] for one in definition["ParameterDeclarations"] for kind in one.values()}
        for sheet in definition["Sheets"]:
            placed = {one["ElementId"] for one in _all(sheet, "ElementId")}
            ids = {one[key] for key in ("VisualId", "FilterControlId", "ParameterControlId") for one in _all(sheet, key)}
            if placed != ids:
                raise ValueError(f"the sheet {sheet['SheetId']} places {placed ^ ids} wrongly")
            if {one["SourceFilterId"] for one in _all(sheet, "SourceFilterId")} - filters:
                raise ValueError(f"the sheet {sheet['SheetId']} controls a filter that is not there")
            if {one["SourceParameterName"] for one in _all(sheet, "SourceParameterName")} - parameters:
                raise ValueError(f"the sheet {sheet['SheetId']} controls a parameter that is not there")


def _all(value, key: str):
    """Every object in a value that has this key."""
    if isinstance(value, dict):
        if key in value:
            yield value
        for item in value.values():
            yield from _all(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _all(item, key)


for _kind in ("datasource", "dataset", "refresh-schedule", "dashboard"):
    inventory.extra[f"quicksight {_kind}"] = lambda kind=_kind: [key[-1] for key in _made if key[2] == kind]
