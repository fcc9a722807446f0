-- id: ct-root-activity
-- title: What root did
-- answers: Every call that the root user of an account made, whatever the service. What services do on its behalf
--   is left out.
-- source: cloudtrail_events
-- category: security
-- severity: high
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: eventsource | varchar | - | The service that was called
-- column: eventname | varchar | - | The call
-- column: mfa | varchar | - | Whether root had a second factor: true, false, Yes or No as the service tells it
-- column: awsregion | varchar | - | The Region that was called
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: useragent | varchar | - | What the client calls itself
-- column: eventid | varchar | - | The id of the event
-- false_positives: A few tasks need root: closing an account, some billing settings, repairing a bucket policy
--   that locks everybody out.
-- next_step: Ask who holds the root credentials. If nobody did this, change them, and remove its access keys.

SELECT
  eventtime,
  eventsource,
  eventname,
  COALESCE(session_mfa, json_extract_scalar(additionaleventdata, '$.MFAUsed')) AS mfa,
  awsregion,
  sourceipaddress,
  bucket_name,
  errorcode,
  useragent,
  eventid
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND useridentity_type = 'Root'
  AND useridentity_invokedby IS NULL
  AND COALESCE(eventtype, 'AwsApiCall') <> 'AwsServiceEvent'
ORDER BY eventtime, eventid
