import { afterAll, beforeAll, expect, test } from 'vitest';
import { canaryWays } from '#contracts/replay.ts';
import { testDatabase } from '#testing/rigs/database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;

const digest = 'd'.repeat(64);
const id = '0b0f7a3c-4a5e-4d3e-9a55-3d7a4b1f8a10';

/** One row in each table that has conditions, as small as they allow. */
const rows = `
  insert into users (id) values ('${id}');
  insert into user_identities (id, user_id, provider, subject) values ('${id}', '${id}', 'local', 'owner');
  insert into sign_in_links (token_hash, user_id, expires_at) values ('${digest}', '${id}', now());
  insert into api_tokens (user_id, name, token_hash, scopes_json) values ('${id}', 'ci', '${digest}', '["runs:read"]');
  insert into sessions (user_id, identity_id, carrier, secret_hash, expires_at)
    values ('${id}', '${id}', 'cookie', '${digest}', now());
  insert into ground_truth_records (digest, scope, record_json) values ('${digest}', 'public', '{}');
  insert into ground_truth_snapshots (digest, scope, source, record_count, record_digests_json)
    values ('${digest}', 'public', 'github:owner/name', 1, '[]');
  insert into verification_runs (id, user_id, construct_id, repo_url, config_json)
    values ('${id}', '${id}', 'c', 'owner/name', '{}');
  insert into verification_replays (id, run_id, ground_truth_id, position, state)
    values ('${id}', '${id}', '1', 0, 'open');
  insert into answer_keys (ground_truth_digest, judge_provider, judge_model, prompt_digest, outcome_json, key_of_replay)
    values ('${digest}', 'offline', 'offline-1', '${digest}', '{}', '${id}');
  insert into inquiries (id, user_id, kind, config_json, sealed) values ('${id}', '${id}', 'trial', '{}', 's');
  insert into log_entries (index, kind, subject, data, added_at) values (0, 'key', '${id}', '{}', now());
  insert into log_hashes (level, index, hash) values (0, 0, decode('${digest}', 'hex'));
  insert into log_head (id, origin, size, root) values (1, 'o', 1, decode('${digest}', 'hex'));
  insert into log_checkpoints (size, note, signed_at) values (1, 'n', now());
  insert into log_keys (public_key, purpose, added_at) values ('${digest}', 'log', now());
  insert into log_registrations (id, user_id, log_index, salt, opening, target, construct, registered_at)
    values ('${id}', '${id}', 0, '${digest}', '{}', '${digest}', '${digest}', now());
  insert into evidence_days (user_id, day, bytes) values ('${id}', '2026-01-31', 1);
  insert into judge_exams (provider, model, prompt_digest, half)
    values ('offline', 'offline-1', '${digest}', 'development');
  insert into judge_spend (run_id, state, cost_usd, likely_usd, most_usd) values ('${id}', 'open', 0, 0, 0);
  insert into judge_batch_items (replay_id, run_id, call, request_json, spend_id)
    values ('${id}', '${id}', 'first/recall', '{}', '${id}');
  insert into verification_certificates (id, run_id, construct_id, domain, replay_count, precision, recall,
      reply_accuracy, composite_score, brier, sample_size, ground_truth_source, methodology_version, scoring_model,
      raw_scores_json)
    values ('${id}', '${id}', 'c', 'd', 1, 0, 0, 0, 0, 0, 1, 's', 'v', 'm',
      '{"weights": {}, "designEffects": {"compositeScore": 1}, "judge": {"provider": "offline", "model": "offline-1", "promptDigest": "${digest}"}, "sample": false,
        "provisional": false, "private": false, "intervals": {"compositeScore": {"lower": 0, "upper": 0}},
        "trust": {"reliable": false, "canaries": {"true": {"shown": 0}, "false": {${canaryWays.map((way) => `"${way}": {"shown": 0}`).join(', ')}}, "injected": {"shown": 0}},
          "pool": {"canaries": {"injected": {"supported": 0}}}}}');
  insert into verification_replay_scores (certificate_id, ground_truth_id, precision, recall, reply_accuracy,
      claims_total, claims_supported, changes_total, changes_surfaced, scoring_model, scoring_latency_ms, scored_at)
    values ('${id}', '1', 0, 0, 0, 1, 0, 1, 0, 'm', 0, now());
  insert into evidence_sets (certificate_id, run_id, salt) values ('${id}', '${id}', '${digest}');
  insert into certificate_revocations (certificate_id, reason, revoked_at)
    values ('${id}', 'issued_in_error', now());
  insert into certificate_disputes (id, certificate_id, opened_at, salt, text)
    values ('${id}', '${id}', now(), '${digest}', 't');
  insert into certificate_evidence (certificate_id, place, line, leaf)
    values ('${id}', 0, '{}', decode('${digest}', 'hex'));
  insert into verification_audits (id, certificate_id, certificate_digest, size)
    values ('${id}', '${id}', '${digest}', 1);
  insert into verification_audit_labels (audit_id, position, ground_truth_id, claim_id, supported, inclusion_probability)
    values ('${id}', 1, '1', 'c1', true, 1);
`;

