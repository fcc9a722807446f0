-- id: ct-public-access-opened
-- title: Public access opened
-- answers: Which changes that worked opened a bucket or an object to everybody: a public access block removed or
--   weakened, a policy that allows everybody, an ACL for all.
-- source: cloudtrail_events
-- category: security
-- severity: high
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: key | varchar | - | The object
-- column: opened_by | varchar | - | public_access_block_removed, public_access_block_weakened, policy or acl
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: eventname | varchar | - | The call
-- column: setting | varchar | - | The parameters of the call, JSON
-- column: eventid | varchar | - | The id of the event
-- false_positives: A policy that allows everybody under a condition (an address, a VPC endpoint, an organisation)
--   is listed too. A block of the account's still stands before a bucket's policy.
-- next_step: Switch block public access on again unless the bucket serves the public, then run anonymous-access
--   for what was taken meanwhile.

SELECT
  eventtime,
  bucket_name,
  key,
  opened_by,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  sourceipaddress,
  eventname,
  requestparameters AS setting,
  eventid
FROM (
  SELECT
    *,
    CASE
      WHEN eventname IN ('DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock')
      THEN 'public_access_block_removed'
      WHEN eventname IN ('PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock')
        AND regexp_like(
          requestparameters,
          '"(BlockPublicAcls|IgnorePublicAcls|BlockPublicPolicy|RestrictPublicBuckets)"\s*:\s*"?false'
        )
      THEN 'public_access_block_weakened'
      WHEN eventname = 'PutBucketPolicy'
        AND (
          regexp_like(
            requestparameters,
            '"Effect"\s*:\s*"Allow"[^{}]*([{][^{}]*([{][^{}]*[}][^{}]*)*[}][^{}]*)*"Principal"\s*:\s*("[*]"|[{][^{}]*"[*]"[^{}]*[}])'
          )
          OR regexp_like(
            requestparameters,
            '"Principal"\s*:\s*("[*]"|[{][^{}]*"[*]"[^{}]*[}])[^{}]*([{][^{}]*([{][^{}]*[}][^{}]*)*[}][^{}]*)*"Effect"\s*:\s*"Allow"'
          )
        )
      THEN 'policy'
      WHEN regexp_like(
        requestparameters,
        '"x-amz-acl"\s*:\s*\[?\s*"(public-read|public-read-write|authenticated-read)"|acs.amazonaws.com/groups/global/(AllUsers|AuthenticatedUsers)'
      )
      THEN 'acl'
    END AS opened_by
  FROM cloudtrail_events_unique
  WHERE eventdate >= ? AND eventdate <= ?
    AND (eventdate > ? OR eventhour >= ?)
    AND (eventdate < ? OR eventhour <= ?)
    AND eventtime >= ? AND eventtime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    AND eventsource = 's3.amazonaws.com'
    AND errorcode IS NULL
    AND (
      eventname LIKE '%PublicAccessBlock'
      OR eventname IN (
        'PutBucketPolicy',
        'PutBucketAcl',
        'PutObjectAcl',
        'CreateBucket',
        'PutObject',
        'CopyObject',
        'CreateMultipartUpload'
      )
    )
) AS changes
WHERE opened_by IS NOT NULL
ORDER BY eventtime, eventid
