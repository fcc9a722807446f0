-- id: ct-new-addresses
-- title: Callers from addresses not seen before
-- answers: Which callers came in the range from an address that they did not use in a number of days before it.
--   Sessions of one role count as one caller.
-- source: cloudtrail_events
-- category: security
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: baseline_days | bigint | 30 | How many days before the range count as before
-- positions: baseline_days from to.date to.date to.hour baseline_days from to bucket bucket from
-- column: principal | varchar | - | ARN of the user, or of the role
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: first_event | timestamp | - | The first call from this address, UTC
-- column: principal_first_event | timestamp | - | The first call of this caller since the days before began, UTC;
--   if it is the same, the caller itself is new
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: buckets | bigint | buckets | Different buckets
-- false_positives: If the lake does not reach back that far, everything is new. Laptops, containers and Lambda
--   functions change addresses all the time. Unauthenticated calls and services are left out.
-- next_step: Look where the address belongs. If the caller does not know it, deactivate its keys or sessions, then
--   run who-is.

SELECT
  principal,
  sourceipaddress,
  first_event,
  principal_first_event,
  calls,
  errors,
  buckets
FROM (
  SELECT
    COALESCE(session_issuer_arn, useridentity_arn) AS principal,
    sourceipaddress,
    MIN(eventtime) AS first_event,
    MIN(MIN(eventtime)) OVER (PARTITION BY COALESCE(session_issuer_arn, useridentity_arn)) AS principal_first_event,
    COUNT(*) AS calls,
    count_if(errorcode IS NOT NULL) AS errors,
    COUNT(DISTINCT bucket_name) AS buckets
  FROM cloudtrail_events_unique
  WHERE eventdate >= date_format(date_add('day', -1 * CAST(? AS bigint), ?), '%Y-%m-%d')
    AND eventdate <= ?
    AND (eventdate < ? OR eventhour <= ?)
    AND eventtime >= date_add('day', -1 * CAST(? AS bigint), ?) AND eventtime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND COALESCE(session_issuer_arn, useridentity_arn) IS NOT NULL
    AND useridentity_invokedby IS NULL
    AND regexp_like(sourceipaddress, '^[0-9a-fA-F:.]+$')
  GROUP BY 1, 2
) AS pairs
WHERE first_event >= ?
ORDER BY first_event, principal, sourceipaddress
