-- id: ct-logging-disabled
-- title: Logging switched off
-- answers: Who switched a bucket's access logging off, or stopped or deleted a trail, and whether it worked. With
--   a bucket, only that bucket's logging.
-- source: cloudtrail_events
-- category: security
-- severity: high
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: disabled | varchar | - | bucket_logging, trail_stopped or trail_deleted
-- column: target | varchar | - | The bucket or the trail
-- column: awsregion | varchar | - | The Region that was called
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: succeeded | boolean | - | Whether the call worked
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: eventid | varchar | - | The id of the event
-- false_positives: Teardown of a pipeline, bucketscope destroy included, gives bucket logging back as it was,
--   which may be off.
-- next_step: Where it worked: switch it on again, and treat the time between as unseen. Run who-is with the
--   principal.

SELECT
  eventtime,
  CASE eventname
    WHEN 'PutBucketLogging' THEN 'bucket_logging'
    WHEN 'StopLogging' THEN 'trail_stopped'
    ELSE 'trail_deleted'
  END AS disabled,
  COALESCE(bucket_name, json_extract_scalar(requestparameters, '$.name')) AS target,
  awsregion,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  sourceipaddress,
  errorcode IS NULL AS succeeded,
  errorcode,
  eventid
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND (
    (
      eventsource = 's3.amazonaws.com' AND eventname = 'PutBucketLogging'
      AND requestparameters NOT LIKE '%"LoggingEnabled"%'
    )
    OR (eventsource = 'cloudtrail.amazonaws.com' AND eventname IN ('StopLogging', 'DeleteTrail'))
  )
ORDER BY eventtime, eventid
