-- id: ct-daily-trend
-- title: Calls, errors and bytes by day
-- answers: How many calls, errors and bytes each day of the range had. Days without calls are there, with zeros.
-- source: cloudtrail_events
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from to to from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: day | date | - | The day, UTC
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in responses, as additionalEventData tells
-- column: bytes_received | bigint | bytes | Received in requests, as additionalEventData tells
-- false_positives: Which calls appear at all depends on the trail's event selectors. Files arrive some minutes
--   late.
-- next_step: Run ct-top-events and ct-top-principals for what stands out.

SELECT
  calendar.day,
  COALESCE(counted.calls, 0) AS calls,
  COALESCE(counted.errors, 0) AS errors,
  COALESCE(counted.bytes_sent, 0) AS bytes_sent,
  COALESCE(counted.bytes_received, 0) AS bytes_received
FROM (
  SELECT CAST(date_add('day', number, TIMESTAMP '2006-01-01 00:00:00') AS date) AS day
  FROM (
    SELECT 10000 * tens.n + ones.n AS number
    FROM UNNEST(sequence(0, 3)) AS tens(n)
    CROSS JOIN UNNEST(sequence(0, 9999)) AS ones(n)
  ) AS numbers
  WHERE number >= date_diff('day', TIMESTAMP '2006-01-01 00:00:00', ?)
    AND number <= date_diff('day', TIMESTAMP '2006-01-01 00:00:00', ?)
    AND date_add('day', number, TIMESTAMP '2006-01-01 00:00:00') < ?
) AS calendar
LEFT JOIN (
  SELECT
    CAST(eventtime AS date) AS day,
    COUNT(*) AS calls,
    count_if(errorcode IS NOT NULL) AS errors,
    COALESCE(SUM(bytesout), 0) AS bytes_sent,
    COALESCE(SUM(bytesin), 0) AS bytes_received
  FROM cloudtrail_events_unique
  WHERE eventdate >= ? AND eventdate <= ?
    AND (eventdate > ? OR eventhour >= ?)
    AND (eventdate < ? OR eventhour <= ?)
    AND eventtime >= ? AND eventtime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  GROUP BY 1
) AS counted ON counted.day = calendar.day
ORDER BY calendar.day
