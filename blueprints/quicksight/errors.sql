-- id: errors
-- title: Errors by day
-- answers: Which requests were refused or failed by day, bucket, error and operation.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: error | varchar | - | The HTTP status and the error code of S3
-- column: operation | varchar | - | As S3 names it
-- column: requests | bigint | requests | Requests that ended so

SELECT
  date_trunc('day', requestdatetime) AS period,
  bucket_name,
  concat(CAST(httpstatus AS varchar), ' ', COALESCE(errorcode, 'without a code')) AS error,
  operation,
  COUNT(*) AS requests
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND operation NOT LIKE 'S3.%'
  AND httpstatus >= 400
GROUP BY 1, 2, 3, 4
