-- id: deletions
-- title: Deletions and lifecycle actions by day
-- answers: How many objects were deleted on request, or were not, and what lifecycle rules did.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: action | varchar | - | What was done
-- column: objects | bigint | objects | Objects, versions or uploads it was done to
-- column: bytes | bigint | bytes | Their sizes, as far as they are logged

SELECT
  date_trunc('day', requestdatetime) AS period,
  bucket_name,
  CASE
    WHEN operation = 'S3.EXPIRE.OBJECT' THEN 'expired'
    WHEN operation = 'S3.CREATE.DELETEMARKER' THEN 'delete marker by a rule'
    WHEN operation = 'S3.DELETE.UPLOAD' THEN 'upload aborted by a rule'
    WHEN operation = 'S3.TRANSITION_SIA.OBJECT' THEN 'to STANDARD_IA'
    WHEN operation = 'S3.TRANSITION_ZIA.OBJECT' THEN 'to ONEZONE_IA'
    WHEN operation = 'S3.TRANSITION_INT.OBJECT' THEN 'to INTELLIGENT_TIERING'
    WHEN operation = 'S3.TRANSITION_GIR.OBJECT' THEN 'to GLACIER_IR'
    WHEN operation = 'S3.TRANSITION.OBJECT' THEN 'to GLACIER'
    WHEN operation = 'S3.TRANSITION_GDA.OBJECT' THEN 'to DEEP_ARCHIVE'
    WHEN operation LIKE 'S3.%' THEN 'other transition'
    WHEN COALESCE(httpstatus, 200) < 400 AND errorcode IS NULL THEN 'deleted on request'
    ELSE 'deletion refused or failed'
  END AS action,
  COUNT(*) AS objects,
  COALESCE(SUM(objectsize), 0) AS bytes
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER', 'S3.DELETE.UPLOAD') OR operation LIKE 'S3.TRANSITION%'
    OR operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT', 'SOAP.DeleteObject'))
GROUP BY 1, 2, 3
