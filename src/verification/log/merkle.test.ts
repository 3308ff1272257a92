import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { emptyRoot, hashLeaf, hashNode, proveConsistency, proveInclusion, rootAt, treeOf } from './merkle.ts';

// The values of transparency-dev/merkle: rfc6962/rfc6962_test.go, testonly/constants.go, testonly/reference_test.go.
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const hashOf = treeOf(inputs.map((input) => hashLeaf(hexToBytes(input))));

const leaf0 = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
const leaf1 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const leaf4 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const leaves01 = 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125';
const leaves23 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const leaves45 = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';
const leaves67 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const leaves0to3 = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const leaves4to7 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  leaf0,
  leaves01,
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  leaves0to3,
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('leaves, nodes and the empty tree hash as RFC 6962 says', () => {
  expect(bytesToHex(hashLeaf(utf8ToBytes('L123456')))).toBe(
    '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
  );
  expect(bytesToHex(hashNode(utf8ToBytes('N123'), utf8ToBytes('N456')))).toBe(
    'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
  );
  expect(bytesToHex(emptyRoot())).toBe(roots[0]);
  expect(bytesToHex(hashLeaf(new Uint8Array()))).toBe(leaf0);
});

test.each(roots.map((root, size) => ({ size, root })))('the root at size $size', ({ size, root }) => {
  expect(bytesToHex(rootAt(size, hashOf))).toBe(root);
});

test.each([
  { index: 0, size: 1, proof: [] },
  { index: 0, size: 2, proof: [leaf1] },
  { index: 1, size: 2, proof: [leaf0] },
  { index: 2, size: 3, proof: [leaves01] },
  { index: 1, size: 5, proof: [leaf0, leaves23, leaf4] },
  { index: 0, size: 8, proof: [leaf1, leaves23, leaves4to7] },
  { index: 5, size: 8, proof: [leaf4, leaves67, leaves0to3] },
])('the inclusion proof of leaf $index in $size', ({ index, size, proof }) => {
  expect(proveInclusion(index, size, hashOf).map(bytesToHex)).toEqual(proof);
});

test.each([
  { from: 0, to: 8, proof: [] },
  { from: 1, to: 1, proof: [] },
  { from: 1, to: 8, proof: [leaf1, leaves23, leaves4to7] },
  { from: 2, to: 5, proof: [leaves23, leaf4] },
  { from: 6, to: 8, proof: [leaves45, leaves67, leaves0to3] },
])('the consistency proof from $from to $to', ({ from, to, proof }) => {
  expect(proveConsistency(from, to, hashOf).map(bytesToHex)).toEqual(proof);
});

test.each([
  ['an index at the size', () => proveInclusion(8, 8, hashOf)],
  ['a leaf of the empty tree', () => proveInclusion(0, 0, hashOf)],
  ['a negative index', () => proveInclusion(-1, 8, hashOf)],
  ['a fraction', () => proveInclusion(0.5, 8, hashOf)],
  ['a size above 2^53−1', () => proveInclusion(0, 2 ** 53, hashOf)],
  ['a size that shrinks', () => proveConsistency(8, 7, hashOf)],
  ['a size that is no number', () => rootAt(Number.NaN, hashOf)],
  ['more leaves than there are', () => rootAt(9, hashOf)],
])('%s is refused', (_, prove) => {
  expect(prove).toThrow(RangeError);
});
