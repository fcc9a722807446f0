-- id: ct-encryption-changes
-- title: Changes of default encryption
-- answers: Who set or removed the default encryption of a bucket, with which algorithm and key, and whether it
--   worked.
-- source: cloudtrail_events
-- category: configuration
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: eventtime | timestamp | - | When the service was called, UTC
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: change | varchar | - | set or removed
-- column: algorithm | varchar | - | AES256, aws:kms or aws:kms:dsse
-- column: kms_key | varchar | - | The key, where one was named
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: sourceipaddress | varchar | - | The address of the caller, or the name of a service
-- column: succeeded | boolean | - | Whether the call worked
-- column: errorcode | varchar | - | The error; empty where the call worked
-- column: eventid | varchar | - | The id of the event
-- false_positives: Infrastructure as code sets the same values again and again. Since 2023 a bucket without a
--   setting encrypts with AES256.
-- next_step: A bucket that went from aws:kms to AES256 is no longer guarded by the key's policy: set it back, and
--   copy the objects written meanwhile over themselves.

SELECT
  eventtime,
  bucket_name,
  CASE eventname WHEN 'PutBucketEncryption' THEN 'set' ELSE 'removed' END AS change,
  regexp_extract(requestparameters, '"SSEAlgorithm"\s*:\s*"([^"]*)"', 1) AS algorithm,
  regexp_extract(requestparameters, '"KMSMasterKeyID"\s*:\s*"([^"]*)"', 1) AS kms_key,
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
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('PutBucketEncryption', 'DeleteBucketEncryption')
ORDER BY eventtime, eventid
