-- id: lifecycle-transitions
-- title: What lifecycle rules moved to which storage class
-- answers: Which objects lifecycle rules moved, and to which storage class.
-- source: s3_access_logs
-- category: lifecycle
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: requestdatetime | timestamp | - | When S3 received the request, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: key | varchar | - | The object, decoded
-- column: versionid | varchar | - | The version that the request named or made
-- column: storage_class | varchar | - | The class it moved to, as the S3 API names it
-- column: operation | varchar | - | As S3 names it
-- column: objectsize | bigint | bytes | Size of the object
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: Moves that Intelligent-Tiering makes between its own tiers are not logged.
-- next_step: Many small objects moved cost more than they save: compare objectsize with the minimum billable size
--   of the class (128 KB).

SELECT
  requestdatetime,
  bucket_name,
  key,
  versionid,
  CASE operation
    WHEN 'S3.TRANSITION_SIA.OBJECT' THEN 'STANDARD_IA'
    WHEN 'S3.TRANSITION_ZIA.OBJECT' THEN 'ONEZONE_IA'
    WHEN 'S3.TRANSITION_INT.OBJECT' THEN 'INTELLIGENT_TIERING'
    WHEN 'S3.TRANSITION_GIR.OBJECT' THEN 'GLACIER_IR'
    WHEN 'S3.TRANSITION.OBJECT' THEN 'GLACIER'
    WHEN 'S3.TRANSITION_GDA.OBJECT' THEN 'DEEP_ARCHIVE'
    ELSE operation
  END AS storage_class,
  operation,
  objectsize,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND operation LIKE 'S3.TRANSITION%'
ORDER BY requestdatetime, source_id, log_object, log_line
