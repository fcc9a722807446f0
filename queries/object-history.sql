-- id: object-history
-- title: Everything that happened to an object
-- answers: Everything that both logs know of one key, in one timeline: reads, writes, copies from and to it,
--   deletions, lifecycle actions, changes of its ACL and tags.
-- source: s3_access_logs, cloudtrail_events
-- category: investigation
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: key | string | required | The object
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket key from.date to.date
--   from.date from.hour to.date to.hour from to bucket bucket key
-- column: happened_at | timestamp | - | When S3 or the service was asked, UTC
-- column: log | varchar | - | access_log or cloudtrail
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: key | varchar | - | The object
-- column: versionid | varchar | - | The version that the call named
-- column: action | varchar | - | The operation or the call; of CloudTrail copies, with (source) where the object
--   was what was copied
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: succeeded | boolean | - | Whether the call worked
-- column: bytes | bigint | bytes | Sent, or for writes received or the size
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the events of a multi-delete
-- false_positives: A request that both logs saw is there twice, with one requestid. Calls that name no key
--   (multi-deletes as a whole, changes of the bucket) are not part of an object's history.
-- next_step: Take a requestid to the other log's row, a principal to who-is.

SELECT
  happened_at,
  log,
  bucket_name,
  key,
  versionid,
  action,
  principal,
  sourceipaddress,
  errorcode,
  succeeded,
  bytes,
  useragent,
  requestid
FROM (
  SELECT
    requestdatetime AS happened_at,
    'access_log' AS log,
    bucket_name,
    key,
    versionid,
    operation AS action,
    requester AS principal,
    remoteip AS sourceipaddress,
    errorcode,
    COALESCE(httpstatus, 200) < 400 AND errorcode IS NULL AS succeeded,
    COALESCE(bytessent, objectsize) AS bytes,
    useragent,
    requestid
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND key = ?
  UNION ALL
  SELECT
    eventtime AS happened_at,
    'cloudtrail' AS log,
    object_bucket AS bucket_name,
    object_key AS key,
    CASE WHEN side = 1 THEN versionid ELSE regexp_extract(copy_source, '[?]versionId=(.*)$', 1) END AS versionid,
    CASE WHEN side = 1 THEN eventname ELSE eventname || ' (source)' END AS action,
    principal,
    sourceipaddress,
    errorcode,
    errorcode IS NULL AS succeeded,
    CASE
      WHEN side = 2 THEN NULL
      WHEN eventname IN ('PutObject', 'UploadPart', 'PostObject') THEN bytesin
      ELSE bytesout
    END AS bytes,
    useragent,
    requestid
  FROM (
    SELECT
      *,
      CASE WHEN side = 1 THEN bucket_name ELSE regexp_extract(source, '^/?([^/]+)/', 1) END AS object_bucket,
      CASE WHEN side = 1 THEN key ELSE regexp_extract(source, '(?s)^/?[^/]+/(.*)$', 1) END AS object_key
    FROM (
      SELECT
        *,
        COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
        try(url_decode(replace(regexp_replace(copy_source, '[?]versionId=.*$', ''), '+', '%2B'))) AS source
      FROM cloudtrail_events_unique
      CROSS JOIN (VALUES (1), (2)) AS sides(side)
      WHERE eventdate >= ? AND eventdate <= ?
        AND (eventdate > ? OR eventhour >= ?)
        AND (eventdate < ? OR eventhour <= ?)
        AND eventtime >= ? AND eventtime < ?
        AND eventsource = 's3.amazonaws.com'
        AND (side = 1 OR copy_source IS NOT NULL)
    ) AS decoded
  ) AS named
  WHERE (CAST(? AS varchar) IS NULL OR object_bucket = ?)
    AND object_key = ?
) AS timeline
ORDER BY happened_at, log, action, requestid, bucket_name, versionid
