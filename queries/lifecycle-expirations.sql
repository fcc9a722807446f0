-- id: lifecycle-expirations
-- title: What lifecycle rules expired
-- answers: Which objects lifecycle rules expired: deleted, or on versioned buckets hidden behind a delete marker.
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
-- column: action | varchar | - | expired (the object or version is gone) or delete_marker_created (it can be brought back)
-- column: operation | varchar | - | As S3 names it
-- column: objectsize | bigint | bytes | Size of the object
-- column: requestid | varchar | - | Of the request; shared by the rows of a multi-delete
-- false_positives: An expired version is often one that a delete marker had replaced long before.
-- next_step: If an object should have stayed, look at the bucket's lifecycle rules: prefix and tag filters are
--   where they go wrong.

SELECT
  requestdatetime,
  bucket_name,
  key,
  versionid,
  CASE operation WHEN 'S3.EXPIRE.OBJECT' THEN 'expired' ELSE 'delete_marker_created' END AS action,
  operation,
  objectsize,
  requestid
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER')
ORDER BY requestdatetime, source_id, log_object, log_line
