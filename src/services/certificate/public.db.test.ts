import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateListInputSchema } from '#contracts/certificate.ts';
import { certificateListSchema, publishedCertificateSchema } from '#contracts/certificate-standing.ts';
import { verificationCertificates } from '#db/schema/certificates.ts';
import { storeCertificate } from '#testing/builders/stored-certificates.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { getPublicCertificate } from './get.ts';
import { listPublicCertificates } from './list.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
const reading = () => ({ db: database.db, now: () => new Date() });
const ids: string[] = [];
beforeAll(async () => {
  database = await testDatabase();
  // Oldest first. Of 4 claims, the number supported decides the Brier: more support, lower Brier. Two share Brier and
  // construct.
  for (const [index, [constructId, supported]] of (
    [
      ['alpha', 2],
      ['alpha', 4],
      ['beta', 0],
      ['alpha', 2],
      ['beta', 3],
    ] as const
  ).entries())
    ids.push(
      await storeCertificate(database.db, {
        constructId,
        supported,
        createdAt: new Date(Date.UTC(2026, 0, 1 + index)),
      }),
    );
});
afterAll(() => database.close());

const list = async (input: Partial<Parameters<typeof listPublicCertificates>[1]> = {}) => {
  const page = await listPublicCertificates(reading(), {
    sort: 'created_desc',
    limit: 20,
    offset: 0,
    ...input,
  });
  expect(certificateListSchema.parse(page)).toEqual(page);
  return { total: page.total, places: page.certificates.map(({ id }) => ids.indexOf(id)) };
};

test('certificates come newest first, with the total of all', async () => {
  expect(await list()).toEqual({ total: 5, places: [4, 3, 2, 1, 0] });
});

test('by Brier they come lowest first, and the newer first among equals', async () => {
  expect(await list({ sort: 'brier_asc' })).toEqual({ total: 5, places: [1, 4, 3, 0, 2] });
});

test('pages neither repeat nor miss a certificate, and total counts what matches, not the page', async () => {
  const pages = await Promise.all(
    [0, 2, 4, 6].map((offset) => list({ limit: 2, offset, sort: 'brier_asc' })),
  );
  expect(pages.flatMap(({ places }) => places)).toEqual([1, 4, 3, 0, 2]);
  expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
});

test('a construct’s certificates are found by its whole name', async () => {
  expect(await list({ constructId: 'alpha', limit: 1 })).toEqual({ total: 3, places: [3] });
  expect(await list({ constructId: 'alph' })).toEqual({ total: 0, places: [] });
  expect(await list({ constructId: "' or 1=1 --" })).toEqual({ total: 0, places: [] });
});

test('certificates are found by a part of the construct’s or the repository’s name, in whatever case', async () => {
  const search = (text: string, more: object = {}) =>
    list({ ...more, search: certificateListInputSchema.shape.search.parse(text) });
  expect(await search('LPH')).toEqual({ total: 3, places: [3, 1, 0] });
  expect(await search(' alpha ', { sort: 'brier_asc' })).toEqual({ total: 3, places: [1, 3, 0] });
  expect(await search('eta', { constructId: 'alpha' })).toEqual({ total: 0, places: [] });
  const all = { total: 5, places: [4, 3, 2, 1, 0] };
  const { groundTruthSource } = await getPublicCertificate(reading(), ids[0] ?? '');
  expect(groundTruthSource).toHaveLength(groundTruthSource.trim().length);
  expect(await search(groundTruthSource.slice(1, -1).toUpperCase())).toEqual(all);
  // Each character stands for itself.
  for (const text of ['%alpha%', 'a_pha', 'alpha\\', "alpha'--", 'x'.repeat(501), 'a\0b', '\ud800aa'])
    expect(await search(text), text).toEqual({ total: 0, places: [] });
  const pages = await Promise.all([0, 1, 2, 3].map((offset) => search('alp', { limit: 1, offset })));
  expect(pages.flatMap(({ places }) => places)).toEqual([3, 1, 0]);
});

test.each(['%', '_', '\\'])('a name that holds %j is found by it', async (character) => {
  const constructId = `odd abc${character}d`;
  const id = await storeCertificate(database.db, {
    constructId,
    supported: 1,
    createdAt: new Date('2020-01-01'),
  });
  const { certificates } = await listPublicCertificates(reading(), {
    sort: 'created_desc',
    limit: 20,
    offset: 0,
    search: `abc${character}d`,
  });
  expect(certificates.map((found) => found.id)).toEqual([id]);
  await database.db.delete(verificationCertificates).where(eq(verificationCertificates.id, id));
});

test('a search needs three letters or digits that every index knows', async () => {
  const { search } = certificateListInputSchema.shape;
  const refused = ['', 'ab', ' ab ', '😀😀', '///', '%%%', '___', "'--", 'ab/cd-ef', '日本語', 'äöü'];
  for (const text of refused) expect(search.safeParse(text).success, text).toBe(false);
  for (const text of ['abc', '-A1b-', '日本語 v12', 'x/000']) {
    expect(search.parse(text)).toBe(text);
    const [row] = await database.sql<
      { trigrams: string[] }[]
    >`select to_json(show_trgm(${text})) as trigrams`;
    // Without blanks at an end, which a part of a name says nothing about.
    expect(row?.trigrams, text).toContainEqual(expect.stringMatching(/^[a-z0-9]{3}$/));
  }
});

test('a certificate is read with its replay scores, which its list leaves out', async () => {
  const certificate = await getPublicCertificate(reading(), ids[4] ?? '');
  expect(publishedCertificateSchema.parse(certificate)).toEqual(certificate);
  expect(certificate.replayScores).toMatchObject([
    {
      groundTruthId: '142',
      precision: 0.75,
      recall: 1,
      replyAccuracy: 1,
      claimsTotal: 4,
      claimsSupported: 3,
    },
  ]);
});

test.each(['', 'x', '4f7c9f0e-30d6-4c57-8a7a-0f0f8f6f2f11', '../..', '\0'])(
  'the id %j belongs to no certificate',
  async (id) => {
    await expect(getPublicCertificate(reading(), id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  },
);
