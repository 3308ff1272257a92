import { isObject } from '#contracts/json.ts';

/** Statuses that pass: the same question is asked again with back-off. */
const passing = new Set([429, 502, 503, 504, 529]);

/** Statuses that mean a wrong address, header or key, or an account without money. */
const closedDoor = new Set([401, 402, 403, 404, 405, 407, 410, 415, 501]);

/**
 * What a status means, whether it is the HTTP answer's own or an error code in an answer with status 200 (methodology,
 * "what a foreign answer means"). All types of oracles are read by this table.
 */
export const meaningOfStatus = (status: number): 'passing' | 'not_let_in' | 'failure' => {
  if (passing.has(status)) return 'passing';
  return (status >= 300 && status < 400) || closedDoor.has(status) ? 'not_let_in' : 'failure';
};

/** An error that an answer carries in place of what was asked for. */
export type ReportedError = { kind: 'status'; status: number } | { kind: 'quota_exhausted' };

const words = (list: string) => list.trim().split(/\s+/);

/** Names that services give to a used-up account. They often come with 429, but no wait helps. */
const quotaNames = new Set(
  words(`
    insufficientquota quotaexceeded exceededcurrentquota exceededcurrentquotaerror billinghardlimitreached
    billingnotactive insufficientcredits insufficientcredit creditbalancetoolow outofcredits insufficientbalance
    insufficientfunds
  `),
);

/** Names that services use instead of a status, in letters only and lower case. */
const statusOfName = new Map(
  Object.entries({
    400: 'badrequest badrequesterror invalidrequest invalidrequesterror invalidargument',
    401: 'invalidapikey authenticationerror unauthorized unauthenticated invalidauthentication',
    402: 'paymentrequired billingerror',
    403: 'permissiondenied permissionerror permissiondeniederror forbidden',
    404: 'modelnotfound notfound notfounderror',
    429: 'ratelimit ratelimited ratelimitexceeded ratelimiterror ratelimitreached toomanyrequests resourceexhausted throttled throttling throttlingexception',
    500: 'servererror internalerror internalservererror internal apierror',
    502: 'badgateway',
    503: 'serviceunavailable serviceunavailableerror serverisoverloaded unavailable unavailableerror slowdown engineoverloaded serveroverloaded modeloverloaded',
    504: 'gatewaytimeout deadlineexceeded',
    529: 'overloaded overloadederror',
  }).flatMap(([status, names]) => words(names).map((name) => [name, Number(status)] as const)),
);

const codeMembers = ['code', 'status', 'status_code', 'statusCode', 'http_status', 'error_code', 'type'];
/** A code's name, and no words in a sentence. */
const codeName = /^[\w.-]{1,64}$/;

const nameIn = (value: unknown): string | null =>
  typeof value === 'string' && codeName.test(value) ? value.toLowerCase().replace(/[^a-z]/g, '') : null;

const statusIn = (value: unknown): number | null => {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599 ? Number(status) : null;
};

/** The error that these members name, or null if they name none that is known. */
const errorNamedIn = (members: Record<string, unknown>): ReportedError | null => {
  const values = codeMembers.map((member) => members[member]);
  if (values.some((value) => quotaNames.has(nameIn(value) ?? ''))) return { kind: 'quota_exhausted' };
  const status =
    values.map(statusIn).find((code) => code !== null) ??
    values.map((value) => statusOfName.get(nameIn(value) ?? '')).find((code) => code !== undefined);
  return status === undefined || status === null ? null : { kind: 'status', status };
};

/**
 * The error in a body that holds no answer, if its code is known: in `error`, as most services send it, in the first of
 * `errors`, or beside a message (RFC 9457). Some services send a list of one such body.
 */
export const reportedError = (value: unknown): ReportedError | null => {
  const body: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isObject(body)) return null;
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined;
  for (const place of [body.error, first, body]) {
    const named = isObject(place) ? errorNamedIn(place) : errorNamedIn({ code: place });
    if (named !== null) return named;
  }
  return null;
};
