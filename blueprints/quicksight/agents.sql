-- id: agents
-- title: User agents by day
-- answers: Requests, errors and bytes by day, bucket and user agent.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: useragent | varchar | - | As the client named itself
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers

SELECT
  date_trunc('day', requestdatetime) AS period,
  bucket_name,
  COALESCE(useragent, '(not logged)') AS useragent,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400) AS errors,
  COALESCE(SUM(bytessent), 0) AS bytes_sent
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND operation NOT LIKE 'S3.%'
GROUP BY 1, 2, 3
