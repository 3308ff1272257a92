import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createTracing } from './tracing.ts';

const logging = (secrets: string[] = []) => {
  const lines: string[] = [];
  const tracing = createTracing(null);
  const logger = createLogger({
    level: 'info',
    secrets,
    tracing,
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, tracing, lines };
};

test('a field with the name of a secret is blanked, up to four levels deep', () => {
  const { logger, lines } = logging();
  const secret = { githubToken: 'planted', headers: { 'x-key': 'planted' } };
  logger.info({ ...secret, run: { ...secret, config: { ...secret, oracle: secret } } }, 'A line');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('planted');
  expect(lines[0]?.match(/\[REDACTED\]/g)).toHaveLength(8);
});

test('the installation’s own secrets are blanked everywhere, also in their JSON form', () => {
  const { logger, lines } = logging(['sk-ant-planted', 'planted "quoted" one', 'short']);
  logger.info({ error: 'Bad key sk-ant-planted.' }, 'planted "quoted" one was short');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    error: 'Bad key [REDACTED].',
    msg: '[REDACTED] was short',
  });
});

test('every line logged during a piece of work has its ids, each once', async () => {
  const { logger, tracing, lines } = logging();
  await tracing.span({ name: 'job', kind: 'consumer', ids: { runId: 'r', replayId: 'p' } }, async () => {
    logger.info({ runId: 'r' }, 'A line');
  });
  logger.info({}, 'Another');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ runId: 'r', replayId: 'p' });
  expect(lines[0]?.match(/"runId"/g)).toHaveLength(1);
  expect(lines[1]).not.toContain('runId');
});
