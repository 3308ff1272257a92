import type { Character } from './character.ts';
import { fileName } from './read-diff.ts';

/** Looks at the title and the list of files only. It says little, and that is true but vague. */
export const lazy: Character = ({ title, files }) => {
  const [first, second] = [...files].sort((a, b) => b.newNames.length - a.newNames.length);
  const claims = [first, second].flatMap((file) => {
    if (!file) return [];
    const [name] = file.newNames;
    return [name ? `${fileName(file.path)} mentions \`${name}\`.` : `${fileName(file.path)} is changed.`];
  });
  const places = [first, second].flatMap((file) => (file ? [fileName(file.path)] : []));
  return {
    summary: `“${title}”: some improvements to ${places.join(', ') || 'the project'}, and general clean-up.`,
    key_claims: claims,
    follow_up_response: 'I have not looked at that.',
  };
};
