import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { freePort } from '#db/embedded/free-port.ts';
import { answerPlausibly } from '#testing/fakes/anthropic/answers.ts';
import { describeChange, type OracleFake } from '#testing/fakes/oracles/http-fake.ts';
import { runInProcess, withSettings } from '#testing/rigs/command-line.ts';
import { certificateOf, changes, modelAt, openVerifyRig, verify } from '#testing/rigs/verify-rig.ts';

/**
 * Runs that cannot continue for a reason outside them: each says what to do, certifies nothing and can be resumed.
 */

const { folder, startOracle, startModel, closeServers, remove } = openVerifyRig();
afterEach(closeServers);
afterAll(remove);

const judged = (oracle: { url: string }, model: { url: string }, ...args: string[]) =>
  runInProcess(
    ['verify', changes, '--oracle-url', oracle.url, '--judge', 'anthropic', '--json', ...args],
    withSettings(modelAt(model.url)),
  );

const checkpoints = (out: string) =>
  readdirSync(join(out, 'replays')).map(
    (name) => JSON.parse(readFileSync(join(out, 'replays', name), 'utf8')).checkpoint,
  );
const isCertified = (out: string) => existsSync(join(out, 'certificate.json'));
const idsAsked = ({ requests }: OracleFake) => requests.map(({ body }) => body.pr.id).toSorted();

describe('--max-cost', () => {
  test('a run that reaches its limit keeps what is scored, says how much of it was spent, and resumes with a higher one', async () => {
    const oracle = await startOracle();
    // Keys of one change are never asked for again, so every step makes one call.
    const model = await startModel({
      behave: (request) => {
        const answer = answerPlausibly(request);
        return { kind: 'answer', answer: { ...answer, changes: answer.changes.slice(0, 1) } };
      },
    });
    const out = join(folder, 'limited');
    const args = ['--limit', '8', '--seed', '1', '--concurrency', '2', '--out', out];
    const stopped = await judged(oracle, model, ...args, '--max-cost', '0.12');
    expect(stopped).toMatchObject({ code: 1, stdout: '' });
    expect(stopped.stderr).toMatch(
      /limit is reached: \$0\.\d{4} of \$0\.12 are spent.* [1-7] of 8 replays are done and kept in .*limited\. Run the same command with a higher --max-cost to resume\./,
    );
    expect(isCertified(out)).toBe(false);

    const before = [oracle.requests.length, model.requests.length];
    const refused = await judged(oracle, model, ...args, '--max-cost', '0.01');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /--max-cost is \$0\.01, and this run has already spent \$0\.\d{4}\. Give a higher limit/,
    );
    expect([oracle.requests.length, model.requests.length]).toEqual(before);

    const resumed = await judged(oracle, model, ...args, '--max-cost', '50');
    expect(resumed).toMatchObject({ code: 0 });
    const certificate = certificateOf(resumed.stdout);
    expect(certificate.replayCount).toBe(8);
    // No call under way was cut off: each change was asked about once.
    expect(idsAsked(oracle)).toEqual([...new Set(idsAsked(oracle))]);
    expect(certificate.usage.calls).toBe(model.requests.length);
  });

  test('calls under way are booked in the directory, readable by its owner alone, and count after a kill', async () => {
    const out = join(folder, 'killed');
    const file = join(out, 'ledger.json');
    const ledger = () => JSON.parse(readFileSync(file, 'utf8'));
    const oracle = await startOracle();
    const bookedAtAsking: number[] = [];
    const model = await startModel({
      behave: (request) => {
        bookedAtAsking.push(ledger().bookedUsd);
        return { kind: 'answer', answer: answerPlausibly(request) };
      },
    });
    const args = ['--limit', '2', '--seed', '1', '--out', out, '--max-cost', '5'];
    const { stdout } = await judged(oracle, model, ...args);
    const { costUsd } = certificateOf(stdout).usage;
    expect(costUsd).toBeGreaterThan(0);
    expect(Math.min(...bookedAtAsking)).toBeGreaterThan(0);
    expect(ledger().settledUsd).toBeCloseTo(costUsd ?? 0, 9);
    expect(ledger().bookedUsd).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    // As a kill before the certificate leaves it: the call under way counts at what the answered ones cost on average.
    rmSync(join(out, 'certificate.json'));
    const killed = {
      settledUsd: 4,
      bookedUsd: 30,
      open: { calls: 1, likelyUsd: 2 },
      answered: { calls: 4, costUsd: 4 },
      unanswered: { likelyUsd: 0, mostUsd: 0 },
    };
    writeFileSync(file, JSON.stringify(killed));
    const refused = await judged(oracle, model, ...args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--max-cost is $5.00, and this run has already spent $5.0000');
  });

  test('without --out it says that nothing was kept', async () => {
    const [oracle, model] = [await startOracle(), await startModel()];
    const stopped = await judged(oracle, model, '--limit', '2', '--max-cost', '0.01');
    expect(stopped).toMatchObject({ code: 1, stdout: '' });
    expect(stopped.stderr).toMatch(/limit is reached: \$0\.0000 of \$0\.01 .*Nothing was kept; with --out/);
    expect(stopped.stderr).not.toContain('to resume');
  });
});

