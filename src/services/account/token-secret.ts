import { createHash, randomBytes } from 'node:crypto';

/** What every personal token begins with, so that secret scanners and people know one when they see it. */
export const apiTokenPrefix = 'ev_';

/** 256 random bits as base64url: beyond guessing, so a plain (fast, unsalted) hash of it can be stored and indexed. */
export const newToken = (prefix = '') => `${prefix}${randomBytes(32).toString('base64url')}`;

/** What is stored in a token's place: SHA-256 of its UTF-8 bytes, hexadecimal. */
export const hashToken = (token: string) => createHash('sha256').update(token, 'utf8').digest('hex');
