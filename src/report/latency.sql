-- id: latency
-- title: Latency by operation
-- answers: How long requests took, by operation: the median, and what 90 % and 99 % did not exceed, of turn-around time, which S3
--   needed, and of total time, which includes the transfer. Of all buckets together, where bucket_name is null, and of those
--   that the page shows apart.
-- source: s3_access_logs
-- category: report
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: shown | string | required | The buckets that have figures of their own, each between slashes: /a/b/
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket shown
-- column: bucket_name | varchar | - | The bucket; null for all together
-- column: operation | varchar | - | As S3 names it
-- column: requests | bigint | requests | Requests with a time
-- column: turnaround_p50 | bigint | ms | Median turn-around time
-- column: turnaround_p90 | bigint | ms | 90 % of turn-around times are no longer
-- column: turnaround_p99 | bigint | ms | 99 % of turn-around times are no longer
-- column: total_p50 | bigint | ms | Median total time
-- column: total_p90 | bigint | ms | 90 % of total times are no longer
-- column: total_p99 | bigint | ms | 99 % of total times are no longer
-- column: total_max | bigint | ms | The longest total time
-- false_positives: Few requests make high percentiles jump: look at the count. A long total time with a short turn-around
--   time is a slow client or a large object. Percentiles are approximate on Athena.
-- next_step: Run the saved query latency for the slowest requests themselves, and latency-percentiles by hour.

SELECT *
FROM (
  SELECT
    bucket_name,
    operation,
    COUNT(*) AS requests,
    approx_percentile(turnaroundtime, 0.5) AS turnaround_p50,
    approx_percentile(turnaroundtime, 0.9) AS turnaround_p90,
    approx_percentile(turnaroundtime, 0.99) AS turnaround_p99,
    approx_percentile(totaltime, 0.5) AS total_p50,
    approx_percentile(totaltime, 0.9) AS total_p90,
    approx_percentile(totaltime, 0.99) AS total_p99,
    MAX(totaltime) AS total_max
  FROM (
    SELECT
      COALESCE(bucket_name, '') AS bucket_name,
      operation,
      turnaroundtime,
      totaltime
    FROM s3_access_logs
    WHERE requestdate >= ? AND requestdate <= ?
      AND (requestdate > ? OR requesthour >= ?)
      AND (requestdate < ? OR requesthour <= ?)
      AND requestdatetime >= ? AND requestdatetime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
      AND operation NOT LIKE 'S3.%'
      AND (turnaroundtime IS NOT NULL OR totaltime IS NOT NULL)
  ) AS timed
  GROUP BY GROUPING SETS ((operation), (bucket_name, operation))
) AS summed
WHERE bucket_name IS NULL OR strpos(CAST(? AS varchar), concat('/', bucket_name, '/')) > 0
ORDER BY 1, 3 DESC, 2
