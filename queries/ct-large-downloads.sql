-- id: ct-large-downloads
-- title: The largest downloads
-- answers: Which calls got how many bytes out of S3, the largest first, from a size on.
-- source: cloudtrail_events
-- category: access
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: min_bytes | bigint | 1000000000 | From this size on
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket min_bytes
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bytes_sent | bigint | bytes | Sent in responses, as additionalEventData tells
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: key | varchar | - | The object
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: eventname | varchar | - | The call
-- column: useragent | varchar | - | What the client calls itself
-- column: eventid | varchar | - | The id of the event
-- false_positives: Reads and writes of objects are logged only where the trail has data events for the bucket.
--   Backups and analytics read large objects by trade. A large object read in ranges is many small downloads.
-- next_step: Ask whether this principal usually takes that much: run bytes-by-requester for an earlier range.

SELECT
  eventtime,
  bytesout AS bytes_sent,
  bucket_name,
  key,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  sourceipaddress,
  eventname,
  useragent,
  eventid
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('GetObject', 'SelectObjectContent', 'GetObjectTorrent')
  AND bytesout >= ?
ORDER BY bytes_sent DESC, eventtime, eventid
