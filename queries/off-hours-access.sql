-- id: off-hours-access
-- title: Who worked outside of working hours
-- answers: Which requesters made requests outside of the working hours of a time zone, or at a weekend.
-- source: s3_access_logs
-- category: security
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: time_zone | string | UTC | The time zone that hours and weekends are meant in, such as Europe/Berlin
-- parameter: work_from | bigint | 8 | The hour at which work begins, 0 to 24
-- parameter: work_to | bigint | 18 | The hour at which work ends, 0 to 24
-- parameter: weekend | boolean | true | Whether all of Saturday and Sunday is outside
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket time_zone work_from
--   time_zone work_to weekend time_zone
-- column: bucket_name | varchar | - | The bucket
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: objects | bigint | objects | Different objects
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: Programs do not sleep: schedules, backups and services appear here every night. Unauthenticated
--   requests and lifecycle actions are left out. Public holidays are not known.
-- next_step: Look for people, not programs: a role that people assume, from an address that is not the company's.
--   Run object-access for the same range.

SELECT
  bucket_name,
  requester,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  remoteip,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400) AS errors,
  COUNT(DISTINCT key) AS objects,
  COALESCE(SUM(bytessent), 0) AS bytes_sent,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND requester IS NOT NULL AND remoteip IS NOT NULL
  AND (
    hour(at_timezone(with_timezone(requestdatetime, 'UTC'), ?)) < ?
    OR hour(at_timezone(with_timezone(requestdatetime, 'UTC'), ?)) >= ?
    OR (CAST(? AS boolean) AND day_of_week(at_timezone(with_timezone(requestdatetime, 'UTC'), ?)) >= 6)
  )
GROUP BY bucket_name, requester, remoteip
ORDER BY requests DESC, bucket_name, requester, remoteip