describe('a judge that is refused', () => {
  const refusals = [
    [401, 'authentication_error', 'ANTHROPIC_API_KEY'],
    [403, 'permission_error', 'ANTHROPIC_API_KEY'],
    [404, 'not_found_error', '--model'],
  ] as const;

  test.each(refusals)(
    'status %i stops the run at once with one message, keeps what is done, and can be resumed once it is fixed',
    async (status, type, mend) => {
      let refusing = true;
      let asked = 0;
      const oracle = await startOracle();
      const model = await startModel({
        behave: (request) => {
          asked += 1;
          return refusing && asked > 12
            ? { kind: 'error', status, type, message: 'planted by the API' }
            : { kind: 'answer', answer: answerPlausibly(request) };
        },
      });
      const out = join(folder, `refused-${status}`);
      const args = ['--limit', '8', '--seed', '1', '--concurrency', '2', '--out', out];
      const stopped = await judged(oracle, model, ...args);
      expect(stopped).toMatchObject({ code: 1, stdout: '' });
      const lines = stopped.stderr.split('\n').filter((line) => line.includes(mend));
      expect(lines).toEqual([expect.stringMatching(/ of 8 replays are done and kept in /)]);
      expect(stopped.stderr).not.toMatch(/planted|unscored/);
      expect(isCertified(out)).toBe(false);
      // Each of the two replays under way may have asked for its three verdicts at once.
      expect(asked).toBeLessThanOrEqual(12 + 6);
      for (const checkpoint of checkpoints(out))
        for (const step of Object.values(checkpoint))
          expect(['unscored', 'unavailable']).not.toContain((step as { kind?: string }).kind);
      refusing = false;
      const resumed = await judged(oracle, model, ...args);
      expect(certificateOf(resumed.stdout)).toMatchObject({ replayCount: 8, counts: { unscored: 0 } });
    },
  );

  test('a wrong key and an unknown model stop the run before the oracle is asked', async () => {
    const oracle = await startOracle();
    const wrongKey = await startModel({ apiKey: 'sk-ant-another' });
    const refused = await judged(oracle, wrongKey, '--limit', '4');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr.match(/check ANTHROPIC_API_KEY/g)).toHaveLength(1);
    expect(refused.stderr).not.toContain('planted');

    const model = await startModel();
    const unknown = await judged(oracle, model, '--limit', '4', '--model', 'claude-none');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/does not know the model claude-none: check --model/);
    expect(oracle.requests).toEqual([]);
    expect(model.requests).toEqual([]);
  });

  test('a run that stopped for an unknown model resumes with another one, until something is judged', async () => {
    const [oracle, model] = [await startOracle(), await startModel()];
    const out = join(folder, 'another-model');
    const args = ['--limit', '2', '--out', out, '--model'];
    expect(await judged(oracle, model, ...args, 'claude-none')).toMatchObject({ code: 1, stdout: '' });
    const { seed } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    const resumed = await judged(oracle, model, ...args, 'claude-sonnet-5-5');
    expect(resumed).toMatchObject({ code: 0 });
    expect(certificateOf(resumed.stdout)).toMatchObject({ replayCount: 2, draw: { seed } });

    rmSync(join(out, 'certificate.json'));
    const refused = await judged(oracle, model, ...args, 'claude-none');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('(--model): claude-sonnet-5-5 there, claude-none here');
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).model).toBe('claude-sonnet-5-5');
  });

  test('an unknown model for agreement is reported by its own option', async () => {
    const [oracle, model] = [await startOracle(), await startModel()];
    const second = ['--agreement-sample', '1', '--agreement-model', 'claude-none'];
    const unknown = await judged(oracle, model, '--limit', '2', ...second);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/does not know the model claude-none: check --agreement-model/);
  });
});

test('a run whose judge was unavailable for every verdict fails, and resumes later without asking the oracle again', async () => {
  let away = true;
  const oracle = await startOracle();
  const model = await startModel({
    // Answer keys are made. Verdicts are refused as for an account without credit, which is not retried.
    behave: (request) => {
      const answer = answerPlausibly(request);
      return away && answer.verdicts.length > 0
        ? {
            kind: 'error',
            status: 400,
            type: 'invalid_request_error',
            message: 'Your credit balance is too low',
          }
        : { kind: 'answer', answer };
    },
  });
  const args = ['verify', changes, '--oracle-url', oracle.url, '--limit', '2', '--out', join(folder, 'away')];
  const settings = withSettings(modelAt(model.url));
  const failed = await runInProcess([...args, '--json'], settings);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('no credit left');
  expect(oracle.requests).toHaveLength(2);
  away = false;
  const resumed = await runInProcess([...args, '--json'], settings);
  expect(resumed).toMatchObject({ code: 0 });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ replay_count: 2, counts: { unscored: 0 } });
  expect(oracle.requests).toHaveLength(2);
});

