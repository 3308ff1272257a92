import type { FileReading } from './read-diff.ts';

/** A request as every character is given it: the diff read file by file, the rest as sent. */
export type ReadRequest = { title: string; question: string; files: FileReading[] };

/** What a character says, in the wire form. */
export type Telling = { summary: string; key_claims: string[]; follow_up_response: string };

/** A way of telling what was read. The same request is always told in the same words. */
export type Character = (request: ReadRequest) => Telling;
