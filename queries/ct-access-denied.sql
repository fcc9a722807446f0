-- id: ct-access-denied
-- title: Calls that were refused
-- answers: Who was refused which call how often, whatever the service; with a bucket, only calls that name it.
-- source: cloudtrail_events
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: eventsource | varchar | - | The service that was called
-- column: eventname | varchar | - | The call
-- column: bucket_name | varchar | - | The bucket; empty for calls that name none
-- column: calls | bigint | calls | Calls refused
-- column: objects | bigint | objects | Different objects
-- column: addresses | bigint | addresses | Different addresses
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: Consoles and security tools try what they may not do. Services ask for a bucket's settings on
--   behalf of people who may not read them.
-- next_step: Look for one principal with many different calls: it is probing. Else give it what it needs, or stop
--   what asks.

SELECT
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  eventsource,
  eventname,
  bucket_name,
  COUNT(*) AS calls,
  COUNT(DISTINCT key) AS objects,
  COUNT(DISTINCT sourceipaddress) AS addresses,
  MIN(eventtime) AS first_event,
  MAX(eventtime) AS last_event
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND regexp_like(errorcode, 'AccessDenied|Unauthorized')
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, principal, eventsource, eventname, bucket_name
