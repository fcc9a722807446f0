-- id: ct-object-deletions
-- title: Who deleted which object
-- answers: Who deleted what, one row an object, by a call of its own or in a multi-delete, and whether it worked.
--   Lifecycle rules never appear in CloudTrail.
-- source: cloudtrail_events
-- category: deletion
-- severity: medium
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
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: succeeded | boolean | - | Whether the call worked
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the events of a multi-delete
-- column: eventid | varchar | - | The id of the event
-- false_positives: Reads and writes of objects are logged only where the trail has data events for the bucket. On
--   a versioned bucket a deletion without version only adds a delete marker: the object can be brought back.
--   Programs that clean up after themselves delete a lot.
-- next_step: On a versioned bucket remove the delete marker. Run object-history with the key for what came before;
--   object-deletions for what lifecycle rules did.

SELECT
  eventtime,
  bucket_name,
  key,
  versionid,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  sourceipaddress,
  errorcode,
  errorcode IS NULL AS succeeded,
  useragent,
  requestid,
  eventid
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND (CAST(? AS varchar) IS NULL OR key = ?)
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'DeleteObject'
ORDER BY eventtime, eventid
