-- id: suspicious-agents
-- title: Scanners and attack tools
-- answers: Which requests came from programs that name themselves as a scanner, an attack tool, or a system made
--   for attacks.
-- source: s3_access_logs
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: tool | varchar | - | The word that gave it away
-- column: useragent | varchar | - | What the client calls itself
-- column: remoteip | varchar | - | The address of the request; empty for internal ones
-- column: requester | varchar | - | Canonical id or ARN of who asked; empty for unauthenticated requests
-- column: bucket_name | varchar | - | The bucket
-- column: requests | bigint | requests | Requests
-- column: refused | bigint | requests | Of them refused with 4xx
-- column: objects | bigint | objects | Different objects
-- column: first_request | timestamp | - | The earliest, UTC
-- column: last_request | timestamp | - | The latest, UTC
-- false_positives: Your own security people use the same tools, prowler and scoutsuite above all. Who means harm
--   can call himself anything: no row proves nothing. SDKs and plain tools (boto3, python-requests, curl) are not
--   looked for.
-- next_step: Look first at rows with refused below requests: those requests worked. Run object-access and
--   top-objects for the address.

SELECT
  tool,
  useragent,
  remoteip,
  requester,
  bucket_name,
  COUNT(*) AS requests,
  count_if(httpstatus >= 400 AND httpstatus < 500) AS refused,
  COUNT(DISTINCT key) AS objects,
  MIN(requestdatetime) AS first_request,
  MAX(requestdatetime) AS last_request
FROM (
  SELECT
    *,
    regexp_extract(
      lower(useragent),
      '\b(acunetix|blackarch|bucket[-_]?finder|burpsuite|cloudbrute|dirbuster|feroxbuster|ffuf|gobuster|kali|masscan|metasploit|nessus|netsparker|nikto|nmap|nuclei|openvas|pacu|parrot|pentoo|prowler|s3scanner|scoutsuite|sqlmap|trufflehog|wfuzz|wpscan|zgrab)',
      1
    ) AS tool
  FROM s3_access_logs
  WHERE requestdate >= ? AND requestdate <= ?
    AND (requestdate > ? OR requesthour >= ?)
    AND (requestdate < ? OR requesthour <= ?)
    AND requestdatetime >= ? AND requestdatetime < ?
    AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
) AS named
WHERE tool IS NOT NULL
GROUP BY tool, useragent, remoteip, requester, bucket_name
ORDER BY requests DESC, tool, useragent, remoteip, requester, bucket_name
