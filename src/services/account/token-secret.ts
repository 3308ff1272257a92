import { createHash, randomBytes } from 'node:crypto';

/** The prefix of every personal token, by which people and secret scanners recognise it. */
export const apiTokenPrefix = 'ev_';

/** 256 random bits as base64url. They cannot be guessed, so a fast, unsalted hash can be stored and indexed. */
export const newToken = (prefix = '') => `${prefix}${randomBytes(32).toString('base64url')}`;

/** What is stored of a token: the SHA-256 of its UTF-8 bytes, hexadecimal. */
export const hashToken = (token: string) => createHash('sha256').update(token, 'utf8').digest('hex');
