import type { GroundTruth } from '#contracts/ground-truth.ts';
import type { OracleAnswer } from '#contracts/oracle.ts';
import { askingThrough, type Judge } from '#verification/judges/judge.ts';
import { resending } from '#verification/judges/resending.ts';
import { oracleAnswer } from '../builders/judged-fixtures.ts';
import { judgedRun } from '../builders/judged-run.ts';
import { ownChanges, ownReadings } from '../builders/own-changes.ts';

/** Changes of the project's own history, which a person has read. */
export const readChanges = ownChanges().slice(0, 12);
const readings = new Map(ownReadings().map((reading) => [reading.id, reading]));

const answer = ({ id }: GroundTruth): OracleAnswer => {
  const reading = readings.get(id);
  if (reading === undefined) throw new Error(`Nobody has read the change ${id}.`);
  const claims = [...reading.key_claims, ...reading.false_claims];
  return oracleAnswer(reading.summary, claims, reading.key_claims[0]);
};

/** Like services and the command line: asks again while the judge is unavailable for now. */
const patient = (judge: Judge): Judge =>
  askingThrough(judge, ({ ask }) => async (task, signal) => {
    for (;;) {
      const reply = await ask(task, signal);
      if (reply.ok || reply.fault !== 'unavailable' || !reply.passing) return reply;
    }
  });

/** A whole run under this judge: what its certificate counts, and each replay's scores. */
export const judgedScores = async (judge: Judge) => {
  const { content } = await judgedRun({ changes: readChanges, judge: patient(resending(judge)), answer });
  // Compares the same claims, in whatever order their verdicts came.
  const scores = new Map(
    content.replayScores.map(({ scoringLatencyMs: _, ...score }) => [score.groundTruthId, score]),
  );
  return { counts: content.rawScores.counts, judge: content.rawScores.judge, scores };
};
