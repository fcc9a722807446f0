-- id: ct-top-principals
-- title: The callers with the most calls
-- answers: Who made most calls, and with how many errors.
-- source: cloudtrail_events
-- category: traffic
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: limit | bigint | 20 | Rows at most
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket limit
-- column: rank_by_calls | bigint | - | Place by number of calls, 1 being the most
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: eventnames | bigint | calls | Different calls
-- column: buckets | bigint | buckets | Different buckets
-- column: addresses | bigint | addresses | Different addresses
-- column: bytes_sent | bigint | bytes | Sent in responses, as additionalEventData tells
-- column: bytes_received | bigint | bytes | Received in requests, as additionalEventData tells
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: A multi-delete counts once and once more for each of its objects. Services act under their own
--   names.
-- next_step: Run who-is with a principal for everything that it did.

SELECT
  rank_by_calls,
  principal,
  role,
  calls,
  errors,
  eventnames,
  buckets,
  addresses,
  bytes_sent,
  bytes_received,
  first_event,
  last_event
FROM (
  SELECT
    *,
    row_number() OVER (ORDER BY calls DESC, principal, role) AS rank_by_calls
  FROM (
    SELECT
      COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
      session_issuer_username AS role,
      COUNT(*) AS calls,
      count_if(errorcode IS NOT NULL) AS errors,
      COUNT(DISTINCT eventname) AS eventnames,
      COUNT(DISTINCT bucket_name) AS buckets,
      COUNT(DISTINCT sourceipaddress) AS addresses,
      COALESCE(SUM(bytesout), 0) AS bytes_sent,
      COALESCE(SUM(bytesin), 0) AS bytes_received,
      MIN(eventtime) AS first_event,
      MAX(eventtime) AS last_event
    FROM cloudtrail_events_unique
    WHERE eventdate >= ? AND eventdate <= ?
      AND (eventdate > ? OR eventhour >= ?)
      AND (eventdate < ? OR eventhour <= ?)
      AND eventtime >= ? AND eventtime < ?
      AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
    GROUP BY 1, 2
  ) AS counted
) AS ranked
WHERE rank_by_calls <= ?
ORDER BY rank_by_calls
