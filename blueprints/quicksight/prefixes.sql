-- id: prefixes
-- title: Key prefixes by day
-- answers: Requests, errors and bytes by day, bucket and key prefix, which is the first two folders of a key.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: prefix | varchar | - | What stands before the second slash of a key, or before the first where there is no second; with the slash
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers

SELECT
  date_trunc('day', requestdatetime) AS period,
  bucket_name,
  COALESCE(regexp_extract(key, '^[^/]*/([^/]*/|)'), '(no slash)') AS prefix,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400) AS errors,
  COALESCE(SUM(bytessent), 0) AS bytes_sent
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND operation NOT LIKE 'S3.%'
  AND key IS NOT NULL
GROUP BY 1, 2, 3
