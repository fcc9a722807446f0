-- id: trail
-- title: CloudTrail by day
-- answers: Calls and errors by day, call, error, principal, address, Region and bucket, as CloudTrail tells them.
-- source: cloudtrail_events
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket, where the call names one
-- column: call | varchar | - | The call and its service
-- column: errorcode | varchar | - | The error, or that there was none
-- column: principal | varchar | - | Who called
-- column: address | varchar | - | Where the call came from: an address, or a service of AWS
-- column: region | varchar | - | The Region that the call went to
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: writes | bigint | calls | Of them changed something: readOnly is false

SELECT
  date_trunc('day', eventtime) AS period,
  COALESCE(bucket_name, '(no bucket)') AS bucket_name,
  concat(COALESCE(eventname, 'unknown'), ' (', COALESCE(eventsource, 'unknown'), ')') AS call,
  COALESCE(errorcode, '(none)') AS errorcode,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid, '(unknown)') AS principal,
  COALESCE(sourceipaddress, '(unknown)') AS address,
  COALESCE(awsregion, '(unknown)') AS region,
  COUNT(*) AS calls,
  count_if(errorcode IS NOT NULL) AS errors,
  count_if(readonly = 'false') AS writes
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
GROUP BY 1, 2, 3, 4, 5, 6, 7
