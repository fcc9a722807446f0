-- id: ct-anonymous-access
-- title: What was read or written unauthenticated
-- answers: Which calls reached S3 without anybody having signed them, by object.
-- source: cloudtrail_events
-- category: security
-- severity: high
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: refused | boolean | false | Also calls that were refused
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket refused
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: eventname | varchar | - | The call
-- column: key | varchar | - | The object
-- column: calls | bigint | calls | Calls without a signature
-- column: addresses | bigint | addresses | Different addresses
-- column: bytes_sent | bigint | bytes | Sent in responses, as additionalEventData tells
-- column: bytes_received | bigint | bytes | Received in requests, as additionalEventData tells
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: Reads and writes of objects are logged only where the trail has data events for the bucket.
--   Buckets that serve a website or public downloads are read unauthenticated as meant.
-- next_step: If the bucket should not be public, switch block public access on, then run ct-public-access-opened
--   for who opened it.

SELECT
  bucket_name,
  eventname,
  key,
  COUNT(*) AS calls,
  COUNT(DISTINCT sourceipaddress) AS addresses,
  COALESCE(SUM(bytesout), 0) AS bytes_sent,
  COALESCE(SUM(bytesin), 0) AS bytes_received,
  MIN(eventtime) AS first_event,
  MAX(eventtime) AS last_event
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND eventsource = 's3.amazonaws.com'
  AND (
    lower(useridentity_accountid) IN ('anonymous', 'anonymous_principal')
    OR lower(useridentity_principalid) IN ('anonymous', 'anonymous_principal')
    OR (
      useridentity_type = 'AWSAccount' AND useridentity_accountid IS NULL AND useridentity_arn IS NULL
      AND NULLIF(useridentity_principalid, '') IS NULL AND useridentity_invokedby IS NULL
    )
  )
  AND (eventname <> 'DeleteObjects' OR errorcode IS NOT NULL)
  AND (errorcode IS NULL OR CAST(? AS boolean))
GROUP BY bucket_name, eventname, key
ORDER BY calls DESC, bucket_name, eventname, key
