-- id: ct-unapproved-regions
-- title: Calls in Regions that are not yours
-- answers: Who made calls in Regions outside of a list.
-- source: cloudtrail_events
-- category: security
-- severity: medium
-- parameter: from | timestamp | required | Start of the range, UTC, itself included
-- parameter: to | timestamp | required | End of the range, UTC, itself excluded
-- parameter: bucket | string | null | Only this bucket
-- parameter: approved | string | required | The Regions that are yours, with commas between them
-- positions: from.date to.date from.date from.hour to.date to.hour from to bucket bucket approved
-- column: awsregion | varchar | - | The Region that was called
-- column: eventsource | varchar | - | The service that was called
-- column: eventname | varchar | - | The call
-- column: principal | varchar | - | Who called: an ARN where there is one, else the id, service or account
-- column: role | varchar | - | The role, where the caller is a session of one
-- column: calls | bigint | calls | Calls
-- column: errors | bigint | calls | Of them refused or failed
-- column: first_event | timestamp | - | The earliest, UTC
-- column: last_event | timestamp | - | The latest, UTC
-- false_positives: Global services (IAM, CloudFront, Route 53, sign-in) are logged in us-east-1. The console lists
--   resources in all Regions.
-- next_step: Disable Regions that nobody needs, or deny them with aws:RequestedRegion in a service control policy.

SELECT
  awsregion,
  eventsource,
  eventname,
  COALESCE(useridentity_arn, NULLIF(useridentity_principalid, ''), useridentity_invokedby, useridentity_accountid) AS principal,
  session_issuer_username AS role,
  COUNT(*) AS calls,
  count_if(errorcode IS NOT NULL) AS errors,
  MIN(eventtime) AS first_event,
  MAX(eventtime) AS last_event
FROM cloudtrail_events_unique
WHERE eventdate >= ? AND eventdate <= ?
  AND (eventdate > ? OR eventhour >= ?)
  AND (eventdate < ? OR eventhour <= ?)
  AND eventtime >= ? AND eventtime < ?
  AND (CAST(? AS varchar) IS NULL OR bucket_name = ?)
  AND NOT contains(split(replace(CAST(? AS varchar), ' ', ''), ','), awsregion)
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, awsregion, eventsource, eventname, principal
