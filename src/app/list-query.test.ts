import { expect, test } from 'vitest';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { listHref, misreadField, readListQuery } from './list-query.ts';

test('filters are read from an address, and invalid ones are ignored', () => {
  expect(readListQuery(certificateListInputSchema, {})).toEqual({});
  expect(
    readListQuery(certificateListInputSchema, {
      constructId: ' 42 ',
      sort: 'brier_asc',
      limit: '1000',
      offset: ['40', '60'],
      other: 'x',
    }),
  ).toEqual({ constructId: '42', sort: 'brier_asc', offset: 40 });
  expect(readListQuery(certificateListInputSchema, { sort: 'worst', offset: '-1', constructId: '' })).toEqual(
    {},
  );
});

test('a search that no index knows is not read, and the page can say why', () => {
  const { search } = certificateListInputSchema.shape;
  expect(readListQuery(certificateListInputSchema, { search: ' ab ' })).toEqual({});
  for (const text of ['ab', '///', 'a-b-c', '%_%', 'äö', '12.34', '日本語', 'äöü'])
    expect(misreadField(search, ` ${text} `)).toEqual({
      text,
      error:
        'Give at least three letters (a to z) or digits in a row. A construct whose name has none is found by its whole name.',
    });
  for (const fine of [undefined, '', '  ', 'abc', '-a1b-', 'äöü abc', '\0\0\0'])
    expect(misreadField(search, fine)).toBeNull();
});

test('an address holds only what differs from the default list', () => {
  expect(listHref('/runs', { status: undefined, cursor: undefined })).toBe('/runs');
  expect(listHref('/runs', { constructId: 'a b&c', limit: 20 })).toBe('/runs?constructId=a+b%26c&limit=20');
});
