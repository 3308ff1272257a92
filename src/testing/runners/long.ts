import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '#start/child.ts';
import { asOneTest, minutes, runNode, runStages, type Stage } from './stages.ts';
import { runVitest } from './vitest-run.ts';

/** `npm run test:long` runs what takes too long for every commit. It is run before an issue is resolved. */

const fuzzTimes = 50;

const runners = import.meta.dirname;
const benches = join(projectRoot, 'src/bench');

const asProgram = (name: string, withinMs: number, argv: string[]): Stage => ({
  name,
  withinMs,
  run: async (signal) => asOneTest(await runNode(argv, signal)),
});

/** The test files that try properties on generated examples. */
const propertyTests = async (): Promise<string[]> => {
  const names = await readdir(join(projectRoot, 'src'), { recursive: true });
  const tests = names.filter((name) => /\.test\.tsx?$/.test(name)).map((name) => join('src', name));
  const texts = await Promise.all(tests.map((name) => readFile(join(projectRoot, name), 'utf8')));
  return tests.filter((_, place) => texts[place]?.includes('/fuzzing.ts'));
};

process.exit(
  await runStages([
    {
      name: `Properties, with ${fuzzTimes} times as many examples`,
      withinMs: 60 * minutes,
      run: async (signal) =>
        runVitest(['--project=unit', `--testTimeout=${20 * minutes}`, ...(await propertyTests())], signal, {
          FUZZ_TIMES: String(fuzzTimes),
        }),
    },
    {
      name: 'Tests by the clock',
      withinMs: 30 * minutes,
      run: (signal) => runVitest(['--project=clock'], signal),
    },
    asProgram('Bench: tokens', 15 * minutes, [join(benches, 'tokens.ts')]),
    asProgram('Bench: reaction times', 15 * minutes, [join(benches, 'reaction-times.ts')]),
    asProgram('Bench: scale-out', 20 * minutes, [join(benches, 'scale-out.ts')]),
    asProgram('Chaos', 60 * minutes, [join(runners, 'chaos.ts')]),
    asProgram('Database tests, ten rounds under load', 240 * minutes, [join(runners, 'loaded.ts')]),
  ]),
);