describe('an oracle that is down', () => {
  const listen = async (port: number) => {
    const server = createServer((_, response) => response.end(JSON.stringify({ summary: 'It runs now.' })));
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    return server;
  };

  test('a wrong address is a mistake, not a verdict; once the oracle runs, the same command succeeds', async () => {
    const port = await freePort();
    const oracle = await startOracle(undefined, port);
    await oracle.close();
    const out = join(folder, 'unreachable');
    const args = ['--limit', '2', '--out', out, '--json'] as const;
    const failed = await verify(changes, oracle, ...args);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('mistake, not a verdict');
    expect(isCertified(out)).toBe(false);
    const server = await listen(port);
    try {
      const resumed = await verify(changes, oracle, ...args);
      expect(resumed).toMatchObject({ code: 0 });
      // No question was sent while nothing listened.
      expect(certificateOf(resumed.stdout).counts.oracleAskedAgain).toBe(0);
    } finally {
      server.close();
    }
  });

  test('an oracle that nothing listens for costs no judge call', async () => {
    const oracle = await startOracle(undefined, await freePort());
    await oracle.close();
    const model = await startModel();
    const failed = await judged(oracle, model, '--limit', '20', '--concurrency', '8');
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('nothing is listening at this address');
    expect(model.requests).toHaveLength(0);
  });

  test('an oracle that refuses every question stops the run after a few replays, in its own words', async () => {
    const oracle = await startOracle(() => ({ kind: 'status', status: 402 }));
    const model = await startModel();
    const out = join(folder, 'refusing');
    const failed = await judged(oracle, model, '--limit', '20', '--concurrency', '2', '--out', out);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('The oracle answered 402.');
    expect(isCertified(out)).toBe(false);
    // Keys alone, some of them asked for twice.
    expect(model.requests.length).toBeLessThan(12);
  });

  test('a run resumed while it answers nothing stops, stores no zero, and can be resumed again', async () => {
    let down = false;
    const oracle = await startOracle((request) =>
      down ? { kind: 'reset' } : { kind: 'answer', answer: describeChange(request) },
    );
    const out = join(folder, 'down');
    const args = ['--limit', '6', '--seed', '1', '--out', out, '--json'] as const;
    expect(await verify(changes, oracle, ...args)).toMatchObject({ code: 0 });
    // As a kill after the second replay leaves it.
    for (const name of readdirSync(join(out, 'replays')).slice(2)) rmSync(join(out, 'replays', name));
    rmSync(join(out, 'certificate.json'));
    down = true;

    const stopped = await verify(changes, oracle, ...args);
    expect(stopped).toMatchObject({ code: 1, stdout: '' });
    expect(stopped.stderr).toMatch(
      /In 4 replays since the run was resumed the oracle gave no HTTP answer .*mistake, not a verdict.* 2 of 6 replays are done .*Run the same command again to resume/,
    );
    expect(stopped.stderr).not.toContain('oracle failure');
    expect(isCertified(out)).toBe(false);
    expect(checkpoints(out).filter((checkpoint) => checkpoint.oracle !== undefined)).toHaveLength(2);

    down = false;
    const { stdout } = await verify(changes, oracle, ...args);
    expect(certificateOf(stdout)).toMatchObject({
      replayCount: 6,
      counts: { scored: 6, oracleFailures: 0 },
    });
  });

  test('an oracle that never answered this run is a mistake, however often the run is started', async () => {
    const oracle = await startOracle(() => ({ kind: 'reset' }));
    const args = ['--limit', '2', '--seed', '1', '--out', join(folder, 'never'), '--json'] as const;
    for (let start = 0; start < 3; start += 1) {
      const { code, stderr } = await verify(changes, oracle, ...args);
      expect([code, stderr]).toEqual([1, expect.stringContaining('mistake, not a verdict')]);
      expect(stderr).not.toContain('counts as its failure');
    }
  });

  test('an oracle that answers once after this start was there: its earlier missing answers are failures', async () => {
    const oracle = await startOracle((request, count) =>
      count < 3 * 3 ? { kind: 'reset' } : { kind: 'answer', answer: describeChange(request) },
    );
    const args = ['--limit', '5', '--seed', '1', '--concurrency', '1', '--json'] as const;
    const { code, stdout } = await verify(changes, oracle, ...args);
    expect(code).toBe(0);
    expect(certificateOf(stdout)).toMatchObject({
      replayCount: 5,
      counts: { scored: 5, oracleFailures: 3 },
    });
    // Each failure was asked three times, and not again.
    expect(oracle.requests).toHaveLength(3 * 3 + 2);
  });
});
