import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileSource } from '#verification/sources/file.ts';
import { gitSource } from '#verification/sources/git/git.ts';
import type { RunGit, TemporaryFolders } from '#verification/sources/git/runner.ts';
import { type GroundTruthSource, SourceError } from '#verification/sources/source.ts';

/** If a clone has fewer changes than this (a shallow one, an archive), the shipped export of the history is used. */
const fewestChanges = 10;

const name = 'echelon-verify';

/**
 * The sample's ground truth: the project's own history if this clone has it, otherwise the export of that history next
 * to this file (written by `echelon-verify ingest`).
 */
export const sampleSource = (
  options: TemporaryFolders & {
    runGit: RunGit;
    readText: (path: string) => Promise<string>;
    projectDir: string;
  },
): GroundTruthSource => {
  const { readText, projectDir } = options;
  const history = gitSource({ ...options, path: projectDir, name });
  const shipped = fileSource({
    readText,
    path: join(projectDir, 'src/platform/git/sample-ground-truth.jsonl'),
    name,
  });
  return {
    async draw(request) {
      // Without a .git here, git would find the history of any repository around this folder.
      if (!existsSync(join(projectDir, '.git'))) return shipped.draw(request);
      try {
        const draw = await history.draw(request);
        if (draw.drawn.length >= Math.min(fewestChanges, request.limit)) return draw;
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
      }
      return shipped.draw(request);
    },
  };
};
