-- id: ct-bucket-created
-- title: Buckets that were created
-- answers: Who created which bucket, where and whether it worked.
-- source: cloudtrail_events
-- category: configuration
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: awsregion | varchar | - | The Region that was called
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: succeeded | boolean | - | Whether the call worked
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: useragent | varchar | - | What the client calls itself
-- column: eventid | varchar | - | The id of the event
-- false_positives: Tools that make sure a bucket is there call CreateBucket each time; for one that the same
--   account owns it works in us-east-1.
-- next_step: Switch on what the bucket needs: block public access, encryption, logging. ct-bucket-configuration
--   shows what was set since.

SELECT
  eventtime,
  bucket_name,
  awsregion,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  sourceipaddress,
  errorcode IS NULL AS succeeded,
  errorcode,
  useragent,
  eventid
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'CreateBucket'
ORDER BY eventtime, eventid
