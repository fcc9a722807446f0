"""CloudWatch: alarms on an expression over several metrics ("PutMetricAlarm", Metrics), which ministack does not keep."""

from ministack.services import cloudwatch

_original_put = cloudwatch._put_metric_alarm

# What only an alarm on a single metric has, and ministack has a default for.
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def _put(params, given, is_cbor, is_json=False):
    answer = _original_put(params, given, is_cbor, is_json)
    alarm = cloudwatch._alarms.get(given.get("AlarmName")) if is_cbor or is_json else None
    if alarm is not None and given.get("Metrics"):
        for name in _OF_ONE_METRIC:
            alarm.pop(name, None)
        alarm["Metrics"] = given["Metrics"]
    return answer


cloudwatch._put_metric_alarm = _put
