-- id: deletions
-- title: Deletions and lifecycle actions by day
-- answers: How many objects were deleted on request, or were not, and what lifecycle rules did, by day. Of all buckets together,
--   where bucket_name is null, and of those that the page shows apart.
-- source: s3_access_logs
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: shown | string | required | The buckets that have figures of their own, each between slashes: /a/b/
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket shown
-- column: bucket_name | varchar | - | The bucket; null for all together
-- column: requestdate | varchar | - | The day, UTC
-- column: action | varchar | - | What was done
-- column: objects | bigint | objects | Objects, versions or uploads it was done to
-- column: bytes | bigint | bytes | Their sizes, as far as they are logged
-- false_positives: Lifecycle rules run once a day, and their log lines can arrive a day late. Deletions of bucket configuration
--   and aborted uploads are no deletions of objects. What else S3 does by itself (S3.RESTORE.OBJECT,
--   S3.COMPUTE.OBJECT.CHECKSUM) is neither a request nor a deletion, and stands nowhere on the page.
-- next_step: Run the saved query object-deletions for who deleted which object, lifecycle-statistics for the rules.

SELECT *
FROM (
  SELECT
    bucket_name,
    requestdate,
    action,
    SUM(objects) AS objects,
    SUM(bytes) AS bytes
  FROM (
    SELECT
      COALESCE(bucket_name, '') AS bucket_name,
      requestdate,
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
      AND (requestdate > ? OR requesthour >= ?)
      AND (requestdate < ? OR requesthour <= ?)
      AND requestdatetime >= ? AND requestdatetime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
      AND (operation IN ('S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER', 'S3.DELETE.UPLOAD') OR operation LIKE 'S3.TRANSITION%'
        OR operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT', 'SOAP.DeleteObject'))
    GROUP BY 1, 2, 3
  ) AS counted
  GROUP BY GROUPING SETS ((requestdate, action), (bucket_name, requestdate, action))
) AS summed
WHERE bucket_name IS NULL OR strpos(CAST(? AS varchar), concat('/', bucket_name, '/')) > 0
ORDER BY 1, 2, 3
