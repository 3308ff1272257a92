import { expect, test } from 'vitest';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { judgedRun } from '#testing/builders/judged-run.ts';
import { changeNumber } from '#testing/rigs/scripted-engine.ts';
import { offlineJudge } from '../judges/offline/judge.ts';
import { toGroundTruth } from '../sources/eligibility.ts';
import { mostEvidenceBytes, replayLines } from './run-evidence.ts';

/** Six bytes each in JSON, and three. */
const fills = ['\u0001', '語'];

const asked = [
  'export const retriesOfTheQueue = 25;',
  'export const backoffSecondsOfTheQueue = 15;',
  'export function waitingTimeOfTheQueue() {}',
];

/** With a file that a key can be made for. */
const diffOf = (files: { path: string; added: string[] }[]) =>
  [...files, { path: 'src/job.ts', added: asked }]
    .flatMap(({ path, added }) => [
      `diff --git a/${path} b/${path}`,
      `--- a/${path}`,
      `+++ b/${path}`,
      `@@ -1,1 +1,${added.length + 1} @@`,
      ' import queue from "./queue";',
      ...added.map((line) => `+${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('');

const folder = `${'d'.repeat(100)}/`.repeat(3);
function names(count: number, length: number): string[] {
  return Array.from({ length: count }, (_, at) => `limit${at}${'x'.repeat(length)}`);
}

/** What can make a replay's texts long: names, paths, quotes, claims. */
const diffs = {
  'a few names that fill the diff': () =>
    diffOf([{ path: 'src/a.ts', added: names(8, 11_000).map((name) => `export const ${name} = 25;`) }]),
  'names of thousands of letters': () =>
    diffOf([{ path: 'src/a.ts', added: names(40, 2_000).map((name) => `export function ${name}() {}`) }]),
  'long paths': () =>
    diffOf(
      ['a', 'b', 'c'].map((file) => ({
        path: `${folder}${file}.ts`,
        added: names(4, 20).map((name) => `export const ${name}${file} = 25;`),
      })),
    ),
  'fifty lines that can be quoted at length': (fill: string) =>
    diffOf([
      {
        path: 'src/a.ts',
        added: names(50, 5).map(
          (name) => `export const ${name} = ${name.length + 17}; // ${fill.repeat(260)}`,
        ),
      },
    ]),
};

const answers = {
  'about everything that the diff defines': (diff: string, fill: string) =>
    [...diff.matchAll(/^\+export \w+ (\w+)/gm)].map(
      ([, name]) => `Adds the constant \`${name}\`.${fill.repeat(460)}`,
    ),
  'in characters of six bytes': (_diff: string, fill: string) =>
    Array.from({ length: 60 }, (_, at) => `${at} ${fill.repeat(600)}`),
};

for (const [shape, diffFor] of Object.entries(diffs))
  for (const [words, claimsFor] of Object.entries(answers))
    test(`the evidence of a replay is bounded: ${shape}, an answer ${words}`, async () => {
      for (const fill of fills) {
        const diff = diffFor(fill);
        const change = toGroundTruth(
          {
            ...changeNumber(1),
            title: fill.repeat(2_000),
            description: diff.slice(0, diff.indexOf('diff --git a/src/job.ts')),
          },
          diff,
        );
        if ('excluded' in change) throw new Error(change.excluded);
        const answer: OracleAnswer = {
          summary: claimsFor(diff, fill).join('\n'),
          keyClaims: claimsFor(diff, fill).map((claim) => ({ claim, confidence: 0.123_456_789 })),
          followUpResponse: fill.repeat(2_000),
        };
        const { checkpoints } = await judgedRun({
          changes: [change],
          judge: offlineJudge(),
          answer: () => answer,
        });
        const checkpoint = checkpoints.get(change.id);
        if (checkpoint === undefined) throw new Error('The replay did not end.');
        const { line, opening } = replayLines(
          {
            groundTruth: change,
            checkpoint,
            change: { dependence: { author: 1, week: 1, mergeOrder: 1 }, afterCutoff: true },
            endedAt: '2026-11-24T10:00:00.000Z',
          },
          { place: 0, isPrivate: false, salt: 'a'.repeat(64) },
        );
        expect(Buffer.byteLength(line) + Buffer.byteLength(opening ?? '')).toBeLessThan(mostEvidenceBytes);
      }
    });
