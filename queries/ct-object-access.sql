-- id: ct-object-access
-- title: Who read which object
-- answers: Who read which object, when, from where and as which role: GetObject, HeadObject, and the sources of
--   copies. Refused attempts are listed too, with succeeded = false.
-- source: cloudtrail_events
-- category: access
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: key | string | null | Only this object
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket key key
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: key | varchar | - | The object
-- column: versionid | varchar | - | The version that the call named
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: eventname | varchar | - | The call
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: succeeded | boolean | - | Whether the call worked
-- column: bytes_sent | bigint | bytes | Sent in the response; empty for copies, whose bytes stay within S3
-- column: useragent | varchar | - | What the client calls itself
-- column: eventid | varchar | - | The id of the event
-- false_positives: Reads and writes of objects are logged only where the trail has data events for the bucket.
--   Backup, replication and malware scanners read everything.
-- next_step: Run who-is with the principal for what else it did, object-history with the key for what else
--   happened to the object.

SELECT
  eventtime,
  object_bucket AS bucket_name,
  object_key AS key,
  object_version AS versionid,
  principal,
  role,
  sourceipaddress,
  eventname,
  errorcode,
  errorcode IS NULL AS succeeded,
  bytes_sent,
  useragent,
  eventid
FROM (
  SELECT
    eventtime,
    CASE WHEN copies THEN regexp_extract(source, '^/?([^/]+)/', 1) ELSE bucket_name END AS object_bucket,
    CASE WHEN copies THEN regexp_extract(source, '(?s)^/?[^/]+/(.*)$', 1) ELSE key END AS object_key,
    CASE WHEN copies THEN regexp_extract(copy_source, '[?]versionId=(.*)$', 1) ELSE versionid END AS object_version,
    COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
    session_issuer_username AS role,
    sourceipaddress,
    eventname,
    errorcode,
    CASE WHEN NOT copies THEN bytesout END AS bytes_sent,
    useragent,
    eventid
  FROM (
    SELECT
      *,
      eventname IN ('CopyObject', 'UploadPartCopy') AS copies,
      try(url_decode(replace(regexp_replace(copy_source, '[?]versionId=.*$', ''), '+', '%2B'))) AS source
    FROM cloudtrail_events_unique
    WHERE eventdate >= ? AND eventdate <= ?
      AND (eventdate > ? OR eventhour >= ?)
      AND (eventdate < ? OR eventhour <= ?)
      AND eventtime >= ? AND eventtime < ?
      AND eventsource = 's3.amazonaws.com'
      AND eventname IN ('GetObject', 'HeadObject', 'CopyObject', 'UploadPartCopy', 'SelectObjectContent', 'GetObjectTorrent')
  ) AS decoded
) AS reads
WHERE (CAST(? AS varchar) IS NULL OR object_bucket = ?)
  AND (CAST(? AS varchar) IS NULL OR object_key = ?)
ORDER BY eventtime, eventid
