-- id: security
-- title: TLS, signatures and findings by day
-- answers: Requests by day, bucket, protocol and signature version, and how many of them speak for a finding.
-- source: s3_access_logs
-- category: dashboard
-- parameter: from | timestamp | required | Start of the first day, UTC
-- parameter: to | timestamp | required | End of the last day, UTC
-- positions: from.date to.date
-- column: period | timestamp | - | Start of the day, UTC
-- column: bucket_name | varchar | - | The bucket
-- column: tls | varchar | - | The TLS version, plain HTTP, or that it is not logged
-- column: signature | varchar | - | The signature version, or that there is none
-- column: requests | bigint | requests | Requests
-- column: anonymous | bigint | requests | Of them unauthenticated
-- column: access_denied | bigint | requests | Of them refused with 403
-- column: insecure_tls | bigint | requests | Of them over plain HTTP or a TLS older than 1.2
-- column: legacy_signature | bigint | requests | Of them signed with SigV2
-- column: acl_required | bigint | requests | Of them allowed by an ACL alone

SELECT
  period,
  bucket_name,
  tls,
  signature,
  COUNT(*) AS requests,
  count_if(requester IS NULL AND remoteip IS NOT NULL) AS anonymous,
  count_if(httpstatus = 403) AS access_denied,
  count_if(tls = 'plain HTTP' OR upper(tls) IN ('TLSV1', 'TLSV1.0', 'TLSV1.1')) AS insecure_tls,
  count_if(upper(signature) = 'SIGV2') AS legacy_signature,
  count_if(aclrequired = 'Yes') AS acl_required
FROM (
  SELECT
    date_trunc('day', requestdatetime) AS period,
    bucket_name,
    CASE
      WHEN tlsversion IS NOT NULL THEN tlsversion
      WHEN ciphersuite IS NULL AND endpoint IS NOT NULL AND request_uri IS NOT NULL AND remoteip IS NOT NULL THEN 'plain HTTP'
      ELSE 'not logged'
    END AS tls,
    COALESCE(sigv, '(unsigned)') AS signature,
    requester,
    remoteip,
    httpstatus,
    aclrequired
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND operation NOT LIKE 'S3.%'
) AS told
GROUP BY 1, 2, 3, 4
