-- id: lifecycle-statistics
-- title: Lifecycle actions, counted
-- answers: How many objects and bytes each lifecycle action concerned: expirations, delete markers, aborted
--   uploads, and transitions by storage class.
-- source: s3_access_logs
-- category: lifecycle
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: action | varchar | - | expired, delete_marker_created, upload_aborted, or transitioned_to_ and the storage class
-- column: operation | varchar | - | As S3 names it
-- column: object_count | bigint | objects | Objects, versions or uploads it was applied to
-- column: bytes | bigint | bytes | Their sizes, as far as they are logged
-- false_positives: Actions without a row did not occur in the logs of the range. Lifecycle rules run once a day,
--   and their log lines can arrive a day late.
-- next_step: Run lifecycle-expirations or lifecycle-transitions for the objects.

SELECT
  CASE operation
    WHEN 'S3.EXPIRE.OBJECT' THEN 'expired'
    WHEN 'S3.CREATE.DELETEMARKER' THEN 'delete_marker_created'
    WHEN 'S3.DELETE.UPLOAD' THEN 'upload_aborted'
    WHEN 'S3.TRANSITION_SIA.OBJECT' THEN 'transitioned_to_STANDARD_IA'
    WHEN 'S3.TRANSITION_ZIA.OBJECT' THEN 'transitioned_to_ONEZONE_IA'
    WHEN 'S3.TRANSITION_INT.OBJECT' THEN 'transitioned_to_INTELLIGENT_TIERING'
    WHEN 'S3.TRANSITION_GIR.OBJECT' THEN 'transitioned_to_GLACIER_IR'
    WHEN 'S3.TRANSITION.OBJECT' THEN 'transitioned_to_GLACIER'
    WHEN 'S3.TRANSITION_GDA.OBJECT' THEN 'transitioned_to_DEEP_ARCHIVE'
    ELSE 'other'
  END AS action,
  operation,
  COUNT(*) AS object_count,
  COALESCE(SUM(objectsize), 0) AS bytes
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (requestdate > ? OR requesthour >= ?)
  AND (requestdate < ? OR requesthour <= ?)
  AND requestdatetime >= ? AND requestdatetime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND (operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER', 'S3.DELETE.UPLOAD') OR operation LIKE 'S3.TRANSITION%')
GROUP BY operation
ORDER BY object_count DESC, operation
