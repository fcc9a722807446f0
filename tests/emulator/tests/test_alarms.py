"""Alarms on an expression over several metrics."""


def test_an_alarm_on_an_expression_keeps_its_metrics(emulator):
    cloudwatch = emulator.client("cloudwatch")
    metrics = [
        {"Id": "share", "Expression": "100 * bad / all", "Label": "share", "ReturnData": True},
        *({"Id": name, "MetricStat": {"Metric": {"Namespace": "demo", "MetricName": name}, "Period": 60, "Stat": "Sum"},
           "ReturnData": False} for name in ("bad", "all")),
    ]
    cloudwatch.put_metric_alarm(AlarmName="share", EvaluationPeriods=1, Threshold=1, Metrics=metrics,
                                ComparisonOperator="GreaterThanThreshold")
    alarm = cloudwatch.describe_alarms(AlarmNames=["share"])["MetricAlarms"][0]
    assert [(metric["Id"], metric["ReturnData"]) for metric in alarm["Metrics"]] == [("share", True), ("bad", False), ("all", False)]
    assert "MetricName" not in alarm and "Period" not in alarm
