import { type Paint, plain } from './terminal.ts';

export const nameWidth = 15;

/** Puts `first` before the first line and indents the others to match. */
export const wrapped = (text: string, first: string, width: number) => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1] ?? '';
    if (last !== '' && last.length + word.length + 1 > width - first.length) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line, at) => (at === 0 ? first : ' '.repeat(first.length)) + line).join('\n');
};

/** Each name with its text beside it. */
export const factLines = (lines: [string, string][], width: number, paint: Paint) =>
  lines.map(([name, text]) => {
    const [first = '', ...rest] = wrapped(plain(text), `  ${name.padEnd(nameWidth)}  `, width).split('\n');
    const split = nameWidth + 2;
    return [paint('bold', first.slice(0, split)) + first.slice(split), ...rest].join('\n');
  });
