import { and, count, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { z } from 'zod';
import {
  type ExamDescription,
  type ExamHalf,
  type ExamResult,
  type examsSchema,
  type NamedExam,
  namedExamSchema,
  type ScriptedExam,
} from '#contracts/exam.ts';
import type { JudgeIdentity } from '#contracts/judge-providers.ts';
import type { Database } from '#db/client.ts';
import { judgeExams } from '#db/schema/judge-exams.ts';
import {
  describeExam,
  knownReferences,
  knownResults,
  materialDigest,
  shippedExam,
} from '#verification/exam/describe.ts';
import type { Judge } from '#verification/judges/judge.ts';
import { publicRead } from '../ground/public-read.ts';

type Connected = { db: Database };
type Prompts = { promptDigest: string; half: ExamHalf };

const ofPrompts = ({ promptDigest, half }: Prompts) =>
  and(eq(judgeExams.promptDigest, promptDigest), eq(judgeExams.half, half));

/** How often a half was asked with these prompts. */
const countAskings = ({ db }: Connected, prompts: Prompts): Promise<number> =>
  db.$count(judgeExams, ofPrompts(prompts));

/** Counts an asking before its first call. */
export const beginExam = async (
  { db }: Connected,
  {
    provider,
    model,
    endpoint,
    promptDigest,
  }: Pick<Judge, 'provider' | 'model' | 'endpoint' | 'promptDigest'>,
  half: ExamHalf,
): Promise<{ id: string; askings: number }> => {
  const [row] = await db
    .insert(judgeExams)
    .values({ provider, model, endpoint, promptDigest, half })
    .returning({ id: judgeExams.id });
  if (row === undefined) throw new Error('The asking was not stored.');
  return { id: row.id, askings: await countAskings({ db }, { promptDigest, half }) };
};

export const endExam = async ({ db }: Connected, id: string, result: ExamResult): Promise<void> => {
  await db.update(judgeExams).set({ result }).where(eq(judgeExams.id, id));
};

/**
 * What a certificate names of its judge's exam: the newest asking of the publication half with the exam's present
 * material, else the result that comes with the program, else null.
 */
export const examOf = async (
  { db }: Connected,
  judge: JudgeIdentity & { promptDigest: string },
): Promise<NamedExam | null> => {
  const half = 'publication';
  const [row] = await db
    .select({ result: judgeExams.result, askedAt: judgeExams.askedAt })
    .from(judgeExams)
    .where(
      and(
        eq(judgeExams.provider, judge.provider),
        eq(judgeExams.model, judge.model),
        judge.endpoint === null ? isNull(judgeExams.endpoint) : eq(judgeExams.endpoint, judge.endpoint),
        ofPrompts({ promptDigest: judge.promptDigest, half }),
        sql`${judgeExams.result} ->> 'material' = ${materialDigest()}`,
      ),
    )
    .orderBy(desc(judgeExams.askedAt), desc(judgeExams.id))
    .limit(1);
  const askings = await countAskings({ db }, { promptDigest: judge.promptDigest, half });
  if (!row?.result) {
    const shipped = shippedExam(judge);
    return shipped && { ...shipped, askings };
  }
  return namedExamSchema.parse({ ...row.result, askedAt: row.askedAt.toISOString(), askings });
};

/** Read at the first request: half a second of work, and always the same. */
let fixed: { exam: ExamDescription; known: ExamResult[]; references: ScriptedExam[] } | null = null;

/** A page for people: an installation that has examined more judges shows those of the first names. */
const mostListed = 200;

/**
 * The exam, the newest result of each judge's model, endpoint, prompts and half, and apart from them what scripts would
 * score.
 */
export const listExams = async ({ db }: Connected): Promise<z.infer<typeof examsSchema>> => {
  fixed ??= { exam: describeExam(), known: knownResults(), references: knownReferences() };
  const { exam, known: shipped, references } = fixed;
  return publicRead(db, async (snapshot) => {
    const { provider, model, endpoint, promptDigest, half, askedAt, result, id } = judgeExams;
    const judge = [provider, model, endpoint, promptDigest, half];
    const rows = await snapshot
      .selectDistinctOn(judge, { result, askedAt })
      .from(judgeExams)
      .where(isNotNull(result))
      .orderBy(...judge, desc(askedAt), desc(id))
      .limit(mostListed);
    const asked = await snapshot
      .select({ promptDigest, half, askings: count() })
      .from(judgeExams)
      .groupBy(promptDigest, half);
    const askingsOf = (prompts: Prompts) =>
      asked.find((each) => each.promptDigest === prompts.promptDigest && each.half === prompts.half)
        ?.askings ?? 0;
    const kept = rows.flatMap(({ result: found, askedAt: at }) =>
      found === null ? [] : [{ ...found, askedAt: at.toISOString() }],
    );
    const isKept = (known: ExamResult) =>
      kept.some(
        (own) =>
          own.material === known.material &&
          own.provider === known.provider &&
          own.promptDigest === known.promptDigest &&
          own.half === known.half,
      );
    const others = shipped.filter((known) => !isKept(known)).map((known) => ({ ...known, askedAt: null }));
    return {
      exam,
      results: [...kept, ...others].map((listed) => ({ ...listed, askings: askingsOf(listed) })),
      references,
    };
  });
};
