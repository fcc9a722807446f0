-- id: event-buckets
-- title: CloudTrail's events by bucket
-- answers: How many of the trail's events name each bucket; the page shows those with most events apart, after the busiest of the
--   access logs.
-- source: cloudtrail_events
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: bucket_name | varchar | - | The bucket; null for events that name none
-- column: calls | bigint | calls | Events
-- column: errors | bigint | calls | Of them refused or failed
-- column: writes | bigint | calls | Of them changed something: readOnly is false
-- false_positives: Which calls appear at all depends on the trail's event selectors.
-- next_step: Choose a bucket on the page.

SELECT
  bucket_name,
  COUNT(*) AS calls,
  count_if(errorcode IS NOT NULL) AS errors,
  count_if(readonly = 'false') AS writes
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
GROUP BY bucket_name
ORDER BY calls DESC, bucket_name
