import { z } from 'zod';
import { quotePath } from '../../diff/quoted-path.ts';
import { type GitHubAccess, type openGitHub, readAnswer } from './client.ts';

/** GitHub lists at most this many files of a pull request. */
const maxListedFiles = 3_000;

const fileSchema = z.object({
  filename: z.string(),
  previous_filename: z.string().nullish(),
  status: z.string(),
  patch: z.string().nullish(),
});
type PullFile = z.infer<typeof fileSchema>;

const sectionOf = ({ filename, previous_filename: previous, status, patch }: PullFile): string => {
  const before = previous ?? filename;
  const oldName = quotePath(`a/${before}`);
  const newName = quotePath(`b/${filename}`);
  const header = [
    `diff --git ${oldName} ${newName}`,
    ...(status === 'added' ? ['new file mode 100644'] : []),
    ...(status === 'removed' ? ['deleted file mode 100644'] : []),
    ...(status === 'renamed' ? [`rename from ${quotePath(before)}`, `rename to ${quotePath(filename)}`] : []),
    ...(status === 'copied' ? [`copy from ${quotePath(before)}`, `copy to ${quotePath(filename)}`] : []),
  ];
  // For binary and very large files GitHub gives no patch. We know only that they changed.
  const body =
    patch === null || patch === undefined
      ? []
      : [
          `--- ${status === 'added' ? '/dev/null' : oldName}`,
          `+++ ${status === 'removed' ? '/dev/null' : newName}`,
          patch,
        ];
  return `${[...header, ...body].join('\n')}\n`;
};

/**
 * A pull request's diff assembled from its list of files, for diffs that the API refuses as too large (status 406, over
 * some 20,000 lines or 300 files).
 */
export const diffFromFiles = async (
  github: ReturnType<typeof openGitHub>,
  { owner, name }: GitHubAccess,
  number: number,
): Promise<string> => {
  const sections: string[] = [];
  const listing = github.paginate.iterator('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', {
    owner,
    repo: name,
    pull_number: number,
    per_page: 100,
  });
  for await (const { data } of listing) {
    sections.push(...readAnswer(z.array(fileSchema), data).map(sectionOf));
    if (sections.length >= maxListedFiles) break;
  }
  return sections.join('');
};
