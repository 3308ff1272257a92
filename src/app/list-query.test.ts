import { expect, test } from 'vitest';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { listHref, readListQuery } from './list-query.ts';

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

test('an address holds only what differs from the default list', () => {
  expect(listHref('/runs', { status: undefined, cursor: undefined })).toBe('/runs');
  expect(listHref('/runs', { constructId: 'a b&c', limit: 20 })).toBe('/runs?constructId=a+b%26c&limit=20');
});
