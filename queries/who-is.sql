-- id: who-is
-- title: Everything that somebody did
-- answers: Everything that both logs know of one principal, in one timeline. It can be named by its ARN, its user
--   or role name, its id, or an access key.
-- source: s3_access_logs, cloudtrail_events
-- category: investigation
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: who | string | required | An ARN, a user or role name, a principal id, or an access key
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket who from.date to.date
--   from.date from.hour to.date to.hour from to bucket bucket who
-- column: happened_at | timestamp | - | When S3 or the service was asked, UTC
-- column: log | varchar | - | access_log or cloudtrail
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: action | varchar | - | The operation or the call
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: key | varchar | - | The object
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: succeeded | boolean | - | Whether the call worked
-- column: bytes | bigint | bytes | Sent in the response
-- column: useragent | varchar | - | What the client calls itself
-- column: requestid | varchar | - | Of the request; shared by the events of a multi-delete
-- false_positives: A request that both logs saw is there twice, with one requestid. Access logs know no access
--   keys, and a name may stand for a user and a role at once.
-- next_step: Run ct-new-addresses for whether it came from where it usually does, ct-access-denied for what it
--   tried.

SELECT
  happened_at,
  log,
  principal,
  role,
  action,
  bucket_name,
  key,
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
    requester AS principal,
    regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
    operation AS action,
    bucket_name,
    key,
    remoteip AS sourceipaddress,
    errorcode,
    COALESCE(httpstatus, 200) < 400 AND errorcode IS NULL AS succeeded,
    bytessent AS bytes,
    useragent,
    requestid
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND CAST(? AS varchar) IN (
      requester,
      regexp_extract(requester, ':assumed-role/([^/]+)', 1),
      regexp_extract(requester, ':user/(.*/)?([^/]+)$', 2),
      regexp_replace(requester, '^(arn:[^:]*):sts::([0-9]*):assumed-role/([^/]+)/.*$', '$1:iam::$2:role/$3')
    )
  UNION ALL
  SELECT
    eventtime AS happened_at,
    'cloudtrail' AS log,
    COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
    session_issuer_username AS role,
    eventname AS action,
    bucket_name,
    key,
    sourceipaddress,
    errorcode,
    errorcode IS NULL AS succeeded,
    bytesout AS bytes,
    useragent,
    requestid
  FROM cloudtrail_events_unique
  WHERE eventdate >= ? AND eventdate <= ?
    AND (eventdate > ? OR eventhour >= ?)
    AND (eventdate < ? OR eventhour <= ?)
    AND eventtime >= ? AND eventtime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND CAST(? AS varchar) IN (
      useridentity_arn,
      useridentity_principalid,
      useridentity_accesskeyid,
      useridentity_username,
      useridentity_invokedby,
      session_issuer_arn,
      session_issuer_principalid,
      session_issuer_username
    )
) AS timeline
ORDER BY happened_at, log, action, requestid, bucket_name, key