beforeAll(async () => {
  database = await testDatabase();
  await database.sql.unsafe(rows);
});
afterAll(() => database.close());

/** Changes the table's row and undoes it. Returns the condition that the change breaks, or null. */
const brokenBy = async (table: string, change: string): Promise<string | null> => {
  const undone = new Error('undone');
  try {
    await database.sql.begin(async (transaction) => {
      // Otherwise the triggers that keep the log's rows answer first.
      await transaction`set local session_replication_role = replica`;
      await transaction.unsafe(`update ${table} set ${change}`);
      throw undone;
    });
    return null;
  } catch (error) {
    if (error === undone) return null;
    if (error instanceof Error && 'constraint_name' in error && 'code' in error && error.code === '23514')
      return String(error.constraint_name);
    throw error;
  }
};

/** A settled call with these values in place of ordinary counts. */
const settled = (other: Record<string, number> = {}) => {
  const counts = {
    calls: 1,
    estimated_calls: 0,
    input_tokens: 1,
    cache_write_tokens: 0,
    cache_read_tokens: 0,
    output_tokens: 1,
    ...other,
  };
  return Object.entries(counts)
    .map(([name, count]) => `${name} = ${count}`)
    .join();
};

const refused: [table: string, constraint: string, change: string][] = [
  ['user_identities', 'provider', `provider = 'gitlab'`],
  ['sign_in_links', 'token_hash', `token_hash = 'the-token-itself'`],
  ['api_tokens', 'name', `name = ''`],
  ['api_tokens', 'name', `name = repeat('n', 101)`],
  ['api_tokens', 'token_hash', `token_hash = 'ev_token'`],
  ['api_tokens', 'scopes_json', `scopes_json = '[]'`],
  ['api_tokens', 'scopes_json', `scopes_json = '["runs:all"]'`],
  ['api_tokens', 'scopes_json', `scopes_json = '"runs:read"'`],
  ['sessions', 'carrier', `carrier = 'header'`],
  ['sessions', 'secret_hash', `secret_hash = 'evs_secret'`],
  ['ground_truth_records', 'digest', `digest = repeat('D', 64)`],
  ['ground_truth_snapshots', 'digest', `digest = repeat('d', 63)`],
  ['ground_truth_snapshots', 'record_count', 'record_count = 0'],
  ['verification_runs', 'construct_id', `construct_id = ''`],
  ['verification_runs', 'construct_id', `construct_id = repeat('c', 256)`],
  ['verification_runs', 'repo_url', `repo_url = ''`],
  ['verification_runs', 'repo_url', `repo_url = repeat('r', 501)`],
  ['verification_runs', 'status', `status = 'ENDED'`],
  ['verification_runs', 'progress', 'progress = -1'],
  ['verification_runs', 'total', 'progress = 2, total = 1'],
  ['verification_runs', 'total', 'total = -1'],
  ['verification_runs', 'error', `error = repeat('e', 2001)`],
  ['verification_runs', 'activity', `activity = repeat('a', 301)`],
  ['verification_runs', 'turn', 'turn = -1'],
  ['verification_runs', 'faults', 'faults = -1'],
  ['verification_runs', 'judge_vain_in_row', 'judge_vain_in_row = -1'],
  ['verification_runs', 'agreement_vain_in_row', 'agreement_vain_in_row = -1'],
  ['verification_runs', 'prompt_digest', `prompt_digest = ''`],
  ['verification_runs', 'continuation', `continuation = 'restart', continues_run_id = '${id}'`],
  ['verification_runs', 'continues', `continuation = 'resume'`],
  ['verification_runs', 'completed', `status = 'COMPLETED'`],
  ['verification_runs', 'completed', `certificate_id = '${id}'`],
  ['verification_runs', 'failed', `status = 'FAILED'`],
  ['verification_replays', 'ground_truth_id', `ground_truth_id = ''`],
  ['verification_replays', 'ground_truth_id', `ground_truth_id = repeat('1', 201)`],
  ['verification_replays', 'position', 'position = -1'],
  ['verification_replays', 'state', `state = 'closed'`],
  ['verification_replays', 'turn', 'turn = -1'],
  ['verification_replays', 'oracle_asks', 'oracle_asks = -1'],
  ['verification_replays', 'faults', 'faults = -1'],
  ['verification_replays', 'outcome', `state = 'ended', outcome = 'lost', ended_at = now()`],
  ['verification_replays', 'ended', `state = 'ended'`],
  ['verification_replays', 'ended', `state = 'ended', outcome = 'scored'`],
  ['verification_replays', 'ended', 'ended_at = now()'],
  ['answer_keys', 'prompt_digest', `prompt_digest = 'v1'`],
  ['answer_keys', 'baseline', `baseline_json = '{}'`],
  ['answer_keys', 'baseline', `baseline_of_replay = '${id}'`],
  ['inquiries', 'kind', `kind = 'chat'`],
  ['inquiries', 'ended', `answer_json = '{}', refusal_json = '{}'`],
  ['judge_exams', 'provider', `provider = 'nobody'`],
  ['judge_exams', 'half', `half = 'both'`],
  ['judge_exams', 'prompt_digest', `prompt_digest = 'v1'`],
  ['certificate_evidence', 'place', 'place = -1'],
  ['certificate_evidence', 'leaf', `leaf = ''`],
  ['evidence_sets', 'salt', `salt = 'x'`],
  ['evidence_days', 'bytes', 'bytes = -1'],
  ['certificate_revocations', 'reason', `reason = 'because'`],
  ['certificate_disputes', 'salt', `salt = 's'`],
  ['certificate_disputes', 'text', `text = ''`],
  ['certificate_disputes', 'text', `text = repeat('a', 501)`],
  ['certificate_disputes', 'removed', 'text = null'],
  ['certificate_disputes', 'removed', 'text = null, salt = null'],
  ['certificate_disputes', 'removed', 'text_removed_at = now()'],
  ['log_entries', 'index', 'index = -1'],
  ['log_entries', 'kind', `kind = 'text'`],
  ['log_entries', 'data', `data = ''`],
  ['log_entries', 'data', `data = convert_to(repeat('a', 4097), 'UTF8')`],
  ['log_hashes', 'level', 'level = -1'],
  ['log_hashes', 'index', 'index = -1'],
  ['log_hashes', 'hash', `hash = ''`],
  ['log_head', 'id', 'id = 2'],
  ['log_head', 'size', 'size = -1'],
  ['log_head', 'root', `root = ''`],
  ['log_checkpoints', 'size', 'size = -1'],
  ['log_keys', 'public_key', `public_key = 'k'`],
  ['log_keys', 'purpose', `purpose = 'mail'`],
  ['log_keys', 'retired', 'retired_at = now()'],
  ['log_keys', 'retired', 'retired_index = 1'],
  ['log_keys', 'retired_index', 'retired_at = now(), retired_index = -1'],
  ['log_registrations', 'salt', `salt = 's'`],
  ['log_registrations', 'target', `target = 't'`],
  ['log_registrations', 'construct', `construct = 'c'`],
  ['log_registrations', 'outcome', `outcome = 'won', closed_at = now()`],
  ['log_registrations', 'mean', 'mean = 2'],
  ['log_registrations', 'closed', 'closed_at = now()'],
  ['judge_spend', 'cost_usd', 'cost_usd = -0.01'],
  ['judge_spend', 'cost_usd', `cost_usd = 'NaN'`],
  ['judge_spend', 'cost_usd', `cost_usd = 'Infinity'`],
  ['judge_spend', 'likely_usd', 'likely_usd = -0.01'],
  ['judge_spend', 'most_usd', `most_usd = 'NaN'`],
  ['judge_spend', 'state', `state = 'lost'`],
  ['judge_spend', 'leased', `state = 'cut', leased_until = now()`],
  ['judge_spend', 'calls', `state = 'settled', ${settled({ calls: -1 })}`],
  ['judge_spend', 'estimated_calls', `state = 'settled', ${settled({ estimated_calls: -1 })}`],
  ['judge_spend', 'input_tokens', `state = 'settled', ${settled({ input_tokens: -1 })}`],
  ['judge_spend', 'cache_write_tokens', `state = 'settled', ${settled({ cache_write_tokens: -1 })}`],
  ['judge_spend', 'cache_read_tokens', `state = 'settled', ${settled({ cache_read_tokens: -1 })}`],
  ['judge_spend', 'output_tokens', `state = 'settled', ${settled({ output_tokens: -1 })}`],
  ['judge_spend', 'settled', `state = 'settled'`],
  ['judge_spend', 'settled', settled()],
  ['judge_spend', 'settled', 'calls = 1'],
  ['judge_batch_items', 'state', `state = 'lost', request_json = null`],
  ['judge_batch_items', 'request', 'request_json = null'],
  ['judge_batch_items', 'request', `state = 'single'`],
  ['judge_batch_items', 'reply', `reply_json = '{}'`],
  ['judge_batch_items', 'reply', `state = 'done', request_json = null`],
  ['judge_batch_items', 'submitted_at', `state = 'submitting'`],
  ['judge_batch_items', 'batch_id', `state = 'submitted', submitted_at = now()`],
  ['verification_certificates', 'construct_id', `construct_id = repeat('c', 256)`],
  ['verification_certificates', 'replay_count', 'replay_count = 0'],
  ['verification_certificates', 'sample_size', 'sample_size = 0'],
  ['verification_certificates', 'precision', `precision = 'NaN'`],
  ['verification_certificates', 'recall', 'recall = 1.000001'],
  ['verification_certificates', 'reply_accuracy', 'reply_accuracy = -0.000001'],
  ['verification_certificates', 'composite_score', 'composite_score = 2'],
  ['verification_certificates', 'brier', 'brier = 0.500001'],
  ['verification_audits', 'certificate_digest', `certificate_digest = 'v1'`],
  ['verification_audits', 'size', 'size = 0'],
  ['verification_audits', 'size', 'size = 41'],
  ['verification_audits', 'closed', `finished_at = now(), result_json = '{}', closed_at = now()`],
  ['verification_audits', 'finished', 'finished_at = now()'],
  ['verification_audits', 'finished', `result_json = '{}'`],
  ['verification_audit_labels', 'position', 'position = 0'],
  ['verification_audit_labels', 'inclusion_probability', 'inclusion_probability = 0'],
  ['verification_audit_labels', 'inclusion_probability', `inclusion_probability = 'NaN'`],
  ['verification_audit_labels', 'label', `label = 'perhaps', labelled_at = now()`],
  ['verification_audit_labels', 'labelled', `label = 'true'`],
  ['verification_audit_labels', 'labelled', 'labelled_at = now()'],
  ['verification_replay_scores', 'precision', 'precision = 1.1'],
  ['verification_replay_scores', 'recall', 'recall = -1'],
  ['verification_replay_scores', 'reply_accuracy', `reply_accuracy = 'NaN'`],
  ['verification_replay_scores', 'claims_total', 'claims_total = 0'],
  ['verification_replay_scores', 'claims_supported', 'claims_supported = -1'],
  ['verification_replay_scores', 'claims', 'claims_supported = 2'],
  ['verification_replay_scores', 'changes_total', 'changes_total = 0'],
  ['verification_replay_scores', 'changes_surfaced', 'changes_surfaced = -1'],
  ['verification_replay_scores', 'changes', 'changes_surfaced = 2'],
  ['verification_replay_scores', 'scoring_latency_ms', 'scoring_latency_ms = -1'],
];

