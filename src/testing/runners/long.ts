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

process.exit(
  await runStages([
    {
      name: `Unit tests, with every input and ${fuzzTimes} times as many examples`,
      withinMs: 90 * minutes,
      run: (signal) =>
        runVitest(['--project=unit', `--testTimeout=${20 * minutes}`], signal, {
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
