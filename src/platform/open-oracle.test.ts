import { expect, test } from 'vitest';
import { type OracleChoice, type OracleType, oracleTypeNames } from '#contracts/oracle-types.ts';
import type { LocalOracle, Oracle } from '#verification/oracles/oracle.ts';
import { oracleOpener, runOracles } from './open-oracle.ts';

const unused = () => Promise.reject(new Error('Nothing was asked.'));
const opener = () => {
  const closed: string[] = [];
  const open = oracleOpener(
    { fetch: unused, connect: unused, sleep: unused, now: Date.now },
    { python: { searchPath: '', directory: null, confined: true, boundary: unused } },
  );
  const opened = (choice: OracleChoice): Oracle => {
    const oracle = open(choice);
    if (!('module' in choice)) return oracle;
    const local: LocalOracle = {
      ...oracle,
      load: unused,
      close: async () => void closed.push(choice.module),
    };
    return local;
  };
  const oracles = runOracles();
  const of = (runId: string, choice: OracleChoice) => oracles.of(runId, () => opened(choice));
  return { oracles, of, closed };
};

const choices: { [Type in OracleType]: OracleChoice<Type> } = {
  http: { type: 'http', url: 'https://oracle.example/', headers: {} },
  mcp: { type: 'mcp', url: 'https://oracle.example/', headers: {}, tool: 't' },
  chat: { type: 'chat', url: 'https://oracle.example/', headers: {}, model: 'm' },
  python: { type: 'python', module: 'a', callable: 'answer' },
};

test.each(oracleTypeNames)('an oracle of type %s can be looked at before it is asked', (type) => {
  expect(opener().of('run', choices[type]).look).toBeTypeOf('function');
});

const python = (module: string): OracleChoice => ({ type: 'python', module, callable: 'answer' });

test('an oracle on this machine is opened once per run', () => {
  const { of } = opener();
  const first = of('run-1', python('a'));
  expect(of('run-1', python('a'))).toBe(first);
  expect(of('run-2', python('a'))).not.toBe(first);
});

test('an oracle on this machine ends with its run, and all others end at the close', async () => {
  const { oracles, of, closed } = opener();
  for (const run of ['1', '2', '3']) of(run, python(`of_run_${run}`));
  await oracles.end('2');
  expect(closed).toEqual(['of_run_2']);
  await oracles.close();
  expect(closed).toEqual(['of_run_2', 'of_run_1', 'of_run_3']);
  await oracles.close();
  expect(closed).toHaveLength(3);
});

test('an oracle over the network is not kept', async () => {
  const { oracles, of } = opener();
  const chat = {
    type: 'chat',
    url: 'https://oracle.example/',
    headers: { 'X-Key': 'v' },
    model: 'm',
  } as const;
  const first = of('run', chat);
  expect(of('run', chat)).not.toBe(first);
  await oracles.end('run');
});
