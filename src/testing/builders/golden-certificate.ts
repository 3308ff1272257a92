import { type BuiltInput, certificateInput } from './issued-certificate.ts';
import { failedCheckpoint, judgedCheckpoint, keylessCheckpoint } from './replay-checkpoint.ts';

/** The run of the committed certificate: two scored replays, an oracle failure and a change without a key. */
export const goldenInput = (): BuiltInput =>
  certificateInput(
    [
      {
        groundTruthId: '7',
        author: 'ada',
        checkpoint: judgedCheckpoint({
          claims: [true, false, true],
          changes: [true, false],
          replyAccuracy: 0.75,
        }),
      },
      {
        groundTruthId: '8',
        author: 'ada',
        checkpoint: judgedCheckpoint({ claims: [true], changes: [true, true, false], replyAccuracy: 1 }),
      },
      { groundTruthId: '9', checkpoint: failedCheckpoint(2) },
      { groundTruthId: '10', checkpoint: keylessCheckpoint() },
    ],
    {
      draw: { listed: 12, excluded: { too_small: 2 } },
      limit: 3,
      minReplays: 3,
      replaced: 1,
      modelCutoff: '2020-06-30',
    },
  );
