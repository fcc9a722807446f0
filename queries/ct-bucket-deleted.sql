-- id: ct-bucket-deleted
-- title: Buckets that were deleted
-- answers: Who deleted which bucket and whether it worked. Only the deletion of a bucket itself counts, not that
--   of its policy or other settings.
-- source: cloudtrail_events
-- category: configuration
-- severity: medium
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
-- false_positives: Deployments and tests that clean up after themselves delete buckets. S3 refuses to delete a
--   bucket that is not empty.
-- next_step: A deleted bucket's name can be taken by somebody else: look for what still names it. Run
--   ct-object-deletions for what was in it.

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
  AND eventname = 'DeleteBucket'
ORDER BY eventtime, eventid
