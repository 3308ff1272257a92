import type { FileReading } from './read-diff.ts';

/** A request as every character gets it: the diff read file by file, the rest as sent. */
export type ReadRequest = { title: string; question: string; files: FileReading[] };

/** A character's answer, in the wire form. */
export type Telling = { summary: string; key_claims: string[]; follow_up_response: string };

/** A way of describing a change. The same request always gets the same answer. */
export type Character = (request: ReadRequest) => Telling;