test('a table refuses what the contracts refuse, each value by its own condition', async () => {
  for (const [table, constraint, change] of refused)
    expect(await brokenBy(table, change), `${table}: ${change}`).toBe(`${table}_${constraint}_check`);
});

test('every condition of the schema has a violation in this test', async () => {
  const conditions = await database.sql<{ name: string }[]>`
    select conname as name from pg_constraint
    where connamespace = 'public'::regnamespace and contype = 'c' order by 1`;
  expect(conditions.map(({ name }) => name)).toEqual(
    [...new Set(refused.map(([table, constraint]) => `${table}_${constraint}_check`))].toSorted(),
  );
});

test.each([
  ['api_tokens', `name = repeat('n', 100), scopes_json = '["runs:write", "account"]'`],
  ['sessions', `carrier = 'bearer', ended_at = now()`],
  ['verification_runs', `construct_id = repeat('c', 255), repo_url = repeat('r', 500)`],
  // 1,000 characters of two UTF-16 code units each: the most that the contract allows.
  ['verification_runs', `status = 'FAILED', error = repeat('\u{1f9ed}', 1000), activity = repeat('a', 300)`],
  ['verification_runs', `status = 'COMPLETED', certificate_id = '${id}', progress = 2, total = 2`],
  ['verification_runs', `continuation = 'retry', continues_run_id = '${id}'`],
  ['verification_replays', `state = 'ended', outcome = 'replaced', ended_at = now()`],
  ['answer_keys', `baseline_json = '{}', baseline_of_replay = '${id}'`],
  ['verification_audits', `size = 40, finished_at = now(), result_json = '{}'`],
  ['verification_audit_labels', `inclusion_probability = 0.01, label = 'cannot_tell', labelled_at = now()`],
  ['judge_spend', `state = 'settled', cost_usd = 100000, ${settled()}`],
  ['judge_batch_items', `state = 'submitting', submitted_at = now()`],
  ['judge_batch_items', `state = 'submitted', submitted_at = now(), batch_id = 'one'`],
  ['judge_batch_items', `state = 'done', request_json = null, reply_json = '{}'`],
  [
    'verification_certificates',
    'precision = 1, recall = 1, reply_accuracy = 1, composite_score = 1, brier = 0.5',
  ],
  [
    'verification_replay_scores',
    'claims_total = 50, claims_supported = 50, changes_total = 10, changes_surfaced = 10',
  ],
])('a table stores what the contracts allow: %s with %s', async (table, change) => {
  expect(await brokenBy(table, change)).toBeNull();
});
