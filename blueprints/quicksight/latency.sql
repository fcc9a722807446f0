-- id: latency
-- title: Latency by hour
-- answers: How long requests took, by hour, bucket and operation.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the hour, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: operation | varchar | - | As S3 names it
-- column: requests | bigint | requests | Requests with a time
-- column: turnaround_p50 | bigint | ms | Median turn-around time
-- column: turnaround_p90 | bigint | ms | 90 % of turn-around times are no longer
-- column: turnaround_p99 | bigint | ms | 99 % of turn-around times are no longer
-- column: total_p50 | bigint | ms | Median total time
-- column: total_p90 | bigint | ms | 90 % of total times are no longer
-- column: total_p99 | bigint | ms | 99 % of total times are no longer

SELECT
  date_trunc('hour', requestdatetime) AS period,
  bucket_name,
  operation,
  COUNT(*) AS requests,
  approx_percentile(turnaroundtime, 0.5) AS turnaround_p50,
  approx_percentile(turnaroundtime, 0.9) AS turnaround_p90,
  approx_percentile(turnaroundtime, 0.99) AS turnaround_p99,
  approx_percentile(totaltime, 0.5) AS total_p50,
  approx_percentile(totaltime, 0.9) AS total_p90,
  approx_percentile(totaltime, 0.99) AS total_p99
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND (turnaroundtime IS NOT NULL OR totaltime IS NOT NULL)
GROUP BY 1, 2, 3
