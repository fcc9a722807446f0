-- id: ct-bucket-configuration
-- title: Changes of bucket settings
-- answers: Who changed which setting of a bucket: versioning, policy, ACL, lifecycle, replication, public access
--   block, encryption, logging, ownership and the others; what was sent, and what the change before it in the range
--   had set. Failed attempts are listed with succeeded = false.
-- source: cloudtrail_events
-- category: configuration
-- severity: low
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: setting | varchar | - | What was changed, as the call names it
-- column: change | varchar | - | set, removed or versioning_suspended
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: succeeded | boolean | - | Whether the call worked
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: setting_after | varchar | - | The parameters of the call, JSON
-- column: setting_before | varchar | - | The parameters of the last call before it that worked, JSON; empty if
--   there was none in the range
-- column: eventname | varchar | - | The call
-- column: eventid | varchar | - | The id of the event
-- false_positives: Infrastructure as code sets the same values again and again: compare setting_after with
--   setting_before. What stood before the first change of the range is not known from a log.
-- next_step: Take what should not have changed back to setting_before; then ask the principal.

SELECT
  eventtime,
  bucket_name,
  setting,
  CASE
    WHEN eventname LIKE 'Delete%' THEN 'removed'
    WHEN eventname = 'PutBucketVersioning'
      AND json_extract_scalar(requestparameters, '$.VersioningConfiguration.Status') = 'Suspended'
    THEN 'versioning_suspended'
    ELSE 'set'
  END AS change,
  principal,
  role,
  sourceipaddress,
  errorcode IS NULL AS succeeded,
  errorcode,
  requestparameters AS setting_after,
  setting_before,
  eventname,
  eventid
FROM (
  SELECT
    *,
    COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
    session_issuer_username AS role,
    lag(CASE WHEN errorcode IS NULL THEN requestparameters END) IGNORE NULLS OVER (
      PARTITION BY bucket_name, setting
      ORDER BY eventtime, eventid
    ) AS setting_before
  FROM (
    SELECT *, regexp_replace(eventname, '^(Put|Delete)') AS setting
    FROM cloudtrail_events_unique
    WHERE eventdate >= ? AND eventdate <= ?
      AND (eventdate > ? OR eventhour >= ?)
      AND (eventdate < ? OR eventhour <= ?)
      AND eventtime >= ? AND eventtime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
      AND eventsource = 's3.amazonaws.com'
      AND regexp_like(
        eventname,
        '^(Put|Delete)(Bucket.+|AccelerateConfiguration|AccountPublicAccessBlock|.+Configuration)$'
      )
  ) AS named
) AS changes
ORDER BY eventtime, eventid
