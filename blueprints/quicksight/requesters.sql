-- id: requesters
-- title: Requesters by day
-- answers: Requests and bytes by day, bucket and requester, and how many of the requests S3 bills as writes and as reads.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: requester | varchar | - | Canonical id or ARN of who asked
-- column: account | varchar | - | The account in the requester's ARN
-- column: role | varchar | - | The assumed role, where the requester is one
-- column: requests | bigint | requests | Requests
-- column: errors | bigint | requests | Of them refused or failed
-- column: bytes_sent | bigint | bytes | Sent in the responses, without headers
-- column: bytes_uploaded | bigint | bytes | Sizes of the objects that were uploaded
-- column: write_requests | bigint | requests | Billed as PUT, COPY, POST or LIST
-- column: read_requests | bigint | requests | Billed as GET and all others
-- column: bytes_other_region | bigint | bytes | Of the bytes sent, those that went to another Region

SELECT
  date_trunc('day', requestdatetime) AS period,
  bucket_name,
  COALESCE(requester, '(unauthenticated)') AS requester,
  regexp_extract(requester, '^arn:[^:]*:(iam|sts)::([0-9]{12}):', 2) AS account,
  regexp_extract(requester, ':assumed-role/([^/]+)', 1) AS role,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400) AS errors,
  COALESCE(SUM(bytessent), 0) AS bytes_sent,
  COALESCE(SUM(
    CASE
      WHEN operation IN ('REST.PUT.OBJECT', 'REST.POST.OBJECT', 'REST.POST.UPLOAD', 'SOAP.PutObject', 'SOAP.PutObjectInline')
        AND COALESCE(httpstatus, 200) < 400
      THEN objectsize
    END
  ), 0) AS bytes_uploaded,
  count_if(
    COALESCE(httpstatus, 200) <> 403 AND COALESCE(httpstatus, 200) < 500
      AND (operation LIKE 'REST.PUT.%' OR operation LIKE 'REST.POST.%' OR operation IN (
        'REST.COPY.OBJECT',
        'REST.COPY.PART',
        'REST.GET.BUCKET',
        'REST.GET.BUCKETVERSIONS',
        'REST.GET.UPLOADS',
        'REST.GET.UPLOAD',
        'REST.GET.SERVICE'
      ))
  ) AS write_requests,
  count_if(
    COALESCE(httpstatus, 200) <> 403 AND COALESCE(httpstatus, 200) < 500
      AND operation NOT LIKE 'REST.PUT.%' AND operation NOT LIKE 'REST.POST.%' AND operation NOT LIKE 'REST.DELETE.%'
      AND operation NOT IN (
        'REST.COPY.OBJECT',
        'REST.COPY.PART',
        'REST.GET.BUCKET',
        'REST.GET.BUCKETVERSIONS',
        'REST.GET.UPLOADS',
        'REST.GET.UPLOAD',
        'REST.GET.SERVICE',
        'BATCH.DELETE.OBJECT',
        'REST.COPY.OBJECT_GET',
        'REST.COPY.PART_GET'
      )
  ) AS read_requests,
  COALESCE(SUM(CASE WHEN sourceregion <> bucket_region THEN bytessent END), 0) AS bytes_other_region
FROM s3_access_logs
WHERE requestdate >= ? AND requestdate <= ?
  AND operation NOT LIKE 'S3.%'
GROUP BY 1, 2, 3, 4, 5
